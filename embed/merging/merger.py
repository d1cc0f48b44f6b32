"""Merge the changes of all workers to the rows of one of them.

Each worker owns every K-th row of each matrix, and merges their changes: it receives those of all workers, adds them in
the order of the workers, reduces the sums (:mod:`embed.merging.saturation`), and sends the result to all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embed.config.train import TrainConfig
from embed.merging import _changes
from embed.merging.curvature import Curvature
from embed.merging.saturation import saturate
from embed.merging.touches import Layout, touches

__all__ = ["Changes", "Merger", "Stretch"]

Float32s = NDArray[np.float32]
Changes = Mapping[str, tuple[NDArray[np.int32], NDArray[np.uint16]]]
"""For each matrix, the rows that have changed and their changes; see :func:`embed.merging._changes.extract`."""

_STRENGTH = 2.0
"""What the curvature is multiplied by: 1.5 to 3 keep the scores (docs/decisions/0048)."""


@dataclass(frozen=True)
class Stretch:
    """What the workers trained before a merge.

    Attributes
    ----------
    tokens : float
        The mean of the workers.
    lr, input_lr : float
        The rates of the output and of the input rows in the middle of it.
    workers : int
        Those that trained.
    curvature : Curvature
    """

    tokens: float
    lr: float
    input_lr: float
    workers: int
    curvature: Curvature


class Merger:
    """Merges every K-th row.

    Parameters
    ----------
    layout : Layout
    config : TrainConfig
    counts : int64[V]
        Of the words in the whole text.
    subsample : float
    worker, workers : int
        Rows ``worker``, ``worker + workers``, ... are merged here.
    simd : str
    threads : int
        Of this process; the result is the same for any number.
    """

    def __init__(
        self,
        layout: Layout,
        config: TrainConfig,
        counts: NDArray[np.int64],
        subsample: float,
        worker: int,
        workers: int,
        simd: str,
        threads: int,
    ) -> None:
        own = slice(worker, None, workers)
        inputs, outputs = touches(layout, config, counts, subsample)
        self._touches = {"input": inputs[own], "output": outputs[own]}
        self._shapes = {name: matrix[own].shape for name, matrix in layout.parameters.matrices().items()}
        self._simd, self._threads = simd, threads

    def merge(self, stretch: Stretch, changes: Sequence[Changes]) -> Changes:
        """Return the merged changes of these rows.

        Position weights, which a window changes by a thousandth of what it changes rows by, move by the sum.
        """
        merged = {}
        curvature = stretch.curvature
        pairs = max(curvature.pairs, 1)
        for name, shape in self._shapes.items():
            total, is_changed = np.zeros(shape, np.float32), np.zeros(shape[0], bool)
            for found in changes:
                rows, values = found[name]
                _changes.add(total, rows, values, self._simd)
                is_changed[rows] = True
            rows = np.flatnonzero(is_changed).astype(np.int32)
            sums = total[rows]
            if name in self._touches:
                rate, second = (
                    (stretch.input_lr, curvature.inputs) if name == "input" else (stretch.lr, curvature.outputs)
                )
                steps = _STRENGTH * rate * stretch.tokens * self._touches[name][rows]
                saturate(sums, steps, second / pairs, stretch.workers, self._threads)
            merged[name] = rows, _changes.extract(sums, np.zeros_like(sums), 0, 1, self._simd)
        return {name: _expanded(rows, *found) for name, (rows, found) in merged.items()}


def _expanded(
    rows: NDArray[np.int32], places: NDArray[np.int32], changes: NDArray[np.uint16]
) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
    return rows[places], changes
