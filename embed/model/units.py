"""Lay out the input rows of a model's units, and say which rows make up the vector of each word.

A *unit* has an input row: a word, an n-gram, a document, a sense, a bit of the codes of documents. The rows of single
words come first, then those of n-gram buckets, then those of documents, then those of their projection to codes or two
for each sense. A vector is the mean of the rows of its units. A new kind of unit gets its rows here, after the others;
training (:class:`embed.engine.problem.Units`) only sees which rows make up which vector.
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
    """The input rows of the units, and those of each vector.

    Attributes
    ----------
    count : int
        The number of input rows.
    offsets : int64[V + D + B + 2 S + 1]
    rows : int32[M + D + B + 2 S]
        Vector i is the mean of the input rows ``rows[offsets[i]:offsets[i + 1]]``. Those of the V words come first. The
        D documents, the B rows of their projection, the S senses and their S selectors follow, of one row each.
    buckets : int32[K]
        The n-gram buckets that have a row, in rising order; their rows are the last K before those of documents.
    """

    count: int
    offsets: NDArray[np.int64]
    rows: NDArray[np.int32]
    buckets: NDArray[np.int32]


def unit_rows(
    words: Sequence[str],
    scheme: NgramScheme | None,
    buckets: NDArray[np.int32] | None = None,
    documents: int = 0,
    projection: int = 0,
    senses: int = 0,
) -> UnitRows:
    """Return the input rows of a vocabulary, of documents, of their projection and of senses.

    Parameters
    ----------
    words : sequence of str, length V
    scheme : NgramScheme or None
        None: a row for each word, and nothing else.
    buckets : int32[K], optional
        Buckets, in rising order, that have a row even if no n-gram of the vocabulary falls in them.
    documents, projection, senses : int
        The number D of documents, B of bits that they are projected to, and S of senses.

    Raises
    ------
    ConfigError, FormatError
        As :meth:`embed.vocabulary.ngrams.NgramScheme.rows` does.
    """
    own, others = word_rows(len(words), scheme), documents + projection + 2 * senses
    if scheme is None:
        count = own + others
        return UnitRows(
            count, np.arange(count + 1, dtype=np.int64), np.arange(count, dtype=np.int32), np.empty(0, np.int32)
        )
    offsets, rows, buckets = scheme.found_rows(words, buckets)
    count = own + len(buckets)
    if others:
        rows = np.concatenate([rows, np.arange(count, count + others, dtype=np.int32)])
        offsets = np.concatenate([offsets, offsets[-1] + np.arange(1, others + 1)])
    return UnitRows(count + others, offsets, rows, buckets)


def word_rows(words: int, scheme: NgramScheme | None) -> int:
    """Return the number of input rows that belong to single words; they come first."""
    return words if scheme is None else scheme.word_rows(words)
