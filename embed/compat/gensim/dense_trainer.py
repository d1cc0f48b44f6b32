"""Training in NumPy, one thread, for what the compiled core does not have.

That is hierarchical softmax, contexts that are summed instead of averaged (``cbow_mean=0``), and vectors that are
locked (``vectors_lockf``). It is as fast as a Python loop over small matrix products can be, some ten times slower
than the core.

A group of neighbouring centers is trained at once. With X the input vectors of the positions around them
(P x dim), C[p, g] = 1 if position p is in the window of center g, and Y the output vectors of all their targets
(U x dim), of which M[g, u] belong to center g, L[g, u] of those with the label 1:

- skip-gram: every context predicts the targets of its center. The log-likelihood is the sum over p, u of
  (C L) log s + (C (M - L)) log(1 - s) with s = sigmoid(X Y'); its derivative by X Y' is A = C L - (C M) s;
- CBOW: H = the mean (or sum) of the contexts of each center, and A = L - M s with s = sigmoid(H Y').

So dX = A Y and dY = A' X, or dH = A Y and dY = A' H; the mean gives dX = (C dH) / contexts (the historic gradient
drops that factor for the mean, and has it for the sum, as gensim does).

Rejected: a compiled loop of its own (hierarchical softmax belongs into the block core, as one more way to plan the
targets of a window).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.config.train import TrainConfig
from embed.model.parameters import Parameters
from embed.text.encoded_corpus import EncodedCorpus
from embed.vocabulary.huffman import HuffmanTree
from embed.vocabulary.sampling import keep_probabilities, noise_distribution

__all__ = ["DenseTrainer", "Extras"]

Array = npt.NDArray[Any]
CENTERS = 32
"""Centers trained at once."""


@dataclass(frozen=True)
class Extras:
    """What the compiled core does not have.

    Attributes
    ----------
    tree : HuffmanTree or None
        With it hierarchical softmax.
    nodes : float32 array, shape (V, dim), or None
        The vectors of the inner nodes.
    negatives : int
        Noise words of each center; 0 for none, beside a tree.
    sums_contexts : bool
        CBOW adds its contexts up.
    input_factors : float32 array, shape (R,), or None
        Factors of the steps of the input rows.
    """

    tree: HuffmanTree | None
    nodes: Array | None
    negatives: int
    sums_contexts: bool
    input_factors: Array | None


class DenseTrainer:
    """One training run over an encoded corpus, as :class:`embed.training.trainer.Trainer` with `extras`."""

    def __init__(self, corpus: EncodedCorpus, config: TrainConfig, parameters: Parameters, extras: Extras) -> None:
        self._corpus, self._config, self._extras = corpus, config, extras
        self._inputs = parameters.inputs[:, : parameters.dim]
        self._outputs = parameters.outputs[:, : parameters.dim]
        self._row_offsets, self._rows = parameters.row_offsets, parameters.rows
        counts = corpus.vocabulary.counts
        self._keep = keep_probabilities(counts, config.subsample_threshold())
        self._noise = np.cumsum(noise_distribution(counts, config.noise_exponent))
        self._power = config.gradient_power()
        self.total_loss, self.examples = 0.0, 0

    def epochs(self) -> Iterator[int]:
        """Train; yield the number of each epoch, from 0, when it is done."""
        tokens = len(self._corpus.ids) * self._config.epoch_count()
        start, end = self._config.rates()[0], self._config.final_lr()
        for epoch in range(self._config.epoch_count()):
            self.total_loss = 0.0
            random = np.random.default_rng([self._config.seed, epoch])
            for first, last in zip(self._corpus.offsets[:-1].tolist(), self._corpus.offsets[1:].tolist(), strict=True):
                done = epoch * len(self._corpus.ids) + first
                self._train_sentence(self._corpus.ids[first:last], start + (end - start) * done / tokens, random)
            yield epoch

    def _train_sentence(self, words: Array, lr: float, random: np.random.Generator) -> None:
        words = words[random.random(len(words)) < self._keep[words]]
        window = self._config.window
        reaches = (
            np.full(len(words), window)
            if self._config.window_kind == "fixed"
            else random.integers(1, window + 1, len(words))
        )
        for first in range(0, len(words) if len(words) > 1 else 0, CENTERS):
            last = min(first + CENTERS, len(words))
            left, right = max(0, first - window), min(len(words), last + window)
            distance = np.abs(np.arange(left, right)[:, None] - np.arange(first, last))
            inside = ((distance > 0) & (distance <= reaches[first:last])).astype(np.float32)
            self._train_group(words[left:right], words[first:last], inside, lr, random)

    def _train_group(self, words: Array, centers: Array, inside: Array, lr: float, random: np.random.Generator) -> None:
        self.examples += int(inside.sum())
        owners, rows, ones = self._targets(centers, random)
        targets, column = np.unique(rows, return_inverse=True)
        cells, shape = owners * len(targets) + column, (len(centers), len(targets))
        every, positive = (
            np.bincount(cells, weights, shape[0] * shape[1]).reshape(shape).astype(np.float32)
            for weights in (None, ones)
        )
        y = self._target_vectors(targets)
        x = self._composed(words)
        if self._config.objective == "sg":
            every, positive = inside @ every, inside @ positive
            step_x, step_y = self._steps(x, y, every, positive, lr)
        else:
            contexts = inside.sum(axis=0)
            averaged = inside / contexts
            hidden = (inside if self._extras.sums_contexts else averaged).T @ x
            step_hidden, step_y = self._steps(hidden, y, every, positive, lr)
            power = 1 - self._power if self._extras.sums_contexts else self._power
            step_x = (inside / contexts ** np.float32(power)) @ step_hidden
        self._scatter(words, step_x * np.float32(self._ratio()))
        self._add_to_targets(targets, step_y)

    def _steps(self, x: Array, y: Array, every: Array, positive: Array, lr: float) -> tuple[Array, Array]:
        """Return the steps of x and of y, and count the loss."""
        scores = x @ y.T
        # -log s of the label 1 is softplus - score, that of the label 0 is softplus
        softplus = np.maximum(scores, 0) + np.log1p(np.exp(-np.abs(scores)))
        self.total_loss += float((every * softplus).sum() - (positive * scores).sum())
        likely = np.exp(scores - softplus)
        slopes = np.float32(lr) * (positive - every * likely)
        return slopes @ y, slopes.T @ x

    def _ratio(self) -> float:
        output, input_ = self._config.rates()
        return input_ / output

    def _targets(self, centers: Array, random: np.random.Generator) -> tuple[Array, Array, Array]:
        """Return (center, target, label) of all targets; targets from V on are the nodes of the tree."""
        parts: list[tuple[Array, Array, Array]] = []
        if self._extras.negatives:
            noise = np.searchsorted(self._noise, random.random((len(centers), self._extras.negatives)))
            noise = np.minimum(noise, len(self._noise) - 1)
            owners, places = np.nonzero(noise != centers[:, None])
            parts.append((np.arange(len(centers)), centers, np.ones(len(centers))))
            parts.append((owners, noise[owners, places], np.zeros(len(owners))))
        if (tree := self._extras.tree) is not None:
            steps, _, lengths = _gathered(tree.offsets, centers)
            owners = np.repeat(np.arange(len(centers)), lengths)
            parts.append((owners, tree.nodes[steps] + len(self._outputs), 1.0 - tree.turns[steps]))
        owners, rows, ones = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        return owners, rows, ones

    def _target_vectors(self, targets: Array) -> Array:
        words = targets[: np.searchsorted(targets, len(self._outputs))]
        if self._extras.nodes is None:
            return self._outputs[words]
        return np.concatenate([self._outputs[words], self._extras.nodes[targets[len(words) :] - len(self._outputs)]])

    def _add_to_targets(self, targets: Array, steps: Array) -> None:
        words = targets[: np.searchsorted(targets, len(self._outputs))]
        self._outputs[words] += steps[: len(words)]
        if self._extras.nodes is not None:
            self._extras.nodes[targets[len(words) :] - len(self._outputs)] += steps[len(words) :]

    def _composed(self, words: Array) -> Array:
        """Return the vector of each word, the mean of its rows; shape (len(words), dim)."""
        rows, starts, sizes = self._rows_of(words)
        if len(rows) == len(words):
            return self._inputs[rows]
        sums = np.add.reduceat(self._inputs[rows], starts, axis=0)
        return np.asarray(sums / sizes[:, None].astype(np.float32))

    def _scatter(self, words: Array, steps: Array) -> None:
        """Give the step of each word to its rows; the exact gradient divides it by their number, "sqrt" by its root."""
        rows, _, sizes = self._rows_of(words)
        steps = steps / sizes[:, None].astype(np.float32) ** np.float32(self._power)
        steps = np.repeat(steps, sizes, axis=0)
        if self._extras.input_factors is not None:
            steps = steps * self._extras.input_factors[rows][:, None]
        np.add.at(self._inputs, rows, steps)

    def _rows_of(self, words: Array) -> tuple[Array, Array, Array]:
        """Return the rows of all words, where those of each begin, and how many each has."""
        places, starts, sizes = _gathered(self._row_offsets, words)
        return self._rows[places], starts, sizes


def _gathered(offsets: Array, items: Array) -> tuple[Array, Array, Array]:
    """Return the places of the parts of some items of a CSR, where those of each begin, and how many each has."""
    begins = offsets[items]
    sizes = offsets[items + 1] - begins
    starts = np.cumsum(sizes) - sizes
    return np.repeat(begins - starts, sizes) + np.arange(sizes.sum()), starts, sizes
