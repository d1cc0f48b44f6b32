"""Drop the n-gram rows that few words of the vocabulary use.

A row that no word of the vocabulary uses was never trained, and dropping it removes noise from the mean. Of the
others, the n-grams of the most words are the likeliest in an unknown word. The vectors of the vocabulary do not
change. Rows that are dropped count as zeros, as rows that were never there do, so that the vectors of unknown words
are the same in every format.

Rejected: choosing by the length of the row, as fastText's ``quantize -cutoff`` does (a rare n-gram of one word has
a long row).
"""

from __future__ import annotations

import dataclasses

import numpy as np

from embed.arguments import of_kind, whole_number
from embed.errors import ConfigError
from embed.vectors.search import row_norms
from embed.vectors.word_vectors import WordVectors
from embed.vocabulary.ngrams import SubwordScheme

__all__ = ["prune_ngrams"]


def prune_ngrams(vectors: WordVectors, keep: int | None = None) -> WordVectors:
    """Drop all n-gram rows but the `keep` that the most words of the vocabulary use.

    Parameters
    ----------
    vectors : WordVectors
        With fastText's n-grams.
    keep : int, optional
        The most rows to keep; ties go to the longer row. Default: all rows that a word uses.

    Returns
    -------
    WordVectors
        The dropped n-grams of an unknown word count as zeros in its mean.

    Raises
    ------
    ConfigError
        `keep` is less than 1, or the vectors have no n-grams or those of floret, whose words need every row.
    """
    keep = None if keep is None else whole_number("the n-gram rows to keep", keep, 1)
    subwords = of_kind("vectors", vectors, WordVectors).subwords
    if subwords is None or not isinstance(subwords.scheme, SubwordScheme):
        raise ConfigError("cannot prune these vectors: they have no n-grams of fastText's kind")
    words = len(vectors)
    _, rows = subwords.scheme.rows(vectors.words)
    found = subwords.rows_of(rows[rows >= words] - np.int32(words))
    uses = np.bincount(found[found >= 0], minlength=len(subwords.matrix))
    used = np.flatnonzero(uses)
    if keep is not None and keep < len(used):
        lengths, _ = row_norms(subwords.matrix[used])
        used = np.sort(used[np.lexsort((-lengths, -uses[used]))[:keep]])
    kept = used.astype(np.int32) if subwords.kept is None else subwords.kept[used]
    pruned = dataclasses.replace(subwords, matrix=subwords.matrix[used], kept=kept) if len(used) else None
    return WordVectors(vectors.words, vectors.matrix, counts=vectors.counts, subwords=pruned, form=vectors.form)
