"""The n-gram rows of a model, which compose the vectors of unknown words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embed.errors import FormatError, MissingWordError

if TYPE_CHECKING:
    from embed.vocabulary.ngrams import NgramScheme

__all__ = ["Subwords"]

Float32s = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Subwords:
    """The character n-grams of a subword model.

    A row of zeros counts as missing: formats that need a row for every bucket fill the gaps with zeros.

    Attributes
    ----------
    scheme : NgramScheme
        How to cut a word into n-grams, and the bucket of each.
    matrix : float32 array, shape (K, dim)
        One row per bucket of `kept`.
    kept : int32 array, shape (K,), optional
        The buckets that have a row, in rising order (default: all). The others held no n-gram of the training text, or
        were pruned; the mean leaves out their n-grams.

    Raises
    ------
    FormatError
        The matrix does not have one row per bucket.
    """

    scheme: NgramScheme
    matrix: Float32s
    kept: npt.NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        count = self.scheme.buckets if self.kept is None else len(self.kept)
        if self.matrix.ndim != 2 or self.matrix.shape[0] != count:
            raise FormatError(
                f"the n-gram matrix has the shape {self.matrix.shape}, but needs one row for each of {count} buckets"
            )

    def can_compose(self, word: str) -> bool:
        """Return whether `word` has at least one n-gram that has a row."""
        return len(self._rows(word)) > 0

    def compose(self, word: str) -> Float32s:
        """Return the mean of the n-gram rows of `word`: the vector of an unknown word.

        Returns
        -------
        float32 array, shape (dim,)

        Raises
        ------
        MissingWordError
            No n-gram of the word has a row: the word is shorter than ``min_n - 2`` characters, is not valid Unicode,
            or shares no n-gram with the vocabulary.
        """
        rows = self._rows(word)
        if not len(rows):
            raise MissingWordError(
                f"{word!r:.60} has no n-gram of {self.scheme.min_n} to {self.scheme.max_n} characters"
                + ("" if self.kept is None else " in common with the vocabulary")
            )
        return np.asarray(self.matrix[rows].mean(axis=0, dtype=np.float64), dtype=np.float32)

    def rows_of(self, buckets: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """Return the row of each of `buckets`, int64[n], or -1 for buckets without a row."""
        if self.kept is None:
            return buckets.astype(np.int64)
        if not len(self.kept):
            return np.full(len(buckets), -1)
        rows = np.minimum(np.searchsorted(self.kept, buckets), len(self.kept) - 1)
        return np.where(self.kept[rows] == buckets, rows, -1)

    def _rows(self, word: str) -> npt.NDArray[np.int64]:
        try:
            word.encode()
        except UnicodeEncodeError:  # a lone surrogate has no UTF-8 form, hence no n-grams
            return np.empty(0, np.int64)
        rows = self.rows_of(self.scheme.buckets_of(word))
        rows = rows[rows >= 0]
        return rows[self.matrix[rows].any(axis=1)]
