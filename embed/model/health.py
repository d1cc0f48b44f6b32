"""Judge a trained model: its vectors, and what its run says about them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from embed.config.train import TrainConfig
from embed.model.provenance import CONTINUED_FROM, Provenance
from embed.vectors.health import HARDLY_TRAINED, Health, growth, mean_cosine
from embed.vectors.word_vectors import WordVectors
from embed.vocabulary.sampling import keep_probabilities

__all__ = ["health_of_documents", "health_of_run"]


def health_of_run(vectors: WordVectors, config: TrainConfig, provenance: Provenance | None, epochs: int) -> Health:
    """Return the state of vectors and of the training that made them.

    Parameters
    ----------
    vectors : WordVectors
        As trained, with the counts of the text.
    config : TrainConfig
    provenance : Provenance or None
        None if nothing is known of the text, as for models of other programs.
    epochs : int
        The number trained.

    Raises
    ------
    FormatError
        A vector is not finite.
    """
    health = vectors.health()
    if provenance is None or not epochs:
        return health
    coverage = provenance.tokens / provenance.raw_tokens if 0 < provenance.tokens <= provenance.raw_tokens else None
    if CONTINUED_FROM in provenance.decisions or vectors.counts is None:
        return Health(health.words, health.mean_cosine, coverage=coverage, epochs=epochs)
    threshold = provenance.subsample(config.subsample_threshold())
    updates = vectors.counts * keep_probabilities(vectors.counts, threshold) * epochs
    return Health(
        health.words,
        health.mean_cosine,
        growth=growth(vectors.matrix, _length_at_start(config.dim)),
        hardly_trained=float(np.mean(updates < HARDLY_TRAINED)),
        coverage=coverage,
        epochs=epochs,
    )


def health_of_documents(matrix: NDArray[np.float32], epochs: int) -> Health:
    """Return the state of the vectors of documents, float32[D, dim], after training from the beginning.

    Raises
    ------
    FormatError
        A vector is not finite.
    """
    return Health(
        len(matrix), mean_cosine(matrix), growth=growth(matrix, _length_at_start(matrix.shape[1])), epochs=epochs
    )


def _length_at_start(dim: int) -> float:
    """Return the length of a row of numbers drawn evenly from +-1/(2 dim), whose mean square is 1 / (12 dim**2)."""
    return 1 / math.sqrt(12 * dim)
