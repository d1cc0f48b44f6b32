"""Find the columns of a table of pairs that hold the two words and the score.

Published sets also have row numbers, parts of speech, contexts, standard deviations and individual ratings. A column is
numeric if most of its rows are numbers; a header differs from the rows below it; then names decide, or without names
the shape of the columns. Ambiguous tables are refused with the list of columns, because a score from the wrong column
looks like any other.

Rejected: the first column that holds a number (the first rater of WordSim353's set1.csv); a table of known sets (the
next one is not in it).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embed.messages import printable

from .table import Row, usual_width

__all__ = ["Choice", "Columns", "Table", "UnclearError", "choose_pair", "is_missing", "number_of", "table_of"]

Columns = Sequence[int | str]
"""The columns that a user chooses: numbers from one, or names of the header."""

_MISSING = frozenset(("", "na", "n/a", "nan", "null", "-", "--", "?", "."))
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?")
_MINUS = "\u2212"  # as typesetters write it
_WORD_NAME = re.compile(r"#?\s*(?:word|term|w|token|lemma|noun|verb|wort|mot|palabra)s?[ _.-]*[12ab]?", re.IGNORECASE)
_MEAN_NAME = re.compile(r"mean|average|avg|gold|mittel", re.IGNORECASE)
_SCORE_NAME = re.compile(r"sim|relat|scor|rating|human|judg|bewertung|puntu", re.IGNORECASE)
_OTHER_NAME = re.compile(
    r"\bs\.?d\b|\bsd|std|stdev|dev\b|varian|conc|assoc|freq|count|\bn\b|\bnum|\bid\b|index|rank|error|min\b|max\b",
    re.IGNORECASE,
)
_RATER_NAME = re.compile(
    r"(?:annotator|rater|subject|judge|participant|coder|score|rating|human|user|worker|person|[rasjp])?[ _.#-]*\d+",
    re.IGNORECASE,
)
_PARTS_OF_SPEECH = frozenset(
    (
        *("n", "v", "a", "r", "j", "s", "adj", "adv", "noun", "verb", "adjective", "adverb"),
        *("nn", "nns", "vb", "jj", "rb", "nom", "propn", "aux", "num"),
    )
)
_IDENTIFIER = re.compile(r"[^\W\d]*[ _.-]?\d+")
_PROSE_BLANKS = 4  # a cell with more blanks than any phrase of a set is a context or a gloss
_CATEGORY_REPEATS = 4  # a column with at least as many rows per distinct value does not hold words
_LEAST_RATERS = 2
_ALIKE = 0.8  # the least correlation of a mean with the mean of the ratings, some of which it may exclude
_MOST_COLUMNS_NAMED = 20


class UnclearError(Exception):
    """The choice of columns is ambiguous or invalid; the message says why."""


@dataclass(frozen=True)
class Table:
    """The rows of a table, without its header.

    Attributes
    ----------
    names : tuple of str or None
        The names of the columns, if there is a header.
    rows : list of Row
        The data rows; a row may have too few fields.
    width : int
        The number of columns.
    numeric : tuple of bool
        For each column, whether most rows have a number there.
    """

    names: tuple[str, ...] | None
    rows: list[Row]
    width: int
    numeric: tuple[bool, ...]

    def column(self, index: int) -> list[str]:
        """Return the cells of a column, "" where a row is too short."""
        return [fields[index] if index < len(fields) else "" for _, fields in self.rows]

    def numbers(self, index: int) -> NDArray[np.float64]:
        """Return the numbers of a column, shape (rows,), NaN for other cells."""
        found = (number_of(cell) for cell in self.column(index))
        return np.array([math.nan if value is None else value for value in found], dtype=np.float64)

    def name(self, index: int) -> str:
        """Return the name of a column in messages."""
        name = self.names[index] if self.names is not None and index < len(self.names) else ""
        return printable(name, 40) if name else f"column {index + 1}"

    def described(self) -> str:
        """List the columns for a message: number and name, or the cell in the first row."""
        cells = self.names or tuple(self.rows[0][1])
        shown = [f"{i + 1} {cell[:20]!r}" for i, cell in enumerate(cells[:_MOST_COLUMNS_NAMED])]
        return ", ".join([*shown, "..."] if len(cells) > _MOST_COLUMNS_NAMED else shown)

    def indices(self, chosen: Columns) -> list[int]:
        """Return the indices, from zero, of the columns that a user chose; raise UnclearError if one is missing."""
        found = []
        for one in chosen:
            text = str(one).strip()
            if text.isdecimal():
                index = int(text) - 1
            else:
                same = [i for i, name in enumerate(self.names or ()) if name.casefold() == text.casefold()]
                index = same[0] if len(same) == 1 else -1
            if not 0 <= index < self.width:
                raise UnclearError(f"there is no column {printable(text, 40)!r}")
            found.append(index)
        return found


@dataclass(frozen=True)
class Choice:
    """The indices, from zero, of the columns of a set of pairs; the score is the mean of `scores`."""

    words: tuple[int, int]
    scores: tuple[int, ...]

    def names(self, table: Table) -> tuple[str, ...]:
        """Return the names of the columns for a report, with one item for all scores."""
        first = [table.name(index) for index in self.words]
        if len(self.scores) == 1:
            return (*first, table.name(self.scores[0]))
        ends = f"{table.name(self.scores[0])} to {table.name(self.scores[-1])}"
        return (*first, f"mean of {len(self.scores)} raters ({ends})")


def number_of(cell: str) -> float | None:
    """Parse a cell as a finite number with a decimal point or comma; return None for other cells."""
    cell = cell.replace(_MINUS, "-")
    if _NUMBER.fullmatch(cell) is None:
        return None
    value = float(cell.replace(",", "."))
    return value if math.isfinite(value) else None


def is_missing(cell: str) -> bool:
    """Return whether a cell marks a missing value."""
    return cell.casefold() in _MISSING


def table_of(rows: list[Row], comment: list[str] | None = None) -> Table:
    """Make a table from rows, and split off its header.

    Parameters
    ----------
    rows : list of Row
        All rows, at least one.
    comment : list of str, optional
        The fields of the comment above the first row, which is the header in some sets.
    """
    width = usual_width(rows)
    rest = rows[1:] or rows
    numeric = tuple(_mostly_numbers(rest, i) or _mostly_numbers(rows, i) for i in range(width))
    first = rows[0][1]
    if len(rows) > 1 and _is_header(first, numeric):
        if len(first) == width - 1:  # as R writes a table: the column of row numbers has no name
            first = ["", *first]
        names = tuple(first) if len(first) == width else None
        return Table(names, rest, width, numeric)
    if comment is not None and len(comment) == width and _is_header(comment, numeric):
        return Table(tuple(comment), rows, width, numeric)
    return Table(None, rows, width, numeric)


def choose_pair(table: Table) -> Choice:
    """Choose the columns of a table with at least one numeric column; raise UnclearError if they are ambiguous."""
    words = _word_columns(table)
    numbers = [i for i, is_number in enumerate(table.numeric) if is_number and i > words[1]]
    if not numbers:
        raise UnclearError("no column after the two words has numbers")
    return Choice(words, _score_columns(table, numbers))


def _mostly_numbers(rows: Sequence[Row], index: int) -> bool:
    cells = [fields[index] for _, fields in rows if index < len(fields) and not is_missing(fields[index])]
    return bool(cells) and 2 * sum(number_of(cell) is not None for cell in cells) >= len(cells)


def _is_header(fields: Sequence[str], numeric: Sequence[bool]) -> bool:
    """Return whether a first row is a header: no number where others have one, or raters numbered from one."""
    if len(fields) != len(numeric):  # names split at blanks, or as R writes a table
        is_possible = len(fields) > len(numeric) or (len(fields) == len(numeric) - 1 and numeric[0])
        return is_possible and number_of(fields[-1]) is None
    cells = [cell for cell, is_number in zip(fields, numeric, strict=True) if is_number and not is_missing(cell)]
    others = [cell for cell in cells if number_of(cell) is None]
    if others:  # a cell with digits and no letter is a number in another notation, not a name
        return not all(any(map(str.isdigit, cell)) and not any(map(str.isalpha, cell)) for cell in others)
    names = [cell for cell, is_number in zip(fields, numeric, strict=True) if not is_number]
    counted = [number_of(cell) for cell in cells] == list(range(1, len(cells) + 1))
    return counted and len(cells) > 1 and sum(_WORD_NAME.fullmatch(name) is not None for name in names) >= 2


def _word_columns(table: Table) -> tuple[int, int]:
    text = [i for i in range(table.width) if not table.numeric[i] and any(table.column(i))]
    if table.names is not None:
        named = [i for i in text if _WORD_NAME.fullmatch(table.name(i)) is not None]
        if len(named) == 2:
            return named[0], named[1]
    words = text if len(text) == 2 else [i for i in text if not _holds_no_words(table.column(i))]
    scores = [i for i, is_number in enumerate(table.numeric) if is_number]
    if len(words) > 2:  # columns after the score describe the pair; the words are before it
        before = [i for i in words if any(score > i for score in scores)]
        words = before if len(before) >= 2 else words
    if len(words) > 2:
        words = [i for i in words if not _is_category(table.column(i))]
    if len(words) != 2:
        raise UnclearError("cannot tell which columns hold the two words")
    return words[0], words[1]


def _holds_no_words(cells: Iterable[str]) -> bool:
    """Return whether the cells are parts of speech, row numbers such as p12, or prose."""
    values = [cell for cell in cells if cell]
    if all(value.casefold() in _PARTS_OF_SPEECH for value in values):
        return len(set(values)) < max(2, len(values))
    if all(_IDENTIFIER.fullmatch(value) for value in values):
        return len(set(values)) == len(values)
    return 2 * sum(value.count(" ") > _PROSE_BLANKS for value in values) > len(values)


def _is_category(cells: Sequence[str]) -> bool:
    return len(set(cells)) * _CATEGORY_REPEATS <= len(cells)


def _score_columns(table: Table, numbers: list[int]) -> tuple[int, ...]:
    if len(numbers) == 1:
        return (numbers[0],)
    found = _by_name(table, numbers) if table.names is not None else _by_shape(table, numbers)
    if found:
        return found
    raise UnclearError("cannot tell which column holds the score")


def _by_name(table: Table, numbers: list[int]) -> tuple[int, ...]:
    """Return the column of the mean, else of the score, else of all raters; empty if the names do not decide."""
    raters = [i for i in numbers if _RATER_NAME.fullmatch(table.name(i)) is not None]
    others = [i for i in numbers if i not in raters and _OTHER_NAME.search(table.name(i)) is None]
    for pattern in (_MEAN_NAME, _SCORE_NAME):
        named = [i for i in others if pattern.search(table.name(i)) is not None]
        if len(named) == 1 or (named and _rank_alike(table, named)):
            return (named[0],)
        if named:
            return ()
    if len(others) == 1:
        return (others[0],)
    return tuple(raters) if len(raters) >= _LEAST_RATERS and not others else ()


def _by_shape(table: Table, numbers: list[int]) -> tuple[int, ...]:
    """Return the one column that is the mean of the others, or that correlates with it and alone has fractions."""
    if len(numbers) <= _LEAST_RATERS:
        return ()
    values = {i: table.numbers(i) for i in numbers}
    means = []
    for i in numbers:
        rest = _mean([values[other] for other in numbers if other != i])
        if np.allclose(values[i], rest, rtol=0.01, atol=0.05, equal_nan=True):
            means.append(i)
    if len(means) == 1:
        return (means[0],)
    fractions = [i for i in numbers if np.any(np.mod(values[i][~np.isnan(values[i])], 1))]
    if len(fractions) != 1:
        return ()
    (mean,) = fractions
    rest = _mean([values[other] for other in numbers if other != mean])
    known = ~(np.isnan(values[mean]) | np.isnan(rest))
    if known.sum() < 2 or not np.std(values[mean][known]) or not np.std(rest[known]):
        return ()
    return (mean,) if np.corrcoef(values[mean][known], rest[known])[0, 1] >= _ALIKE else ()


def _mean(columns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the mean of the numbers in each row, NaN for rows without numbers."""
    stacked = np.stack(columns)
    known = ~np.isnan(stacked)
    count = known.sum(axis=0)
    total = np.where(known, stacked, 0.0).sum(axis=0)
    means: NDArray[np.float64] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return means


def _rank_alike(table: Table, numbers: list[int]) -> bool:
    """Return whether the columns order the rows alike, as two scales of one rating do."""
    orders = [np.unique(table.numbers(i), return_inverse=True)[1].tolist() for i in numbers]
    return len(table.rows) > 1 and all(order == orders[0] for order in orders)
