"""Tell how far words have moved between two slices of time, beyond what training again would move them.

The vector of a word differs between two trainings on the same text, above all that of a rare word, so a cosine between
two periods alone says little (Dubossarsky, Weinshall & Grossman 2017, "Outta Control: Laws of Semantic Change and
Inherent Biases in Word Representation Models", EMNLP). With replicates of both slices
(:mod:`embed.vectors.replicates`), trained on draws of the sentences of each, the drift of a word is

    d = ½ ‖ū - v̄‖² = between - ½ (within a + within b),

half the squared distance of its mean directions in both slices: the mean of 1 - cosine over the pairs of a replicate of
one and of the other, less the means over pairs of replicates of the same slice. The estimate is without bias: it is 0
on average, and may be below 0, for a word that did not change; without noise it is 1 - cosine. (It is the statistic of
Gretton et al. 2012, "A Kernel Two-Sample Test", JMLR 13, lemma 6, with the cosine as the kernel.)

The interval is that of the jackknife over the replicates of both slices (Arvesen 1969, "Jackknifing U-statistics",
Annals of Mathematical Statistics 40), with Student's t. It covers the draw of the sentences of both slices and the
training; it does not cover how the texts of a slice were chosen.

All replicates are first turned to the first one of the second slice (:mod:`embed.vectors.alignment`), unless they share
a space because the output vectors were frozen.

Rejected: the cosine of two models (an interval of nothing), permutations of replicates between the slices (with 8 and 8
there are too few for a list of many words).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from embed.arguments import listed, real_number, shown, text, whole_number
from embed.errors import ConfigError
from embed.messages import option
from embed.pieces import pieces
from embed.vectors.alignment import turn_between
from embed.vectors.replicates import Replicates
from embed.vectors.search import unit_rows
from embed.vectors.word_vectors import WordVectors

__all__ = ["LEAST_REPLICATES", "Drift", "drift"]

LEAST_REPLICATES = 3
"""The jackknife leaves one out, and two must be left to differ."""

Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]


class Drift(NamedTuple):
    """How far a word has moved: half the squared distance of its mean directions, and its interval.

    0 is no change beyond chance, 1 unrelated directions. `low` and `high` are NaN without replicates.
    """

    word: str
    value: float
    low: float
    high: float


def drift(
    a: Replicates | WordVectors,
    b: Replicates | WordVectors,
    words: Iterable[str] | None = None,
    *,
    top: int | None = None,
    same_space: bool = False,
    confidence: float = 0.95,
) -> list[Drift]:
    """Return how far each word has moved from one slice to another.

    Parameters
    ----------
    a, b : Replicates, or WordVectors
        Of the two slices, at least 3 replicates of each; from 8 on the intervals are short. Vectors of a single
        training give 1 - cosine, which is more than 0 for every word, and no interval.
    words : iterable of str, optional
        Default: the words of both slices. Words that a slice does not know are left out, and so are words that no
        replicate of a slice has trained, because they do not occur there.
    top : int, optional
        Only the first `top` words of both slices (default: all).
    same_space : bool
        The vectors share a space already, because they were trained with the output vectors of one model
        (``freeze="outputs"``).
    confidence : float
        Of the intervals.

    Returns
    -------
    list of Drift
        Of the words that have surely moved the farthest first: by the lower end of the interval; without intervals, by
        the value.

    Raises
    ------
    ConfigError
        No word is left, the dimensions differ, or there are too few replicates.
    """
    left, right = _members("a", a), _members("b", b)
    confidence = real_number("confidence", confidence, above=0.0, below=1.0)
    has_intervals = min(len(left), len(right)) > 1
    if left[0].dim != right[0].dim:
        raise ConfigError(
            f"vectors of {left[0].dim} and of {right[0].dim} dimensions cannot be compared: train both with one dim"
        )
    shared = _rows(left[0], right[0], None if words is None else listed("words", words, "words"), top)
    turns = _turns(left, right, same_space)
    found: list[Drift] = []
    each = 8 * left[0].dim * (len(left) + len(right))
    for part in pieces(len(shared), each):
        rows = shared[part]
        sides = _directions(left, turns[0], rows[:, 0]), _directions(right, turns[1], rows[:, 1])
        # replicates that all have the bits of the model they continue from have not met the word
        learnt = [(side != side[0]).any(axis=(0, 2)) | (len(side) == 1) for side in sides]
        values, half = _estimates(sides[0], sides[1], confidence) if has_intervals else _single(sides[0], sides[1])
        for number in np.flatnonzero(learnt[0] & learnt[1]):
            value, reach = float(values[number]), float(half[number])
            found.append(Drift(left[0].words[rows[number, 0]], value, value - reach, value + reach))
    if not found:
        raise ConfigError("no word is in both slices: give vectors of the same language, or other words")
    return sorted(found, key=lambda one: -(one.low if has_intervals else one.value))


def _members(name: str, slice_: object) -> Sequence[WordVectors]:
    """Return the replicates of a slice, or its single vectors."""
    if isinstance(slice_, WordVectors):
        return [slice_]
    if not isinstance(slice_, Replicates):
        raise ConfigError(f"{option(name)} must be Replicates or WordVectors, not {shown(slice_)}")
    if len(slice_) < LEAST_REPLICATES:
        raise ConfigError(
            f"{option(name)} has {len(slice_)} replicates, and an interval needs at least {LEAST_REPLICATES}: train "
            "more with embed.replicate"
        )
    return slice_


def _rows(a: WordVectors, b: WordVectors, words: list[str] | None, top: int | None) -> Int64s:
    """Return the rows of the words of both slices, int64[n, 2]."""
    most = max(len(a), len(b)) if top is None else whole_number("top", top, 1)
    names = a.words[:most] if words is None else dict.fromkeys(text("a word", word) for word in words)
    places = ((a.find(word), b.find(word)) for word in names)
    found = [(one, other) for one, other in places if one is not None and other is not None]
    rows = np.array(found, np.int64).reshape(-1, 2)
    return rows[(rows < most).all(axis=1)]


def _turns(
    a: Sequence[WordVectors], b: Sequence[WordVectors], same_space: bool
) -> tuple[list[Float64s], list[Float64s]]:
    """Return the matrices that turn each replicate to the first one of `b`."""
    if same_space:
        return [np.eye(a[0].dim)] * len(a), [np.eye(b[0].dim)] * len(b)
    shared = _rows(a[0], b[0], None, None)
    own = np.repeat(np.arange(len(b[0]))[:, None], 2, axis=1)
    first = b[0].matrix
    return (
        [turn_between(each.matrix, first, shared) for each in a],
        [np.eye(b[0].dim), *(turn_between(each.matrix, first, own) for each in b[1:])],
    )


def _directions(members: Sequence[WordVectors], turns: Sequence[Float64s], rows: Int64s) -> Float64s:
    """Return the turned unit vectors of some rows of each replicate, float64[N, rows, dim]."""
    return np.stack([unit_rows(each.matrix[rows]) @ turn for each, turn in zip(members, turns, strict=True)])


def _single(a: Float64s, b: Float64s) -> tuple[Float64s, Float64s]:
    """Return 1 - the mean cosine of each word, and no interval."""
    values = 1 - np.einsum("wd,wd->w", a.mean(axis=0), b.mean(axis=0))
    return values, np.full(len(values), np.nan)


def _estimates(a: Float64s, b: Float64s, confidence: float) -> tuple[Float64s, Float64s]:
    """Return the drift of each word and half the width of its interval.

    Parameters
    ----------
    a, b : float64 array, shape (N, words, dim), (M, words, dim)
        Unit vectors of the replicates of both slices.
    confidence : float
    """
    from scipy.special import stdtrit

    sums, squares = [side.sum(axis=0) for side in (a, b)], [(side**2).sum(axis=2) for side in (a, b)]
    values = _drift_of(sums[0], squares[0].sum(axis=0), len(a), sums[1], squares[1].sum(axis=0), len(b))
    variance = np.zeros(len(values))
    for side, (own, other) in enumerate(((a, b), (b, a))):
        without = np.stack(
            [
                _drift_of(
                    sums[side] - own[left_out],
                    squares[side].sum(axis=0) - squares[side][left_out],
                    len(own) - 1,
                    sums[1 - side],
                    squares[1 - side].sum(axis=0),
                    len(other),
                )
                for left_out in range(len(own))
            ]
        )
        variance += (len(own) - 1) * without.var(axis=0)
    freedom = min(len(a), len(b)) - 1
    half: Float64s = float(stdtrit(freedom, (1 + confidence) / 2)) * np.sqrt(variance)
    return values, half


def _drift_of(
    a_sum: Float64s, a_squares: Float64s, a_count: int, b_sum: Float64s, b_squares: Float64s, b_count: int
) -> Float64s:
    """Return between - ½ (within a + within b) of each word, from the sums of its unit vectors and of their squares."""
    within = [
        (np.einsum("wd,wd->w", total, total) - squares) / (count * (count - 1))
        for total, squares, count in ((a_sum, a_squares, a_count), (b_sum, b_squares, b_count))
    ]
    between = np.einsum("wd,wd->w", a_sum, b_sum) / (a_count * b_count)
    found: Float64s = 0.5 * (within[0] + within[1]) - between
    return found
