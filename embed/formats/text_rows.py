"""Recognise rows of text after a header: words and numbers in ASCII.

The bytes of text are valid float32 numbers, too. If its rows are as long as the rows of a binary file, a binary reader
finds no fault. Two rows of text are no coincidence; one may be.
"""

from __future__ import annotations

import re

__all__ = ["are_text_rows", "is_text_row"]

_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


def is_text_row(row: bytes, dim: int, *, whole: bool) -> bool:
    """Return whether `row` may be a word and `dim` numbers, or, if it is not whole, the start of such a row."""
    fields = row.split()
    if not whole:
        fields = fields[:-1]  # the last number may be cut
    numbers = fields[-dim:] if whole else fields[1:]
    return len(fields) > (dim if whole else 1) and all(_NUMBER.fullmatch(number) for number in numbers)


def are_text_rows(start: bytes, dim: int) -> bool:
    """Return whether `start`, the bytes after a header, begins with two whole rows of text."""
    rows = start.split(b"\n", 2)
    return len(rows) > 1 and all(is_text_row(row, dim, whole=True) for row in rows[:2])
