"""Tables of the pages: scores of single runs, means with intervals, differences with tests."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.lib.figures import mean_interval
from benchmarks.lib.report import markdown
from benchmarks.studies.analysis import Difference, difference
from benchmarks.studies.place import Place
from benchmarks.studies.setting import Setting

NONE = "-"
_COST = "cpu_seconds"
NOT_MEASURED = "Not measured yet."


def of_figures(records: Sequence[Mapping[str, Any]], least_items: int = 1) -> list[str]:
    """Return the figures that every one of the records has, from `least_items` pairs or questions on, in order."""
    return [
        figure
        for figure in (records[0]["figures"] if records else ())
        if all(
            record["figures"].get(figure) is not None and record["items"][figure] >= least_items for record in records
        )
    ]


def by_seed(records: Mapping[int, Mapping[str, Any]], figure: str) -> dict[int, float]:
    """Return a figure, or what else a record holds by that name, by seed."""
    values = {seed: {**record, **record["figures"]}.get(figure) for seed, record in records.items()}
    return {seed: value for seed, value in values.items() if value is not None}


def single(place: Place, settings: Sequence[Setting], figures: Sequence[str], seed: int = 1) -> str:
    """Return a table of one run of each setting; what diverged says so, what is not there is left out."""
    rows = []
    for setting in settings:
        record = place.record(setting, seed)
        if record is None:
            continue
        if "failed" in record:
            rows.append((setting.name, "diverged", *[NONE] * (len(figures) + 1)))
            continue
        scores = (points_cell(record["figures"].get(figure)) for figure in figures)
        rows.append((setting.name, "", *scores, f"{record['cpu_seconds']:.1f}"))
    return markdown(("setting", "", *figures, "CPU s"), rows) if rows else NOT_MEASURED


def means(
    place: Place, settings: Sequence[Setting], figures: Sequence[str], seeds: Sequence[int], against: Setting
) -> str:
    """Return a table of means with the half width of Student's 95 % interval, and the time as a share of another's."""
    other = list(by_seed(place.records(against, seeds), _COST).values())
    rows = []
    for setting in settings:
        records = place.records(setting, seeds)
        if records:
            wall, cost = (list(by_seed(records, name).values()) for name in ("seconds", _COST))
            scores = (mean_cell(list(by_seed(records, figure).values())) for figure in figures)
            share = f"{statistics.fmean(cost) / statistics.fmean(other):.0%}" if other else NONE
            rows.append((setting.name, str(len(records)), *scores, mean_cell(wall), mean_cell(cost), share))
    head = ("setting", "seeds", *figures, "wall s", "CPU s", f"CPU, of {against.name}")
    return markdown(head, rows) if rows else NOT_MEASURED


def differences(
    place: Place, settings: Sequence[Setting], against: Setting, figures: Sequence[str], seeds: Sequence[int]
) -> str:
    """Return a table of differences to one setting, each with its interval and p."""
    other = place.records(against, seeds)
    rows = []
    for setting in settings:
        records = place.records(setting, seeds)
        for figure in figures:
            found = difference(by_seed(records, figure), by_seed(other, figure), paired=is_paired(setting, against))
            if found is not None:
                rows.append((setting.name, figure, *difference_cells(found)))
    head = ("setting", "figure", f"minus {against.name}", "95 % interval", "p", "test", "")
    return markdown(head, rows) if rows else NOT_MEASURED


def is_paired(setting: Setting, other: Setting) -> bool:
    """Whether a seed means the same start and the same tokens to both: they are runs of ours."""
    return setting.program == other.program == "ours"


def difference_cells(found: Difference) -> tuple[str, ...]:
    """Return difference, interval, p, test and verdict."""
    return (
        f"{found.mean:+.2f}",
        f"{found.low:+.2f} to {found.high:+.2f}",
        f"{found.p:.3f}" if found.p >= 0.001 else "< 0.001",
        f"{'paired' if found.paired else 'Welch'}, {found.seeds}",
        found.verdict,
    )


def mean_cell(values: Sequence[float]) -> str:
    """Return the mean with the half width of its interval."""
    if not values:
        return NONE
    interval = mean_interval(values)
    mean = statistics.fmean(values)
    return f"{mean:.1f}" if interval is None else f"{mean:.1f} ± {(interval[1] - interval[0]) / 2:.1f}"


def points_cell(value: float | None) -> str:
    """Return percent points."""
    return NONE if value is None else f"{value:.1f}"
