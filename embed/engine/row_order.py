"""Temporarily reorder the rows of a model for cache locality, during training.

- n-gram rows, and the list that names them, are sorted by the first word that uses them (docs/decisions/0020), after
  those that have replicas (0059).
- With several threads, the rows of the most frequent words are spread, so that rows of neighbours are apart
  (docs/decisions/0013); :class:`embed._core.Worker` finds them by `RowOrder.spread`.

Training computes the same numbers in either order. A backend owns the :class:`RowOrder` of its rows and restores the
order before anybody else reads them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
from numpy.typing import NDArray

from embed.engine import _rows

__all__ = ["RowOrder"]

Float32s = NDArray[np.float32]

# The smallest and largest power of two of rows to spread.
_LEAST_SPREAD, _MOST_SPREAD = 4, 12


class RowOrder:
    """Temporarily reorder the rows of a model for cache locality.

    Parameters
    ----------
    inputs, outputs : float32[R, stride], float32[sides * V, stride]
        Reordered in place.
    row_offsets : int64[V + 1]
    rows : int32[M]
        The input rows of word i are ``rows[row_offsets[i]:row_offsets[i + 1]]``; renumbered in place.
    threads : int
        The number of training threads.
    first : int32[N], optional
        With n-grams, these input rows come before all others: those that have replicas in each thread
        (docs/decisions/0059).

    Attributes
    ----------
    replicated : int
        The number of such rows; 0 if every word has one input row.
    spread : int
        While reordered, the first 2**spread rows of words are at ``_rows.spread_rows(spread)``; 0 if none are spread.
    """

    def __init__(
        self,
        inputs: Float32s,
        outputs: Float32s,
        row_offsets: NDArray[np.int64],
        rows: NDArray[np.int32],
        threads: int,
        first: NDArray[np.int32] | None = None,
    ) -> None:
        words = np.arange(len(row_offsets))
        # as in the core: without n-grams, or with n-grams longer than all words
        is_plain = np.array_equal(rows, words[:-1]) and np.array_equal(row_offsets, words)
        self.spread = _spread_digits(len(words) - 1) if threads > 1 else 0
        self._spread = [inputs, outputs] if is_plain else [outputs]
        first = np.empty(0, np.int32) if first is None or is_plain else first
        self.replicated = len(first)
        self._used = None if is_plain else (inputs, rows, first)
        self._reordered: ExitStack | None = None

    @property
    def has_own_rows(self) -> bool:
        """Every word has one input row, its own."""
        return self._used is None

    def places(self, rows: int) -> NDArray[np.int32]:
        """Return where each of `rows` rows is while those of the most frequent words are spread, int32[rows]."""
        places = np.arange(rows, dtype=np.int32)
        if self.spread:
            places[: 1 << self.spread] = _rows.spread_rows(self.spread)
        return places

    def arrange(self) -> None:
        """Reorder the rows, unless they are reordered."""
        if self._reordered is None:
            with ExitStack() as stack:
                if self.spread:
                    stack.enter_context(_spread(self._spread, self.spread))
                if self._used is not None:
                    stack.enter_context(_in_order_of_use(*self._used))
                self._reordered = stack.pop_all()

    def restore(self) -> None:
        """Restore the order of the rows, if they are reordered."""
        if self._reordered is not None:
            reordered, self._reordered = self._reordered, None
            reordered.close()


def _spread_digits(words: int) -> int:
    """Return the binary digits of the number of rows to spread; 0 for a small vocabulary."""
    digits = min(words.bit_length() - 1, _MOST_SPREAD)
    return digits if digits >= _LEAST_SPREAD else 0


@contextmanager
def _spread(matrices: list[Float32s], digits: int) -> Iterator[None]:
    order = _rows.spread_rows(digits)
    for matrix in matrices:
        matrix[order] = matrix[: len(order)].copy()
    try:
        yield
    finally:
        for matrix in matrices:
            matrix[: len(order)] = matrix[order]


@contextmanager
def _in_order_of_use(matrix: Float32s, rows: NDArray[np.int32], first: NDArray[np.int32]) -> Iterator[None]:
    order = _rows.order_of_use(np.concatenate([first, rows]), len(matrix))
    _rows.move_rows(matrix, order)
    _rows.renumber(rows, order)
    try:
        yield
    finally:
        back = np.empty_like(order)
        back[order] = np.arange(len(order), dtype=np.int32)
        _rows.move_rows(matrix, back)
        _rows.renumber(rows, back)
