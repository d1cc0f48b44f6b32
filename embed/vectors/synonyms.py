"""Find words that are each other's neighbours, as candidates for synonyms.

Neighbours in a space of words are used alike. That makes synonyms neighbours, but also opposites (*hot*, *cold*) and
words of one kind (*red*, *blue*): a list for a search engine wants a reader. That both words name each other keeps out
the hubs, words that are near to many, and most rare words, whose neighbours depend on chance.
"""

from __future__ import annotations

import numpy as np

from embed.arguments import of_kind, real_number, whole_number
from embed.config.synonyms import LEAST, NEIGHBOURS
from embed.vectors.search import all_nearest, unit_rows
from embed.vectors.word_vectors import WordVectors

__all__ = ["mutual_neighbours"]


def mutual_neighbours(
    vectors: WordVectors, n: int = NEIGHBOURS, *, least: float = LEAST, top: int | None = None
) -> list[tuple[str, str, float]]:
    """Return the pairs of words of which each is among the `n` nearest of the other.

    Every word is compared with every other: the time grows with the square of the words, the memory with the words.

    Parameters
    ----------
    vectors : WordVectors
    n : int
        How many neighbours of a word count.
    least : float
        The smallest cosine of a pair.
    top : int, optional
        Only the first `top` words (default: all).

    Returns
    -------
    list of (word, word, cosine)
        The earlier word of the vocabulary first; in the order of the vocabulary. Words with the zero vector have no
        pair.

    Raises
    ------
    ConfigError
        `n`, `least` or `top` is wrong.
    """
    vectors = of_kind("vectors", vectors, WordVectors)
    n, least = whole_number("n", n, 1), real_number("least", least)
    count = len(vectors) if top is None else min(whole_number("top", top, 1), len(vectors))
    rows = np.flatnonzero(vectors.norms[:count] > 0)
    nearest, cosines = all_nearest(unit_rows(vectors.matrix[rows]), min(n, len(rows)), least)
    first, place = np.nonzero(nearest >= 0)
    second = nearest[first, place]
    names_first = np.isin(second * len(rows) + first, first * len(rows) + second)
    pairs = names_first & (first < second)
    order = np.lexsort((second[pairs], first[pairs]))
    words, scores = vectors.words, cosines[first, place][pairs][order].tolist()
    ends = (rows[end[pairs]][order].tolist() for end in (first, second))
    return [(words[a], words[b], score) for a, b, score in zip(*ends, scores, strict=True)]
