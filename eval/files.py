"""Read test files: similarity pairs or analogy questions, recognised by content.

Similarity files have two words and a score, in columns that :mod:`embed.eval.columns` finds. Analogy files have lines
of four words, in sections that begin with a line such as ": family", or the pairs of one relation
(:mod:`embed.eval.questions`). Lines that begin with "#" are comments.

Anything else is an error with file and line, because a score over half a file looks like any other. A pair is skipped
only if its score is marked as missing, and the report says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from embed.errors import FormatError
from embed.messages import option

from .columns import Choice, Columns, Table, UnclearError, choose_pair, is_missing, number_of, table_of
from .decoding import LINE_END, decoded_file
from .questions import (
    MOST_PAIRS,
    WORDS_PER_QUESTION,
    WORDS_PER_RELATION,
    Question,
    is_relation,
    question_columns,
    questions_of_relation,
    without_header,
)
from .table import Line, Row, split_line, split_rows, usual_width

__all__ = ["FileContent", "read_set"]

_COMMENT = "#"
_SECTION = re.compile(r":\s*(?P<colon>.*)|\[(?P<bracket>[^\[\]]+)\]|={2,}\s*(?P<equals>[^=]+?)\s*={2,}|(?P<end>[^:]+):")
_DEFAULT_SECTION = "all"  # the section of questions before any section line
_TAG = re.compile(r"(?P<word>.+)[-_/](?:n|v|j|a|r|nn|vb|jj|rb|noun|verb|adj|adv)", re.IGNORECASE)


@dataclass
class FileContent:
    """The items of a file: either questions or scored pairs; the other list is empty.

    Attributes
    ----------
    questions : list of Question
    pairs : list of (str, str, float)
    columns : tuple of str
        The columns of the two words and the score.
    notes : list of str
        How the file was read, for readers of the scores.
    """

    questions: list[Question] = field(default_factory=list)
    pairs: list[tuple[str, str, float]] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)


def read_set(path: Path, columns: Columns | None = None) -> FileContent:
    """Read a test file of either kind.

    Parameters
    ----------
    path : Path
    columns : sequence of int or str, optional
        Numbers from one, or names of the header: word, word, score (or several scores, which are averaged); the four
        words of a question, perhaps after their section; or the two words of a relation.

    Raises
    ------
    FormatError
        The file cannot be read, is not UTF-8, is empty, is of neither kind, has a malformed line, or has ambiguous
        columns.
    """
    return _Reader(path, columns).read()


class _Reader:
    """Reads one file."""

    def __init__(self, path: Path, columns: Columns | None) -> None:
        self._path = path
        self._columns = columns
        self._separator = ""
        self._comments: list[Line] = []
        self._above: str | None = None  # the comment above the first row, which is the header in some sets

    def read(self) -> FileContent:
        """Read the file."""
        lines = self._lines()
        if not lines:
            raise FormatError(f"{self._path} has no test items; name a file of pairs or analogies")
        sections = _sections(lines)
        if sections is not None:
            return self._in_sections(sections)
        rows, self._separator = split_rows(lines)
        table = table_of(rows, None if self._above is None else split_line(self._above, self._separator))
        try:
            if self._columns is not None:
                return self._as_chosen(rows, table, self._columns)
            if _has_scores(table):
                return self._pairs(rows, table, choose_pair(table))
            if table.width == WORDS_PER_QUESTION or (table.width > WORDS_PER_QUESTION and _mostly_agree(rows)):
                return self._questions(*without_header(rows))
        except UnclearError as error:
            example = f"{option('columns', (1, 2, 4))} for word, word and score"
            if not _has_scores(table) and table.width >= WORDS_PER_QUESTION:
                example = f"{option('columns', (1, 2, 3, 4))} for the four words of a question (five with a section)"
            raise FormatError(
                f"{self._path}: {error}; the columns are {table.described()}; name those to read, for example {example}"
            ) from None
        _, pairs = without_header(rows)
        if table.width == WORDS_PER_RELATION and is_relation(pairs, self._path.name):
            return FileContent(questions=self._relation(self._path.stem, pairs))
        number, text = lines[0]
        hint = f"; for the pairs of one relation pass {option('columns', (1, 2))}" if table.width == 2 else ""
        raise FormatError(
            f"{self._path}, line {number}: expected a scored pair (word, word, number) or an analogy (four words, or "
            f"': section'), not {_excerpt(text)}{hint}"
        )

    def _lines(self) -> list[Line]:
        """Return the lines that are not blank, and collect comments separately."""
        lines: list[Line] = []
        for number, text in enumerate(LINE_END.split(decoded_file(self._path)), start=1):
            if text.startswith(_COMMENT):
                self._comments.append((number, text))
                if not lines:
                    self._above = text.lstrip(_COMMENT).strip(" ")
            elif text.strip():
                lines.append((number, text))
        return lines

    def _as_chosen(self, rows: list[Row], table: Table, columns: Columns) -> FileContent:
        """Read the columns that the user named."""
        by_name = any(not str(one).strip().isdecimal() for one in columns)
        if table.names is None and len(rows) > 1 and by_name:
            table = Table(tuple(rows[0][1]), rows[1:], table.width, table.numeric)
        chosen = table.indices(columns)
        if len(chosen) > WORDS_PER_RELATION and all(table.numeric[i] for i in chosen[2:]):
            if len(set(chosen)) < len(chosen):
                raise UnclearError("the columns of words and scores must differ")
            return self._pairs(rows, table, Choice((chosen[0], chosen[1]), tuple(chosen[2:])))
        named, data = without_header(rows)
        data = table.rows if table.names is not None else data if named is not None else rows
        if len(chosen) == WORDS_PER_RELATION:
            return FileContent(questions=self._relation(self._path.stem, data, chosen))
        if len(chosen) == WORDS_PER_QUESTION:
            return FileContent(questions=list(self._asked(data, table.width, None, chosen)))
        if len(chosen) == WORDS_PER_QUESTION + 1:
            return FileContent(questions=list(self._asked(data, table.width, chosen[0], chosen[1:])))
        raise UnclearError(
            "columns must hold two words and a score, four words, a section and four words, or two words"
        )

    # --- pairs ----------------------------------------------------------------------------------------------

    def _pairs(self, rows: list[Row], table: Table, choice: Choice) -> FileContent:
        found = FileContent(columns=choice.names(table))
        unscored = 0
        for row in table.rows:
            a, b, scores = self._pair(row, table, choice)
            if scores:
                found.pairs.append((a, b, sum(scores) / len(scores)))
            else:
                unscored += 1
        if not found.pairs:
            raise FormatError(f"{self._path} has no test items, because no pair has a score; name a file with scores")
        if unscored:
            found.notes.append(f"skipped {_counted(unscored, 'pair')} without a score")
        if len(table.rows) < len(rows) and table.names is None:
            found.notes.append(f"skipped line {rows[0][0]} as a header: {_excerpt(' '.join(rows[0][1]))}")
        if alike := self._comments_like_rows(table, choice):
            found.notes.append(f"lines skipped as comments (#), though they look like pairs: {alike:,}")
        if _remove_tags(found):
            found.notes.append("removed part-of-speech endings, such as -n, from the words")
        return found

    def _pair(self, row: Row, table: Table, choice: Choice) -> tuple[str, str, list[float]]:
        """Return the words and scores of a row."""
        number, fields = row
        if max(*choice.words, *choice.scores) < len(fields) <= table.width:
            a, b = (fields[i] for i in choice.words)
            cells = [fields[i] for i in choice.scores if not is_missing(fields[i])]
            scores = [score for cell in cells if (score := number_of(cell)) is not None]
            if a and b and len(scores) == len(cells):
                return a, b, scores
        first, last = choice.scores[0] + 1, choice.scores[-1] + 1
        where = f"column {first}" if first == last else f"columns {first} to {last}"
        raise FormatError(
            f"{self._path}, line {number}: expected {table.width} columns with two words and a number in {where}, not "
            f"{_excerpt(' '.join(fields))}"
        )

    def _comments_like_rows(self, table: Table, choice: Choice) -> int:
        found = [split_line(text, self._separator) for _, text in self._comments]
        return sum(
            len(fields) == table.width and all(number_of(fields[i]) is not None for i in choice.scores)
            for fields in found
        )

    # --- analogies ------------------------------------------------------------------------------------------

    def _in_sections(self, sections: list[tuple[int, str, list[Line]]]) -> FileContent:
        found = FileContent()
        for number, name, lines in sections:
            if not name:
                raise FormatError(f"{self._path}, line {number}: the section has no name; add one")
            if lines:
                rows, _ = split_rows(lines)
                if usual_width(rows) == WORDS_PER_RELATION and is_relation(rows, self._path.name):
                    found.questions += self._relation(name, rows)
                else:
                    found.questions += self._asked(rows, WORDS_PER_QUESTION, None, range(WORDS_PER_QUESTION), name)
        if not found.questions:
            raise FormatError(f"{self._path} has section names, but no test items; add questions")
        return found

    def _questions(self, names: list[str] | None, rows: list[Row]) -> FileContent:
        width = usual_width(rows)
        notes = [] if names is None else [f"skipped the first line as a header: {_excerpt(' '.join(names))}"]
        section, words = None, list(range(width))
        if width != WORDS_PER_QUESTION:
            section, words = question_columns(names, Table(None, rows, width, table_of(rows).numeric))
        return FileContent(questions=list(self._asked(rows, width, section, words)), notes=notes)

    def _asked(
        self, rows: list[Row], width: int, section: int | None, words: Sequence[int], name: str = _DEFAULT_SECTION
    ) -> Iterator[Question]:
        """Yield the question of each row."""
        for number, fields in rows:
            if len(fields) != width or not all(fields[i] for i in words):
                raise FormatError(
                    f"{self._path}, line {number}: an analogy needs four words, but this line has {len(fields)}"
                    f"{'' if width == WORDS_PER_QUESTION else f' columns, the others {width}'}: "
                    f"{_excerpt(' '.join(fields))}"
                )
            a, b, c, d = (fields[i] for i in words)
            yield Question(name if section is None else fields[section], (a, b, c, d))

    def _relation(self, name: str, rows: list[Row], words: Sequence[int] = (0, 1)) -> list[Question]:
        for number, fields in rows:
            if len(fields) <= max(words) or not all(fields[i] for i in words):
                raise FormatError(f"{self._path}, line {number}: expected two words, not {_excerpt(' '.join(fields))}")
        if len(rows) > MOST_PAIRS:
            raise FormatError(
                f"{self._path}: a relation may have at most {MOST_PAIRS:,} pairs, not {len(rows):,}; split it"
            )
        questions = questions_of_relation(name, [(fields[words[0]], fields[words[1]]) for _, fields in rows])
        if not questions:
            raise FormatError(f"{self._path}: a relation needs at least two pairs; add more")
        return questions


def _sections(lines: list[Line]) -> list[tuple[int, str, list[Line]]] | None:
    """Return the line number, name and lines of each section; None if no line begins one."""
    names = {number: found for number, text in lines if (found := _SECTION.fullmatch(text.strip()))}
    if not names:
        return None
    rest = [line for line in lines if line[0] not in names]
    if rest:
        rows, _ = split_rows(rest)
        width = usual_width(rows)
        is_sure = any(found["colon"] is not None for found in names.values()) and not any(table_of(rows).numeric)
        if width != WORDS_PER_QUESTION and not is_sure:  # emoticons, or words that end with a colon
            return None
    sections: list[tuple[int, str, list[Line]]] = [(0, _DEFAULT_SECTION, [])]
    for number, text in lines:
        if number in names:
            sections.append((number, next(name for name in names[number].groups() if name is not None), []))
        else:
            sections[-1][2].append((number, text))
    return sections


def _has_scores(table: Table) -> bool:
    """Return whether a table has numbers that may be scores, not only row numbers."""
    words = [i for i, is_number in enumerate(table.numeric) if not is_number]
    return table.width > WORDS_PER_RELATION and any(
        is_number and (table.width < WORDS_PER_QUESTION or i > words[0])
        for i, is_number in enumerate(table.numeric)
        if words
    )


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _mostly_agree(rows: Sequence[Row]) -> bool:
    """Return whether most rows have the same number of fields, unlike prose."""
    width = usual_width(rows)
    return 2 * sum(len(fields) == width for _, fields in rows) > len(rows)


def _remove_tags(found: FileContent) -> bool:
    """Remove tags such as "-n" from the words, if all words have one."""
    tagged = [[_TAG.fullmatch(word) for word in pair[:2]] for pair in found.pairs]
    plain = [(a["word"], b["word"], pair[2]) for (a, b), pair in zip(tagged, found.pairs, strict=True) if a and b]
    if len(plain) < len(found.pairs):
        return False
    found.pairs = plain
    return True


def _excerpt(line: str, length: int = 60) -> str:
    text = line.strip()
    return repr(text if len(text) <= length else f"{text[:length]}...")
