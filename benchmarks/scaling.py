"""How the cost grows: with threads, dim, words and tokens, over made-up tokens."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchmarks.lib import processes
from benchmarks.lib.figures import Summary, summarise
from benchmarks.lib.machine import LoadWatch
from benchmarks.lib.options import option, positive
from benchmarks.lib.processes import Job
from benchmarks.lib.report import Section
from benchmarks.programs import our_config
from embed.config import TrainConfig

AXES = ("threads", "dim", "words", "tokens")
_OBJECTIVES = {"sg": "skip-gram", "cbow": "CBOW"}
_HEAD = ("axis", "value", "model", "seconds", "spread", "tokens/s", "value, of the first", "seconds, of the first")
_LONG_TOKENS = 10_000_000
"""From here on one run is enough: it is long enough to be steady."""

DEFINITIONS = (
    "Made-up tokens (Zipf) straight as an encoded corpus; one epoch of {base.tokens:,} tokens, {base.words:,} words, "
    "dim {base.dim}, 1 thread, but for what the axis says. Seconds of the training phase; tokens before subsampling.",
    "of the first: over that of the first value of the axis. Cost is linear where both columns are the same.",
    "Medians of {runs} runs in fresh processes, in turns over the values of an axis; one run from {long:,} tokens on.",
)


@dataclass(frozen=True)
class Point:
    """One run: the place on an axis, and what is trained there."""

    axis: str = ""
    objective: str = "sg"
    threads: int = 1
    dim: int = 100
    words: int = 70_000
    tokens: int = 3_000_000

    @property
    def value(self) -> int:
        """The place on the axis."""
        return int(getattr(self, self.axis))

    @property
    def model(self) -> str:
        """The name of the objective."""
        return _OBJECTIVES[self.objective]

    def job(self) -> Job:
        """Return what a worker does here."""
        config = our_config(buckets=1, objective=self.objective, dim=self.dim, threads=self.threads, epochs=1)
        return Job("ours.rate_zipf", {"words": self.words, "tokens": self.tokens, "config": config})


@dataclass(frozen=True)
class Settings:
    """Which values to take on each axis; `threads` None takes 1, 2, 4 ... and all processors."""

    rows: Sequence[str] = option(AXES, "(default: all)")
    runs: int = option(3, "turns of each point")
    threads: Sequence[int] | None = option(None, "values on that axis", nargs="+")
    dim: Sequence[int] = option((50, 100, 200, 300, 500, 1000), "values on that axis", type=positive)
    words: Sequence[int] = option((10_000, 70_000, 300_000, 1_000_000, 5_000_000), "values on that axis", type=positive)
    tokens: Sequence[int] = option(
        (1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000), "values on that axis", type=positive
    )
    base: Point = Point()


def run(settings: Settings) -> Section:
    """Measure."""
    rows: list[tuple[str, ...]] = []
    data: dict[str, list[dict[str, Any]]] = {}
    load = LoadWatch()
    for axis in settings.rows:
        for objective in _OBJECTIVES:
            series = points(axis, objective, settings)
            seconds = _measure(series, settings.runs)
            load.look()
            rows += cells(series, seconds)
            data.setdefault(axis, []).extend(
                {"model": point.model, "value": point.value, "tokens": point.tokens, "seconds": asdict(summary)}
                for point, summary in zip(series, seconds, strict=True)
            )
    definitions = [line.format(base=settings.base, runs=settings.runs, long=_LONG_TOKENS) for line in DEFINITIONS]
    told = tuple(load.sentences())
    return Section("scaling", "Scaling", tuple(definitions), _HEAD, tuple(rows), data={"axes": data}, remarks=told)


def points(axis: str, objective: str, settings: Settings) -> list[Point]:
    """Return the places on an axis."""
    values = getattr(settings, axis)
    if axis == "threads" and values is None:
        processors = TrainConfig().thread_count()
        values = sorted({1 << power for power in range(processors.bit_length())} | {processors})
    return [replace(settings.base, axis=axis, objective=objective, **{axis: value}) for value in values]


def cells(series: Sequence[Point], seconds: Sequence[Summary]) -> list[tuple[str, ...]]:
    """Return the rows of one model on one axis."""
    return [
        (
            *(point.axis, f"{point.value:,}", point.model),
            *(f"{summary.median:.2f}", f"{summary.low:.2f} to {summary.high:.2f}"),
            f"{point.tokens / summary.median:,.0f}",
            f"{point.value / series[0].value:.2f}",
            f"{summary.median / seconds[0].median:.2f}",
        )
        for point, summary in zip(series, seconds, strict=True)
    ]


def _measure(series: Sequence[Point], runs: int) -> list[Summary]:
    """Return the seconds of each point; the points take turns."""
    seconds: list[list[float]] = [[] for _ in series]
    for turn in range(runs):
        for point, found in zip(series, seconds, strict=True):
            if turn and point.tokens >= _LONG_TOKENS:
                continue
            found.append(processes.run(point.job())["seconds"])
            print(f"{point.axis} {point.value:,}, {point.model} {turn + 1}/{runs}: {found[-1]:.2f} s", file=sys.stderr)
    return [summarise(found) for found in seconds]
