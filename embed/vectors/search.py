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

__all__ = ["all_nearest", "best", "row_norms", "to_cosines", "unit_rows"]

Float32s = npt.NDArray[np.float32]

BLOCK_BYTES = 4 << 20
"""Rows are converted to float64 in blocks of about this size, which stay in the cache."""
SQUARE_ROWS = 1 << 10
"""All rows are compared with all in squares of so many, whose scores stay in the cache."""


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


def best(
    scores: Float32s,
    exclude: Iterable[int],
    n: int,
    *,
    among: npt.NDArray[np.int64] | None = None,
    least: float | None = None,
) -> npt.NDArray[np.intp]:
    """Return the indices of the `n` largest scores, the largest first, ties by index.

    Parameters
    ----------
    scores : float32 array, shape (rows,)
        Overwritten at the excluded indices.
    exclude : iterable of int
        Indices to leave out; those beyond the end are ignored.
    n : int
        The most indices to return.
    among : int64 array, optional
        The indices to choose from, rising (default: all); those beyond the end are ignored.
    least : float, optional
        Leave out smaller scores.
    """
    inside = [row for row in set(exclude) if row < len(scores)]
    scores[inside] = -np.inf
    if among is not None or least is not None:
        enough = scores > -np.inf if least is None else scores >= least  # the excluded ones never are
        some = np.flatnonzero(enough) if among is None else among[among < len(scores)]
        some = some if among is None else some[enough[some]]
        return some[best(scores[some], (), n)]
    n = min(n, len(scores) - len(inside))
    if n == 0:
        return np.empty(0, np.intp)
    cut = len(scores) - n
    rows = np.flatnonzero(scores >= np.partition(scores, cut)[cut])
    return rows[np.argsort(-scores[rows], kind="stable")[:n]]


def all_nearest(units: Float32s, n: int, least: float) -> tuple[npt.NDArray[np.int64], Float32s]:
    """Return the `n` rows nearest to each row of a matrix, with their cosines.

    Half of all squares of the matrix of cosines are computed, since it is symmetric, and no pair is looked at twice
    that cannot be among the best of either row.

    Parameters
    ----------
    units : float32 array, shape (rows, dim)
        Rows of length 1.
    n : int
        The most rows to return of each.
    least : float
        Leave out rows with a smaller cosine.

    Returns
    -------
    nearest : int64 array, shape (rows, n)
        The nearest first, among equals the earlier row, never the row itself; then -1.
    cosines : float32 array, shape (rows, n)
        Minus infinity where there is no row.
    """
    found = _Nearest(len(units), n, least)
    for i in range(0, len(units), SQUARE_ROWS):
        for j in range(i, len(units), SQUARE_ROWS):
            square = units[i : i + SQUARE_ROWS] @ units[j : j + SQUARE_ROWS].T
            np.clip(square, -1, 1, out=square)
            if i == j:
                square[np.tril_indices(len(square))] = -np.inf
            above = square >= found.cuts[i : i + SQUARE_ROWS, None]
            above |= square >= found.cuts[None, j : j + SQUARE_ROWS]
            flat = np.flatnonzero(above)  # numpy.nonzero takes ten times as long
            if len(flat):
                a, b = np.divmod(flat, above.shape[1])
                found.add(np.concatenate([a + i, b + j]), np.concatenate([b + j, a + i]), np.tile(square[a, b], 2))
    return found.rows, found.scores


class _Nearest:
    """The best rows found so far of each row, and the score that another needs to be among them."""

    def __init__(self, count: int, n: int, least: float) -> None:
        self.rows = np.full((count, n), -1)
        self.scores = np.full((count, n), -np.inf, np.float32)
        self.cuts = np.full(count, max(least, -1), np.float32)

    def add(self, rows: npt.NDArray[np.int64], others: npt.NDArray[np.int64], scores: Float32s) -> None:
        """Take `others`, with their scores, into the best of `rows`; all of shape (m,)."""
        enough = scores >= self.cuts[rows]
        changed, place = np.unique(rows[enough], return_inverse=True)
        n = self.rows.shape[1]
        owners = np.concatenate([np.repeat(np.arange(len(changed)), n), place])
        others = np.concatenate([self.rows[changed].ravel(), others[enough]])
        scores = np.concatenate([self.scores[changed].ravel(), scores[enough]])
        order = np.lexsort((others, -scores, owners))  # the last key counts most
        starts = np.searchsorted(owners[order], np.arange(len(changed)))
        kept = order[starts[:, None] + np.arange(n)]  # each owner has the n before, and more
        self.rows[changed], self.scores[changed] = others[kept], scores[kept]
        self.cuts[changed] = np.maximum(self.cuts[changed], self.scores[changed, -1])
