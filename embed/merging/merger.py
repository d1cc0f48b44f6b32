"""Merge the changes of all workers to the rows of one of them.

Each worker owns every K-th row of each matrix, and merges their changes: it receives those of all workers, adds them in
the order of the workers, reduces the sums (:mod:`embed.merging.saturation`), and sends the result to all. It does so in
waves (:class:`Cut`), so that few changes are on their way at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from embed.config.train import TrainConfig
from embed.merging import _changes
from embed.merging.curvature import Curvature
from embed.merging.saturation import Basis, Steps, saturate
from embed.merging.touches import Layout, Text, touches

__all__ = ["Changes", "Cut", "Merger", "Stretch", "waves_of"]

Float32s = NDArray[np.float32]
Changes = Mapping[str, tuple[NDArray[np.int32], NDArray[np.uint16]]]
"""For each matrix, the rows that have changed and their changes; see :func:`embed.merging._changes.extract`."""

_WAVE_BYTES, _MOST_WAVES = 1 << 25, 16
"""Of the rows of a wave: the fewer, the less memory, and the more calls."""
_STRENGTH = 2.0
"""What the curvature is multiplied by: 1.5 to 3 keep the scores (docs/decisions/0048)."""


def waves_of(size: int) -> int:
    """Return in how many waves matrices of so many bytes are merged."""
    return min(max(size // _WAVE_BYTES, 1), _MOST_WAVES)


@dataclass(frozen=True)
class Cut:
    """How rows are shared out between workers, and between the waves of a merge.

    With K workers and P waves, row i belongs to worker ``i % K`` and to wave ``i // K % P``, so that each part has
    frequent and rare words.

    Attributes
    ----------
    workers, waves : int
    """

    workers: int
    waves: int

    @classmethod
    def of(cls, matrices: Mapping[str, Float32s], workers: int) -> Self:
        """Return the cut of matrices: into waves of some megabytes, not too many."""
        return cls(workers, waves_of(sum(matrix.nbytes for matrix in matrices.values())))

    def part(self, wave: int, worker: int, rows: int) -> range:
        """Return those of so many rows that a worker merges in a wave."""
        return range(wave * self.workers + worker, rows, self.waves * self.workers)


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
    """Merges the rows of one owner, in waves.

    Parameters
    ----------
    layout : Layout
    text : Text
    config : TrainConfig
    cut : Cut
    owner : int
        The worker that merges here.
    simd : str
    threads : int
        Of this process; the result is the same for any number.
    """

    def __init__(
        self, layout: Layout, text: Text, config: TrainConfig, cut: Cut, owner: int, simd: str, threads: int
    ) -> None:
        inputs, outputs = touches(layout, text, config)
        own = slice(owner, None, cut.workers)
        self._touches = {"input": Steps.of(inputs[own]), "output": Steps.of(outputs[own])}
        self._sizes = {name: matrix.shape for name, matrix in layout.parameters.matrices().items()}
        self._cut, self._owner, self._simd, self._threads = cut, owner, simd, threads
        self._stretch: Stretch | None = None
        self._bases: dict[str, tuple[float, Basis]] = {}

    def begin(self, stretch: Stretch) -> None:
        """Begin to merge what the workers learnt from a stretch."""
        curvature = stretch.curvature
        pairs = max(curvature.pairs, 1)
        self._stretch = stretch
        self._bases = {
            "input": (stretch.input_lr, Basis.of(curvature.inputs / pairs)),
            "output": (stretch.lr, Basis.of(curvature.outputs / pairs)),
        }

    def merge(self, wave: int, changes: Sequence[Changes]) -> Changes:
        """Return the merged changes of the rows of a wave: those of all workers, added in their order and reduced.

        Position weights, which a window changes by a thousandth of what it changes rows by, move by the sum.
        """
        assert self._stretch is not None
        merged = {}
        for name, (size, stride) in self._sizes.items():
            count = len(self._cut.part(wave, self._owner, size))
            total, is_changed = np.zeros((count, stride), np.float32), np.zeros(count, bool)
            for found in changes:
                rows, values = found[name]
                _changes.add(total, rows, values, self._simd)
                is_changed[rows] = True
            rows = np.flatnonzero(is_changed).astype(np.int32)
            sums = total if len(rows) == count else total[rows]
            if name in self._bases:
                rate, basis = self._bases[name]
                touched = self._touches[name][wave :: self._cut.waves][rows]
                strength = _STRENGTH * rate * self._stretch.tokens
                saturate(sums, touched, strength, basis, self._stretch.workers, self._threads)
            merged[name] = _changes.rounded(sums, rows, self._simd)
        return merged
