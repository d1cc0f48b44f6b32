"""Train in rounds shared by all workers, to the same bits for any number of workers (docs/decisions/0045)."""

from __future__ import annotations

import numpy as np

from embed import _core
from embed.config.train import processors
from embed.engine import _rounds
from embed.training.backends.task import Task
from embed.training.schedule import Schedule

__all__ = ["Rounds", "round_tiles", "round_tokens"]

# A short corpus has short rounds, so that an epoch has some hundreds of them.
_LEAST_ROUND_TOKENS, _ROUNDS_PER_EPOCH = 256, 256
_ROUND_TOKENS, _TILE_TOKENS = 2048, 512
"""A round has so many tokens or, with many tiles, so many in each."""
_LEAST_TILES, _TOKENS_OF_A_TILE = 2, 6_250_000
"""A corpus has a tile for so many tokens, or a few."""


def round_tiles(tokens: int) -> int:
    """Return the tiles of a round for a corpus of `tokens` tokens: so many threads work at once.

    Fewer tiles learn better and are faster on as many threads; a longer corpus has more of them, up to ROUND_TILES, so
    that its epochs take more threads and not more time. The number is a power of two.
    """
    wanted = max(tokens // _TOKENS_OF_A_TILE, _LEAST_TILES)
    return min(1 << (wanted.bit_length() - 1), int(_rounds.ROUND_TILES))


def round_tokens(tokens: int, *, has_documents: bool = False) -> int:
    """Return the size of a round for a corpus of `tokens` tokens: a power of two, so that it rarely changes.

    Documents need short rounds, because a document has few blocks, which learn from each other only between rounds.
    """
    if has_documents:
        return _LEAST_ROUND_TOKENS
    wanted = max(tokens // _ROUNDS_PER_EPOCH, _LEAST_ROUND_TOKENS)
    return min(1 << (wanted.bit_length() - 1), max(_ROUND_TOKENS, _TILE_TOKENS * round_tiles(tokens)))


class Rounds:
    """Shares `tokens`, from the start of a round to the end of the round of the last token.

    See :class:`embed.training.backends.threads.Sharing`.
    """

    def __init__(self, task: Task, tokens: range, epoch: int, schedule: Schedule) -> None:
        size = round_tokens(task.tokens, has_documents=task.variant.tags is not None)
        self._first, self._last = tokens.start, min(-(-tokens.stop // size) * size, task.tokens)
        parameters = task.parameters
        rows = sum(map(len, (parameters.unit_matrix, parameters.outputs, parameters.position_weights)))
        tiles = round_tiles(task.tokens)
        self._workers = min(task.threads, tiles)
        self._rounds = _rounds.Rounds(self._workers, processors(), rows, tokens.start, size, tiles)
        self._epoch, self._schedule = epoch, schedule
        self._stop = np.zeros(1, np.int32)

    @property
    def position(self) -> int:
        """Return the end of the latest finished round."""
        return self._rounds.position

    def work(self, worker: _core.Worker, part: int) -> None:
        """Take part in all rounds, one line of the schedule after the other, if there is a tile for this worker."""
        if part >= self._workers:
            return
        first = self._first
        while first < self._last:
            line = self._schedule.line(self._epoch, first)
            last = min(line.last, self._last)
            end = worker.run_rounds(
                self._epoch, first, last, line.lr, line.slope, self._schedule.ratio, self._stop, self._rounds, part
            )
            if end < last:
                return
            first = last

    def close(self) -> None:
        """End after the current round."""
        self._stop[0] = 1

    def halt(self) -> None:
        """Release all workers, even in the middle of a round."""
        self._stop[0] = 1
        self._rounds.abandon()
