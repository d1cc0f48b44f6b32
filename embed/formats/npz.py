"""Read and write NumPy's archives of arrays (``numpy.load``), without Python objects, memory-mapped when read.

Arrays: ``vectors`` float32 [V, dim]; the words as ``words.bytes`` and ``words.offsets``
(`embed.formats.word_blob`); ``counts`` int64 [V] if known. n-grams are not stored.

An npz file is a zip archive of npy files. Ours are uncompressed, and each array begins at a multiple of 64 bytes
(padded by a field in the zip entry's header), so that a reader can map the matrix; ``numpy.load`` itself copies it.
Archives of ``numpy.savez_compressed`` are read into memory.

Rejected: ``numpy.savez`` (does not align arrays), an array of Python strings (pickled).
"""

from __future__ import annotations

import io
import math
import os
import struct
import tokenize
import zipfile
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from embed.errors import FormatError
from embed.files.atomic import atomic_write
from embed.files.bounds import check_decompressed, in_memory
from embed.files.inputs import Input
from embed.formats import word_blob
from embed.formats.reading import PathOrInput, Start, brief
from embed.formats.tables import COUNTS, read_table, table_of
from embed.messages import listed
from embed.vectors.word_vectors import WordVectors

__all__ = ["VECTORS", "read", "recognise", "write"]

VECTORS = "vectors"
"""The name of the matrix."""

ALIGNMENT = 64
BLOCK_BYTES = 4 << 20
"""Rows are written in blocks of about this size."""

MOST_HEADER_BYTES = 1 << 14
"""NumPy refuses headers of more than 10,000 bytes, but only after reading them."""
_ENDING = ".npy"
_MAGIC = b"PK\x03\x04"
_LOCAL = struct.Struct("<4s5H3I2H")  # the header before an entry's data; its last two fields are lengths
_ZIP64_EXTRA_BYTES = 20
_PADDING_ID = 0xD935  # the field that zipalign uses for the same purpose
_DAMAGE = (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, RuntimeError, ValueError)
_EPOCH = (1980, 1, 1, 0, 0, 0)


def recognise(start: Start) -> bool:
    """Return whether a file is a zip archive whose first entry is an array."""
    name_bytes = start.data[_LOCAL.size : _LOCAL.size + 256]
    return start.data.startswith(_MAGIC) and (b".npy" in name_bytes or start.extension == ".npz")


def write(vectors: WordVectors, path: str | os.PathLike[str]) -> None:
    """Write vectors and, if known, counts; the same vectors give the same bytes.

    Parameters
    ----------
    vectors : WordVectors
    path : path
        Replaced when the whole file has been written.

    Raises
    ------
    FormatError
        A word has no UTF-8 form, a number is not finite, or the file cannot be written.
    """
    arrays = table_of(vectors, VECTORS)
    with atomic_write(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            _write_array(archive, file, f"{name}.npy", array)


def _write_array(archive: zipfile.ZipFile, file: BinaryIO, name: str, array: npt.NDArray[Any]) -> None:
    little = array.dtype.newbyteorder("<")
    header = io.BytesIO()
    description = {"descr": np.lib.format.dtype_to_descr(little), "fortran_order": False, "shape": array.shape}
    np.lib.format.write_array_header_1_0(header, description)
    entry = zipfile.ZipInfo(name, _EPOCH)
    data_at = file.tell() + _LOCAL.size + len(name.encode()) + _ZIP64_EXTRA_BYTES + 4 + len(header.getvalue())
    padding = -data_at % ALIGNMENT
    entry.extra = struct.pack("<HH", _PADDING_ID, padding) + bytes(padding)
    with archive.open(entry, "w", force_zip64=True) as target:
        target.write(header.getvalue())
        rows = max(1, BLOCK_BYTES * len(array) // max(1, array.nbytes))
        for start in range(0, len(array), rows):
            target.write(array[start : start + rows].astype(little, copy=False).tobytes())


@in_memory
def read(path: PathOrInput, *, keep_first: bool = False) -> WordVectors:
    """Read vectors; uncompressed arrays are memory-mapped.

    Raises
    ------
    FormatError
        The file cannot be read, is damaged, or lacks an array.
    """
    source = Input.of(path, FormatError)
    name = source.name
    with source.open_seekable() as file:
        try:
            with zipfile.ZipFile(file) as archive:
                entries = {entry.filename.removesuffix(_ENDING): entry for entry in archive.infolist()}
                arrays = {
                    key: _read_array(name, archive, file, entries[key])
                    for key in (VECTORS, word_blob.TEXT, word_blob.OFFSETS, COUNTS)
                    if key in entries and entries[key].filename.endswith(_ENDING)
                }
        except OSError as error:
            raise FormatError(f"{name}: cannot read: {error.strerror or error}") from error
        except _DAMAGE as error:
            raise FormatError(f"{name}: damaged or not an npz file: {brief(error)}") from error
    needed = (VECTORS, word_blob.TEXT, word_blob.OFFSETS)
    if missing := [key for key in needed if key not in arrays]:
        raise FormatError(
            f"{name}: holds {listed(sorted(entries)) or 'nothing'}, but not {listed(missing)}, which embed.save "
            "writes; read it with numpy.load, give words and matrix to embed.WordVectors(words, matrix), and "
            "save that"
        )
    return read_table(name, arrays, VECTORS, keep_first)


def _read_array(name: str, archive: zipfile.ZipFile, file: BinaryIO, entry: zipfile.ZipInfo) -> npt.NDArray[Any]:
    """Return one array of the archive, having compared its header with its size."""
    try:
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError("NumPy does not use its compression: save it with numpy.savez or savez_compressed")
        with archive.open(entry) as source:
            head = source.read(MOST_HEADER_BYTES)
            shape, fortran, dtype, header_bytes = _array_header(head)
            size = entry.file_size - header_bytes
            count = math.prod(shape)
            if count * dtype.itemsize != size:
                raise ValueError(f"its header says {count} numbers of {dtype}, but it has {size} bytes")
            if entry.compress_type == zipfile.ZIP_STORED and size and not entry.flag_bits & 1:
                begin = _data_begin(file, entry) + header_bytes
                flat: npt.NDArray[Any] = np.memmap(file, dtype, "r", begin, (count,))
            else:
                check_decompressed(name, entry.file_size, entry.compress_size)
                flat = np.frombuffer(head[header_bytes:] + source.read(), dtype)
                if len(flat) != count:
                    raise ValueError(f"it ends after {len(flat)} of {count} numbers")
    except (ValueError, struct.error) as error:
        raise FormatError(f"{name}: damaged: array {entry.filename!r:.60}: {brief(error)}") from None
    native = flat.astype(dtype.newbyteorder("="), copy=False)
    return native.reshape(shape, order="F" if fortran else "C")


def _array_header(head: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Return shape, order, type and the size of the header at the beginning of an array; raises ValueError."""
    start = io.BytesIO(head)
    version = np.lib.format.read_magic(start)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    try:
        shape, fortran, dtype = read_header(start)
    except (tokenize.TokenError, SyntaxError, RecursionError, MemoryError, TypeError) as error:
        raise ValueError(f"its header cannot be read ({brief(error)})") from None
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are not loaded")
    if dtype.kind not in "fiu" or not all(length >= 0 for length in shape):
        raise ValueError(f"it is {dtype} of the shape {shape}, not numbers")
    return shape, fortran, dtype, start.tell()


def _data_begin(file: BinaryIO, entry: zipfile.ZipInfo) -> int:
    """Return the offset of an entry's data, which follows from its local header."""
    file.seek(entry.header_offset)
    fields = _LOCAL.unpack(file.read(_LOCAL.size))
    return entry.header_offset + _LOCAL.size + int(fields[-2]) + int(fields[-1])
