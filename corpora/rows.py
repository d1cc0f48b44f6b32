"""Read files of rows, compressed or not: CSV and TSV with a header line, JSON objects in lines or in one array.

The ending of the name decides the delimiter, because any text is CSV of some sort. A file with another name, or a pipe,
is JSON if it begins like JSON; else its delimiter is the comma, unless one is given. CSV is quoted as in RFC 4180; in
TSV, a quote is an ordinary character (IANA's text/tab-separated-values). A row with more or fewer fields than columns
is an error, because its texts would belong to other columns. A JSON object without a key has None there; if no object
has the key, that is an error.

Rejected: guessing delimiters and quotes (:class:`csv.Sniffer` is wrong on prose), pyarrow's reader (an extra for
what the standard library does).
"""

from __future__ import annotations

import codecs
import csv
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from embed.choices import TextErrors
from embed.errors import ConfigError, CorpusError
from embed.files.compressed import START_BYTES, ByteStream
from embed.files.inputs import Input
from embed.messages import listed, option

from .recognise import JSON_ENDINGS, SEPARATORS, ending_of
from .text import valid_utf8

__all__ = ["JsonRows", "KeysSeen", "SeparatedRows", "checked_delimiter", "is_json"]

LONGEST_ROW = 1 << 24
"""The most characters in a row; an unclosed quote would take the whole file."""
_CANDIDATES = ",;\t|"
"""Delimiters that a message may recommend."""
_NAMES = {"\t": "tab"}
_JSON_TAIL = 16
"""A JSON error this close to the end of the data read so far may only mean that more data follows."""
_START_BYTES = 64
_BLANK = re.compile(r"[\ufeff \t\r\n]*")
_TOO_LONG = f"longer than {LONGEST_ROW:,} characters; check for a quote or bracket that is never closed"


def is_json(file: Input) -> bool:
    """Return whether a file of rows is JSON, by its name or else by its beginning."""
    ending = ending_of(file.path)
    return ending in JSON_ENDINGS or (
        ending not in SEPARATORS and file.peek(_START_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))
    )


def checked_delimiter(delimiter: str | None) -> str | None:
    r"""Return the delimiter as a character, also for ``tab`` or ``\t``; raise ConfigError if it is invalid."""
    if delimiter in ("tab", "\\t"):
        return "\t"
    if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n\0'):
        raise ConfigError(f"{option('delimiter')} must be one character, such as ';', or 'tab', not {delimiter!r:.60}")
    return delimiter


class _Lines:
    """The lines of a stream with their ends; raises CorpusError if a row exceeds `LONGEST_ROW` characters."""

    def __init__(self, stream: ByteStream, decode_errors: TextErrors) -> None:
        self._stream, self._chunks = stream, valid_utf8(stream, decode_errors)
        self.in_row = 0

    def __iter__(self) -> Iterator[str]:
        held = b""
        for chunk in self._chunks:
            *lines, rest = chunk.split(b"\n")
            for line in lines:
                text = (held + line).decode() + "\n"
                held = b""
                self._count(len(text))
                yield text
            held += rest
            if len(held) > LONGEST_ROW:
                self._count(len(held))
        if held:
            yield held.decode()

    def _count(self, characters: int) -> None:
        self.in_row += characters
        if self.in_row > LONGEST_ROW:
            raise CorpusError(f"{self._stream.name}: a row is {_TOO_LONG}")


class SeparatedRows:
    """A CSV or TSV file, which can be read many times.

    Attributes
    ----------
    name : str
        The name of the file in messages.

    Raises
    ------
    CorpusError
        At construction and while reading: the file is unreadable or malformed, or lacks a column.
    """

    def __init__(self, file: Input, decode_errors: TextErrors, delimiter: str | None, columns: Sequence[str]) -> None:
        self.name = file.name
        self._file, self._decode_errors = file, decode_errors
        ending = ending_of(file.path)
        self._delimiter = delimiter or SEPARATORS.get(ending, ",")
        self._is_quoted = ending == ".csv" or self._delimiter != "\t"
        rows = self._rows()
        names = next(rows, [])
        self._begun = rows if file.reads_once else None  # a second reader would miss the header line
        if not names:
            raise CorpusError(f"{self.name}: the header line is missing; add a line of column names")
        for column in columns:
            if column not in names:
                raise CorpusError(
                    f"{self.name}: there is no column {column!r:.60}; name one of: {listed(names)}"
                    f"{self._other_delimiter(names, column)}"
                )
            if names.count(column) > 1:
                raise CorpusError(
                    f"{self.name}: {names.count(column)} columns are named {column!r:.60}; rename all but one"
                )
        self._columns, self._indices = len(names), [names.index(column) for column in columns]

    def rows(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield the number of each row, from 1, and its values."""
        rows, self._begun = self._begun, None
        if rows is None:
            rows = self._rows()
            next(rows)
        for number, row in enumerate(rows, 1):
            if len(row) != self._columns:
                raise CorpusError(
                    f"{self.name}: row {number:,} has {len(row)} fields, but there are {self._columns} columns; "
                    "fix the row"
                )
            yield number, tuple(row[index] for index in self._indices)

    def _other_delimiter(self, names: list[str], column: str) -> str:
        line = self._delimiter.join(names)
        for other in _CANDIDATES:
            if other != self._delimiter and column in (field.strip('"') for field in line.split(other)):
                return f"; or pass {option('delimiter', _NAMES.get(other, other))}, if {other!r} separates the fields"
        return ""

    def _rows(self) -> Iterator[list[str]]:
        # raise the process-wide limit, whose default is shorter than some fields of prose, and never lower it
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST_ROW))
        with self._file.open() as stream:
            lines = _Lines(stream, self._decode_errors)
            if self._is_quoted:
                reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
            else:
                reader = csv.reader(lines, delimiter=self._delimiter, quoting=csv.QUOTE_NONE, strict=True)
            try:
                for row in reader:
                    lines.in_row = 0
                    if row:
                        yield row
            except csv.Error as error:
                raise CorpusError(f"{self.name}, line {reader.line_num:,}: malformed CSV: {error!s:.100}") from error


class KeysSeen:
    """Takes values out of mappings, and knows which keys no mapping had."""

    def __init__(self, columns: Sequence[str], where: str) -> None:
        self._columns, self._where = columns, where
        self._unseen = set(columns)
        self._first: list[str] | None = None

    def values(self, row: Mapping[Any, Any]) -> tuple[Any, ...]:
        """Return the values of a row, None for a key that it lacks."""
        if self._first is None:
            self._first = list(map(str, row))
        if self._unseen:
            self._unseen.difference_update(row)
        return tuple(row.get(column) for column in self._columns)

    def check(self) -> None:
        """Raise CorpusError if there were rows, and none had one of the keys."""
        column = next((column for column in self._columns if column in self._unseen), None)
        if column is not None and self._first is not None:
            raise CorpusError(
                f"{self._where}no row has the column {column!r:.60}; name one of those in the first row: "
                f"{listed(self._first)}"
            )


class JsonRows:
    """A file of JSON objects, one a line, one after the other, or in one array; it can be read many times."""

    def __init__(self, file: Input, decode_errors: TextErrors, columns: Sequence[str]) -> None:
        self.name = file.name
        self._file, self._decode_errors, self._columns = file, decode_errors, tuple(columns)

    def rows(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """Yield the number of each row, from 1, and its values, None for a key that it lacks."""
        seen = KeysSeen(self._columns, f"{self.name}: ")
        with self._file.open() as stream:
            for number, row in enumerate(self._rows(stream), 1):
                if not isinstance(row, dict):
                    raise CorpusError(f"{self.name}, row {number:,}: expected a JSON object, not {type(row).__name__}")
                yield number, seen.values(row)
        seen.check()

    def _rows(self, stream: ByteStream) -> Iterator[Any]:
        start = stream.peek(START_BYTES).removeprefix(codecs.BOM_UTF8).lstrip()
        first, line_break, _ = start.partition(b"\n")
        if start.startswith(b"[") or (start.startswith(b"{") and line_break and _is_a_beginning(first)):
            return self._values_in(stream)
        return self._lines(stream)

    def _lines(self, stream: ByteStream) -> Iterator[Any]:
        """Yield the value of each line."""
        lines = _Lines(stream, self._decode_errors)
        for number, line in enumerate(lines, 1):
            lines.in_row = 0
            if line.strip():
                try:
                    yield json.loads(line)
                except (ValueError, RecursionError) as error:
                    raise CorpusError(f"{self.name}, line {number:,}: not JSON: {error!s:.100}") from error

    def _values_in(self, stream: ByteStream) -> Iterator[Any]:
        """Yield JSON values one after the other, or the items of one array, regardless of line ends."""
        decode = json.JSONDecoder().raw_decode
        text, start, wanted, row = "", 0, 0, 0
        is_array = is_closed = False
        for chunk in itertools.chain(valid_utf8(stream, self._decode_errors), [b""]):
            text += chunk.decode()
            if chunk and len(text) < wanted:
                continue
            while (start := _BLANK.match(text, start).end()) < len(text):  # type: ignore[union-attr]
                if row == 0 and not is_array and text[start] == "[":
                    is_array, start = True, start + 1
                elif is_array and not is_closed and text[start] in ",]":
                    is_closed, start = text[start] == "]", start + 1
                else:
                    try:
                        value, start = decode(text, start)
                    except (ValueError, RecursionError) as error:
                        if chunk and _may_continue(error, text) and len(text) - start <= LONGEST_ROW:
                            break
                        why = f"not JSON: {error!s:.100}" if len(text) - start <= LONGEST_ROW else _TOO_LONG
                        raise CorpusError(f"{self.name}, row {row + 1:,}: {why}") from error
                    row += 1
                    yield value
            text, start = text[start:], 0
            wanted = 2 * len(text)  # retry an incomplete value when twice as much of it has been read
        if is_array and not is_closed:
            raise CorpusError(
                f"{self.name}: the file is cut short after row {row:,} of its JSON array; copy or download it again"
            )


def _is_a_beginning(line: bytes) -> bool:
    """Return whether a line is JSON that continues on the next line."""
    try:
        json.loads(line)
    except (ValueError, RecursionError) as error:
        return _may_continue(error, line.decode(errors="replace"))
    return False


def _may_continue(error: Exception, text: str) -> bool:
    """Return whether a JSON error may only mean that the end of `text` is missing."""
    return isinstance(error, json.JSONDecodeError) and (
        error.pos >= len(text.rstrip()) - _JSON_TAIL or error.msg.startswith("Unterminated string")
    )
