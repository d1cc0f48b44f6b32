"""What is made of repeated measurements: medians, spreads, ratios pair by pair, intervals over seeds."""

from __future__ import annotations

import importlib
import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Summary", "mean_interval", "pairwise_ratios", "summarise"]


@dataclass(frozen=True)
class Summary:
    """Some measurements of one thing.

    Attributes
    ----------
    median, mean, low, high : float
        `low` and `high` are the smallest and the largest measurement.
    values : tuple of float
        In the order they were taken.
    """

    median: float
    mean: float
    low: float
    high: float
    values: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able mapping."""
        return asdict(self)


def summarise(values: Sequence[float]) -> Summary:
    """Sum up one or more finite measurements; raises ValueError for none or for one that is not finite."""
    if not values or not all(math.isfinite(value) for value in values):
        raise ValueError(f"need one or more finite measurements, not {list(values)}")
    return Summary(statistics.median(values), statistics.fmean(values), min(values), max(values), tuple(values))


def pairwise_ratios(ours: Sequence[float], peer: Sequence[float]) -> Summary:
    """Sum up ``ours[i] / peer[i]``: the two of a pair ran one after the other, under about the same load."""
    return summarise([a / b for a, b in zip(ours, peer, strict=True)])


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float] | None:
    """Return Student's t interval of the mean; None for fewer than two values."""
    if len(values) < 2:
        return None
    stats = importlib.import_module("scipy.stats")  # slow to load, so only where it is needed
    mean = statistics.fmean(values)
    quantile = float(stats.t.ppf((1 + confidence) / 2, len(values) - 1))
    half = quantile * statistics.stdev(values) / math.sqrt(len(values))
    return mean - half, mean + half
