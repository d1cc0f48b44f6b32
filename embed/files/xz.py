"""Pass on the bytes of xz with every block in a stream of its own, which is decompressed by itself.

``xz`` with threads, and since version 5.6 any ``xz``, writes one stream of many blocks, and their index at its end.
Decompressors take whole streams. So each block gets the header of its stream, and an index and a footer of its own; the
index of the stream is compared with the blocks that were seen. Where a block ends follows from the sizes of its LZMA2
chunks, so neither a file that is seekable nor sizes in the headers are needed. What is not as it should be is passed on
unchanged, or as an index that is wrong, for the decompressor to refuse.

Sources: The .xz File Format 1.2.1 (https://tukaani.org/xz/xz-file-format.txt): variable-length integers (1.2), header
and footer (2.1), padding (2.2), block (3), index (4). Chunks of LZMA2: the Linux kernel, lib/xz/xz_dec_lzma2.c.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Generator, Iterator

from embed.files.members import READ_BYTES, Source

__all__ = ["XZ_START", "BlockStreams"]

XZ_START = b"\xfd7zXZ\x00"

_HEADER_BYTES, _FOOTER_END = 12, b"YZ"
_FLAGS = slice(6, 8)  # of the header
_ALIGNED = 4
_CHECK_BYTES = (0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64)  # for each kind of check
_LAST_CHUNK, _STORED_CHUNKS, _LZMA_CHUNKS, _WITH_PROPERTIES = 0x00, (0x01, 0x02), 0x80, 0xC0
"""The first byte of a chunk: these, or for compressed ones at least the third, from the fourth on with a byte more."""


class BlockStreams:
    """A source of raw bytes, made of another.

    Parameters
    ----------
    source : source
        Returns no bytes only at the end.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._held = b""
        self._at = 0
        self._parts = self._passed_on()

    def read(self, size: int, /) -> bytes:
        """Return some bytes, at least `size` unless the data end."""
        parts: list[bytes] = []
        found = 0
        while found < size and (part := next(self._parts, None)) is not None:
            parts.append(part)
            found += len(part)
        return b"".join(parts)

    def _passed_on(self) -> Iterator[bytes]:
        try:
            while (yield from self._stream()):
                pass
        except EOFError:
            pass
        yield self._held[self._at :]
        while data := self._source.read(READ_BYTES):
            yield data

    def _stream(self) -> Generator[bytes, None, bool]:
        """Yield a stream as several; return whether another may follow."""
        while self._next() == 0:  # padding
            self._take(1)
        header = self._take(_HEADER_BYTES)
        yield header
        if not header.startswith(XZ_START):
            return False
        flags = header[_FLAGS]
        blocks, records_bytes, records = 0, 0, hashlib.blake2b()
        while (size := self._next()) != 0:
            sizes = yield from self._block((size + 1) * _ALIGNED, _CHECK_BYTES[flags[1] & 0xF])
            if sizes is None:
                return False
            record = b"".join(map(_number, sizes))
            blocks += 1
            records_bytes += len(record)
            records.update(record)
            yield _index_and_footer(_start(1) + record, flags)
            yield header
        try:
            is_right = self._take_index(_start(blocks), records_bytes, records.digest(), flags)
        except EOFError:
            self._held, self._at = b"", 0  # the decompressor still waits for an index
            raise
        yield _index_and_footer(_start(0), flags) if is_right else bytes(_HEADER_BYTES)
        return is_right

    def _block(self, header_bytes: int, check_bytes: int) -> Generator[bytes, None, tuple[int, int] | None]:
        """Yield a block; return its size without padding and that of its text; None if it is none."""
        yield self._take(header_bytes)
        packed_bytes = text_bytes = 0
        while (kind := self._next()) != _LAST_CHUNK:
            if kind in _STORED_CHUNKS:
                head = self._take(3)
                packed = text = int.from_bytes(head[1:3], "big") + 1
            elif kind >= _LZMA_CHUNKS:
                head = self._take(6 if kind >= _WITH_PROPERTIES else 5)
                text = ((kind & 0x1F) << 16 | int.from_bytes(head[1:3], "big")) + 1
                packed = int.from_bytes(head[3:5], "big") + 1
            else:
                return None
            yield head
            yield self._take(packed)
            packed_bytes += len(head) + packed
            text_bytes += text
        packed_bytes += 1
        yield self._take(1 + -packed_bytes % _ALIGNED + check_bytes)
        return header_bytes + packed_bytes + check_bytes, text_bytes

    def _take_index(self, start: bytes, records_bytes: int, records: bytes, flags: bytes) -> bool:
        """Take the index and the footer of a stream; return whether they are what its blocks require."""
        if self._take(len(start)) != start:
            return False
        found, crc, missing = hashlib.blake2b(), zlib.crc32(start), records_bytes
        while missing:
            part = self._take(min(missing, READ_BYTES))
            found.update(part)
            crc = zlib.crc32(part, crc)
            missing -= len(part)
        end = _end(len(start) + records_bytes, crc, flags)
        return found.digest() == records and self._take(len(end)) == end

    def _next(self) -> int:
        """Return the next byte without taking it."""
        self._fill(1)
        return self._held[self._at]

    def _take(self, size: int) -> bytes:
        self._fill(size)
        self._at += size
        return self._held[self._at - size : self._at]

    def _fill(self, size: int) -> None:
        """Hold `size` bytes; raise EOFError if there are fewer."""
        while len(self._held) - self._at < size:
            data = self._source.read(READ_BYTES)
            if not data:
                raise EOFError
            self._held, self._at = self._held[self._at :] + data, 0


def _index_and_footer(content: bytes, flags: bytes) -> bytes:
    return content + _end(len(content), zlib.crc32(content), flags)


def _start(blocks: int) -> bytes:
    """Return the start of the index of so many blocks; a record of two sizes follows for each."""
    return b"\0" + _number(blocks)


def _end(size: int, crc: int, flags: bytes) -> bytes:
    """Return what follows the content of an index, of which the size and the checksum are given, and the footer."""
    padding = bytes(-size % _ALIGNED)
    sizes = ((size + len(padding)) // _ALIGNED).to_bytes(4, "little") + flags
    crcs = [zlib.crc32(padding, crc), zlib.crc32(sizes)]
    return padding + b"".join(one.to_bytes(4, "little") for one in crcs) + sizes + _FOOTER_END


def _number(value: int) -> bytes:
    """Encode a variable-length integer."""
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
