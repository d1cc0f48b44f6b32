"""Early stopping: a training ends when its held-out loss has not fallen for some epochs, and its best epoch is kept.

The learning rate falls linearly towards the last of the configured epochs. A run that is stopped early ends at a rate
that has not come down, so the loss often has a little to give: fewer epochs are usually better than a stop far before
the last one. Stopping is the guard against a run that makes itself worse.

The best epoch's parameters are kept in memory, those rows that training can change: what no word uses of a big
table of n-grams is not copied.

Rejected: keeping every epoch (a disk full), stopping on the training loss (it falls as a model learns its
text by heart).
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embed.errors import AdviceWarning
from embed.model import EpochRecord
from embed.parameters import Parameters

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
        An epoch is an improvement if its held-out loss is lower than the best by more than this (nats).
    """

    def __init__(self, parameters: Parameters, epochs: int, min_delta: float) -> None:
        self._parameters = parameters
        self._epochs, self._min_delta = epochs, min_delta
        self._best: EpochRecord | None = None
        self._latest: EpochRecord | None = None
        self._rows: NDArray[np.int32] = np.unique(parameters.rows)
        self._whole = (parameters.outputs, parameters.places)
        self._kept: list[NDArray[np.float32]] | None = None
        self._no_memory = False

    def is_over(self, record: EpochRecord) -> bool:
        """Take note of an epoch; return whether the training is to stop."""
        self._latest = record
        loss = _held_out(record)
        if self._best is None or loss < _held_out(self._best) - self._min_delta:
            self._best = record
            self._keep()
        return record.epoch - self._best.epoch >= self._epochs

    def finish(self) -> dict[str, Any]:
        """Put the best epoch's parameters back if a later one was worse; return what happened, for the run card."""
        assert self._best is not None
        assert self._latest is not None
        stopped = self._latest.epoch - self._best.epoch >= self._epochs
        restored = self._best.epoch < self._latest.epoch and self._kept is not None
        if restored and self._kept is not None:
            self._parameters.inputs[self._rows] = self._kept[0]
            for matrix, kept in zip(self._whole, self._kept[1:], strict=True):
                matrix[:] = kept
        return {
            "patience": self._epochs,
            "min_delta": self._min_delta,
            "stopped_early": stopped,
            "last_epoch": self._latest.epoch,
            "best_epoch": self._best.epoch,
            "kept_epoch": self._best.epoch if restored else self._latest.epoch,
        }

    def _keep(self) -> None:
        """Copy what training can change."""
        parameters = self._parameters
        if self._no_memory:
            return
        try:
            if self._kept is None:
                shape = (len(self._rows), parameters.inputs.shape[1])
                self._kept = [np.empty(shape, np.float32), *map(np.empty_like, self._whole)]
            np.take(parameters.inputs, self._rows, axis=0, out=self._kept[0])
            for matrix, kept in zip(self._whole, self._kept[1:], strict=True):
                kept[:] = matrix
        except MemoryError:
            self._kept, self._no_memory = None, True
            warnings.warn(
                "there is no memory for a second copy of the parameters: the run will end with those of its last "
                "epoch, not of its best",
                AdviceWarning,
                stacklevel=2,
            )


def _held_out(record: EpochRecord) -> float:
    assert record.held_out_loss is not None, "patience without held-out tokens"
    return record.held_out_loss
