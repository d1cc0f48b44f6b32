"""The arithmetic of a query: lengths, directions, cosines, and the best of many scores.

The functions work on the raw rows of a float32 matrix, which may be memory-mapped or strided, and copy no more than
a block of it.

Rejected: ``numpy.linalg.norm`` (float32 squares overflow and vanish); ``numpy.argpartition`` (slower than a
partition of the values and a comparison, and it picks any of several equals).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.errors import FormatError

__all__ = ["best", "row_norms", "to_cosines", "unit_rows"]

Float32s = npt.NDArray[np.float32]

BLOCK_BYTES = 4 << 20
"""Rows are converted to float64 in blocks of about this size, which stay in the cache."""


def row_norms(matrix: Float32s) -> tuple[Float32s, int | None]:
    """Return the Euclidean length of each row of `matrix`, shape (V, dim), computed in float64.

    Returns
    -------
    norms : float32 array, shape (V,)
    wrong : int or None
        The first row that holds NaN or infinity, or whose length overflows float32. Lengths after its block are
        undefined.
    """
    norms = np.empty(len(matrix), np.float32)
    block = max(1, BLOCK_BYTES // (8 * matrix.shape[1]))
    for start in range(0, len(matrix), block):
        with np.errstate(over="ignore", invalid="ignore"):  # a signalling NaN is invalid even to convert
            rows = matrix[start : start + block].astype(np.float64)
            norms[start : start + block] = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        wrong = np.flatnonzero(~np.isfinite(norms[start : start + block]))
        if len(wrong):
            return norms, start + int(wrong[0])
    return norms, None


def unit_rows(rows: npt.NDArray[Any]) -> Float32s:
    """Return `rows`, shape (n, dim), scaled to length 1, computed in float64; zero rows stay zero.

    Raises
    ------
    FormatError
        A row is not finite, so it has no direction.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        exact = rows.astype(np.float64)
        norms = np.sqrt(np.einsum("ij,ij->i", exact, exact))[:, None]
    if not np.isfinite(norms).all():
        raise FormatError("a vector holds NaN or infinity, so it has no direction")
    exact /= np.where(norms > 0, norms, 1)
    return exact.astype(np.float32)


def to_cosines(products: Float32s, norms: Float32s) -> None:
    """Turn products of rows with unit vectors, shape (..., rows), into cosines, in place."""
    np.divide(products, norms, out=products, where=norms > 0)  # the product with a zero row is 0 already
    np.clip(products, -1, 1, out=products)


def best(scores: Float32s, exclude: Iterable[int], n: int) -> npt.NDArray[np.intp]:
    """Return the indices of the `n` largest scores, the largest first, ties by index.

    Parameters
    ----------
    scores : float32 array, shape (rows,)
        Overwritten at the excluded indices.
    exclude : iterable of int
        Indices to leave out; those beyond the end are ignored.
    n : int
        The most indices to return.
    """
    inside = [row for row in set(exclude) if row < len(scores)]
    scores[inside] = -np.inf
    n = min(n, len(scores) - len(inside))
    if n == 0:
        return np.empty(0, np.intp)
    cut = len(scores) - n
    rows = np.flatnonzero(scores >= np.partition(scores, cut)[cut])
    return rows[np.argsort(-scores[rows], kind="stable")[:n]]
