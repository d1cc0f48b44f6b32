"""Word vectors to query: neighbours, analogies, and the odd word out.

A :class:`WordVectors` looks up words (:mod:`~embed.vectors.word_rows`), finds neighbours and analogies, and passes
itself on to files (:mod:`embed.formats`) and to other libraries (:mod:`~embed.vectors.interop`).

A query is one matrix-vector product over the raw rows, divided by the lengths, and a selection of the best
without sorting the rest. Many queries run as blocks of matrix products whose scores fit ``SCORE_BYTES``.

Rejected: a second matrix of unit vectors (twice the memory, and it would read a mapped file whole); an
approximate index (an exact query takes milliseconds, and the libraries that have one read our files).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Unpack, cast

import numpy as np
import numpy.typing as npt

from embed.arguments import choice, listed, real_number, shown, whole_number
from embed.choices import ANALOGY_METHODS, AnalogyMethod, OnBadWord, Weighting
from embed.config.reading import ReadingKeywords
from embed.corpora.tokenizers import TokenizerChoice
from embed.errors import ConfigError, FormatError
from embed.files.saved import Saved, room_behind
from embed.messages import option
from embed.vectors import interop
from embed.vectors.health import Health, mean_cosine
from embed.vectors.peer_names import advice
from embed.vectors.search import best, to_cosines, unit_rows
from embed.vectors.sentences import SIF_A, Text, sentence_vectors
from embed.vectors.word_rows import WordRows

__all__ = ["WordVectors", "limits_of_answers", "sides_of_analogy"]

Float32s = npt.NDArray[np.float32]
Neighbours = list[tuple[str, float]]

SCORE_BYTES = 64 << 20
"""The most memory for the scores of a batch of queries."""
BATCH_QUERIES = 256
"""The most queries in one matrix product; more gain nothing."""
COSMUL_EPSILON = 1e-3
"""Added to the divisor of 3CosMul: Levy & Goldberg (2014), section 4."""


class WordVectors(WordRows, Saved):
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

    if not TYPE_CHECKING:  # type checkers would otherwise accept every name

        def __getattr__(self, name: str) -> Any:
            if (ours := advice(name, "vectors")) is not None:
                raise AttributeError(f"word vectors have no {name!r}: use {ours}")
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

    # texts

    def sentence_vectors(
        self,
        texts: Iterable[Text],
        *,
        weighting: Weighting = "sif",
        sif_a: float = SIF_A,
        remove_common: int | None = None,
        tokenizer: TokenizerChoice = "words",
        lowercase: bool | None = None,
    ) -> Float32s:
        """Return the vectors of texts, shape (n, dim); see :func:`embed.sentence_vectors`."""
        return sentence_vectors(
            texts,
            self,
            weighting=weighting,
            sif_a=sif_a,
            remove_common=remove_common,
            tokenizer=tokenizer,
            lowercase=lowercase,
        )

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

    def health(self) -> Health:
        """Return how alike the vectors are; see :class:`embed.vectors.health.Health`.

        Raises
        ------
        FormatError
            A vector is not finite.
        """
        return Health(len(self), mean_cosine(self._matrix))

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
        **reading: Unpack[ReadingKeywords],
    ) -> WordVectors:
        """Read vectors of words from a file in any known format; see :func:`embed.load`.

        A file of items is refused: :func:`embed.load` reads it as vectors whose words are the items as JSON.
        """
        vectors: WordVectors = room_behind("vectors").load_words(path, format, **reading)
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

    def nearest(
        self,
        query: str | npt.ArrayLike | Sequence[str],
        n: int = 10,
        top: int | None = None,
        *,
        among: Iterable[str] | None = None,
        least: float | None = None,
    ) -> Neighbours:
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
        among : iterable of str, optional
            Search these words only (default: all); those outside the vocabulary are ignored.
        least : float, optional
            Leave out words with a smaller cosine.

        Returns
        -------
        list of (word, cosine)
            The nearest first; among equals the earlier row. Shorter than `n` if fewer words are searched, or reach
            `least`.

        Raises
        ------
        MissingWordError
            A word of the query has no vector.
        ConfigError
            `n`, `top`, `among`, `least` or the shape of the query is wrong, or the query is the zero vector.
        """
        limits = limits_of_answers(self, n, among, least)
        return self._answers(*self.scores(_parts(query), top=top), limits)

    def nearest_batch(
        self,
        queries: Sequence[str] | npt.ArrayLike,
        n: int = 10,
        top: int | None = None,
        *,
        among: Iterable[str] | None = None,
        least: float | None = None,
    ) -> list[Neighbours]:
        """Return `nearest` of each query.

        Parameters
        ----------
        queries : list of words, or array of shape (q, dim)
            The queries, which run in blocks, in bounded memory.
        n, top, among, least
            As for `nearest`.
        """
        limits, rows = limits_of_answers(self, n, among, least), self._searched(top)
        exclude: list[list[int]]
        if isinstance(queries, Sequence) and all(isinstance(query, str) for query in queries):
            words = cast("Sequence[str]", queries)
            directions = self.vectors(words)
            exclude = [[] if (row := self.find(word)) is None else [row] for word in words]
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
            answers += [self._answers(row, exclude[start + number], limits) for number, row in enumerate(scores)]
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
        among: Iterable[str] | None = None,
        least: float | None = None,
    ) -> Neighbours:
        """Return the words that are to `c` as `b` is to `a`.

        Parameters
        ----------
        a, b, c : str
            "`a` is to `b` as `c` is to ...": short for ``positive=[b, c], negative=[a]``.
        positive, negative : list of words or vectors
            What the answer should be like, and unlike. The answer leaves these words out.
        n, top, among
            As for `nearest`.
        least : float, optional
            Leave out words with a smaller score.
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
            The question is incomplete, `method`, `n`, `top`, `among` or `least` is wrong, or the vectors cancel out.
        """
        positive, negative = sides_of_analogy(a, b, c, positive, negative)
        limits = limits_of_answers(self, n, among, least)
        return self._answers(*self.scores(positive, negative, method=method, top=top), limits)

    def scores(
        self,
        positive: Sequence[str | Float32s],
        negative: Sequence[str | Float32s] = (),
        *,
        method: AnalogyMethod = "3cosadd",
        top: int | None = None,
    ) -> tuple[Float32s, list[int]]:
        """Return the score of every word as an answer, by which `nearest` and `analogy` rank.

        Parameters
        ----------
        positive, negative, method, top
            As for `analogy`. Without `negative`, the scores of 3cosadd are those of `nearest`.

        Returns
        -------
        scores : float32 array, shape (top,)
        given : list of int
            The rows of the words of the question, which are no answers.

        Raises
        ------
        MissingWordError, ConfigError
            As `analogy` does.
        """
        method = choice("method", method, ANALOGY_METHODS)
        positive = listed("positive", positive, "words or vectors")
        negative = listed("negative", negative, "words or vectors")
        rows = self._searched(top)
        if not positive:
            raise ConfigError("the query is empty: give it at least one word or vector")
        units, given = self._units([*positive, *negative])
        if method == "3cosadd":
            weights = np.repeat([1.0, -1.0], [len(positive), len(negative)])
            direction = unit_rows((weights @ units.astype(np.float64))[None, :])[0]
            if not direction.any():
                raise ConfigError("the query is the zero vector, which has no direction")
            found: Float32s = self._matrix[:rows] @ direction
            to_cosines(found, self.norms[:rows])
            return found, given
        cosines = units @ self._matrix[:rows].T
        to_cosines(cosines, self.norms[:rows])
        shifted = (cosines + 1) / 2
        found = shifted[: len(positive)].prod(axis=0)
        found /= (shifted[len(positive) :] + np.float32(COSMUL_EPSILON)).prod(axis=0)
        return found, given

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

    def _searched(self, top: int | None) -> int:
        """Check `top`; return how many rows to search."""
        return len(self) if top is None else min(whole_number("top", top, 1), len(self))

    def _units(self, parts: Sequence[Any]) -> tuple[Float32s, list[int]]:
        """Return the unit vectors of words and vectors, and the rows of the words in the vocabulary."""
        rows = np.empty((len(parts), self.dim), np.float32)
        exclude = []
        for number, part in enumerate(parts):
            if isinstance(part, str):
                rows[number] = self.vector(part)
                if (row := self.find(part)) is not None:
                    exclude.append(row)
                continue
            vector = _numbers("a query", part)
            if vector.shape != (self.dim,):
                raise ConfigError(f"a query must be a word or {self.dim} numbers, not an array of shape {vector.shape}")
            if not np.isfinite(vector).all():
                raise ConfigError("a query holds NaN or infinity: give finite numbers")
            rows[number] = vector
        return unit_rows(rows), exclude

    def _answers(self, scores: Float32s, exclude: Sequence[int], limits: dict[str, Any]) -> Neighbours:
        """Return the best (word, score)."""
        return [(self._words[row], float(scores[row])) for row in best(scores, exclude, **limits)]


def limits_of_answers(vectors: WordVectors, n: int, among: Iterable[str] | None, least: float | None) -> dict[str, Any]:
    """Check how many answers are wanted, among which words, with which score; return keywords of `best`."""
    return {
        "n": min(whole_number("n", n, 1), len(vectors)),
        "among": None if among is None else vectors.rows_of(among),
        "least": None if least is None else real_number("least", least),
    }


def sides_of_analogy(a: Any, b: Any, c: Any, positive: Any, negative: Any) -> tuple[list[Any], list[Any]]:
    """Return what the answer to an analogy should be like, and unlike; raises ConfigError if that is incomplete."""
    positive = listed("positive", positive, "words or vectors")
    negative = listed("negative", negative, "words or vectors")
    if a is not None and b is not None and c is not None and not positive and not negative:
        return [b, c], [a]
    if not (a is b is c is None) or not positive:
        raise ConfigError("an analogy needs either the three words a, b and c, or positive words without them")
    return positive, negative


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
