"""Restrict vectors to the words of an evaluation, and look words up with or without case.

A :class:`Space` numbers its words 0..n-1 by falling frequency; each has a row of the matrix. It finds the few hundred
words of a test set in one pass over the words, without an index of millions of folded strings. The matrix is read in
blocks, so a memory map is never loaded whole.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from embed.errors import ConfigError, FormatError

from .protocol import Vectors

__all__ = ["Space", "shared_spaces", "unit"]

# A vocabulary is cased if at least this share of its most frequent words has an upper-case letter: about one in eight
# in English text, and only a few tokens such as <UNK> in lower-cased text.
_CASED_SHARE = 0.03
_CASED_SAMPLE = 1000


class Space:
    """A view of vectors for one evaluation.

    Parameters
    ----------
    vectors : Vectors
    fold_case : bool
        Whether words are compared without regard to case.
    rows : ndarray of int64, shape (n,), or None
        The visible matrix rows, by position; None: all rows, in order.
    other : Vectors or None
        The other model of a comparison, whose words are not composed here either.
    """

    def __init__(
        self,
        vectors: Vectors,
        *,
        fold_case: bool,
        rows: NDArray[np.int64] | None = None,
        other: Vectors | None = None,
    ) -> None:
        if not hasattr(vectors, "words") or not hasattr(vectors, "matrix"):
            raise ConfigError(
                f"vectors must have words and a matrix, as embed.WordVectors does; {type(vectors).__name__} does not"
            )
        if len(vectors.words) != len(vectors.matrix):
            raise ConfigError(
                f"the vectors have {len(vectors.words):,} words but {len(vectors.matrix):,} rows; give each word one "
                "row"
            )
        self._vectors = vectors
        self._fold_case = fold_case
        self._rows = rows
        self._other = other
        self._size = len(vectors.words) if rows is None else len(rows)
        self._lower_composed = fold_case and not _is_cased(vectors.words)

    def __len__(self) -> int:
        return self._size

    @property
    def dim(self) -> int:
        """The number of dimensions."""
        return int(self._vectors.matrix.shape[1])

    def restrict(self, top: int | None) -> Space:
        """Return the space of the first `top` words; None: all words."""
        if top is None or top >= len(self):
            return self
        rows = np.arange(top, dtype=np.int64) if self._rows is None else self._rows[:top]
        return Space(self._vectors, fold_case=self._fold_case, rows=rows, other=self._other)

    def key(self, word: str) -> str:
        """Return the form of `word` that is compared: folded, if case is folded."""
        return word.casefold() if self._fold_case else word

    def word(self, position: int) -> str:
        """Return the word at `position`, as the vocabulary writes it."""
        return self._vectors.words[position if self._rows is None else int(self._rows[position])]

    def keys(self) -> Iterable[str]:
        """Yield the key of every position."""
        words = self._vectors.words
        return self._keyed(words if self._rows is None else (words[row] for row in self._rows.tolist()))

    def find(self, words: Iterable[str]) -> dict[str, list[int]]:
        """Find the positions of `words`.

        Returns
        -------
        dict of str to list of int
            The rising positions of each word that is present, by key: the first is the most frequent spelling, the
            others differ from it in case.
        """
        wanted = {self.key(word) for word in words}
        found: dict[str, list[int]] = {}
        for position, key in enumerate(self.keys()):
            if key in wanted:
                found.setdefault(key, []).append(position)
        return found

    def shares(self, words: Iterable[str]) -> dict[str, float] | None:
        """Return the share of the tokens of the training text that each present word has; None if it is not known."""
        counts = getattr(self._vectors, "counts", None)
        if counts is None or not (total := float(np.sum(counts))):
            return None
        found = self.find(words := list(words))
        rows = {word: np.asarray(found[self.key(word)]) for word in words if self.key(word) in found}
        return {
            word: float(counts[at if self._rows is None else self._rows[at]].sum()) / total for word, at in rows.items()
        }

    def other_spellings(self, words: Iterable[str]) -> dict[str, str]:
        """Return the spelling in this space of each of `words` that it has only in another spelling."""
        ask = getattr(self._vectors, "spellings", None)
        others = {word: forms for word in words if (forms := ask(word))} if ask else {}
        if not others:
            return {}
        found = self.find([*others, *itertools.chain.from_iterable(others.values())])
        there = {word: [form for form in forms if self.key(form) in found] for word, forms in others.items()}
        return {word: forms[0] for word, forms in there.items() if forms and self.key(word) not in found}

    def sentence_vectors(self, texts: Sequence[str], weighting: str) -> NDArray[np.float32] | None:
        """Return the vectors of texts, float32, shape (len(texts), dim), if the vectors make them; else None."""
        make = getattr(self._vectors, "sentence_vectors", None)
        return None if make is None else np.asarray(make(texts, weighting=weighting), dtype=np.float32)

    def unit_rows(self, positions: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        """Return unit vectors, float32, shape (len(positions), dim)."""
        chosen = np.asarray(positions, dtype=np.int64)
        return self._checked(chosen, self._vectors.matrix[chosen if self._rows is None else self._rows[chosen]])

    def unit_block(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return the unit vectors of positions start..stop-1, float32, shape (stop - start, dim)."""
        block = slice(start, stop)
        matrix = self._vectors.matrix
        return self._checked(np.arange(start, stop), matrix[block] if self._rows is None else matrix[self._rows[block]])

    def compose(self, words: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        """Compose unit vectors, float32, shape (dim,), for words outside the space.

        A word that is only hidden, because the space is restricted or the other model lacks it, counts as missing and
        is not composed. If case is folded and the vocabulary is lower-cased, the lower-cased word is composed.
        """
        missing = {word: self.key(word) for word in words}
        hidden: set[str] = set()
        if missing and self._rows is not None:
            for model in (self._vectors, self._other or self._vectors):
                hidden |= set(missing.values()).intersection(self._keyed(model.words))
        found = {}
        for word, key in missing.items():
            spelling = word.lower() if self._lower_composed else word
            if key not in hidden and self._vectors.can_compose(spelling):
                row = np.asarray(self._vectors.vector(spelling), dtype=np.float32)
                found[word] = unit(row.reshape(1, -1)).reshape(-1)
        return found

    def _keyed(self, words: Iterable[str]) -> Iterable[str]:
        return map(str.casefold, words) if self._fold_case else words

    def _checked(self, positions: NDArray[np.int64], rows: NDArray[np.float32]) -> NDArray[np.float32]:
        units = unit(np.asarray(rows, dtype=np.float32))
        # a sum propagates NaN: one vector operation instead of a test of each component
        bad = np.flatnonzero(np.isnan(units.sum(axis=1)))
        if bad.size:
            position = int(positions[bad[0]])
            row = position if self._rows is None else int(self._rows[position])
            raise FormatError(
                f"the vector of {self._vectors.words[row]!r} (row {row:,}) is not finite; remove it, or train again"
            )
        return units


def unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale `rows` (n, dim) to length one; rows of zeros stay zero, rows that are not finite become NaN."""
    with np.errstate(invalid="ignore", over="ignore"):
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        lengths[lengths == 0] = 1
        lengths[np.isinf(lengths)] = np.nan
        scaled: NDArray[np.float32] = rows / lengths[:, np.newaxis]
    return scaled


def shared_spaces(a: Vectors, b: Vectors, *, fold_case: bool) -> tuple[Space, Space]:
    """Return the spaces of the words that both models have, with the same word at the same position in both.

    Each model uses its most frequent spelling of a word. Words are ordered by the sum of their ranks in both models, so
    `top` does not depend on which model comes first.
    """
    first = Space(a, fold_case=fold_case)
    second = Space(b, fold_case=fold_case)
    rank_in_b: dict[str, int] = {}
    for rank, key in enumerate(second.keys()):
        rank_in_b.setdefault(key, rank)
    pairs: dict[str, tuple[int, int]] = {}
    for rank, key in enumerate(first.keys()):
        if key in rank_in_b and key not in pairs:
            pairs[key] = (rank, rank_in_b[key])
    order = sorted(pairs.items(), key=lambda item: (sum(item[1]), item[0]))
    rows = np.array([ranks for _, ranks in order], dtype=np.int64).reshape(-1, 2)
    return (
        Space(a, fold_case=fold_case, rows=np.ascontiguousarray(rows[:, 0]), other=b),
        Space(b, fold_case=fold_case, rows=np.ascontiguousarray(rows[:, 1]), other=a),
    )


def _is_cased(words: Sequence[str]) -> bool:
    sample = list(itertools.islice(words, _CASED_SAMPLE))
    cased = sum(word != word.lower() for word in sample)
    return cased >= max(1.0, _CASED_SHARE * len(sample))
