"""``score``: how probable a model with hierarchical softmax makes sentences, measured by the loss of the core."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embed._core import Worker
from embed.engine.machine import simd
from embed.engine.problem import Matrices, Problem, Settings, Targets, Tokens, Units
from embed.model.parameters import padded_matrix
from embed.vocabulary.huffman import HuffmanTree

if TYPE_CHECKING:
    from embed.compat.gensim.learnt import LearntModel

__all__ = ["log_probabilities"]

logger = logging.getLogger("gensim.models.word2vec")

_ALWAYS_KEPT = np.iinfo(np.uint32).max


def log_probabilities(model: LearntModel, sentences: Iterable[Sequence[str]]) -> npt.NDArray[np.float32]:
    """Return the log-probability of each sentence (nats): the sum over its windows, all of the largest reach.

    Parameters
    ----------
    model : LearntModel
        With a tree, of which alone the probabilities are.
    sentences : iterable of lists of str
        Words that are not in the vocabulary are left out. A sentence without a window has the log-probability 0.
    """
    vocabulary, parameters, nodes = model.vocabulary, model.parameters, model.syn1
    assert parameters is not None
    row_of = {word: row for row, word in enumerate(vocabulary.words)}
    rows = [[row_of[word] for word in sentence if word in row_of] for sentence in sentences]
    if not rows:
        return np.zeros(0, np.float32)
    logger.info(
        "scoring sentences with %i workers on %i vocabulary and %i features, using sg=%s hs=%s sample=%s and "
        "negative=%s",
        model.workers,
        len(model.wv),
        model.vector_size,
        model.sg,
        model.hs,
        model.sample,
        model.negative,
    )
    offsets = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    outputs = padded_matrix(len(nodes), model.vector_size)
    outputs[:, : model.vector_size] = nodes
    is_mean = not model.sg
    problem = Problem(
        Tokens(
            np.fromiter(itertools.chain.from_iterable(rows), np.int32, offsets[-1]),
            offsets,
            np.full(len(vocabulary), _ALWAYS_KEPT, np.uint32),
        ),
        Units(parameters.unit_offsets, parameters.unit_rows),
        Targets(len(vocabulary), tree=HuffmanTree.from_counts(vocabulary.counts)),
        Matrices(parameters.unit_matrix, outputs, parameters.position_weights, model.vector_size),
        Settings(
            cbow=is_mean,
            context_sum=is_mean and not model.cbow_mean,
            window=model.window,
            fixed_window=True,
            seed=0,
            simd=simd(),
        ),
    )
    worker, stop = Worker(problem), np.zeros(1, np.int32)
    found = np.zeros(len(rows), np.float32)
    for number, (first, last) in enumerate(itertools.pairwise(offsets.tolist())):
        worker.reset()
        worker.run(0, first, last, 0.0, 0.0, 1.0, stop)
        found[number] = 0.0 - worker.loss  # no -0
    return found
