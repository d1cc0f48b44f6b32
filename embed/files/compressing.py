"""Compress a file while writing it, if its name ends in a compression's extension.

The compressor writes through the atomic file, so a failure leaves the old file intact. The file stores neither time nor
machine, so that the same vectors give the same bytes.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from embed.files.atomic import atomic_write
from embed.files.zstd import zstd_module

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["COMPRESSED_EXTENSIONS", "compressing_write"]

COMPRESSED_EXTENSIONS = (".gz", ".zst", ".bz2", ".xz")
"""Endings of a file name that select a compression."""

_GZIP_LEVEL = 6
"""gzip's own default; Python's default, 9, takes three times as long and saves one percent."""
_XZ_PIECE_BYTES = 1 << 15
"""xz takes a tenth of a second for as much, and Ctrl-C cannot interrupt a single call."""


@contextlib.contextmanager
def compressing_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a binary file for writing with `atomic_write`, compressed if the name ends in `COMPRESSED_EXTENSIONS`.

    Raises
    ------
    FormatError
        As `atomic_write`.
    MissingExtraError
        The name ends with ``.zst``, and zstd is not installed.
    """
    extension = Path(path).suffix.lower()
    with atomic_write(path) as file:
        if extension not in COMPRESSED_EXTENSIONS:
            yield file
            return
        with _compressor(extension, file, os.fspath(path)) as compressed:
            yield compressed


def _compressor(extension: str, file: BinaryIO, name: str) -> contextlib.AbstractContextManager[BinaryIO]:
    if extension == ".gz":
        return cast("BinaryIO", gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0))
    if extension == ".bz2":
        return cast("BinaryIO", bz2.BZ2File(file, "wb"))
    if extension == ".xz":
        return cast("BinaryIO", _XzFile(file, "wb"))
    return cast("BinaryIO", zstd_module(name).ZstdFile(file, "wb"))


class _XzFile(lzma.LZMAFile):
    """Compresses in pieces, which gives the same bytes and lets Ctrl-C interrupt."""

    def write(self, data: ReadableBuffer) -> int:
        view = memoryview(data).cast("B")
        for first in range(0, len(view), _XZ_PIECE_BYTES):
            super().write(view[first : first + _XZ_PIECE_BYTES])
        return len(view)
