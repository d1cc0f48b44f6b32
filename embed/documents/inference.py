"""Infer the vectors of new documents: train them with all words fixed (Le & Mikolov 2014, section 2.3).

A new vector starts at zero (one of DBOW and a code at the mean of the trained documents), the learning rate falls from
pass to pass, and draws depend on the place in the document alone. So a text has the same bits alone and in any batch,
on any number of threads.

Rejected: gensim's random start and its draws by call (the same text differs from call to call, its issue 447).
"""

from __future__ import annotations

import queue
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
import numpy.typing as npt

from embed import _core
from embed.config.train import TrainConfig
from embed.engine.machine import simd
from embed.engine.problem import Matrices, Problem, Tags, Tokens, Units
from embed.engine.threads import shared_out
from embed.model.model import Model
from embed.model.parameters import padded_matrix
from embed.training.backends import Variant
from embed.training.backends.problem import projection_of, settings_of, targets_of
from embed.training.schedule import Schedule
from embed.vocabulary.sampling import keep_probabilities, thresholds

__all__ = ["Inference", "mean_row"]

Float32s = npt.NDArray[np.float32]

_BATCH_TOKENS = 1 << 22
"""The most tokens inferred at once, which bounds the memory; a longer document is a batch of its own."""
_CHUNKS_PER_THREAD = 16
_ONE = Tags(np.array([0, 1]), np.zeros(1, np.int32))
"""What tells that a sentence has one document."""


class Inference:
    """Infers vectors from lists of words.

    Parameters
    ----------
    model : Model
    variant : Variant, optional
        As for the training.
    mean : float32[dim]
        The mean of the trained documents, where new ones of DBOW and codes start; others start at zero.
    """

    def __init__(self, model: Model, mean: Float32s, variant: Variant | None = None) -> None:
        self._vocabulary, parameters, config = model.vocabulary, model.parameters, model.config
        variant = replace(Variant() if variant is None else variant, tags=_ONE)
        self._keep = thresholds(keep_probabilities(model.vocabulary.counts, model.subsample()))
        self._units = Units(parameters.row_offsets, parameters.rows, sums=config.composition == "sum")
        self._targets = targets_of(config, model.vocabulary.counts, variant)
        if config.objective == "dbow" and self._targets.noise is not None:
            # made once for all documents, so each window can have its own (docs/decisions/0039)
            self._targets = replace(self._targets, noise=replace(self._targets.noise, run=1))
        # the core asks for matrices that can be written; those in a worker process of joblib are mapped read-only
        outputs, weights = (np.require(m, requirements="W") for m in (parameters.outputs, parameters.position_weights))
        self._matrices = Matrices(parameters.inputs, outputs, weights, config.dim)
        self._config, self._projection, self._bits = config, parameters.projection, config.code_bits
        settings = settings_of(config, variant, simd())
        # the neighbours of skip-gram do not meet the document
        window = settings.window if config.objective == "cbow" else 0
        self._settings = replace(settings, cbow=True, window=window, inference=True)
        self._start = np.zeros(parameters.unit_matrix.shape[1], np.float32)
        # the sign of zero is undefined; for DBOW see docs/decisions/0039
        if config.objective == "dbow" or config.code_length():
            self._start[: config.dim] = mean

    def vectors(self, documents: Iterable[Sequence[str]], config: TrainConfig) -> Float32s:
        """Return the vector of each list of words, float32[N, dim]; zeros for one without a known word.

        Parameters
        ----------
        documents : iterable of sequences of str
        config : TrainConfig
            Its rates, epochs and threads.
        """
        found = [np.empty((0, config.dim), np.float32)]
        batch: list[list[int]] = []
        tokens = 0
        for words in documents:
            batch.append(self._vocabulary.known(words))
            tokens += len(batch[-1])
            if tokens >= _BATCH_TOKENS:
                found.append(self._inferred(batch, config))
                batch, tokens = [], 0
        if batch:
            found.append(self._inferred(batch, config))
        return np.concatenate(found)

    def _inferred(self, documents: list[list[int]], config: TrainConfig) -> Float32s:
        """Return the vectors of documents whose words are ids."""
        vectors = np.zeros((len(documents), config.dim), np.float32)
        rows = [row for row, ids in enumerate(documents) if ids]
        if rows:
            problem = self._problem([documents[row] for row in rows])
            _train(problem, len(rows), config)
            first = len(problem.matrices.inputs) - self._bits - len(rows)
            vectors[rows] = problem.matrices.inputs[first : first + len(rows), : config.dim]
        return vectors

    def _problem(self, documents: list[list[int]]) -> Problem:
        """Return the problem of documents; each is a sentence, and their rows are the last but the projection."""
        count, words, units, known = len(documents), len(self._keep), self._units, self._matrices.inputs
        offsets = np.cumsum([0, *map(len, documents)])
        ids = np.fromiter(chain.from_iterable(documents), np.int32, int(offsets[-1]))
        read, places = self._rows_read(ids)
        inputs = padded_matrix(len(read) + count + self._bits, self._matrices.dim)
        inputs[: len(read)] = known[read]
        inputs[len(read) : len(read) + count] = self._start
        inputs[len(read) + count :] = self._projection
        new = np.arange(count + self._bits, dtype=np.int32)
        return Problem(
            Tokens(
                ids,
                offsets,
                self._keep,
                Tags(np.arange(count + 1), (words + new[:count]).astype(np.int32)),
            ),
            Units(
                np.concatenate([units.offsets, units.offsets[-1] + 1 + new]),
                np.concatenate([places, (len(read) + new).astype(np.int32)]),
                units.sums,
            ),
            self._targets,
            replace(self._matrices, inputs=inputs),
            self._settings,
            projection=projection_of(self._config, words, count),
        )

    def _rows_read(self, ids: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Return the input rows of these words, and the place of each unit's row among them."""
        units = self._units
        if not self._settings.window:  # only documents are contexts
            return np.empty(0, np.int32), np.zeros(len(units.rows), np.int32)
        is_read = np.zeros(len(self._keep), bool)
        is_read[ids] = True
        read = np.unique(units.rows[np.repeat(is_read, np.diff(units.offsets))])
        places = np.zeros(len(self._matrices.inputs), np.int32)
        places[read] = np.arange(len(read))
        return read, places[units.rows]


def mean_row(matrix: Float32s) -> Float32s:
    """Return the mean of rows, shape (N, dim), as float32[dim]; zeros without rows."""
    if not len(matrix):
        return np.zeros(matrix.shape[1], np.float32)
    mean: Float32s = matrix.mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean


def _train(problem: Problem, documents: int, config: TrainConfig) -> None:
    """Train the documents in chunks; a chunk stays with one worker for all passes, and makes their draws once."""
    threads, schedule = min(config.thread_count(), documents), Schedule(config, 1)
    idle: queue.SimpleQueue[_core.Worker] = queue.SimpleQueue()
    for _ in range(threads):
        idle.put(_core.Worker(problem))
    stop = np.zeros(1, np.int32)
    chunks = min(documents, _CHUNKS_PER_THREAD * threads) if threads > 1 else 1
    bounds = np.linspace(0, documents, chunks + 1).astype(np.int64)
    starts = problem.tokens.offsets[bounds].tolist()

    def train(chunk: int) -> None:
        worker = idle.get()
        try:
            for epoch in range(config.epoch_count()):
                lr = schedule.rate(epoch, 0)
                worker.run(epoch, starts[chunk], starts[chunk + 1], lr, 0.0, schedule.ratio, stop)
        finally:
            idle.put(worker)

    def halt() -> None:
        stop[0] = 1

    shared_out(train, range(len(starts) - 1), threads, halt=halt)
