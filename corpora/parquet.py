"""Parquet files: one column, in batches, so that memory does not grow with the file. Needs pyarrow, an extra."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from embed.errors import CorpusError, MissingExtraError
from embed.files.inputs import Input

__all__ = ["PARQUET", "ParquetFile"]

PARQUET = b"PAR1"
"""The first bytes of a Parquet file."""
BATCH_ROWS = 1024
"""Rows held at a time."""


class ParquetFile:
    """One Parquet file, read anew each time.

    Attributes
    ----------
    name : str
        What messages call the file.
    columns : list of str

    Raises
    ------
    MissingExtraError
        At construction, when pyarrow is not installed.
    CorpusError
        At construction and while reading, when the file is unreadable or damaged.
    """

    def __init__(self, source: Input) -> None:
        try:
            self._arrow = importlib.import_module("pyarrow")
            self._parquet = importlib.import_module("pyarrow.parquet")
        except ImportError as error:
            raise MissingExtraError("Parquet files need pyarrow: pip install 'train-embeddings[parquet]'") from error
        self.name = source.name
        self._source = source
        try:
            with source.open_seekable() as opened, self._parquet.ParquetFile(opened) as file:
                self.columns: list[str] = list(file.schema_arrow.names)
        except (OSError, self._arrow.ArrowException) as error:
            raise self._unreadable(error) from error

    def values(self, column: str) -> Iterator[Any]:
        """Yield the values of a column."""
        try:
            with self._source.open_seekable() as opened, self._parquet.ParquetFile(opened) as file:
                for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=[column]):
                    yield from batch.column(0).to_pylist()
        except (OSError, self._arrow.ArrowException) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> CorpusError:
        if isinstance(error, CorpusError):
            return error
        return CorpusError(f"{self.name}: cannot be read as Parquet: {' '.join(str(error).split()):.200}")
