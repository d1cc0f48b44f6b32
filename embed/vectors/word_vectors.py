"""Word vectors to query: look-up, neighbours, analogies, vectors for unknown words.

A :class:`WordVectors` holds a list of words, a float32 matrix with one row per word, and optionally the n-gram
rows that compose unknown words. It neither trains nor reads files. A float32 matrix is never copied: it may be
memory-mapped, read-only, or a view of padded rows. The only array beside it is one length per row, computed
block by block.

A query is one matrix-vector product over the raw rows, divided by the lengths, and a selection of the best
without sorting the rest. Many queries run as blocks of matrix products whose scores fit ``SCORE_BYTES``.

Rejected: a second matrix of unit vectors (twice the memory, and it would read a mapped file whole); an
approximate index (an exact query takes milliseconds, and the libraries that have one read our files).
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator, Sequence
from typing import Any, cast, overload

import numpy as np
import numpy.typing as npt

from embed.arguments import choice, listed, shown, text, whole_number
from embed.choices import ANALOGY_METHODS, AnalogyMethod, DecodeErrors, OnBadWord, OnDuplicate
from embed.corpora.normal_form import Form
from embed.errors import ConfigError, FormatError, MissingWordError
from embed.files.saved import Saved, room_behind
from embed.messages import option
from embed.pieces import pieces
from embed.vectors import interop
from embed.vectors.ngram_rows import Subwords
from embed.vectors.search import best, row_norms, to_cosines, unit_rows
from embed.vocabulary.spelling import missing_word

__all__ = ["WordVectors", "word_index"]

Float32s = npt.NDArray[np.float32]
Neighbours = list[tuple[str, float]]

SCORE_BYTES = 64 << 20
"""The most memory for the scores of a batch of queries."""
BATCH_QUERIES = 256
"""The most queries in one matrix product; more gain nothing."""
COSMUL_EPSILON = 1e-3
"""Added to the divisor of 3CosMul: Levy & Goldberg (2014), section 4."""
_WORD_BYTES = 256
"""The memory of a word in a dictionary, roughly."""


class WordVectors(Saved):
    """Words and their vectors.

    Parameters
    ----------
    words : sequence of str, length V
        Distinct words, the most frequent first if that is known: `top` means the first rows. May be empty only
        with `subwords`.
    matrix : array, shape (V, dim)
        One row per word. Converted to float32; a float32 matrix is not copied. Do not change it afterwards: the
        lengths of its rows are stored.
    counts : array of int64, shape (V,), optional
        How often each word occurred in the training text.
    subwords : Subwords, optional
        N-gram rows that compose the vectors of unknown words.
    form : Form, optional
        The normal form of the training text, if known.

    Raises
    ------
    FormatError
        A word is a duplicate, shapes do not agree, or a value is not finite. The rows of a memory-mapped matrix are
        checked at the first query that reads them all, not here.

    Notes
    -----
    Works like a read-only mapping: ``len``, ``in`` (the vocabulary only), iteration over the words, ``keys``,
    ``items``, ``get``, and ``vectors[word]``, which also composes unknown words where it can. ``vectors[:1000]``
    are the first thousand words.
    ``numpy.asarray(vectors)`` is the matrix.

    Look-ups try a word as written, then in its normal form (:mod:`embed.corpora.normal_form`), then in lower case
    if the words are known to be lower case. ``in`` tries the word as written only.
    """

    has_formats = True

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
        kind = "with n-grams" if self._subwords is not None else "words only"
        return f"<WordVectors: {len(self):,} words x {self.dim} dimensions, {kind}>"

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.array(self._matrix, dtype=dtype, copy=copy)

    # look-up

    @overload
    def __getitem__(self, word: str | Sequence[str]) -> Float32s: ...
    @overload
    def __getitem__(self, word: slice) -> WordVectors: ...
    def __getitem__(self, word: str | Sequence[str] | slice) -> Float32s | WordVectors:
        """Return `vector(word)`, `vectors(words)` for a list, or for a slice the `WordVectors` of those rows.

        ``vectors[:1000]`` views the first, most frequent, thousand words. It has the same n-grams, which then
        compose the words left out.
        """
        if isinstance(word, slice):
            counts = None if self._counts is None else self._counts[word]
            return WordVectors(
                self._words[word], self._matrix[word], counts=counts, subwords=self._subwords, form=self._form
            )
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
        row = self._row(word)
        if row is None:
            raise self._missing(word)
        return row

    def spellings(self, word: str) -> list[str]:
        """Return the spellings that a look-up tries after `word` as written."""
        return self._form.spellings(word)

    def can_compose(self, word: str) -> bool:
        """Return whether `word` has a vector: its own row, or n-grams to compose one from."""
        word = text("a word", word)
        if self._row(word) is not None:
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
        row = self._row(word)
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

    # other libraries' objects

    def to_columns(self) -> dict[str, Any]:
        """Return the words, counts and dimensions as columns; see :func:`embed.vectors.interop.to_columns`."""
        return interop.to_columns(self.words, self.matrix, self.counts)

    def to_gensim(self) -> Any:
        """Return gensim's ``KeyedVectors``; see :func:`embed.vectors.interop.to_gensim`.

        Raises
        ------
        ConfigError
            There are n-grams, which ``KeyedVectors`` would lose.
        MissingExtraError
            gensim is not installed.
        """
        if self.subwords is not None:
            raise ConfigError(
                "KeyedVectors would lose the n-grams: save the vectors as fastText's .bin and read them with "
                "gensim.models.fasttext.load_facebook_vectors"
            )
        return interop.to_gensim(self.words, self.matrix, self.counts)

    @classmethod
    def from_gensim(cls, keyed_vectors: Any) -> WordVectors:
        """Return the words of a ``KeyedVectors``; see :func:`embed.vectors.interop.from_gensim`."""
        words, matrix, counts = interop.from_gensim(keyed_vectors)
        return cls(words, matrix, counts=counts)

    # files

    def save(
        self, path: str | os.PathLike[str], format: str | None = None, *, on_bad_word: OnBadWord = "refuse"
    ) -> None:
        """Write the vectors to a file, in the format of its extension; see :func:`embed.save`."""
        room_behind("vectors").save_vectors(self, path, format, on_bad_word=on_bad_word)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        format: str | None = None,
        *,
        dim: int | None = None,
        encoding: str = "utf-8",
        decode_errors: DecodeErrors = "strict",
        on_duplicate: OnDuplicate = "refuse",
        unescape: bool = False,
    ) -> WordVectors:
        """Read vectors of words from a file in any known format; see :func:`embed.load`.

        A file of items is refused: :func:`embed.load` reads it as vectors whose words are the items as JSON.
        """
        vectors: WordVectors = room_behind("vectors").load_words(
            path,
            format,
            dim=dim,
            encoding=encoding,
            decode_errors=decode_errors,
            on_duplicate=on_duplicate,
            unescape=unescape,
        )
        return vectors

    # queries

    def similarity(self, a: str, b: str) -> float:
        """Return the cosine of the angle between two words; 0 if one of them is the zero vector."""
        with np.errstate(over="ignore", invalid="ignore"):
            u, v = self.vector(a).astype(np.float64), self.vector(b).astype(np.float64)
            length = float(np.sqrt(u @ u) * np.sqrt(v @ v))
        if not np.isfinite(length):
            raise FormatError(f"the vector of {a!r:.60} or of {b!r:.60} holds NaN or infinity")
        return min(1.0, max(-1.0, float(u @ v) / length)) if length else 0.0

    def nearest(self, query: str | npt.ArrayLike | Sequence[str], n: int = 10, top: int | None = None) -> Neighbours:
        """Return the words with the largest cosine to `query`.

        Parameters
        ----------
        query : str, array of shape (dim,), or list of words and arrays
            A word, a vector, or several, whose unit vectors are then averaged. The answer leaves out the words of
            the query.
        n : int
            How many words to return.
        top : int, optional
            Search the first `top` words only (default: all).

        Returns
        -------
        list of (word, cosine)
            The nearest first; among equals the earlier row. Shorter than `n` if the vocabulary is smaller.

        Raises
        ------
        MissingWordError
            A word of the query has no vector.
        ConfigError
            `n`, `top` or the shape of the query is wrong, or the query is the zero vector.
        """
        parts = _parts(query)
        return self._combination(parts, [1.0] * len(parts), n, top)

    def nearest_batch(
        self, queries: Sequence[str] | npt.ArrayLike, n: int = 10, top: int | None = None
    ) -> list[Neighbours]:
        """Return `nearest(query, n, top)` of each query.

        Parameters
        ----------
        queries : list of words, or array of shape (q, dim)
            The queries, which run in blocks, in bounded memory.
        n, top : int
            As for `nearest`.
        """
        n, rows = self._limits(n, top)
        exclude: list[list[int]]
        if isinstance(queries, Sequence) and all(isinstance(query, str) for query in queries):
            words = cast("Sequence[str]", queries)
            directions = self.vectors(words)
            exclude = [[] if (row := self._row(word)) is None else [row] for word in words]
        else:
            directions = _numbers("queries", queries)
            exclude = [[] for _ in range(len(directions) if directions.ndim else 0)]
        if directions.ndim != 2 or directions.shape[1] != self.dim:
            raise ConfigError(
                f"queries must be words or an array of shape (q, {self.dim}), not of shape {directions.shape}"
            )
        directions = unit_rows(directions)
        zero = np.flatnonzero(~directions.any(axis=1))
        if len(zero):
            raise ConfigError(f"query {zero[0]} is the zero vector, which has no direction")
        block = max(1, min(BATCH_QUERIES, SCORE_BYTES // (4 * max(1, rows))))
        answers: list[Neighbours] = []
        for start in range(0, len(directions), block):
            scores = directions[start : start + block] @ self._matrix[:rows].T
            to_cosines(scores, self.norms[:rows])
            answers += [self._answers(row, exclude[start + number], n) for number, row in enumerate(scores)]
        return answers

    def analogy(
        self,
        a: str | None = None,
        b: str | None = None,
        c: str | None = None,
        *,
        positive: Sequence[str | Float32s] = (),
        negative: Sequence[str | Float32s] = (),
        n: int = 10,
        method: AnalogyMethod = "3cosadd",
        top: int | None = None,
    ) -> Neighbours:
        """Return the words that are to `c` as `b` is to `a`.

        Parameters
        ----------
        a, b, c : str
            "`a` is to `b` as `c` is to ...": short for ``positive=[b, c], negative=[a]``.
        positive, negative : list of words or vectors
            What the answer should be like, and unlike. The answer leaves these words out.
        n, top : int
            As for `nearest`.
        method : {"3cosadd", "3cosmul"}
            With all vectors scaled to length 1 and products over the given words:

            - 3cosadd: cos(x, sum of positive - sum of negative). Mikolov et al. (2013); Levy & Goldberg
              (2014), eq. 1.
            - 3cosmul: product of cos'(x, positive) / product of (cos'(x, negative) + 0.001), where
              cos' = (cos + 1) / 2. Levy & Goldberg (2014), eq. 4.

        Returns
        -------
        list of (word, score)
            The best first.

        Raises
        ------
        MissingWordError
            A word has no vector.
        ConfigError
            The question is incomplete, `method`, `n` or `top` is wrong, or the vectors cancel out.
        """
        method = choice("method", method, ANALOGY_METHODS)
        positive = listed("positive", positive, "words or vectors")
        negative = listed("negative", negative, "words or vectors")
        if a is not None and b is not None and c is not None and not positive and not negative:
            positive, negative = [b, c], [a]
        elif not (a is b is c is None) or not positive:
            raise ConfigError("an analogy needs either the three words a, b and c, or positive words without them")
        if method == "3cosadd":
            weights = [1.0] * len(positive) + [-1.0] * len(negative)
            return self._combination([*positive, *negative], weights, n, top)
        n, rows = self._limits(n, top)
        units, exclude = self._units([*positive, *negative])
        cosines = units @ self._matrix[:rows].T
        to_cosines(cosines, self.norms[:rows])
        shifted = (cosines + 1) / 2
        scores = shifted[: len(positive)].prod(axis=0)
        scores /= (shifted[len(positive) :] + np.float32(COSMUL_EPSILON)).prod(axis=0)
        return self._answers(scores, exclude, n)

    def odd_one_out(self, words: Sequence[str]) -> str:
        """Return the word that is farthest, by cosine, from the mean of the unit vectors of all of `words`.

        Raises
        ------
        ConfigError
            Fewer than three words.
        MissingWordError
            A word has no vector.
        """
        words = listed("words", words, "words")
        if len(words) < 3:
            raise ConfigError("the odd one out needs a list of at least 3 words")
        units = self.unit(words)
        farthest: str = words[int(np.argmin(units @ units.mean(axis=0)))]
        return farthest

    # internals

    def _row(self, word: str) -> int | None:
        """Return the row of a word as written, or of another spelling."""
        row = self._index.get(word)
        if row is not None:
            return row
        rows = (self._index.get(spelling) for spelling in self._form.spellings(word))
        return next((row for row in rows if row is not None), None)

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

    def _limits(self, n: int, top: int | None) -> tuple[int, int]:
        """Check `n` and `top`; return how many words to return and how many rows to search."""
        rows = len(self) if top is None else min(whole_number("top", top, 1), len(self))
        return min(whole_number("n", n, 1), len(self)), rows

    def _units(self, parts: Sequence[Any]) -> tuple[Float32s, list[int]]:
        """Return the unit vectors of words and vectors, and the rows of the words in the vocabulary."""
        rows = np.empty((len(parts), self.dim), np.float32)
        exclude = []
        for number, part in enumerate(parts):
            if isinstance(part, str):
                rows[number] = self.vector(part)
                if (row := self._row(part)) is not None:
                    exclude.append(row)
                continue
            vector = _numbers("a query", part)
            if vector.shape != (self.dim,):
                raise ConfigError(f"a query must be a word or {self.dim} numbers, not an array of shape {vector.shape}")
            if not np.isfinite(vector).all():
                raise ConfigError("a query holds NaN or infinity: give finite numbers")
            rows[number] = vector
        return unit_rows(rows), exclude

    def _combination(self, parts: Sequence[Any], weights: Sequence[float], n: int, top: int | None) -> Neighbours:
        """Return the words nearest to the weighted sum of the unit vectors of `parts`."""
        n, rows = self._limits(n, top)
        if not parts:
            raise ConfigError("the query is empty: give it at least one word or vector")
        units, exclude = self._units(parts)
        direction = unit_rows((np.asarray(weights, np.float64) @ units.astype(np.float64))[None, :])[0]
        if not direction.any():
            raise ConfigError("the query is the zero vector, which has no direction")
        scores = self._matrix[:rows] @ direction
        to_cosines(scores, self.norms[:rows])
        return self._answers(scores, exclude, n)

    def _answers(self, scores: Float32s, exclude: Sequence[int], n: int) -> Neighbours:
        """Return the `n` best (word, score)."""
        return [(self._words[row], float(scores[row])) for row in best(scores, exclude, n)]


def word_index(words: Sequence[str]) -> dict[str, int]:
    """Return the row of each word; raises FormatError for a duplicate, and for a word that is not a string."""
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


def _parts(query: Any) -> list[Any]:
    """Return the words and vectors of a query as a list."""
    if isinstance(query, str) or (isinstance(query, np.ndarray) and query.ndim == 1 and query.dtype.kind in "fiu"):
        return [query]
    if not isinstance(query, (Sequence, np.ndarray)) or (isinstance(query, np.ndarray) and not query.ndim):
        raise ConfigError(f"a query must be a word, a vector, or a list of them, not {shown(query)}")
    if len(query) and all(isinstance(part, (int, float, np.number)) for part in query):
        return [query]  # the vector as a list of numbers
    return list(query)


def _numbers(name: str, value: object) -> Float32s:
    """Return `value` as a float32 array; raises ConfigError unless it holds numbers."""
    try:
        with np.errstate(over="ignore"):  # beyond float32: found as not finite
            return np.asarray(value, dtype=np.float32)
    except (TypeError, ValueError, OverflowError, ArithmeticError) as error:
        raise ConfigError(f"{option(name)} must be words or numbers, not {shown(value)}") from error


def _is_mapped(array: npt.NDArray[Any]) -> bool:
    """Return whether `array` is a view of a memory-mapped file."""
    base: Any = array
    while base is not None:
        if isinstance(base, mmap.mmap):
            return True
        base = base.obj if isinstance(base, memoryview) else getattr(base, "base", None)
    return False
