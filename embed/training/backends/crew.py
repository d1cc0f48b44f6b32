"""Say where the workers of a run are: what reading and training in several places know of a cluster.

A :class:`Crew` has one :class:`~embed.training.backends.worker.Worker` for each lane, which may be in another process
or on another machine, and can die. Results stay where they are made until they are asked for: a call returns handles,
and handles may be arguments of another call. :class:`LocalCrew` has all workers in this process, one after the other,
which shows what merging costs in quality on a machine with fewer processors than lanes.
:mod:`embed.training.backends.ray_crew` has them on a cluster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from embed import __version__
from embed.errors import ClusterWarning, advise
from embed.training.backends.worker import Worker

__all__ = ["Crew", "Facts", "Handle", "LaneLost", "LocalCrew", "advise_of_differences"]

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


class LaneLost(Exception):
    """A worker has died, or a result with it."""


class Crew(Protocol):
    """The workers of a run, one for each lane.

    Attributes
    ----------
    threads : int
        Of each worker.
    """

    threads: int

    def start(self, lanes: int) -> None:
        """Start a worker for each lane, unless they have been started."""

    def replace(self, lane: int) -> None:
        """Start a new worker for a lane, which holds nothing."""

    def is_alive(self, lane: int) -> bool:
        """Return whether the worker of a lane answers; wait for what it is doing."""

    def call(self, lane: int, method: str, *arguments: Any, results: int = 1) -> list[Handle]:
        """Start a method of a worker, after all that it was asked before; return handles of its results.

        Raises
        ------
        LaneLost
            The worker is known to be dead.
        """

    def look(self, lane: int, method: str) -> Any:
        """Return the result of a method at once, while the worker does what it was asked before; None if it is late."""

    def wait(self, handles: Sequence[Handle], seconds: float) -> bool:
        """Wait until all results are there, or have failed; return whether they are, after `seconds` at the latest."""

    def values(self, handles: Sequence[Handle]) -> list[Any]:
        """Return the results.

        Raises
        ------
        LaneLost
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
        By lane; those that are alive.
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads
        self.members: dict[int, Worker] = {}

    def start(self, lanes: int) -> None:
        """Make all workers."""
        if not self.members:
            for lane in range(lanes):
                self.replace(lane)

    def replace(self, lane: int) -> None:
        """Make a worker anew."""
        self.members[lane] = Worker()

    def is_alive(self, lane: int) -> bool:
        """Return whether the worker is there."""
        return lane in self.members

    def call(self, lane: int, method: str, *arguments: Any, results: int = 1) -> list[Handle]:
        """Call a method of a worker at once; a handle is the result itself."""
        if lane not in self.members:
            raise LaneLost
        result = self.members[lane].run(method, *arguments)
        return [result] if results == 1 else list(result)

    def look(self, lane: int, method: str) -> Any:
        """Return the result of a method."""
        return self.members[lane].run(method) if lane in self.members else None

    def wait(self, handles: Sequence[Handle], seconds: float) -> bool:
        """Return True: all results are there."""
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
