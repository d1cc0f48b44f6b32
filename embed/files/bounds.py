"""Bound the memory that a file of vectors may take, in proportion to its size.

Two things expand a file. *Decompression* may yield up to `MOST_DECOMPRESSED` times the bytes read so far: gzip reaches
1032 times at most, and comes close for zeros, so any gzip file is read, and a bomb of bzip2, xz or zstd is refused.
*Codes*, where a few bytes stand for a whole row (product quantisation, a mapping of many words to few rows), may yield
up to `MOST_DECODED` times the file, more than 300 dimensions in the smallest possible row need. Any file may take
`FREE_BYTES`.

A file within the bounds may still need more memory than there is: `in_memory` turns that into a FormatError.

Rejected: one bound in bytes (vectors may be of any size); decoding rows on demand (every search needs the matrix);
a plain MemoryError (it names no file).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from embed.errors import FormatError
from embed.files.inputs import Input

__all__ = ["FREE_BYTES", "MOST_DECODED", "MOST_DECOMPRESSED", "check_decoded", "check_decompressed", "in_memory"]

P = ParamSpec("P")
T = TypeVar("T")

FREE_BYTES = 4 << 20
MOST_DECOMPRESSED = 2048
MOST_DECODED = 256


def check_decoded(name: str, wanted: int, size: int) -> None:
    """Raise FormatError if `size` bytes of the file `name` would expand to too many (`wanted`) bytes of numbers."""
    if wanted > max(FREE_BYTES, MOST_DECODED * size):
        raise FormatError(
            f"{name}: {size:,} bytes would expand to {wanted:,}, more than {MOST_DECODED} times the file, which is "
            "damaged or malicious; get another copy"
        )


def check_decompressed(name: str, given: int, size: int) -> None:
    """Raise FormatError if the first `size` bytes of the file `name` expand to too many (`given`) bytes."""
    if given > max(FREE_BYTES, MOST_DECOMPRESSED * size):
        raise FormatError(
            f"{name}: {size:,} compressed bytes expand to {given:,} or more, beyond the limit of {MOST_DECOMPRESSED} "
            "times; if that is intended, decompress the file first"
        )


def in_memory(read: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], T]:
    """Decorate a reader, whose first argument is a path or an Input, to turn a MemoryError into a FormatError."""

    @functools.wraps(read)
    def bounded(path: Any, /, *arguments: P.args, **options: P.kwargs) -> T:
        try:
            return read(path, *arguments, **options)
        except MemoryError as error:
            name = Input.of(path, FormatError).name
            raise FormatError(
                f"{name}: not enough memory to read the file; free or allow more memory (ulimit -v)"
            ) from error

    return bounded
