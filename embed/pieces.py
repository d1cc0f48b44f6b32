"""Split long work into pieces of some hundredths of a second, because Ctrl-C cannot interrupt a call of NumPy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["copy_rows", "pieces"]

_PIECE_BYTES = 16 << 20


def pieces(rows: int, row_bytes: int) -> Iterator[slice]:
    """Yield slices that cover all `rows`, each of about 16 MiB and at least one row."""
    step = max(1, _PIECE_BYTES // max(1, row_bytes))
    for first in range(0, rows, step):
        yield slice(first, min(first + step, rows))


def copy_rows(source: NDArray[np.float32], target: NDArray[np.float32]) -> None:
    """Copy a matrix into another matrix of the same shape."""
    for piece in pieces(len(source), source.itemsize * source.shape[1]):
        target[piece] = source[piece]
