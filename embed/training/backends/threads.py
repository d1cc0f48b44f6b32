"""Train in threads of this process, with a worker of the core for each, on shared matrices.

The workers share a stretch of tokens in chunks without locks (:mod:`~embed.training.backends.hogwild`), or in rounds
(:mod:`~embed.training.backends.deterministic`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from embed import _core
from embed.engine import _kernels
from embed.engine.row_order import RowOrder
from embed.engine.threads import together
from embed.model.parameters import Parameters
from embed.pieces import pieces
from embed.training import held_out
from embed.training.backends.problem import problem_of, replicated_rows, to_measure
from embed.training.backends.task import Task
from embed.training.schedule import Schedule

__all__ = ["Share", "Sharing", "Threads", "infinite_matrix", "order_of"]


class Sharing(Protocol):
    """How workers share one stretch of tokens; `work` is called once by the thread of each worker."""

    @property
    def position(self) -> int:
        """Return the position before which all tokens are done or in work, and after which none is."""

    def work(self, worker: _core.Worker, part: int) -> None:
        """Train this worker's part of the stretch."""

    def close(self) -> None:
        """End the work in order, before the last token."""

    def halt(self) -> None:
        """Release the workers at once, which leaves the parameters unusable."""


Share = Callable[[Task, range, int, Schedule], Sharing]
"""Starts to share a stretch of tokens: (task, tokens, epoch, schedule) -> Sharing."""


class Threads:
    """Trains a task in threads of this process; a :class:`embed.training.backends.Backend`.

    Parameters
    ----------
    task : Task
    share : callable
        See `Share`.
    step : int
        Every stretch begins at a multiple of this number.
    order : RowOrder, optional
        The order of the rows while training (default: one of its own).
    """

    def __init__(self, task: Task, share: Share, *, step: int = 1, order: RowOrder | None = None) -> None:
        self.step = step
        self._task, self._share = task, share
        self._order = order_of(task.parameters, task.threads, replicated_rows(task)) if order is None else order
        self._make_workers(has_senses=False)

    def _make_workers(self, *, has_senses: bool) -> None:
        self._has_senses = has_senses
        self._problem = problem_of(self._task, self._order.spread, self._order.replicated, has_senses=has_senses)
        self._workers = [_core.Worker(self._problem) for _ in range(self._task.threads)]
        self._judges: list[_core.Worker] = []

    def begin_epoch(self, loss: float = 0.0, examples: int = 0, *, has_senses: bool = False) -> None:
        """Set the sums of the epoch to zero, or to those of an interrupted epoch."""
        if has_senses != self._has_senses:
            self._make_workers(has_senses=has_senses)
        for worker in self._workers:
            worker.reset()
        self._workers[0].reset(loss, examples)

    def train(self, tokens: range, epoch: int, schedule: Schedule, watch: Callable[[int], bool]) -> int:
        """Train a stretch of tokens; see :meth:`embed.training.backends.Backend.train`."""
        sharing = self._share(self._task, tokens, epoch, schedule)

        def work(part: int) -> None:
            worker = self._workers[part]
            sharing.work(worker, part)
            if not np.isfinite(worker.loss):
                sharing.halt()

        def look() -> None:
            if watch(sharing.position):
                sharing.close()

        self._order.arrange()
        together(work, len(self._workers), halt=sharing.halt, watch=look)
        return sharing.position

    @property
    def loss(self) -> float:
        """The sum of the losses of all examples of the epoch (nats)."""
        return float(sum(worker.loss for worker in self._workers))

    @property
    def examples(self) -> int:
        """Examples of the epoch."""
        return sum(worker.examples for worker in self._workers)

    def held_out_loss(self, tokens: range) -> float | None:
        """Measure the mean loss of an example in `tokens`; None without examples (:mod:`embed.training.held_out`)."""
        self._order.restore()
        if not self._judges:
            measured = to_measure(self._problem, held_out.SEED)
            self._judges = [_core.Worker(measured) for _ in self._workers]
        return held_out.mean_loss(self._judges, tokens)

    def fetch(self) -> Parameters:
        """Return the parameters, in their own order until the next `train`."""
        self._order.restore()
        return self._task.parameters

    def infinite(self) -> str | None:
        """Return the name of a matrix that holds NaN or infinity, or None."""
        return infinite_matrix(self._task.parameters)  # the order of the rows does not matter here

    def close(self) -> None:
        """Restore the order of the rows."""
        self._order.restore()


def order_of(parameters: Parameters, threads: int, first: NDArray[np.int32] | None = None) -> RowOrder:
    """Return an order for the rows of parameters that so many threads train; the rows `first` have replicas."""
    return RowOrder(parameters.inputs, parameters.outputs, parameters.row_offsets, parameters.rows, threads, first)


def infinite_matrix(parameters: Parameters) -> str | None:
    """Return the name of a matrix that holds NaN or infinity, or None."""
    for name, matrix in parameters.matrices().items():
        if not all(_kernels.all_finite(matrix[rows]) for rows in pieces(len(matrix), matrix.strides[0])):
            return name
    return None
