"""What the tests of hostile input share: a limit on memory, and bombs."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embed.files.zstd import zstd_module

MIB = 1 << 20

# A sanitizer maps memory of its own for every byte of the process.
HAS_LIMITS = Path("/proc/self/statm").exists() and "san.so" not in os.environ.get("LD_PRELOAD", "")
has_limits = pytest.mark.skipif(not HAS_LIMITS, reason="needs Linux's /proc and limits of memory, and no sanitizer")


@contextlib.contextmanager
def at_most(more_bytes: int) -> Iterator[None]:
    """Let this process have so much more address space, maps and untouched memory included; beyond it, MemoryError."""
    if not HAS_LIMITS:
        yield
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def bomb(compression: str, unit: bytes, megabytes: int) -> bytes:
    """Return `unit`, repeated to a size in MiB, compressed: in one member, or, for bzip2 is slow, one for each MiB."""
    piece = unit * (MIB // len(unit))
    if compression == "bzip2":
        return bz2.compress(piece) * megabytes
    compress, flush = _compressor(compression)
    return b"".join([*(compress(piece) for _ in range(megabytes)), flush()])


def _compressor(compression: str) -> tuple[Callable[[bytes], bytes], Callable[[], bytes]]:
    if compression == "gzip":
        deflate = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS + 16)  # with a header of gzip
        return deflate.compress, deflate.flush
    if compression == "xz":
        pack = lzma.LZMACompressor(preset=0)
        return pack.compress, pack.flush
    squeeze = zstd_module("a test").ZstdCompressor()
    return squeeze.compress, squeeze.flush


def gzipped(data: bytes) -> bytes:
    """Return gzip data that are the same on every run."""
    return gzip.compress(data, mtime=0)
