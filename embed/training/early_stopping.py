"""Stop a training early when its held-out loss no longer falls, and keep the best epoch.

The learning rate falls linearly towards the last configured epoch. A run stopped early ends at a higher rate, so its
loss could still fall a little: fewer epochs are usually better than a stop far before the last one. Early stopping
guards against a run that gets worse.

The parameters of the best epoch stay in memory, but only the rows that training can change: unused rows of a large
n-gram table are not copied. Checkpoints include them, so that a resumed run can return to an earlier epoch; the losses
so far determine which epoch was the best.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embed.errors import advise
from embed.model.model import EpochRecord
from embed.model.parameters import Parameters
from embed.pieces import pieces

__all__ = ["Patience"]


class Patience:
    """Watches the held-out loss of a training.

    Parameters
    ----------
    parameters : Parameters
        The parameters being trained.
    epochs : int
        Stop after this many epochs without an improvement.
    min_delta : float
        An epoch improves if its held-out loss is lower than the best by more than this (nats). An epoch without a
        held-out loss, for lack of examples, is ignored.
    """

    def __init__(self, parameters: Parameters, epochs: int, min_delta: float) -> None:
        self._parameters = parameters
        self._epochs, self._min_delta = epochs, min_delta
        self._best: EpochRecord | None = None
        self._best_loss: float | None = None
        self._stale = 0  # epochs since the best that have a loss
        self._latest: EpochRecord | None = None
        self._rows: NDArray[np.int32] = np.unique(parameters.rows)
        self._kept = self._room()

    @property
    def is_over(self) -> bool:
        """Whether to stop the training."""
        return self._stale >= self._epochs

    @property
    def kept(self) -> dict[str, NDArray[np.float32]]:
        """The rows of the best epoch, to write to or read from a checkpoint; zeros during the first epoch."""
        return {f"best_{name}": rows for name, rows in self._kept.items()}

    def note(self, record: EpochRecord) -> None:
        """Record an epoch that has just ended, and keep its parameters if it is the best."""
        if self._judge(record):
            for name, (matrix, rows) in self._matrices().items():
                if name in self._kept:
                    for part in pieces(len(rows), matrix.strides[0]):
                        np.take(matrix, rows[part], axis=0, out=self._kept[name][part])

    def replay(self, history: Sequence[EpochRecord]) -> None:
        """Record the epochs of a resumed run; `kept` already holds the rows of the best one."""
        for record in history:
            self._judge(record)

    def _judge(self, record: EpochRecord) -> bool:
        """Return whether this epoch is the best so far."""
        self._latest = record
        loss = record.held_out_loss
        if loss is None:
            return False
        is_best = self._best_loss is None or loss < self._best_loss - self._min_delta
        if is_best:
            self._best, self._best_loss, self._stale = record, loss, 0
        else:
            self._stale += 1
        return is_best

    def _matrices(self) -> dict[str, tuple[NDArray[np.float32], NDArray[np.int32]]]:
        """Return each trained matrix with the rows that training can change."""
        return {
            name: (matrix, self._rows if name == "input" else np.arange(len(matrix), dtype=np.int32))
            for name, matrix in self._parameters.matrices().items()
        }

    def finish(self) -> dict[str, Any]:
        """Restore the parameters of the best epoch if a later one was worse; return the outcome for the run card."""
        assert self._latest is not None
        best = self._latest if self._best is None else self._best
        restored = bool(self._kept) and best.epoch < self._latest.epoch
        if restored:
            for name, (matrix, rows) in self._matrices().items():
                for part in pieces(len(rows), matrix.strides[0]):
                    matrix[rows[part]] = self._kept[name][part]
        return {
            "patience": self._epochs,
            "min_delta": self._min_delta,
            "stopped_early": self.is_over,
            "last_epoch": self._latest.epoch,
            "best_epoch": best.epoch,
            "kept_epoch": best.epoch if restored else self._latest.epoch,
        }

    def _room(self) -> dict[str, NDArray[np.float32]]:
        """Allocate memory for the rows that training can change."""
        try:
            return {
                name: np.zeros((len(rows), matrix.shape[1]), np.float32)
                for name, (matrix, rows) in self._matrices().items()
            }
        except MemoryError:
            advise(
                "not enough memory for a second copy of the parameters: the run will end with the parameters of its "
                "last epoch, not of its best"
            )
            return {}
