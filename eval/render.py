"""Turns rows of strings into an aligned text table or a Markdown table."""

from __future__ import annotations

from collections.abc import Sequence

from embed.eval.bootstrap import Score

__all__ = ["aligned", "indented", "interval", "markdown", "points", "share"]

_UNDEFINED = "-"
_LEFT_COLUMNS = 2  # set and measure; the rest are numbers, aligned to the right
_INDENT = "  "


def points(value: float | None, *, signed: bool = False) -> str:
    """Format a score in percent points."""
    return _UNDEFINED if value is None else f"{value:{'+' if signed else ''}.1f}"


def interval(low: float | None, high: float | None, *, signed: bool = False) -> str:
    """Format an interval in percent points."""
    if low is None or high is None:
        return _UNDEFINED
    return f"[{points(low, signed=signed)}, {points(high, signed=signed)}]"


def share(score: Score, of: int) -> str:
    """Format coverage: "345 / 353"."""
    return f"{score.items:,} / {of:,}"


def indented(text: str, depth: int) -> str:
    """Indent a cell that belongs to the row above."""
    return _INDENT * depth + text


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a text table; columns are padded to their widest cell."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = []
    for row in [head, ["-" * width for width in widths], *rows]:
        cells = [
            cell.ljust(width) if i < _LEFT_COLUMNS else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    ruler = ["---" if i < _LEFT_COLUMNS else "---:" for i in range(len(head))]
    cells = [[_escaped(cell) for cell in row] for row in [head, ruler, *rows]]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)


def _escaped(cell: str) -> str:
    text = cell.lstrip(" ")
    depth = (len(cell) - len(text)) // len(_INDENT)
    return "&nbsp;" * (len(_INDENT) * depth) + text.replace("|", "\\|")
