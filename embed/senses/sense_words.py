"""Name senses as words, ``bank#1``, so that any file of word vectors can hold them, and find them again.

The senses of a word are numbered from 1 by falling prior. A word without senses keeps its name, unless this looks like
that of a sense: the word ``agent#7`` becomes ``agent#7#1``, a word with one sense. So every name that ends with ``#``
and a number is that of a sense, whatever words there are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embed.vectors.word_vectors import WordVectors

__all__ = ["SenseRows", "grouped", "named", "sense_name"]

Float32s = npt.NDArray[np.float32]

_NAME = re.compile(r"(?s)(.+)#([1-9][0-9]{0,5})")


@dataclass(frozen=True, eq=False)
class SenseRows:
    """Words, and the vectors of the senses of some of them.

    Attributes
    ----------
    words : WordVectors
        The vectors of V words.
    offsets : int64[V + 1]
        The senses of word i are the rows ``offsets[i]..offsets[i + 1] - 1``: none, or several by falling prior.
    matrix : float32[S, dim]
    priors : float32[S]
        Those of a word add up to 1.
    """

    words: WordVectors
    offsets: npt.NDArray[np.int64]
    matrix: Float32s
    priors: Float32s


def sense_name(word: str, number: int) -> str:
    """Return the name of a sense, numbered from 1."""
    return f"{word}#{number}"


def named(rows: SenseRows) -> WordVectors:
    """Return the vectors of all senses, and those of the words without senses, the most frequent first.

    The count of a sense is its share of the count of its word. N-grams are left out: they compose words, not senses.
    """
    words, sizes = rows.words, np.diff(rows.offsets)
    plain, parent = np.flatnonzero(sizes == 0), np.repeat(np.arange(len(sizes)), sizes)
    numbers = np.arange(len(parent)) - rows.offsets[parent]
    names = [words.words[row] for row in plain.tolist()]
    names = [sense_name(name, 1) if _NAME.fullmatch(name) else name for name in names]
    names += [sense_name(words.words[row], k + 1) for row, k in zip(parent.tolist(), numbers.tolist(), strict=True)]
    matrix = np.concatenate([words.matrix[plain], rows.matrix])
    if words.counts is None:
        order = np.argsort(np.concatenate([plain, parent]), kind="stable")
        counts = None
    else:
        counts = np.concatenate([words.counts[plain], np.rint(words.counts[parent] * rows.priors).astype(np.int64)])
        order = np.argsort(-counts, kind="stable")
        counts = counts[order]
    return WordVectors([names[row] for row in order.tolist()], matrix[order], counts=counts, form=words.form)


def grouped(vectors: WordVectors) -> SenseRows:
    """Return the words and senses of vectors that `named` has made, or another program with the same names.

    The senses of a word must have the numbers from 1 on; what looks like a sense without the others is a word. Priors
    follow from the counts, and are equal without counts. The vector of a word is the mean of its senses by these, or
    the row of its name if it has one.
    """
    found: dict[str, dict[int, int]] = {}
    own: dict[str, int] = {}
    for row, name in enumerate(vectors.words):
        match = _NAME.fullmatch(name)
        if match is None:
            found.setdefault(name, {})
            own[name] = row
        else:
            found.setdefault(match[1], {})[int(match[2])] = row
    words: list[str] = []
    of: list[list[int]] = []
    for word, senses in found.items():
        rows = [senses[number] for number in sorted(senses)]
        if not senses or sorted(senses) == list(range(1, len(senses) + 1)):
            words.append(word)
            of.append([own[word]] if not senses else rows)
        else:
            words += ([word] if word in own else []) + [vectors.words[row] for row in rows]
            of += ([[own[word]]] if word in own else []) + [[row] for row in rows]
    return _rows(vectors, words, of, own)


def _rows(vectors: WordVectors, words: list[str], of: list[list[int]], own: dict[str, int]) -> SenseRows:
    """Return words, the most frequent first, whose senses are rows of vectors; a single row is that of the word."""
    weights = np.ones(len(vectors)) if vectors.counts is None else vectors.counts.astype(np.float64)
    totals = np.array([weights[rows].sum() for rows in of])
    if vectors.counts is not None:
        order = np.argsort(-totals, kind="stable")
        words, of, totals = [words[one] for one in order], [of[one] for one in order], totals[order]
    sizes = np.fromiter(map(len, of), np.int64, len(of))
    several = np.flatnonzero(sizes > 1)
    offsets = np.concatenate([[0], np.cumsum(np.where(sizes > 1, sizes, 0))])
    flat = np.fromiter((row for one in several for row in of[one]), np.int64)
    parent = np.repeat(several, sizes[several])
    known = totals[parent] > 0
    priors = np.where(known, weights[flat] / np.where(known, totals[parent], 1), 1 / sizes[parent]).astype(np.float32)
    senses, matrix = vectors.matrix[flat], vectors.matrix[[rows[0] for rows in of]]
    if len(several):
        matrix[several] = np.add.reduceat(senses * priors[:, None], offsets[several], axis=0)
    for number, word in enumerate(words):
        if word in own:
            matrix[number] = vectors.matrix[own[word]]
    counts = None if vectors.counts is None else totals.astype(np.int64)
    return SenseRows(WordVectors(words, matrix, counts=counts, form=vectors.form), offsets, senses, priors)
