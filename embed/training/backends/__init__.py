"""Backends, which train stretches of tokens.

:class:`Backend` is the protocol, and all that the trainer knows. :mod:`~embed.training.backends.threads` trains in
threads of this process, which share a stretch without locks (:mod:`~embed.training.backends.hogwild`) or in rounds,
to the same bits for any number of threads (:mod:`~embed.training.backends.deterministic`).
:mod:`~embed.training.backends.cluster` trains parts of the text in several places, each with such a backend
(:mod:`~embed.training.backends.lane`), and merges what they learn; a :class:`~embed.training.backends.crew.Crew` says
where. A backend trains a :class:`~embed.training.backends.task.Task`; :mod:`~embed.training.backends.problem` turns it
into what the core trains.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from embed.model.parameters import Parameters
from embed.training.backends.cluster import Cluster
from embed.training.backends.local import local_backend
from embed.training.backends.task import Task, Variant
from embed.training.schedule import Schedule

__all__ = ["Backend", "Task", "Variant", "backend_for"]


class Backend(Protocol):
    """Trains stretches of tokens; the parameters do not depend on where the tokens are cut into stretches."""

    @property
    def step(self) -> int:
        """Every stretch begins at a multiple of this number."""

    @property
    def loss(self) -> float:
        """The sum of the losses of all examples of the epoch (nats); not finite if the training diverged."""

    @property
    def examples(self) -> int:
        """Examples of the epoch: pairs (skip-gram) or windows (CBOW), each with its noise."""

    def begin_epoch(self, loss: float = 0.0, examples: int = 0, *, has_senses: bool = False) -> None:
        """Set `loss` and `examples` to zero, or to the sums of an interrupted epoch.

        With `has_senses`, the positions of words with senses choose among them from now on.
        """

    def train(self, tokens: range, epoch: int, schedule: Schedule, watch: Callable[[int], bool]) -> int:
        """Train a stretch of tokens; return the end position: all tokens before it are done, none after it.

        Parameters
        ----------
        tokens : range
            Positions in the corpus. The stretch may end later, at the next multiple of `step`.
        epoch : int
            Determines, with the seed and the position, every draw.
        schedule : Schedule
        watch : callable
            Called regularly with the position; a true value ends the stretch soon. An exception, or a loss that is
            not finite, ends it at once and leaves the parameters unusable.

        Raises
        ------
        ThreadError
            The system does not give enough threads.
        """

    def held_out_loss(self, tokens: range) -> float | None:
        """Measure the mean loss of an example in `tokens` without training; return None without examples."""

    def fetch(self) -> Parameters:
        """Return the current parameters of the task, valid until the next `train`."""

    def infinite(self) -> str | None:
        """Return the name of a matrix that holds NaN or infinity, or None."""

    def close(self) -> None:
        """Bring the parameters of the task up to date, and end all work elsewhere."""


def backend_for(task: Task) -> Backend:
    """Return a new backend for a task.

    Raises
    ------
    ClusterError
        The cluster cannot be reached, or has not enough processors.
    FormatError
        The corpus does not match its vocabulary.
    """
    if task.crew is None:
        return local_backend(task)
    return Cluster(task, task.crew)
