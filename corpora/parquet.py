"""Read columns of a Parquet file in batches, so that memory does not grow with the file; needs pyarrow."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from typing import Any

from embed.errors import CorpusError, MissingExtraError
from embed.files.inputs import Input

__all__ = ["PARQUET", "ParquetFile"]

PARQUET = b"PAR1"
"""The first bytes of a Parquet file."""
BATCH_ROWS = 1024
"""Rows in memory at a time."""


class ParquetFile:
    """A Parquet file, which can be read many times.

    Attributes
    ----------
    name : str
        The name of the file in messages.
    columns : list of str

    Raises
    ------
    MissingExtraError
        At construction: pyarrow is not installed.
    CorpusError
        At construction and while reading: the file is unreadable or damaged.
    """

    def __init__(self, source: Input) -> None:
        try:
            self._arrow = importlib.import_module("pyarrow")
            self._parquet = importlib.import_module("pyarrow.parquet")
        except ImportError as error:
            raise MissingExtraError(
                "reading Parquet files needs pyarrow; install it with: pip install 'train-embeddings[parquet]'"
            ) from error
        self.name = source.name
        self._source = source
        try:
            with source.open_seekable() as opened, self._parquet.ParquetFile(opened) as file:
                self.columns: list[str] = list(file.schema_arrow.names)
        except (OSError, self._arrow.ArrowException) as error:
            raise self._unreadable(error) from error

    def rows(self, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Yield the values of each row in these columns."""
        try:
            with self._source.open_seekable() as opened, self._parquet.ParquetFile(opened) as file:
                for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=sorted(set(columns))):
                    yield from zip(*(batch.column(column).to_pylist() for column in columns), strict=True)
        except (OSError, self._arrow.ArrowException) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> CorpusError:
        if isinstance(error, CorpusError):
            return error
        return CorpusError(f"{self.name}: cannot read as Parquet: {' '.join(str(error).split()):.200}")
