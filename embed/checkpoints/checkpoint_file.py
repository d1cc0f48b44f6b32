"""The file of a checkpoint: a JSON header and float32 matrices, each part with its BLAKE2b digest.

Layout, all numbers little-endian: the mark (16 bytes), the version (uint32), the size of the header (uint64), the
header (UTF-8), the digest of all that; then for each matrix of the header's ``"matrices"`` its rows without padding
and their digest. The digests reveal a flipped bit anywhere, the size reveals missing or extra bytes, and no memory
is allocated before the header has been compared with the size.
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
from embed.files.own_kinds import CHECKPOINT_MARK

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
        Plain JSON values; ``"matrices"`` is added.
    matrices : mapping of str to float32[rows, at least dim]
        The first `dim` columns are written.
    dim : int

    Raises
    ------
    FormatError
        The file cannot be written.
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
    """Return the header of a checkpoint, having checked its digest and the size of the file.

    Raises
    ------
    FormatError
        The file cannot be read, is not a checkpoint of this version, is damaged, or is cut short.
    """
    try:
        with open(path, "rb") as file:
            return _header(os.fspath(path), file)[0]
    except OSError as error:
        raise cannot_open(FormatError, f"{os.fspath(path)}: cannot read: {error.strerror or error}", error) from error


def has_mark(path: str | os.PathLike[str]) -> bool:
    """Return whether a file begins as a checkpoint does; other programs may use the same names."""
    try:
        with open(path, "rb") as file:
            return file.read(len(CHECKPOINT_MARK)) == CHECKPOINT_MARK
    except OSError:
        return False


def read_into(path: str | os.PathLike[str], matrices: Mapping[str, Float32s], dim: int) -> None:
    """Read the matrices of a checkpoint into the first `dim` columns of the given ones.

    Raises
    ------
    FormatError
        As `read_header`; or the shapes differ, or a digest is wrong, after some numbers have been read.
    ConfigError
        The checkpoint comes from a version that stored a row for every n-gram bucket.
    """
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            header, offset = _header(name, file)
            expected = [[key, len(matrix), dim] for key, matrix in matrices.items()]
            if header["matrices"] != expected:
                if _has_more_inputs(header["matrices"], expected):
                    raise ConfigError(
                        f"cannot resume from {name}: an earlier version wrote it, with a row for every n-gram bucket; "
                        "finish the run with that version, or start the run again"
                    )
                raise FormatError(f"{name}: holds the matrices {header['matrices']!s:.100}, not {expected}")
            for key, matrix in matrices.items():
                offset = _read_matrix(name, file, key, matrix[:, :dim], offset)
    except OSError as error:
        raise cannot_open(FormatError, f"{name}: cannot read: {error.strerror or error}", error) from error


def _has_more_inputs(found: list[list[Any]], expected: list[list[Any]]) -> bool:
    """Return whether the matrices found differ from the expected ones only in having more input rows."""
    rows, wanted = ({key: count for key, count, _ in shapes} for shapes in (found, expected))
    differing = [key for key in wanted if rows.get(key) != wanted[key]]
    return rows.keys() == wanted.keys() and differing == ["input"] and rows["input"] > wanted["input"]


def _read_matrix(name: str, file: BufferedReader, key: str, matrix: Float32s, offset: int) -> int:
    """Read the matrix that begins at `offset`; return the offset of the next."""
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
        raise FormatError(f"{name}: damaged: wrong checksum of {key}, which begins at byte {offset}")
    return file.tell()


def _header(name: str, file: BufferedReader) -> tuple[dict[str, Any], int]:
    """Return the header and the offset after it."""
    size = os.fstat(file.fileno()).st_size
    start = file.read(_START.size)
    if len(start) < _START.size or not start.startswith(CHECKPOINT_MARK):
        raise FormatError(f"{name}: not a checkpoint, or damaged at byte 0")
    _, version, length = _START.unpack(start)
    if version != VERSION:
        raise FormatError(
            f"{name}: a checkpoint of version {version}, but this program reads version {VERSION}: resume with the "
            "train-embeddings that wrote it"
        )
    end = _START.size + length + DIGEST_BYTES
    if end > size:
        raise FormatError(f"{name}: damaged: the header says {end:,} bytes, but the file has {size:,}")
    text = file.read(length)
    if file.read(DIGEST_BYTES) != _digest(start + text):
        raise FormatError(f"{name}: damaged: wrong checksum of the header, which begins at byte 0")
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{name}: damaged: the header is not valid JSON") from error
    expected = end + sum(rows * dim * _NUMBER.itemsize + DIGEST_BYTES for _, rows, dim in _shapes(name, header))
    if size != expected:
        raise FormatError(f"{name}: damaged: the header says {expected:,} bytes, but the file has {size:,}")
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
