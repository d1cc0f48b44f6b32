"""Quantise matrices to fewer bytes: int8, one bit a number, or product quantisation.

int8
    Whole numbers from -127 to 127 times a scale, one for each row or each column. A quarter of the size.
binary
    The sign of each number minus the mean of its column, decoded as the mean plus or minus the row's average
    deviation. A thirty-second of the size, for rough search.
pq
    Product quantisation (Jegou, Douze & Schmid, PAMI 2011). A row is scaled to length 1 and cut into parts; each
    part becomes the number (one byte) of the nearest of 256 centroids, found by k-means on a sample of the rows.
    One more byte holds the row's length, on a logarithmic scale. Frequent words come first and are queried most, so
    the first third of the rows (the head) gets more parts and the rest (the tail) fewer, at the same average.

Measured at an eighth of the size (72,303 words x 100, analogies among 30,000 words): the same number of parts for all
rows loses 1.0 to 1.5 points, head and tail lose 0.4.

Rejected: a rotation by principal components with parts of equal information (the mean error falls by a quarter,
but that of frequent words, and analogies with them, gets worse); int4 (at the same size a larger error than pq).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.arguments import choice, real_number, shown, whole_number
from embed.choices import QUANTIZE_METHODS, QUANTIZE_SCALES, QuantizeMethod, QuantizeScale
from embed.errors import ConfigError, FormatError
from embed.vectors.k_means import MOST_CENTROIDS, k_means, nearest
from embed.vectors.search import row_norms, unit_rows

__all__ = [
    "Codes",
    "codes_of",
    "default_bytes",
    "quantize_binary",
    "quantize_int8",
    "quantize_pq",
    "quantizer",
]

Arrays = dict[str, npt.NDArray[Any]]
Float32s = npt.NDArray[np.float32]


HEAD_SHARE = 1 / 3
"""The share of the rows, from the first, that gets more parts."""
HEAD_PARTS, TAIL_PARTS = 4 / 3, 5 / 6
"""Parts of a row of the head and of the tail, relative to the average: together they need the average."""
SAMPLE_ROWS, ITERATIONS = 1 << 15, 15
"""Rows that k-means samples, and its rounds."""
BLOCK_BYTES = 4 << 20
"""Rows are processed in blocks of about this size."""

_LARGEST = 127
_DTYPES: dict[str, dict[str, type[np.generic]]] = {
    "int8": {"codes": np.int8, "scales": np.float32},
    "binary": {"codes": np.uint8, "scales": np.float32, "mean": np.float32},
    "pq": {
        "lengths": np.float32,
        "head.codes": np.uint8,
        "head.centroids": np.float16,
        "tail.codes": np.uint8,
        "tail.centroids": np.float16,
    },
}


@dataclass(frozen=True)
class Codes:
    """A quantised matrix.

    Attributes
    ----------
    method : {"int8", "binary", "pq"}
    rows, dim : int
        The shape of the matrix.
    arrays : dict of str to array
        int8: ``codes`` int8 [rows, dim], ``scales`` float32 [rows, 1] or [1, dim]. binary: ``codes`` uint8
        [rows, ceil(dim / 8)] (bits, the first the highest), ``scales`` float32 [rows, 1], ``mean`` float32 [1, dim].
        pq: for ``head`` and ``tail``, ``codes`` uint8 [its rows, parts + 1] (the last column is the length) and
        ``centroids`` float16 [up to 256, dim]; ``lengths`` float32 [1, 256].

    Raises
    ------
    FormatError
        The arrays do not fit the method and the shape.
    """

    method: str
    rows: int
    dim: int
    arrays: Arrays

    def __post_init__(self) -> None:
        wanted = _DTYPES.get(self.method) if isinstance(self.method, str) else None
        if wanted is None:
            methods = ", ".join(QUANTIZE_METHODS)
            raise FormatError(f"the quantisation method must be one of {methods}, not {shown(self.method)}")
        for name, dtype in wanted.items():
            array = self.arrays.get(name)
            if array is None or array.dtype != dtype or array.ndim != 2:
                raise FormatError(f"{self.method} codes need {name} as a 2-dimensional array of {np.dtype(dtype)}")
        if not self._fits():
            shapes = ", ".join(f"{name} {self.arrays[name].shape}" for name in wanted)
            raise FormatError(f"the codes do not form a matrix of {self.rows} x {self.dim}: {shapes}")

    @property
    def nbytes(self) -> int:
        """The size of all arrays."""
        return sum(array.nbytes for array in self.arrays.values())

    def decode(self) -> Float32s:
        """Return the matrix, float32[rows, dim], as closely as the codes hold it."""
        matrix = np.empty((self.rows, self.dim), np.float32)
        if self.method == "pq":
            head = len(self.arrays["head.codes"])
            self._decode_part("head", matrix[:head])
            self._decode_part("tail", matrix[head:])
            return matrix
        scales = self.arrays["scales"]
        for rows in _blocks(self.rows, self.dim):
            codes, scale = self.arrays["codes"][rows], scales if len(scales) != self.rows else scales[rows]
            if self.method == "int8":
                matrix[rows] = codes * scale
            else:
                bits = np.unpackbits(codes, axis=1, count=self.dim)
                matrix[rows] = self.arrays["mean"] + np.where(bits == 1, scale, -scale)
        return matrix

    def _decode_part(self, part: str, matrix: Float32s) -> None:
        codes, centroids = self.arrays[f"{part}.codes"], self.arrays[f"{part}.centroids"].astype(np.float32)
        bounds = _bounds(self.dim, codes.shape[1] - 1)
        lengths = self.arrays["lengths"][0]
        for rows in _blocks(len(matrix), self.dim):
            block = codes[rows]
            for number, (begin, end) in enumerate(bounds):
                matrix[rows, begin:end] = centroids[block[:, number], begin:end]
            matrix[rows] = unit_rows(matrix[rows]) * lengths[block[:, -1], None]

    def _fits(self) -> bool:
        shapes = {name: self.arrays[name].shape for name in _DTYPES[self.method]}
        rows, dim = self.rows, self.dim
        if rows < 1 or dim < 1:
            return False
        if self.method == "int8":
            return shapes["codes"] == (rows, dim) and shapes["scales"] in ((rows, 1), (1, dim))
        if self.method == "binary":
            return shapes == {"codes": (rows, -(-dim // 8)), "scales": (rows, 1), "mean": (1, dim)}
        parts = [(self.arrays[f"{part}.codes"], self.arrays[f"{part}.centroids"]) for part in ("head", "tail")]
        return (
            shapes["lengths"] == (1, MOST_CENTROIDS)
            and sum(len(codes) for codes, _ in parts) == rows
            and all(
                2 <= codes.shape[1] <= dim + 1
                and centroids.shape[1] == dim
                and (not len(codes) or codes[:, :-1].max() < len(centroids))
                for codes, centroids in parts
            )
        )


def codes_of(method: str, rows: int, dim: int, arrays: Mapping[str, npt.NDArray[Any]]) -> Codes:
    """Return codes from the arrays of an untrusted file; raises FormatError as `Codes` does."""
    wanted = _DTYPES.get(method, ())
    return Codes(method, rows, dim, {name: arrays[name] for name in wanted if name in arrays})


def quantize_int8(matrix: Float32s, scale: QuantizeScale = "row") -> Codes:
    """Quantise numbers to int8 times a scale.

    Parameters
    ----------
    matrix : float32 array, shape (rows, dim)
    scale : {"row", "column"}
        One scale for each row (4 bytes more per row), or one for each column.

    Raises
    ------
    ConfigError
        `scale` is neither.
    """
    scale = choice("scale", scale, QUANTIZE_SCALES)
    each = [np.abs(matrix[rows]).max(axis=1 if scale == "row" else 0, keepdims=True) for rows in _blocks(*matrix.shape)]
    largest = np.concatenate(each) if scale == "row" else np.max(each, axis=0)
    scales = (largest / np.float32(_LARGEST)).astype(np.float32)
    divisors = np.where(scales > 0, scales, 1)
    codes = np.empty(matrix.shape, np.int8)
    for rows in _blocks(len(matrix), matrix.shape[1]):
        divisor = divisors[rows] if scale == "row" else divisors
        codes[rows] = np.clip(np.rint(matrix[rows] / divisor), -_LARGEST, _LARGEST)
    return Codes("int8", len(matrix), matrix.shape[1], {"codes": codes, "scales": scales})


def quantize_binary(matrix: Float32s) -> Codes:
    """Quantise each number to its sign after subtracting its column's mean, with the mean deviation of each row."""
    total = np.zeros((1, matrix.shape[1]))
    for rows in _blocks(*matrix.shape):
        total += matrix[rows].sum(axis=0, dtype=np.float64)
    mean = (total / len(matrix)).astype(np.float32)
    codes = np.empty((len(matrix), -(-matrix.shape[1] // 8)), np.uint8)
    scales = np.empty((len(matrix), 1), np.float32)
    for rows in _blocks(len(matrix), matrix.shape[1]):
        moved = matrix[rows] - mean
        codes[rows] = np.packbits(moved > 0, axis=1)
        scales[rows] = np.abs(moved).mean(axis=1, keepdims=True)
    return Codes("binary", len(matrix), matrix.shape[1], {"codes": codes, "scales": scales, "mean": mean})


def quantizer(method: QuantizeMethod, **settings: Any) -> Callable[[Float32s, bool], Codes]:
    """Return the function that quantises a matrix.

    Parameters
    ----------
    method : {"int8", "binary", "pq"}
    **settings
        int8: `scale`. pq: `row_bytes`, `seed`.

    Returns
    -------
    callable
        ``encode(matrix, ranked)``, where `ranked` means that the most important rows come first.

    Raises
    ------
    ConfigError
        The method is unknown, or lacks a setting.
    """
    allowed = {"int8": ("scale",), "binary": (), "pq": ("row_bytes", "seed")}
    method = choice("method", method, QUANTIZE_METHODS)
    for name in settings:
        if name not in allowed[method]:
            raise ConfigError(f"the method {method!r} has no setting {name!r}: leave it out")

    def encode(matrix: Float32s, ranked: bool) -> Codes:
        if method == "int8":
            return quantize_int8(matrix, **settings)
        if method == "binary":
            return quantize_binary(matrix)
        return quantize_pq(matrix, head_share=HEAD_SHARE if ranked else 0, **settings)

    return encode


def default_bytes(dim: int) -> int:
    """Return the bytes per row that, with centroids for a large vocabulary, give an eighth of the size."""
    return max(2, dim // 2 - 2)


def quantize_pq(
    matrix: Float32s, row_bytes: int | None = None, *, seed: int = 1, head_share: float = HEAD_SHARE
) -> Codes:
    """Quantise rows by product quantisation.

    Parameters
    ----------
    matrix : float32 array, shape (rows, dim)
        The most important rows come first.
    row_bytes : int, optional
        Average bytes per row, at least 2. Default: `default_bytes`.
    seed : int
        Seeds the sample and the first centroids: the same seed gives the same codes.
    head_share : float
        The share of the rows that get more bytes; 0 treats all rows alike.

    Raises
    ------
    ConfigError
        Unless 2 <= row_bytes <= dim + 1.
    """
    count, dim = matrix.shape
    size = default_bytes(dim) if row_bytes is None else row_bytes
    size = whole_number("the bytes of a row", size, 2, max(2, dim + 1))
    seed = whole_number("seed", seed, 0)
    head_share = real_number("head_share", head_share, above=-1, below=1)
    lengths, wrong = row_norms(matrix)
    if wrong is not None:
        raise FormatError(f"row {wrong} holds NaN or infinity, or its length overflows float32")
    levels = _levels(lengths)
    length_codes = np.searchsorted(_middles(levels), lengths).astype(np.uint8)
    arrays: Arrays = {"lengths": levels[None, :]}
    rng = np.random.Generator(np.random.PCG64(seed))
    head = int(count * head_share)
    for part, rows, share in (("head", slice(0, head), HEAD_PARTS), ("tail", slice(head, None), TAIL_PARTS)):
        parts = min(dim, max(1, round((size - 1) * (share if head else 1))))
        codes, centroids = _coded(matrix[rows], parts, rng)
        arrays[f"{part}.codes"] = np.concatenate([codes, length_codes[rows, None]], axis=1)
        arrays[f"{part}.centroids"] = centroids
    return Codes("pq", count, dim, arrays)


def _coded(matrix: Float32s, parts: int, rng: np.random.Generator) -> tuple[npt.NDArray[np.uint8], npt.NDArray[Any]]:
    """Return the codes, uint8[rows, parts], and the centroids, float16[k, dim], of rows scaled to length 1."""
    count, dim = matrix.shape
    codes = np.empty((count, parts), np.uint8)
    centroids = np.zeros((min(MOST_CENTROIDS, count), dim), np.float16)
    if not count:
        return codes, centroids
    sample = unit_rows(matrix[np.sort(rng.permutation(count)[:SAMPLE_ROWS])])
    bounds = _bounds(dim, parts)
    for begin, end in bounds:
        centroids[:, begin:end] = k_means(sample[:, begin:end], len(centroids), ITERATIONS, rng)
    exact = centroids.astype(np.float32)
    for rows in _blocks(count, dim):
        units = unit_rows(matrix[rows])
        for number, (begin, end) in enumerate(bounds):
            codes[rows, number] = nearest(units[:, begin:end], exact[:, begin:end])
    return codes, centroids


def _bounds(dim: int, parts: int) -> list[tuple[int, int]]:
    """Return the columns of each part; widths differ by at most one."""
    cuts = [number * dim // parts for number in range(parts + 1)]
    return list(itertools.pairwise(cuts))


def _levels(lengths: Float32s) -> Float32s:
    """Return zero and geometrically spaced lengths from the smallest positive to the largest."""
    above = lengths[lengths > 0]
    least, largest = (float(above.min()), float(above.max())) if len(above) else (1.0, 1.0)
    levels = np.zeros(MOST_CENTROIDS, np.float32)
    levels[1:] = np.geomspace(least, largest, MOST_CENTROIDS - 1)
    return levels


def _middles(levels: Float32s) -> Float32s:
    middles: Float32s = (levels[1:] + levels[:-1]) / np.float32(2)
    return middles


def _blocks(rows: int, width: int) -> Iterator[slice]:
    step = max(1, BLOCK_BYTES // (4 * width))
    for start in range(0, rows, step):
        yield slice(start, start + step)
