"""What was claimed or wished for, beside what was measured."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.lib.report import markdown
from benchmarks.studies import tables
from benchmarks.studies.analysis import difference
from benchmarks.studies.place import Place
from benchmarks.studies.setting import Setting

HOLDS, OPEN, FAILS = "holds", "open: the interval contains it", "does not hold"


@dataclass(frozen=True)
class Claim:
    """That one setting reaches another, but for `margin` points, on each of some figures."""

    sentence: str
    setting: Setting
    other: Setting
    figures: Sequence[str]
    margin: float = 0.0

    def rows(self, place: Place, seeds: Sequence[int]) -> list[tuple[str, ...]]:
        """Return a row for each figure that is measured."""
        rows = []
        ours, other = (place.records(one, seeds) for one in (self.setting, self.other))
        for figure in self.figures:
            pair = (tables.by_seed(ours, figure), tables.by_seed(other, figure))
            found = difference(*pair, paired=tables.is_paired(self.setting, self.other))
            if found is not None:
                verdict = HOLDS if found.low >= -self.margin else OPEN if found.high >= -self.margin else FAILS
                value = f"{found.mean:+.2f} ({found.low:+.2f} to {found.high:+.2f})"
                rows.append((self.sentence, figure, value, verdict))
        return rows


@dataclass(frozen=True)
class TimeClaim:
    """That one setting takes at most a share of the processor seconds of another."""

    sentence: str
    setting: Setting
    other: Setting
    share: float

    def rows(self, place: Place, seeds: Sequence[int]) -> list[tuple[str, ...]]:
        """Return a row, or none if either is not measured."""
        costs = [
            [record["cpu_seconds"] for record in place.records(one, seeds).values()]
            for one in (self.setting, self.other)
        ]
        if not all(costs):
            return []
        share = statistics.fmean(costs[0]) / statistics.fmean(costs[1])
        return [(self.sentence, "CPU s", f"{share:.0%}", HOLDS if share <= self.share else FAILS)]


def table(place: Place, claims: Sequence[Claim | TimeClaim], seeds: Sequence[int]) -> str:
    """Return every claim with its figures and what became of it."""
    rows = [row for claim in claims for row in claim.rows(place, seeds)]
    return markdown(("claim", "figure", "measured", ""), rows) if rows else tables.NOT_MEASURED
