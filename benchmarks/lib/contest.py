"""Ours against a peer, in turns: A B A B ..., each turn in a fresh process.

Machines are noisy, and noisy for minutes on end: two that run one after the other meet about the same load. So the
figure is the median of the ratios pair by pair, shown with their spread, and not the ratio of two medians.

A host that others share takes a processor away now and then: two threads then run like one, and nothing in the guest
tells of it. So where several threads run, a loop is timed alone and side by side with itself, and a pair is repeated
if the machine did not give a processor to each thread.

Rejected: all runs of the one and then of the other (the load changes between them), the best of many (it hides how
far a user may be from it), a mean (one disturbed run moves it).
"""

from __future__ import annotations

import importlib.util
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.lib import processes
from benchmarks.lib.bounds import MARKS, MISSED, NONE, bound_of
from benchmarks.lib.figures import Summary, summarise
from benchmarks.lib.machine import LoadWatch
from benchmarks.lib.processes import BenchmarkError, Job
from benchmarks.lib.report import Section

HEAD = ("row", "against", "ours/s", "spread", "other/s", "spread", "ratio", "spread", "at least", "hoped for", "")
SPREAD = (
    "Medians of {runs} runs each, in turns and in fresh processes; the ratio is the median of the ratios pair by pair; "
    "the spreads are the least and the most. Rows of two threads repeat a pair during which the machine did not give "
    "two processors."
)
_SAME_WORK = 0.001
"""Two amounts of work that differ by less than this share are the same."""
_MOST_REPEATED = 2
"""So many pairs are repeated for each that counts; then all count."""
_LOOP = "import time\nt = time.perf_counter()\nfor _ in range(6_000_000): pass\nprint(time.perf_counter() - t)"
_LEAST_SPEED = 0.85
"""Of each loop side by side, over one alone."""
_PATIENCE, _PAUSE = 60.0, 2.0
"""Seconds to wait for the processors, and between two looks."""


@dataclass(frozen=True)
class Contest:
    """One row: who runs what.

    Attributes
    ----------
    against : str
        The peer, for the reader.
    ours, peer : Job
        Their results hold "seconds" and "amount".
    needs : str or None
        The module that the peer needs.
    processors : int
        That the one or the other uses at once.
    same_work : bool
        Whether their amounts must be the same.
    """

    against: str
    ours: Job
    peer: Job
    needs: str | None = None
    processors: int = 1
    same_work: bool = True


@dataclass(frozen=True)
class Outcome:
    """What the two did; rates are amounts per second. `repeated` pairs are left out, for want of a processor."""

    ours: tuple[dict[str, Any], ...]
    peer: tuple[dict[str, Any], ...]
    repeated: int = 0

    @property
    def rates(self) -> tuple[Summary, Summary]:
        """Ours and the peer's, per second."""
        return summarise([_rate(result) for result in self.ours]), summarise([_rate(result) for result in self.peer])

    @property
    def ratio(self) -> Summary:
        """How many times as fast as the peer, pair by pair."""
        ours, peer = self.rates
        return summarise([a / b for a, b in zip(ours.values, peer.values, strict=True)])

    def cells(self) -> tuple[str, ...]:
        """Return the rates and the ratio under `HEAD`."""
        ratio = self.ratio
        rates = [(short(one.median), f"{short(one.low)} to {short(one.high)}") for one in self.rates]
        return (*rates[0], *rates[1], f"{ratio.median:.2f}", f"{ratio.low:.2f} to {ratio.high:.2f}")

    def remarks(self, same_work: bool) -> list[str]:
        """Return what a reader must know before believing the row."""
        ours, peer, remarks = self.ours[0]["amount"], self.peer[0]["amount"], []
        if self.repeated:
            remarks.append(f"{self.repeated} pair(s) repeated, for the machine withheld a processor.")
        if same_work and abs(ours - peer) > _SAME_WORK * max(ours, peer):
            remarks.append(f"the amounts differ, ours {ours:,} and the other's {peer:,}.")
        if "cpu_seconds" in self.ours[0]:
            spent = [statistics.median(result["cpu_seconds"] for result in side) for side in (self.ours, self.peer)]
            remarks.append(
                f"processor seconds: {spent[0]:.2f} and {spent[1]:.2f} (medians), {spent[0] / spent[1]:.2f}."
            )
        return remarks

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able mapping with every measurement."""
        ours, peer = self.rates
        return {
            "ours": {"per_second": asdict(ours), "runs": list(self.ours)},
            "peer": {"per_second": asdict(peer), "runs": list(self.peer)},
            "ratio": asdict(self.ratio),
            "repeated": self.repeated,
        }


def hold(name: str, contest: Contest, runs: int, *, judged: bool) -> Outcome:
    """Let the two take turns, `runs` times each; where the figure is judged, on the processors that it needs."""
    if contest.needs is not None and importlib.util.find_spec(contest.needs) is None:
        raise BenchmarkError(f"{contest.needs} is not installed")
    pairs: list[tuple[dict[str, Any], dict[str, Any]]] = []
    repeated = 0
    while len(pairs) < runs:
        if judged:
            wait_for(contest.processors)
        ours, peer = processes.run(contest.ours), processes.run(contest.peer)
        line = f"{name} {len(pairs) + 1}/{runs}: {short(_rate(ours))}/s, {contest.against} {short(_rate(peer))}/s"
        if judged and repeated < _MOST_REPEATED * runs and not are_given(contest.processors):
            repeated += 1
            print(f"{line}: left out, for the machine withheld a processor", file=sys.stderr)
            continue
        pairs.append((ours, peer))
        print(line, file=sys.stderr)
    return Outcome(*zip(*pairs, strict=True), repeated)


def section_of(
    command: str,
    title: str,
    definitions: Sequence[str],
    described: Sequence[str],
    rows: Sequence[str],
    contest_of: Callable[[str], Contest],
    runs: int,
    *,
    judged: bool,
) -> Section:
    """Hold the contests; a row that cannot be measured is a row missed if it is judged, and the others go on."""
    made, verdicts, data = [], [], {}
    remarks: list[str] = []
    load = LoadWatch()
    for name in rows:
        try:
            contest = contest_of(name)
            outcome = hold(name, contest, runs, judged=judged)
            bounds, verdict = judged_cells(command, name, outcome.ratio.median, judged)
        except BenchmarkError as error:
            print(f"{name}: {error}", file=sys.stderr)
            remarks.append(f"{name}: not measured, {' '.join(str(error).split())}.")
            verdicts.append(MISSED if judged and bound_of(command, name) else NONE)
            continue
        load.look()
        made.append((name, contest.against, *outcome.cells(), *bounds))
        verdicts.append(verdict)
        remarks += [f"{name}: {remark}" for remark in outcome.remarks(contest.same_work)]
        data[name] = {"against": contest.against, **outcome.to_dict()}
    told = (*described, SPREAD.format(runs=runs), *load.sentences(), *remarks)
    return Section(command, title, tuple(definitions), HEAD, tuple(made), tuple(verdicts), {"rows": data}, told)


def judged_cells(command: str, row: str, value: float, judged: bool) -> tuple[tuple[str, str, str], str]:
    """Return the last three cells of a row, and its verdict."""
    bound = bound_of(command, row) if judged else None
    verdict = NONE if bound is None else bound.verdict(value)
    return (*(bound.cells() if bound else (NONE, NONE)), MARKS[verdict]), verdict


def are_given(processors: int) -> bool:
    """Tell whether so many processors run at full speed at once; one always does."""
    return processors == 1 or _loop_seconds(1) / _loop_seconds(processors) >= _LEAST_SPEED


def wait_for(processors: int) -> bool:
    """Wait until so many processors are given; returns whether they are, after a minute at most."""
    started = time.monotonic()
    while not are_given(processors):
        if time.monotonic() - started > _PATIENCE:
            return False
        time.sleep(_PAUSE)
    return True


def _loop_seconds(loops: int) -> float:
    """Return how long the slowest of some loops takes that run at once."""
    command = [sys.executable, "-S", "-c", _LOOP]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(loops)]
    return max(float(process.communicate()[0]) for process in started)


def _rate(result: dict[str, Any]) -> float:
    seconds = result["seconds"]
    if seconds <= 0:
        raise BenchmarkError(f"a run took {seconds} seconds: give it more to do (--tokens)")
    return float(result["amount"] / seconds)


def short(rate: float) -> str:
    """Return a rate in thousands, millions or billions a second."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if rate >= size:
            return f"{rate / size:,.3g}{letter}"
    return f"{rate:,.0f}"
