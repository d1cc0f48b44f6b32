"""A column of a table as a corpus: files of Parquet, CSV, TSV and JSON lines, and any object that has columns.

What an object is called does not matter, only what it can do: ``table[column]`` of Arrow tables, data frames and the
data sets of ``datasets``, or rows that are mappings, as of a streamed data set. Parquet files are read in batches, of
the one column, so memory does not grow with the file.

Rejected: importing ``datasets``, pandas or polars to recognise their classes (a second and more, for nothing), guessing
the column when there is only one of texts (a second one added later would change the corpus in silence).
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
    """One table: what messages call it, and the values of its column."""

    name: str

    def values(self) -> Iterator[tuple[int, Any]]:
        """Yield the number of each row that has a value, from 1, and the value."""


class ColumnCorpus(SentenceCorpus):
    """The texts, or lists of words, of one column.

    Parameters
    ----------
    table : path, list of paths, or object with columns
        Files, folders and globs of them, compressed or not: ``.csv``, ``.tsv``, ``.tab``, ``.json``, ``.jsonl`` and
        ``.ndjson`` by their names, Parquet (the extra ``parquet``) and others by their content
        (:mod:`embed.corpora.rows`); an Arrow table, a data frame, a data set of ``datasets``, streamed or not; or an
        iterable of mappings.
    column : str
        Its name.
    tokenizer : {"whitespace", "words"} or callable
        Splits values that are texts, of which each line is a sentence; lists of words are sentences as they are.
    lowercase : bool
        Lower-case the words.
    decode_errors : {"strict", "replace", "skip"}
        What to do with invalid UTF-8 in CSV, TSV and JSON, and with halves of surrogate pairs in any text.
    delimiter : str, optional
        What separates the fields of files that are neither JSON nor Parquet: one character, or ``"tab"``. Default: the
        comma, in ``.tsv`` and ``.tab`` the tab.

    Raises
    ------
    CorpusError
        At construction when there is no such column, a file is missing or is no Parquet file; while reading when a
        value is neither a text, a list of words, nor missing, or no row of JSON has the column. Rows without a value
        are left out.
    ConfigError
        When `delimiter` is no single character.
    MissingExtraError
        For Parquet files, when pyarrow is not installed.
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
            # a pipe after other inputs is opened when its turn has come: its writer may wait for the end of the first
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
        where = f"{name + ', ' if name else ''}row {row:,} of the column {self._column!r:.60}"
        if isinstance(value, str):
            value = without_surrogates(value, self._decode_errors, where)
            yield from (self._split(line) for line in value.split("\n"))
            return
        words = self._mended(checked_sentence(value, where), where)
        yield [word.lower() for word in words] if self._lowercase else words


def _is_missing(value: object) -> bool:
    """Return whether a table has no text here: None, or what pandas makes of it, NaN or NA."""
    return value is None or (isinstance(value, float) and math.isnan(value)) or type(value).__name__ == "NAType"


def is_paths(source: object) -> bool:
    """Return whether `source` is a path or a list of them."""
    if isinstance(source, (list, tuple)):
        return all(isinstance(item, (str, os.PathLike)) for item in source)
    return isinstance(source, (str, os.PathLike))


def column_names(table: object) -> list[str] | None:
    """Return the names of the columns of an object that has columns, else None."""
    for attribute in ("column_names", "columns"):
        names = getattr(table, attribute, None)
        if names is not None and not callable(names):
            return [str(name) for name in names]
    return None


class Table:
    """An object that has columns, or rows that are mappings."""

    name = ""

    def __init__(self, table: Any, column: str) -> None:
        self._table, self._column = table, column
        names = column_names(table)
        if names is not None and column not in names:
            raise CorpusError(f"there is no column {column!r:.60}; the columns are {listed(names)}")
        if not hasattr(table, "__iter__") and names is None:
            raise CorpusError(f"a table has columns, or rows that are mappings, but this is {type(table).__name__}")
        self._has_columns = names is not None and hasattr(table, "__getitem__")

    def values(self) -> Iterator[tuple[int, Any]]:
        """Yield the number of each row that has a value, from 1, and the value."""
        return iter(enumerate(self._table[self._column], 1)) if self._has_columns else self._from_rows()

    def _from_rows(self) -> Iterator[tuple[int, Any]]:
        first: list[str] | None = None
        has_value = False
        for number, row in enumerate(self._table, 1):
            if not isinstance(row, Mapping):
                raise CorpusError(f"row {number:,} has no column {self._column!r:.60}: it is {type(row).__name__}")
            first = list(map(str, row)) if first is None else first
            if self._column in row:
                has_value = True
                yield number, row[self._column]
        if first is not None and not has_value:
            raise CorpusError(f"no row has the column {self._column!r:.60}; the first row has {listed(first)}")


class _Parquet:
    """One column of a Parquet file."""

    def __init__(self, source: Input, column: str) -> None:
        self._file, self._column = ParquetFile(source), column
        self.name = source.name
        if column not in self._file.columns:
            raise CorpusError(
                f"{self.name}: there is no column {column!r:.60}; the columns are {listed(self._file.columns)}"
            )

    def values(self) -> Iterator[tuple[int, Any]]:
        """Yield the number of each row, from 1, and its value."""
        return enumerate(self._file.values(self._column), 1)
