"""Figures over several seeds: the runs, and their rows in a table."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.lib import processes
from benchmarks.lib.bounds import NONE, Bound, bound_of
from benchmarks.lib.figures import mean_interval, summarise
from benchmarks.lib.processes import Job
from benchmarks.lib.report import Section

__all__ = ["HEAD", "figures_of", "row_of", "runs_of", "section_of"]

HEAD = ("model", "figure", "mean", "least", "most", "95 % interval", "at least", "verdict")


def runs_of(program: str, seeds: int, **settings: Any) -> list[dict[str, Any]]:
    """Do a job once for each seed, from 1 on, in a fresh process, and report each run."""
    results = []
    for seed in range(1, seeds + 1):
        results.append(processes.run(Job(program, {**settings, "seed": seed})))
        figures = ", ".join(f"{name} {value:.3f}" for name, value in results[-1]["figures"].items())
        print(f"{program}, seed {seed}: {figures}, {results[-1]['seconds']:.1f} s", file=sys.stderr)
    return results


def section_of(
    command: str,
    title: str,
    definitions: tuple[str, ...],
    program: str,
    seeds: int,
    jobs: Mapping[str, Mapping[str, Any]],
) -> Section:
    """Do jobs of a program, by the names of their rows, once for each seed; return their figures."""
    data = {name: runs_of(program, seeds, **settings) for name, settings in jobs.items()}
    rows = tuple(row for name, results in data.items() for row in figures_of(command, name, results))
    return Section(command, title, definitions, HEAD, rows, tuple(row[-1] for row in rows), data)


def figures_of(command: str, name: str, results: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Return a row for each figure of some runs, with its bounds, and one for their seconds."""
    rows = [
        row_of(name, figure, [run["figures"][figure] for run in results], bound_of(command, name, figure), digits=3)
        for figure in results[0]["figures"]
    ]
    return [*rows, row_of(name, "seconds", [run["seconds"] for run in results], None, digits=1)]


def row_of(name: str, figure: str, values: Sequence[float | None], bound: Bound | None, digits: int) -> tuple[str, ...]:
    """Return the row of a figure, a value for each seed; None stands for a figure that could not be computed."""
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return (name, figure, *[NONE] * (len(HEAD) - 2))
    summary, interval = summarise(known), mean_interval(known)
    return (
        name,
        figure,
        *(f"{value:.{digits}f}" for value in (summary.mean, summary.low, summary.high)),
        NONE if interval is None else f"{interval[0]:.{digits}f} to {interval[1]:.{digits}f}",
        *((NONE, NONE) if bound is None else (bound.cells()[0], bound.verdict(summary.mean))),
    )
