"""Read columns of a table: Parquet, CSV, TSV and JSON files, and any object with columns; a column is a corpus.

An object needs either ``table[column]`` (Arrow tables, data frames, data sets of ``datasets``, a dict of columns) or
rows that are mappings (streamed data sets). Parquet files are read in batches, and only the named columns, so memory
does not grow with the file.

Rejected: importing ``datasets``, pandas or polars to recognise their classes (takes more than a second), guessing the
column if only one holds text (adding a second one later would silently change the corpus).
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from embed.arguments import shown
from embed.choices import TextErrors
from embed.errors import CorpusError
from embed.files.inputs import Input
from embed.messages import listed

from .files import find_files
from .iterables import SentenceCorpus, checked_sentence, mended, without_surrogates
from .parquet import PARQUET, ParquetFile
from .recognise import ending_of
from .rows import JsonRows, KeysSeen, SeparatedRows, checked_delimiter, is_json
from .tokenizers import TokenizerChoice, get_tokenizer

__all__ = ["ColumnCorpus", "RowWeights", "Rows", "Table", "Tables", "column_names", "is_paths", "place", "times_read"]

_END = object()
MOST_WEIGHT = 1_000_000
"""A larger weight is taken for a mistake."""


class Rows(Protocol):
    """A table: its name in messages, and the values of its rows in the wanted columns."""

    name: str

    def rows(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """Yield the number of each row, from 1, and its values."""


class Tables:
    """Tables, read one after the other, as often as their files can be read.

    Parameters
    ----------
    table : path, list of paths, or object with columns
        As for :class:`ColumnCorpus`.
    columns : sequence of str
        The wanted columns.
    decode_errors, delimiter
        As for :class:`ColumnCorpus`.

    Raises
    ------
    CorpusError, ConfigError, MissingExtraError
        As :class:`ColumnCorpus`.
    """

    def __init__(
        self, table: Any, columns: Sequence[str], *, decode_errors: TextErrors = "strict", delimiter: str | None = None
    ) -> None:
        self._columns, self._decode_errors = tuple(columns), decode_errors
        self._delimiter = checked_delimiter(delimiter)
        self._tables: list[Rows | Input]
        if is_paths(table):
            files = find_files(table)
            # a pipe after other inputs is opened after they are read: its writer may wait for the end of the first
            self._tables = [
                self._opened(file) if file is files[0] or file.size() is not None else file for file in files
            ]
        else:
            self._tables = [Table(table, self._columns)]

    def rows(self) -> Iterator[tuple[Rows, int, tuple[Any, ...]]]:
        """Yield the table of each row, its number there, from 1, and its values; None for a missing value."""
        for table in self._tables:
            opened = self._opened(table) if isinstance(table, Input) else table
            for number, values in opened.rows():
                yield opened, number, tuple(map(_python_value, values))

    def _opened(self, file: Input) -> Rows:
        if ending_of(file.path) == ".parquet" or file.peek(len(PARQUET)) == PARQUET:
            return _Parquet(file, self._columns)
        if self._delimiter is None and is_json(file):
            return JsonRows(file, self._decode_errors, self._columns)
        return SeparatedRows(file, self._decode_errors, self._delimiter, self._columns)


def _python_value(value: Any) -> Any:
    """Return the value of a scalar of pyarrow, and None for pandas's NaN and NA; other values unchanged."""
    if hasattr(value, "as_py"):
        value = value.as_py()
    is_missing = (isinstance(value, float) and math.isnan(value)) or type(value).__name__ == "NAType"
    return None if is_missing else value


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
    weight_column : str, optional
        The column of a number for each row: how often its text is read. See :func:`times_read` for fractions.

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
        weight_column: str | None = None,
    ) -> None:
        self._column, self._weight_column = column, weight_column
        self._split = get_tokenizer(tokenizer, lowercase).split
        super().__init__([], lowercase=lowercase, decode_errors=decode_errors)
        columns = (column,) if weight_column is None else (column, weight_column)
        self._tables = Tables(table, columns, decode_errors=decode_errors, delimiter=delimiter)

    def __iter__(self) -> Iterator[list[str]]:
        read = RowWeights()
        for table, row, (value, *weights) in self._tables.rows():
            if value is None:
                continue
            sentences = self._sentences_of(value, place(table, row, self._column))
            if self._weight_column is None:
                yield from sentences
                continue
            times = read.times(weights[0], place(table, row, self._weight_column))
            for sentence in sentences:
                yield from itertools.repeat(sentence, times)

    def _sentences_of(self, value: Any, where: str) -> Iterator[list[str]]:
        if isinstance(value, str):
            value = without_surrogates(value, self._decode_errors, where)
            yield from (self._split(line) for line in value.split("\n"))
            return
        words = mended(checked_sentence(value, where), self._decode_errors, where)
        yield [word.lower() for word in words] if self._lowercase else words


class RowWeights:
    """How often each row of a table is read, by its weight, row after row."""

    def __init__(self) -> None:
        self._total = 0.0

    def times(self, weight: Any, where: str) -> int:
        """Return how often the next row is read (:func:`times_read`).

        Raises
        ------
        CorpusError
            The weight, which stands at `where`, is not a number from 0 to `MOST_WEIGHT`.
        """
        number = _checked_weight(weight, where)
        times = times_read(self._total, number)
        self._total += number
        return times


def times_read(total: float, weight: float) -> int:
    """Return how often a text of this weight is read, after texts whose weights sum up to `total`.

    The running sum of weights is rounded, so that the texts read so far are as many as it says, to within a half, and
    each is read as often as its weight says, rounded down or up (systematic sampling: Madow & Madow 1944, "On the
    Theory of Systematic Sampling", Annals of Mathematical Statistics 15).
    """
    return math.floor(total + weight + 0.5) - math.floor(total + 0.5)


def _checked_weight(value: Any, where: str) -> float:
    """Return the number that a weight says; raises CorpusError if it is not from 0 to `MOST_WEIGHT`."""
    try:
        weight = math.nan if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        weight = math.nan
    if not 0 <= weight <= MOST_WEIGHT:
        raise CorpusError(f"{where}: a weight must be a number from 0 to {MOST_WEIGHT:,}, not {shown(value)}")
    return weight


def place(table: Rows, row: int, column: str) -> str:
    """Return where a value is, for a message."""
    return f"{table.name + ', ' if table.name else ''}row {row:,}, column {column!r:.60}"


def is_paths(source: object) -> bool:
    """Return whether `source` is a path or a list of them."""
    if isinstance(source, (list, tuple)):
        return all(isinstance(item, (str, os.PathLike)) for item in source)
    return isinstance(source, (str, os.PathLike))


def column_names(table: object) -> list[str] | None:
    """Return the names of an object's columns, or None if it has no columns."""
    if isinstance(table, Mapping):
        return [str(name) for name in table]
    for attribute in ("column_names", "columns"):
        names = getattr(table, attribute, None)
        if names is not None and not callable(names):
            return [str(name) for name in names]
    return None


class Table:
    """An object with columns, or with rows that are mappings."""

    name = ""

    def __init__(self, table: Any, columns: Sequence[str]) -> None:
        self._table, self._columns = table, tuple(columns)
        names = column_names(table)
        if names is not None:
            for column in columns:
                if column not in names:
                    raise CorpusError(f"there is no column {column!r:.60}; name one of: {listed(names)}")
        if not hasattr(table, "__iter__") and names is None:
            raise CorpusError(
                f"a table must have columns or rows that are mappings; {type(table).__name__} has neither"
            )
        self._has_columns = names is not None and hasattr(table, "__getitem__")

    def rows(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """Yield the number of each row, from 1, and its values; None where a mapping lacks the key."""
        return enumerate(self._from_columns(), 1) if self._has_columns else self._from_mappings()

    def _from_columns(self) -> Iterator[tuple[Any, ...]]:
        columns = (self._table[column] for column in self._columns)
        for number, values in enumerate(itertools.zip_longest(*columns, fillvalue=_END)):
            for column, value in zip(self._columns, values, strict=True):
                if value is _END:
                    raise CorpusError(f"column {column!r:.60} ends after row {number:,}; make all columns as long")
            yield values

    def _from_mappings(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        seen = KeysSeen(self._columns, "")
        for number, row in enumerate(self._table, 1):
            if not isinstance(row, Mapping):
                raise CorpusError(
                    f"row {number:,} must be a mapping with the column {self._columns[0]!r:.60}, not "
                    f"{type(row).__name__}"
                )
            yield number, seen.values(row)
        seen.check()


class _Parquet:
    """Columns of a Parquet file."""

    def __init__(self, source: Input, columns: Sequence[str]) -> None:
        self._file, self._columns = ParquetFile(source), tuple(columns)
        self.name = source.name
        names = self._file.columns
        for column in columns:
            if names.count(column) != 1:
                problem = (
                    f"there is no column {column!r:.60}; name one of: {listed(names)}"
                    if column not in names
                    else f"{names.count(column)} columns are named {column!r:.60}; rename all but one"
                )
                raise CorpusError(f"{self.name}: {problem}")

    def rows(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """Yield the number of each row, from 1, and its values."""
        return enumerate(self._file.rows(self._columns), 1)
