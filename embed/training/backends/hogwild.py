"""Train chunks of tokens on shared matrices without locks.

A worker takes the next chunk when it has finished the last, so that no thread idles while another lags. Chunks are
given out in order: once all given out are finished, every token before a position is done and none after it. The draws
and the learning rate of a block depend on its position in the corpus alone, so one thread gives the same bits on every
run. Several threads do not wait for each other (Hogwild: Niu, Recht, Re, Wright 2011); of the most frequent rows each
has replicas during a chunk (:mod:`embed.engine._replicas`).

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

# Tokens of a chunk: some thousandths of a second of work. Towards the end of a stretch, a chunk is a fourth of each
# thread's share of what is left, so that the threads finish together and begin few chunks.
_MAX_CHUNK_TOKENS, _MIN_CHUNK_TOKENS, _CHUNKS_PER_THREAD = 1 << 15, 1 << 10, 4


class Chunks:
    """Shares `tokens` in chunks; see :class:`embed.training.backends.threads.Sharing`.

    Attributes
    ----------
    position : int
        The begin of the next chunk.
    """

    def __init__(self, task: Task, tokens: range, epoch: int, schedule: Schedule) -> None:
        self.position, self._last, self._parts = tokens.start, tokens.stop, _CHUNKS_PER_THREAD * task.threads
        self._epoch, self._schedule = epoch, schedule
        self._stop = np.zeros(1, np.int32)
        self._lock = threading.Lock()

    def work(self, worker: _core.Worker, part: int) -> None:
        """Train chunks until none is left or the loss is not finite."""
        while not self._stop[0] and np.isfinite(worker.loss):
            chunk, line = self._next()
            if not chunk:
                return
            worker.run(self._epoch, chunk.start, chunk.stop, line.lr, line.slope, self._schedule.ratio, self._stop)

    def _next(self) -> tuple[range, Line]:
        """Return the next chunk, empty at the end, and its line of the schedule."""
        with self._lock:
            line = self._schedule.line(self._epoch, self.position)
            even = (self._last - self.position) // self._parts
            size = min(max(even, _MIN_CHUNK_TOKENS), _MAX_CHUNK_TOKENS)
            chunk = range(self.position, min(self.position + size, line.last, self._last))
            self.position = chunk.stop
        return chunk, line

    def close(self) -> None:
        """Give out no more chunks."""
        with self._lock:
            self._last = self.position

    def halt(self) -> None:
        """Release each worker after its current block."""
        self._stop[0] = 1
