"""Decompress the only file in a zip archive, as vectors and corpora are often published.

The archive is read from its start, like the other compressions, so pipes and URLs work. The layout is that of PKWARE's
APPNOTE.TXT 6.3, sections 4.3.7 (header of a file), 4.3.9 (descriptor after its data) and 4.3.12 (directory).

Rejected: ``zipfile`` alone (needs a file to seek in), the first of several files (nobody asked for that one).
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["MARK", "UnreadableZip", "ZipReader", "files_in_zip"]

MARK = b"PK\x03\x04"
"""Begins the header of a file."""

_HEADER = struct.Struct("<4s5H3I2H")
_SIZE64 = struct.Struct("<QQ")
_DIRECTORY, _DESCRIPTOR = b"PK\x01\x02", b"PK\x07\x08"
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _SIZES_FOLLOW = 1, 8
_ZIP64 = 1
_IN_ZIP64 = 0xFFFFFFFF
_READ_BYTES = 1 << 18
_TAIL_BYTES = 28
"""The bytes of the longest descriptor, and of the mark after it."""
_UNPACK = "unpack it, and name the file"


class UnreadableZip(Exception):
    """An intact archive that is not one file; the message says what to do."""


def files_in_zip(source: BinaryIO) -> int | None:
    """Count the files in an archive that can be read out of order; None if it cannot, or has no intact directory.

    Leaves the position of `source` as it was. Folders, and what macOS adds about each file, do not count.
    """
    try:
        if not source.seekable():
            return None
        position = source.tell()
    except (OSError, ValueError, AttributeError):
        return None
    try:
        with zipfile.ZipFile(source) as archive:
            return sum(not _is_beside(name.encode(errors="replace")) for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
        return None  # the reader says where the archive is damaged
    finally:
        source.seek(position)


class ZipReader(io.RawIOBase):
    """The decompressed bytes of the only file in an archive.

    Parameters
    ----------
    raw : buffered reader
        At the start of the archive.
    is_alone : bool
        `files_in_zip` has found one file. Otherwise another one after it is an error.

    Raises
    ------
    UnreadableZip
        While reading: there are several files or none, or their compression or encryption is unknown.
    EOFError
        While reading: the archive is cut short.
    OSError
        While reading: the archive is damaged.
    """

    def __init__(self, raw: io.BufferedReader, *, is_alone: bool) -> None:
        self._raw, self._is_alone = raw, is_alone
        self._inflate: zlib._Decompress | None = None
        self._left: int | None = None  # bytes of the stored file that are not read yet
        self._checksum, self._size = 0, 0
        self._promised: tuple[int, int] | None = None  # the checksum and size in the header
        self._has_begun = self._is_done = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        if not self._has_begun:
            self._has_begun = True
            self._begin()
        while not self._is_done:
            data = self._inflated(len(view)) if self._inflate is not None else self._stored(len(view))
            self._checksum = zlib.crc32(data, self._checksum)
            self._size += len(data)
            if self._inflate is not None and self._inflate.eof:
                self._finish(self._inflate.unused_data)
            elif self._left == 0:
                self._finish(b"")
            if data:
                view[: len(data)] = data
                return len(data)
        return 0

    def _begin(self) -> None:
        """Read headers up to that of the file, past folders."""
        while True:
            mark, _, flags, method, _, _, checksum, packed, size, name_bytes, extra_bytes = _HEADER.unpack(
                self._exactly(_HEADER.size)
            )
            if mark != MARK:
                raise UnreadableZip("the zip archive holds no file: name a file that holds something")
            name, extra = self._exactly(name_bytes), self._exactly(extra_bytes)
            if packed == _IN_ZIP64 or size == _IN_ZIP64:
                size, packed = _zip64_sizes(extra) or (size, packed)
            if not _is_beside(name):
                break
            if flags & _SIZES_FOLLOW:
                raise UnreadableZip(f"the zip archive begins with a folder of unknown size: {_UNPACK}")
            self._skip(packed)
        if flags & _ENCRYPTED:
            raise UnreadableZip(f"the zip archive is encrypted: {_UNPACK}")
        if method == _DEFLATED:
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        elif method == _STORED and not flags & _SIZES_FOLLOW:
            self._left = packed
        else:
            raise UnreadableZip(f"the zip archive is compressed by the method {method}: {_UNPACK}")
        if not flags & _SIZES_FOLLOW:
            self._promised = (checksum, size)

    def _inflated(self, most: int) -> bytes:
        assert self._inflate is not None
        packed = self._inflate.unconsumed_tail or self._raw.read(_READ_BYTES)
        data = self._inflate.decompress(packed, most)
        if not (packed or data or self._inflate.eof):
            raise EOFError
        return data

    def _stored(self, most: int) -> bytes:
        assert self._left is not None
        data = self._raw.read(min(most, self._left))
        if not data and self._left:
            raise EOFError
        self._left -= len(data)
        return data

    def _finish(self, rest: bytes) -> None:
        """Check what follows the data, of which `rest` was read too far."""
        self._is_done = True
        tail = rest[:_TAIL_BYTES] + self._raw.read(max(0, _TAIL_BYTES - len(rest)))
        if self._promised is None:
            self._promised, tail = self._described(tail)
        if self._promised != (self._checksum, self._size):
            raise OSError("its checksum is wrong")
        if not tail:
            raise EOFError
        if tail.startswith(MARK) and not self._is_alone:
            raise UnreadableZip(f"the zip archive holds several files: {_UNPACK}")
        if not tail.startswith((MARK, _DIRECTORY)):
            raise OSError("no directory follows its file")

    def _described(self, tail: bytes) -> tuple[tuple[int, int], bytes]:
        """Return checksum and size of the descriptor at the start of `tail`, and what follows the descriptor.

        Its mark is optional, and its sizes have 4 or 8 bytes.
        """
        begin = len(_DESCRIPTOR) if tail.startswith(_DESCRIPTOR) else 0
        for layout in ("<IQQ", "<III"):
            end = begin + struct.calcsize(layout)
            if tail[end : end + len(MARK)] in (MARK, _DIRECTORY):
                checksum, _, size = struct.unpack_from(layout, tail, begin)
                return (checksum, size), tail[end:]
        raise EOFError if len(tail) < _TAIL_BYTES else OSError("no directory follows its file")

    def _exactly(self, size: int) -> bytes:
        data = self._raw.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def _skip(self, size: int) -> None:
        while size:
            size -= len(self._exactly(min(size, _READ_BYTES)))


def _is_beside(name: bytes) -> bool:
    """Return whether an entry is no file of its own: a folder, or what macOS adds about a file."""
    return name.endswith(b"/") or name.startswith(b"__MACOSX/")


def _zip64_sizes(extra: bytes) -> Sequence[int] | None:
    """Return the size and the packed size in the extra field of a header; None if it has none."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        if kind == _ZIP64 and length >= _SIZE64.size and len(extra) >= 4 + _SIZE64.size:
            return _SIZE64.unpack_from(extra, 4)
        extra = extra[4 + length :]
    return None
