"""The thresholds of ``goals.toml``: what a release must reach, and what is hoped for."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOPED, MET, MISSED, NONE = "hoped for", "met", "missed", "-"
MARKS = {HOPED: "✓✓", MET: "✓", MISSED: "✗", NONE: NONE}
"""A verdict as the tables show it."""
TABLE: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(
    Path(__file__).parents[1].joinpath("goals.toml").read_text("utf-8")
)
"""Command -> row -> what is compared, and its bounds."""


@dataclass(frozen=True)
class Bound:
    """Two bounds on one figure; `most` turns them into ceilings, `hoped` None leaves the second out."""

    least: float
    hoped: float | None = None
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
        return f"{relation} {self.least:g}", NONE if self.hoped is None else f"{relation} {self.hoped:g}"


def bound_of(command: str, row: str, figure: str | None = None) -> Bound | None:
    """Return the bound of a row, or of a figure of a row that has several; None if it has none."""
    declared = TABLE.get(command, {}).get(row, {})
    if figure is not None:
        bounds = declared.get(figure)  # a number, or a list of two
        return None if bounds is None else Bound(*(bounds if isinstance(bounds, list) else [bounds]))
    if "most" in declared:
        return Bound(declared["most"], most=True)
    return Bound(declared["least"], declared.get("hoped")) if "least" in declared else None
