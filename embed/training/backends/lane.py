"""Train one lane: a part of the text, on parameters of its own, which are merged with those of other lanes.

A lane is what one worker of a cluster trains. It is a training as on one machine, with a schedule over its own tokens
and draws from its own seed; the first lane has the seed of the run, so a single lane lands on the bits of one machine.
What a stretch changes depends on the merged parameters, the lane and the position alone. So whoever trains it again,
after a worker has died, finds the same bits (with one thread, or in rounds).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from embed.config.train import TrainConfig
from embed.engine.threads import shared_out
from embed.merging import _changes
from embed.merging.curvature import Curvature, Sampler
from embed.merging.merger import Changes, Cut, Merger, Stretch
from embed.merging.touches import Layout, Text
from embed.model.parameters import padded_matrix
from embed.training.backends.local import local_backend
from embed.training.backends.task import Task, Variant
from embed.training.schedule import Schedule

__all__ = ["Lane", "Setup", "Trained", "lane_seed"]

_CENTERS, _LEAST_CENTERS = 2048, 128
"""Windows for an estimate of the curvature, shared by the lanes, and the fewest of a lane."""
_SAMPLING = (0x6375, 0x7276)
"""Tells the draws of the curvature from others of the same seed."""


@dataclass(frozen=True)
class Setup:
    """What a worker needs to know before it loads parameters, besides its text.

    Attributes
    ----------
    config : TrainConfig
    buckets : int32[K]
        The n-gram buckets that have a row.
    subsample : float
    threads : int
    variant : Variant
    lane, lanes : int
    """

    config: TrainConfig
    buckets: NDArray[np.int32]
    subsample: float
    threads: int
    variant: Variant
    lane: int
    lanes: int


@dataclass(frozen=True)
class Trained:
    """The sums of a stretch.

    Attributes
    ----------
    loss : float
        Of all examples (nats).
    examples : int
    tokens : int
    rate : float
        Learning rate of the output rows in the middle.
    curvature : Curvature or None
        None if the lane is the only one.
    """

    loss: float
    examples: int
    tokens: int
    rate: float
    curvature: Curvature | None


def lane_seed(seed: int, lane: int) -> int:
    """Return the seed of a lane: that of the run for the first one."""
    if lane == 0:
        return seed
    return int(np.random.PCG64([seed, lane]).random_raw() >> np.uint64(1))


class Lane:
    """One lane of a run.

    Parameters
    ----------
    task : Task
        Its corpus is the text of the lane, its parameters a copy for the lane alone.
    lane, lanes : int
        Which lane this is, and how many there are.

    Attributes
    ----------
    merges : int or None
        How many merges the parameters have seen; None before they are loaded.
    """

    def __init__(self, task: Task, lane: int, lanes: int) -> None:
        config = task.config
        task = replace(task, config=config.replace(seed=lane_seed(config.seed, lane)))
        self._task, self._lane, self._lanes = task, lane, lanes
        self._backend = local_backend(task)
        self._schedule = Schedule(task.config, task.tokens)
        self._seed = config.seed
        self.merges: int | None = None
        if lanes > 1:
            self._before = {
                name: padded_matrix(len(matrix), config.dim) for name, matrix in task.parameters.matrices().items()
            }
            layout, text = self._layout(), Text.of(task.corpus.counts, task.subsample, config)
            self._cut = Cut.of(task.parameters.matrices(), lanes)
            self._backend.order.arrange()
            self._sampler = Sampler(layout, text, config)
            self._merger = Merger(layout, text, config, self._cut, lane, task.simd, task.threads)

    def _layout(self) -> Layout:
        parameters, order = self._task.parameters, self._backend.order
        inputs = order.places(len(parameters.inputs)) if order.has_own_rows else None
        return Layout(parameters, inputs, order.places(len(parameters.outputs)))

    # the parameters

    def known_merges(self) -> int | None:
        """Return `merges`."""
        return self.merges

    def load(self, matrices: dict[str, NDArray[np.float32]], merges: int) -> None:
        """Begin from these parameters, in their own order."""
        own = self._backend.fetch().matrices()
        for name, matrix in own.items():
            matrix[...] = matrices[name]
        self.merges = merges
        if self._lanes > 1:
            self._backend.order.arrange()
            for name, matrix in own.items():
                self._before[name][...] = matrix

    def rewind(self) -> None:
        """Forget what was trained since the last merge."""
        assert self._lanes > 1
        self._backend.order.arrange()
        for name, matrix in self._task.parameters.matrices().items():
            matrix[...] = self._before[name]

    def matrices(self) -> dict[str, NDArray[np.float32]]:
        """Return the parameters after the latest merge, in their own order, valid until the lane trains."""
        if self._lanes > 1:
            self.rewind()
        return self._backend.fetch().matrices()

    # a stretch, and its merge

    def train(self, epoch: int, first: int, last: int) -> Trained:
        """Train the tokens first..last-1 of the lane."""
        self._backend.begin_epoch()
        position = first
        while position < last:
            position = self._backend.train(range(position, last), epoch, self._schedule, lambda _: False)
        curvature = None
        if self._lanes > 1 and last > first:
            generator = np.random.Generator(np.random.PCG64([self._seed, *_SAMPLING, self._lane, epoch, first]))
            centers = max(_LEAST_CENTERS, _CENTERS // self._lanes)
            curvature = self._sampler.curvature(self._task.corpus.ids[first:last], centers, generator)
        middle = min((first + last) // 2, self._task.tokens - 1)
        return Trained(
            self._backend.loss, self._backend.examples, position - first, self._schedule.rate(epoch, middle), curvature
        )

    def changes(self, wave: int) -> list[Changes]:
        """Return the changes to the rows of a wave since the last merge, for the owner of each row."""
        matrices, simd = self._task.parameters.matrices(), self._task.simd
        self._backend.order.arrange()

        def extracted(owner: int) -> Changes:
            return {
                name: _changes.extract(matrix, self._before[name], *self._rows(wave, owner, matrix), simd)
                for name, matrix in matrices.items()
            }

        return shared_out(extracted, range(self._lanes), self._task.threads)

    def _rows(self, wave: int, owner: int, matrix: NDArray[np.float32]) -> tuple[int, int]:
        """Return the first row that an owner has in a wave, and the distance between its rows."""
        rows = self._cut.part(wave, owner, len(matrix))
        return rows.start, rows.step

    def meet(self, *trained: Trained) -> None:
        """Note what `train` returned in each lane, before their changes are merged."""
        active = [part for part in trained if part.tokens]
        lr = sum(part.rate for part in active) / len(active)
        self._merger.begin(
            Stretch(
                tokens=sum(part.tokens for part in active) / len(active),
                lr=lr,
                input_lr=lr * self._schedule.ratio,
                workers=len(active),
                curvature=reduce(add, (part.curvature for part in active if part.curvature is not None)),
            )
        )

    def merge(self, wave: int, _met: None, *changes: Changes) -> Changes:
        """Merge what `changes` returned for this owner in each lane, after it has met them."""
        return self._merger.merge(wave, changes)

    def take(self, wave: int, *merged: Changes) -> None:
        """Take the merged rows of a wave, from all owners; those of the merge before are kept until `adopt`."""
        matrices, simd = self._task.parameters.matrices(), self._task.simd

        def take(owner: int) -> None:
            for name, matrix in matrices.items():
                rows, values = merged[owner][name]
                _changes.take(matrix, self._before[name], *self._rows(wave, owner, matrix), rows, values, simd)

        shared_out(take, range(self._lanes), self._task.threads)

    def adopt(self, merges: int, *_taken: None) -> None:
        """Begin from the rows that have been taken in all waves, and have seen so many merges."""
        for name, matrix in self._task.parameters.matrices().items():
            self._before[name][...] = matrix
        self.merges = merges

    def infinite(self) -> str | None:
        """Return the name of a matrix that holds NaN or infinity, or None."""
        return self._backend.infinite()

    def close(self) -> None:
        """Restore the order of the rows."""
        self._backend.close()
