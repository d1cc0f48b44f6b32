"""Does the time of hostile input grow in proportion to its length?

Each of ``tests/hostile/growing.py`` is timed at its size and at sixteen times as much, on the clock of the processor. A
square would take 256 times as long; the bound lies far from both. A ratio counts as beyond the bound if it is so in
each of three tries, for a machine that does other work can stop any single one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from benchmarks.installed import import_from_tree
from benchmarks.lib.bounds import MISSED, NONE, bound_of
from benchmarks.lib.report import Section

GROWTH = 16
BOUND = bound_of("growth", "ratio")
assert BOUND is not None
_LEAST_SECONDS = 0.002
"""What a clock tells for sure; shorter times count as this."""


@dataclass(frozen=True)
class Settings:
    """How often a ratio beyond the bound is measured again, and how large the inputs are."""

    tries: int = 3
    share: float = 1.0
    judged: bool = True


def run(settings: Settings) -> Section:
    """Time everything that must grow in proportion."""
    rows, verdicts, data = [], [], {}
    for one in import_from_tree("tests.hostile.growing").growing():
        small, large = _measure(one, settings)
        verdicts.append(BOUND.verdict(large / small) if settings.judged else NONE)
        rows.append((one.name, f"{small:.4f}", f"{large:.4f}", f"{large / small:.1f}", BOUND.cells()[0]))
        data[one.name] = {"seconds": [small, large], "ratio": large / small}
    return Section(
        name="growth",
        title="Growth",
        definitions=(
            f"Seconds of processor time for an input and for {GROWTH} times as much; less than"
            f" {_LEAST_SECONDS} s counts as that. Beyond the bound: the best of {settings.tries} tries.",
        ),
        head=("input", "seconds at 1x", f"seconds at {GROWTH}x", "ratio", "bound"),
        rows=tuple(rows),
        verdicts=tuple(verdicts),
        data=data,
    )


def _measure(one: Any, settings: Settings) -> tuple[float, float]:
    size = max(1, int(one.size * settings.share))
    one.work(one.make(size))  # whatever is imported or made at the first call
    tries: list[tuple[float, float]] = []
    while not tries or (BOUND.verdict(tries[-1][1] / tries[-1][0]) == MISSED and len(tries) < settings.tries):
        tries.append((_seconds(one, size), _seconds(one, size * GROWTH)))
    return min(tries, key=lambda seconds: seconds[1] / seconds[0])


def _seconds(one: Any, size: int) -> float:
    given = one.make(size)
    started = time.process_time()
    one.work(given)
    return max(time.process_time() - started, _LEAST_SECONDS)
