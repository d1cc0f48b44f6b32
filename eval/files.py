"""Reads test files: similarity pairs or analogy questions, told apart by content.

Similarity: word, word, score, separated by tabs, commas or blanks; one header line and "#" comments are
allowed. Some sets put a part of speech third and the score fourth (SimLex-999, SimVerb-3500), so the score is
the first column from the third on that holds a number in the first row. Analogies: ": section" lines and
lines of four words (Google, MSR).

Anything else is an error with file and line. Skipping bad lines silently, as is common, makes a score over
half a file look like a score. Rejected: the csv module's sniffer (it guesses from letter frequencies).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from embed.errors import FormatError, cannot_open

__all__ = ["FileContent", "read_set"]

MOST_BYTES = 64 << 20
"""The largest set in use, BATS, has 5 MB."""

_SECTION = ":"
_COMMENT = "#"
_WORDS_PER_QUESTION = 4
_SCORE_FROM = 2  # the first column, from zero, that may hold the score
_DEFAULT_SECTION = "all"  # of questions before any section line

Question = tuple[str, str, str, str]
Row = tuple[int, list[str]]  # line number from one, fields


@dataclass
class FileContent:
    """What a file holds: either questions with their section, or scored pairs; the other list is empty."""

    questions: list[tuple[str, Question]] = field(default_factory=list)
    pairs: list[tuple[str, str, float]] = field(default_factory=list)


def read_set(path: Path) -> FileContent:
    """Read a test file of either kind.

    Raises
    ------
    FormatError
        If the file cannot be read, is not UTF-8, is empty, is of neither kind, or has a malformed line.
    """
    lines = [
        (number, line)
        for number, line in enumerate(_decode(path).split("\n"), start=1)
        if line.strip() and not line.startswith(_COMMENT)
    ]
    if not lines:
        raise FormatError(f"{path} holds no test items")
    if any(line.startswith(_SECTION) for _, line in lines):
        return _with_questions(path, lines)
    split = _splitter(lines)
    rows = [(number, split(line)) for number, line in lines]
    if any(_score_column(fields) is not None for _, fields in rows[:2]):
        return FileContent(pairs=list(_pairs(path, rows)))
    if len(lines[0][1].split()) == _WORDS_PER_QUESTION:
        return _with_questions(path, lines)
    raise FormatError(
        f"{path}, line {lines[0][0]}: neither a scored pair (word, word, number) nor an analogy "
        f"(four words, or ': section'): {_excerpt(lines[0][1])}"
    )


def _decode(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise cannot_open(FormatError, f"cannot read the test file {path}: {error.strerror or error}", error) from error
    if len(data) > MOST_BYTES:
        raise FormatError(f"{path} has more than {MOST_BYTES:,} bytes: it is no test set")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormatError(f"{path}, line {line}: not UTF-8 (byte offset {error.start})") from error


def _with_questions(path: Path, lines: list[tuple[int, str]]) -> FileContent:
    questions = list(_questions(path, lines))
    if not questions:
        raise FormatError(f"{path} holds the names of sections, but no test items")
    return FileContent(questions=questions)


def _questions(path: Path, lines: list[tuple[int, str]]) -> Iterator[tuple[str, Question]]:
    section = _DEFAULT_SECTION
    for number, line in lines:
        if line.startswith(_SECTION):
            section = line.removeprefix(_SECTION).strip()
            if not section:
                raise FormatError(f"{path}, line {number}: a section line without a name")
            continue
        words = line.split()
        if len(words) != _WORDS_PER_QUESTION:
            raise FormatError(
                f"{path}, line {number}: an analogy has four words, this line has {len(words)}: {_excerpt(line)}"
            )
        a, b, c, d = words
        yield section, (a, b, c, d)


def _pairs(path: Path, rows: list[Row]) -> Iterator[tuple[str, str, float]]:
    header = _score_column(rows[0][1]) is None
    data = rows[1:] if header else rows
    column = _score_column(data[0][1])
    assert column is not None, "the caller saw a score in one of the first two rows"
    for number, fields in data:
        score = _number(fields[column]) if len(fields) > column else None
        if score is None or not fields[0] or not fields[1]:
            raise FormatError(
                f"{path}, line {number}: expected two words and a number in column {column + 1}: "
                f"{_excerpt(' '.join(fields))}"
            )
        yield fields[0], fields[1], score


def _splitter(lines: list[tuple[int, str]]) -> Callable[[str], list[str]]:
    """Choose the separator from the last of the first two lines: the first may be a header."""
    sample = lines[min(1, len(lines) - 1)][1]
    for separator in ("\t", ","):
        if separator in sample:
            return lambda line: [part.strip() for part in line.split(separator)]
    return str.split


def _score_column(fields: list[str]) -> int | None:
    return next((i for i in range(_SCORE_FROM, len(fields)) if _number(fields[i]) is not None), None)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _excerpt(line: str, length: int = 60) -> str:
    text = line.strip()
    return repr(text if len(text) <= length else text[:length] + "...")
