"""The readable twin of the core: float64 NumPy, one window at a time, with the same random draws.

Read this to learn what ``_core.pyx`` computes; the tests hold the two together for every objective, input and
gradient. Everything is a plain array: no blocks of pointers, no padding, no threads.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embed.engine.problem import Noise, Problem

__all__ = ["ReferenceWorker", "SplitMix64", "epoch_key", "keeps"]

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_BLOCK_TOKENS = 128
_MOST_CHANGES = 2
_CBOW_BATCH = 4  # windows whose scores are taken together
_STILL_BATCH = 8  # the same, of an inferred document whose only context it is
_GROUP = 6  # output rows that are worked on together
_MAX_SCORE = 30.0

Floats = NDArray[np.float64]


class Window(NamedTuple):
    """Positions of the block that are contexts, their slots in the window, the center's word, and its noise, if any.

    In structured skip-gram a window has the contexts of one side, 0 or 1. The last contexts are documents, without
    slots.
    """

    contexts: list[int]
    slots: list[int]
    target: int
    noise: list[int]
    side: int = 0


class Choice(NamedTuple):
    """The choice of a position among the senses of its word."""

    position: int
    word: int
    senses: list[int]  # vectors
    selectors: list[int]
    context: Floats
    probabilities: Floats
    posterior: Floats

    def vectors(self) -> list[int]:
        return [self.word, *self.senses, *self.selectors]


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
    """Return the key from which all draws of an epoch derive."""
    return _mix((_mix((seed + _GOLDEN) & _MASK) + epoch) & _MASK)


def keeps(key: int, position: int, threshold: int) -> bool:
    """Return whether the token at `position` of the corpus survives subsampling in the epoch of `key`."""
    return _mix((key + _GOLDEN * position) & _MASK) >> 32 <= threshold


def _block_stream(key: int, position: int) -> SplitMix64:
    return SplitMix64(_mix(~key & _MASK ^ _mix(position)))


def _draw(noise: Noise, stream: SplitMix64) -> list[int]:
    """Return the noise words of a window."""
    words = []
    for _ in range(noise.negatives):
        slot, draw = stream.scale(len(noise.table))
        threshold, alias = noise.table[slot].tolist()
        words.append(slot if draw <= threshold else alias)
    return words


def code(u: Floats, size: float) -> Floats:
    """Return the code of a document: size * sign(u)."""
    return size * np.sign(u)


def code_slope(u: Floats, size: float) -> Floats:
    """Return dc/du as the backward pass takes it: of size * tanh(u), with cosh(u)^2 expanded up to u^6."""
    return size / (1 + u**2 + u**4 / 3 + 2 * u**6 / 45)


def _weights(changed: list[int], rows: int) -> Floats:
    """Return the weights of changes, float64[rows, 1]: 1 for a rarely changed row, less for an often changed one."""
    counts = np.bincount(np.array(changed, np.int64), minlength=rows)
    return (_MOST_CHANGES / np.maximum(counts, _MOST_CHANGES))[:, None]


def softmax(scores: Floats) -> Floats:
    """Return probabilities in proportion to e ** scores."""
    weights = np.exp(scores - scores.max())
    found: Floats = weights / weights.sum()
    return found


class ReferenceWorker:
    """A worker that trains the problem of a ``_core.Worker``, in matrices of its own.

    They are float64 and have `dim` columns. There are no replicas: to one worker alone they make no difference but for
    rounding.
    """

    def __init__(self, problem: Problem) -> None:
        self.tokens, self.units, self.targets = problem.tokens, problem.units, problem.targets
        self.settings, self.senses, self.projection = problem.settings, problem.senses, problem.projection
        matrices = problem.matrices
        self.inputs, self.outputs, self.position_weights = (
            matrix[:, : matrices.dim].astype(np.float64)
            for matrix in (matrices.inputs, matrices.outputs, matrices.position_weights)
        )
        factors = matrices.factors
        self.has_input_factors = factors.inputs is not None
        self.input_factors, self.output_factors = (
            np.ones(len(matrix)) if given is None else given.astype(np.float64)
            for matrix, given in ((self.inputs, factors.inputs), (self.outputs, factors.outputs))
        )
        self.in_round = False
        # of a tile: its vectors, when it met them and now, its documents, and its output rows
        self.met_vectors: dict[int, Floats] = {}
        self.vectors: dict[int, Floats] = {}
        self.documents: set[int] = set()
        self.met_outputs: set[int] = set()
        self.loss, self.examples, self.centers = 0.0, 0, 0

    def run(self, epoch: int, lr: float, lr_slope: float, ratio: float) -> None:
        """Train one epoch over the whole corpus."""
        key = epoch_key(self.settings.seed, epoch)
        for block in self._blocks():
            self._train_block(key, *block, lr + lr_slope * block[2], ratio)

    def run_rounds(self, epoch: int, lr: float, lr_slope: float, ratio: float, round_tokens: int, tiles: int) -> None:
        """Train one epoch in rounds of `round_tokens`: tiles start from the same parameters, and their changes add up.

        The blocks that begin in one of the `tiles` parts of a round are a tile. They train one after the other; a
        vector of several rows has one copy in the tile. A row with more than _MOST_CHANGES changes moves by so many
        times their mean. The weights of a position in the window, which every tile changes by very little, move by the
        sum of the changes, and so do the rows of documents, which few tiles change. The core trains a row that only one
        tile touches in place, to the same numbers.
        """
        self.in_round = True
        key = epoch_key(self.settings.seed, epoch)
        for _, blocks in itertools.groupby(self._blocks(), lambda block: block[2] // round_tokens):
            inputs, outputs, weights = self.inputs, self.outputs, self.position_weights
            changes = (np.zeros_like(inputs), np.zeros_like(outputs), np.zeros_like(weights))
            changed_inputs: list[int] = []
            changed_outputs: list[int] = []
            for _, tile in itertools.groupby(blocks, lambda block: block[2] // (round_tokens // tiles)):
                self.inputs, self.outputs, self.position_weights = inputs.copy(), outputs.copy(), weights.copy()
                for block in tile:
                    self._train_block(key, *block, lr + lr_slope * block[2], ratio)
                changed_inputs += self._end_tile()
                changed_outputs += self.met_outputs
                self.met_outputs.clear()
                changes[0][:] += self.inputs - inputs
                changes[1][:] += self.outputs - outputs
                changes[2][:] += self.position_weights - weights
            self.inputs = inputs + changes[0] * _weights(changed_inputs, len(inputs))
            self.outputs = outputs + changes[1] * _weights(changed_outputs, len(outputs))
            self.position_weights = weights + changes[2]

    def _end_tile(self) -> list[int]:
        """Scatter the changes of the vectors of a tile; return the changed rows, but those of documents."""
        changed: list[int] = []
        for vector, now in self.vectors.items():
            self._scatter(vector, now - self.met_vectors[vector])
            if vector not in self.documents:
                changed.extend(self._rows_of(vector).tolist())
        for of_tile in (self.vectors, self.met_vectors, self.documents):
            of_tile.clear()
        return changed

    def _rows_of(self, word: int) -> NDArray[np.int32]:
        return self.units.rows[self.units.offsets[word] : self.units.offsets[word + 1]]

    def _composed(self, word: int) -> Floats:
        """Return the mean of a word's rows, or their sum; or what the tile has made of it."""
        if word in self.vectors:
            return self.vectors[word]
        rows = self.inputs[self._rows_of(word)]
        composed: Floats = rows.sum(axis=0)
        return composed if self.units.sums else composed / len(rows)

    def _blocks(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield the number of each block's sentence, the end of it, and the begin and end of the block itself."""
        offsets = self.tokens.offsets.tolist()
        for sentence, (first, last) in enumerate(itertools.pairwise(offsets)):
            for start in range(first, last, _BLOCK_TOKENS):
                yield sentence, last, start, min(start + _BLOCK_TOKENS, last)

    def _kept(self, key: int, origin: int, shift: int, positions: range, limit: int | None = None) -> list[int]:
        kept: list[int] = []
        for position in positions:
            if limit is not None and len(kept) == limit:
                break
            word = int(self.tokens.ids[position + shift])
            if keeps(key, position - origin, int(self.tokens.keep_thresholds[word])):
                kept.append(word)
        return kept

    def _draw_position(self, sentence: int, start: int) -> int:
        """Return the token that determines the draws of a block: its first, or that of a sentence before."""
        noise, offsets = self.targets.noise, self.tokens.offsets
        if noise is None or self.settings.inference or start != offsets[sentence]:
            return start
        return int(offsets[sentence // noise.sentences * noise.sentences])

    def _tags(self, sentence: int) -> list[int]:
        if (tags := self.tokens.tags) is None:
            return []
        return [int(tag) for tag in tags.vectors[tags.offsets[sentence] : tags.offsets[sentence + 1]]]

    def _train_block(
        self,
        key: int,
        sentence: int,
        sentence_last: int,
        start: int,
        stop: int,
        lr: float,
        ratio: float,
    ) -> None:
        settings, noise = self.settings, self.targets.noise
        window, sides = settings.window, self.targets.sides
        sentence_first = int(self.tokens.offsets[sentence])
        origin = sentence_first if settings.inference else 0  # that draws count from
        # the block's own tokens, and a halo of `window` tokens on each side if the sentence continues there
        starts = self.tokens.starts
        shift = 0 if starts is None else int(starts[sentence]) - sentence_first  # from a position to its place in ids
        own = self._kept(key, origin, shift, range(start, stop))
        self.centers += len(own)
        limit = max(_BLOCK_TOKENS, 16 * window)
        left = self._kept(key, origin, shift, range(start - 1, max(sentence_first, start - limit) - 1, -1), window)
        right = self._kept(key, origin, shift, range(stop, min(sentence_last, stop + limit)), window)
        words, tags = left[::-1] + own + right, self._tags(sentence)
        if not own or len(words) + len(tags) < 2:
            return

        stream = _block_stream(key, self._draw_position(sentence, start) - origin)
        reaches: list[int] = []
        drawn: list[list[int]] = []
        for c in range(len(own)):
            reaches.append(window if settings.fixed_window or not window else 1 + stream.scale(window)[0])
            if noise is not None and c % noise.run == 0 and c // noise.run < noise.windows:
                drawn.append(_draw(noise, stream))

        # gather: a position is the copy of its word, the mean of the word's rows or their sum; or the one row itself
        members = words + tags
        chosen = self._choose(words)
        copied = [] if self._in_place() else list(dict.fromkeys(members if window else tags))
        if copied:
            copied = list(dict.fromkeys(copied + [vector for choice in chosen for vector in choice.vectors()]))
        if settings.code_size:
            copied = list(dict.fromkeys(copied + tags + self._projecting()))
        before = np.array([self._composed(word) for word in copied]).reshape(-1, self.inputs.shape[1])
        # behind the rows themselves, where the positions are that are trained in place; at the end the codes
        codes = np.zeros((len(tags) if settings.code_size else 0, self.inputs.shape[1]))
        block = np.concatenate([self.inputs, before, codes, np.zeros((len(chosen), self.inputs.shape[1]))])
        copy_of = {word: len(self.inputs) + k for k, word in enumerate(copied)}
        vectors = np.array([copy_of.get(word, word) for word in members])
        first_code, first_mixture = len(block) - len(chosen) - len(codes), len(block) - len(chosen)
        of_tags = vectors[len(vectors) - len(codes) :].copy()
        # what the codes are the signs of: the vectors of the tags, or their projections
        projecting = block[[copy_of[vector] for vector in self._projecting()]]
        projected = np.zeros((len(codes), block.shape[1]))
        if self.projection is not None:
            projected[:, : self.projection.bits] = block[of_tags] @ projecting.T
        us = list(projected) if self.projection is not None else [block[tag] for tag in of_tags]  # views
        encoded = list(zip(us, block[first_code:first_mixture], strict=True))
        met = projected.copy()
        for u, c in encoded:
            c[:] = code(u, settings.code_size)
        vectors[len(vectors) - len(codes) :] = np.arange(first_code, first_mixture)
        mixed = [[copy_of.get(vector, vector) for vector in choice.vectors()] for choice in chosen]
        for m, (choice, rows) in enumerate(zip(chosen, mixed, strict=True), first_mixture):
            vectors[choice.position] = m
            block[m] = block[rows[0]] + choice.probabilities @ block[rows[1 : 1 + len(choice.senses)]]
        sizes = np.array([len(self._rows_of(word)) for word in members])
        # a step moves each of n rows, and so their mean, by 1/n of what it moves a single row; historically by all;
        # each row of a sum by all, and so the sum by n times that; with factors, each row by its factor of that
        ratios = ratio * sizes if self.units.sums else ratio / sizes**settings.gradient_power
        ratios = ratios * np.array([self.input_factors[self._rows_of(word)].mean() for word in members])
        if settings.inference:
            ratios[: len(words)] = 0
        documents = list(range(len(words), len(members)))

        mixtures = block[first_mixture:].copy()
        batch: list[Window] = []
        for c, reach in enumerate(reaches):
            center = len(left) + c
            both = [i for i in range(center - reach, center + reach + 1) if i != center and 0 <= i < len(words)]
            if settings.context_side:
                both = [i for i in both if (i > center) == (settings.context_side > 0)]
            for side in range(sides):
                contexts = [i for i in both if sides == 1 or (i > center) == side]
                if contexts or documents:
                    # from left to right, without the center
                    slots = [window + i - center - (i > center) for i in contexts]
                    dealt = drawn[c // noise.run % noise.windows] if noise is not None else []
                    batch.append(Window(contexts + documents, slots, words[center], dealt, side))
                if len(batch) == self._batch() or c == len(own) - 1:
                    self._train_together(block, vectors, batch, lr, ratios)
                    batch = []
                    for u, c in encoded:
                        u += (c - code(u, settings.code_size)) * code_slope(u, settings.code_size)
                        c[:] = code(u, settings.code_size)
                    for vector in vectors[documents] if settings.max_norm and not codes.size else []:
                        block[vector] *= min(1, settings.max_norm / np.linalg.norm(block[vector]))

        for choice, rows, moved in zip(chosen, mixed, block[first_mixture:] - mixtures, strict=True):
            rate = ratios[choice.position]
            self._learn_choice(block, choice, rows, moved, lr, ratio / rate if rate else 0.0)
        if self.projection is not None:
            self._learn_projection(block, copy_of, of_tags, (projected - met)[:, : self.projection.bits])
        for side in range(sides):
            met_rows = (self._targets(Window([], [], word, [], side)) for word in own)
            noise_rows = {word * sides + side for word in itertools.chain(*drawn)}
            self.met_outputs |= {row for rows, _ in met_rows for row in rows} | noise_rows

        # scatter, in a round at the end of the tile
        now = block[len(self.inputs) : len(self.inputs) + len(copied)]
        self.inputs = block[: len(self.inputs)]
        self.documents.update(tags, self._projecting())
        for word, value, old in zip(copied, now, before, strict=True):
            if self.in_round:
                self.met_vectors.setdefault(word, old)
                self.vectors[word] = value
            elif not settings.inference or word in tags:
                self._scatter(word, value - old)

    def _scatter(self, vector: int, change: Floats) -> None:
        """Move rows in proportion to their factors, so that their mean or sum is where the vector has moved to."""
        own_rows = self._rows_of(vector)
        factors = self.input_factors[own_rows]
        for row, factor in zip(own_rows, factors, strict=True):
            if factor:
                self.inputs[row] += change * factor * (1 if self.units.sums else len(own_rows)) / factors.sum()

    def _choose(self, words: list[int]) -> list[Choice]:
        """Choose among the senses of the block's words: p = softmax(U c), c the direction of the contexts around.

        The posterior also has how well each sense predicts the words around (kernels_senses.h).
        """
        if (senses := self.senses) is None:
            return []
        chosen, contexts = [], senses.contexts[:, : self.inputs.shape[1]].astype(np.float64)
        for position, word in enumerate(words):
            numbers = range(senses.firsts[word], senses.firsts[word] + senses.sizes[word])
            if numbers:
                near = [j for j in range(len(words)) if 0 < abs(j - position) <= senses.reach]
                around, weights = [words[j] for j in near], np.array([1 / abs(j - position) for j in near])
                context = weights @ contexts[around]
                context = context / (np.linalg.norm(context) or 1)
                vectors = [senses.first_vector + sense for sense in numbers]
                selectors = [vector + senses.count for vector in vectors]
                scores = np.array([self._composed(selector) for selector in selectors]) @ context
                gains = np.array([self._composed(vector) for vector in vectors]) @ (weights @ self.outputs[around])
                chosen.append(
                    Choice(position, word, vectors, selectors, context, softmax(scores), softmax(scores + gains))
                )
        return chosen

    def _learn_choice(
        self, block: Floats, choice: Choice, rows: list[int], moved: Floats, lr: float, scale: float
    ) -> None:
        """Move the word and its senses by what the mixture has moved by, and selectors towards the posterior.

        The mixture has the learning rate of the word, which is lower for a mean of rows; `scale` undoes this.
        """
        assert self.senses is not None
        n, p = len(choice.senses), choice.probabilities
        block[rows[0]] += moved
        for k in range(n):
            block[rows[1 + k]] += scale * p[k] * moved
            block[rows[1 + n + k]] += self.senses.selector_rate * lr * (choice.posterior[k] - p[k]) * choice.context

    def _projecting(self) -> list[int]:
        """Return the vectors that are the rows of the projection."""
        if self.projection is None:
            return []
        return list(range(self.projection.first_vector, self.projection.first_vector + self.projection.bits))

    def _learn_projection(self, block: Floats, copy_of: dict[int, int], tags: NDArray[np.int64], moved: Floats) -> None:
        """Move tags x and the projection P by what u = P x has moved by: -dL/dx = P^T e, -dL/dP = e x^T."""
        assert self.projection is not None
        rate = 0.0 if self.settings.inference else self.projection.rate
        rows = [copy_of[vector] for vector in self._projecting()]
        for tag, e in zip(tags, moved, strict=True):
            x = block[tag].copy()
            block[tag] += e @ block[rows]
            block[rows] += rate * np.outer(e, x)

    def _has_bags(self) -> bool:
        """Tell whether all windows of a block have the same document as context, and nothing else."""
        is_alone = not self.settings.window and self.tokens.tags is not None and self.tokens.tags.most == 1
        return self.settings.cbow and is_alone and self.targets.tree is None

    def _has_pairs(self) -> bool:
        """Tell whether each two windows in a row share their noise."""
        noise, has_tags = self.targets.noise, self.tokens.tags is not None and self.tokens.tags.most > 0
        is_mean = self.settings.cbow and self.settings.window > 0 and not len(self.position_weights)
        return is_mean and has_tags and self.targets.tree is None and noise is not None and noise.run == 2

    def _batch(self) -> int:
        """Return how many windows are trained at once."""
        if self._has_bags() and self.settings.inference:
            return _STILL_BATCH
        return _CBOW_BATCH if self.settings.cbow else 1

    def _in_place(self) -> bool:
        """Tell whether words are one row each that is free, and are trained right there."""
        plain = len(self.units.rows) == self.units.vectors and not self.has_input_factors
        return plain and not self.in_round

    def _targets(self, window: Window) -> tuple[list[int], Floats]:
        """Return the output rows that a window meets, and their labels."""
        targets: list[int] = []
        labels: list[int] = []
        if self.targets.noise is not None:
            targets = [window.target] + [word for word in window.noise if word != window.target]
            labels = [1] + [0] * (len(targets) - 1)
        if (tree := self.targets.tree) is not None:
            path = slice(tree.offsets[window.target], tree.offsets[window.target + 1])
            targets = targets + [self.targets.first_node + int(node) for node in tree.nodes[path]]
            labels = labels + tree.labels[path].tolist()
        return [target * self.targets.sides + window.side for target in targets], np.array(labels, np.float64)

    def _train_together(
        self, block: Floats, vectors: NDArray[np.int64], windows: list[Window], lr: float, ratios: Floats
    ) -> None:
        """Train windows whose scores are taken first; output rows keep their factor of what they move by."""
        slowed = np.flatnonzero(self.output_factors != 1)
        before = self.outputs[slowed]
        if self._has_bags():
            self._train_bag(block, vectors, windows, lr, ratios)
        elif self._has_pairs():
            self._train_pairs(block, vectors, windows, lr, ratios)
        else:
            self._train_windows(block, vectors, windows, lr, ratios)
        moved = self.outputs[slowed] - before
        self.outputs[slowed] = before + self.output_factors[slowed, None] * moved

    def _train_bag(
        self, block: Floats, vectors: NDArray[np.int64], windows: list[Window], lr: float, ratios: Floats
    ) -> None:
        """Train windows of one document: an output row moves by the sum of the changes of all windows that share it."""
        if not windows:
            return
        assert self.targets.noise is not None
        run = self.targets.noise.run
        (place,) = windows[0].contexts
        vector, centers = vectors[place], [window.target for window in windows]
        noise = [(word, draw) for draw in range(0, len(windows), run) for word in windows[draw].noise]
        x, rows = block[vector].copy(), centers + [word for word, _ in noise]
        scores = np.clip(self.outputs[rows] @ x, -_MAX_SCORE, _MAX_SCORE)
        signs = np.array([-1] * len(centers) + [1] * len(noise))
        counts = np.array(
            [1] * len(centers) + [sum(word != center for center in centers[draw : draw + run]) for word, draw in noise]
        )
        self.loss += float(counts @ np.logaddexp(0.0, signs * scores))
        self.examples += len(windows)
        change = np.zeros_like(x)
        for row, g in zip(rows, -lr * counts * signs / (1 + np.exp(-signs * scores)), strict=True):
            change += g * self.outputs[row]
            if not self.settings.inference:  # a row that is there twice has moved before its second turn
                self.outputs[row] += g * x
        block[vector] += ratios[place] * change

    def _train_pairs(
        self, block: Floats, vectors: NDArray[np.int64], windows: list[Window], lr: float, ratios: Floats
    ) -> None:
        """Take the scores of all windows, then update with two at a time: a row moves by the sum of their changes."""
        settings = self.settings
        power = 1 - settings.gradient_power if settings.context_sum else settings.gradient_power
        pairs = []
        for pair in (windows[first : first + 2] for first in range(0, len(windows), 2)):
            members = [block[vectors[window.contexts]].sum(axis=0) for window in pair]
            sizes = [1 if settings.context_sum else len(window.contexts) for window in pair]
            h = np.array(members) / np.array(sizes)[:, None]
            rows = [window.target for window in pair] + pair[0].noise
            labels, rates = np.zeros((2, len(rows)))[: len(pair)], np.zeros((len(pair), len(rows)))
            for i, window in enumerate(pair):
                labels[i, i] = 1
                met = [j for j, row in enumerate(rows) if j == i or (j >= len(pair) and row != window.target)]
                scores = np.clip(self.outputs[rows] @ h[i], -_MAX_SCORE, _MAX_SCORE)[met]
                self.loss += float(np.logaddexp(0.0, np.where(labels[i, met] == 1, -scores, scores)).sum())
                rates[i, met] = lr * (labels[i, met] - 1 / (1 + np.exp(-scores)))
            self.examples += len(pair)
            pairs.append((pair, rows, h, rates))
        for pair, rows, h, rates in pairs:
            change = np.zeros_like(h)
            for j, row in enumerate(rows):  # a row that is there twice has moved before its second turn
                change += rates[:, j, None] * self.outputs[row]
                if not settings.inference:
                    self.outputs[row] += rates[:, j] @ h
            for i, window in enumerate(pair):
                for vector, ratio in zip(vectors[window.contexts], ratios[window.contexts], strict=True):
                    block[vector] += ratio * change[i] / len(window.contexts) ** power

    def _train_windows(
        self, block: Floats, vectors: NDArray[np.int64], windows: list[Window], lr: float, ratios: Floats
    ) -> None:
        """Take the scores of all windows, then update with one after the other."""
        settings = self.settings
        # Corrected CBOW: of a mean of C contexts each has 1/C of the gradient; of a sum each has all of it
        power = 1 - settings.gradient_power if settings.context_sum else settings.gradient_power
        scored = []
        for window in windows:
            targets, labels = self._targets(window)
            x = block[vectors[window.contexts]]
            if len(self.position_weights):
                x[: len(window.slots)] *= self.position_weights[window.slots]
            if settings.cbow:
                x = x.sum(axis=0, keepdims=True) / (1 if settings.context_sum else len(x))
            scores = np.clip(x @ self.outputs[targets].T, -_MAX_SCORE, _MAX_SCORE)
            self.loss += float(np.logaddexp(0.0, np.where(labels == 1, -scores, scores)).sum())
            self.examples += len(x)
            g = lr * (labels - 1 / (1 + np.exp(-scores)))  # -dL/dscore times the learning rate
            scored.append((window, targets, x, g))
        for (contexts, slots, *_), targets, x, g in scored:
            dx = g @ self.outputs[targets]
            if settings.cbow:
                dx = dx / len(contexts) ** power
            dx = np.broadcast_to(dx, (len(contexts), dx.shape[1]))
            # one context after the other: a word that occurs twice in the window has moved before its second turn
            for k, (vector, ratio) in enumerate(zip(vectors[contexts], ratios[contexts], strict=True)):
                before = block[vector].copy()
                if len(self.position_weights) and k < len(slots):  # the product rule
                    block[vector] += ratio * dx[k] * self.position_weights[slots[k]]
                    if not settings.inference:
                        self.position_weights[slots[k]] += settings.position_ratio * dx[k] * before
                else:
                    block[vector] += ratio * dx[k]
                if not settings.cbow and len(set(targets)) <= _GROUP:  # more are moved by what it was in the beginning
                    x[k] = before
            if not settings.inference:
                np.add.at(self.outputs, targets, g.T @ x)  # a noise word drawn twice counts twice
