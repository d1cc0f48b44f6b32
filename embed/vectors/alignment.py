"""Turn word vectors into the space of others: of another language, another period, another training.

Two trainings give spaces that are turned against each other. The turn between them is the orthogonal matrix W that
brings the unit vectors x of some words nearest to those y of their partners, in the sum of squares: W = U Vᵀ of the
singular value decomposition of the sum of xᵀ y (Schönemann 1966, "A generalized solution of the orthogonal Procrustes
problem", Psychometrika 31; of unit vectors, Xing et al. 2015, "Normalized Word Embedding and Orthogonal Transform for
Bilingual Word Translation", NAACL). It changes no length and no angle within one space. The partners are the words that
both vocabularies have, as for periods of one language (Hamilton, Leskovec & Jurafsky 2016, "Diachronic Word Embeddings
Reveal Statistical Laws of Semantic Change", ACL), or the pairs of a dictionary.

With few or doubtful pairs, the turn that fits them finds better ones: the words of both sides that are each other's
nearest by CSLS, to which it is then fitted, and so on (section 2.3 of Conneau et al., cited below; Artetxe, Labaka &
Agirre 2017, "Learning bilingual word embeddings with (almost) no bilingual data", ACL).

How good the turn is, pairs say that it was not fitted to: precision at k is the share of words whose partner is among
their k nearest. A few words are near to very many (hubs), and CSLS corrects for that: twice the cosine, minus the mean
cosine of each of both words with its 10 nearest in the other space (Conneau et al. 2018, "Word Translation Without
Parallel Data", ICLR, section 2.3). The intervals are Wilson's (1927, "Probable Inference, the Law of Succession, and
Statistical Inference", JASA 22).

Rejected: any linear map (fits few pairs better, and bends the space), the pairs of the fit as a test (precision .9 of
random vectors, with as many dimensions as pairs).
"""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from embed.arguments import choice, listed, of_kind, shown, whole_number
from embed.choices import PARTNER_MEASURES, PartnerMeasure
from embed.config.alignment import TOP
from embed.corpora.text import text_lines
from embed.errors import ConfigError, FormatError, advise
from embed.files.inputs import Input
from embed.messages import option
from embed.pieces import pieces
from embed.vectors.search import unit_rows
from embed.vectors.word_vectors import WordVectors

__all__ = ["DEPTHS", "Alignment", "Precision", "align", "turn_between"]

Float32s = npt.NDArray[np.float32]
Int64s = npt.NDArray[np.int64]

DEPTHS = (1, 5)
"""The k of precision at k."""
_TESTED_SHARE, _MOST_TESTED, _LEAST_TESTED = 0.2, 1500, 10
_NEIGHBOURS = 10
"""The neighbours in the mean cosines of CSLS."""
_REFINED = 5_000
"""The most frequent words of each side among which better pairs are sought."""
_BLOCK_BYTES = 64 << 20
_NORMAL_95 = 1.959964
"""The quantile of the normal distribution for intervals of 95 %."""
_PURPOSE = 2966


class Precision(NamedTuple):
    """The share of tested words whose partner is among their `k` nearest, with an interval of 95 %."""

    measure: str
    k: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False, repr=False)
class Alignment:
    """Vectors turned into the space of others; see :func:`align`.

    Attributes
    ----------
    vectors : WordVectors
        Those of `a` in the space of `b`, with their n-grams.
    other : WordVectors
        Those of `b`.
    turn : float64 array, shape (dim, dim)
        Orthogonal; a row vector of `a` times this matrix is in the space of `b`.
    pairs : int
        The pairs of words that the turn is fitted to.
    unknown : int
        Pairs of the dictionary that were left out, because a word of them has no vector, and pairs of `test` that were,
        because a word of them is not among the first `top`.
    tested : int
        The words of `a` that `precision` was measured with.
    top : int
        How many words of each side are searched, at most.
    precision : tuple of Precision
        By CSLS and by cosine, at 1 and at 5, of a turn that was fitted to pairs of other words; empty with fewer than
        50 pairs, unless there are pairs to test.
    """

    vectors: WordVectors
    other: WordVectors
    turn: npt.NDArray[np.float64]
    pairs: int
    unknown: int
    tested: int
    top: int
    precision: tuple[Precision, ...]

    def __repr__(self) -> str:
        said = [f"precision@{each.k} {each.value:.3f} ({each.measure})" for each in self.precision[:1]]
        return f"<Alignment: {', '.join([f'{len(self.vectors):,} words', f'{self.pairs:,} pairs', *said])}>"

    def partners(self, word: str, n: int = 5, *, measure: PartnerMeasure = "CSLS") -> list[tuple[str, float]]:
        """Return the words of `b` that correspond to a word of `a`: its translations, if these are languages.

        Parameters
        ----------
        word : str
            A word of `a`, or any if `a` has n-grams.
        n : int
        measure : {"CSLS", "cosine"}

        Returns
        -------
        list of (word, score)
            The best first, of the `searched` words of `b`. A CSLS is at most 2, and 0 where the two words are as near
            to each other as to their nearest in the other space, on average.

        Raises
        ------
        MissingWordError
            The word has no vector.
        ConfigError
            `n` or `measure` is wrong.
        """
        count, by = whole_number("n", n, 1), choice("measure", measure, PARTNER_MEASURES)
        scores = self._there @ unit_rows(self.vectors.vector(word)[None])[0]
        if by == "CSLS":
            scores = 2 * scores - self._nearness - _mean_of_nearest(scores[None])
        best = np.argsort(-scores, kind="stable")[:count]
        return [(self.other.words[int(row)], float(scores[row])) for row in best]

    @cached_property
    def _there(self) -> Float32s:
        """The unit vectors of `b` that are searched."""
        return unit_rows(self.other.matrix[: self.top])

    @cached_property
    def _nearness(self) -> Float32s:
        return _nearness(self._there, unit_rows(self.vectors.matrix[: self.top]))

    @property
    def searched(self) -> int:
        """The words of `b` among which a partner is searched."""
        return min(self.top, len(self.other))

    def table(self) -> str:
        """Return the precision as a table of text."""
        lines = [("measure", "k", "precision", "interval")]
        for each in self.precision:
            interval = f"[{each.low:.3f}, {each.high:.3f}]"
            lines.append((each.measure, str(each.k), f"{each.value:.3f}", interval))
        return "\n".join(f"{a:8} {b:>2}  {c:>9}  {d}" for a, b, c, d in lines)


def align(
    a: WordVectors,
    b: WordVectors,
    pairs: Iterable[tuple[str, str]] | str | os.PathLike[str] | None = None,
    *,
    test: Iterable[tuple[str, str]] | str | os.PathLike[str] | None = None,
    refine: int = 0,
    top: int = TOP,
    seed: int = 1,
) -> Alignment:
    """Turn the vectors `a` into the space of `b`, so that the words of both can be compared.

    Parameters
    ----------
    a, b : WordVectors
        Of the same dimension. Not changed.
    pairs : iterable of (str, str), or path, optional
        A word of `a` and its partner in `b`: a dictionary. A word may have several. Pairs of unknown words are left
        out. A file has a pair on each line, with a tab or, without any, white space between the words. Default: every
        word that is among the first `top` of both.
    test : iterable of (str, str), or path, optional
        Pairs that say how good the turn is, in place of those that are held out. Pairs of their words are not fitted to
        while the precision is measured.
    refine : int
        Fit so many times more, each time to the words that are each other's nearest by CSLS after the turn before,
        among the 5,000 most frequent of both. For few pairs, or pairs of which many are wrong, such as words that are
        spelled alike in two languages.
    top : int
        Measure among the first, in most files the most frequent, so many words of both; without `pairs`, also fit to
        these words alone. The time grows with its square.
    seed : int
        Of the draw of the pairs that are held out to measure the precision: a fifth of the words, at most 1,500. The
        turn of the result is fitted to all pairs.

    Returns
    -------
    Alignment

    Raises
    ------
    ConfigError
        The dimensions differ, there are fewer than two pairs, or none to test.
    FormatError
        A dictionary cannot be read, or a line is not two words.

    Warns
    -----
    AdviceWarning
        There are fewer pairs than dimensions, so that many turns fit them equally well.
    """
    of_kind("a", a, WordVectors), of_kind("b", b, WordVectors)
    top, rounds = whole_number("top", top, 1), whole_number("refine", refine, 0)
    if a.dim != b.dim:
        raise ConfigError(f"vectors of {a.dim} and of {b.dim} dimensions have no common space: train both with one dim")
    rows, unknown = _shared(a, b, top) if pairs is None else _given("pairs", a, b, pairs)
    if len(rows) < 2:
        raise ConfigError(
            f"alignment needs at least two pairs of words that both sides know, not {len(rows)}"
            + (f" ({unknown:,} pairs have an unknown word)" if unknown else "")
        )
    if len(rows) < a.dim:
        advise(f"{len(rows):,} pairs do not decide a turn of {a.dim} dimensions: give more pairs, or shorter vectors")
    if test is None:
        tested = rows[_held_out(rows, top, seed)]
        tested = tested[tested[:, 1] < top]
    else:
        tested, missing = _given("test", a, b, test)
        near = (tested < top).all(axis=1)
        tested, unknown = tested[near], unknown + missing + int((~near).sum())
        if not len(tested):
            raise ConfigError(f"{option('test')} has no pair of words that are among the first {top:,} of both sides")
    precision: tuple[Precision, ...] = ()
    if len(tested):
        fitted = rows[~np.isin(rows[:, 0], tested[:, 0])]
        if len(fitted) < 2:
            raise ConfigError(f"{option('test')} has the words of all pairs: leave some of them out, to be fitted to")
        precision = _measured(a, b, _refined(a.matrix, b.matrix, fitted, rounds), tested, top)
    turn = _refined(a.matrix, b.matrix, rows, rounds)
    return Alignment(turned(a, turn), b, turn, len(rows), unknown, len(np.unique(tested[:, 0])), top, precision)


def turn_between(a: Float32s, b: Float32s, rows: Int64s) -> npt.NDArray[np.float64]:
    """Return the orthogonal matrix that brings directions of `a` nearest to those of `b`, shape (dim, dim).

    Parameters
    ----------
    a, b : float32 array, shape (n, dim), (m, dim)
    rows : int64 array, shape (pairs, 2)
        A row of `a` and its partner in `b`.
    """
    dim = a.shape[1]
    products = np.zeros((dim, dim))
    for part in pieces(len(rows), 8 * dim):
        products += unit_rows(a[rows[part, 0]]).astype(np.float64).T @ unit_rows(b[rows[part, 1]])
    left, _, right = np.linalg.svd(products)
    turn: npt.NDArray[np.float64] = left @ right
    return turn


def _refined(a: Float32s, b: Float32s, rows: Int64s, rounds: int) -> npt.NDArray[np.float64]:
    """Return the turn between pairs, fitted so many times more to the mutual nearest words that it finds."""
    turn = turn_between(a, b, rows)
    there = unit_rows(b[:_REFINED])
    for _ in range(rounds):
        here = unit_rows(_times(a[:_REFINED], turn))
        partners, back = _best_by_csls(here, there), _best_by_csls(there, here)
        mutual = np.flatnonzero(back[partners] == np.arange(len(here)))
        if len(mutual) < a.shape[1]:  # too few to decide a turn
            break
        turn = turn_between(a, b, np.stack([mutual, partners[mutual]], axis=1))
    return turn


def _best_by_csls(queries: Float32s, among: Float32s) -> Int64s:
    """Return the row of `among` that is the nearest of each query by CSLS."""
    nearness = _nearness(among, queries)
    return np.concatenate([np.argmax(2 * block - nearness, axis=1) for _, block in _blocked(queries, among)])


def turned(vectors: WordVectors, turn: npt.NDArray[np.float64]) -> WordVectors:
    """Return the vectors times an orthogonal matrix; n-grams are turned alike, so that they compose as before."""
    subwords = vectors.subwords
    if subwords is not None:
        subwords = dataclasses.replace(subwords, matrix=_times(subwords.matrix, turn))
    matrix = _times(vectors.matrix, turn)
    return WordVectors(vectors.words, matrix, counts=vectors.counts, subwords=subwords, form=vectors.form)


def _times(matrix: Float32s, turn: npt.NDArray[np.float64]) -> Float32s:
    result = np.empty(matrix.shape, np.float32)
    for rows in pieces(len(matrix), 8 * matrix.shape[1]):
        result[rows] = matrix[rows] @ turn
    return result


def _read(path: str | os.PathLike[str]) -> list[tuple[str, str]]:
    """Return the pairs of words in a file; raises FormatError for a line that is not two words."""
    source = Input(path, FormatError)
    pairs = []
    with source.open() as stream:
        for number, line in enumerate(text_lines(stream, "replace"), 1):
            fields = line.strip().split("\t") if "\t" in line.strip() else line.split()
            if len(fields) == 2:
                pairs.append((fields[0].strip(), fields[1].strip()))
            elif fields:
                raise FormatError(
                    f"{source.name}, line {number}: {len(fields)} words: write two, with a tab or a space between them"
                )
    return pairs


def _shared(a: WordVectors, b: WordVectors, top: int) -> tuple[Int64s, int]:
    """Return the rows of the words among the first `top` of both."""
    found = [(row, b.index(word)) for row, word in enumerate(a.words[:top]) if word in b]
    rows = np.array(found, np.int64).reshape(-1, 2)
    return rows[rows[:, 1] < top], 0


def _given(
    name: str, a: WordVectors, b: WordVectors, pairs: Iterable[tuple[str, str]] | str | os.PathLike[str]
) -> tuple[Int64s, int]:
    """Return the rows of pairs of words, each pair once, and how many have an unknown word."""
    if isinstance(pairs, (str, os.PathLike)):
        pairs = _read(pairs)
    found: dict[tuple[int, int], None] = {}
    unknown = 0
    for pair in listed(name, pairs, "pairs of words"):
        if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not all(isinstance(word, str) for word in pair):
            raise ConfigError(f"{option(name)} must be pairs of words, not {shown(pair)}")
        places = a.find(pair[0]), b.find(pair[1])
        if places[0] is None or places[1] is None:
            unknown += 1
        else:
            found[places[0], places[1]] = None
    return np.array(list(found), np.int64).reshape(-1, 2), unknown


def _held_out(rows: Int64s, top: int, seed: int) -> npt.NDArray[np.bool_]:
    """Return which pairs are held out: all of a fifth of the words of `a`, among the first `top` of both."""
    near = (rows < top).all(axis=1)
    words = np.unique(rows[near, 0])
    count = min(int(_TESTED_SHARE * len(words)), _MOST_TESTED)
    if count < _LEAST_TESTED:
        return np.zeros(len(rows), np.bool_)
    source = np.random.Generator(np.random.PCG64([seed, _PURPOSE]))
    return np.isin(rows[:, 0], source.choice(words, count, replace=False))


def _measured(
    a: WordVectors, b: WordVectors, turn: npt.NDArray[np.float64], rows: Int64s, top: int
) -> tuple[Precision, ...]:
    """Return the precision of a turn for pairs that it was not fitted to."""
    there, here = unit_rows(b.matrix[:top]), unit_rows(_times(a.matrix[:top], turn))
    queries = np.unique(rows[:, 0])
    cosines = _blocked(here[queries], there)
    nearness = _nearness(there, here)
    hits = {("CSLS", k): 0 for k in DEPTHS} | {("cosine", k): 0 for k in DEPTHS}
    for part, block in cosines:
        for number, query in enumerate(queries[part]):
            partners = rows[rows[:, 0] == query, 1]
            for measure, scores in (("CSLS", 2 * block[number] - nearness), ("cosine", block[number])):
                # how many words are nearer than the nearest partner
                before = int((scores > scores[partners].max()).sum())
                for k in DEPTHS:
                    hits[measure, k] += before < k
    return tuple(Precision(*key, *_share(count, len(queries))) for key, count in hits.items())


def _blocked(a: Float32s, b: Float32s) -> Iterable[tuple[slice, Float32s]]:
    """Yield products of rows of `a` with all of `b`, a block at a time."""
    block = max(1, _BLOCK_BYTES // (4 * len(b)))
    for start in range(0, len(a), block):
        yield slice(start, start + block), a[start : start + block] @ b.T


def _nearness(there: Float32s, here: Float32s) -> Float32s:
    """Return the mean cosine of each row of `there` with its nearest of `here`."""
    return np.concatenate([_mean_of_nearest(block) for _, block in _blocked(there, here)])


def _mean_of_nearest(cosines: Float32s) -> Float32s:
    """Return the mean of the largest scores of each row."""
    count = min(_NEIGHBOURS, cosines.shape[1])
    found: Float32s = np.partition(cosines, cosines.shape[1] - count, axis=1)[:, -count:].mean(axis=1)
    return found


def _share(hits: int, of: int) -> tuple[float, float, float]:
    """Return a share and Wilson's interval."""
    share, squared = hits / of, _NORMAL_95**2
    middle = (share + squared / (2 * of)) / (1 + squared / of)
    half = _NORMAL_95 / (1 + squared / of) * math.sqrt(share * (1 - share) / of + squared / (4 * of * of))
    return share, max(0.0, middle - half), min(1.0, middle + half)
