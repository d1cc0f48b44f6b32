"""The performance goals: for every row what is wanted at least and what is hoped for, in one table.

The acceptance floors (`floors`) are what a release must not fall below; these say where the package wants to be. All
are ratios of two rates in the same run, but for the memory, which is in million bytes and has a ceiling.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.floors import MET, MISSED

__all__ = ["GOALS", "HOPED", "MODELS", "Goal"]

HOPED = "hoped for"
"""The verdict on a figure that reaches even what is hoped for."""


@dataclass(frozen=True)
class Goal:
    """Two bounds on one figure; `most` turns them into ceilings, `hoped` None leaves the second out."""

    least: float
    hoped: float | None
    most: bool = False

    def verdict(self, value: float) -> str:
        """Return `HOPED`, `MET` or `MISSED`; a bound itself is allowed."""
        sign = -1 if self.most else 1
        if self.hoped is not None and sign * value >= sign * self.hoped:
            return HOPED
        return MET if sign * value >= sign * self.least else MISSED

    def cells(self) -> tuple[str, str]:
        """Return both bounds in words."""
        relation = "<=" if self.most else ">="
        return f"{relation} {self.least:g}", "-" if self.hoped is None else f"{relation} {self.hoped:g}"


MODELS = {
    "skip-gram-100": Goal(12, 16),
    "skip-gram-300": Goal(9, 13),
    "cbow-100": Goal(5, 9),
    "cbow-300": Goal(3.5, 6),
    "subword-skip-gram-100": Goal(10, 15),
    "subword-cbow-100": Goal(5, 10),
}
"""Model-dim -> how many times as fast as the peer on one thread."""

DETERMINISTIC = ("skip-gram-100", "cbow-100", "subword-skip-gram-100")
"""Models whose deterministic mode is set against the free-running one, on two threads."""

GOALS = {
    **MODELS,
    **{f"{model}-threads": Goal(1.8, 1.95) for model in MODELS},
    **{f"{model}-deterministic": Goal(0.6, 0.9) for model in DETERMINISTIC},
    "vocabulary-1m": Goal(0.6, 0.75),
    "all-in": Goal(8, 13),
    "encode": Goal(8, 15),
    "peak-skip-gram-300": Goal(0.7, 0.85),
    "peak-cbow-300": Goal(0.3, 0.5),
    "avx2-skip-gram-100": Goal(0.6, 0.75),
    "avx2-cbow-100": Goal(0.6, 0.75),
    "memory": Goal(500, None, most=True),
}
"""Row -> its goal, in the order in which they are measured."""
