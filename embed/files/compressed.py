"""Bytes of one open input, decompressed, with errors that name it.

The format is recognised by the first bytes, never by the name, so a renamed file and standard input work
alike. Several gzip, bzip2, xz or zstd members in a row (``cat a.gz b.gz``, pigz, multistream dumps) read as
one, and what follows them and is no member is an error: it may be a member whose first byte is damaged.
However far the data expands, a reader holds a bounded part of it. Every raw byte that is read is hashed on
the way, which gives the corpus fingerprint without a second pass.

Rejected: ``bz2.BZ2File`` and ``lzma.LZMAFile`` (drop a damaged member and all after it in silence; the second
sets aside whatever memory a header asks for), smart_open's decompression (recognises by name), one decompressor
process a file (no gain on one core), parallel bzip2.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import select
import sys
import zlib
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from embed.errors import CorpusError, EmbedError, cannot_open
from embed.files._digest import ContentDigest
from embed.files.kinds import foreign_kind
from embed.files.zstd import zstd_errors, zstd_module

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["DIGEST_BYTES", "START_BYTES", "ByteStream"]

START_BYTES = 1 << 16
"""The beginning of an input that is looked at to recognise what it is."""
READ_BYTES = 1 << 18
"""Raw bytes asked of the operating system at a time."""
XZ_MEMORY_BYTES = 256 << 20
"""A dictionary beyond this is refused; xz -9 needs 65 MiB, and a header of 12 bytes can ask for 4 GiB."""
DIGEST_BYTES = 32

_BZIP2_BLOCKS = (
    b"\x31\x41\x59\x26\x53\x59",
    b"\x17\x72\x45\x38\x50\x90",
)  # a block, or the end of an empty stream


class _RawReader(io.RawIOBase):
    """An input that counts and hashes the bytes passing through."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        # A buffered source (standard input) must hand over what a pipe has delivered without waiting for
        # more.
        self._read_ready: Callable[[memoryview], int | None] = (
            getattr(source, "readinto1", None) or source.readinto  # type: ignore[attr-defined]
        )
        self._hash = ContentDigest(DIGEST_BYTES)
        self._sniffed = b""  # not handed over yet
        self.bytes_read = 0

    def readable(self) -> bool:
        return True

    def sniff(self, size: int) -> bytes:
        """Return the first `size` bytes (fewer if there are no more), also from a slow pipe."""
        start, filled = bytearray(size), 0
        while filled < size and (n := self._read_some(memoryview(start)[filled:])):
            filled += n
        self._sniffed = bytes(start[:filled])
        return self._sniffed

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        if self._sniffed:
            n = min(len(self._sniffed), len(view))
            view[:n] = self._sniffed[:n]
            self._sniffed = self._sniffed[n:]
        else:
            n = self._read_some(view)
        self.bytes_read += n
        self._hash.update(view[:n])
        return n

    def _read_some(self, view: memoryview) -> int:
        """Read what is there, at least a byte; 0 at the end."""
        while (n := self._read_ready(view)) is None:  # a pipe that somebody has set not to block
            select.select([self._source], [], [])
        return n

    def digest(self) -> str:
        return self._hash.hexdigest()

    def close(self) -> None:
        if not self.closed and self._source is not getattr(sys.stdin, "buffer", sys.stdin):
            self._source.close()
        super().close()


class ByteStream:
    """The decompressed bytes of one open input; a context manager.

    Parameters
    ----------
    source : binary file
        Closed with the stream, unless it is standard input.
    name : str
        What error messages call the input.
    error : type
        What is raised for an input that cannot be read, or is damaged.

    Attributes
    ----------
    name : str
    compression : str or None
        ``"gzip"``, ``"bzip2"``, ``"xz"``, ``"zstd"``, or None for plain bytes.
    raw_start : bytes
        The first `START_BYTES` bytes as they lie in the input, fewer if there are no more.
    """

    def __init__(self, source: BinaryIO, name: str, error: type[EmbedError] = CorpusError) -> None:
        self.name = name
        self.compression: str | None = None
        self._error = error
        self._raw = _RawReader(source)
        self._buffered = io.BufferedReader(self._raw, READ_BYTES)
        self._data: BinaryIO | None = None
        self._ahead = b""
        self._position = 0
        try:
            with self._errors():
                self.raw_start = self._raw.sniff(START_BYTES)
            self.compression, self._opener = _recognise(self.raw_start, name)
        except BaseException:
            self.close()
            raise

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes, fewer only at the end; raises the error of the stream for damaged data."""
        parts, missing = [self._ahead[:size]] if self._ahead else [], size - len(self._ahead[:size])
        self._ahead = self._ahead[size:]
        with self._errors():
            data_source = self._decompressed()
            while missing and (part := data_source.read(missing)):
                parts.append(part)
                missing -= len(part)
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        self._position += len(data)
        return data

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes (fewer only at the end) without consuming them."""
        data = self.read(size)
        self._position -= len(data)
        self._ahead = data + self._ahead
        return data

    def read_raw(self, size: int) -> bytes:
        """Return the next `size` bytes as they lie in the input, whose decompression has not begun."""
        if self._data is None:
            with self._errors():
                return self._buffered.read(size)
        assert self.compression is None, "the beginning has been decompressed, and so is gone"
        return self.read(size)

    def place(self, offset: int) -> str:
        """Say where byte `offset` of the decompressed data is."""
        return f"byte {offset:,}" + (f" of the decompressed {self.compression} data" if self.compression else "")

    def drain(self) -> None:
        """Read raw bytes that follow the compressed data, so that they count in the digest."""
        with self._errors():
            while self._buffered.read(READ_BYTES):
                pass

    @property
    def position(self) -> int:
        """How many bytes have been read."""
        return self._position

    @property
    def raw_bytes(self) -> int:
        """Bytes read of the file itself (compressed where it is compressed)."""
        return self._raw.bytes_read

    def raw_digest(self) -> str:
        """Return the hash of the raw bytes read so far."""
        return self._raw.digest()

    def close(self) -> None:
        """Close the file (standard input stays open)."""
        self._buffered.close()

    def __enter__(self) -> ByteStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _decompressed(self) -> BinaryIO:
        if self._data is None:
            if (kind := foreign_kind(self.raw_start)) is not None:
                raise self._error(f"{self.name} is {kind.what}: {kind.for_text}")
            self._data = self._opener(cast(io.BufferedReader, self._buffered))
        return self._data

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        kind = self.compression
        where = f"after {self._position:,} decompressed bytes"
        try:
            yield
        except _TooMuchMemory as error:
            raise self._error(
                f"{self.name}: the xz data needs more than {XZ_MEMORY_BYTES >> 20} MiB of memory to be decompressed"
            ) from error
        except EOFError as error:
            raise self._error(f"{self.name}: the {kind} data is cut short {where}") from error
        except _damage() as error:
            raise self._error(f"{self.name}: the {kind} data is damaged {where}: {error}") from error
        except OSError as error:
            if isinstance(error, EmbedError):
                raise
            if error.errno is None:  # gzip and bz2 report damaged data this way
                raise self._error(f"{self.name}: the {kind} data is damaged {where}: {error}") from error
            raise cannot_open(self._error, f"{self.name}: cannot read: {error.strerror}", error) from error


def _recognise(start: bytes, name: str) -> tuple[str | None, Callable[[io.BufferedReader], BinaryIO]]:
    if start.startswith(b"\x1f\x8b"):
        return "gzip", lambda raw: cast(BinaryIO, gzip.GzipFile(fileobj=raw))
    if start[:3] == b"BZh" and start[4:10] in _BZIP2_BLOCKS:
        return "bzip2", lambda raw: _buffered(_MemberReader(raw, bz2.BZ2Decompressor, padding=b""))
    if start.startswith(b"\xfd7zXZ\x00"):
        return "xz", lambda raw: _buffered(_MemberReader(raw, _new_xz, padding=b"\0"))
    is_skippable = start[1:4] == b"\x2a\x4d\x18" and 0x50 <= start[0] <= 0x5F
    if start.startswith(b"\x28\xb5\x2f\xfd") or is_skippable:
        return "zstd", lambda raw: _buffered(_MemberReader(raw, zstd_module(name).ZstdDecompressor, padding=b""))
    return None, lambda raw: cast(BinaryIO, raw)


def _buffered(reader: io.RawIOBase) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(reader, READ_BYTES))


class _TooMuchMemory(Exception):
    """A compressed file asks for more memory than it is given."""


class _Decompressor(Protocol):
    """What the decompressors of bz2, lzma and zstd have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def _new_xz() -> _Decompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES)


class _MemberReader(io.RawIOBase):
    """Members in a row, each decompressed no further than asked; EOFError where one is cut short."""

    def __init__(self, raw: io.BufferedReader, new: Callable[[], _Decompressor], padding: bytes) -> None:
        self._raw, self._new, self._padding = raw, new, padding
        self._member: _Decompressor | None = None
        self._unused = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        while True:
            data = b""
            if self._member is None or self._member.needs_input:
                data, self._unused = self._unused or self._raw.read(READ_BYTES), b""
                if not data:
                    if self._member is not None:
                        raise EOFError
                    return 0
            if self._member is None:
                data = data.lstrip(self._padding) if self._padding else data
                if not data:
                    continue
                self._member = self._new()
            ready = self._decompressed(self._member, data, len(view))
            if self._member.eof:
                self._unused, self._member = self._member.unused_data, None
            if ready:
                view[: len(ready)] = ready
                return len(ready)

    @staticmethod
    def _decompressed(member: _Decompressor, data: bytes, most: int) -> bytes:
        try:
            return member.decompress(data, most)
        except lzma.LZMAError as error:
            if "usage limit" in str(error):
                raise _TooMuchMemory from error
            raise


def _damage() -> tuple[type[Exception], ...]:
    return (lzma.LZMAError, zlib.error, *zstd_errors())
