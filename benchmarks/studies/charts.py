"""Pictures of the pages: scores against the time they cost, and over a learning rate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.chart import loaded_pyplot, saved
from benchmarks.studies.analysis import pareto

_COLOURS = ("#1f6f8b", "#c8553d", "#6a994e", "#8e6c8a", "#b8860b", "#777777", "#3d405b", "#d4a5a5")
_PANEL = 2.7


@dataclass(frozen=True)
class Point:
    """One setting: its name, its family (a colour), processor seconds, and points by figure."""

    name: str
    family: str
    seconds: float
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Curve:
    """One line: the panel and its row, what the legend says, and points by place on the axis."""

    column: str
    row: str
    label: str
    values: Mapping[float, float]


def draw_front(points: Sequence[Point], figures: Sequence[str], picture: Path) -> None:
    """Draw a panel for each figure: score over time, the Pareto front as a line through ringed points."""
    pyplot = loaded_pyplot()
    columns = min(3, len(figures))
    rows = -(-len(figures) // columns)
    sheet, panels = pyplot.subplots(
        rows, columns, figsize=(_PANEL * columns, _PANEL * rows), layout="constrained", squeeze=False
    )
    colours = _colours([point.family for point in points])
    for panel in panels.flat[len(figures) :]:
        panel.axis("off")
    for panel, figure in zip(panels.flat, figures, strict=False):
        for family, colour in colours.items():
            mine = [point for point in points if point.family == family and figure in point.figures]
            panel.scatter(
                [point.seconds for point in mine],
                [point.figures[figure] for point in mine],
                s=14,
                color=colour,
                label=family,
                zorder=2,
            )
        known = {point.name: (point.seconds, point.figures[figure]) for point in points if figure in point.figures}
        front = [known[name] for name in pareto(known)]
        panel.step(*_axes(front), where="post", color="#999999", linewidth=1, zorder=1)
        panel.scatter(*_axes(front), s=42, facecolors="none", edgecolors="#333333", linewidths=0.8, zorder=3)
        _logarithmic(panel, [point.seconds for point in points])
        panel.set_title(figure, fontsize=9)
        _plain(panel)
    for panel in panels[-1]:
        panel.set_xlabel("processor seconds", fontsize=8)
    handles, labels = panels.flat[0].get_legend_handles_labels()
    sheet.legend(handles, labels, loc="outside lower center", ncols=min(4, len(labels)), frameon=False, fontsize=8)
    saved(sheet, picture)
    pyplot.close(sheet)


def draw_curves(curves: Sequence[Curve], axis: str, picture: Path) -> None:
    """Draw a grid of panels, columns beside rows, each with its lines over a logarithmic axis."""
    pyplot = loaded_pyplot()
    columns = list(dict.fromkeys(curve.column for curve in curves))
    rows = list(dict.fromkeys(curve.row for curve in curves))
    sheet, panels = pyplot.subplots(
        len(rows),
        len(columns),
        figsize=(_PANEL * len(columns), 0.85 * _PANEL * len(rows)),
        layout="constrained",
        squeeze=False,
        sharey="row",
    )
    colours = _colours([curve.label for curve in curves])
    for curve in curves:
        panel = panels[rows.index(curve.row)][columns.index(curve.column)]
        places = sorted(curve.values)
        values = [curve.values[place] for place in places]
        panel.plot(places, values, marker="o", markersize=4, color=colours[curve.label], label=curve.label)
        _plain(panel)
    for place, column in enumerate(columns):
        for panel in panels[:, place]:
            _logarithmic(panel, [rate for curve in curves if curve.column == column for rate in curve.values])
    for panel, column in zip(panels[0], columns, strict=True):
        panel.set_title(column, fontsize=9)
    for panel in panels[-1]:
        panel.set_xlabel(axis, fontsize=8)
    for line, row in zip(panels, rows, strict=True):
        line[0].set_ylabel(row, fontsize=8)
    panels[0][0].legend(frameon=False, fontsize=7)
    saved(sheet, picture)
    pyplot.close(sheet)


def _colours(names: Sequence[str]) -> dict[str, str]:
    return {name: _COLOURS[place % len(_COLOURS)] for place, name in enumerate(dict.fromkeys(names))}


def _axes(pairs: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in pairs], [y for _, y in pairs]


def _logarithmic(panel: Any, values: Sequence[float]) -> None:
    """Scale the horizontal axis, with few round ticks, since matplotlib writes them over each other."""
    low, high = min(values), max(values)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [step * 10.0**decade for decade in decades for step in (1, 2, 5)]
    shown = [tick for tick in ticks if 0.9 * low <= tick <= 1.1 * high]
    panel.set_xscale("log")
    panel.set_xticks(shown, [f"{tick:g}" for tick in shown])
    panel.minorticks_off()


def _plain(panel: Any) -> None:
    panel.tick_params(labelsize=7)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)
