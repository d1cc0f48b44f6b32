"""Estimate the second derivative of the loss that the changes of rows see, from windows of the text just trained.

The loss of a pair of an input vector x and an output vector y is ``-log s(+-x.y)`` (negative sampling: Mikolov et al.
2013, equation 4). Its second derivative with respect to y is ``s(1 - s) x xT``, with respect to x ``s(1 - s) y yT``.
:class:`Curvature` holds the sums of both over sampled pairs, so that those of several workers can be added.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embed.config.train import TrainConfig
from embed.engine import _kernels
from embed.merging.touches import Layout, Text
from embed.model.parameters import padded_matrix

__all__ = ["Curvature", "Sampler"]

_RUN_TOKENS, _RUNS_PER_CENTER = 512, 1 / 128
"""Windows are sampled from runs of this many tokens; four tokens a center, of which subsampling drops some."""


@dataclass(frozen=True)
class Curvature:
    """Sums over sampled pairs.

    Attributes
    ----------
    inputs, outputs : float64[dim, dim]
        For changes of input rows and of output rows.
    pairs : int
    """

    inputs: NDArray[np.float64]
    outputs: NDArray[np.float64]
    pairs: int

    def __add__(self, other: Curvature) -> Curvature:
        return Curvature(self.inputs + other.inputs, self.outputs + other.outputs, self.pairs + other.pairs)


class Sampler:
    """Samples windows as training draws them, but without regard to where sentences end.

    Parameters
    ----------
    layout : Layout
    text : Text
    config : TrainConfig
    """

    def __init__(self, layout: Layout, text: Text, config: TrainConfig) -> None:
        self._layout, self._keep, self._config = layout, text.keep, config
        self._noise = np.cumsum(text.noise)
        self._noise /= self._noise[-1]

    def curvature(self, ids: NDArray[np.int32], centers: int, generator: np.random.Generator) -> Curvature:
        """Return the sums over up to `centers` windows of a stretch of tokens with these ids."""
        config, layout, dim = self._config, self._layout, self._config.dim
        length = min(_RUN_TOKENS, len(ids))
        starts = generator.integers(0, len(ids) - length + 1, max(1, round(centers * _RUNS_PER_CENTER)))
        runs = ids[(starts[:, None] + np.arange(length)).ravel()]
        tokens = runs[generator.random(len(runs)) < self._keep[runs]]
        inside = range(config.window, len(tokens) - config.window)
        if not inside:
            return Curvature(np.zeros((dim, dim)), np.zeros((dim, dim)), 0)
        at = generator.integers(inside.start, inside.stop, centers)
        x, side = self._inputs(tokens, at, generator)
        targets = np.empty((centers, 1 + config.negatives), np.int64)
        targets[:, 0] = tokens[at]
        targets[:, 1:] = np.searchsorted(self._noise, generator.random((centers, config.negatives)))
        rows = layout.outputs[targets * config.sides() + side[:, None]]
        y = layout.parameters.outputs[rows, :dim]
        p = 1 / (1 + np.exp(-np.einsum("ntd,nd->nt", y, x)))
        weights = p * (1 - p)
        flat = y.reshape(-1, dim)
        return Curvature(
            ((flat * weights.reshape(-1, 1)).T @ flat).astype(np.float64),
            ((x * weights.sum(axis=1, keepdims=True)).T @ x).astype(np.float64),
            targets.size,
        )

    def _inputs(
        self, tokens: NDArray[np.int32], at: NDArray[np.int64], generator: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the input vector of a pair of each center, float32[N, dim], and the number of its output row."""
        config, n = self._config, len(at)
        window = config.window
        reach = np.full(n, window) if config.window_kind == "fixed" else generator.integers(1, window + 1, n)
        if config.objective == "cbow":
            distances = np.sort(np.outer(config.context_sides(), np.arange(1, window + 1)), axis=None)
            weights = (np.abs(distances) <= reach[:, None]) / (len(config.context_sides()) * reach[:, None])
            vectors = self._vectors(tokens[at[:, None] + distances])
            return np.einsum("nkd,nk->nd", vectors, weights.astype(np.float32)), np.zeros(n, np.int64)
        sides = [(side + 1) // 2 for side in config.context_sides()]
        side = generator.integers(sides[0], sides[-1] + 1, n)
        distance = (generator.random(n) * reach).astype(np.int64) + 1
        vectors = self._vectors(tokens[at + np.where(side == 0, -distance, distance)])
        return vectors, side * (config.sides() - 1)

    def _vectors(self, words: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the input vectors of words, float32[..., dim]."""
        parameters, dim = self._layout.parameters, self._config.dim
        if self._layout.inputs is not None:
            return parameters.inputs[self._layout.inputs[words], :dim]
        distinct, places = np.unique(words, return_inverse=True)
        firsts, sizes = parameters.row_offsets[:-1][distinct], np.diff(parameters.row_offsets)[distinct]
        offsets = np.concatenate([[0], sizes.cumsum()])
        listed = np.repeat(firsts - offsets[:-1], sizes) + np.arange(offsets[-1])
        composed = padded_matrix(len(distinct), dim)
        simd = _kernels.simd_names()[0]
        _kernels.compose_rows(parameters.inputs, offsets, parameters.rows[listed], composed, dim, simd)
        vectors = composed[:, :dim]
        if self._config.composition == "sum":
            vectors *= sizes[:, None]
        return vectors[places.reshape(words.shape)]
