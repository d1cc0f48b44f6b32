"""Render rows of strings as an aligned text table, Markdown or JSON.

The names of vectors, sets and sections are untrusted: control characters are escaped, and in Markdown also markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from embed.messages import json_safe, printable

from .bootstrap import Score

__all__ = ["aligned", "as_json", "as_markdown", "coverage", "indented", "interval", "points"]

_UNDEFINED = "-"
_LEFT_COLUMNS = 2  # set and measure; the rest are numbers, aligned to the right
_INDENT = "  "
# markup of Markdown, and of HTML and mathematics in it; "_" inside a word is a letter of a name
_MARKUP = re.compile(r"[\\`*\[\]<>&|~$!]|(?<!\w)_|_(?!\w)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def points(value: float | None, *, signed: bool = False) -> str:
    """Format a score in percent points."""
    return _UNDEFINED if value is None else f"{value:{'+' if signed else ''}.1f}"


def interval(low: float | None, high: float | None, *, signed: bool = False) -> str:
    """Format an interval in percent points."""
    if low is None or high is None:
        return _UNDEFINED
    return f"[{points(low, signed=signed)}, {points(high, signed=signed)}]"


def coverage(score: Score, of: int) -> str:
    """Format coverage: "345 / 353"."""
    return f"{score.items:,} / {of:,}"


def indented(text: str, depth: int) -> str:
    """Indent a cell that belongs to the row above."""
    return _INDENT * depth + text


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a text table; columns are padded to their widest cell."""
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = []
    for row in [head, ["-" * width for width in widths], *rows]:
        cells = [
            cell.ljust(width) if i < _LEFT_COLUMNS else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def as_markdown(
    title: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    sentences: Sequence[str],
    notes: Sequence[str],
) -> str:
    """Return a report as Markdown: the title, the table, and a list of the protocol's sentences and notes."""
    ruler = ["---" if i < _LEFT_COLUMNS else "---:" for i in range(len(head))]
    cells = [[_cell(cell) for cell in row] for row in [head, ruler, *rows]]
    table = "\n".join("| " + " | ".join(row) + " |" for row in cells)
    remarks = "\n".join(f"- {sentence}" for sentence in (*sentences, *map(_without_markup, notes)))
    return f"**{_without_markup(title)}**\n\n{table}\n\n{remarks}\n"


def as_json(value: Any) -> str:
    """Return a report as indented JSON text, without NaN."""
    return json_safe(json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False))


def _cell(cell: str) -> str:
    text = cell.lstrip(" ")
    depth = (len(cell) - len(text)) // len(_INDENT)
    return "&nbsp;" * (len(_INDENT) * depth) + _without_markup(text)


def _without_markup(text: str) -> str:
    """Escape text so that Markdown shows it verbatim."""
    return _MARKUP.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), printable(text))
