"""Have workers on the machines of a Ray cluster, each an actor.

Results are objects of Ray's store, in shared memory, so that arrays are neither copied on a machine nor sent where
nobody reads them. Ray is imported by this module alone, which only a run with a cluster imports.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import logging
import os
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError

from embed import __version__
from embed.config.train import processors
from embed.engine.machine import simd
from embed.errors import ClusterError, ClusterWarning, FormatError, advise
from embed.messages import option
from embed.training.backends.crew import Facts, Handle, WorkerLost, advise_of_differences
from embed.training.backends.worker import Worker

__all__ = ["RayCrew"]

_CONNECT_SECONDS = 5.0
_CLOSE_SECONDS, _LOOK_SECONDS = 5.0, 1.0
_POLL_SECONDS = 0.1
_BEAT_SECONDS, _STALL_SECONDS = 1.0, 60.0
"""How often workers are asked whether they answer, and how long one may not before it is ended."""
_STARTS = 3
_TELL_SECONDS, _SLOW_SECONDS, _PATIENCE_SECONDS = 5.0, 60.0, 600.0
"""How long workers may take to start before the user is told what they need: if other runs have processors and none is
free, and if they may be only slow; and before the run ends."""
_ONE_BLAS_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""The digits of a product depend on how many threads BLAS has; the merge has threads of its own."""
_LEFT_OUT = {"no_monitor": True, "include_log_monitor": False}
"""Processes that a cluster of one machine and one run does without: one adds machines, the other shows logs."""
_ADDRESS_VARIABLE = "RAY_ADDRESS"
_UNHANDLED = "RAY_IGNORE_UNHANDLED_ERRORS"
"""With it, Ray does not print the errors of results that nobody asks for, as those of calls of a dead worker."""
_LOG = logging.getLogger("embed")


class _Worker:
    """A process of the cluster, with one worker."""

    def __init__(self) -> None:
        self._worker = Worker()

    def facts(self) -> Facts:
        """Return what distinguishes this process from others."""
        return Facts(__version__, simd(), socket.gethostname())

    def beat(self) -> None:
        """Answer."""

    def run(self, method: str, *arguments: Any) -> Any:
        """Call a method of the worker; an error of writing says on which machine it happened."""
        try:
            return self._worker.run(method, *arguments)
        except FormatError as error:
            error.args = (f"{error} (on the machine {socket.gethostname()})",)
            raise


class RayCrew:
    """Has workers on a Ray cluster; a :class:`embed.training.backends.crew.Crew`.

    Parameters
    ----------
    address : str
        "auto", or as for ``ray.init``. A connection that this process already has is used, and left open. "auto" is the
        cluster that RAY_ADDRESS names, or that ``ray start`` has started on this machine, never one that another run
        has started for itself; without one, this run starts its own.
    workers : int or None
        How many to start with, and never more. None: one for each machine, also for those that join later.
    threads : int or None
        Of each worker. None: its share of the processors of a machine.
    lanes : int or None
        What there is to train at a time: more workers are not started.

    Attributes
    ----------
    size : int
        How many workers to start with.

    Raises
    ------
    ClusterError
        There is no cluster at the address, it has too few processors, or Ray does not start.
    """

    def __init__(self, address: str, workers: int | None, threads: int | None, lanes: int | None = None) -> None:
        self._disconnects = not ray.is_initialized()
        self._is_quiet = _UNHANDLED not in os.environ
        os.environ.setdefault(_UNHANDLED, "1")
        self._where = (_named(address) or "of this run") if self._disconnects else "of this process"
        self.workers: list[int] = []
        self._numbers, self._most = itertools.count(), workers
        self._actors: dict[int, Any] = {}
        self._facts: list[Facts] = []  # of all that have run
        self._coming: list[tuple[Any, Handle]] = []  # actors that start when a processor is free, and their signs
        self._failures: list[RayError] = []  # of actors that have died at once, since the last that has not
        self._beats: dict[int, tuple[Handle, int]] = {}  # what a worker is to answer, and how often it has not
        self._next_beat = time.monotonic()
        self._is_own = False
        if self._disconnects:
            self._is_own = not _connected(address)
            _LOG.info("this run %s", "starts Ray for itself" if self._is_own else f"joins the cluster {self._where}")
            if self._is_own:
                wanted = (workers or 1) * (threads or 1)
                try:
                    _start_here(max(wanted, processors()))
                except Exception as error:  # a node that is slow to start has no class of its own
                    raise ClusterError(
                        f"Ray does not start here: {_first_line(error)}; try again, or start it with ray start"
                    ) from error
        machines = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
        if not machines:
            self.close()
            raise ClusterError(f"the cluster {address} has no machine with a processor: start one with ray start")
        self.size = min(len(machines), lanes or len(machines)) if workers is None else workers
        least = processors() if self._is_own else int(min(node["Resources"]["CPU"] for node in machines))
        self.threads = threads or max(1, least // -(-self.size // len(machines)))
        total = sum(node["Resources"]["CPU"] for node in machines)
        if total < self.size * self.threads:
            self.close()
            raise ClusterError(
                f"{self.size} workers need {self.size * self.threads} processors ({self.threads} each), but the "
                f"cluster has {total:g}: lower {option('workers')} or {option('threads')}, or add machines"
            )

    def start(self, count: int) -> None:
        """Start so many actors."""
        if self.workers:
            return
        self._coming = [self._new() for _ in range(count)]
        self._await_processors([sign for _, sign in self._coming])
        while self._coming:
            self._admit(*self._coming.pop(0))
        while len(self.workers) < count:  # some have died at once
            self.join(1, waits=True)
        advise_of_differences(self._facts)

    def join(self, wanted: int, *, waits: bool = False) -> list[int]:
        """Start one actor more, if it is wanted, as soon as a processor is free; return it when it runs."""
        if self._most is not None:
            wanted = min(wanted, self._most - len(self.workers))
        while wanted > 0 and (waits or len(self._failures) < _STARTS):
            if len(self._failures) >= _STARTS:
                failure = self._failures[-1]
                raise ClusterError(f"a worker could not be started: {_first_line(failure)}") from failure
            if not self._coming:
                self._coming = [self._new()]
            sign = self._coming[0][1]
            if waits:
                self._await_processors([sign])
            elif not self.wait([sign], 0):
                break
            if self._admit(*self._coming.pop()):
                _LOG.info("worker %d has come", self.workers[-1] + 1)
                advise_of_differences([self._facts[0], self._facts[-1]])
                return self.workers[-1:]
        return []

    def _admit(self, actor: Any, sign: Handle) -> bool:
        """Take an actor that has given its sign; return whether it lives."""
        try:
            self._facts += ray.get([sign])
        except RayTaskError as error:
            raise _cause(error) from error
        except RayError as error:
            self._failures.append(error)
            return False
        self._failures.clear()
        self.workers.append(next(self._numbers))
        self._actors[self.workers[-1]] = actor
        return True

    def _await_processors(self, running: list[Handle]) -> None:
        """Wait until all actors that are to give these signs run, or have failed; tell the user if that takes long."""
        began, is_told = time.monotonic(), False
        while missing := ray.wait(running, num_returns=len(running), timeout=_POLL_SECONDS, fetch_local=False)[1]:
            seconds = time.monotonic() - began
            if seconds < _TELL_SECONDS:
                continue
            free, total = (found.get("CPU", 0.0) for found in (ray.available_resources(), ray.cluster_resources()))
            is_full = free < self.threads and total - free > len(running) * self.threads  # which others have, too
            if seconds < (_PATIENCE_SECONDS if is_told else _TELL_SECONDS if is_full else _SLOW_SECONDS):
                continue
            begin = f"gave up after {seconds:.0f} seconds, for" if is_told else "this run waits:"
            sentence = (
                f"{begin} {len(missing)} of {len(running)} workers need {len(missing) * self.threads} processors, and "
                f"{free:g} of the {total:g} of the cluster {self._where} are free: end other runs there, lower "
                f"{option('workers')} or {option('threads')}, or add machines"
            )
            if is_told:
                raise ClusterError(sentence)
            advise(sentence, ClusterWarning)
            is_told = True

    def _listen(self) -> None:
        """End workers that no longer answer, so that whoever waits for them finds out.

        Times are counted while this process listens, so that it may be stopped itself.
        """
        if time.monotonic() < self._next_beat:
            return
        self._next_beat = time.monotonic() + _BEAT_SECONDS
        for worker, actor in self._actors.items():
            beat, missed = self._beats.get(worker, (None, 0))
            if beat is None or ray.wait([beat], timeout=0)[0]:
                with contextlib.suppress(RayActorError):
                    self._beats[worker] = actor.beat.options(concurrency_group="look").remote(), 0
                continue
            self._beats[worker] = beat, missed + 1
            if (missed + 1) * _BEAT_SECONDS >= _STALL_SECONDS:
                advise(f"worker {worker + 1} no longer answers, so it is ended", ClusterWarning)
                self._end(worker)

    def _end(self, worker: int) -> None:
        self._beats.pop(worker, None)
        with contextlib.suppress(RayError):
            ray.kill(self._actors[worker])

    def _new(self) -> tuple[Any, Handle]:
        """Return a new actor, and the sign that it gives when it runs: its facts."""
        options: dict[str, Any] = {"num_cpus": self.threads, "scheduling_strategy": "SPREAD"}
        if not self._is_own:  # a process of its own kind, which is not started before it is asked for
            options["runtime_env"] = {"env_vars": _ONE_BLAS_THREAD}
        actor = ray.remote(concurrency_groups={"look": 1})(_Worker).options(**options).remote()
        return actor, actor.facts.remote()

    def leave(self, worker: int) -> None:
        """End an actor."""
        self._end(worker)
        self.workers.remove(worker)
        del self._actors[worker]

    def is_alive(self, worker: int) -> bool:
        """Return whether the actor answers, also while it does something else."""
        try:
            self.values([self._actors[worker].facts.options(concurrency_group="look").remote()])
        except (WorkerLost, RayActorError):
            return False
        return True

    def call(self, worker: int, method: str, *arguments: Any, results: int = 1) -> list[Handle]:
        """Call a method of a worker."""
        try:
            found = self._actors[worker].run.options(num_returns=results).remote(method, *arguments)
        except RayActorError as error:
            raise WorkerLost from error
        return [found] if results == 1 else list(found)

    def look(self, worker: int, method: str) -> Any:
        """Return the result of a method at once, or None."""
        with contextlib.suppress(RayError):  # also if it comes too late
            return ray.get(
                self._actors[worker].run.options(concurrency_group="look").remote(method), timeout=_LOOK_SECONDS
            )
        return None

    def wait(self, handles: Sequence[Handle], seconds: float, count: int | None = None) -> bool:
        """Wait for results, and listen meanwhile whether all workers answer."""
        if not handles:
            return True
        wanted = len(handles) if count is None else count
        found, _ = ray.wait(list(handles), num_returns=wanted, timeout=seconds, fetch_local=False)
        if len(found) < wanted:
            self._listen()
        return len(found) >= wanted

    def values(self, handles: Sequence[Handle]) -> list[Any]:
        """Return the results."""
        while not self.wait(handles, _POLL_SECONDS):
            pass
        try:
            return list(ray.get(list(handles)))
        except RayTaskError as error:
            cause = _cause(error)
            if isinstance(cause, RayError):  # a result that it needs is lost
                raise WorkerLost from error
            raise cause from error
        except RayError as error:
            raise WorkerLost from error

    def put(self, value: Any) -> Handle:
        """Put a value into the store."""
        return ray.put(value)

    def close(self) -> None:
        """End all actors, which remove their files, and the cluster if it was started here."""
        if self._actors:  # without a connection, Ray would make one to wait for nothing
            with contextlib.suppress(RayError):
                closed = [actor.run.remote("close") for actor in self._actors.values()]
                ray.wait(closed, num_returns=len(closed), timeout=_CLOSE_SECONDS)
        for worker in [*self.workers]:
            self.leave(worker)
        while self._coming:
            ray.kill(self._coming.pop()[0])
        if self._disconnects and ray.is_initialized():
            ray.shutdown()
        if self._is_quiet:
            os.environ.pop(_UNHANDLED, None)


def _connected(address: str) -> bool:
    """Connect to a running cluster; return whether there is one, for "auto" alone."""
    named = _named(address)
    if named is None:
        return False
    is_of_variable = address == "auto" and os.environ.get(_ADDRESS_VARIABLE) == named
    try:  # where nothing listens, Ray would try for minutes
        host, _, port = (named.partition("://")[2] or named).rpartition(":")
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        if address == "auto" and not is_of_variable:
            return False
        where = f"{named}, which {_ADDRESS_VARIABLE} names" if is_of_variable else named
        raise ClusterError(f"there is no Ray cluster at {where}: {_first_line(error)}; see ray start") from error
    try:
        _quietly_init(address=address)  # as it was given: for "auto" alone, Ray shows its token unasked
    except (OSError, RuntimeError, ValueError, RayError) as error:
        sentence = f"cannot join the Ray cluster at {named}: {_first_line(error)}"
        if address == "auto" and not is_of_variable:
            advise(f"{sentence}; this run starts Ray for itself", ClusterWarning)
            return False
        raise ClusterError(f"{sentence}; if it asks for a token, set RAY_AUTH_MODE=token") from error
    return True


def _named(address: str) -> str | None:
    """Return the address of a cluster, or None if none is named.

    For "auto", Ray itself would join any cluster that has processes on this machine, also one of another run.
    """
    if address != "auto":
        return address
    if (found := os.environ.get(_ADDRESS_VARIABLE)) and found != "auto":
        return None if found == "local" else found
    folder = Path(os.environ.get("RAY_TMPDIR") or tempfile.gettempdir())
    with contextlib.suppress(OSError):  # `ray start` writes it; it outlives a cluster that was killed
        return (folder / "ray" / "ray_current_cluster").read_text(encoding="utf-8").strip() or None
    return None


def _start_here(cpus: int) -> None:
    """Start a cluster of this machine alone, and connect to it.

    Its processes inherit how many threads BLAS has, so that those which Ray starts beforehand can become workers.
    """
    with _few_processes(), _environment(_ONE_BLAS_THREAD):
        _quietly_init(address="local", num_cpus=cpus, include_dashboard=False)


@contextlib.contextmanager
def _few_processes() -> Iterator[None]:
    """Let ``ray.init``, which has no arguments for it, leave out what is not needed; the Ray at hand may need all."""
    try:
        from ray._private import parameter

        whole = parameter.RayParams
    except (ImportError, AttributeError):
        yield
        return
    known = inspect.signature(whole).parameters
    parameter.RayParams = partial(whole, **{name: value for name, value in _LEFT_OUT.items() if name in known})
    try:
        yield
    finally:
        parameter.RayParams = whole


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables of the environment for a while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _quietly_init(**settings: Any) -> None:
    """Connect, or start a cluster, without lines of Ray's own on the terminal."""
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # or it warns of processors that it does not hide
    logging.getLogger("ray").setLevel(logging.ERROR)
    ray.init(logging_level=logging.ERROR, log_to_driver=False, configure_logging=False, **settings)


def _cause(error: RayTaskError) -> BaseException:
    cause: BaseException | None = getattr(error, "cause", None)
    return error if cause is None else cause


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
