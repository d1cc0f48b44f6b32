"""Read a column of a table as a corpus: Parquet, CSV, TSV and JSON files, and any object with columns.

An object needs either ``table[column]`` (Arrow tables, data frames, data sets of ``datasets``) or rows that are
mappings (streamed data sets). Parquet files are read in batches, and only the one column, so memory does not grow with
the file.

Rejected: importing ``datasets``, pandas or polars to recognise their classes (takes more than a second), guessing the
column if only one holds text (adding a second one later would silently change the corpus).
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from embed.choices import TextErrors
from embed.errors import CorpusError
from embed.files.inputs import Input
from embed.messages import listed

from .files import find_files
from .iterables import SentenceCorpus, checked_sentence, without_surrogates
from .parquet import PARQUET, ParquetFile
from .recognise import ending_of
from .rows import JsonRows, SeparatedRows, checked_delimiter, is_json
from .tokenizers import TokenizerChoice, get_tokenizer

__all__ = ["ColumnCorpus", "Table", "column_names", "is_paths"]


class _Values(Protocol):
    """A table: its name in messages, and the values of its column."""

    name: str

    def values(self) -> Iterator[tuple[int, Any]]:
        """Yield the number of each row that has a value, from 1, and the value."""


class ColumnCorpus(SentenceCorpus):
    """A corpus of the texts, or lists of words, in one column of a table.

    Rows without a value are skipped.

    Parameters
    ----------
    table : path, list of paths, or object with columns
        Files, folders and globs, compressed or not: ``.csv``, ``.tsv``, ``.tab``, ``.json``, ``.jsonl`` and
        ``.ndjson`` are recognised by name, Parquet (the extra ``parquet``) and others by content
        (:mod:`embed.corpora.rows`). Or an Arrow table, a data frame, a data set of ``datasets``, streamed or not, or an
        iterable of mappings.
    column : str
        The name of the column.
    tokenizer : {"whitespace", "words"} or callable
        Splits string values, each line of which is a sentence. A list of words is a sentence already.
    lowercase : bool
        Lower-case the words.
    decode_errors : {"strict", "replace", "skip"}
        What to do with invalid UTF-8 in CSV, TSV and JSON, and with lone surrogates in any text.
    delimiter : str, optional
        The character between the fields of files that are neither JSON nor Parquet, or ``"tab"``. Default: the tab
        for ``.tsv`` and ``.tab``, else the comma.

    Raises
    ------
    CorpusError
        At construction: the column or a file does not exist, or a file is not valid Parquet. While reading: a value is
        neither text, a list of words nor missing, or no JSON row has the column.
    ConfigError
        `delimiter` is not a single character.
    MissingExtraError
        A file is Parquet, and pyarrow is not installed.
    """

    def __init__(
        self,
        table: Any,
        column: str,
        *,
        tokenizer: TokenizerChoice = "whitespace",
        lowercase: bool = False,
        decode_errors: TextErrors = "strict",
        delimiter: str | None = None,
    ) -> None:
        self._column = column
        self._split = get_tokenizer(tokenizer, lowercase).split
        self._delimiter = checked_delimiter(delimiter)
        super().__init__([], lowercase=lowercase, decode_errors=decode_errors)
        self._tables: list[_Values | Input]
        if is_paths(table):
            files = find_files(table)
            # a pipe after other inputs is opened after they are read: its writer may wait for the end of the first
            self._tables = [
                self._opened(file) if file is files[0] or file.size() is not None else file for file in files
            ]
        else:
            self._tables = [Table(table, column)]

    def __iter__(self) -> Iterator[list[str]]:
        for table in self._tables:
            opened = self._opened(table) if isinstance(table, Input) else table
            for row, value in opened.values():
                yield from self._sentences_of(value, opened.name, row)

    def _opened(self, file: Input) -> _Values:
        if ending_of(file.path) == ".parquet" or file.peek(len(PARQUET)) == PARQUET:
            return _Parquet(file, self._column)
        if self._delimiter is None and is_json(file):
            return JsonRows(file, self._decode_errors, self._column)
        return SeparatedRows(file, self._decode_errors, self._delimiter, self._column)

    def _sentences_of(self, value: Any, name: str, row: int) -> Iterator[list[str]]:
        if hasattr(value, "as_py"):
            value = value.as_py()
        if _is_missing(value):
            return
        where = f"{name + ', ' if name else ''}row {row:,}, column {self._column!r:.60}"
        if isinstance(value, str):
            value = without_surrogates(value, self._decode_errors, where)
            yield from (self._split(line) for line in value.split("\n"))
            return
        words = self._mended(checked_sentence(value, where), where)
        yield [word.lower() for word in words] if self._lowercase else words


def _is_missing(value: object) -> bool:
    """Return whether a value is missing: None, or pandas's NaN or NA."""
    return value is None or (isinstance(value, float) and math.isnan(value)) or type(value).__name__ == "NAType"


def is_paths(source: object) -> bool:
    """Return whether `source` is a path or a list of them."""
    if isinstance(source, (list, tuple)):
        return all(isinstance(item, (str, os.PathLike)) for item in source)
    return isinstance(source, (str, os.PathLike))


def column_names(table: object) -> list[str] | None:
    """Return the names of an object's columns, or None if it has no columns."""
    for attribute in ("column_names", "columns"):
        names = getattr(table, attribute, None)
        if names is not None and not callable(names):
            return [str(name) for name in names]
    return None


class Table:
    """An object with columns, or with rows that are mappings."""

    name = ""

    def __init__(self, table: Any, column: str) -> None:
        self._table, self._column = table, column
        names = column_names(table)
        if names is not None and column not in names:
            raise CorpusError(f"there is no column {column!r:.60}; name one of: {listed(names)}")
        if not hasattr(table, "__iter__") and names is None:
            raise CorpusError(
                f"a table must have columns or rows that are mappings; {type(table).__name__} has neither"
            )
        self._has_columns = names is not None and hasattr(table, "__getitem__")

    def values(self) -> Iterator[tuple[int, Any]]:
        """Yield the number of each row that has a value, from 1, and the value."""
        return iter(enumerate(self._table[self._column], 1)) if self._has_columns else self._from_rows()

    def _from_rows(self) -> Iterator[tuple[int, Any]]:
        first: list[str] | None = None
        has_value = False
        for number, row in enumerate(self._table, 1):
            if not isinstance(row, Mapping):
                raise CorpusError(
                    f"row {number:,} must be a mapping with the column {self._column!r:.60}, not {type(row).__name__}"
                )
            first = list(map(str, row)) if first is None else first
            if self._column in row:
                has_value = True
                yield number, row[self._column]
        if first is not None and not has_value:
            raise CorpusError(
                f"no row has the column {self._column!r:.60}; name one of those in the first row: {listed(first)}"
            )


class _Parquet:
    """One column of a Parquet file."""

    def __init__(self, source: Input, column: str) -> None:
        self._file, self._column = ParquetFile(source), column
        self.name = source.name
        if column not in self._file.columns:
            raise CorpusError(
                f"{self.name}: there is no column {column!r:.60}; name one of: {listed(self._file.columns)}"
            )

    def values(self) -> Iterator[tuple[int, Any]]:
        """Yield the number of each row, from 1, and its value."""
        return enumerate(self._file.values(self._column), 1)
