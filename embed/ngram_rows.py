"""The n-gram rows of a model, from which the vectors of unknown words are composed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embed.errors import FormatError, MissingWordError

if TYPE_CHECKING:
    from embed.subword import NgramScheme

__all__ = ["Subwords"]

Float32s = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Subwords:
    """The character n-grams of a subword model.

    Attributes
    ----------
    scheme : NgramScheme
        How a word is cut into n-grams and which row each of them has.
    matrix : float32 array, shape (buckets, dim)
        One row per bucket of n-grams.
    kept : int32 array, shape (K,), optional
        The buckets, in rising order, that count; the others were pruned, and their n-grams are left out of the
        mean. Default: all.
    """

    scheme: NgramScheme
    matrix: Float32s
    kept: npt.NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        if self.matrix.ndim != 2 or self.matrix.shape[0] != self.scheme.buckets:
            raise FormatError(
                f"the n-gram matrix has the shape {self.matrix.shape}: it must have one row for each of the "
                f"{self.scheme.buckets} buckets"
            )

    def can_compose(self, word: str) -> bool:
        """Return whether `word` has at least one n-gram."""
        return len(self._rows(word)) > 0

    def compose(self, word: str) -> Float32s:
        """Return the mean of the n-gram rows of `word`: the vector of an unknown word.

        Returns
        -------
        float32 array, shape (dim,)

        Raises
        ------
        MissingWordError
            The word has no n-gram: it is shorter than ``min_n - 2`` characters, or not valid Unicode.
        """
        rows = self._rows(word)
        if not len(rows):
            raise MissingWordError(
                f"{word!r:.60} has no n-gram of {self.scheme.min_n} to {self.scheme.max_n} characters"
            )
        return np.asarray(self.matrix[rows].mean(axis=0, dtype=np.float64), dtype=np.float32)

    def _rows(self, word: str) -> npt.NDArray[np.int32]:
        try:
            word.encode()
        except UnicodeEncodeError:  # a lone surrogate has no UTF-8 form, hence no n-grams
            return np.empty(0, np.int32)
        rows = self.scheme.buckets_of(word)
        return rows if self.kept is None else rows[np.isin(rows, self.kept, assume_unique=False)]
