"""Decompress the bytes of one open input, with errors that name the input.

The first bytes decide the compression, never the name, so renamed files and standard input work. Consecutive
gzip, bzip2, xz or zstd members (``cat a.gz b.gz``, bgzip, multistream dumps) are read as one stream, in threads if
there are helpers (:mod:`embed.files.members`, :mod:`embed.files.bzip2`). Anything else after a member is an error,
because it may be a member whose first byte is damaged. Memory is bounded however far the data expands. Every raw byte
is hashed as it is read, which gives the corpus fingerprint without a second pass.

Rejected: ``bz2.BZ2File`` and ``lzma.LZMAFile`` (both silently drop a damaged member and everything after it; the
second allocates whatever memory a header requests), smart_open's decompression (goes by the name), one decompressor
process per file (no gain on one core), ``gzip.GzipFile`` (parses the header of each member in Python).
"""

from __future__ import annotations

import contextlib
import io
import lzma
import re
import select
import sys
import zlib
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, cast

from embed.errors import CorpusError, EmbedError, cannot_open
from embed.files._digest import BlockSums, ContentDigest
from embed.files.bzip2 import Bzip2Reader
from embed.files.kinds import foreign_kind
from embed.files.members import READ_BYTES, Decompressor, Helpers, MemberKind, MemberReader, PieceReader, Source
from embed.files.xz import XZ_START, BlockStreams
from embed.files.zipped import MARK as ZIP_MARK
from embed.files.zipped import UnreadableZip, ZipReader, files_in_zip
from embed.files.zstd import zstd_errors, zstd_module

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["DIGEST_BYTES", "READ_BYTES", "START_BYTES", "ByteStream"]

START_BYTES = 1 << 16
"""The size of the beginning that is inspected to recognise an input."""
XZ_MEMORY_BYTES = 256 << 20
"""The largest dictionary accepted: xz -9 needs 65 MiB, and a header of 12 bytes can request 4 GiB."""
DIGEST_BYTES = 32

_GZIP_START = b"\x1f\x8b"
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
"""Tells zlib to expect a header of gzip."""
_GZIP_MEMBER = re.compile(_GZIP_START + rb"\x08[\x00-\x1f].{4}[\x00\x02\x04][\x00-\x0d\xff]", re.DOTALL)
"""deflate, flags that are in use, any time, usual levels and systems (RFC 1952, 2.3)."""
_BZIP2_STREAM = re.compile(rb"BZh[1-9](?:\x31\x41\x59\x26\x53\x59|\x17\x72\x45\x38\x50\x90)")
"""A stream whose first block follows, or the end of an empty one."""
_XZ_STREAM = re.compile(re.escape(XZ_START) + rb"\x00[\x00-\x0f]")
_ZSTD_FRAME = re.compile(rb"\x28\xb5\x2f\xfd")
_ZSTD_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
"""A frame without content, which may stand before others (RFC 8878, 3.1.2)."""
_EXCEEDED = "usage limit"
"""Part of the message of lzma for a dictionary that is too large."""


class _RawReader(io.RawIOBase):
    """Counts and hashes the raw bytes that pass through."""

    def __init__(self, source: BinaryIO, digest: ContentDigest | BlockSums) -> None:
        self._source = source
        # a buffered source (standard input) must return what a pipe has delivered without waiting for more
        self._read_ready: Callable[[memoryview], int | None] = (
            getattr(source, "readinto1", None) or source.readinto  # type: ignore[attr-defined]
        )
        self._hash = digest
        self._sniffed = b""  # read from the source, but not yet by the caller
        self.bytes_read = 0

    def readable(self) -> bool:
        return True

    def sniff(self, size: int) -> bytes:
        """Return the first `size` bytes (fewer at the end), also from a slow pipe."""
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
        """Read at least one byte into `view`; return 0 at the end."""
        while (n := self._read_ready(view)) is None:  # a non-blocking pipe
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
        The name of the input in error messages.
    error : type
        The error to raise if the input cannot be read or is damaged.
    begin : int
        Where the bytes begin in their file.
    digest : BlockSums or None
        Of a stretch of a file that is known to be plain; None: of a whole input, which is recognised.

    Attributes
    ----------
    name : str
    begin : int
    compression : str or None
        ``"gzip"``, ``"bzip2"``, ``"xz"``, ``"zstd"``, ``"zip"``, or None for plain bytes.
    raw_start : bytes
        The first `START_BYTES` bytes before decompression, fewer if the input is shorter.
    """

    def __init__(
        self,
        source: BinaryIO,
        name: str,
        error: type[EmbedError] = CorpusError,
        *,
        begin: int = 0,
        digest: BlockSums | None = None,
    ) -> None:
        self.name, self.begin = name, begin
        self.compression: str | None = None
        self._error = error
        self._raw = _RawReader(source, ContentDigest(DIGEST_BYTES) if digest is None else digest)
        self._buffered = io.BufferedReader(self._raw, READ_BYTES)
        self._data: Source | None = None
        self._helpers: Helpers | None = None
        self._ahead = b""
        self._offset = 0
        try:
            with self._errors():
                self.raw_start = self._raw.sniff(START_BYTES)
            self._opener: Callable[[io.BufferedReader], Source] = lambda raw: raw
            if digest is None:
                self.compression, self._opener = _recognise(self.raw_start, name, source)
        except BaseException:
            self.close()
            raise

    def help(self, helpers: Helpers) -> None:
        """Let helpers decompress what is still to be read, until the stream is closed."""
        self._helpers = helpers
        if isinstance(self._data, PieceReader):
            self._data.help(helpers)

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes, fewer only at the end; raise the stream's error for damaged data."""
        parts, missing = [self._ahead[:size]] if self._ahead else [], size - len(self._ahead[:size])
        self._ahead = self._ahead[size:]
        with self._errors():
            data_source = self._decompressed()
            while missing and (part := data_source.read(missing)):
                parts.append(part)
                missing -= len(part)
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        self._offset += len(data)
        return data

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes (fewer only at the end) without consuming them."""
        data = self.read(size)
        self._offset -= len(data)
        self._ahead = data + self._ahead
        return data

    def read_raw(self, size: int) -> bytes:
        """Return the next `size` bytes without decompressing them; decompression must not have begun."""
        if self._data is None:
            with self._errors():
                return self._buffered.read(size)
        assert self.compression is None, "decompression has already consumed the beginning"
        return self.read(size)

    def describe(self, offset: int) -> str:
        """Describe the byte at `offset` in the decompressed data, for messages."""
        return f"byte {self.begin + offset:,}" + (
            f" of the decompressed {self.compression} data" if self.compression else ""
        )

    def drain(self) -> None:
        """Read the raw bytes after the compressed data, so that the digest includes them."""
        with self._errors():
            while self._buffered.read(READ_BYTES):
                pass

    @property
    def offset(self) -> int:
        """The number of decompressed bytes read so far."""
        return self._offset

    @property
    def raw_bytes(self) -> int:
        """The number of raw (compressed) bytes read so far."""
        return self._raw.bytes_read

    def raw_digest(self) -> str:
        """Return the hash of the raw bytes read so far."""
        return self._raw.digest()

    def close(self) -> None:
        """Close the file (standard input stays open)."""
        if isinstance(self._data, PieceReader):
            self._data.close()
        self._buffered.close()

    def __enter__(self) -> ByteStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _decompressed(self) -> Source:
        if self._data is None:
            if not self.begin and (kind := foreign_kind(self.raw_start)) is not None:
                raise self._error(f"{self.name} is {kind.what}: {kind.for_text}")
            self._data = self._opener(cast(io.BufferedReader, self._buffered))
            if isinstance(self._data, PieceReader) and self._helpers is not None:
                self._data.help(self._helpers)
        return self._data

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        kind = self.compression
        where = f"after {self._offset:,} decompressed bytes"
        try:
            yield
        except UnreadableZip as error:
            raise self._error(f"{self.name}: {error}") from None
        except EOFError as error:
            raise self._error(
                f"{self.name}: the {kind} data is cut short {where}; copy or download the file again"
            ) from error
        except _damage() as error:
            if _EXCEEDED in str(error):
                raise self._error(
                    f"{self.name}: decompressing the xz data needs more than {XZ_MEMORY_BYTES >> 20} MiB of memory; "
                    "decompress it with xz first"
                ) from error
            raise self._damaged(where, error) from error
        except OSError as error:
            if isinstance(error, EmbedError):
                raise
            if error.errno is None:  # bz2 reports damaged data this way
                raise self._damaged(where, error) from error
            raise cannot_open(self._error, f"{self.name}: cannot read: {error.strerror}", error) from error

    def _damaged(self, where: str, error: Exception) -> EmbedError:
        return self._error(
            f"{self.name}: the {self.compression} data is damaged {where} ({error}); copy or download the file again"
        )


def _recognise(start: bytes, name: str, source: BinaryIO) -> tuple[str | None, Callable[[io.BufferedReader], Source]]:
    if start.startswith(_GZIP_START):
        gzip = MemberKind(_GzipMember, _GZIP_MEMBER, padding=b"\0")
        return "gzip", lambda raw: MemberReader(raw, gzip)
    if _BZIP2_STREAM.match(start):
        return "bzip2", Bzip2Reader
    if start.startswith(XZ_START):
        xz = MemberKind(_new_xz, _XZ_STREAM, padding=b"\0")
        return "xz", lambda raw: MemberReader(BlockStreams(raw), xz)
    if _ZSTD_FRAME.match(start) or _ZSTD_SKIPPABLE.match(start):
        zstd = MemberKind(lambda: zstd_module(name).ZstdDecompressor(), _ZSTD_FRAME)
        return "zstd", lambda raw: MemberReader(raw, zstd)
    if start.startswith(ZIP_MARK) and foreign_kind(start) is None:
        return "zip", lambda raw: _unzipped(raw, source)
    return None, lambda raw: raw


def _unzipped(raw: io.BufferedReader, source: BinaryIO) -> Source:
    count = files_in_zip(source)
    if count is not None and count != 1:
        raise UnreadableZip(f"the zip archive holds {count:,} files, not one: unpack it, and name the file")
    return io.BufferedReader(ZipReader(raw, is_alone=count == 1), READ_BYTES)


class _GzipMember:
    """A member of gzip, with the interface of the other decompressors."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(_GZIP_WINDOW)

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not self._zlib.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._zlib.decompress(self._zlib.unconsumed_tail or data, max_length)


def _new_xz() -> Decompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES)


def _damage() -> tuple[type[Exception], ...]:
    return (lzma.LZMAError, zlib.error, *zstd_errors())
