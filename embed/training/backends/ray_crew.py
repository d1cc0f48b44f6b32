"""Have workers on the machines of a Ray cluster: an actor for each lane.

Results are objects of Ray's store, in shared memory, so that arrays are neither copied on a machine nor sent where
nobody reads them. Ray is imported by this module alone, which only a run with a cluster imports.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayError, RayTaskError

from embed import __version__
from embed.config.train import processors
from embed.engine.machine import simd
from embed.errors import ClusterError, ClusterWarning, FormatError, advise
from embed.messages import option
from embed.training.backends.crew import Facts, Handle, LaneLost, advise_of_differences
from embed.training.backends.worker import Worker

__all__ = ["RayCrew"]

_CONNECT_SECONDS = 5.0
_CLOSE_SECONDS, _LOOK_SECONDS = 5.0, 1.0
_POLL_SECONDS = 0.1
_BEAT_SECONDS, _STALL_SECONDS = 1.0, 60.0
"""How often workers are asked whether they answer, and how long one may not before it is ended."""
_STARTS = 3
_SPARE_SECONDS = 5.0
"""How long to wait for a processor before a new worker shares those of others."""
_TELL_SECONDS, _SLOW_SECONDS, _PATIENCE_SECONDS = 5.0, 60.0, 600.0
"""How long workers may take to start before the user is told what they need: if no processor is free for another one,
and if they are only slow; and before the run ends."""
_ONE_BLAS_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""The digits of a product depend on how many threads BLAS has; the merge has threads of its own."""
_ADDRESS_VARIABLE = "RAY_ADDRESS"
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
        None: one for each machine.
    threads : int or None
        Of each worker. None: its share of the processors of a machine.

    Raises
    ------
    ClusterError
        There is no cluster at the address, it has too few processors, or Ray does not start.
    """

    def __init__(self, address: str, workers: int | None, threads: int | None) -> None:
        self._disconnects = not ray.is_initialized()
        self._where = (_named(address) or "of this run") if self._disconnects else "of this process"
        self._actors: list[Any] = []
        self._beats: dict[int, tuple[Handle, int]] = {}  # what a worker is to answer, and how often it has not
        self._next_beat = time.monotonic()
        self._is_own = False
        if self._disconnects:
            self._is_own = not _connected(address)
            _LOG.info("this run %s", "starts Ray for itself" if self._is_own else f"joins the cluster {self._where}")
            if self._is_own:
                wanted = (workers or 1) * (threads or 1)
                try:
                    _quietly_init(address="local", num_cpus=max(wanted, processors()), include_dashboard=False)
                except Exception as error:  # a node that is slow to start has no class of its own
                    raise ClusterError(
                        f"Ray does not start here: {_first_line(error)}; try again, or start it with ray start"
                    ) from error
        machines = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
        if not machines:
            self.close()
            raise ClusterError(f"the cluster {address} has no machine with a processor: start one with ray start")
        self.workers = len(machines) if workers is None else workers
        least = processors() if self._is_own else int(min(node["Resources"]["CPU"] for node in machines))
        self.threads = threads or max(1, least // -(-self.workers // len(machines)))
        total = sum(node["Resources"]["CPU"] for node in machines)
        if total < self.workers * self.threads:
            self.close()
            raise ClusterError(
                f"{self.workers} workers need {self.workers * self.threads} processors ({self.threads} each), but the "
                f"cluster has {total:g}: lower {option('workers')} or {option('threads')}, or add machines"
            )

    def start(self, lanes: int) -> None:
        """Start an actor for each lane; warn of those that differ."""
        if self._actors:
            return
        self._actors = [self._new() for _ in range(lanes)]
        self._await_processors()
        facts = [self._facts(lane) for lane in range(lanes)]
        advise_of_differences(facts)

    def _await_processors(self) -> None:
        """Wait until all actors run, or have failed; tell the user if that takes long."""
        running = [actor.beat.remote() for actor in self._actors]
        began, is_told = time.monotonic(), False
        while missing := ray.wait(running, num_returns=len(running), timeout=_POLL_SECONDS, fetch_local=False)[1]:
            seconds = time.monotonic() - began
            if seconds < _TELL_SECONDS:
                continue
            free, total = (found.get("CPU", 0.0) for found in (ray.available_resources(), ray.cluster_resources()))
            is_full = free < self.threads and not self._is_own
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

    def _facts(self, lane: int) -> Facts:
        """Return the facts of a worker that has just been started; start it again if it dies at once."""
        for _ in range(_STARTS):
            try:
                facts: Facts = ray.get(self._actors[lane].facts.remote())
            except RayTaskError as error:
                raise _cause(error) from error
            except RayError as error:
                failure = error
                self.replace(lane)
            else:
                return facts
        raise ClusterError(f"a worker could not be started: {_first_line(failure)}") from failure

    def _listen(self) -> None:
        """End workers that no longer answer, so that whoever waits for them finds out.

        Times are counted while this process listens, so that it may be stopped itself.
        """
        if time.monotonic() < self._next_beat:
            return
        self._next_beat = time.monotonic() + _BEAT_SECONDS
        for lane, actor in enumerate(self._actors):
            beat, missed = self._beats.get(lane, (None, 0))
            if beat is None or ray.wait([beat], timeout=0)[0]:
                with contextlib.suppress(RayActorError):
                    self._beats[lane] = actor.beat.options(concurrency_group="look").remote(), 0
                continue
            self._beats[lane] = beat, missed + 1
            if (missed + 1) * _BEAT_SECONDS >= _STALL_SECONDS:
                advise(f"the worker of part {lane + 1} no longer answers, so it is ended", ClusterWarning)
                self._end(lane)

    def _end(self, lane: int) -> None:
        self._beats.pop(lane, None)
        with contextlib.suppress(RayError):
            ray.kill(self._actors[lane])

    def _new(self, *, shares: bool = False) -> Any:
        options: dict[str, Any] = {
            "num_cpus": 0 if shares else self.threads,
            "scheduling_strategy": "SPREAD",
            "runtime_env": {"env_vars": _ONE_BLAS_THREAD},
        }
        return ray.remote(concurrency_groups={"look": 1})(_Worker).options(**options).remote()

    def replace(self, lane: int) -> None:
        """Start a new actor; it shares the processors of others if none is free for some time."""
        self._end(lane)
        self._actors[lane] = self._new()
        try:
            ray.get(self._actors[lane].facts.remote(), timeout=_SPARE_SECONDS)
        except GetTimeoutError:
            _LOG.info("no machine has a free processor for part %d, so it shares those of another part", lane + 1)
            self._end(lane)
            self._actors[lane] = self._new(shares=True)
        except RayError:
            time.sleep(1)  # dead at once; whoever calls it next finds out

    def is_alive(self, lane: int) -> bool:
        """Return whether the actor answers, after what it is doing."""
        try:
            self.values([self._actors[lane].facts.remote()])
        except (LaneLost, RayActorError):
            return False
        return True

    def call(self, lane: int, method: str, *arguments: Any, results: int = 1) -> list[Handle]:
        """Call a method of a worker."""
        try:
            found = self._actors[lane].run.options(num_returns=results).remote(method, *arguments)
        except RayActorError as error:
            raise LaneLost from error
        return [found] if results == 1 else list(found)

    def look(self, lane: int, method: str) -> Any:
        """Return the result of a method at once, or None."""
        with contextlib.suppress(RayError):  # also if it comes too late
            return ray.get(
                self._actors[lane].run.options(concurrency_group="look").remote(method), timeout=_LOOK_SECONDS
            )
        return None

    def wait(self, handles: Sequence[Handle], seconds: float) -> bool:
        """Wait until all results are there."""
        if not handles:
            return True
        _, missing = ray.wait(list(handles), num_returns=len(handles), timeout=seconds, fetch_local=False)
        if missing:
            self._listen()
        return not missing

    def values(self, handles: Sequence[Handle]) -> list[Any]:
        """Return the results."""
        while not self.wait(handles, _POLL_SECONDS):
            pass
        try:
            return list(ray.get(list(handles)))
        except RayTaskError as error:
            cause = _cause(error)
            if isinstance(cause, RayError):  # a result that it needs is lost
                raise LaneLost from error
            raise cause from error
        except RayError as error:
            raise LaneLost from error

    def put(self, value: Any) -> Handle:
        """Put a value into the store."""
        return ray.put(value)

    def close(self) -> None:
        """End all actors, which remove their files, and the cluster if it was started here."""
        if self._actors:  # without a connection, Ray would make one to wait for nothing
            with contextlib.suppress(RayError):
                closed = [actor.run.remote("close") for actor in self._actors]
                ray.wait(closed, num_returns=len(closed), timeout=_CLOSE_SECONDS)
        for lane in range(len(self._actors)):
            self._end(lane)
        self._actors = []
        if self._disconnects and ray.is_initialized():
            ray.shutdown()


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
