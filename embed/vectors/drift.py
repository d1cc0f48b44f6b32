"""Tell how far words have moved between two slices of time, beyond what another text of the same time would move them.

The vector of a word differs between two texts of the same time, and between two trainings on one text, above all that
of a rare word, so a cosine between two periods alone says little (Dubossarsky, Weinshall & Grossman 2017, "Outta
Control: Laws of Semantic Change and Inherent Biases in Word Representation Models", EMNLP). Replicates of both slices
(:mod:`embed.vectors.replicates`) tell how much: the vectors from draws of the sentences of a slice scatter around
their mean as the mean itself scatters around what all texts of that time would give (the bootstrap principle: Efron &
Tibshirani 1993, chapter 4). With the unit vectors a_i and b_j of a word, their means ā and b̄, the traces A and B of
their covariances, and N and M replicates, the drift is

    d = ½ (‖ā - b̄‖² - (1 + 1/N) A - (1 + 1/M) B),

half the squared distance of the mean directions, less what chance adds to it: about the mean of 1 - cosine between
replicates of both slices, less those between replicates of the same slice. It is 0 or less on average for a word that
did not change (less, because training noise is subtracted once more than it adds), and 1 - cosine without noise.

The interval is d ± t s with Student's t, from the variance of half a squared normal length, s² = δᵀ Σ δ + ½ tr Σ²,
where Σ is the covariance of ā - b̄, (1 + 1/N) and (1 + 1/M) times those of the replicates, and δ its mean. Both terms
are estimated without bias: tr Σ² after Bai & Saranadasa 1996, "Effect of High Dimension: by an Example of a Two
Sample Problem", Statistica Sinica 6. It covers the draw of the sentences of both slices and the training; it does not
cover how the texts of a slice were chosen.

All replicates are first turned to the first one of the second slice (:mod:`embed.vectors.alignment`), unless they
share a space because the output vectors were frozen.

Rejected: the cosine of two models (an interval of nothing); subtracting the distance within slices only by half, as
the distance of two samples does (the mean of few occurrences then counts as change: of random halves of one text,
half of the words of the head of the list had an interval far above 0).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
from embed.vectors.student import student_quantile
from embed.vectors.word_vectors import WordVectors

__all__ = ["LEAST_REPLICATES", "Drift", "drift"]

LEAST_REPLICATES = 3
"""The fewest of which the squared covariance can be estimated."""

Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]


class Drift(NamedTuple):
    """How far a word has moved beyond what chance moves it, with its interval.

    0 or less is no change beyond chance, 1 unrelated directions. `low` and `high` are NaN without replicates.
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
    moved = a.mean(axis=0) - b.mean(axis=0)
    sides = [_Scatter.of(side, moved) for side in (a, b)]
    distance = np.einsum("wd,wd->w", moved, moved)
    values = 0.5 * (distance - sum(side.scale * side.trace for side in sides))
    crossed = np.einsum("iwd,jwd->wij", sides[0].deviations, sides[1].deviations) ** 2
    crossed = crossed.sum(axis=(1, 2)) / ((len(a) - 1) * (len(b) - 1))
    squared = sum(side.scale**2 * side.squared for side in sides) + 2 * sides[0].scale * sides[1].scale * crossed
    along = sum(side.scale * side.along for side in sides)
    variance = np.maximum(along - squared, 0) + 0.5 * squared
    half: Float64s = student_quantile(min(len(a), len(b)) - 1, confidence) * np.sqrt(variance)
    return values, half


@dataclass(frozen=True, eq=False)
class _Scatter:
    """How the replicates of a slice scatter around their mean, for each word.

    Attributes
    ----------
    deviations : float64 array, shape (N, words, dim)
        From the mean.
    scale : float
        1 + 1/N: the error of the slice, and that of the mean of N replicates.
    trace, squared : float64 array, shape (words,)
        The trace of the covariance C, and that of C², without bias.
    along : float64 array, shape (words,)
        The variance along the move of the word, times its squared length.
    """

    deviations: Float64s
    scale: float
    trace: Float64s
    squared: Float64s
    along: Float64s

    @classmethod
    def of(cls, units: Float64s, moved: Float64s) -> _Scatter:
        """Return the scatter of unit vectors; `moved` is float64[words, dim]."""
        count, deviations = len(units), units - units.mean(axis=0)
        products = np.einsum("iwd,jwd->wij", deviations, deviations)
        trace = np.einsum("wii->w", products) / (count - 1)
        plain = np.einsum("wij,wij->w", products, products) / (count - 1) ** 2
        squared = (count - 1) ** 2 / ((count - 2) * (count + 1)) * (plain - trace**2 / (count - 1))
        along = np.einsum("iwd,wd->iw", deviations, moved)
        return cls(deviations, 1 + 1 / count, trace, np.maximum(squared, 0), (along**2).sum(axis=0) / (count - 1))
