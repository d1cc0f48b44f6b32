"""Files of rows: CSV and TSV with a line of column names, JSON with an object on each line; compressed or not.

The name's ending says which, because the content does not: any text is CSV of some sort. CSV is quoted as RFC 4180 has
it; in TSV a quote is a quote (IANA's text/tab-separated-values). A row that has another number of fields
than there are columns is an error, since its texts would be those of other columns.

Rejected: guessing delimiters and quotes (:class:`csv.Sniffer` is wrong on prose), pyarrow's reader (an extra for
what the standard library does).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from embed.corpora.text import valid_utf8
from embed.errors import CorpusError
from embed.files.compressed import ByteStream
from embed.files.inputs import Input

__all__ = ["ENDINGS", "JsonRows", "SeparatedRows", "open_rows"]

ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson")
LONGEST_ROW = 1 << 24
"""Characters of a row; a quote that is never closed would take the whole file."""
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst")


def open_rows(file: Input, decode_errors: str) -> SeparatedRows | JsonRows | None:
    """Return the reader that the file's name asks for, None if its ending is none of `ENDINGS`."""
    suffixes = [suffix.lower() for suffix in PurePath(file.path).suffixes]
    if suffixes and suffixes[-1] in _COMPRESSED:
        suffixes.pop()
    ending = suffixes[-1] if suffixes else ""
    if ending in (".csv", ".tsv"):
        return SeparatedRows(file, decode_errors, "," if ending == ".csv" else "\t")
    return JsonRows(file, decode_errors) if ending in ENDINGS else None


class _Lines:
    """The lines of a stream with their ends, no more characters of them than `LONGEST_ROW` for one row."""

    def __init__(self, stream: ByteStream, decode_errors: str) -> None:
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
            raise CorpusError(f"{self._stream.name}: a row is longer than {LONGEST_ROW:,} characters")


class SeparatedRows:
    """A CSV or TSV file as an object with columns, read anew each time.

    Raises
    ------
    CorpusError
        At construction and while reading, when the file is unreadable or not of this kind.
    """

    def __init__(self, file: Input, decode_errors: str, delimiter: str) -> None:
        self._file, self._decode_errors, self._delimiter = file, decode_errors, delimiter
        self.column_names: list[str] = next(self._rows(), [])
        if not self.column_names:
            raise CorpusError(f"{file.name}: has no line of column names")

    def __getitem__(self, column: str) -> Iterator[str]:
        if self.column_names.count(column) > 1:
            raise CorpusError(f"{self._file.name}: has {self.column_names.count(column)} columns {column!r:.60}")
        place = self.column_names.index(column)
        rows = self._rows()
        next(rows)
        for number, row in enumerate(rows, 1):
            if len(row) != len(self.column_names):
                raise CorpusError(
                    f"{self._file.name}: row {number:,} has {len(row)} fields, but there are "
                    f"{len(self.column_names)} columns"
                )
            yield row[place]

    def _rows(self) -> Iterator[list[str]]:
        # a limit of the whole process, which is never lowered here: a field of prose is longer than the default
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST_ROW))
        with self._file.open() as stream:
            lines = _Lines(stream, self._decode_errors)
            if self._delimiter == ",":
                reader = csv.reader(lines, strict=True)
            else:
                reader = csv.reader(lines, delimiter=self._delimiter, quoting=csv.QUOTE_NONE, strict=True)
            try:
                for row in reader:
                    lines.in_row = 0
                    if row:
                        yield row
            except csv.Error as error:
                raise CorpusError(f"{self._file.name}, line {reader.line_num:,}: {error!s:.100}") from error


class JsonRows:
    """A file with a JSON object on each line, as an iterable of mappings, read anew each time."""

    def __init__(self, file: Input, decode_errors: str) -> None:
        self._file, self._decode_errors = file, decode_errors

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with self._file.open() as stream:
            lines = _Lines(stream, self._decode_errors)
            for number, line in enumerate(lines, 1):
                lines.in_row = 0
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except (ValueError, RecursionError) as error:
                    raise CorpusError(f"{self._file.name}, line {number:,}: not JSON: {error!s:.100}") from error
                if not isinstance(row, dict):
                    raise CorpusError(f"{self._file.name}, line {number:,}: no JSON object")
                yield row
