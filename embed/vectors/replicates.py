"""Replicates of word vectors: the same training on several draws of the text, to see which answers depend on the draw.

A model is trained on one sample of a language; another sample would give other neighbours, above all of rare words
(Hellrich & Hahn 2016, "Bad Company: Neighborhoods in Neural Embedding Spaces Considered Harmful", COLING; Wendlandt,
Kummerfeld & Mihalcea 2018, "Factors Influencing the Surprising Instability of Word Embeddings", NAACL). Training on
sentences drawn with replacement (:mod:`embed.text.drawn_corpus`) imitates other samples (Antoniak & Mimno 2018,
"Evaluating the Stability of Embedding-based Word Similarities", TACL 6). Each answer is then a mean over the
replicates, with an interval and the number of replicates that agree.

The interval is the prediction interval of one more replicate: mean ± t s sqrt(1 + 1/N), with the standard deviation s
of the N replicates and Student's t for N - 1 degrees of freedom (Hahn & Meeker 1991, "Statistical Intervals", chapter
4, for a normal distribution). It says where the cosine would be after training on another draw. Percentiles of so
few values would say nothing, and an interval of the mean, which is shorter by sqrt(N + 1), is about no model at all.
"""

from __future__ import annotations

import dataclasses
import math
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from embed.arguments import listed, of_kind, real_number, shown
from embed.choices import ANALOGY_METHODS, AnalogyMethod
from embed.errors import ConfigError, FormatError
from embed.files.saved import Saved, room_behind
from embed.pieces import pieces
from embed.vectors.alignment import turn_between
from embed.vectors.search import best
from embed.vectors.student import student_quantile
from embed.vectors.word_vectors import WordVectors, limits_of_answers, sides_of_analogy

__all__ = ["MOST", "Answer", "Estimate", "Replicates", "prediction_interval", "width_of_interval"]

MOST = 999
"""The most replicates."""
_CONFIDENCE = 0.95


class Estimate(NamedTuple):
    """The mean of a cosine over all replicates, and the interval for another replicate."""

    value: float
    low: float
    high: float


class Answer(NamedTuple):
    """A neighbour, or an answer to an analogy.

    Attributes
    ----------
    word : str
    score : float
        The mean over all replicates: of cosines, or of scores of 3cosmul.
    low, high : float
        The interval for another replicate.
    found : int
        How many replicates agree: have a neighbour among their n nearest, or the answer as their first.
    of : int
        The number of replicates.
    """

    word: str
    score: float
    low: float
    high: float
    found: int
    of: int


class Replicates(Saved, Sequence[WordVectors]):
    """Word vectors of the same words from several trainings; a sequence of :class:`WordVectors`.

    Parameters
    ----------
    members : sequence of WordVectors
        At least two, of the same words in the same order and of the same dimension. The spaces differ: only lengths and
        angles can be compared.
    cards : sequence of mappings, optional
        The run card of each, plain JSON values.

    Raises
    ------
    ConfigError
        `members` are no word vectors, or fewer than two.
    FormatError
        Words or dimensions differ.
    """

    def __init__(self, members: Sequence[WordVectors], cards: Sequence[Mapping[str, Any]] = ()) -> None:
        self._members = [of_kind("a member", each, WordVectors) for each in listed("members", members, "word vectors")]
        self.cards = [dict(card) for card in cards]
        if len(self._members) < 2:
            raise ConfigError(f"replicates are word vectors of at least two trainings, not of {len(self._members)}")
        for number, member in enumerate(self._members[1:], 2):
            if member.words != self.words or member.dim != self.dim:
                raise FormatError(
                    f"replicate {number} has other words or dimensions than the first ({len(member):,} x {member.dim}, "
                    f"not {len(self.words):,} x {self.dim}): train them together with embed.replicate"
                )

    @property
    def words(self) -> list[str]:
        """The words, in the order of the rows of each replicate."""
        return self._members[0].words

    @property
    def counts(self) -> NDArray[np.int64] | None:
        """How often each word occurred in the text that sentences were drawn from, shape (V,); None if unknown."""
        return self._members[0].counts

    @property
    def dim(self) -> int:
        """The length of a vector."""
        return self._members[0].dim

    def __len__(self) -> int:
        return len(self._members)

    @overload
    def __getitem__(self, number: int) -> WordVectors: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[WordVectors]: ...
    def __getitem__(self, number: int | slice) -> WordVectors | Sequence[WordVectors]:
        return self._members[number]

    def __repr__(self) -> str:
        kind = "with n-grams" if self._members[0].subwords is not None else "words only"
        return f"<Replicates: {len(self)} x {len(self.words):,} words x {self.dim} dimensions, {kind}>"

    if not TYPE_CHECKING:  # type checkers would otherwise accept every name

        def __getattr__(self, name: str) -> Any:
            if not name.startswith("_") and hasattr(WordVectors, name):
                raise AttributeError(f"replicates have no {name!r}: use replicates[0].{name} or mean().{name}")
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    # queries

    def can_compose(self, word: str) -> bool:
        """Return whether `word` has a vector: its own row, or n-grams to compose one from."""
        return self._members[0].can_compose(word)

    def similarity(self, a: str, b: str, *, confidence: float = _CONFIDENCE) -> Estimate:
        """Return the cosine of two words: its mean over all replicates, and the interval for another replicate.

        Raises
        ------
        MissingWordError
            A word has no vector.
        """
        cosines = np.array([[member.similarity(a, b)] for member in self])
        low, high = prediction_interval(cosines, confidence)
        return Estimate(float(cosines.mean()), max(float(low[0]), -1.0), min(float(high[0]), 1.0))

    def nearest(
        self,
        query: str | Sequence[str],
        n: int = 10,
        top: int | None = None,
        *,
        among: Iterable[str] | None = None,
        least: float | None = None,
        confidence: float = _CONFIDENCE,
    ) -> list[Answer]:
        """Return the words with the largest mean cosine to `query`.

        Parameters
        ----------
        query : str or list of str
            A word, or several, whose unit vectors are then averaged. The answer leaves these words out.
        n, top, among
            As for :meth:`WordVectors.nearest`.
        least : float, optional
            Leave out words with a smaller mean cosine.
        confidence : float
            Of the intervals.

        Returns
        -------
        list of Answer
            By falling mean cosine. `found` counts the replicates that have the word among their `n` nearest.

        Raises
        ------
        MissingWordError, ConfigError
            As :meth:`WordVectors.nearest` does; a vector is no query, since every replicate has its own space.
        """
        positive = [query] if isinstance(query, str) else listed("query", query, "words")
        limits = limits_of_answers(self[0], n, among, least)
        return self._answers(positive, [], limits, top, ANALOGY_METHODS[0], confidence, agreeing=limits["n"])

    def analogy(
        self,
        a: str | None = None,
        b: str | None = None,
        c: str | None = None,
        *,
        positive: Sequence[str] = (),
        negative: Sequence[str] = (),
        n: int = 10,
        method: AnalogyMethod = "3cosadd",
        top: int | None = None,
        among: Iterable[str] | None = None,
        least: float | None = None,
        confidence: float = _CONFIDENCE,
    ) -> list[Answer]:
        """Return the words that are to `c` as `b` is to `a`; parameters as for :meth:`WordVectors.analogy`.

        Returns
        -------
        list of Answer
            By falling mean score. `found` counts the replicates whose best answer is the word.

        Raises
        ------
        MissingWordError, ConfigError
            As :meth:`WordVectors.analogy` does.
        """
        positive, negative = sides_of_analogy(a, b, c, positive, negative)
        limits = limits_of_answers(self[0], n, among, least)
        return self._answers(positive, negative, limits, top, method, confidence, agreeing=1)

    def _answers(
        self,
        positive: Sequence[Any],
        negative: Sequence[Any],
        limits: dict[str, Any],
        top: int | None,
        method: AnalogyMethod,
        confidence: float,
        *,
        agreeing: int,
    ) -> list[Answer]:
        confidence = _checked(confidence)
        for word in (*positive, *negative):
            if not isinstance(word, str):
                raise ConfigError(f"a query of replicates must be words, not {shown(word)}: each has its own space")
        found = [member.scores(positive, negative, method=method, top=top) for member in self]
        scores = np.stack([each for each, _ in found])
        some = limits["among"]
        agreed = Counter(row for own, given in found for row in best(own, given, agreeing, among=some).tolist())
        means = scores.mean(axis=0, dtype=np.float64)
        rows = best(means.astype(np.float32), found[0][1], **limits)
        low, high = prediction_interval(scores[:, rows], confidence)
        if method == ANALOGY_METHODS[0]:
            low, high = np.maximum(low, -1), np.minimum(high, 1)
        return [
            Answer(self.words[row], float(means[row]), float(low[i]), float(high[i]), agreed[row], len(self))
            for i, row in enumerate(rows.tolist())
        ]

    # one space

    def mean(self) -> WordVectors:
        """Return the mean of all replicates, each turned to the first, as word vectors of their own.

        The turn is that of all words (:mod:`embed.vectors.alignment`). N-gram rows are turned and averaged alike, so
        that unknown words are composed as before.
        """
        first = self[0]
        words, ngrams = first.matrix.astype(np.float64), None
        rows = np.repeat(np.arange(len(words))[:, None], 2, axis=1)
        if first.subwords is not None:
            ngrams = first.subwords.matrix.astype(np.float64)
        for number, member in enumerate(self._members[1:], 2):
            turn = turn_between(member.matrix, first.matrix, rows)
            _add(words, member.matrix, turn)
            if ngrams is not None:
                if member.subwords is None or member.subwords.matrix.shape != ngrams.shape:
                    raise FormatError(f"replicate {number} has other n-grams than replicate 1")
                _add(ngrams, member.subwords.matrix, turn)
        subwords = None
        if first.subwords is not None and ngrams is not None:
            subwords = dataclasses.replace(first.subwords, matrix=(ngrams / len(self)).astype(np.float32))
        matrix = (words / len(self)).astype(np.float32)
        return WordVectors(self.words, matrix, counts=self.counts, subwords=subwords, form=first.form)

    # files

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a folder with a file for each replicate; see :mod:`embed.formats.replicates`."""
        room_behind("replicates").save_replicates(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Replicates:
        """Read a folder that `save`, :func:`embed.replicate` or ``train --replicates`` wrote; matrices are mapped.

        Raises
        ------
        FormatError
            The folder cannot be read, is of another kind, or is damaged.
        """
        replicates: Replicates = room_behind("replicates").load_replicates(path)
        return replicates


def prediction_interval(
    values: NDArray[np.floating[Any]], confidence: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where another value of each column would be, with the probability `confidence`.

    Parameters
    ----------
    values : array of float, shape (N, n)
        N independent values, at least two, of n numbers.
    confidence : float

    Returns
    -------
    low, high : float64 array, shape (n,)
        mean ± t s sqrt(1 + 1/N): Hahn & Meeker 1991, chapter 4.
    """
    exact = values.astype(np.float64)
    half = width_of_interval(len(values), confidence) * exact.std(axis=0, ddof=1)
    return exact.mean(axis=0) - half, exact.mean(axis=0) + half


def width_of_interval(count: int, confidence: float = _CONFIDENCE) -> float:
    """Return half the width of the prediction interval of `count` values, in their standard deviations."""
    return student_quantile(count - 1, _checked(confidence)) * math.sqrt(1 + 1 / count)


def _checked(confidence: float) -> float:
    return real_number("confidence", confidence, above=0.0, below=1.0)


def _add(total: NDArray[np.float64], matrix: NDArray[np.float32], turn: NDArray[np.float64]) -> None:
    """Add a matrix to the sum, turned, in place."""
    for rows in pieces(len(total), 8 * total.shape[1]):
        total[rows] += matrix[rows] @ turn
