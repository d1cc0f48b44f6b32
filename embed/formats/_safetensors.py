"""Read and write named arrays and string metadata in the safetensors layout; arrays are memory-mapped when read.

The layout: the length of the header (8 bytes, little-endian), the header (JSON: dtype, shape and offsets of each
tensor; strings by name under ``__metadata__``), then the raw little-endian data without gaps. Tensors are written in
falling order of item size, and the header is padded so that the first float32 tensor begins at a multiple of 64
bytes: all are aligned.

The reader compares everything that a header claims with the size of the file before it makes an array, and allocates
nothing but the header.

Rejected: the safetensors package (a compiled dependency for 150 lines); npz (cannot be mapped, and its strings
lose trailing NULs); pickle (runs code); HDF5 and Arrow (large dependencies).
"""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.errors import FormatError
from embed.files.atomic import atomic_write
from embed.files.inputs import Input
from embed.formats.reading import PathOrInput

__all__ = ["looks_like", "read_mapped", "write"]

Arrays = dict[str, npt.NDArray[Any]]

MOST_HEADER_BYTES = 100_000_000
"""The limit of the safetensors library, which must be able to read our files."""
BLOCK_BYTES = 4 << 20
"""Rows are written in blocks of about this size."""
ALIGNMENT = 64
"""The first float32 tensor begins at a multiple of this many bytes: a cache line."""
METADATA = "__metadata__"

_LENGTH = struct.Struct("<Q")
_DTYPES: dict[str, np.dtype[Any]] = {
    "I64": np.dtype("<i8"),
    "F64": np.dtype("<f8"),
    "I32": np.dtype("<i4"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "I8": np.dtype("i1"),
    "U8": np.dtype("u1"),
}


def write(path: str | os.PathLike[str], arrays: Mapping[str, npt.NDArray[Any]], metadata: Mapping[str, str]) -> None:
    """Write `arrays` (int64, int32, int8, uint8 or floats; they may be strided) and `metadata`, atomically.

    Raises
    ------
    FormatError
        The metadata are not strings or too large, or the file cannot be written.
    """
    names = {dtype: name for name, dtype in _DTYPES.items()}
    ordered = sorted(arrays.items(), key=lambda item: -item[1].dtype.itemsize)
    entries: dict[str, Any] = {METADATA: dict(metadata)} if metadata else {}
    for name, value in metadata.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise FormatError(f"{os.fspath(path)}: metadata must be strings, but {name!r} is {value!r}")
    end = 0
    for name, array in ordered:
        begin, end = end, end + array.nbytes
        dtype = names[array.dtype.newbyteorder("<")]
        entries[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [begin, end]}
    header = json.dumps(entries, separators=(",", ":")).encode()
    before_floats = sum(array.nbytes for _, array in ordered if array.dtype.itemsize == _DTYPES["I64"].itemsize)
    header += b" " * (-(_LENGTH.size + len(header) + before_floats) % ALIGNMENT)
    if len(header) > MOST_HEADER_BYTES:
        raise FormatError(f"{os.fspath(path)}: cannot write: the metadata takes more than {MOST_HEADER_BYTES} bytes")
    with atomic_write(path) as file:
        file.write(_LENGTH.pack(len(header)) + header)
        for _, array in ordered:
            rows = max(1, BLOCK_BYTES * len(array) // max(1, array.nbytes))
            for start in range(0, len(array), rows):
                block = array[start : start + rows]
                file.write(block.astype(block.dtype.newbyteorder("<"), copy=False).tobytes())


def looks_like(start: bytes) -> bool:
    """Return whether a file that starts with these bytes (at least 9) seems to have this layout."""
    return len(start) > _LENGTH.size and start[8:9] == b"{" and _LENGTH.unpack_from(start)[0] <= MOST_HEADER_BYTES


def read_mapped(path: PathOrInput) -> tuple[Arrays, dict[str, str]]:
    """Return the arrays, read-only and memory-mapped, and the metadata.

    Raises
    ------
    FormatError
        The file cannot be read, or does not match its header exactly.
    """
    source = Input.of(path, FormatError)
    name = source.name
    with source.open_seekable() as file:
        try:
            size = os.fstat(file.fileno()).st_size
            start = file.read(_LENGTH.size)
            length = _LENGTH.unpack(start)[0] if len(start) == _LENGTH.size else 0
            if not 2 <= length <= min(MOST_HEADER_BYTES, size - _LENGTH.size):
                raise FormatError(f"{name}: not a native file, or cut short within its header")
            header = file.read(length)
            mapped = np.memmap(file, dtype=np.uint8, mode="r")
        except OSError as error:
            raise FormatError(f"{name}: cannot read: {error.strerror or error}") from error
    try:
        entries, metadata = _parse(header)
        data = mapped[_LENGTH.size + length :]
        return _arrays(entries, data), metadata
    except _BadHeader as error:
        raise FormatError(f"{name}: damaged or not a native file: {error}") from None


class _BadHeader(ValueError):
    """A header is damaged."""


def _parse(header: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    try:
        entries = json.loads(header.decode(), object_pairs_hook=_object, parse_constant=_no_constant)
    except RecursionError:
        raise _BadHeader("the header is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise _BadHeader(f"the header is not UTF-8 ({error.reason})") from None
    except ValueError as error:
        raise _BadHeader(f"the header is not JSON ({error})") from None
    if not header.startswith(b"{") or not isinstance(entries, dict):
        raise _BadHeader("the header is not a JSON object")
    metadata = entries.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise _BadHeader(f"{METADATA} must hold strings")
    return entries, metadata


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("duplicate name")
    return result


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _arrays(entries: dict[str, Any], data: npt.NDArray[np.uint8]) -> Arrays:
    """Return the arrays, having checked that the tensors cover the data without gap or overlap."""
    arrays: Arrays = {}
    covered = 0
    for name, (dtype, shape, begin, end) in sorted(
        ((name, _checked(name, entry)) for name, entry in entries.items()), key=lambda item: item[1][2:]
    ):
        if begin != covered:
            raise _BadHeader(f"tensor {name!r} begins at byte {begin} of the data, not at {covered}")
        if end - begin != math.prod(shape) * dtype.itemsize:
            raise _BadHeader(f"tensor {name!r} has {end - begin} bytes, but its shape is {shape} of {dtype}")
        if end > len(data):
            raise _BadHeader(f"tensor {name!r} ends at byte {end} of the data, but there are only {len(data)}")
        arrays[name] = data[begin:end].view(np.ndarray).view(dtype).reshape(shape)
        covered = end
    if covered != len(data):
        raise _BadHeader(f"the tensors take {covered} bytes, but there are {len(data)}")
    return arrays


def _checked(name: str, entry: Any) -> tuple[np.dtype[Any], list[int], int, int]:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise _BadHeader(f"tensor {name!r} must have dtype, shape and data_offsets and nothing else")
    shape, offsets = entry["shape"], entry["data_offsets"]
    if not isinstance(entry["dtype"], str) or entry["dtype"] not in _DTYPES:
        raise _BadHeader(f"tensor {name!r} must have one of the dtypes {', '.join(_DTYPES)}, not {entry['dtype']!r}")
    if not _sizes(shape) or len(shape) > 2:
        raise _BadHeader(f"tensor {name!r} must have one or two dimensions")
    if not _sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise _BadHeader(f"tensor {name!r} must have two data_offsets, the second not before the first")
    return _DTYPES[entry["dtype"]], shape, offsets[0], offsets[1]


def _sizes(values: Any) -> bool:
    """Return whether `values` is a list of whole numbers that fit 63 bits."""
    return isinstance(values, list) and len(values) > 0 and all(type(x) is int and 0 <= x < 1 << 63 for x in values)
