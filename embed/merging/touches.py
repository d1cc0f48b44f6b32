"""Estimate how often the training of a token changes each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from embed.config.train import TrainConfig
from embed.model.parameters import Parameters
from embed.vocabulary.sampling import keep_probabilities, noise_distribution

__all__ = ["Layout", "Text", "touches"]


@dataclass(frozen=True)
class Layout:
    """The rows of a model while it trains, when they are reordered (:mod:`embed.engine.row_order`).

    Attributes
    ----------
    parameters : Parameters
    inputs : int32[V] or None
        The input row of each word; None if words have several rows, which `parameters` lists.
    outputs : int32[V * sides]
        Where each output row is.
    """

    parameters: Parameters
    inputs: NDArray[np.int32] | None
    outputs: NDArray[np.int32]


@dataclass(frozen=True)
class Text:
    """The words of a text as training meets them.

    Attributes
    ----------
    kept : float64[V]
        The share of the tokens that are this word and are kept.
    keep : float64[V]
        The probability that a token of this word is kept.
    noise : float64[V]
        The probability of this word as noise.
    """

    kept: NDArray[np.float64]
    keep: NDArray[np.float64]
    noise: NDArray[np.float64]

    @classmethod
    def of(cls, counts: NDArray[np.int64], subsample: float, config: TrainConfig) -> Self:
        """Return a text with these counts of words, int64[V], of which the threshold `subsample` drops tokens."""
        keep = keep_probabilities(counts, subsample)
        return cls(counts / counts.sum() * keep, keep, noise_distribution(counts, config.noise_exponent))


def touches(layout: Layout, text: Text, config: TrainConfig) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how many changes of each row the training of a token makes, on average.

    A kept center is a target, and so are its noise words, once for each context (skip-gram) or once (CBOW). A context
    changes with each target of each of its windows, of a mean of n by n ** -p, with the power p of its gradient
    (docs/objectives.md). The rows of a word move its vector together: a mean of n rows by n ** -p of a single row, and
    a sum of n by n. The ends of sentences are not counted.

    Parameters
    ----------
    layout : Layout
    text : Text
    config : TrainConfig

    Returns
    -------
    inputs : float64[R]
        For each input row, in the order of training.
    outputs : float64[V * sides]
        For each output row.
    """
    targets = text.kept + config.negatives * text.kept.sum() * text.noise
    reach = config.window if config.window_kind == "fixed" else (config.window + 1) / 2
    contexts = float(len(config.context_sides()) * reach)
    words, power = text.kept * contexts * (1 + config.negatives), config.gradient_power()
    if config.objective == "cbow":
        words *= contexts**-power
    else:
        targets = targets * contexts
    outputs = np.zeros(len(targets) * config.sides())
    outputs[layout.outputs] = np.repeat(targets / config.sides(), config.sides())
    parameters, count = layout.parameters, len(layout.parameters.inputs)
    inputs: NDArray[np.float64]
    if layout.inputs is not None:
        inputs = np.zeros(count)
        inputs[layout.inputs[: len(words)]] = words
    else:
        sizes = np.diff(parameters.row_offsets)
        moved = sizes.astype(np.float64) ** (1.0 if config.composition == "sum" else -power)
        weights = np.repeat(words * moved, sizes)
        inputs = np.bincount(parameters.rows, weights, minlength=count).astype(np.float64)
    return inputs, outputs
