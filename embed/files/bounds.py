"""How much memory a file of vectors may take: in proportion to its size, whatever it says.

Two things make more of a file than it is. *Decompression*: up to `MOST_DECOMPRESSED` times the bytes read so far; gzip
can do 1032 times and a file of zeros comes close to that, so whatever gzip makes is read, and a bomb of bzip2, xz or
zstd is not. *Codes*, where a few bytes stand for a whole row (product quantisation, a mapping of many words to few
rows): up to `MOST_DECODED` times the file, which 300 dimensions in the fewest bytes that a row can have do not reach.
`FREE_BYTES` are allowed to any file.

What is within the bounds and still more than there is ends in a FormatError as well: each reader is marked
`in_memory`.

Rejected: one bound in bytes (the vectors of a user may be of any size), decoding rows when they are asked for
(everything that searches wants the matrix), MemoryError for the caller (it names no file, and NumPy has its own).
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
    """Raise FormatError if `size` bytes of the file `name` would become `wanted` bytes of numbers."""
    if wanted > max(FREE_BYTES, MOST_DECODED * size):
        raise FormatError(
            f"{name}: its {size:,} bytes would become {wanted:,} bytes of numbers; at most {MOST_DECODED} times the "
            "size of a file are read"
        )


def check_decompressed(name: str, given: int, size: int) -> None:
    """Raise FormatError if the first `size` bytes of the file `name` have become `given` decompressed bytes."""
    if given > max(FREE_BYTES, MOST_DECOMPRESSED * size):
        raise FormatError(
            f"{name}: {size:,} compressed bytes have become {given:,}; at most {MOST_DECOMPRESSED} times the size of a "
            "file are read: unpack it first if it is meant to be so"
        )


def in_memory(read: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], T]:
    """Mark a reader, whose first argument is a path or an input: want of memory becomes a FormatError."""

    @functools.wraps(read)
    def bounded(path: Any, /, *arguments: P.args, **options: P.kwargs) -> T:
        try:
            return read(path, *arguments, **options)
        except MemoryError as error:
            name = Input.of(path, FormatError).name
            raise FormatError(f"{name}: reading it takes more memory than there is") from error

    return bounded
