"""Read a stretch of a plain file, from the begin of one line to the begin of another.

Machines that share a folder read one text together, each its own stretch of a large file. A stretch is recognised with
its file: its first bytes are neither a mark of compression nor a byte order mark.
"""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, BinaryIO, cast

from embed.errors import CorpusError
from embed.files._digest import BlockSums
from embed.files.compressed import ByteStream
from embed.files.inputs import Input

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["Extent", "line_begin"]

_READ_BYTES = 1 << 16


class Extent(Input):
    """A stretch of a plain file.

    Parameters
    ----------
    path : path
        A regular file, not compressed.
    begin, end : int
        Offsets in bytes, each the begin of a line or the end of the file.

    Attributes
    ----------
    sums : BlockSums
        Those of the bytes that the latest stream has read.
    """

    is_recognised = True

    def __init__(self, path: str | os.PathLike[str], begin: int, end: int) -> None:
        super().__init__(path)
        self._begin, self._end = begin, end
        self.sums = BlockSums(begin)

    def open(self) -> ByteStream:
        """Open the stretch for reading from its begin."""
        self.sums = BlockSums(self._begin)
        stretch = cast(BinaryIO, _Stretch(self._opened(), self._begin, self._end))
        return ByteStream(stretch, self.name, self._error, begin=self._begin, digest=self.sums)

    def size(self) -> int:
        """Return the size in bytes."""
        return self._end - self._begin


class _Stretch(io.RawIOBase):
    """The bytes begin..end-1 of a file, which is closed with it."""

    def __init__(self, file: BinaryIO, begin: int, end: int) -> None:
        self._file, self._left = file, end - begin
        file.seek(begin)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")[: self._left]
        read = self._file.readinto(view) if len(view) else 0  # type: ignore[attr-defined]
        self._left -= read
        return int(read)

    def close(self) -> None:
        self._file.close()
        super().close()


def line_begin(path: str, offset: int) -> int:
    """Return the offset of the first line of a file that begins at `offset` or later; the size if there is none.

    Raises
    ------
    CorpusError
        The file cannot be read.
    """
    try:
        with open(path, "rb") as file:
            file.seek(max(offset - 1, 0))
            at = file.tell() if offset else -1
            while at >= 0 and (data := file.read(_READ_BYTES)):
                if (found := data.find(b"\n")) >= 0:
                    return at + found + 1
                at += len(data)
            return max(at, 0)
    except OSError as error:
        raise CorpusError(f"cannot read {path}: {error.strerror or error}") from error
