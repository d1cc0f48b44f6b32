"""Estimate what merging costs, from the sizes of the model and of the cluster."""

from __future__ import annotations

from dataclasses import dataclass

from embed.merging.merger import waves_of

__all__ = ["MergeCost", "merge_cost"]

_CHANGE_BYTES, _FLOAT_BYTES = 2, 4
_WAVES_ON_THEIR_WAY = 2
"""Of which changes are on their way: a wave and the next."""
_MULTIPLY_ADDS = 2e10
"""Multiply-adds of a thread a second, in products of matrices with `dim` columns: half of what a quiet core does."""
_SHARE_OF_PRODUCTS = 0.2
"""Of the directions that have a factor of their own: .08 with 2 workers, .14 with 16 (docs/decisions/0048)."""
_MEMORY = 4e9
"""Bytes a thread reads and writes a second, while it extracts and adopts changes."""


@dataclass(frozen=True)
class MergeCost:
    """The cost of one merge for each worker.

    Attributes
    ----------
    sent : float
        Bytes that a worker sends; it receives as many.
    network, arithmetic : float
        Seconds.
    memory : float
        Bytes beside the model: the rows of the latest merge, and the changes on their way.
    """

    sent: float
    network: float
    arithmetic: float
    memory: float

    @property
    def seconds(self) -> float:
        """Seconds of a merge, during which no worker trains."""
        return self.network + self.arithmetic


def merge_cost(rows: int, stride: int, workers: int, threads: int, bandwidth: float, lanes: int) -> MergeCost:
    """Return the cost of a merge in which every row has changed, the most it can be.

    A worker sends each row to its owner, once for each of its lanes, and the rows that it owns to all others: with one
    lane, ``2 (K - 1) / K`` of the matrices. It transforms its share of the rows to some directions of the eigenbasis of
    the curvature, and back. Between two of its lanes it extracts the changes of all rows, which wait for the merge, and
    rewinds the rows.

    Parameters
    ----------
    rows : int
        Input and output rows.
    stride : int
        Numbers of a row.
    workers, threads : int
        Workers, and threads of each.
    bandwidth : float
        Bytes a second that a worker sends while it receives as many.
    lanes : int
        At least as many as workers, which share them evenly.
    """
    if lanes == 1:
        return MergeCost(0.0, 0.0, 0.0, 0.0)
    model, size, own = rows * stride * _FLOAT_BYTES, rows * stride * _CHANGE_BYTES, lanes / workers
    sent = (own + 1) * size * (workers - 1) / workers
    products = _SHARE_OF_PRODUCTS * 2 * rows / workers * stride * stride / _MULTIPLY_ADDS
    copies = ((own + 1) * (2 * model + size) + (own - 1) * 2 * model) / _MEMORY
    waves = waves_of(model)
    moving = size * min(waves, _WAVES_ON_THEIR_WAY) / waves
    # to the owners, from all lanes, and merged
    memory = model + (own * size if own > 1 else moving) + own * moving + moving
    return MergeCost(sent, sent / bandwidth, (products + copies) / threads, memory)
