"""Measure the loss on held-out tokens: one number, comparable between epochs, runs and numbers of threads.

The tokens are cut into chunks of fixed size. Each chunk draws its windows and noise from this module's own seed, and
the sums are added in the order of the chunks, whichever thread computed them. So the same parameters give the same
bits, for any number of threads and any seed of the training. (Another instruction set rounds differently, in the
seventh digit.) Runs are comparable if they have the same held-out tokens, vocabulary, window, negatives, noise and
subsampling.

The loss measured during training is different: it averages over an epoch, while the parameters adapt to the noise of
each block within the block, and is a few percent lower.

Rejected: sums per worker (the order of the additions, and so the last digits, would depend on the scheduling); the
training's own seed (two seeds would be judged by different noise).
"""

from __future__ import annotations

import queue
from collections.abc import Sequence

import numpy as np

from embed import _core
from embed.engine.threads import shared_out

__all__ = ["SEED", "mean_loss"]

SEED = 0x48454C44
"""The seed of the measuring workers."""
_EPOCH = (1 << 62) - 1
"""The epoch number of the draws; no training epoch reaches it."""
_CHUNK_TOKENS = 1 << 13


def mean_loss(workers: Sequence[_core.Worker], tokens: range) -> float | None:
    """Return the mean negative log-likelihood (nats) of an example with its noise; None if there is no example.

    Parameters
    ----------
    workers : sequence of Worker
        One for each thread, made with `SEED`; the matrices that they share do not change.
    tokens : range
        Positions in the corpus.
    """
    stop = np.zeros(1, np.int32)
    idle: queue.SimpleQueue[_core.Worker] = queue.SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def measure(start: int) -> tuple[float, int]:
        worker = idle.get()
        try:
            worker.reset()
            worker.run(_EPOCH, start, min(start + _CHUNK_TOKENS, tokens.stop), 0.0, 0.0, 0.0, stop)
            return worker.loss, worker.examples
        finally:
            idle.put(worker)

    def halt() -> None:
        stop[0] = 1

    sums = shared_out(measure, range(tokens.start, tokens.stop, _CHUNK_TOKENS), len(workers), halt=halt)
    examples = sum(count for _, count in sums)
    return sum(loss for loss, _ in sums) / examples if examples else None
