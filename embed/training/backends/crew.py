"""Say where the lanes of a run are trained: what :class:`~embed.training.backends.cluster.Cluster` knows of a cluster.

A :class:`Crew` has one worker for each lane, which may be in another process or on another machine, and can die.
Results stay where they are made until they are asked for: a call returns handles, and handles may be arguments of
another call. :class:`LocalCrew` trains all lanes in this process, one after the other, which shows what merging costs
in quality on a machine with fewer processors than lanes. :mod:`embed.training.backends.ray_crew` trains them on a
cluster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from embed.config.train import TrainConfig
from embed.engine.machine import simd
from embed.model.parameters import Parameters
from embed.text.encoded_corpus import EncodedCorpus
from embed.training.backends.lane import Lane
from embed.training.backends.task import Task, Variant

__all__ = ["Crew", "Handle", "LaneLost", "LocalCrew", "Setup"]

Handle = Any
"""Stands for a result."""


class LaneLost(Exception):
    """A worker has died, or a result with it."""


@dataclass(frozen=True)
class Setup:
    """What a worker needs to know before it loads parameters.

    Attributes
    ----------
    config : TrainConfig
    corpus : EncodedCorpus
        The text of the lane.
    buckets : int32[K]
        The n-gram buckets that have a row.
    subsample : float
    threads : int
    variant : Variant
    lane, lanes : int
    """

    config: TrainConfig
    corpus: EncodedCorpus
    buckets: NDArray[np.int32]
    subsample: float
    threads: int
    variant: Variant
    lane: int
    lanes: int

    def make(self) -> Lane:
        """Return the lane, without parameters."""
        parameters = Parameters.empty(self.corpus.vocabulary, self.config, self.buckets)
        task = Task(
            self.corpus,
            self.config,
            parameters,
            self.corpus.tokens,
            self.subsample,
            self.threads,
            simd(),
            self.variant,
        )
        return Lane(task, self.lane, self.lanes)


class Crew(Protocol):
    """The workers of a run, one for each lane.

    Attributes
    ----------
    threads : int
        Of each worker.
    """

    threads: int

    def start(self, setups: Sequence[Setup]) -> None:
        """Start a worker for each lane."""

    def replace(self, lane: int) -> None:
        """Start a new worker for a lane, without parameters."""

    def is_alive(self, lane: int) -> bool:
        """Return whether the worker of a lane answers; wait for what it is doing."""

    def call(self, lane: int, method: str, *arguments: Any, results: int = 1) -> list[Handle]:
        """Start a method of a lane, after all that it was asked before; return handles of its results.

        Raises
        ------
        LaneLost
            The worker is known to be dead.
        """

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
    """Trains all lanes in this process, one after the other; a :class:`Crew`.

    Parameters
    ----------
    threads : int
        Of each lane.
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads
        self.lanes: dict[int, Lane] = {}
        self._setups: Sequence[Setup] = ()

    def start(self, setups: Sequence[Setup]) -> None:
        """Make all lanes."""
        self._setups = setups
        for lane in range(len(setups)):
            self.replace(lane)

    def replace(self, lane: int) -> None:
        """Make a lane anew."""
        self.lanes[lane] = self._setups[lane].make()

    def is_alive(self, lane: int) -> bool:
        """Return whether the lane is there."""
        return lane in self.lanes

    def call(self, lane: int, method: str, *arguments: Any, results: int = 1) -> list[Handle]:
        """Call a method of a lane at once; a handle is the result itself."""
        if lane not in self.lanes:
            raise LaneLost
        result = getattr(self.lanes[lane], method)(*arguments)
        return [result] if results == 1 else list(result)

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
        """End all lanes."""
        self.lanes.clear()
