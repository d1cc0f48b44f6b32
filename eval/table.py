"""Split the lines of a test file into rows of fields, and find its separator.

The separator is the one that splits most lines into the same number of fields; of equal ones, the least likely part of
a word wins: a tab is never part of a word, a blank often is. Quotes follow the csv module, unless they are unbalanced,
because then some words begin with a quote.

Rejected: the csv module's sniffer (guesses from letter frequencies); the first separator that occurs (a comma in a
word, or a decimal comma, would decide for the whole file).
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence

__all__ = ["Line", "Row", "split_line", "split_rows", "usual_width"]

Line = tuple[int, str]  # line number from one, text
Row = tuple[int, list[str]]  # line number from one, fields

_BLANKS = " "  # one or more blanks or tabs
_SEPARATORS = ("\t", ";", ",", "|", _BLANKS, ":")
_SAMPLE = 1000  # lines that choose the separator


def split_rows(lines: Sequence[Line]) -> tuple[list[Row], str]:
    """Split lines, at least one, into rows of fields; return the rows and the separator."""
    sample = lines[:_SAMPLE]
    chosen, best = _BLANKS, (0.0, False)
    for separator in _SEPARATORS:
        rows = _split(sample, separator)
        width, share = _agreement(rows[1:] or rows)  # the first may be a header
        if width > 1 and (share, width > 2) > best:
            chosen, best = separator, (share, width > 2)
    return _split(lines, chosen), chosen


def split_line(text: str, separator: str) -> list[str]:
    """Split one more line with the separator that `split_rows` chose."""
    return _split([(0, text)], separator)[0][1]


def usual_width(rows: Sequence[Row]) -> int:
    """Return the number of fields that most rows have."""
    return _agreement(rows)[0]


def _agreement(rows: Sequence[Row]) -> tuple[int, float]:
    """Return the most common number of fields, and the share of rows with it."""
    width, count = Counter(len(fields) for _, fields in rows).most_common(1)[0]
    return width, count / len(rows)


def _split(lines: Sequence[Line], separator: str) -> list[Row]:
    if separator == _BLANKS:
        lines = [(number, " ".join(text.split())) for number, text in lines]
    try:
        return list(_quoted(lines, separator))
    except csv.Error:
        return [(number, [field.strip() for field in text.split(separator)]) for number, text in lines]


def _quoted(lines: Sequence[Line], separator: str) -> list[Row]:
    """Split with the csv module; raise csv.Error if quotes are unbalanced within a line (or the first row)."""
    texts = (f"{text}\n" for _, text in lines)
    reader = csv.reader(texts, delimiter=separator, skipinitialspace=True, strict=True)
    rows: list[Row] = []
    start = 0
    for fields in reader:
        if rows and reader.line_num > start + 1:
            raise csv.Error("a field spans several lines")
        if any("\n" in field and separator in field for field in fields):
            raise csv.Error("two words that begin with a quote are not a quoted field")
        rows.append((lines[start][0], [" ".join(field.split("\n")).strip() for field in fields]))
        start = reader.line_num
    return rows
