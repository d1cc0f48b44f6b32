"""Read analogy questions from a table: four words a row (Google, MSR), or the two words of one relation (BATS).

Some files also have a column that names the section. A file of one relation gives a question, "a is to b as c is to d",
for each ordered pair of its rows; a row may list several right words for d, separated by "/".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .columns import Table, UnclearError, is_missing
from .table import Row

__all__ = [
    "WORDS_PER_QUESTION",
    "Question",
    "is_relation",
    "question_columns",
    "questions_of_relation",
    "without_header",
]

WORDS_PER_QUESTION = 4
WORDS_PER_RELATION = 2
MOST_PAIRS = 1000
"""The most pairs of a relation; BATS has 50. Each ordered pair of rows is a question."""

_ALTERNATIVES = "/"
_HEADER_NAME = re.compile(
    r"(?:word|term|w|question|query|source|target|answer|expected|base|derived|pair|label)s?"
    r"[ _.-]*(?:[1-4abcd]|one|two|three|four)?|[abcdxy]",
    re.IGNORECASE,
)
_NUMBER_NAME = re.compile(r"#?|no\.?|id|index|idx|number|row|unnamed: 0", re.IGNORECASE)
_SECTION_NAME = re.compile(r"type|category|section|relation|class|kind|group|task", re.IGNORECASE)
_RELATION_FILE = re.compile(r"[IDEL]\d\d \[")  # as BATS names its files


@dataclass(frozen=True)
class Question:
    """One question: a is to b as c is to d.

    Attributes
    ----------
    section : str
    words : tuple of str
        a, b, c and d.
    others : tuple of str
        Further right answers beside d.
    """

    section: str
    words: tuple[str, str, str, str]
    others: tuple[str, ...] = ()


def without_header(rows: list[Row]) -> tuple[list[str] | None, list[Row]]:
    """Split off a first row that names columns: "word1 word2 word3 word4", "category a b c d", "id w1 w2 w3 w4"."""
    names = rows[0][1]
    known = [
        _HEADER_NAME.fullmatch(name)
        or _SECTION_NAME.search(name)
        or (_NUMBER_NAME.fullmatch(name) and all(fields[i].isdecimal() for _, fields in rows[1:] if i < len(fields)))
        for i, name in enumerate(names)
    ]
    if len(rows) > 1 and all(known) and len({name.casefold() for name in names}) == len(names):
        return names, rows[1:]
    return None, rows


def question_columns(names: Sequence[str] | None, table: Table) -> tuple[int | None, list[int]]:
    """Return the column of the section, if any, and the columns of the four words.

    Raises
    ------
    UnclearError
        The columns are ambiguous.
    """
    text = [i for i in range(table.width) if not table.numeric[i] and any(table.column(i))]
    if len(text) == WORDS_PER_QUESTION + 1:
        if names is not None:
            sections = [i for i in text if _SECTION_NAME.search(names[i])]
        else:
            sections = [i for i in (text[0], text[-1]) if _repeats_in_runs(table.column(i))]
        if len(sections) == 1:
            return sections[0], [i for i in text if i != sections[0]]
    if len(text) == WORDS_PER_QUESTION:
        return None, text
    raise UnclearError("cannot tell which columns hold the four words of a question")


def is_relation(rows: Sequence[Row], file_name: str) -> bool:
    """Return whether rows of two words are a relation: some have several answers, or the file name is of BATS."""
    answers = (answer for _, fields in rows for answer in fields[1:2])  # a row may lack it
    return any(_ALTERNATIVES in answer for answer in answers) or _RELATION_FILE.match(file_name) is not None


def questions_of_relation(section: str, pairs: Sequence[tuple[str, str]]) -> list[Question]:
    """Make a question of each ordered pair of rows (a, "b1/b2/..."); b is the first of its words."""
    answers = [(a, [word.strip() for word in b.split(_ALTERNATIVES) if not is_missing(word.strip())]) for a, b in pairs]
    return [
        Question(section, (a, bs[0], c, ds[0]), tuple(ds[1:]))
        for i, (a, bs) in enumerate(answers)
        for k, (c, ds) in enumerate(answers)
        if i != k and bs and ds
    ]


def _repeats_in_runs(cells: Sequence[str]) -> bool:
    """Return whether a column names sections: few values, each in about one run of rows."""
    distinct = len(set(cells))
    runs = 1 + sum(a != b for a, b in itertools.pairwise(cells))
    return 2 * distinct <= len(cells) and 2 * runs <= 3 * distinct
