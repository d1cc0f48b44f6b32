"""Say where the workers of a run are: what reading and training in several places know of a cluster.

A :class:`Crew` has some :class:`~embed.training.backends.worker.Worker`, each with a number of its own, which may be in
another process or on another machine. Workers can die, and others can join. Results stay where they are made until they
are asked for: a call returns handles, and handles may be arguments of another call. :class:`LocalCrew` has all workers
in this process, one after the other, which shows what merging costs in quality on a machine with fewer processors than
workers. :mod:`embed.training.backends.ray_crew` has them on a cluster.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from embed import __version__
from embed.errors import ClusterWarning, advise
from embed.training.backends.worker import Worker

__all__ = ["Crew", "Facts", "Handle", "LocalCrew", "WorkerLost", "advise_of_differences"]

Handle = Any
"""Stands for a result."""


@dataclass(frozen=True)
class Facts:
    """What distinguishes the process of a worker from others.

    Attributes
    ----------
    version : str
        Of this package.
    simd : str
        The instruction set.
    machine : str
    """

    version: str
    simd: str
    machine: str


def advise_of_differences(facts: Sequence[Facts]) -> None:
    """Warn if the workers, with these facts, differ from each other or from this process in what they train with."""
    for name, what in (("version", "version"), ("simd", "instruction set")):
        kinds = {getattr(fact, name): fact.machine for fact in facts}
        if len(kinds) > 1 or (name == "version" and __version__ not in kinds):
            found = ", ".join(f"{kind} on {machine}" for kind, machine in sorted(kinds.items()))
            advise(f"the workers differ in {what} ({found}), so the bits depend on which trains what", ClusterWarning)


class WorkerLost(Exception):
    """A worker has died, or a result with it."""


class Crew(Protocol):
    """The workers of a run.

    Attributes
    ----------
    threads : int
        Of each worker.
    workers : list of int
        The numbers of those that belong to the run, in the order in which they came. A number is given once.
    """

    threads: int
    workers: list[int]

    def start(self, count: int) -> None:
        """Start so many workers, unless some have been started."""

    def leave(self, worker: int) -> None:
        """End a worker, if it lives, and strike it off."""

    def join(self, wanted: int, *, waits: bool = False) -> list[int]:
        """Take up to `wanted` more workers, which hold nothing; return those that have come.

        A cluster starts them where processors are free, and they come with a later call; with `waits`, one comes now.

        Raises
        ------
        ClusterError
            None comes for a long time.
        """

    def is_alive(self, worker: int) -> bool:
        """Return whether a worker answers."""

    def call(self, worker: int, method: str, *arguments: Any, results: int = 1) -> list[Handle]:
        """Start a method of a worker, after all that it was asked before; return handles of its results.

        Raises
        ------
        WorkerLost
            The worker is known to be dead.
        """

    def look(self, worker: int, method: str) -> Any:
        """Return the result of a method at once, while the worker does what it was asked before; None if it is late."""

    def wait(self, handles: Sequence[Handle], seconds: float, count: int | None = None) -> bool:
        """Wait for `count` results, or all: until they are there, or have failed, or for so long; return whether."""

    def values(self, handles: Sequence[Handle]) -> list[Any]:
        """Return the results.

        Raises
        ------
        WorkerLost
            A worker has died, or a result with it.
        """

    def put(self, value: Any) -> Handle:
        """Return a handle of a value that several workers will use."""

    def close(self) -> None:
        """End all workers."""


class LocalCrew:
    """Has all workers in this process, one after the other; a :class:`Crew`.

    Parameters
    ----------
    threads : int
        Of each worker.

    Attributes
    ----------
    members : dict of Worker
        By number; those that are alive.
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads
        self.workers: list[int] = []
        self.members: dict[int, Worker] = {}
        self._most = 0
        self._numbers = itertools.count()

    def start(self, count: int) -> None:
        """Make all workers."""
        if not self.workers:
            self._most = count
            self.join(count)

    def leave(self, worker: int) -> None:
        """Close a worker, and strike it off."""
        self.workers.remove(worker)
        if (member := self.members.pop(worker, None)) is not None:
            member.close()

    def join(self, wanted: int, *, waits: bool = False) -> list[int]:
        """Make workers, as many as have left at most."""
        del waits  # they come at once
        new = list(itertools.islice(self._numbers, max(min(wanted, self._most - len(self.workers)), 0)))
        self.members |= {worker: Worker() for worker in new}
        self.workers += new
        return new

    def is_alive(self, worker: int) -> bool:
        """Return whether the worker is there."""
        return worker in self.members

    def call(self, worker: int, method: str, *arguments: Any, results: int = 1) -> list[Handle]:
        """Call a method of a worker at once; a handle is the result itself."""
        if worker not in self.members:
            raise WorkerLost
        result = self.members[worker].run(method, *arguments)
        return [result] if results == 1 else list(result)

    def look(self, worker: int, method: str) -> Any:
        """Return the result of a method."""
        return self.members[worker].run(method) if worker in self.members else None

    def wait(self, handles: Sequence[Handle], seconds: float, count: int | None = None) -> bool:
        """Return True: all results are there."""
        del handles, seconds, count
        return True

    def values(self, handles: Sequence[Handle]) -> list[Any]:
        """Return the results."""
        return list(handles)

    def put(self, value: Any) -> Handle:
        """Return the value."""
        return value

    def close(self) -> None:
        """End all workers."""
        for member in self.members.values():
            member.close()
        self.members.clear()
        self.workers.clear()
