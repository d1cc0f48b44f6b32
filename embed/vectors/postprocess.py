"""Post-process finished vectors: centring, fewer dimensions, weights, unit length.

The functions return new `WordVectors` with the same words and counts. Centring, removing directions and PCA are
affine maps and apply to the n-gram rows too: a mean commutes with them, so unknown words are mapped like known ones.
n-grams without a row stay zeros: they do not turn the vector of an unknown word, before or after.
A sequence of them is one map, :class:`AffineMap`, which follows from the mean and the covariance of the word vectors.
Statistics are computed in float64, a block of rows at a time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embed.arguments import of_kind, real_number, whole_number
from embed.config.postprocessing import Step, refuse_few_words, steps_of
from embed.errors import ConfigError
from embed.vectors.search import unit_rows
from embed.vectors.sentences import SIF_A, sif_weights
from embed.vectors.word_vectors import WordVectors

__all__ = ["AffineMap", "all_but_the_top", "center", "pca", "postprocess", "sif", "unit_length"]

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]

BLOCK_BYTES = 4 << 20
"""Rows are processed in blocks of about this size (as float64)."""


@dataclass(frozen=True)
class AffineMap:
    """The map ``(x - mean) @ projection`` of a row vector x: what a sequence of steps comes to.

    Attributes
    ----------
    mean : float32 array, shape (dim,)
    projection : float32 array, shape (dim, new dim), or None
        None stands for the identity.
    """

    mean: Float32s
    projection: Float32s | None = None

    @classmethod
    def scaling(cls, blocks: Iterable[Float32s], factors: Float64s) -> tuple[AffineMap, AffineMap]:
        """Return the linear map that scales the directions of vectors, and its inverse.

        Each of the `blocks`, float32[n, dim], has some of the vectors; all together would be as large as the model. The
        directions are the eigenvectors of the second moments, by falling eigenvalue; direction i is multiplied by
        ``factors[i]``, shape (dim,). Both maps are symmetric, so a mapped vector and one mapped by the inverse have the
        same product as before.
        """
        moments = np.zeros((len(factors), len(factors)))
        for block in blocks:
            vectors = block.astype(np.float64)
            moments += vectors.T @ vectors
        directions = _directions(moments)
        there, back = ((directions * each) @ directions.T for each in (factors, 1 / factors))
        none = np.zeros(len(factors), np.float32)
        return cls(none, there.astype(np.float32)), cls(none, back.astype(np.float32))

    @property
    def dim(self) -> int:
        """The dimensions of a mapped vector."""
        return len(self.mean) if self.projection is None else self.projection.shape[1]

    @classmethod
    def fitted(cls, matrix: Float32s, steps: Sequence[Step]) -> AffineMap:
        """Return the map of at least one step for the word vectors `matrix`, float32[V, dim].

        Raises
        ------
        ConfigError
            There are too few words: every vector would become zero.

        Notes
        -----
        After the first step the mean is zero. A step that multiplies by P turns the covariance C into P' C P, so the
        later steps need no further pass over the vectors.
        """
        refuse_few_words(steps, len(matrix))
        mean = _mean(matrix)
        if all(step.removed == 0 and not step.projects for step in steps):
            return cls(mean.astype(np.float32))
        covariance, projection = _covariance(matrix, mean), np.eye(len(mean))
        for step in steps:
            directions = _directions(covariance)
            if step.projects:
                factor = directions[:, : step.dim]
            else:
                top = directions[:, : step.removed]
                factor = np.eye(len(covariance)) - top @ top.T
            covariance, projection = factor.T @ covariance @ factor, projection @ factor
        return cls(mean.astype(np.float32), projection.astype(np.float32))

    def rows(self, matrix: Float32s) -> Float32s:
        """Return the mapped rows of `matrix`, float32[n, dim], as float32[n, new dim]."""
        result = np.empty((len(matrix), self.dim), np.float32)
        mean = self.mean.astype(np.float64)
        projection = None if self.projection is None else self.projection.astype(np.float64)
        for rows in _blocks(matrix):
            moved = matrix[rows] - mean
            result[rows] = moved if projection is None else moved @ projection
        return result

    def replace(self, matrix: Float32s) -> None:
        """Replace the rows of `matrix` by the mapped ones, of the same dimension."""
        for rows in _blocks(matrix):
            matrix[rows] = self.rows(matrix[rows])

    def vectors(self, vectors: WordVectors) -> WordVectors:
        """Return vectors whose words and n-gram rows are mapped; rows of zeros, which no n-gram trained, stay zeros."""
        subwords = vectors.subwords
        if subwords is not None:
            ngrams = self.rows(subwords.matrix)
            ngrams[~subwords.matrix.any(axis=1)] = 0
            subwords = dataclasses.replace(subwords, matrix=ngrams)
        matrix = self.rows(vectors.matrix)
        return WordVectors(vectors.words, matrix, counts=vectors.counts, subwords=subwords, form=vectors.form)


def postprocess(vectors: WordVectors, specification: str) -> WordVectors:
    """Apply the steps of a specification, such as ``"center"``, ``"abtt:2"`` or ``"abtt:2,pca:100"``.

    Parameters
    ----------
    vectors : WordVectors
    specification : str
        Steps separated by commas, applied from left to right (:mod:`embed.config.postprocessing`): ``center``,
        ``abtt:k`` (`all_but_the_top`; without k, one direction for each hundred dimensions), ``pca:d`` (`pca`);
        or ``none``.

    Returns
    -------
    WordVectors
        The n-gram rows are mapped too, so that unknown words agree with known ones.

    Raises
    ------
    ConfigError
        The specification is malformed or does not fit the dimensions, or there are too few words.
    """
    steps = steps_of(specification, of_kind("vectors", vectors, WordVectors).dim)
    return AffineMap.fitted(vectors.matrix, steps).vectors(vectors) if steps else vectors


def center(vectors: WordVectors) -> WordVectors:
    """Subtract the mean of all word vectors.

    Parameters
    ----------
    vectors : WordVectors

    Returns
    -------
    WordVectors
        With a mean of zero over the vocabulary.

    Raises
    ------
    ConfigError
        There is one word, whose vector would become zero.
    """
    return postprocess(vectors, "center")


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
        Unless 0 <= components < dim, and there are at least components + 2 words.

    Notes
    -----
    Mu & Viswanath, "All-but-the-Top: Simple and Effective Postprocessing for Word Representations", ICLR 2018,
    algorithm 1.
    """
    most = of_kind("vectors", vectors, WordVectors).dim - 1
    return postprocess(vectors, f"abtt:{whole_number('components', components, 0, most)}")


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
        Unless 1 <= dim <= vectors.dim, and there are at least two words.

    Notes
    -----
    Pearson (1901); for word vectors Raunak et al., "Effective Dimensionality Reduction for Word Embeddings",
    RepL4NLP 2019, who put `all_but_the_top` before and after it.
    """
    most = of_kind("vectors", vectors, WordVectors).dim
    return postprocess(vectors, f"pca:{whole_number('dim', dim, 1, most)}")


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
    weights = sif_weights(vectors.counts, int(vectors.counts.sum()), a)
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


def _mean(matrix: Float32s) -> Float64s:
    total = np.zeros(matrix.shape[1])
    for rows in _blocks(matrix):
        total += matrix[rows].sum(axis=0, dtype=np.float64)
    return total / len(matrix)


def _covariance(matrix: Float32s, mean: Float64s) -> Float64s:
    """Return the covariance of the rows, shape (dim, dim)."""
    covariance = np.zeros((len(mean), len(mean)))
    for rows in _blocks(matrix):
        moved = matrix[rows] - mean
        covariance += moved.T @ moved
    return covariance / len(matrix)


def _directions(covariance: Float64s) -> Float64s:
    """Return the eigenvectors of a covariance as columns, of falling variance; the largest weight is positive."""
    _, found = np.linalg.eigh(covariance)
    directions = found[:, ::-1]
    largest = np.abs(directions).argmax(axis=0)
    signs: Float64s = np.sign(directions[largest, np.arange(len(covariance))])
    return directions * signs


def _blocks(matrix: Float32s) -> Iterator[slice]:
    step = max(1, BLOCK_BYTES // (8 * matrix.shape[1]))
    for start in range(0, len(matrix), step):
        yield slice(start, start + step)
