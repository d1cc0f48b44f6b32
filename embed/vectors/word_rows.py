"""Look up words: a list of words, a matrix with one row per word, and optionally n-gram rows for unknown words.

A float32 matrix is never copied: it may be memory-mapped, read-only, or a view of padded rows. The only array beside it
is one length per row, computed block by block.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Self, overload

import numpy as np
import numpy.typing as npt

from embed.arguments import listed, of_kind, shown, text
from embed.corpora.normal_form import Form
from embed.errors import ConfigError, FormatError, MissingWordError, advise
from embed.markup import facts, heading, panel, shown_first
from embed.pieces import pieces
from embed.vectors.ngram_rows import Subwords
from embed.vectors.search import row_norms, unit_rows
from embed.vocabulary.spelling import close_spellings, missing_word

__all__ = ["WordRows", "word_index"]

Float32s = npt.NDArray[np.float32]

_WORD_BYTES = 256
"""The memory of a word in a dictionary, roughly."""
_ENOUGH_SHARED, _ONE_SPACE = 10, 0.3
"""With so many words in both, a smaller mean cosine shows that vectors are of two spaces."""


class WordRows:
    """Words and their vectors, as a read-only mapping; see :class:`embed.vectors.WordVectors`."""

    def __init__(
        self,
        words: Sequence[str],
        matrix: npt.ArrayLike,
        *,
        counts: npt.ArrayLike | None = None,
        subwords: Subwords | None = None,
        form: Form | None = None,
    ) -> None:
        self._form = Form() if form is None else form
        self._words = list(words) if isinstance(words, Sequence) else listed("words", words, "words")
        if not isinstance(matrix, np.ndarray):
            try:
                matrix = np.asarray(matrix)
            except ValueError as error:
                raise FormatError(f"the matrix must hold rows of numbers, not {shown(matrix)}") from error
        words_needed = 0 if subwords is not None else 1
        if matrix.ndim != 2 or len(matrix) != len(self._words) or len(matrix) < words_needed or not matrix.shape[1]:
            raise FormatError(
                f"{len(self._words)} words need a matrix of shape ({len(self._words)}, dim) with at least "
                f"one word and one dimension, not {matrix.shape}"
            )
        if matrix.dtype != np.float32:
            if matrix.dtype.kind not in "fiu":
                raise FormatError(f"the matrix must hold real numbers, not {matrix.dtype}")
            with np.errstate(over="ignore"):  # too large for float32: found as not finite below
                matrix = matrix.astype(np.float32)
        self._matrix: Float32s = matrix.view(np.ndarray)
        self._matrix.flags.writeable = False
        self._index = word_index(self._words)
        self._counts: npt.NDArray[np.int64] | None = None
        if counts is not None:
            try:
                self._counts = np.asarray(counts, dtype=np.int64)
            except (TypeError, ValueError, OverflowError) as error:
                raise FormatError(f"counts must be whole numbers, not {shown(counts)}") from error
            if self._counts.shape != (len(self._words),):
                size = len(self._words)
                raise FormatError(f"{size} words need {size} counts, not an array of shape {self._counts.shape}")
        self._subwords = subwords
        if subwords is not None and subwords.matrix.shape[1] != self.dim:
            raise FormatError(
                f"the n-gram rows have {subwords.matrix.shape[1]} dimensions, but the words have {self.dim}"
            )
        self._norms: Float32s | None = None
        if not _is_mapped(self._matrix):
            self._norms = self._checked_norms()

    # contents

    @property
    def words(self) -> list[str]:
        """The words, in the order of the rows."""
        return self._words

    @property
    def matrix(self) -> Float32s:
        """The vectors, one row per word: read-only, shape (V, dim)."""
        return self._matrix

    @property
    def counts(self) -> npt.NDArray[np.int64] | None:
        """How often each word occurred, shape (V,); None if unknown."""
        return self._counts

    @property
    def subwords(self) -> Subwords | None:
        """The n-gram rows, for a subword model."""
        return self._subwords

    @property
    def form(self) -> Form:
        """The normal form of the training text, as far as it is known."""
        return self._form

    @property
    def dim(self) -> int:
        """The length of a vector."""
        return int(self._matrix.shape[1])

    @property
    def norms(self) -> Float32s:
        """The Euclidean length of each row, shape (V,); computed once."""
        if self._norms is None:
            self._norms = self._checked_norms()
        return self._norms

    def __len__(self) -> int:
        return len(self._words)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and word in self._index

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __repr__(self) -> str:
        return f"<{self._in_words()}>"

    def _in_words(self) -> str:
        kind = "with n-grams" if self._subwords is not None else "words only"
        return f"{type(self).__name__}: {len(self):,} words x {self.dim} dimensions, {kind}"

    def _repr_html_(self) -> str:
        counted = "first words" if self._counts is None else "most frequent words"
        return panel(
            heading(self._in_words()),
            facts(
                [
                    (counted, shown_first(self._words)),
                    ("matrix", f"{self._matrix.nbytes:,} bytes, {self._matrix.dtype}"),
                ]
            ),
        )

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.array(self._matrix, dtype=dtype, copy=copy)

    # look-up

    @overload
    def __getitem__(self, word: str | Sequence[str]) -> Float32s: ...
    @overload
    def __getitem__(self, word: slice) -> Self: ...
    def __getitem__(self, word: str | Sequence[str] | slice) -> Float32s | Self:
        """Return `vector(word)`, `vectors(words)` for a list, or for a slice an object with those rows alone.

        ``vectors[:1000]`` views the first, most frequent, thousand words. It has the same n-grams, which then
        compose the words left out.
        """
        if isinstance(word, slice):
            return self._of_rows(word)
        return self.vector(word) if isinstance(word, str) else self.vectors(word)

    def keys(self) -> list[str]:
        """Return the words, so that ``dict(vectors)`` works."""
        return self._words

    def items(self) -> Iterator[tuple[str, Float32s]]:
        """Yield each word and its row."""
        return zip(self._words, self._matrix, strict=True)

    def get(self, word: str, default: Any = None) -> Any:
        """Return the vector of `word`, composed if need be, or `default` if it has none."""
        return self.vector(word) if self.can_compose(word) else default

    def index(self, word: str) -> int:
        """Return the row of a word of the vocabulary; raises MissingWordError with close spellings."""
        word = text("a word", word)
        row = self.find(word)
        if row is None:
            raise self._missing(word)
        return row

    def find(self, word: str) -> int | None:
        """Return the row of a word as written, or of another spelling; None if the vocabulary has neither."""
        row = self._index.get(word)
        if row is not None:
            return row
        rows = (self._index.get(spelling) for spelling in self._form.spellings(word))
        return next((row for row in rows if row is not None), None)

    def spellings(self, word: str) -> list[str]:
        """Return the spellings that a look-up tries after `word` as written."""
        return self._form.spellings(word)

    def rows_of(self, words: Iterable[str]) -> npt.NDArray[np.int64]:
        """Return the rows of those of `words` that are in the vocabulary, rising, each once.

        Raises
        ------
        ConfigError
            None of them is, or one is no string.
        """
        given = [text("a word", word) for word in listed("words", words, "words")]
        found = {row for word in given if (row := self.find(word)) is not None}
        if not found:
            raise ConfigError(f"none of {len(given):,} words is in the vocabulary: name some that are in it")
        return np.array(sorted(found), np.int64)

    def keep(self, words: Iterable[str]) -> Self:
        """Return an object with the rows of `words` alone, in the order of this one; unknown words are ignored.

        It has the same n-grams, which then compose the words left out.

        Raises
        ------
        ConfigError
            No word is in the vocabulary, or one is no string.
        """
        return self._of_rows(self.rows_of(words))

    def merge(self, other: WordRows) -> Self:
        """Return an object with the words of both: all rows of this one, then the rows of words that only `other` has.

        Both must be in one space: :func:`embed.align` turns the vectors of one training into that of another. Counts
        stay if both have some. Unknown words are composed of the n-grams of this object.

        Raises
        ------
        ConfigError
            `other` is of another kind or dimension.

        Warns
        -----
        AdviceWarning
            The vectors of the words of both differ so much that they are of different spaces.
        """
        of_kind("other", other, WordRows)
        if other.dim != self.dim:
            raise ConfigError(f"vectors of {self.dim} and of {other.dim} dimensions cannot be merged")
        shared = [word for word in other.words if word in self._index]
        if len(shared) >= _ENOUGH_SHARED:
            cosines = np.einsum("ij,ij->i", self.unit(shared), other.unit(shared))
            if (mean := float(cosines.mean())) < _ONE_SPACE:
                advise(
                    f"the mean cosine of {len(shared):,} words in both is {mean:.2f}, as if they were of different "
                    "spaces: turn one into the space of the other with embed.align first"
                )
        rows = np.array([row for row, word in enumerate(other.words) if word not in self._index], np.int64)
        counts = None
        if self._counts is not None and other.counts is not None:
            counts = np.concatenate([self._counts, other.counts[rows]])
        return type(self)(
            [*self._words, *(other.words[row] for row in rows)],
            np.concatenate([self._matrix, other.matrix[rows]]),
            counts=counts,
            subwords=self._subwords,
            form=self._form,
        )

    def close_spellings(self, word: str) -> list[str]:
        """Return up to three words of the vocabulary that are spelt nearly as `word` is, the closest first."""
        return close_spellings(self._form.of(text("a word", word)), self._words, self._index)

    def can_compose(self, word: str) -> bool:
        """Return whether `word` has a vector: its own row, or n-grams to compose one from."""
        word = text("a word", word)
        if self.find(word) is not None:
            return True
        return self._subwords is not None and self._subwords.can_compose(self._form.of(word))

    def vector(self, word: str) -> Float32s:
        """Return the vector of one word.

        Returns
        -------
        float32 array, shape (dim,)
            The word's row (a read-only view), or for an unknown word the mean of its n-gram rows.

        Raises
        ------
        MissingWordError
            The word is not in the vocabulary and cannot be composed; the message suggests close spellings.
        """
        word = text("a word", word)
        row = self.find(word)
        if row is not None:
            found: Float32s = self._matrix[row]
            return found
        if self._subwords is None:
            raise self._missing(word)
        form = self._form.of(word)
        if not self._subwords.can_compose(form):
            raise self._missing(word, "is not in the vocabulary and shares no n-gram with it")
        return self._subwords.compose(form)

    def vectors(self, words: Sequence[str]) -> Float32s:
        """Return the vectors of several words, shape (len(words), dim): a copy. Raises as `vector` does."""
        words = [text("a word", word) for word in listed("words", words, "words")]
        rows = [self._index.get(word, -1) for word in words]
        result = self._matrix[rows] if rows and len(self) else np.empty((len(rows), self.dim), np.float32)
        for number, row in enumerate(rows):
            if row < 0:
                result[number] = self.vector(words[number])
        return result

    def unit(self, words: Sequence[str] | None = None) -> Float32s:
        """Return the vectors of `words` (default: all, a new matrix) scaled to length 1; zeros stay."""
        if words is None:
            lengths = np.where(self.norms > 0, self.norms, np.float32(1))[:, None]
            return np.asarray(self._matrix / lengths, dtype=np.float32)
        return unit_rows(self.vectors(words))

    # internals

    def _of_rows(self, rows: slice | npt.NDArray[np.int64]) -> Self:
        counts = None if self._counts is None else self._counts[rows]
        words = self._words[rows] if isinstance(rows, slice) else [self._words[row] for row in rows]
        return type(self)(words, self._matrix[rows], counts=counts, subwords=self._subwords, form=self._form)

    def _missing(self, word: str, reason: str = "is not in the vocabulary") -> MissingWordError:
        return missing_word(word, self._words, self._index, reason, form=self._form.of(word))

    def _checked_norms(self) -> Float32s:
        """Return the length of each row; raises FormatError if one is not finite."""
        norms, wrong = row_norms(self._matrix)
        if wrong is not None:
            raise FormatError(
                f"the vector of {self._words[wrong]!r:.60} (row {wrong}) holds NaN or infinity, or its length "
                "overflows float32"
            )
        return norms


def word_index(words: Sequence[str]) -> dict[str, int]:
    """Return the row of each word; raises FormatError for a duplicate, and for a word that is not a string."""
    if not set(map(type, words)) <= {str}:  # str itself is the rule, and found at once
        for row, word in enumerate(words):
            if not isinstance(word, str):
                raise FormatError(f"words must be strings, but word {row} is {shown(word)}")
    index: dict[str, int] = {}
    for rows in pieces(len(words), _WORD_BYTES):
        index.update(zip(words[rows], range(rows.start, rows.stop), strict=True))
    if len(index) != len(words):
        row = next(row for row, word in enumerate(words) if index[word] != row)
        raise FormatError(f"duplicate word {words[row]!r} (rows {row} and {words.index(words[row], row + 1)})")
    return index


def _is_mapped(array: npt.NDArray[Any]) -> bool:
    """Return whether `array` is a view of a memory-mapped file."""
    base: Any = array
    while base is not None:
        if isinstance(base, mmap.mmap):
            return True
        base = base.obj if isinstance(base, memoryview) else getattr(base, "base", None)
    return False
