"""Read and write Parquet and Arrow files (Feather 2), for pandas, polars, DuckDB, Spark ...

Columns: ``word`` (string), ``count`` (int64, if known), ``vector`` (a list of `dim` float32). n-grams are not
stored. Parquet files are written and read by groups of rows. An Arrow file holds one uncompressed batch, whose
numbers are memory-mapped when read.

Needs pyarrow, the extra ``parquet``.

Rejected: one column per dimension (thousands of columns, and every reader has to gather them).
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.errors import FormatError, from_extra
from embed.files.atomic import atomic_write
from embed.files.bounds import in_memory
from embed.files.inputs import Input
from embed.formats.reading import PathOrInput, Rows, Start
from embed.formats.word_blob import encoded
from embed.formats.words import distinct_vectors
from embed.vectors.word_vectors import WordVectors

__all__ = ["read_arrow", "read_parquet", "recognise_arrow", "recognise_parquet", "write_arrow", "write_parquet"]

WORD, COUNT, VECTOR = "word", "count", "vector"
GROUP_ROWS = 1 << 16
"""The rows of a group in a Parquet file."""

_PARQUET_MAGIC, _ARROW_MAGIC = b"PAR1", b"ARROW1"


def recognise_parquet(start: Start) -> bool:
    """Return whether a file is a Parquet file."""
    return start.data.startswith(_PARQUET_MAGIC)


def recognise_arrow(start: Start) -> bool:
    """Return whether a file is an Arrow file (Feather, version 2)."""
    return start.data.startswith(_ARROW_MAGIC)


def write_parquet(vectors: WordVectors, path: str | os.PathLike[str]) -> None:
    """Write vectors as Parquet, compressed by zstd.

    Parameters
    ----------
    vectors : WordVectors
    path : path
        Replaced when the whole file has been written.

    Raises
    ------
    FormatError
        A word has no UTF-8 form, a number is not finite, or the file cannot be written.
    MissingExtraError
        pyarrow is not installed.
    """
    pa = _pyarrow()
    parquet = importlib.import_module("pyarrow.parquet")
    _check(vectors)
    schema = _schema(pa, vectors, pa.string())
    with atomic_write(path) as file, parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for start in range(0, len(vectors), GROUP_ROWS):
            writer.write_batch(_batch(pa, vectors, schema, slice(start, start + GROUP_ROWS)))


def write_arrow(vectors: WordVectors, path: str | os.PathLike[str]) -> None:
    """Write vectors as an Arrow file of one uncompressed batch; see `write_parquet` for parameters and errors."""
    pa = _pyarrow()
    _check(vectors)
    schema = _schema(pa, vectors, pa.large_string())
    with atomic_write(path) as file, pa.ipc.new_file(file, schema) as writer:
        writer.write_batch(_batch(pa, vectors, schema, slice(None)))


@in_memory
def read_parquet(path: PathOrInput, *, keep_first: bool = False) -> WordVectors:
    """Read vectors from a Parquet file, a group of rows at a time.

    Raises
    ------
    FormatError
        The file cannot be read, is damaged, or lacks the columns described above.
    MissingExtraError
        pyarrow is not installed.
    """
    pa = _pyarrow()
    parquet = importlib.import_module("pyarrow.parquet")
    source = Input.of(path, FormatError)
    name = source.name
    with source.open_seekable() as opened, _errors(pa, name), parquet.ParquetFile(opened) as file:
        columns = _columns(name, file.schema_arrow.names)
        return _gathered(name, file.iter_batches(GROUP_ROWS, columns=columns), keep_first)


@in_memory
def read_arrow(path: PathOrInput, *, keep_first: bool = False) -> WordVectors:
    """Read vectors from an Arrow file; the numbers of a single uncompressed batch are memory-mapped.

    Raises
    ------
    FormatError
        The file cannot be read, is damaged, or lacks the columns described above.
    MissingExtraError
        pyarrow is not installed.
    """
    pa = _pyarrow()
    source = Input.of(path, FormatError)
    name = source.name
    with source.open_seekable() as opened, _errors(pa, name):
        if not os.fstat(opened.fileno()).st_size:
            raise FormatError(f"{name}: the file is empty")
        mapped = np.memmap(opened, np.uint8, "r")
        whole = pa.py_buffer(mapped)
        with pa.ipc.open_file(pa.BufferReader(whole)) as file:
            _columns(name, file.schema.names)
            batches = [file.get_batch(number) for number in range(file.num_record_batches)]
        if len(batches) != 1:
            return _gathered(name, iter(batches), keep_first)
        batch = batches[0]
        numbers = _flat_numbers(name, batch)
        address = numbers.ctypes.data - whole.address
        if 0 <= address <= whole.size - numbers.nbytes:  # the file holds them uncompressed
            numbers = mapped[address : address + numbers.nbytes].view(np.float32)
        return _vectors(name, _words(name, batch), numbers, _counts(name, batch), keep_first)


def _pyarrow() -> Any:
    return from_extra("parquet", "pyarrow", "Parquet and Arrow files need the package pyarrow")


def _check(vectors: WordVectors) -> None:
    """Raise FormatError if a word has no UTF-8 form or a number is not finite."""
    encoded(vectors.words)
    _ = vectors.norms


def _schema(pa: Any, vectors: WordVectors, text: Any) -> Any:
    fields = [pa.field(WORD, text, nullable=False)]
    if vectors.counts is not None:
        fields.append(pa.field(COUNT, pa.int64(), nullable=False))
    number = pa.field("item", pa.float32(), nullable=False)
    return pa.schema([*fields, pa.field(VECTOR, pa.list_(number, vectors.dim), nullable=False)])


def _batch(pa: Any, vectors: WordVectors, schema: Any, rows: slice) -> Any:
    numbers = pa.array(np.ascontiguousarray(vectors.matrix[rows]).reshape(-1))
    kind = schema.field(VECTOR).type
    columns = [pa.array(vectors.words[rows], schema.field(WORD).type)]
    if vectors.counts is not None:
        columns.append(pa.array(vectors.counts[rows]))
    columns.append(pa.FixedSizeListArray.from_arrays(numbers, type=kind))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


@contextmanager
def _errors(pa: Any, name: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise FormatError(f"{name}: cannot read: {error.strerror or error}") from error
        reason = str(error).partition("\n")[0]
        raise FormatError(f"{name}: damaged, or not a Parquet or Arrow file: {reason}") from error


def _columns(name: str, names: list[str]) -> list[str]:
    """Return the columns to read; raises FormatError without words or vectors."""
    if WORD not in names or VECTOR not in names:
        raise FormatError(
            f"{name}: the columns must be {WORD!r} and {VECTOR!r}, but are {', '.join(map(repr, names))}: rename them"
        )
    return [name for name in (WORD, COUNT, VECTOR) if name in names]


def _gathered(name: str, batches: Iterator[Any], keep_first: bool) -> WordVectors:
    """Return the vectors of several batches."""
    words: list[str] = []
    counts = []
    rows: Rows | None = None
    for batch in batches:
        numbers = _flat_numbers(name, batch).reshape(batch.num_rows, -1)
        rows = rows or Rows(None, None, numbers.shape[1])
        if batch.num_rows:
            rows.add(numbers)
        words += _words(name, batch)
        counts.append(_counts(name, batch))
    if rows is None or not words:
        raise FormatError(f"{name}: holds no words")
    known = [column for column in counts if column is not None]
    return _vectors(
        name, words, rows.finish(), np.concatenate(known) if len(known) == len(counts) else None, keep_first
    )


def _flat_numbers(name: str, batch: Any) -> npt.NDArray[np.float32]:
    """Return the numbers of all rows of a batch as one array."""
    column = batch.column(VECTOR)
    kind = str(column.type)
    if not kind.startswith("fixed_size_list<") or str(column.type.value_type) != "float":
        raise FormatError(f"{name}: the column {VECTOR!r} must hold fixed-size lists of float32, not {kind}")
    numbers = column.flatten()
    if column.null_count or numbers.null_count:
        raise FormatError(f"{name}: the column {VECTOR!r} has a missing vector or number")
    flat: npt.NDArray[np.float32] = numbers.to_numpy(zero_copy_only=True)
    return flat


def _words(name: str, batch: Any) -> list[str]:
    words: list[str] = batch.column(WORD).to_pylist()
    for row, word in enumerate(words):
        if not isinstance(word, str):
            raise FormatError(f"{name}: the column {WORD!r} must hold strings, but row {row} is {word!r}")
    return words


def _counts(name: str, batch: Any) -> npt.NDArray[np.int64] | None:
    """Return the counts of a batch, or None unless all are known."""
    if COUNT not in batch.schema.names or batch.column(COUNT).null_count:
        return None
    column = batch.column(COUNT)
    if str(column.type) != "int64":
        raise FormatError(f"{name}: the column {COUNT!r} must be int64, not {column.type}")
    counts: npt.NDArray[np.int64] = column.to_numpy()
    return counts


def _vectors(
    name: str,
    words: list[str],
    numbers: npt.NDArray[np.float32],
    counts: npt.NDArray[np.int64] | None,
    keep_first: bool,
) -> WordVectors:
    try:
        matrix = numbers.reshape(len(words), -1)
    except ValueError as error:
        raise FormatError(f"{name}: {error}") from None
    return distinct_vectors(name, words, matrix, counts, keep_first)
