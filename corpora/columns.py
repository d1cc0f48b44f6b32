"""A column of a table as a corpus: files of Parquet, CSV, TSV and JSON lines, and any object that has columns.

What an object is called does not matter, only what it can do: ``table[column]`` of Arrow tables, data frames and the
data sets of ``datasets``, or rows that are mappings, as of a streamed data set. Parquet files are read in batches, of
the one column, so memory does not grow with the file.

Rejected: importing ``datasets``, pandas or polars to recognise their classes (a second and more, for nothing), guessing
the column when there is only one of texts (a second one added later would change the corpus in silence).
"""

from __future__ import annotations

import importlib
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from embed.corpora.files import find_files
from embed.corpora.iterables import SentenceCorpus, checked_sentence
from embed.corpora.rows import open_rows
from embed.corpora.tokenizers import TokenizerChoice, get_tokenizer
from embed.errors import CorpusError, MissingExtraError
from embed.files.inputs import Input

__all__ = ["ColumnCorpus", "column_names", "is_paths", "shown"]

BATCH_ROWS = 1024
"""Rows of a Parquet file held at a time."""


class ColumnCorpus(SentenceCorpus):
    """The texts, or lists of words, of one column.

    Parameters
    ----------
    table : path, list of paths, or object with columns
        Files, folders and globs of them: ``.csv``, ``.tsv``, ``.jsonl`` and ``.ndjson``, compressed or not, by their
        names (:mod:`embed.corpora.rows`), all others as Parquet (the extra ``parquet``); an Arrow table, a data frame,
        a data set of ``datasets``, streamed or not; or an iterable of mappings.
    column : str
        Its name.
    tokenizer : {"whitespace", "words"} or callable
        Splits values that are texts, of which each line is a sentence; lists of words are sentences as they are.
    lowercase : bool
        Lower-case the words.
    decode_errors : {"strict", "replace", "skip"}
        What to do with invalid UTF-8 in CSV, TSV and JSON.

    Raises
    ------
    CorpusError
        At construction when there is no such column, a file is missing or is no Parquet file; while reading when a
        value is neither a text, a list of words, nor missing. Rows without a value are left out.
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
        decode_errors: str = "strict",
    ) -> None:
        self._column = column
        self._split = get_tokenizer(tokenizer, lowercase).split
        files = find_files(table) if is_paths(table) else []
        self._tables = [open_rows(file, decode_errors) or _Parquet(file) for file in files] if files else [table]
        for each in self._tables:
            names = column_names(each)
            if names is not None and column not in names:
                raise CorpusError(f"there is no column {column!r:.60}; the columns are {shown(names)}")
        super().__init__(self._tables, lowercase=lowercase)

    def __iter__(self) -> Iterator[list[str]]:
        row = 0
        for table in self._tables:
            for value in _values(table, self._column):
                row += 1
                yield from self._sentences_of(value, f"row {row:,} of the column {self._column!r:.60}")

    def _sentences_of(self, value: Any, where: str) -> Iterator[list[str]]:
        if hasattr(value, "as_py"):
            value = value.as_py()
        if _is_missing(value):
            return
        if isinstance(value, str):
            yield from (self._split(line) for line in value.split("\n"))
            return
        words = checked_sentence(value, where)
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


def shown(names: list[str]) -> str:
    """Return the names of columns for a message, in one line."""
    return f"{' '.join(', '.join(names).split()):.300}"


def _values(table: Any, column: str) -> Iterable[Any]:
    if column_names(table) is not None and hasattr(table, "__getitem__"):
        found: Iterable[Any] = table[column]
        return found
    return _from_rows(table, column)


def _from_rows(table: Iterable[Any], column: str) -> Iterator[Any]:
    for number, row in enumerate(table, 1):
        if not isinstance(row, Mapping) or column not in row:
            raise CorpusError(f"row {number:,} has no column {column!r:.60}")
        yield row[column]


class _Parquet:
    """One Parquet file as an object with columns, read anew each time."""

    def __init__(self, source: Input) -> None:
        try:
            self._arrow = importlib.import_module("pyarrow")
            self._parquet = importlib.import_module("pyarrow.parquet")
        except ImportError as error:
            raise MissingExtraError("Parquet files need pyarrow: pip install 'train-embeddings[parquet]'") from error
        self._source = source
        try:
            with source.open_seekable() as opened, self._parquet.ParquetFile(opened) as file:
                self.column_names: list[str] = list(file.schema_arrow.names)
        except (OSError, self._arrow.ArrowException) as error:
            raise self._unreadable(error) from error

    def __getitem__(self, column: str) -> Iterator[Any]:
        try:
            with self._source.open_seekable() as opened, self._parquet.ParquetFile(opened) as file:
                for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=[column]):
                    yield from batch.column(0).to_pylist()
        except (OSError, self._arrow.ArrowException) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> CorpusError:
        return CorpusError(f"{self._source.name}: cannot be read as Parquet: {' '.join(str(error).split()):.200}")
