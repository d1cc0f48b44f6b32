"""Quantise classifiers as fastText does: fewer rows, and a byte for a few numbers (Joulin et al., "FastText.zip:
Compressing text classification models", 2016).

A row is cut into parts, and each becomes the number of the nearest of 256 centroids, which k-means finds on a sample of
the rows; their length may be quantised apart. Differences from fastText, which change no size and no meaning:

- All parts are found on the same sample, and each has a random stream of its own, so that threads share the parts.
- Rows of zeros (buckets without an n-gram of the text) are no part of the sample, and stay zeros.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from embed.config.classifier import QuantizeConfig
from embed.config.train import processors
from embed.engine.threads import shared_out
from embed.errors import ConfigError, FormatError
from embed.formats.fasttext_file import (
    CENTROIDS,
    SUPERVISED,
    FastTextFile,
    Matrix,
    ProductQuantiser,
    Quantised,
    Sparse,
)
from embed.messages import option
from embed.vectors.k_means import k_means, nearest
from embed.vectors.search import row_norms
from embed.vocabulary.ngrams import END_OF_SENTENCE

__all__ = ["check_rows", "cut_off", "cutoff_for", "quantised"]

Float32s = npt.NDArray[np.float32]

SAMPLE_ROWS, ROUNDS = 1 << 16, 25
"""Rows that k-means samples, and its rounds, as in fastText."""
OUTPUT_PART = 2
"""The numbers of a part of an output row, as in fastText."""
_ENTRY_BYTES, _PAIR_BYTES, _HEADER_BYTES = 10, 8, 256
"""Bytes of a file besides matrices: of an entry without its letters, of an n-gram that is left, and of the rest."""
_BLOCK_ROWS = 1 << 14
"""Rows that a thread encodes at a time."""


def check_rows(file: FastTextFile, config: QuantizeConfig) -> None:
    """Check that a file can be quantised.

    Raises
    ------
    FormatError
        The file is quantised already, or holds word vectors.
    ConfigError
        A matrix has, or would have, fewer rows than centroids.
    """
    if file.arguments.model != SUPERVISED:
        raise FormatError(
            "the file holds word vectors and no classifier: write them in fewer bytes with 'train-embeddings quantize'"
        )
    if file.is_quantised:
        raise FormatError("the classifier is quantised already: use the file from before")
    rows = _cut(file, config.cutoff)
    if rows < CENTROIDS:
        raise ConfigError(
            f"{rows} rows are too few to quantise, which needs {CENTROIDS}: "
            + (f"raise {option('cutoff')}" if config.cutoff else "leave so small a classifier as it is")
        )
    if config.qout and file.labels < CENTROIDS:
        raise ConfigError(
            f"{file.labels} labels are too few to quantise, which needs {CENTROIDS}: leave {option('qout')} out"
        )


def _cut(file: FastTextFile, cutoff: int) -> int:
    """Return how many rows a cutoff leaves."""
    rows = int(file.input.shape[0])
    return min(rows, cutoff) if cutoff else rows


def cut_off(file: FastTextFile, cutoff: int) -> FastTextFile:
    """Keep the `cutoff` longest rows of words and n-grams, and that of ``</s>``.

    The file that is returned may be written only when its input matrix is quantised, for it lists its n-grams.

    Raises
    ------
    FormatError
        A row holds NaN or infinity.
    ConfigError
        No word would be left.
    """
    if _cut(file, cutoff) == file.input.shape[0]:
        return file
    (numbers, rows), words = _stored(file.input), len(file.vocabulary)
    chosen = _ranked(file)[:cutoff]
    is_word = numbers[chosen] < words
    if not is_word.any():
        raise ConfigError(f"the {cutoff} longest rows have no word among them: raise {option('cutoff')}")
    kept_words, kept_ngrams = np.sort(chosen[is_word]), chosen[~is_word]
    entries = [*numbers[kept_words].tolist(), *range(words, len(file.words))]
    pairs = np.stack([numbers[kept_ngrams] - words, np.arange(len(kept_ngrams))], axis=1)
    return replace(
        file,
        words=[file.words[entry] for entry in entries],
        counts=file.counts[entries],
        pruned=pairs.astype(np.int32),
        input=_dense(rows, np.concatenate([kept_words, kept_ngrams])),
    )


def _ranked(file: FastTextFile) -> npt.NDArray[np.int64]:
    """Return the places of the stored rows by falling length, that of ``</s>`` first."""
    numbers, rows = _stored(file.input)
    lengths, end = _lengths(rows), END_OF_SENTENCE.encode()
    if end in file.vocabulary:
        lengths[np.searchsorted(numbers, file.vocabulary.index(end))] = np.inf
    return np.argsort(-lengths, kind="stable")


def cutoff_for(file: FastTextFile, config: QuantizeConfig, most_bytes: int) -> int:
    """Return the most rows that a quantised file of at most so many bytes has.

    Parameters
    ----------
    file : FastTextFile
        Not quantised.
    config : QuantizeConfig
        All but its cutoff.
    most_bytes : int

    Raises
    ------
    FormatError
        A row holds NaN or infinity.
    """
    dim, words = file.arguments.dim, len(file.vocabulary)
    norm = int(config.qnorm)
    tables = 4 * CENTROIDS * (dim + norm)
    fixed = _HEADER_BYTES + tables + sum(len(label) + _ENTRY_BYTES for label in file.words[words:])
    fixed += file.labels * (-(-dim // OUTPUT_PART) + norm) + tables if config.qout else 4 * file.labels * dim
    numbers = _stored(file.input)[0][_ranked(file)]
    lengths = np.fromiter((len(word) + _ENTRY_BYTES for word in file.vocabulary), np.int64, words)
    costs = np.full(file.input.shape[0], _PAIR_BYTES)  # rows of zeros come last
    is_word = np.flatnonzero(numbers < words)
    costs[is_word] = lengths[numbers[is_word]]
    ends = np.cumsum(costs + (-(-dim // config.dsub) + norm))
    return int(np.searchsorted(ends, most_bytes - fixed, side="right"))


def quantised(file: FastTextFile, config: QuantizeConfig, *, threads: int | None = None) -> FastTextFile:
    """Quantise the input matrix of a classifier and, with `qout`, its output matrix.

    Parameters
    ----------
    file : FastTextFile
        Checked by :func:`check_rows`.
    config : QuantizeConfig
        Its cutoff is :func:`cut_off`'s.
    threads : int, optional
        Default: the processors this process may use. Any number gives the same bits.

    Raises
    ------
    FormatError
        A row holds NaN or infinity.
    """
    workers = processors() if threads is None else threads
    output = _quantised(file.output, OUTPUT_PART, config, workers) if config.qout else file.output
    return replace(
        file, input=_quantised(file.input, config.dsub, config, workers), output=output, quantised_output=config.qout
    )


def _quantised(matrix: Matrix, part: int, config: QuantizeConfig, threads: int) -> Quantised:
    """Return a matrix as codes, a byte for each `part` numbers of a row."""
    (count, dim), (numbers, rows) = matrix.shape, _stored(matrix)
    lengths, has_zeros = _lengths(rows), len(numbers) < count
    scale = lengths if config.qnorm else None
    bounds = list(itertools.pairwise([*range(0, dim, part), dim]))
    chosen = np.sort(np.random.default_rng(config.seed).permutation(len(rows))[:SAMPLE_ROWS])
    sample = _scaled(rows, chosen, scale)

    def table(number: int) -> Float32s:
        begin, end = bounds[number]
        return _centroids(sample[:, begin:end], has_zeros, (config.seed, number))

    tables = shared_out(table, range(len(bounds)), threads)
    codes = np.empty((count, len(bounds)), np.uint8)
    if has_zeros:
        codes[:] = _encoded(np.zeros((1, dim), np.float32), tables, bounds)

    def encode(first: int) -> None:
        block = np.arange(first, min(first + _BLOCK_ROWS, len(rows)))
        codes[numbers[block]] = _encoded(_scaled(rows, block, scale), tables, bounds)

    shared_out(encode, range(0, len(rows), _BLOCK_ROWS), threads)
    centroids = np.concatenate([each.ravel() for each in tables])
    quantiser = ProductQuantiser(dim, len(bounds), part, bounds[-1][1] - bounds[-1][0], centroids)
    if not config.qnorm:
        return Quantised((count, dim), codes, quantiser, None, None)
    levels = _centroids(lengths[chosen, None], has_zeros, (config.seed, len(bounds)))
    norm_codes = np.full(count, nearest(np.zeros((1, 1), np.float32), levels)[0])
    norm_codes[numbers] = nearest(lengths[:, None], levels)
    return Quantised((count, dim), codes, quantiser, norm_codes, ProductQuantiser(1, 1, 1, 1, levels.ravel()))


def _encoded(vectors: Float32s, tables: list[Float32s], bounds: list[tuple[int, int]]) -> npt.NDArray[np.uint8]:
    """Return the codes of vectors, uint8[n, parts]."""
    codes = [nearest(vectors[:, begin:end], table) for (begin, end), table in zip(bounds, tables, strict=True)]
    return np.stack(codes, axis=1)


def _centroids(points: Float32s, has_zeros: bool, seed: tuple[int, int]) -> Float32s:
    """Return 256 centroids, float32[256, n]; those that the points do not need are zeros, and one if `has_zeros`."""
    centroids = np.zeros((CENTROIDS, points.shape[1]), np.float32)
    count = min(len(points), CENTROIDS - has_zeros)
    centroids[:count] = k_means(points, count, ROUNDS, np.random.default_rng(seed))
    return centroids


def _stored(matrix: Matrix) -> tuple[npt.NDArray[np.int64], Float32s]:
    """Return the rows of a matrix that may be other than zeros: their numbers, and themselves."""
    if isinstance(matrix, Quantised):
        raise FormatError("the classifier is quantised already: use the file from before")
    if isinstance(matrix, Sparse):
        return matrix.numbers, matrix.rows
    return np.arange(len(matrix)), matrix


def _lengths(rows: Float32s) -> Float32s:
    lengths, wrong = row_norms(rows)
    if wrong is not None:
        raise FormatError(f"row {wrong} of the classifier holds NaN or infinity, or its length overflows float32")
    return lengths


def _scaled(rows: Float32s, numbers: npt.NDArray[np.int64], lengths: Float32s | None) -> Float32s:
    """Return some rows, divided by their lengths if these are given."""
    vectors = _dense(rows, numbers)
    if lengths is not None:
        divisors = lengths[numbers, None]
        vectors /= np.where(divisors > 0, divisors, np.float32(1))
    return vectors


def _dense(rows: Float32s, numbers: npt.NDArray[np.int64]) -> Float32s:
    return np.asarray(rows[numbers], np.float32)
