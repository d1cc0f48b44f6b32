"""Early stopping: a training ends when its held-out loss has not fallen for some epochs, and its best epoch is kept.

The learning rate falls linearly towards the last of the configured epochs. A run that is stopped early ends at a rate
that has not come down, so the loss often has a little to give: fewer epochs are usually better than a stop far before
the last one. Stopping is the guard against a run that makes itself worse.

The best epoch's parameters are kept in memory, those rows that training can change: what no word uses of a big
table of n-grams is not copied. A checkpoint has them beside the parameters, so that a run that goes on can go back to
an epoch before it; which one was the best follows from the losses so far.

Rejected: keeping every epoch (a disk full), stopping on the training loss (it falls as a model learns its
text by heart).
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
        Those being trained.
    epochs : int
        Epochs without an improvement after which the training is to stop.
    min_delta : float
        An epoch is an improvement if its held-out loss is lower than the best by more than this (nats). One without
        a held-out loss, as there was no example to measure, counts neither way.
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
        """Whether the training is to stop."""
        return self._stale >= self._epochs

    @property
    def kept(self) -> dict[str, NDArray[np.float32]]:
        """The best epoch's rows, for a checkpoint to write or to be read into; zeros before the first epoch is over."""
        return {f"best_{name}": rows for name, rows in self._kept.items()}

    def note(self, record: EpochRecord) -> None:
        """Take note of an epoch that has just ended, and keep its parameters if it is the best."""
        if self._judge(record):
            for name, (matrix, rows) in self._matrices().items():
                if name in self._kept:
                    for part in pieces(len(rows), matrix.strides[0]):
                        np.take(matrix, rows[part], axis=0, out=self._kept[name][part])

    def replay(self, history: Sequence[EpochRecord]) -> None:
        """Take note of the epochs of a run that goes on; `kept` holds the rows of the best of them."""
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
        """Return what training changes: matrices, and those of their rows that it can change."""
        return {
            name: (matrix, self._rows if name == "input" else np.arange(len(matrix), dtype=np.int32))
            for name, matrix in self._parameters.matrices().items()
        }

    def finish(self) -> dict[str, Any]:
        """Put the best epoch's parameters back if a later one was worse; return what happened, for the run card."""
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
        """Set memory aside for what training can change."""
        try:
            return {
                name: np.zeros((len(rows), matrix.shape[1]), np.float32)
                for name, (matrix, rows) in self._matrices().items()
            }
        except MemoryError:
            advise(
                "there is no memory for a second copy of the parameters: the run will end with those of its last "
                "epoch, not of its best"
            )
            return {}
