"""Post-process finished vectors: centring, fewer dimensions, weights, unit length.

The functions return new `WordVectors` with the same words and counts. Centring, removing directions and PCA are
affine maps and apply to the n-gram rows too: a mean commutes with them, so unknown words are mapped like known ones.
Statistics are computed in float64, a block of rows at a time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from embed.arguments import of_kind, real_number, whole_number
from embed.errors import ConfigError
from embed.vectors.search import unit_rows
from embed.vectors.word_vectors import WordVectors

__all__ = ["all_but_the_top", "center", "pca", "sif", "unit_length"]

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]

BLOCK_BYTES = 4 << 20
"""Rows are processed in blocks of about this size (as float64)."""
SIF_A = 1e-3
"""The smoothing that Arora et al. (2017) recommend, from 1e-3 to 1e-4."""


def center(vectors: WordVectors) -> WordVectors:
    """Subtract the mean of all word vectors.

    Parameters
    ----------
    vectors : WordVectors

    Returns
    -------
    WordVectors
        With a mean of zero over the vocabulary.
    """
    of_kind("vectors", vectors, WordVectors)
    return _affine(vectors, _mean(vectors.matrix), None)


def all_but_the_top(vectors: WordVectors, components: int) -> WordVectors:
    """Subtract the mean and remove the directions of largest variance, which reflect frequency more than meaning.

    Parameters
    ----------
    vectors : WordVectors
    components : int
        How many directions; the paper suggests about ``dim / 100``.

    Returns
    -------
    WordVectors
        Of the same dimension.

    Raises
    ------
    ConfigError
        Unless 0 <= components < dim.

    Notes
    -----
    Mu & Viswanath, "All-but-the-Top: Simple and Effective Postprocessing for Word Representations", ICLR 2018,
    algorithm 1.
    """
    of_kind("vectors", vectors, WordVectors)
    whole_number("components", components, 0, vectors.dim - 1)
    mean = _mean(vectors.matrix)
    top = _directions(vectors.matrix, mean)[:, :components]
    return _affine(vectors, mean, np.eye(vectors.dim) - top @ top.T)


def pca(vectors: WordVectors, dim: int) -> WordVectors:
    """Subtract the mean and project onto the directions of largest variance.

    Parameters
    ----------
    vectors : WordVectors
    dim : int
        The new dimension.

    Returns
    -------
    WordVectors
        Of `dim` dimensions, the one of largest variance first. The sign makes the largest weight of each direction
        positive, so the same vectors give the same result.

    Raises
    ------
    ConfigError
        Unless 1 <= dim <= vectors.dim.

    Notes
    -----
    Pearson (1901); for word vectors Raunak et al., "Effective Dimensionality Reduction for Word Embeddings",
    RepL4NLP 2019, who put `all_but_the_top` before and after it.
    """
    of_kind("vectors", vectors, WordVectors)
    whole_number("dim", dim, 1, vectors.dim)
    mean = _mean(vectors.matrix)
    return _affine(vectors, mean, _directions(vectors.matrix, mean)[:, :dim])


def sif(vectors: WordVectors, a: float = SIF_A) -> WordVectors:
    """Weight each word by ``a / (a + p)``, where p is its share of the tokens: frequent words count less.

    The mean of the weighted vectors of a text is its smooth inverse frequency embedding.

    Parameters
    ----------
    vectors : WordVectors
        With counts.
    a : float
        A smaller value gives frequent words less weight.

    Returns
    -------
    WordVectors
        The n-gram rows do not change: an unknown word has p = 0 and weight 1.

    Raises
    ------
    ConfigError
        `a` is not positive, or the counts are not known.

    Notes
    -----
    Arora, Liang & Ma, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings", ICLR 2017. They then remove the
    common direction of the sentence vectors, which is a property of those and is not done here.
    """
    of_kind("vectors", vectors, WordVectors)
    a = real_number("a", a, above=0)
    if vectors.counts is None or not vectors.counts.any():
        raise ConfigError(
            "SIF weights need word counts, and these vectors have none: load them from a .embed, .safetensors, .npz or "
            ".parquet file that stores counts"
        )
    weights = a / (a + vectors.counts / vectors.counts.sum())
    matrix = np.empty(vectors.matrix.shape, np.float32)
    for rows in _blocks(vectors.matrix):
        matrix[rows] = vectors.matrix[rows] * weights[rows, None]
    return WordVectors(vectors.words, matrix, counts=vectors.counts, subwords=vectors.subwords, form=vectors.form)


def unit_length(vectors: WordVectors) -> WordVectors:
    """Scale each vector to length 1; zero vectors stay.

    Parameters
    ----------
    vectors : WordVectors

    Returns
    -------
    WordVectors
        The n-gram rows do not change: the vector of an unknown word keeps its length.
    """
    of_kind("vectors", vectors, WordVectors)
    matrix = np.empty(vectors.matrix.shape, np.float32)
    for rows in _blocks(vectors.matrix):
        matrix[rows] = unit_rows(vectors.matrix[rows])
    return WordVectors(vectors.words, matrix, counts=vectors.counts, subwords=vectors.subwords, form=vectors.form)


def _affine(vectors: WordVectors, mean: Float64s, projection: Float64s | None) -> WordVectors:
    """Return (x - mean) @ projection of each word and n-gram row."""
    subwords = vectors.subwords
    if subwords is not None:
        ngrams = _mapped(subwords.matrix, mean, projection)
        ngrams[~subwords.matrix.any(axis=1)] = 0  # a row of zeros counts as missing, and stays so
        subwords = dataclasses.replace(subwords, matrix=ngrams)
    matrix = _mapped(vectors.matrix, mean, projection)
    return WordVectors(vectors.words, matrix, counts=vectors.counts, subwords=subwords, form=vectors.form)


def _mapped(matrix: Float32s, mean: Float64s, projection: Float64s | None) -> Float32s:
    result = np.empty((len(matrix), len(mean) if projection is None else projection.shape[1]), np.float32)
    for rows in _blocks(matrix):
        moved = matrix[rows] - mean
        result[rows] = moved if projection is None else moved @ projection
    return result


def _mean(matrix: Float32s) -> Float64s:
    if not len(matrix):
        raise ConfigError("the vectors have no words to average")
    total = np.zeros(matrix.shape[1])
    for rows in _blocks(matrix):
        total += matrix[rows].sum(axis=0, dtype=np.float64)
    return total / len(matrix)


def _directions(matrix: Float32s, mean: Float64s) -> Float64s:
    """Return the eigenvectors of the covariance as columns, shape (dim, dim), of falling variance."""
    covariance = np.zeros((len(mean), len(mean)))
    for rows in _blocks(matrix):
        moved = matrix[rows] - mean
        covariance += moved.T @ moved
    _, found = np.linalg.eigh(covariance / len(matrix))
    directions = found[:, ::-1]
    largest = np.abs(directions).argmax(axis=0)
    signs: Float64s = np.sign(directions[largest, np.arange(len(mean))])
    return directions * signs


def _blocks(matrix: Float32s) -> Iterator[slice]:
    step = max(1, BLOCK_BYTES // (8 * matrix.shape[1]))
    for start in range(0, len(matrix), step):
        yield slice(start, start + step)
