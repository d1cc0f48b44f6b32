"""Read back what `refresh` has put into a document: the tables of the goals, which are the record of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from benchmarks.lib.processes import BenchmarkError

_TABLE = re.compile(r"<!-- (goals[\w-]*):begin -->\n(.*?)<!-- \1:end -->", re.DOTALL)
_FACTS = re.compile(r"^- Measured on: date (\S+).*?, processor (.*?),.*SIMD path (\w+)", re.MULTILINE)
_UNITS = {"k": 1e3, "M": 1e6, "G": 1e9}


@dataclass(frozen=True)
class RecordedGoals:
    """A table of the goals, as one processor reached them.

    Attributes
    ----------
    date, processor, simd : str
        The day, the processor and its instruction set.
    rows : dict of str to dict of str to str
        Name of a row -> head of a column -> cell. Of columns with the same head, the first counts.
    """

    date: str
    processor: str
    simd: str
    rows: dict[str, dict[str, str]]


def number(cell: str) -> float:
    """Return 2400000.0 for ``2.4M``; raises BenchmarkError for a cell that is no number."""
    try:
        return float(cell.rstrip("kMG")) * _UNITS.get(cell[-1:], 1)
    except ValueError as error:
        raise BenchmarkError(f"{cell!r} is no number") from error


def read_goals(document: Path) -> RecordedGoals:
    """Return the newest table of the goals in a document.

    Raises
    ------
    BenchmarkError
        If the document cannot be read or has no such table.
    """
    try:
        text = document.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise BenchmarkError(f"cannot read {document}: {error}") from error
    found = [_goals(body) for _, body in _TABLE.findall(text) if _FACTS.search(body)]
    if not found:
        raise BenchmarkError(f"{document} holds no goals that were measured: run `python -m benchmarks refresh` first")
    return max(found, key=lambda goals: goals.date)


def _goals(body: str) -> RecordedGoals:
    facts = _FACTS.search(body)
    assert facts is not None
    head, _, *rows = [_cells(line) for line in body.splitlines() if line.startswith("|")]
    return RecordedGoals(*facts.groups(), rows={row[0]: dict(zip(head[::-1], row[::-1], strict=True)) for row in rows})


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]
