"""Search with codes of bits: pack them, compare them by Hamming distance, and make them of real vectors.

A code is a row of packed bits, uint8[bits / 8], as :func:`numpy.packbits` makes it and as `DocumentModel.codes` returns
it. 128 bits take 16 bytes where 128 float32 numbers take 512, and a distance costs two exclusive ors and two counts of
bits. A short code ranks coarsely: find candidates by Hamming distance, then rank these by cosine (`filter_and_rank`).

`itq` makes codes of vectors that were trained without (Gong & Lazebnik, "Iterative Quantization", CVPR 2011).

Rejected: usearch's exact search (3 times the time of this one; its index, `index_codes`, pays from millions of codes
on), an order of equals by chance (equal distances are ordered by row, so the same codes give the same answer).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.arguments import whole_number
from embed.errors import ConfigError, MissingExtraError
from embed.vectors.search import best, to_cosines, unit_rows

__all__ = ["Itq", "filter_and_rank", "hamming", "index_codes", "itq", "nearest_codes", "pack"]

Codes = npt.NDArray[np.uint8]
Float32s = npt.NDArray[np.float32]

BLOCK_PAIRS = 1 << 22
"""Pairs of a query and a code whose distances are in memory at once."""
BLOCK_ROWS = 1 << 13
"""Vectors that are turned into codes at once."""
MOST_BITS = 1 << 15
CANDIDATES = 10
"""Candidates for each wanted document, of `filter_and_rank`."""
_WORD_TYPES = (np.uint64, np.uint32, np.uint16, np.uint8)


def pack(vectors: npt.ArrayLike) -> Codes:
    """Return the code of each vector: bit j is 1 where number j is above 0.

    Parameters
    ----------
    vectors : array, shape (N, dim)
        Subtract the mean first, unless the vectors were trained as codes.

    Returns
    -------
    uint8 array, shape (N, ceil(dim / 8))
        Missing bits of the last byte are 0.
    """
    return np.packbits(_matrix("vectors", vectors) > 0, axis=1)


def hamming(queries: npt.ArrayLike, codes: npt.ArrayLike) -> npt.NDArray[np.uint16]:
    """Return how many bits differ between each query and each code.

    Parameters
    ----------
    queries : uint8 array, shape (Q, bytes)
    codes : uint8 array, shape (N, bytes)

    Returns
    -------
    uint16 array, shape (Q, N)

    Raises
    ------
    ConfigError
        One is not a matrix of bytes, or their codes differ in length.
    """
    return _distances(*_words(queries, codes))


def nearest_codes(
    queries: npt.ArrayLike, codes: npt.ArrayLike, n: int = 10
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint16]]:
    """Return the `n` codes that differ in the fewest bits from each query, exactly; among equals the earlier row.

    Memory holds a block of queries times all codes.

    Parameters
    ----------
    queries : uint8 array, shape (Q, bytes)
    codes : uint8 array, shape (N, bytes)
    n : int
        At most N are returned.

    Returns
    -------
    rows : int64 array, shape (Q, n)
        The nearest first.
    distances : uint16 array, shape (Q, n)

    Raises
    ------
    ConfigError
        As `hamming`, or `n` is wrong.
    """
    asked, known = _words(queries, codes)
    n = min(whole_number("n", n, 1), known.shape[1])
    rows, distances = np.empty((len(asked), n), np.int64), np.empty((len(asked), n), np.uint16)
    block = max(1, BLOCK_PAIRS // max(1, known.shape[1]))
    for start in range(0, len(asked), block):
        for number, found in enumerate(_distances(asked[start : start + block], known), start):
            nearest = best(-found.astype(np.float32), (), n)
            rows[number], distances[number] = nearest, found[nearest]
    return rows, distances


def filter_and_rank(
    query_codes: npt.ArrayLike,
    query_vectors: npt.ArrayLike,
    codes: npt.ArrayLike,
    vectors: npt.ArrayLike,
    n: int = 10,
    *,
    candidates: int | None = None,
) -> tuple[npt.NDArray[np.int64], Float32s]:
    """Find candidates by Hamming distance, and return the `n` of them with the largest cosine to each query.

    Parameters
    ----------
    query_codes : uint8 array, shape (Q, bytes)
    query_vectors : array, shape (Q, dim)
        The vectors of the same queries.
    codes : uint8 array, shape (N, bytes)
    vectors : array, shape (N, dim)
        The vectors of the same documents; may be memory-mapped, because only rows of candidates are read.
    n : int
        At most N are returned.
    candidates : int, optional
        How many documents to rank (default: 10 for each of `n`).

    Returns
    -------
    rows : int64 array, shape (Q, n)
        The largest cosine first.
    cosines : float32 array, shape (Q, n)

    Raises
    ------
    ConfigError
        As `nearest_codes`, or codes and vectors are not of the same documents.
    """
    known, asked = _matrix("vectors", vectors), _matrix("query_vectors", query_vectors)
    n = whole_number("n", n, 1)
    wanted = CANDIDATES * n if candidates is None else whole_number("candidates", candidates, n)
    found, _ = nearest_codes(query_codes, codes, wanted)
    if known.shape[1] != asked.shape[1] or len(asked) != len(found) or len(known) != len(np.asarray(codes)):
        raise ConfigError(
            f"codes and vectors must be of the same documents: there are {len(found)} codes and vectors of shape "
            f"{asked.shape} of queries, {len(np.asarray(codes))} and {known.shape} of documents"
        )
    n = min(n, found.shape[1])
    rows, cosines = np.empty((len(found), n), np.int64), np.empty((len(found), n), np.float32)
    for number, (chosen, query) in enumerate(zip(found, unit_rows(asked), strict=True)):
        scores = unit_rows(known[chosen]) @ query
        to_cosines(scores, np.ones(len(scores), np.float32))
        ranked = best(scores, (), n)
        rows[number], cosines[number] = chosen[ranked], scores[ranked]
    return rows, cosines


def index_codes(codes: npt.ArrayLike) -> Any:
    """Return an index of usearch for approximate search by Hamming distance; the key of a code is its row.

    Raises
    ------
    ConfigError
        `codes` is not a matrix of bytes.
    MissingExtraError
        usearch is not installed.
    """
    known = _bytes("codes", codes)
    try:
        usearch: Any = importlib.import_module("usearch.index")
    except ImportError as error:
        raise MissingExtraError(
            "an index of codes needs the package usearch: pip install 'train-embeddings[ann]'"
        ) from error
    index = usearch.Index(ndim=8 * known.shape[1], metric="hamming", dtype="b1")
    index.add(np.arange(len(known), dtype=np.uint64), known, threads=1)
    return index


@dataclass(frozen=True, eq=False)
class Itq:
    """A map from vectors to codes.

    Attributes
    ----------
    mean : float32 array, shape (dim,)
        Subtracted from each vector.
    projection : float32 array, shape (dim, bits)
        Principal components, rotated; or what a model has learnt.
    """

    mean: Float32s
    projection: Float32s

    def encode(self, vectors: npt.ArrayLike) -> Codes:
        """Return the codes of vectors, uint8[N, ceil(bits / 8)]; raises ConfigError if their dim differs."""
        rows = _matrix("vectors", vectors)
        if rows.shape[1] != len(self.mean):
            raise ConfigError(f"vectors must have {len(self.mean)} columns, not {rows.shape[1]}")
        return np.concatenate([np.zeros((0, -(-self.projection.shape[1] // 8)), np.uint8), *self._blocks(rows)])

    def _blocks(self, rows: Float32s) -> Iterator[Codes]:
        for start in range(0, len(rows), BLOCK_ROWS):
            # in double precision, so that a bit does not depend on the other rows of the product
            block = rows[start : start + BLOCK_ROWS].astype(np.float64) - self.mean
            yield np.packbits(block @ self.projection > 0, axis=1)


def itq(vectors: npt.ArrayLike, bits: int, *, iterations: int = 50, seed: int = 1) -> Itq:
    """Learn codes of real vectors by iterative quantisation.

    With V the centred vectors projected on their first principal components, an orthogonal R, random at first, and
    B = sign(V R), a step finds the R that minimises ||B - V R||: with the singular values B^T V = S W Z^T, R = Z S^T
    (Gong & Lazebnik 2011, sections 2.1 and 2.2; the orthogonal Procrustes problem).

    Parameters
    ----------
    vectors : array, shape (N, dim)
        To retrieve by cosine, scale them to length 1.
    bits : int
        At most `dim`, and fewer than N.
    iterations : int
        Steps; 50 in the paper.
    seed : int
        Seeds the first rotation. The same seed gives the same codes.

    Returns
    -------
    Itq

    Raises
    ------
    ConfigError
        `bits` is too large, a number is wrong, or a vector is not finite.
    """
    rows = _matrix("vectors", vectors)
    if not np.isfinite(rows).all():
        raise ConfigError("vectors hold NaN or infinity: give finite numbers")
    most = min(rows.shape[1], len(rows) - 1, MOST_BITS)
    bits = whole_number("bits", bits, 1, most, otherwise=" (the dimension, and fewer than there are vectors)")
    iterations, seed = whole_number("iterations", iterations, 0), whole_number("seed", seed, 0)
    mean = rows.mean(axis=0, dtype=np.float64)
    centred = rows - mean
    _, directions = np.linalg.eigh(centred.T @ centred)
    components = directions[:, ::-1][:, :bits]
    projected = centred @ components
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(bits, bits)))
    for _ in range(iterations):
        signs = np.where(projected @ rotation > 0, 1.0, -1.0)
        left, _, right = np.linalg.svd(signs.T @ projected)
        rotation = (left @ right).T
    return Itq(mean.astype(np.float32), (components @ rotation).astype(np.float32))


def _distances(asked: npt.NDArray[Any], known: npt.NDArray[Any]) -> npt.NDArray[np.uint16]:
    """Return the distances, shape (Q, N), of codes in machine words: shape (Q, words) and, by columns, (words, N)."""
    distances = np.zeros((len(asked), known.shape[1]), np.uint16)
    for query, found in zip(asked, distances, strict=True):
        for word, column in zip(query, known, strict=True):
            found += _ones(column ^ word)
    return distances


def _words(queries: npt.ArrayLike, codes: npt.ArrayLike) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return codes in the widest machine words that divide them: queries by row, codes by column."""
    asked, known = _bytes("queries", queries), _bytes("codes", codes)
    if asked.shape[1] != known.shape[1]:
        raise ConfigError(f"queries have {8 * asked.shape[1]} bits, but codes have {8 * known.shape[1]}")
    width = next(kind for kind in _WORD_TYPES if known.shape[1] % np.dtype(kind).itemsize == 0)
    return np.ascontiguousarray(asked).view(width), np.ascontiguousarray(np.ascontiguousarray(known).view(width).T)


def _bytes(name: str, codes: npt.ArrayLike) -> Codes:
    found = np.asarray(codes)
    if found.dtype != np.uint8 or found.ndim != 2 or not 0 < 8 * found.shape[1] <= MOST_BITS:
        raise ConfigError(
            f"{name} must be a uint8 array of shape (N, bytes), as `pack` returns it, of at most {MOST_BITS:,} bits, "
            f"not {found.dtype} of shape {found.shape}"
        )
    return found


def _matrix(name: str, vectors: npt.ArrayLike) -> Float32s:
    try:
        found = np.asarray(vectors, np.float32)
    except (TypeError, ValueError, OverflowError):
        found = np.empty(0, np.float32)
    if found.ndim != 2 or not found.shape[1]:
        raise ConfigError(f"{name} must be an array of numbers of shape (N, dim)")
    return found


def _ones_by_table(words: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return the number of ones in each word, which NumPy counts from version 2 on."""
    by_byte = _OF_BYTE[words.view(np.uint8).reshape(*words.shape, words.itemsize)]
    ones: npt.NDArray[np.uint8] = by_byte.sum(axis=-1, dtype=np.uint8)
    return ones


_OF_BYTE = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(axis=1, dtype=np.uint8)
_ones = getattr(np, "bitwise_count", _ones_by_table)
