"""The n-gram rows of a model, which compose the vectors of unknown words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embed.errors import FormatError, MissingWordError, advise

if TYPE_CHECKING:
    from embed.vocabulary.ngrams import NgramScheme

__all__ = ["Subwords"]

Float32s = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Subwords:
    """The character n-grams of a subword model.

    A bucket without a row counts as a row of zeros, which is what formats with a row for every bucket write there. So
    the vector of an unknown word is the same in every format, and in every program that reads the file.

    Attributes
    ----------
    scheme : NgramScheme
        How to cut a word into n-grams, and the bucket of each.
    matrix : float32 array, shape (K, dim)
        One row per bucket of `kept`.
    kept : int32 array, shape (K,), optional
        The buckets that have a row, in rising order (default: all). The others held no n-gram of the training text, or
        were pruned.
    left_out : bool
        Whether the mean leaves out n-grams without a row, as fastText does in its own pruned files.

    Raises
    ------
    FormatError
        The matrix does not have one row per bucket.
    """

    scheme: NgramScheme
    matrix: Float32s
    kept: npt.NDArray[np.int32] | None = None
    left_out: bool = False

    def __post_init__(self) -> None:
        count = self.scheme.buckets if self.kept is None else len(self.kept)
        if self.matrix.ndim != 2 or self.matrix.shape[0] != count:
            raise FormatError(
                f"the n-gram matrix has the shape {self.matrix.shape}, but needs one row for each of {count} buckets"
            )

    def can_compose(self, word: str) -> bool:
        """Return whether `word` has at least one n-gram whose row is not zeros."""
        rows, _ = self._rows(word)
        return bool(self.matrix[rows].any())

    def compose(self, word: str) -> Float32s:
        """Return the mean of the n-gram rows of `word`: the vector of an unknown word.

        Returns
        -------
        float32 array, shape (dim,)

        Raises
        ------
        MissingWordError
            No n-gram of the word has a row other than zeros: the word is shorter than ``min_n - 2`` characters, is not
            valid Unicode, or shares no n-gram with the vocabulary.

        Notes
        -----
        fastText and floret divide by the number of n-grams, trained or not (``FastText::getWordVector``). Rows that
        were never trained are nearly zeros there: uniform within 1 / dim.
        """
        rows, count = self._rows(word)
        gathered = self.matrix[rows]
        if not gathered.any():
            raise MissingWordError(
                f"{word!r:.60} has no n-gram of {self.scheme.min_n} to {self.scheme.max_n} characters"
                + (" in common with the vocabulary" if count else "")
            )
        return np.asarray(gathered.sum(axis=0, dtype=np.float64) / count, dtype=np.float32)

    def advise_counted(self, target: str) -> None:
        """Warn if the mean leaves out n-grams that `target`, where every bucket has a row, will count.

        Warns
        -----
        AdviceWarning
        """
        if self.left_out:
            advise(
                f"{target}: n-grams without a row count as zeros here, and were left out of the mean before: the "
                "vectors of unknown words keep their direction, but become shorter"
            )

    def rows_of(self, buckets: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """Return the row of each of `buckets`, int64[n], or -1 for buckets without a row."""
        if self.kept is None:
            return buckets.astype(np.int64)
        if not len(self.kept):
            return np.full(len(buckets), -1)
        rows = np.minimum(np.searchsorted(self.kept, buckets), len(self.kept) - 1)
        return np.where(self.kept[rows] == buckets, rows, -1)

    def _rows(self, word: str) -> tuple[npt.NDArray[np.int64], int]:
        """Return the rows of the n-grams of `word`, and the number that divides their sum."""
        try:
            word.encode()
        except UnicodeEncodeError:  # a lone surrogate has no UTF-8 form, hence no n-grams
            return np.empty(0, np.int64), 0
        rows = self.rows_of(self.scheme.buckets_of(word))
        there = rows[rows >= 0]
        return there, len(there) if self.left_out else len(rows)
