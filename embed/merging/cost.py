"""Estimate what merging costs, from the sizes of the model and of the cluster."""

from __future__ import annotations

from dataclasses import dataclass

from embed.merging.merger import waves_of

__all__ = ["MergeCost", "merge_cost"]

_CHANGE_BYTES, _FLOAT_BYTES = 2, 4
_SIZES_ON_THEIR_WAY, _WAVES_ON_THEIR_WAY = 3.0, 2
"""The changes to the owners, those from all workers, and the merged ones; of a wave and of the next."""
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


def merge_cost(rows: int, stride: int, workers: int, threads: int, bandwidth: float) -> MergeCost:
    """Return the cost of a merge in which every row has changed, the most it can be.

    A worker sends each row to its owner, and the rows that it owns to all others: ``2 (K - 1) / K`` of the matrices. It
    transforms its share of the rows to some directions of the eigenbasis of the curvature, and back.

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
    """
    size = rows * stride * _CHANGE_BYTES
    sent = 2 * size * (workers - 1) / workers
    products = _SHARE_OF_PRODUCTS * 2 * rows / workers * stride * stride / _MULTIPLY_ADDS
    copies = 2 * (rows * stride * _FLOAT_BYTES * 2 + size) / _MEMORY
    if workers == 1:
        return MergeCost(0.0, 0.0, 0.0, 0.0)
    waves = waves_of(rows * stride * _FLOAT_BYTES)
    on_their_way = _SIZES_ON_THEIR_WAY * size * min(waves, _WAVES_ON_THEIR_WAY) / waves
    memory = rows * stride * _FLOAT_BYTES + on_their_way
    return MergeCost(sent, sent / bandwidth, (products + copies) / threads, memory)
