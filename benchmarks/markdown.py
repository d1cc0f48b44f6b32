"""Tables of the benchmark pages. Their cells are ours, and may hold Markdown."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["markdown"]

_INDENT = "  "
_LEFT_COLUMNS = 2


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; cells beyond the second column are aligned to the right."""
    ruler = ["---" if i < _LEFT_COLUMNS else "---:" for i in range(len(head))]
    cells = [[_indented(cell) for cell in row] for row in [head, ruler, *rows]]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)


def _indented(cell: str) -> str:
    text = cell.lstrip(" ")
    depth = (len(cell) - len(text)) // len(_INDENT)
    return "&nbsp;" * (len(_INDENT) * depth) + text.replace("|", "\\|")
