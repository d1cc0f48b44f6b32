"""The n-gram rows of a model, from which the vectors of unknown words are composed."""

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

    A row of zeros is the same as none: formats that need a row for every bucket have zeros there.

    Attributes
    ----------
    scheme : NgramScheme
        How a word is cut into n-grams and which row each of them has.
    matrix : float32 array, shape (K, dim)
        One row per bucket that has one.
    kept : int32 array, shape (K,), optional
        The buckets, in rising order, that have a row; the others held no n-gram of the training text, or were pruned,
        and their n-grams are left out of the mean. Default: all.

    Raises
    ------
    FormatError
        There is not one row for each of those buckets.
    """

    scheme: NgramScheme
    matrix: Float32s
    kept: npt.NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        count = self.scheme.buckets if self.kept is None else len(self.kept)
        if self.matrix.ndim != 2 or self.matrix.shape[0] != count:
            raise FormatError(
                f"the n-gram matrix has the shape {self.matrix.shape}: it must have one row for each of the "
                f"{count} buckets"
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
            The word has no n-gram that has a row: it is shorter than ``min_n - 2`` characters, not valid Unicode, or
            has none in common with the words of the vocabulary.
        """
        rows = self._rows(word)
        if not len(rows):
            raise MissingWordError(
                f"{word!r:.60} has no n-gram of {self.scheme.min_n} to {self.scheme.max_n} characters"
                + ("" if self.kept is None else " that a word of the vocabulary has")
            )
        return np.asarray(self.matrix[rows].mean(axis=0, dtype=np.float64), dtype=np.float32)

    def places(self, buckets: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """Return the row of each of `buckets`, int64[n], -1 where it has none."""
        if self.kept is None:
            return buckets.astype(np.int64)
        if not len(self.kept):
            return np.full(len(buckets), -1)
        places = np.minimum(np.searchsorted(self.kept, buckets), len(self.kept) - 1)
        return np.where(self.kept[places] == buckets, places, -1)

    def _rows(self, word: str) -> npt.NDArray[np.int64]:
        try:
            word.encode()
        except UnicodeEncodeError:  # a lone surrogate has no UTF-8 form, hence no n-grams
            return np.empty(0, np.int64)
        places = self.places(self.scheme.buckets_of(word))
        places = places[places >= 0]
        return places[self.matrix[places].any(axis=1)]
