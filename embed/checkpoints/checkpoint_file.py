"""The bytes of a checkpoint: a header of JSON and float32 matrices, each part with its BLAKE2b digest.

Layout, all numbers little-endian: the mark (16 bytes), the version (uint32), the size of the header (uint64), the
header (UTF-8), the digest of all that; then for each matrix of the header's ``"matrices"`` its rows without padding
and their digest. A flipped bit anywhere is found, a file that is cut or has more is refused by its size alone, and
nothing is set aside before the header has been compared with that size.

Rejected: safetensors (no digests, and one of its own for a header that lies), CRC-32 (no faster with Python's
means, and weaker), compression (trained floats do not compress).
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Mapping, Sequence
from io import BufferedReader
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embed.errors import ConfigError, FormatError, cannot_open
from embed.files.atomic import atomic_write
from embed.files.kinds import CHECKPOINT_MARK

__all__ = ["VERSION", "has_mark", "read_header", "read_into", "write"]

Float32s = NDArray[np.float32]

VERSION = 1
DIGEST_BYTES = 32
_START = struct.Struct("<16sIQ")
_NUMBER = np.dtype("<f4")
_BLOCK_NUMBERS = 1 << 20
"""Numbers written, read or hashed at a time."""


def write(path: str | os.PathLike[str], header: Mapping[str, Any], matrices: Mapping[str, Float32s], dim: int) -> None:
    """Write a checkpoint whole or not at all.

    Parameters
    ----------
    path : path
    header : mapping
        Plain values for JSON; ``"matrices"`` is added.
    matrices : mapping of str to float32[rows, at least dim]
        The first `dim` columns are written.
    dim : int

    Raises
    ------
    FormatError
        If the file cannot be written.
    """
    shapes = [[name, len(matrix), dim] for name, matrix in matrices.items()]
    text = json.dumps({**header, "matrices": shapes}, allow_nan=False).encode()
    start = _START.pack(CHECKPOINT_MARK, VERSION, len(text)) + text
    with atomic_write(path) as file:
        file.write(start + _digest(start))
        for matrix in matrices.values():
            digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
            step = max(1, _BLOCK_NUMBERS // dim)
            for first in range(0, len(matrix), step):
                block = np.ascontiguousarray(matrix[first : first + step, :dim], _NUMBER)
                digest.update(block.data)
                file.write(block.data)
            file.write(digest.digest())


def read_header(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the header of a checkpoint whose start is whole and whose size is right.

    Raises
    ------
    FormatError
        If the file cannot be read, is no checkpoint, is of another version, damaged, or cut short.
    """
    try:
        with open(path, "rb") as file:
            return _header(os.fspath(path), file)[0]
    except OSError as error:
        raise cannot_open(
            FormatError, f"{os.fspath(path)}: cannot be read: {error.strerror or error}", error
        ) from error


def has_mark(path: str | os.PathLike[str]) -> bool:
    """Return whether a file begins as a checkpoint does; another program may give its files such names, too."""
    try:
        with open(path, "rb") as file:
            return file.read(len(CHECKPOINT_MARK)) == CHECKPOINT_MARK
    except OSError:
        return False


def read_into(path: str | os.PathLike[str], matrices: Mapping[str, Float32s], dim: int) -> None:
    """Read the matrices of a checkpoint into the first `dim` columns of those given.

    Raises
    ------
    FormatError
        As `read_header` does, if the shapes are others, or if a digest is wrong: some numbers have been read then.
    ConfigError
        If the checkpoint is of a version that kept a row for every bucket of n-grams.
    """
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            header, place = _header(name, file)
            expected = [[key, len(matrix), dim] for key, matrix in matrices.items()]
            if header["matrices"] != expected:
                if _has_more_inputs(header["matrices"], expected):
                    raise ConfigError(
                        f"{name} is of an earlier version, which kept a row for every bucket of n-grams: end its run "
                        "with that version, or begin it again"
                    )
                raise FormatError(f"{name}: its matrices are {header['matrices']!s:.100}, not {expected}")
            for key, matrix in matrices.items():
                place = _read_matrix(name, file, key, matrix[:, :dim], place)
    except OSError as error:
        raise cannot_open(FormatError, f"{name}: cannot be read: {error.strerror or error}", error) from error


def _has_more_inputs(found: list[list[Any]], expected: list[list[Any]]) -> bool:
    """Return whether the matrices differ in the number of the input rows alone, of which there are more."""
    rows, wanted = ({key: count for key, count, _ in shapes} for shapes in (found, expected))
    differing = [key for key in wanted if rows.get(key) != wanted[key]]
    return rows.keys() == wanted.keys() and differing == ["input"] and rows["input"] > wanted["input"]


def _read_matrix(name: str, file: BufferedReader, key: str, matrix: Float32s, place: int) -> int:
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    rows, dim = matrix.shape
    step = max(1, _BLOCK_NUMBERS // dim)
    for first in range(0, rows, step):
        block = np.empty((min(step, rows - first), dim), _NUMBER)
        if file.readinto(block.data.cast("B")) != block.nbytes:
            raise FormatError(f"{name}: damaged: {key} is cut short at byte {file.tell()}")
        digest.update(block.data)
        matrix[first : first + step] = block
    if file.read(DIGEST_BYTES) != digest.digest():
        raise FormatError(f"{name}: damaged: the checksum of {key}, which begins at byte {place}, is wrong")
    return file.tell()


def _header(name: str, file: BufferedReader) -> tuple[dict[str, Any], int]:
    """Return the header and the place after it."""
    size = os.fstat(file.fileno()).st_size
    start = file.read(_START.size)
    if len(start) < _START.size or not start.startswith(CHECKPOINT_MARK):
        raise FormatError(f"{name}: not a checkpoint, or one that is damaged at byte 0")
    _, version, length = _START.unpack(start)
    if version != VERSION:
        raise FormatError(f"{name}: a checkpoint of version {version}; this program reads version {VERSION}")
    end = _START.size + length + DIGEST_BYTES
    if end > size:
        raise FormatError(f"{name}: damaged: the header says {end:,} bytes, but the file has {size:,}")
    text = file.read(length)
    if file.read(DIGEST_BYTES) != _digest(start + text):
        raise FormatError(f"{name}: damaged: the checksum of the header, which begins at byte 0, is wrong")
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{name}: damaged: the header is not valid JSON") from error
    expected = end + sum(rows * dim * _NUMBER.itemsize + DIGEST_BYTES for _, rows, dim in _shapes(name, header))
    if size != expected:
        raise FormatError(f"{name}: damaged: it must have {expected:,} bytes, but has {size:,}")
    return header, end


def _shapes(name: str, header: Any) -> Sequence[tuple[str, int, int]]:
    shapes = header.get("matrices") if isinstance(header, dict) else None
    if not isinstance(shapes, list):
        raise FormatError(f"{name}: damaged: the header lists no matrices")
    for shape in shapes:
        if not isinstance(shape, list) or [type(part) for part in shape] != [str, int, int] or min(shape[1:]) < 1:
            raise FormatError(f"{name}: damaged: the header lists a matrix {shape!r:.60}")
    return [(key, rows, dim) for key, rows, dim in shapes]


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest()
