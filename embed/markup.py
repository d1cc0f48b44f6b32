"""Make the static HTML that notebooks show of an object: text, tables and charts, without a script or a style sheet.

Words, names and titles are untrusted: whatever is not `Html` already is escaped. Colours are those of the surrounding
text (``currentColor``), so that everything can be read on light and dark.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from embed.messages import printable

__all__ = [
    "Html",
    "Line",
    "axis",
    "curve",
    "details",
    "escaped",
    "facts",
    "forest_axis",
    "forest_mark",
    "heading",
    "line",
    "panel",
    "progress_bar",
    "shown_first",
    "table",
]

_PANEL = "font-size:90%;line-height:1.5;max-width:70em;overflow-x:auto"
_TABLE = "border-collapse:collapse;margin:.3em 0;font-size:inherit;color:inherit"
_CELL = "padding:0 .8em 0 0;border:0;background:none;vertical-align:middle"
_LEFT_CELL, _RIGHT_CELL = "text-align:left", "text-align:right;white-space:nowrap"
_FAINT, _UNSURE = 0.35, 0.45
"""How dark axes are, and marks that prove nothing."""
_FIRST, _LONGEST_NAME = 12, 40
_MARK_WIDTH, _MARK_HEIGHT = 180, 16
_CURVE_WIDTH, _CURVE_HEIGHT, _LEFT, _MARGIN = 420, 180, 48, 18
_TITLE_WIDTH, _NAME_WIDTH = 135, 85
_DASHES = ("", "5 3", "1 3", "8 3 1 3")
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)

Line = tuple[str, Sequence[tuple[float, float]]]
"""A line of a chart: its name, and its points (x, y)."""


class Html(str):
    """Text that is safe inside HTML."""

    __slots__ = ()


def escaped(text: object, limit: int | None = None) -> Html:
    """Return any text as HTML in one line, cut as `printable` does; `Html` is returned as it is."""
    return text if isinstance(text, Html) else Html(html.escape(printable(str(text), limit)))


def line(*parts: object) -> Html:
    """Return a line of a panel."""
    return Html(f"<div>{_joined(parts)}</div>")


def heading(text: object) -> Html:
    """Return the first line of a panel."""
    return Html(f'<div style="font-weight:bold">{escaped(text)}</div>')


def panel(*parts: object) -> Html:
    """Return the parts one below the other."""
    return Html(f'<div style="{_PANEL}">{_joined(parts)}</div>')


def details(summary: str, *parts: object) -> Html:
    """Return parts that are hidden until the reader asks for them."""
    return Html(f"<details><summary>{escaped(summary)}</summary>{_joined(parts)}</details>")


def table(head: Sequence[object], rows: Iterable[Sequence[object]], *, texts: int = 1) -> Html:
    """Return a table whose first `texts` columns are text, aligned to the left; the others are numbers."""

    def cells(tag: str, row: Sequence[object]) -> str:
        return "".join(
            f'<{tag} style="{_CELL};{_LEFT_CELL if i < texts else _RIGHT_CELL}">{escaped(cell)}</{tag}>'
            for i, cell in enumerate(row)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    top = f"<thead><tr>{cells('th', head)}</tr></thead>" if head else ""
    return Html(f'<table style="{_TABLE}">{top}<tbody>{body}</tbody></table>')


def facts(pairs: Iterable[tuple[str, object]]) -> Html:
    """Return a table of names and values; a value that is None is left out."""
    return table((), [pair for pair in pairs if pair[1] is not None], texts=2)


def shown_first(names: Sequence[Any], show: Callable[[Any], str] = str) -> Html:
    """Return the first of many names, as `show` writes each."""
    shown = ", ".join(escaped(show(name), _LONGEST_NAME) for name in names[:_FIRST])
    return Html(f"{shown}, ..." if len(names) > _FIRST else shown)


def progress_bar(share: float | None) -> Html:
    """Return a bar that is filled to a share; None shows that the end is not known."""
    value = "" if share is None else f' value="{share:.4f}" max="1"'
    return Html(f'<progress style="width:100%;max-width:30em"{value}></progress>')


def axis(values: Iterable[float], *, has_zero: bool = False) -> tuple[float, float]:
    """Return the ends of an axis for these values: round numbers around them, and around zero with `has_zero`."""
    found = [value for value in values if math.isfinite(value)] + [0.0] * has_zero
    if not found:
        return 0.0, 1.0
    low, high = min(found), max(found)
    step = _round_up((high - low) / 4 or abs(high) / 4 or 1.0)
    return math.floor(low / step) * step, math.ceil(high / step) * step or step


def forest_axis(ends: tuple[float, float]) -> Html:
    """Return the head of a forest plot: the ends of its axis from `axis`."""
    texts = [_text(0, 12, f"{ends[0]:g}", "start"), _text(_MARK_WIDTH, 12, f"{ends[1]:g}", "end")]
    return _svg(_MARK_WIDTH, _MARK_HEIGHT, texts, f"{ends[0]:g} to {ends[1]:g}")


def forest_mark(
    value: float | None, low: float | None, high: float | None, ends: tuple[float, float], *, sure: bool = True
) -> Html:
    """Return a row of a forest plot: a value and its interval on an axis from `axis`, with a line at zero.

    Parameters
    ----------
    value, low, high : float or None
        None is not drawn.
    ends : tuple of (float, float)
    sure : bool
        Otherwise the mark is pale.
    """
    middle, parts = _MARK_HEIGHT / 2, []

    def place(at: float) -> float:
        return 5 + (at - ends[0]) / ((ends[1] - ends[0]) or 1.0) * (_MARK_WIDTH - 10)

    parts.append(_stroke(place(ends[0]), middle, place(ends[1]), middle, width=1, opacity=_FAINT))
    if ends[0] <= 0 <= ends[1]:
        parts.append(_stroke(place(0), 0, place(0), _MARK_HEIGHT, width=1, opacity=_FAINT))
    opacity = 1.0 if sure else _UNSURE
    if low is not None and high is not None:
        parts.append(_stroke(place(low), middle, place(high), middle, width=3, opacity=opacity))
    if value is not None:
        parts.append(f'<circle cx="{place(value):.1f}" cy="{middle:g}" r="4.5" fill-opacity="{opacity:g}"/>')
    return _svg(_MARK_WIDTH, _MARK_HEIGHT, parts, f"{value} [{low}, {high}]")


def curve(lines: Sequence[Line], x: str, y: str) -> Html:
    """Return a chart of a few lines, one dashed unlike the other, with names, ends and titles of the axes."""
    points = [point for _, line in lines for point in line if all(map(math.isfinite, point))]
    if not points:
        return Html("")
    xs = min(a for a, _ in points), max(a for a, _ in points)
    ys = axis(b for _, b in points)
    width, height = _CURVE_WIDTH - _LEFT - _MARGIN, _CURVE_HEIGHT - 2 * _MARGIN

    def place(point: tuple[float, float]) -> tuple[float, float]:
        right = (point[0] - xs[0]) / (xs[1] - xs[0]) if xs[1] > xs[0] else 0.5
        up = (point[1] - ys[0]) / ((ys[1] - ys[0]) or 1.0)
        return _LEFT + right * width, _MARGIN + (1 - up) * height

    bottom, right = _MARGIN + height, _LEFT + width
    parts = [
        _stroke(_LEFT, _MARGIN, _LEFT, bottom, width=1, opacity=_FAINT),
        _stroke(_LEFT, bottom, right, bottom, width=1, opacity=_FAINT),
        _text(_LEFT - 4, _MARGIN + 4, f"{ys[1]:g}", "end"),
        _text(_LEFT - 4, bottom + 4, f"{ys[0]:g}", "end"),
        _text(_LEFT, bottom + 14, f"{xs[0]:g}", "middle"),
        _text(right, bottom + 14, f"{xs[1]:g}", "middle"),
        _text(_LEFT + width / 2, bottom + 14, x, "middle"),
        _text(_LEFT, 11, y, "start"),
    ]
    for number, (name, line) in enumerate(lines):
        places = [place(point) for point in line if all(map(math.isfinite, point))]
        if not places:
            continue
        dash = _DASHES[number % len(_DASHES)]
        drawn = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
        parts.append(
            f'<polyline points="{drawn}" fill="none" stroke="currentColor" stroke-width="1.5" '
            f'stroke-dasharray="{dash}"/>'
        )
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2"/>' for a, b in places]
        begin = _LEFT + _TITLE_WIDTH + _NAME_WIDTH * number
        parts.append(_stroke(begin, 8, begin + 22, 8, width=1.5, opacity=1.0, dash=dash))
        parts.append(_text(begin + 26, 11, name, "start"))
    return _svg(_CURVE_WIDTH, _CURVE_HEIGHT, parts, f"{y} by {x}", shrinks=";max-width:100%")


def _joined(parts: Iterable[object]) -> str:
    return "".join(map(escaped, parts))


def _round_up(number: float) -> float:
    """Return the least round number that is not below `number`."""
    power = 10.0 ** math.floor(math.log10(number))
    return next(step * power for step in _STEPS if step * power >= number * (1 - 1e-9))


def _svg(width: int, height: int, parts: Iterable[str], title: str, *, shrinks: str = "") -> Html:
    return Html(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" fill="currentColor" '
        f'style="width:{width}px;height:auto;vertical-align:middle{shrinks}" font-size="11">'
        f"<title>{escaped(title)}</title>{''.join(parts)}</svg>"
    )


def _stroke(x1: float, y1: float, x2: float, y2: float, *, width: float, opacity: float, dash: str = "") -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="currentColor" stroke-width="{width:g}" '
        f'stroke-opacity="{opacity:g}" stroke-dasharray="{dash}"/>'
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escaped(text)}</text>'
