"""Rounds of tokens that all workers train together, to the same bits for any number of them (docs/decisions/0005)."""

from __future__ import annotations

import numpy as np

from embed import _core
from embed.config.train import processors
from embed.engine import _rounds
from embed.training.backends.task import Task
from embed.training.schedule import Schedule

__all__ = ["Rounds", "round_tokens"]

# A short corpus has short rounds, so that an epoch has some hundreds of them.
_LEAST_ROUND_TOKENS, _ROUNDS_PER_EPOCH = 256, 256


def round_tokens(tokens: int) -> int:
    """Return the size of a round for a corpus of so many tokens: a power of two, so that it depends on little."""
    wanted = max(tokens // _ROUNDS_PER_EPOCH, _LEAST_ROUND_TOKENS)
    return min(1 << (wanted.bit_length() - 1), int(_rounds.ROUND_TOKENS))


class Rounds:
    """Shares `tokens`, which begin with a round, up to the end of the round that the last of them is in.

    See :class:`embed.training.backends.threads.Sharing`.
    """

    def __init__(self, task: Task, tokens: range, epoch: int, schedule: Schedule) -> None:
        size = round_tokens(task.tokens)
        self._first, self._last = tokens.start, min(-(-tokens.stop // size) * size, task.tokens)
        rows = len(task.parameters.inputs) + len(task.parameters.outputs)
        self._rounds = _rounds.Rounds(task.threads, processors(), rows, tokens.start, size)
        self._epoch, self._schedule = epoch, schedule
        self._stop = np.zeros(1, np.int32)

    @property
    def position(self) -> int:
        """Return where the latest round has ended."""
        return self._rounds.position

    def work(self, worker: _core.Worker, part: int) -> None:
        """Take part in all rounds."""
        line = self._schedule.line(self._epoch, self._first)
        worker.run_rounds(
            self._epoch,
            self._first,
            self._last,
            line.lr,
            line.slope,
            self._schedule.ratio,
            self._stop,
            self._rounds,
            part,
        )

    def close(self) -> None:
        """Make the round at hand the last."""
        self._stop[0] = 1

    def halt(self) -> None:
        """Let all leave, though not all have come to the end of the round."""
        self._stop[0] = 1
        self._rounds.abandon()
