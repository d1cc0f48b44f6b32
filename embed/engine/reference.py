"""The core again, slowly and readably: float64 NumPy, one window at a time, replaying the same random draws.

Read this to learn what ``_core.pyx`` computes; the tests hold the two together for every objective, input and
gradient. Everything is a plain array: no blocks of pointers, no padding, no threads.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["ReferenceWorker", "SplitMix64", "epoch_key", "keeps"]

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_BLOCK_TOKENS = 128
_ROUND_TOKENS = 4096
_MOST_CHANGES = 2
_CBOW_BATCH = 4  # windows whose scores are taken together
_GROUP = 6  # output rows that are worked on together
_MAX_SCORE = 30.0

Floats = NDArray[np.float64]


class Window(NamedTuple):
    """Positions of the block that are contexts, their places in the window, the center's word, and the shared noise.

    In structured skip-gram a window has the contexts of one side, 0 or 1.
    """

    contexts: list[int]
    places: list[int]
    target: int
    noise: list[int]
    side: int = 0


def _mix(z: int) -> int:
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & _MASK
    return z ^ (z >> 31)


class SplitMix64:
    """The generator of Steele, Lea and Flood 2014: a counter, mixed."""

    def __init__(self, state: int) -> None:
        self.state = state

    def next(self) -> int:
        """Return 64 random bits."""
        self.state = (self.state + _GOLDEN) & _MASK
        return _mix(self.state)

    def scale(self, n: int) -> tuple[int, int]:
        """Return a uniform integer below n, and the 32 random bits that follow it."""
        product = self.next() * n
        return product >> 64, (product & _MASK) >> 32


def epoch_key(seed: int, epoch: int) -> int:
    """Return what all draws of one epoch derive from."""
    return _mix((_mix((seed + _GOLDEN) & _MASK) + epoch) & _MASK)


def keeps(key: int, position: int, threshold: int) -> bool:
    """Tell whether the token at `position` of the corpus survives subsampling in the epoch of `key`."""
    return _mix((key + _GOLDEN * position) & _MASK) >> 32 <= threshold


def _block_stream(key: int, position: int) -> SplitMix64:
    return SplitMix64(_mix(~key & _MASK ^ _mix(position)))


def _weights(changed: list[int], rows: int) -> Floats:
    """Return float64[rows, 1]: 1 for a row that is seldom among the changed ones, less for one that often is."""
    counts = np.bincount(np.array(changed, np.int64), minlength=rows)
    return (_MOST_CHANGES / np.maximum(counts, _MOST_CHANGES))[:, None]


@dataclass
class ReferenceWorker:
    """A worker with the arguments of ``_core.Worker``; the matrices are float64 and have `dim` columns."""

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    keep_thresholds: NDArray[np.uint32]
    noise_table: NDArray[np.uint32]
    inputs: Floats
    outputs: Floats
    sides: int
    places: Floats
    place_ratio: float
    row_offsets: NDArray[np.int64]
    rows: NDArray[np.int32]
    cbow: bool
    gradient_power: float
    sums: bool
    window: int
    fixed_window: bool
    negatives: int
    noise_windows: int
    seed: int
    replicated_words: int  # by one worker alone: the same but for rounding
    replica_share: float
    path_offsets: NDArray[np.int64]
    path_rows: NDArray[np.int32]
    path_labels: NDArray[np.uint8]
    frozen: NDArray[np.uint8]
    in_round: bool = False
    loss: float = 0.0
    changed_inputs: list[int] = field(default_factory=list)
    changed_outputs: list[int] = field(default_factory=list)
    examples: int = 0
    centers: int = 0

    def run(self, epoch: int, lr: float, lr_slope: float, ratio: float) -> None:
        """Train one epoch over the whole corpus."""
        key = epoch_key(self.seed, epoch)
        for block in self._blocks():
            self._train_block(key, *block, lr + lr_slope * block[2], ratio)

    def run_rounds(self, epoch: int, lr: float, lr_slope: float, ratio: float) -> None:
        """Train one epoch in rounds: the blocks of a round all start from the same parameters, their changes add up.

        A row that has changed in more than _MOST_CHANGES blocks moves by so many times the mean of its changes. The
        weights of a place in the window, which every block changes by very little, move by all of it. The core keeps
        each change as a bfloat16, which moves it by up to 1/512 of itself; this twin does not.
        """
        self.in_round = True
        key = epoch_key(self.seed, epoch)
        for _, blocks in itertools.groupby(self._blocks(), lambda block: block[2] // _ROUND_TOKENS):
            inputs, outputs, places = self.inputs, self.outputs, self.places
            changes = (np.zeros_like(inputs), np.zeros_like(outputs), np.zeros_like(places))
            self.changed_inputs, self.changed_outputs = [], []
            for block in blocks:
                self.inputs, self.outputs, self.places = inputs.copy(), outputs.copy(), places.copy()
                self._train_block(key, *block, lr + lr_slope * block[2], ratio)
                changes[0][:] += self.inputs - inputs
                changes[1][:] += self.outputs - outputs
                changes[2][:] += self.places - places
            self.inputs = inputs + changes[0] * _weights(self.changed_inputs, len(inputs))
            self.outputs = outputs + changes[1] * _weights(self.changed_outputs, len(outputs))
            self.places = places + changes[2]

    def _rows_of(self, word: int) -> NDArray[np.int32]:
        return self.rows[self.row_offsets[word] : self.row_offsets[word + 1]]

    def _trained(self, word: int) -> int:
        """Return how many of a word's rows learn: with frozen words, none of theirs, and of the others' the first."""
        if len(self.frozen):
            return 0 if self.frozen[word] else 1
        return len(self._rows_of(word))

    def _composed(self, word: int) -> Floats:
        """Return the mean of a word's rows, or their sum."""
        rows = self.inputs[self._rows_of(word)]
        composed: Floats = rows.sum(axis=0)
        return composed if self.sums else composed / len(rows)

    def _blocks(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield where the sentence of each block begins and ends, and where the block does."""
        for first, last in zip(self.offsets[:-1].tolist(), self.offsets[1:].tolist(), strict=True):
            for start in range(first, last, _BLOCK_TOKENS):
                yield first, last, start, min(start + _BLOCK_TOKENS, last)

    def _kept(self, key: int, positions: range, limit: int | None = None) -> list[int]:
        kept: list[int] = []
        for position in positions:
            if limit is not None and len(kept) == limit:
                break
            word = int(self.ids[position])
            if keeps(key, position, int(self.keep_thresholds[word])):
                kept.append(word)
        return kept

    def _train_block(
        self,
        key: int,
        sentence_first: int,
        sentence_last: int,
        start: int,
        stop: int,
        lr: float,
        ratio: float,
    ) -> None:
        # the block's own tokens, and a halo of `window` tokens on each side where the sentence goes on
        own = self._kept(key, range(start, stop))
        self.centers += len(own)
        limit = max(_BLOCK_TOKENS, 16 * self.window)
        left = self._kept(key, range(start - 1, max(sentence_first, start - limit) - 1, -1), self.window)
        right = self._kept(key, range(stop, min(sentence_last, stop + limit)), self.window)
        words = left[::-1] + own + right
        if not own or len(words) < 2:
            return

        stream = _block_stream(key, start)
        reaches: list[int] = []
        noise: list[list[int]] = []
        for c in range(len(own)):
            reaches.append(self.window if self.fixed_window else 1 + stream.scale(self.window)[0])
            if c < self.noise_windows:
                noise.append(self._noise(stream))

        # gather: a position is the copy of its word, the mean of the word's rows or their sum; or the one row itself
        copied = [] if self._in_place() else list(dict.fromkeys(words))
        before = np.array([self._composed(word) for word in copied]).reshape(-1, self.inputs.shape[1])
        # behind the rows themselves, where the positions are that are trained in place
        block = np.concatenate([self.inputs, before])
        place = {word: len(self.inputs) + k for k, word in enumerate(copied)}
        vectors = np.array([place.get(word, word) for word in words])
        sizes = np.array([len(self._rows_of(word)) for word in words])
        # a step moves each of n rows, and so their mean, by 1/n of what it moves a single row; historically by all;
        # each row of a sum by all, and so the sum by n times that
        ratios = ratio * sizes if self.sums else ratio / sizes**self.gradient_power
        ratios = ratios * np.array([self._trained(word) for word in words]) / sizes

        batch: list[Window] = []
        for c, reach in enumerate(reaches):
            center = len(left) + c
            both = [i for i in range(center - reach, center + reach + 1) if i != center and 0 <= i < len(words)]
            for side in range(self.sides):
                contexts = [i for i in both if self.sides == 1 or (i > center) == side]
                if contexts:
                    # from the leftmost place to the rightmost, without the center
                    places = [self.window + i - center - (i > center) for i in contexts]
                    batch.append(Window(contexts, places, words[center], noise[c % self.noise_windows], side))
                if len(batch) == (_CBOW_BATCH if self.cbow and not len(self.path_offsets) else 1) or c == len(own) - 1:
                    self._train_windows(block, vectors, batch, lr, ratios)
                    batch = []

        self.changed_inputs.extend(int(row) for word in copied for row in self._rows_of(word))
        for side in range(self.sides):
            targets = (self._targets(Window([], [], word, [], side)) for word in own)
            drawn = {word * self.sides + side for word in itertools.chain(*noise)}
            self.changed_outputs.extend({row for rows, _ in targets for row in rows} | drawn)

        # scatter: the rows that learn move so that the copy, the mean or the sum of all, is where it has moved to
        self.inputs = block[: len(self.inputs)]
        for word, change in zip(copied, block[len(self.inputs) :] - before, strict=True):
            rows, trained = self._rows_of(word), self._trained(word)
            for row in rows[:trained]:
                self.inputs[row] += change * (1 if self.sums else len(rows)) / trained

    def _in_place(self) -> bool:
        """Tell whether words are one row each that learns, and are trained right there."""
        plain = len(self.rows) == len(self.keep_thresholds) and not len(self.frozen)
        return plain and not self.in_round

    def _noise(self, stream: SplitMix64) -> list[int]:
        """Return the noise words of a window."""
        noise = []
        for _ in range(self.negatives):
            slot, draw = stream.scale(len(self.noise_table))
            threshold, alias = self.noise_table[slot].tolist()
            noise.append(slot if draw <= threshold else alias)
        return noise

    def _targets(self, window: Window) -> tuple[list[int], Floats]:
        """Return the output rows that a window meets, and their labels."""
        if len(self.path_offsets):
            path = slice(self.path_offsets[window.target], self.path_offsets[window.target + 1])
            targets, labels = self.path_rows[path].tolist(), self.path_labels[path].astype(np.float64)
        else:
            targets = [window.target] + [word for word in window.noise if word != window.target]
            labels = np.array([1.0] + [0.0] * (len(targets) - 1))
        return [target * self.sides + window.side for target in targets], labels

    def _train_windows(
        self, block: Floats, vectors: NDArray[np.int64], windows: list[Window], lr: float, ratios: Floats
    ) -> None:
        """Take the scores of all windows, then update with one after the other; frozen output rows go back then."""
        frozen = np.flatnonzero(np.repeat(self.frozen, self.sides))
        kept = self.outputs[frozen]
        scored = []
        for window in windows:
            targets, labels = self._targets(window)
            x = block[vectors[window.contexts]]
            if len(self.places):
                x = x * self.places[window.places]
            if self.cbow:
                x = x.mean(axis=0, keepdims=True)
            scores = np.clip(x @ self.outputs[targets].T, -_MAX_SCORE, _MAX_SCORE)
            self.loss += float(np.logaddexp(0.0, np.where(labels == 1, -scores, scores)).sum())
            self.examples += len(x)
            g = lr * (labels - 1 / (1 + np.exp(-scores)))  # -dL/dscore times the learning rate
            scored.append((window, targets, x, g))
        for (contexts, places, *_), targets, x, g in scored:
            dx = g @ self.outputs[targets]
            if self.cbow:
                dx = dx / len(contexts) ** self.gradient_power
            dx = np.broadcast_to(dx, (len(contexts), dx.shape[1]))
            # one context after the other: a word that stands in the window twice has moved when its second turn comes
            for k, (vector, ratio) in enumerate(zip(vectors[contexts], ratios[contexts], strict=True)):
                before = block[vector].copy()
                if len(self.places):  # the product rule
                    block[vector] += ratio * dx[k] * self.places[places[k]]
                    self.places[places[k]] += self.place_ratio * dx[k] * before
                else:
                    block[vector] += ratio * dx[k]
                if not self.cbow and len(set(targets)) <= _GROUP:  # more are moved by what it was in the beginning
                    x[k] = before
            np.add.at(self.outputs, targets, g.T @ x)  # a noise word drawn twice counts twice
        self.outputs[frozen] = kept
