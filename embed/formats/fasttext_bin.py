"""Read and write the bytes of fastText's ``.bin`` and ``.ftz`` files, unchanged.

The layout (little-endian, nothing aligned): magic number and version; twelve int32 and a double of arguments;
the dictionary, whose words end with a NUL; then the input and the output matrix, each dense or
product-quantised. Versions 11 and 12 differ in meaning only. Files from before version 11 have no magic number,
no list of pruned n-grams and no flags of quantisation.

Dense matrices of a plain file are memory-mapped: reading costs the dictionary alone. Every size is compared with the
length of the file before memory is allocated. `embed.formats.fasttext_model` interprets the numbers.

Rejected: reading word by word through a file object (mapped bytes can be searched for the NUL); copying the
matrices to align them (the rows in use are copied anyway).
"""

from __future__ import annotations

import io
import math
import mmap
import os
import struct
from collections.abc import Iterator
from dataclasses import astuple
from typing import Any, BinaryIO, NoReturn

import numpy as np
import numpy.typing as npt

from embed.errors import FormatError
from embed.files.bounds import in_memory
from embed.files.compressing import compressing_write
from embed.files.inputs import Input
from embed.formats.fasttext_file import (
    CBOW,
    CENTROIDS,
    LOSSES,
    NEWEST_VERSION,
    NO_VERSION,
    OLDEST_VERSION,
    SKIPGRAM,
    SUPERVISED,
    Arguments,
    FastTextFile,
    Matrix,
    ProductQuantiser,
    Quantised,
    Sparse,
)
from embed.formats.reading import MOST_DIMENSIONS, START_BYTES, PathOrInput, Source, Start, open_source

__all__ = ["read", "recognise", "write"]

Float32s = npt.NDArray[np.float32]

MAGIC = 793712314
WORD, LABEL = 0, 1
NOT_PRUNED = -1

BLOCK_BYTES, READ_BYTES = 4 << 20, 1 << 20
"""Bytes written, and decompressed, at a time."""
LONGEST_WORD = 1 << 20
"""Bytes in which the NUL after a word must be found."""

_HEADER = struct.Struct("<2i")
_ARGUMENTS = struct.Struct("<12id")
_SIZES = struct.Struct("<3iq")
_INT32_FORM, _INT64 = struct.Struct("<i"), struct.Struct("<q")
_ENTRY = struct.Struct("<qb")
_SHAPE = struct.Struct("<2q")
_CODES = struct.Struct("<2qi")
_QUANTISER = struct.Struct("<4i")
_FLOAT32, _INT32 = np.dtype("<f4"), np.dtype("<i4")


def recognise(start: Start) -> bool:
    """Return whether a file is in this format."""
    return start.data.startswith(_INT32_FORM.pack(MAGIC)) or _is_oldest(start.data)


def _is_oldest(data: bytes) -> bool:
    """Return whether `data`, without a magic number, begins with arguments: small numbers at fixed offsets.

    A word2vec file does not: it begins with a decimal number, which holds no NUL.
    """
    if len(data) < _ARGUMENTS.size:
        return False
    arguments = Arguments(*_ARGUMENTS.unpack_from(data))
    return (
        1 <= arguments.dim <= MOST_DIMENSIONS
        and 0 <= arguments.window <= MOST_DIMENSIONS
        and arguments.loss in LOSSES
        and arguments.model in (CBOW, SKIPGRAM, SUPERVISED)
        and math.isfinite(arguments.subsample)
    )


# reading


@in_memory
def read(path: PathOrInput) -> FastTextFile:
    """Read a file; dense matrices of an uncompressed file are memory-mapped.

    Raises
    ------
    FormatError
        With file and byte offset: not a fastText file, cut short, data after the end, or an impossible size, flag or
        type.
    """
    data, name = _contents(path)
    return _Reader(data, name).file()


def _contents(path: PathOrInput) -> tuple[bytes | mmap.mmap, str]:
    whole = Input.of(path, FormatError)
    with open_source(whole) as source:
        if not source.size:  # unknown, or an empty file, which cannot be mapped
            _Reader(source.stream.peek(START_BYTES), source.name).beginning()  # before the rest is decompressed
            return _drain(source), source.name
    with whole.open_seekable() as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), source.name


def _drain(source: Source) -> bytes:
    whole = io.BytesIO()
    while block := source.read(READ_BYTES):
        whole.write(block)
    return whole.getvalue()


class _Reader:
    """Parses the bytes of a file from the current offset on."""

    def __init__(self, data: bytes | mmap.mmap, name: str) -> None:
        self._data, self._name, self._at = data, name, 0

    def beginning(self) -> tuple[int, Arguments, int, int, int, int]:
        """Return version, arguments, entries of the dictionary, words, labels and tokens."""
        version = self._version()
        arguments = Arguments(*self._unpack(_ARGUMENTS, "the arguments"))
        self._check_arguments(arguments)
        size, words, labels, tokens = self._unpack(_SIZES, "the sizes of the dictionary")
        if min(size, words, labels, tokens) < 0 or words + labels != size or not words:
            self._fail(f"impossible dictionary: {size} entries, {words} words, {labels} labels, {tokens} tokens")
        return version, arguments, int(size), int(words), int(labels), int(tokens)

    def file(self) -> FastTextFile:
        """Parse the whole file."""
        version, arguments, size, words, labels, tokens = self.beginning()
        pruned_size = self._unpack(_INT64, "the number of n-grams")[0] if version else NOT_PRUNED
        if pruned_size < NOT_PRUNED:
            self._fail(f"the number of n-grams left is {pruned_size}, but must be at least {NOT_PRUNED}")
        entries, counts = self._entries(size, words)
        pruned = None if pruned_size == NOT_PRUNED else self._pairs(pruned_size, arguments.buckets)
        quantised = self._flag("quantised input") if version else False
        if pruned is not None and not quantised:
            self._fail("n-grams were pruned, but the matrix is not quantised")
        input = self._quantised(arguments.dim) if quantised else self._dense(arguments.dim)
        self._check_input(input.shape[0], words, arguments, pruned)
        flag = self._flag("quantised output") if version else False
        output = self._quantised(arguments.dim) if quantised and flag else self._dense(arguments.dim)
        targets = labels if arguments.model == SUPERVISED else words
        if output.shape[0] != targets:
            self._fail(f"the output matrix has {output.shape[0]} rows, not one for each of {targets} words or labels")
        if self._at != len(self._data):
            self._fail(f"{len(self._data) - self._at} more bytes after the end of the model")
        return FastTextFile(version, arguments, entries, counts, labels, tokens, pruned, input, output, flag)

    def _version(self) -> int:
        magic, version = self._unpack(_HEADER, "the magic number")
        if magic != MAGIC:
            self._at = 0
            if not _is_oldest(self._data[: _ARGUMENTS.size]):
                self._fail(f"not a fastText file: neither its magic number nor the layout before {OLDEST_VERSION}")
            return NO_VERSION
        if not OLDEST_VERSION <= version <= NEWEST_VERSION:
            self._fail(
                f"version {version} of the format; this program reads versions {OLDEST_VERSION} and {NEWEST_VERSION}"
            )
        return int(version)

    def _check_arguments(self, arguments: Arguments) -> None:
        if not 1 <= arguments.dim <= MOST_DIMENSIONS:
            self._fail(f"dim is {arguments.dim}, but must be from 1 to {MOST_DIMENSIONS}")
        if arguments.loss not in LOSSES:
            self._fail(f"unknown loss {arguments.loss}")
        if arguments.model not in (CBOW, SKIPGRAM, SUPERVISED):
            self._fail(f"unknown model {arguments.model}")
        if arguments.buckets < 0:
            self._fail(f"buckets is {arguments.buckets}, but must be at least 0")

    def _entries(self, size: int, words: int) -> tuple[list[bytes], npt.NDArray[np.int64]]:
        self._check_room(size * (1 + _ENTRY.size), f"the {size} entries of the dictionary")
        entries: list[bytes] = []
        counts = np.empty(size, np.int64)
        data, at = self._data, self._at
        for number in range(size):
            end = data.find(b"\0", at, at + LONGEST_WORD)
            if end < 0 or end + 1 + _ENTRY.size > len(data):
                self._at = at
                self._fail(f"the dictionary ends within entry {number + 1} of {size}, or its word has no end")
            entries.append(data[at:end])
            counts[number], kind = _ENTRY.unpack_from(data, end + 1)
            if kind != (WORD if number < words else LABEL) or counts[number] < 0:
                self._at = end + 1
                self._fail(f"impossible count {counts[number]} or type {kind} of entry {number + 1}")
            at = end + 1 + _ENTRY.size
        self._at = at
        return entries, counts

    def _pairs(self, size: int, buckets: int) -> npt.NDArray[np.int32]:
        at = self._at
        pairs = self._array(_INT32, 2 * size, "the n-grams that are left").reshape(size, 2)
        if size and (pairs[:, 0].min() < 0 or pairs[:, 0].max() >= buckets):
            self._at = at
            self._fail(f"the n-grams that are left must be in buckets 0 to {buckets - 1}")
        if sorted(pairs[:, 1].tolist()) != list(range(size)) or len(set(pairs[:, 0].tolist())) != size:
            self._at = at
            self._fail(f"the {size} n-grams that are left must have rows 0 to {size - 1}, each a different one")
        return pairs

    def _check_input(self, rows: int, words: int, arguments: Arguments, pruned: npt.NDArray[np.int32] | None) -> None:
        buckets = arguments.buckets if pruned is None else len(pruned)
        # Without n-grams no bucket is ever used, and some writers leave them out.
        allowed = {words + buckets, words} if arguments.max_n <= 0 else {words + buckets}
        if rows not in allowed:
            self._fail(f"the input matrix has {rows} rows, not one for each of {words} words and {buckets} buckets")

    def _dense(self, dim: int) -> Float32s:
        rows, columns = self._unpack(_SHAPE, "the shape of a matrix")
        self._check_shape(rows, columns, dim)
        return self._array(_FLOAT32, rows * columns, f"a matrix of {rows} x {columns}").reshape(rows, columns)

    def _quantised(self, dim: int) -> Quantised:
        with_norms = self._flag("quantised norms")
        rows, columns, size = self._unpack(_CODES, "the shape of a matrix")
        self._check_shape(rows, columns, dim)
        at = self._at
        codes = self._array(np.dtype(np.uint8), max(0, size), f"{size} codes")
        quantiser = self._quantiser(dim)
        if size != rows * quantiser.parts:
            self._at = at
            self._fail(f"{size} codes cannot fill {rows} rows of {quantiser.parts} parts")
        codes = codes.reshape(rows, quantiser.parts)
        if not with_norms:
            return Quantised((rows, columns), codes, quantiser, None, None)
        norm_codes = self._array(np.dtype(np.uint8), rows, "the codes of the norms")
        return Quantised((rows, columns), codes, quantiser, norm_codes, self._quantiser(1))

    def _quantiser(self, dim: int) -> ProductQuantiser:
        own, parts, part, last = self._unpack(_QUANTISER, "a quantiser")
        fits = parts >= 1 and part >= 1 and 1 <= last <= part and (parts - 1) * part + last == dim
        if own != dim or not fits:
            self._fail(f"{parts} parts of {part} and {last} numbers do not make a vector of {dim}")
        return ProductQuantiser(own, parts, part, last, self._array(_FLOAT32, CENTROIDS * dim, "the centroids"))

    def _check_shape(self, rows: int, columns: int, dim: int) -> None:
        if rows < 0 or columns != dim:
            self._fail(f"a matrix of {rows} x {columns} in a model of {dim} dimensions")

    def _flag(self, what: str) -> bool:
        (value,) = self._take(1, f"the flag of {what}")
        if value > 1:
            self._fail(f"the flag of {what} is {value}, but must be 0 or 1")
        return bool(value)

    def _unpack(self, form: struct.Struct, what: str) -> tuple[Any, ...]:
        return form.unpack(self._take(form.size, what))

    def _array(self, dtype: np.dtype[Any], count: int, what: str) -> npt.NDArray[Any]:
        self._check_room(count * dtype.itemsize, what)
        array = np.frombuffer(self._data, dtype, count, self._at) if count else np.empty(0, dtype)
        self._at += count * dtype.itemsize
        return array

    def _take(self, size: int, what: str) -> bytes:
        self._check_room(size, what)
        self._at += size
        return self._data[self._at - size : self._at]

    def _check_room(self, size: int, what: str) -> None:
        if size > len(self._data) - self._at:
            self._fail(
                f"{what} would take {size} bytes, but only {len(self._data) - self._at} are left: cut short or damaged"
            )

    def _fail(self, what: str) -> NoReturn:
        raise FormatError(f"{self._name}, byte {self._at}: {what}")


# writing


def write(file: FastTextFile, path: str | os.PathLike[str]) -> None:
    """Write a file; a file from :func:`read` is reproduced byte for byte.

    Raises
    ------
    FormatError
        A word holds a NUL, or the file cannot be written.
    """
    for number, word in enumerate(file.words):
        if b"\0" in word:
            raise FormatError(f"word {number}, {word!r}, holds a NUL, which ends a word in a fastText file")
    with compressing_write(path) as target:
        if file.version:
            target.write(_HEADER.pack(MAGIC, file.version))
        target.write(_ARGUMENTS.pack(*astuple(file.arguments)))
        target.write(_SIZES.pack(len(file.words), len(file.words) - file.labels, file.labels, file.tokens))
        if file.version:
            target.write(_INT64.pack(NOT_PRUNED if file.pruned is None else len(file.pruned)))
        words = len(file.words) - file.labels
        for number, (word, count) in enumerate(zip(file.words, file.counts.tolist(), strict=True)):
            target.write(word + b"\0" + _ENTRY.pack(count, WORD if number < words else LABEL))
        if file.pruned is not None:
            target.write(file.pruned.astype(_INT32).tobytes())
        for matrix, flag in ((file.input, file.is_quantised), (file.output, file.quantised_output)):
            if file.version:
                target.write(bytes([flag]))
            _write_matrix(matrix, target)


def _write_matrix(matrix: Matrix, target: BinaryIO) -> None:
    if isinstance(matrix, Quantised):
        target.write(bytes([matrix.norm_codes is not None]))
        target.write(_CODES.pack(*matrix.shape, matrix.codes.size))
        target.write(matrix.codes.tobytes())
        _write_quantiser(matrix.quantiser, target)
        if matrix.norm_codes is not None and matrix.norm_quantiser is not None:
            target.write(matrix.norm_codes.tobytes())
            _write_quantiser(matrix.norm_quantiser, target)
        return
    target.write(_SHAPE.pack(*matrix.shape))
    for block in _blocks(matrix):
        target.write(block.astype(_FLOAT32, copy=False).tobytes())


def _write_quantiser(quantiser: ProductQuantiser, target: BinaryIO) -> None:
    sizes = quantiser.dim, quantiser.parts, quantiser.part_dim, quantiser.last_part_dim
    target.write(_QUANTISER.pack(*sizes) + quantiser.centroids.astype(_FLOAT32, copy=False).tobytes())


def _blocks(matrix: Float32s | Sparse) -> Iterator[Float32s]:
    rows = max(1, BLOCK_BYTES // (_FLOAT32.itemsize * max(1, matrix.shape[1])))
    for start in range(0, len(matrix), rows):
        yield matrix[start : start + rows]
