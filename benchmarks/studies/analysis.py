"""What is made of the results of a study: robust standard scores, tests over seeds, the Pareto front."""

from __future__ import annotations

import importlib
import math
import statistics
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

Record = Mapping[str, Any]

_MAD_TO_DEVIATION = 1.4826
"""The standard deviation of normally distributed values over their median absolute deviation."""
_LEAST_SPREAD = 1e-9
"""Values that differ by less than this are the same, and so are their standard scores."""


@dataclass(frozen=True)
class Difference:
    """Between the means of one figure over the seeds of two settings, with Student's 95 % interval."""

    mean: float
    low: float
    high: float
    p: float  # two-sided, of the hypothesis that there is no difference
    paired: bool  # seed by seed (same start, same tokens), or Welch's test of two samples
    seeds: int  # pairs, or the smaller of the two samples

    @property
    def verdict(self) -> str:
        """Return "better", "worse" or "no difference", by the interval."""
        return "better" if self.low > 0 else "worse" if self.high < 0 else "no difference"


def difference(ours: Mapping[int, float], other: Mapping[int, float], *, paired: bool) -> Difference | None:
    """Compare values by seed; None with fewer than two of either (paired: of both).

    Student (1908) on the differences pair by pair; Welch (1947), with the degrees of freedom of Satterthwaite, if they
    are not pairs.
    """
    if paired:
        seeds = sorted(set(ours) & set(other))
        ours, other = ({seed: values[seed] for seed in seeds} for values in (ours, other))
    a, b = list(ours.values()), list(other.values())
    if min(len(a), len(b)) < 2:
        return None
    if paired:
        parts = [statistics.variance([x - y for x, y in zip(a, b, strict=True)]) / len(a)]
        freedoms = [len(a) - 1]
    else:
        parts = [statistics.variance(values) / len(values) for values in (a, b)]
        freedoms = [len(values) - 1 for values in (a, b)]
    mean = statistics.fmean(a) - statistics.fmean(b)
    error = math.sqrt(sum(parts))
    if error < _LEAST_SPREAD:  # nothing varies: a difference is certain, or there is none
        low, high, p = mean, mean, float(abs(mean) < _LEAST_SPREAD)
    else:
        student = importlib.import_module("scipy.stats").t  # slow to load, so only where it is needed
        freedom = sum(parts) ** 2 / sum(part**2 / of for part, of in zip(parts, freedoms, strict=True))
        half = float(student.ppf(0.975, freedom)) * error
        low, high, p = mean - half, mean + half, 2 * float(student.sf(abs(mean) / error, freedom))
    return Difference(mean, low, high, p, paired, min(len(a), len(b)))


def standing(scores: Mapping[str, Mapping[str, float]], group: Collection[str] | None = None) -> dict[str, float]:
    """Return the mean robust standard score of each candidate over the figures that all of them have.

    That is (value - median) / (1.4826 median absolute deviation); both are taken over a `group`, so that others can
    join later. A rate that is far too high costs thirty points of one figure and ten of another: a plain standard
    deviation would take its weights from that one run.
    """
    if not scores:
        return {}
    figures = set.intersection(*(set(values) for values in scores.values()))
    totals = dict.fromkeys(scores, 0.0)
    for figure in figures:
        values = [scores[name][figure] for name in scores if group is None or name in group]
        if not values:
            continue
        middle = statistics.median(values)
        spread = _MAD_TO_DEVIATION * statistics.median(abs(value - middle) for value in values)
        if spread > _LEAST_SPREAD:
            for name in scores:
                totals[name] += (scores[name][figure] - middle) / spread
    return {name: total / max(1, len(figures)) for name, total in totals.items()}


def pareto(points: Mapping[str, tuple[float, float]]) -> list[str]:
    """Return the names of the (cost, score) points that no other one beats in both, by rising cost."""
    front, best = [], -math.inf
    for name in sorted(points, key=lambda name: (points[name][0], -points[name][1])):
        if points[name][1] > best:
            front.append(name)
            best = points[name][1]
    return front
