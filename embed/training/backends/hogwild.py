"""Chunks of tokens that workers take in order and train on the shared matrices without locks.

A worker takes the next chunk when it is done with the last, so that no thread idles while another lags. When no more
are handed out, and those that are out are done, everything before a position is done and nothing after it. What a
block of tokens draws, and its learning rate, depend on its position in the corpus alone: with one thread the result is
the same to the bit on every run. Several threads do not wait for each other (Hogwild: Niu, Recht, Re, Wright 2011), but
for the most frequent rows, of which each has replicas for a chunk (:mod:`embed.engine._replicas`).

Rejected: one fixed share of the corpus per thread (the slowest decides), a queue of Python sentences (the
interpreter lock feeds one core), a learning rate from a shared token counter (depends on the scheduling).
"""

from __future__ import annotations

import threading

import numpy as np

from embed import _core
from embed.training.backends.task import Task
from embed.training.schedule import Line, Schedule

__all__ = ["Chunks"]

# Tokens a worker takes at a time: some hundredths of a second of work, and less where the corpus is so short that
# the threads would not come out even at the end of an epoch.
_MAX_CHUNK_TOKENS, _MIN_CHUNK_TOKENS, _CHUNKS_PER_THREAD = 1 << 15, 1 << 10, 64


class Chunks:
    """Shares `tokens` in chunks; see :class:`embed.training.backends.threads.Sharing`.

    Attributes
    ----------
    position : int
        Where the next chunk begins.
    """

    def __init__(self, task: Task, tokens: range, epoch: int, schedule: Schedule) -> None:
        even = len(tokens) // (_CHUNKS_PER_THREAD * task.threads)
        self.position = tokens.start
        self._last, self._size = tokens.stop, min(max(even, _MIN_CHUNK_TOKENS), _MAX_CHUNK_TOKENS)
        self._epoch, self._schedule = epoch, schedule
        self._stop = np.zeros(1, np.int32)
        self._lock = threading.Lock()

    def work(self, worker: _core.Worker, part: int) -> None:
        """Train chunks until there are no more, or one leaves a loss that is not finite."""
        while not self._stop[0] and np.isfinite(worker.loss):
            chunk, line = self._next()
            if not chunk:
                return
            worker.run(self._epoch, chunk.start, chunk.stop, line.lr, line.slope, self._schedule.ratio, self._stop)

    def _next(self) -> tuple[range, Line]:
        """Return the next chunk, empty if there is none, and the line that all of it is on."""
        with self._lock:
            line = self._schedule.line(self._epoch, self.position)
            chunk = range(self.position, min(self.position + self._size, line.last, self._last))
            self.position = chunk.stop
        return chunk, line

    def close(self) -> None:
        """Hand out no more chunks."""
        with self._lock:
            self._last = self.position

    def halt(self) -> None:
        """Let each worker leave after its block."""
        self._stop[0] = 1
