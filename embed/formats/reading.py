"""Open files, parse the header of word2vec files, and collect rows: shared by the readers.

A header is compared with the size of the file before memory is allocated. Without a header, or if the size is unknown
(a compressed file), the matrix grows with the rows that were read.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embed.config.reading import MOST_DIMENSIONS
from embed.errors import FormatError, cannot_open
from embed.files.bounds import check_decompressed
from embed.files.compressed import START_BYTES, ByteStream
from embed.files.inputs import Input

__all__ = [
    "MOST_DIMENSIONS",
    "START_BYTES",
    "Header",
    "PathOrInput",
    "Rows",
    "Source",
    "Start",
    "brief",
    "look_at",
    "not_opened",
    "open_source",
    "parse_header",
    "read_start",
]

LONGEST_QUOTE = 200
"""The most characters to quote of another library's message."""
FIRST_ROWS, FIRST_BYTES, GROWTH = 4096, 4 << 20, 1.5
"""Rows allocated first if their number is unknown, the most bytes for them, and the factor of their growth."""

PathOrInput = str | os.PathLike[str] | Input
"""What a reader of vectors takes; an input that was examined is read from its start."""

_HEADER = re.compile(rb"(?:\xef\xbb\xbf)?[ \t]*(\d{1,18})[ \t]+(\d{1,18})[ \t]*\r?")


@dataclass(frozen=True)
class Source:
    """An open file: its name for messages, its decompressed bytes, and its size where that is known."""

    name: str
    stream: ByteStream
    size: int | None

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes, fewer at the end; raises FormatError for a decompression bomb."""
        data = self.stream.read(size)
        if self.stream.compression is not None:
            check_decompressed(self.name, self.stream.offset, self.stream.raw_bytes)
        return data


@contextlib.contextmanager
def open_source(path: PathOrInput) -> Iterator[Source]:
    """Open a file, pipe or URL, plain or compressed; raises FormatError on failure."""
    source = Input.of(path, FormatError)
    with source.open() as stream:
        yield _source(source, stream)


@contextlib.contextmanager
def look_at(source: Input) -> Iterator[Source]:
    """Open an input as `open_source` does, only to peek: the next reader begins at the start."""
    with source.look() as stream:
        yield _source(source, stream)


def _source(source: Input, stream: ByteStream) -> Source:
    return Source(source.name, stream, source.size() if stream.compression is None else None)


def brief(error: Exception) -> str:
    """Return another library's message as one short line: it may quote a damaged file at any length."""
    text = " ".join(str(error).split())
    return text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "..."


def not_opened(path: str | os.PathLike[str], error: OSError) -> FormatError:
    """Return the error of a file of vectors that the system did not open."""
    if isinstance(error, FileNotFoundError):
        why = "there is no such file"
    elif os.path.isdir(path):
        why = "this is a folder, not a file of vectors"
    else:
        why = f"cannot read: {error.strerror or error}"
    return cannot_open(FormatError, f"{os.fspath(path)}: {why}", error)


@dataclass(frozen=True)
class Start:
    """The start of a file, by which formats recognise it.

    Attributes
    ----------
    path : Path
    data : bytes
        The first `START_BYTES` bytes, not decompressed; empty for a folder.
    is_folder : bool
    """

    path: Path
    data: bytes
    is_folder: bool = False

    @property
    def extension(self) -> str:
        """The extension, in lower case."""
        return self.path.suffix.lower()


def read_start(path: PathOrInput) -> Start:
    """Return the start of a file or folder; raises FormatError if the file cannot be read.

    Pass an `Input` if the file is read afterwards: a pipe gives its start only once.
    """
    source = Input.of(path, FormatError)
    if source.is_folder:
        return Start(Path(source.path), b"", is_folder=True)
    with source.look() as stream:
        return Start(Path(source.path), stream.raw_start)


@dataclass(frozen=True)
class Header:
    """The first line of a word2vec file: the number of rows and their length."""

    rows: int
    dim: int

    def cut(self, limit: int | None) -> Header:
        """Return the header of a file with the first `limit` of these rows."""
        return self if limit is None else Header(min(self.rows, limit), self.dim)


def parse_header(source: Source, line: bytes, least_row_bytes: int, least_number_bytes: int) -> Header | None:
    """Parse the header `line`; return None if it is not a header.

    Parameters
    ----------
    source : Source
    line : bytes
        The first line of the file, without its line break.
    least_row_bytes, least_number_bytes : int
        The fewest bytes of a row in the file, and of a number.

    Raises
    ------
    FormatError
        The header claims no rows, or more than fit the file.
    """
    found = _HEADER.fullmatch(line)
    if not found:
        return None
    header = Header(int(found[1]), int(found[2]))
    where = f"{source.name}: the header says {header.rows} words of {header.dim} dimensions"
    if header.rows < 1 or not 1 <= header.dim <= MOST_DIMENSIONS:
        raise FormatError(f"{where}, but there must be at least 1 word and 1 to {MOST_DIMENSIONS} dimensions")
    # The last line break may be missing.
    least = header.rows * (least_row_bytes + header.dim * least_number_bytes) - 1
    if source.size is not None and least > (rest := source.size - len(line)):
        raise FormatError(
            f"{where}, at least {least} bytes, but only {rest} follow: the file is cut short, or its header is wrong"
        )
    return header


class Rows:
    """A float32 matrix that grows by rows."""

    def __init__(self, source: Source | None, header: Header | None, dim: int) -> None:
        self._dim = dim
        # `parse_header` compared the header with the size of the file, if that is known.
        trusted = header is not None and source is not None and source.size is not None
        first = min(FIRST_ROWS, 1 + FIRST_BYTES // (np.dtype(np.float32).itemsize * dim))
        self._matrix = np.empty((header.rows if header and trusted else first, dim), np.float32)
        self._used = 0

    def add(self, rows: npt.NDArray[np.float32]) -> None:
        """Append `rows`, shape (n, dim)."""
        end = self._used + len(rows)
        if end > len(self._matrix):
            self._resize(max(end, int(GROWTH * len(self._matrix))))
        self._matrix[self._used : end] = rows
        self._used = end

    def finish(self) -> npt.NDArray[np.float32]:
        """Return the rows added, shape (n, dim)."""
        if self._used != len(self._matrix):
            self._resize(self._used)
        return self._matrix

    def _resize(self, rows: int) -> None:
        self._matrix.resize((rows, self._dim), refcheck=False)  # in place: no view exists yet
