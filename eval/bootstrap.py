"""Estimate confidence intervals and a paired test by the bootstrap (Efron & Tibshirani 1993, chapters 13 and 16).

A resample of n units is a vector of n counts that sum to n, so a statistic takes *weights* of shape
(resamples, n) and returns one value per row. Data is never copied or re-sorted: the weighted Spearman
coefficient of the original pairs equals the plain coefficient of the resampled pairs.

The unit is what was sampled: a pair of words, or a cluster of analogy questions with the same section and first
pair. Resampling single questions would treat 22 questions about "Athens Greece" as independent, and the interval
would be too short. Rejected: the binomial interval (same fault); Fisher's z for Spearman (no paired form).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Difference", "OverRuns", "Score", "Statistic", "estimate", "estimate_difference", "mean_of"]

Floats = NDArray[np.float64]
# weights (r, n) -> values (r,); NaN where the statistic is undefined
Statistic = Callable[[Floats], Floats]

_CHUNK_WEIGHTS = 1 << 21  # weights in memory at once: 16 MB
_LEAST_UNITS = 3  # the spread of fewer units cannot be estimated
_LEAST_DEFINED_SHARE = 0.5  # of the resamples; fewer give no interval


@dataclass(frozen=True)
class Score:
    """An estimate in percent points, with its interval.

    Attributes
    ----------
    value, low, high : float or None
        None if undefined: there are no items, the score is constant, or there are too few units for an interval.
    items : int
        The number of pairs or questions behind the value.
    """

    value: float | None
    low: float | None
    high: float | None
    items: int

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able mapping."""
        return asdict(self)


@dataclass(frozen=True)
class Difference:
    """The difference of two scores on the same items, B minus A, in percent points.

    Attributes
    ----------
    value, low, high : float or None
        As in :class:`Score`.
    p : float or None
        The two-sided p-value of "no difference" by the paired bootstrap; at least 2 / (resamples + 1).
    items : int
    """

    value: float | None
    low: float | None
    high: float | None
    p: float | None
    items: int

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able mapping."""
        return asdict(self)


class OverRuns:
    """The same statistic of several training runs: its mean, and over resamples that take one run after the other.

    A run on a resampled text is itself a resample, so resample r of the items goes with run r modulo the number of
    runs: the spread is that of items, texts and trainings together. Two models whose runs have the same texts in the
    same order are compared on the same texts.

    Parameters
    ----------
    runs : sequence of Statistic
    """

    def __init__(self, runs: Sequence[Statistic]) -> None:
        self.runs = tuple(runs)

    def mean(self, weights: Floats) -> Floats:
        """Return the mean over the runs for each row of `weights`."""
        mean: Floats = np.mean([run(weights) for run in self.runs], axis=0)
        return mean

    def __call__(self, weights: Floats) -> Floats:
        values = np.empty(len(weights))
        for number, run in enumerate(self.runs):
            values[number :: len(self.runs)] = run(weights[number :: len(self.runs)])
        return values


def mean_of(values: Floats) -> Statistic:
    """Return the statistic that is the mean of values, float64[units]."""

    def mean(weights: Floats) -> Floats:
        found: Floats = weights @ values / weights.sum(axis=1)
        return found

    return mean


def estimate(statistic: Statistic, units: int, *, items: int, resamples: int, seed: int, confidence: float) -> Score:
    """Evaluate `statistic` (a share or a correlation) with its percentile interval; both times 100."""
    value = _point(statistic, units)
    if value is None:
        return Score(None, None, None, items)
    low, high = _interval(_resampled(statistic, units, resamples, seed), units, confidence)
    return Score(value, low, high, items)


def estimate_difference(
    a: Statistic, b: Statistic, units: int, *, items: int, resamples: int, seed: int, confidence: float
) -> Difference:
    """Evaluate b - a on the same resamples, with its interval and two-sided p-value.

    p = min(1, 2 (1 + min(#{d* <= 0}, #{d* >= 0})) / (R + 1)): the share of resampled differences d* on the other side
    of zero, counting the observed sample as one resample (Davison & Hinkley 1997, eq. 4.11).
    """

    def difference(weights: Floats) -> Floats:
        return b(weights) - a(weights)

    points = [_point(one, units) for one in (a, b)]
    value = None if points[0] is None or points[1] is None else points[1] - points[0]
    if value is None:
        return Difference(None, None, None, None, items)
    drawn = _resampled(difference, units, resamples, seed)
    low, high = _interval(drawn, units, confidence)
    if low is None:
        return Difference(value, None, None, None, items)
    defined = drawn[~np.isnan(drawn)]
    other_side = min(np.count_nonzero(defined <= 0), np.count_nonzero(defined >= 0))
    p = min(1.0, 2 * (1 + other_side) / (defined.size + 1))
    return Difference(value, low, high, p, items)


def _point(statistic: Statistic, units: int) -> float | None:
    if units == 0:
        return None
    whole = statistic.mean if isinstance(statistic, OverRuns) else statistic
    value = 100 * float(whole(np.ones((1, units)))[0])
    return None if np.isnan(value) else value


def _resampled(statistic: Statistic, units: int, resamples: int, seed: int) -> Floats:
    """Return 100 x the statistic of each resample, shape (resamples,)."""
    if units < _LEAST_UNITS:
        return np.empty(0)
    generator = np.random.default_rng(seed)
    at_once = max(1, _CHUNK_WEIGHTS // units)
    parts = [np.empty(0)]
    for start in range(0, resamples, at_once):
        count = min(at_once, resamples - start)
        drawn = generator.integers(0, units, size=(count, units))
        drawn += np.arange(count)[:, np.newaxis] * units
        weights = np.bincount(drawn.ravel(), minlength=count * units).reshape(count, units)
        parts.append(100 * statistic(weights.astype(np.float64)))
    return np.concatenate(parts)


def _interval(drawn: Floats, units: int, confidence: float) -> tuple[float | None, float | None]:
    defined = drawn[~np.isnan(drawn)]
    if units < _LEAST_UNITS or defined.size == 0 or defined.size < _LEAST_DEFINED_SHARE * drawn.size:
        return None, None
    tail = 50 * (1 - confidence)
    low, high = np.percentile(defined, (tail, 100 - tail))
    return float(low), float(high)
