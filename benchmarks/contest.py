"""Ours against a peer, in turns: A B A B ..., each turn in a fresh process.

Machines are noisy, and noisy for minutes on end: two that run one after the other meet about the same load. So the
figure is the median of the ratios pair by pair, shown with their spread, and not the ratio of two medians.

Rejected: all runs of the one and then of the other (the load changes between them), the best of many (it hides how
far a user may be from it), a mean (one disturbed run moves it).

Where several threads run, a pair is repeated if the machine did not give them a processor each (`cores`).
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import cores, processes
from benchmarks.figures import Summary, pairwise_ratios, summarise
from benchmarks.floors import MISSED, floor_of
from benchmarks.processes import Job
from benchmarks.report import Section

__all__ = ["HEAD", "Contest", "Outcome", "hold", "section_of"]

HEAD = (
    "row",
    "against",
    "amount",
    "ours/s",
    "spread",
    "peer/s",
    "spread",
    "ratio",
    "spread",
    "floor",
    "verdict",
)

_SAME_WORK = 0.001
"""Two amounts of work that differ by less than this share are the same."""
_NONE = "-"
_MOST_REPEATED = 2
"""So many pairs are repeated for each that counts; then all count."""


@dataclass(frozen=True)
class Contest:
    """One row: who runs what.

    Attributes
    ----------
    name : str
        The row in the table of floors.
    against : str
        The peer, for the reader.
    ours, peer : Job
        Their results hold "seconds" and "amount".
    needs : str or None
        The module that the peer needs.
    processors : int
        That the one or the other uses at once.
    """

    name: str
    against: str
    ours: Job
    peer: Job
    needs: str | None = None
    processors: int = 1

    def missing(self) -> str | None:
        """Return why this contest cannot be held, or None."""
        if self.needs is not None and importlib.util.find_spec(self.needs) is None:
            return f"{self.name}: skipped, {self.needs} is not installed"
        return None


@dataclass(frozen=True)
class Outcome:
    """What the two did; rates are amounts per second. `repeated` pairs are left out, for want of a processor."""

    contest: Contest
    ours: tuple[dict[str, Any], ...]
    peer: tuple[dict[str, Any], ...]
    repeated: int = 0

    @property
    def our_rate(self) -> Summary:
        """Ours, per second."""
        return summarise([_rate(result) for result in self.ours])

    @property
    def peer_rate(self) -> Summary:
        """The peer's, per second."""
        return summarise([_rate(result) for result in self.peer])

    @property
    def ratio(self) -> Summary:
        """How many times as fast as the peer, pair by pair."""
        return pairwise_ratios(self.our_rate.values, self.peer_rate.values)

    def verdict(self, section: str, judged: bool) -> tuple[str, str]:
        """Return (floor, verdict); dashes without a floor."""
        floor = floor_of(section, self.contest.name, "ratio") if judged else None
        return (_NONE, _NONE) if floor is None else (str(floor), floor.verdict(self.ratio.median))

    def cells(self, section: str, judged: bool) -> tuple[str, ...]:
        """Return the row under `HEAD`."""
        ours, peer, ratio = self.our_rate, self.peer_rate, self.ratio
        return (
            self.contest.name,
            self.contest.against,
            f"{self.ours[0]['amount']:,}",
            _whole(ours.median),
            f"{_whole(ours.low)} to {_whole(ours.high)}",
            _whole(peer.median),
            f"{_whole(peer.low)} to {_whole(peer.high)}",
            f"{ratio.median:.2f}",
            f"{ratio.low:.2f} to {ratio.high:.2f}",
            *self.verdict(section, judged),
        )

    def remarks(self) -> list[str]:
        """Return what a reader must know before believing the row."""
        ours, peer, name = self.ours[0]["amount"], self.peer[0]["amount"], self.contest.name
        remarks = []
        if self.repeated:
            remarks.append(f"{name}: {self.repeated} pair(s) repeated, for the machine withheld a processor.")
        if abs(ours - peer) > _SAME_WORK * max(ours, peer):
            remarks.append(f"{name}: the amounts differ, ours {ours:,} and the peer's {peer:,}.")
        return remarks

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able mapping with every measurement."""
        return {
            "against": self.contest.against,
            "ours": {"per_second": self.our_rate.to_dict(), "runs": list(self.ours)},
            "peer": {"per_second": self.peer_rate.to_dict(), "runs": list(self.peer)},
            "ratio": self.ratio.to_dict(),
            "repeated": self.repeated,
        }


def hold(contest: Contest, runs: int, *, judged: bool) -> Outcome:
    """Let the two take turns, `runs` times each; where the figure is judged, on the processors that it needs."""
    pairs: list[tuple[dict[str, Any], dict[str, Any]]] = []
    repeated = 0
    while len(pairs) < runs:
        if judged:
            cores.wait_for(contest.processors)
        ours, peer = processes.run(contest.ours), processes.run(contest.peer)
        rates = f"{_whole(_rate(ours))}/s against {_whole(_rate(peer))}/s ({contest.against})"
        if judged and repeated < _MOST_REPEATED * runs and not cores.are_given(contest.processors):
            repeated += 1
            print(f"{contest.name}: {rates} left out, for the machine withheld a processor", file=sys.stderr)
            continue
        pairs.append((ours, peer))
        print(f"{contest.name} {len(pairs)}/{runs}: {rates}", file=sys.stderr)
    return Outcome(contest, *zip(*pairs, strict=True), repeated)


def section_of(
    name: str,
    title: str,
    definitions: Sequence[str],
    contests: Sequence[Contest],
    runs: int,
    *,
    judged: bool,
) -> Section:
    """Hold all contests whose peer is there and make a section of them."""
    skipped = {contest.name: reason for contest in contests if (reason := contest.missing())}
    outcomes = [hold(contest, runs, judged=judged) for contest in contests if contest.name not in skipped]
    remarks = [remark for outcome in outcomes for remark in outcome.remarks()]
    # a floor that nobody looked at is not met
    unseen = [MISSED for row in skipped if judged and floor_of(name, row, "ratio")]
    spread = (
        f"Medians of {runs} runs each, in turns and in fresh processes; the ratio is the median of the ratios pair by "
        "pair; the spreads are the least and the most."
    )
    return Section(
        name,
        title,
        (*definitions, spread, *remarks, *(f"{reason}." for reason in skipped.values())),
        HEAD,
        tuple(outcome.cells(name, judged) for outcome in outcomes),
        (*(outcome.verdict(name, judged)[1] for outcome in outcomes), *unseen),
        {"rows": {outcome.contest.name: outcome.to_dict() for outcome in outcomes}},
    )


def _rate(result: dict[str, Any]) -> float:
    seconds = result["seconds"]
    if seconds <= 0:
        raise processes.BenchmarkError(f"a run took {seconds} seconds: give it more to do (--tokens)")
    return float(result["amount"] / seconds)


def _whole(rate: float) -> str:
    return f"{rate:,.0f}"
