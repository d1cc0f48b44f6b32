"""Draw scores and differences with their intervals (forest plots)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from embed.errors import ConfigError
from embed.eval import Comparison, Report
from embed.eval.analogy import AnalogyResult
from embed.eval.similarity import SimilarityResult
from embed.messages import printable
from embed.plot.bokeh import bokeh
from embed.plot.style import FAINT, SERIES, TEXT, new_figure, place_legend

__all__ = ["differences", "scores"]

_ROW, _FRAME = 26, 90
"""The height of a row, and of all beside the rows, in pixels."""
_NAME = 40
_SPREAD = 0.22
"""The distance between the models in a row, in rows."""


@dataclass(frozen=True)
class _Mark:
    """A score, or a difference, with its interval."""

    row: str
    of: str
    value: float
    low: float | None
    high: float | None
    coverage: str
    colour: str


def scores(*reports: Report) -> Any:
    """Draw the scores of evaluations, each with its interval and coverage: a row a set, a colour a model.

    Parameters
    ----------
    *reports : Report
        Of :func:`embed.eval.evaluate` or :func:`embed.eval.evaluate_task`.

    Returns
    -------
    bokeh.plotting.figure
        Percent points on the covered items.

    Raises
    ------
    ConfigError
        There is no report, or no set is covered.
    MissingExtraError
        Bokeh is not installed.
    """
    marks: list[list[_Mark]] = []
    for number, report in enumerate(reports):
        if not isinstance(report, Report):
            raise ConfigError(f"scores draws reports of embed.eval.evaluate, not {type(report).__name__}")
        marks.append(_marks(report, SERIES[number % len(SERIES)]))
    if not any(marks):
        raise ConfigError("there is no score to draw: give a report of embed.eval.evaluate that covers its sets")
    return _forest(marks, "percent points on the covered items")


def differences(comparison: Comparison) -> Any:
    """Draw the differences of two models, B minus A, with intervals; grey where zero is inside.

    Parameters
    ----------
    comparison : Comparison
        Of :func:`embed.eval.compare` or :func:`embed.eval.compare_tasks`.

    Returns
    -------
    bokeh.plotting.figure
        Percent points on the items that both cover.

    Raises
    ------
    ConfigError
        The models share no covered item.
    MissingExtraError
        Bokeh is not installed.
    """
    marks = []
    for row in comparison.rows:
        found = row.difference
        if row.on != "covered" or found.value is None:
            continue
        is_open = found.low is None or found.high is None or found.low <= 0 <= found.high
        colour = FAINT if is_open else SERIES[1] if found.value > 0 else SERIES[0]
        name = row.set if row.part == "total" else f"{row.set}, {row.part}"
        marks.append(_Mark(name, "B - A", found.value, found.low, found.high, f"{found.items:,} items", colour))
    if not marks:
        raise ConfigError("there is no difference to draw: the models share no covered item")
    figure = _forest([marks], "B - A, percent points (grey: perhaps none)", legend=False)
    figure.add_layout(bokeh("models").Span(location=0, dimension="height", line_color=TEXT, line_dash="dotted"))
    return figure


def _marks(report: Report, colour: str) -> list[_Mark]:
    marks = []
    for result in report.results:
        covered: Any
        if isinstance(result, SimilarityResult):
            covered, everything = result.spearman, result.spearman_all
        elif isinstance(result, AnalogyResult):
            covered, everything = result.total.covered, result.total.all
        else:
            _, covered, everything = result.scores[0]
        if covered is None or covered.value is None:
            continue
        share = f"{covered.items:,} of {everything.items:,} items"
        name = printable(result.name, _NAME)
        marks.append(
            _Mark(name, printable(report.name, _NAME), covered.value, covered.low, covered.high, share, colour)
        )
    return marks


def _forest(groups: Sequence[Sequence[_Mark]], label: str, *, legend: bool = True) -> Any:
    """Return a picture with the rows from the top, in the order in which they are met."""
    rows = list(dict.fromkeys(mark.row for marks in groups for mark in marks))
    place = {row: -number for number, row in enumerate(rows)}
    figure = new_figure(_FRAME + _ROW * len(rows) * max(1, round(0.8 * len(groups))), tools="hover", x_axis_label=label)
    figure.yaxis.ticker = list(place.values())
    figure.yaxis.major_label_overrides = {at: row for row, at in place.items()}
    figure.ygrid.grid_line_alpha = 0
    figure.y_range.start, figure.y_range.end = -len(rows) + 0.4, 0.6
    drawn = []
    for number, marks in enumerate(groups):
        if not marks:
            continue
        shift = _SPREAD * ((len(groups) - 1) / 2 - number)
        source = {
            "y": [place[mark.row] + shift for mark in marks],
            "value": [mark.value for mark in marks],
            "low": [mark.value if mark.low is None else mark.low for mark in marks],
            "high": [mark.value if mark.high is None else mark.high for mark in marks],
            "colour": [mark.colour for mark in marks],
            "set": [mark.row for mark in marks],
            "of": [mark.of for mark in marks],
            "coverage": [mark.coverage for mark in marks],
        }
        data = bokeh("models").ColumnDataSource(source)
        look = {"color": "colour", "source": data, **({"legend_label": marks[0].of} if legend else {})}
        figure.segment("low", "y", "high", "y", line_width=2, **look)
        drawn.append(figure.scatter("value", "y", size=8, **look))
    figure.hover.renderers = drawn
    figure.hover.tooltips = [
        ("", "@set"),
        ("", "@of"),
        ("points", "@value{0.0} [@low{0.0}, @high{0.0}]"),
        ("on", "@coverage"),
    ]
    place_legend(figure)
    return figure
