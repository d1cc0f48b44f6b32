"""What is made of repeated measurements: medians, spreads, ratios pair by pair, intervals over seeds."""

from __future__ import annotations

import importlib
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    """Some measurements of one thing, in the order they were taken, and the median, mean, least and most of them."""

    median: float
    mean: float
    low: float
    high: float
    values: tuple[float, ...]


def summarise(values: Sequence[float]) -> Summary:
    """Sum up one or more finite measurements; raises ValueError for none or for one that is not finite."""
    if not values or not all(math.isfinite(value) for value in values):
        raise ValueError(f"need one or more finite measurements, not {list(values)}")
    return Summary(statistics.median(values), statistics.fmean(values), min(values), max(values), tuple(values))


def mean_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Return Student's 95 % interval of the mean; None for fewer than two values."""
    if len(values) < 2:
        return None
    stats = importlib.import_module("scipy.stats")  # slow to load, so only where it is needed
    half = float(stats.t.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / math.sqrt(len(values))
    mean = statistics.fmean(values)
    return mean - half, mean + half
