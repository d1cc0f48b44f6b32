"""Merge the changes that lanes, the parts of a text, have made to rows.

Of K lanes, every K-th row of each matrix is a part of the rows that is merged as one: the changes of all lanes are
added in their order, and the sums are reduced (:mod:`embed.merging.saturation`). Workers share the parts out between
them, and send what they have merged to all. They do so in waves (:class:`Cut`), so that few changes are on their way at
a time. The parts follow from the lanes alone, so the bits do not depend on the number of workers.
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
    """How rows are cut into parts, and into the waves of a merge.

    With K parts and P waves, row i belongs to part ``i % K`` and to wave ``i // K % P``, so that each has frequent and
    rare words.

    Attributes
    ----------
    parts, waves : int
    """

    parts: int
    waves: int

    @classmethod
    def of(cls, matrices: Mapping[str, Float32s], parts: int) -> Self:
        """Return the cut of matrices: into waves of some megabytes, not too many."""
        return cls(parts, waves_of(sum(matrix.nbytes for matrix in matrices.values())))

    def rows(self, wave: int, part: int, rows: int) -> range:
        """Return those of so many rows that are merged in a wave as one part."""
        return range(wave * self.parts + part, rows, self.waves * self.parts)


@dataclass(frozen=True)
class Stretch:
    """What the lanes trained before a merge.

    Attributes
    ----------
    tokens : float
        The mean of the lanes.
    lr, input_lr : float
        The rates of the output and of the input rows in the middle of it.
    lanes : int
        Those that trained.
    curvature : Curvature
    """

    tokens: float
    lr: float
    input_lr: float
    lanes: int
    curvature: Curvature


class Merger:
    """Merges parts of the rows, in waves.

    Parameters
    ----------
    layout : Layout
    text : Text
    config : TrainConfig
    cut : Cut
    simd : str
    threads : int
        Of this process; the result is the same for any number.
    """

    def __init__(self, layout: Layout, text: Text, config: TrainConfig, cut: Cut, simd: str, threads: int) -> None:
        inputs, outputs = touches(layout, text, config)
        self._touches = {"input": Steps.of(inputs), "output": Steps.of(outputs)}
        self._sizes = {name: matrix.shape for name, matrix in layout.parameters.matrices().items()}
        self._cut, self._simd, self._threads = cut, simd, threads
        self._stretch: Stretch | None = None
        self._bases: dict[str, tuple[float, Basis]] = {}

    def begin(self, stretch: Stretch) -> None:
        """Begin to merge what the lanes learnt from a stretch."""
        curvature = stretch.curvature
        pairs = max(curvature.pairs, 1)
        self._stretch = stretch
        self._bases = {
            "input": (stretch.input_lr, Basis.of(curvature.inputs / pairs)),
            "output": (stretch.lr, Basis.of(curvature.outputs / pairs)),
        }

    def merge(self, wave: int, part: int, changes: Sequence[Changes]) -> Changes:
        """Return the merged changes of a part of the rows: those of all lanes, added in their order and reduced.

        Position weights, which a window changes by a thousandth of what it changes rows by, move by the sum.
        """
        assert self._stretch is not None
        merged = {}
        for name, (size, stride) in self._sizes.items():
            own = self._cut.rows(wave, part, size)
            count = len(own)
            total, is_changed = np.zeros((count, stride), np.float32), np.zeros(count, bool)
            for found in changes:
                rows, values = found[name]
                _changes.add(total, rows, values, self._simd)
                is_changed[rows] = True
            rows = np.flatnonzero(is_changed).astype(np.int32)
            sums = total if len(rows) == count else total[rows]
            if name in self._bases:
                rate, basis = self._bases[name]
                touched = self._touches[name][own.start :: own.step][rows]
                strength = _STRENGTH * rate * self._stretch.tokens
                saturate(sums, touched, strength, basis, self._stretch.lanes, self._threads)
            merged[name] = _changes.rounded(sums, rows, self._simd)
        return merged
