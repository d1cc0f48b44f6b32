"""Lay out the input rows of a model's units, and say which rows make up the vector of each word.

A *unit* has an input row: a word, an n-gram. The rows of single words come first, then those of n-gram buckets. A
vector is the mean of the rows of its units. A new kind of unit gets its rows here, after the others; training
(:class:`embed.engine.problem.Units`) only sees which rows make up which vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embed.vocabulary.ngrams import NgramScheme

__all__ = ["UnitRows", "unit_rows", "word_rows"]


@dataclass(frozen=True)
class UnitRows:
    """The input rows of the units, and those of each word.

    Attributes
    ----------
    count : int
        The number R of input rows.
    offsets : int64[V + 1]
    rows : int32[M]
        The vector of word i is the mean of the input rows ``rows[offsets[i]:offsets[i + 1]]``.
    buckets : int32[K]
        The n-gram buckets that have a row, in rising order; their rows are the last K.
    """

    count: int
    offsets: NDArray[np.int64]
    rows: NDArray[np.int32]
    buckets: NDArray[np.int32]


def unit_rows(words: Sequence[str], scheme: NgramScheme | None, buckets: NDArray[np.int32] | None = None) -> UnitRows:
    """Return the input rows of a vocabulary.

    Parameters
    ----------
    words : sequence of str, length V
    scheme : NgramScheme or None
        None: a row for each word, and nothing else.
    buckets : int32[K], optional
        Buckets, in rising order, that have a row even if no n-gram of the vocabulary falls in them.

    Raises
    ------
    ConfigError, FormatError
        As :meth:`embed.vocabulary.ngrams.NgramScheme.rows` does.
    """
    own = word_rows(len(words), scheme)
    if scheme is None:
        return UnitRows(own, np.arange(own + 1, dtype=np.int64), np.arange(own, dtype=np.int32), np.empty(0, np.int32))
    offsets, rows, buckets = scheme.found_rows(words, buckets)
    return UnitRows(own + len(buckets), offsets, rows, buckets)


def word_rows(words: int, scheme: NgramScheme | None) -> int:
    """Return the number of input rows that belong to single words; they come first."""
    return words if scheme is None else scheme.word_rows(words)
