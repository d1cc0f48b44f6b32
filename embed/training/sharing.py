"""How workers share the tokens of an epoch: in chunks of their own, or in rounds together.

Both do a stretch of tokens, say how far all is done, and can be closed before its end. Chunks are trained on the shared
matrices without locks (Hogwild); rounds give the same bits for any number of workers (docs/decisions/0005).
"""

from __future__ import annotations

import threading
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from embed import _core
from embed.engine import _rounds

__all__ = ["Chunks", "Rate", "Rounds", "Sharing", "round_tokens"]

# Tokens a worker takes at a time: some hundredths of a second of work, and less where the corpus is so short that
# the threads would not come out even at the end of an epoch.
_MAX_CHUNK_TOKENS, _MIN_CHUNK_TOKENS, _CHUNKS_PER_THREAD = 1 << 15, 1 << 10, 64


# A short corpus has short rounds, so that an epoch has some hundreds of them.
_LEAST_ROUND_TOKENS, _ROUNDS_PER_EPOCH = 256, 256


def round_tokens(tokens: int) -> int:
    """Return the size of a round for a corpus of so many tokens: a power of two, so that it depends on little."""
    wanted = max(tokens // _ROUNDS_PER_EPOCH, _LEAST_ROUND_TOKENS)
    return min(1 << (wanted.bit_length() - 1), int(_rounds.ROUND_TOKENS))


class Rate:
    """The learning rates of an epoch: ``lr + slope * token`` for output rows, `ratio` times that for input rows."""

    def __init__(self, epoch: int, lr: float, slope: float, ratio: float) -> None:
        self.epoch, self.lr, self.slope, self.ratio = epoch, lr, slope, ratio


class Sharing(Protocol):
    """What the trainer needs of either way; `work` is called once by the thread of each worker."""

    def work(self, worker: _core.Worker, part: int) -> None:
        """Do this worker's share."""

    def close(self) -> None:
        """Let the workers come to an end before the last token."""

    def halt(self) -> None:
        """Let the workers leave at once, wherever they are; what they were doing is not to be used."""

    @property
    def position(self) -> int:
        """Return the token before which all is done or being done, and after which nothing is."""


class Chunks:
    """The tokens first..last-1 in chunks that workers take in order; `stop` ends them within a block."""

    def __init__(self, first: int, last: int, workers: int, rate: Rate, stop: NDArray[np.int32]) -> None:
        even = (last - first) // (_CHUNKS_PER_THREAD * workers)
        self.position = first
        self._last, self._size = last, min(max(even, _MIN_CHUNK_TOKENS), _MAX_CHUNK_TOKENS)
        self._rate, self._stop = rate, stop
        self._lock = threading.Lock()

    def work(self, worker: _core.Worker, part: int) -> None:
        """Do chunks until there are no more, or one leaves a loss that is not finite."""
        rate = self._rate
        while not self._stop[0] and np.isfinite(worker.loss):
            with self._lock:
                start = self.position
                self.position = end = min(start + self._size, self._last)
            if start >= end:
                return
            worker.run(rate.epoch, start, end, rate.lr, rate.slope, rate.ratio, self._stop)

    def close(self) -> None:
        """Hand out no more chunks."""
        with self._lock:
            self._last = self.position

    def halt(self) -> None:
        """Let each worker leave after its block."""
        self._stop[0] = 1


class Rounds:
    """The tokens from `first` on in rounds of all workers together, up to the end of the round that `last` is in.

    Parameters
    ----------
    first, last, tokens : int
        Token positions: `first` begins a round, and no round goes beyond `tokens`.
    workers, processors : int
        How many workers there are, and how many can run at once.
    rows : int
        Input and output rows together.
    """

    def __init__(
        self,
        first: int,
        last: int,
        tokens: int,
        workers: int,
        processors: int,
        rows: int,
        rate: Rate,
        stop: NDArray[np.int32],
    ) -> None:
        size = round_tokens(tokens)
        self._first, self._last = first, min(-(-last // size) * size, tokens)
        self._rounds = _rounds.Rounds(workers, processors, rows, first, size)
        self._rate, self._stop = rate, stop

    @property
    def position(self) -> int:
        """Return where the latest round has ended."""
        return self._rounds.position

    def work(self, worker: _core.Worker, part: int) -> None:
        """Take part in all rounds."""
        rate = self._rate
        worker.run_rounds(
            rate.epoch, self._first, self._last, rate.lr, rate.slope, rate.ratio, self._stop, self._rounds, part
        )

    def close(self) -> None:
        """Make the round at hand the last."""
        self._stop[0] = 1

    def halt(self) -> None:
        """Let all leave, though not all have come to the end of the round."""
        self._stop[0] = 1
        self._rounds.abandon()
