"""Look up the vectors of the words of a task: as written, in another case, composed from n-grams, else zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..space import Space

__all__ = ["WordRows", "look_up"]


@dataclass(frozen=True)
class WordRows:
    """The vectors of some words.

    Attributes
    ----------
    rows : ndarray of float32, shape (n, dim)
        Zeros for a word without a vector.
    covered, composed : ndarray of bool, shape (n,)
        Whether the vocabulary knows the word; whether the vector is composed instead.
    """

    rows: NDArray[np.float32]
    covered: NDArray[np.bool_]
    composed: NDArray[np.bool_]


def look_up(space: Space, words: Sequence[str]) -> WordRows:
    """Return the unit vectors of distinct `words`.

    The spelling as written counts first, so that a cased vocabulary tells "Will" from "will"; then, if `space` folds
    case, the most frequent spelling; then the spellings that the vectors themselves call equal.
    """
    other = space.other_spellings(words)
    found = space.find([*words, *other.values()])
    positions = np.full(len(words), -1, dtype=np.int64)
    for i, word in enumerate(words):
        here = found.get(space.key(other.get(word, word)))
        if here:
            positions[i] = next((at for at in here if space.word(at) == word), here[0])
    covered = positions >= 0
    rows = np.zeros((len(words), space.dim), dtype=np.float32)
    rows[covered] = space.unit_rows(positions[covered])
    composed = np.zeros(len(words), dtype=np.bool_)
    vectors = space.compose(word for word, known in zip(words, covered.tolist(), strict=True) if not known)
    for i, word in enumerate(words):
        if word in vectors:
            rows[i], composed[i] = vectors[word], True
    return WordRows(rows, covered, composed)
