"""Train lanes: parts of the text, each on the parameters of the latest merge, whose changes are then merged.

A lane is trained as a text on one machine, with a schedule over its own tokens and draws from its own seed; the first
lane has the seed of the run, so a single lane lands on the bits of one machine. What a stretch changes depends on the
merged parameters, the lane and the position alone. So whoever trains it, or trains it again after a worker has died,
finds the same bits (with one thread, or in rounds).

A worker has one copy of the parameters, on which it trains one lane after the other: it extracts what the one has
changed, rewinds to the latest merge, and trains the next (:class:`Lanes`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from embed.config.train import TrainConfig
from embed.engine.machine import simd
from embed.engine.threads import shared_out
from embed.merging import _changes
from embed.merging.curvature import Curvature, Sampler
from embed.merging.merger import Changes, Cut, Merger, Stretch
from embed.merging.touches import Layout, Text
from embed.model.parameters import Parameters, padded_matrix
from embed.text.encoded_corpus import EncodedCorpus
from embed.training.backends.local import local_backend
from embed.training.backends.task import Task, Variant
from embed.training.backends.threads import Threads, order_of
from embed.training.schedule import Schedule
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["Lanes", "Setup", "Trained", "lane_seed"]

_CENTERS, _LEAST_CENTERS = 2048, 128
"""Windows for an estimate of the curvature, shared by the lanes, and the fewest of a lane."""
_SAMPLING = (0x6375, 0x7276)
"""Tells the draws of the curvature from others of the same seed."""


@dataclass(frozen=True)
class Setup:
    """What a worker needs to know before it loads parameters, besides the vocabulary.

    Attributes
    ----------
    config : TrainConfig
    buckets : int32[K]
        The n-gram buckets that have a row.
    subsample : float
    threads : int
    variant : Variant
    lanes : int
        How many there are.
    """

    config: TrainConfig
    buckets: NDArray[np.int32]
    subsample: float
    threads: int
    variant: Variant
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


@dataclass(frozen=True)
class _Lane:
    """A lane that has been trained here.

    Attributes
    ----------
    text : EncodedCorpus
    backend : Threads
    schedule : Schedule
        Over the tokens of the text.
    """

    text: EncodedCorpus
    backend: Threads
    schedule: Schedule


class Lanes:
    """The lanes that one worker trains, on one copy of the parameters.

    Parameters
    ----------
    setup : Setup
    vocabulary : Vocabulary

    Attributes
    ----------
    merges : int or None
        How many merges the parameters have seen; None before they are loaded.
    """

    def __init__(self, setup: Setup, vocabulary: Vocabulary) -> None:
        config = setup.config
        parameters = self._parameters = Parameters.empty(vocabulary, config, setup.buckets)
        self._setup, self._vocabulary, self._simd = setup, vocabulary, simd()
        lr, input_lr = config.rates()
        self._ratio = input_lr / lr
        self._order = order_of(parameters, setup.threads)
        self._texts: dict[int, EncodedCorpus] = {}
        self._lanes: dict[int, _Lane] = {}
        self.merges: int | None = None
        if setup.lanes > 1:
            self._before = {
                name: padded_matrix(len(matrix), config.dim) for name, matrix in parameters.matrices().items()
            }
            layout, text = self._layout(), Text.of(vocabulary.counts, setup.subsample, config)
            self._cut = Cut.of(parameters.matrices(), setup.lanes)
            self._order.arrange()
            self._sampler = Sampler(layout, text, config)
            self._merger = Merger(layout, text, config, self._cut, self._simd, setup.threads)

    def _layout(self) -> Layout:
        parameters, order = self._parameters, self._order
        inputs = order.places(len(parameters.inputs)) if order.has_own_rows else None
        return Layout(parameters, inputs, order.places(len(parameters.outputs)))

    # the texts

    def hold(self, lane: int, text: EncodedCorpus) -> int:
        """Keep the text of a lane, which may come without its vocabulary; return its tokens."""
        text.vocabulary = self._vocabulary
        self._texts[lane] = text
        self._lanes.pop(lane, None)
        return text.tokens

    def _lane(self, lane: int) -> _Lane:
        if lane not in self._lanes:
            setup, text = self._setup, self._texts[lane]
            config = setup.config.replace(seed=lane_seed(setup.config.seed, lane))
            task = Task(
                text,
                config,
                self._parameters,
                text.tokens,
                setup.subsample,
                setup.threads,
                self._simd,
                setup.variant,
            )
            self._lanes[lane] = _Lane(text, local_backend(task, self._order), Schedule(config, text.tokens))
        return self._lanes[lane]

    # the parameters

    def known_merges(self) -> int | None:
        """Return `merges`."""
        return self.merges

    def load(self, matrices: dict[str, NDArray[np.float32]], merges: int) -> None:
        """Begin from these parameters, in their own order."""
        self._order.restore()
        own = self._parameters.matrices()
        for name, matrix in own.items():
            matrix[...] = matrices[name]
        self.merges = merges
        if self._setup.lanes > 1:
            self._order.arrange()
            for name, matrix in own.items():
                self._before[name][...] = matrix

    def rewind(self) -> None:
        """Forget what was trained since the last merge."""
        assert self._setup.lanes > 1
        self._order.arrange()
        for name, matrix in self._parameters.matrices().items():
            matrix[...] = self._before[name]

    def matrices(self) -> dict[str, NDArray[np.float32]]:
        """Return the parameters after the latest merge, in their own order, valid until a lane is trained."""
        if self._setup.lanes > 1:
            self.rewind()
        self._order.restore()
        return self._parameters.matrices()

    # a stretch, and its merge

    def train(self, lane: int, epoch: int, first: int, last: int, _rewound: None = None) -> Trained:
        """Train the tokens first..last-1 of a lane, from the latest merge: the first after it, or after `rewind`."""
        found, lanes = self._lane(lane), self._setup.lanes
        backend, ids, tokens = found.backend, found.text.ids, found.text.tokens
        backend.begin_epoch()
        position = first
        while position < last:
            position = backend.train(range(position, last), epoch, found.schedule, lambda _: False)
        curvature = None
        if lanes > 1 and last > first:
            seeds = [self._setup.config.seed, *_SAMPLING, lane, epoch, first]
            generator = np.random.Generator(np.random.PCG64(seeds))
            curvature = self._sampler.curvature(ids[first:last], max(_LEAST_CENTERS, _CENTERS // lanes), generator)
        middle = min((first + last) // 2, tokens - 1)
        return Trained(backend.loss, backend.examples, position - first, found.schedule.rate(epoch, middle), curvature)

    def changes(self, wave: int) -> list[Changes]:
        """Return the changes to the rows of a wave since the last merge, for each part that is merged as one."""
        matrices = self._parameters.matrices()
        self._order.arrange()

        def extracted(part: int) -> Changes:
            return {
                name: _changes.extract(matrix, self._before[name], *self._rows(wave, part, matrix), self._simd)
                for name, matrix in matrices.items()
            }

        return shared_out(extracted, range(self._setup.lanes), self._setup.threads)

    def _rows(self, wave: int, part: int, matrix: NDArray[np.float32]) -> tuple[int, int]:
        """Return the first row of a part in a wave, and the distance between its rows."""
        rows = self._cut.rows(wave, part, len(matrix))
        return rows.start, rows.step

    def meet(self, *trained: Trained) -> None:
        """Note what `train` returned of each lane, before their changes are merged."""
        active = [part for part in trained if part.tokens]
        lr = sum(part.rate for part in active) / len(active)
        self._merger.begin(
            Stretch(
                tokens=sum(part.tokens for part in active) / len(active),
                lr=lr,
                input_lr=lr * self._ratio,
                lanes=len(active),
                curvature=reduce(add, (part.curvature for part in active if part.curvature is not None)),
            )
        )

    def merge(self, wave: int, part: int, _met: None, *changes: Changes) -> Changes:
        """Merge what `changes` returned of each lane for a part, after this worker has met the lanes."""
        return self._merger.merge(wave, part, changes)

    def take(self, wave: int, *merged: Changes) -> None:
        """Take the merged rows of a wave, all parts; those of the merge before are kept until `adopt`."""
        matrices = self._parameters.matrices()

        def take(part: int) -> None:
            for name, matrix in matrices.items():
                rows, values = merged[part][name]
                _changes.take(matrix, self._before[name], *self._rows(wave, part, matrix), rows, values, self._simd)

        shared_out(take, range(self._setup.lanes), self._setup.threads)

    def adopt(self, merges: int, *_taken: None) -> None:
        """Begin from the rows that have been taken in all waves, and have seen so many merges."""
        for name, matrix in self._parameters.matrices().items():
            self._before[name][...] = matrix
        self.merges = merges
