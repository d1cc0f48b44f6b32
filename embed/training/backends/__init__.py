"""What trains a stretch of tokens, and where.

:class:`Backend` is the protocol; the trainer knows nothing else of a backend. :mod:`~embed.training.backends.threads`
trains in threads of this process, which share a stretch without locks (:mod:`~embed.training.backends.hogwild`) or in
rounds, to the same bits for any number of threads (:mod:`~embed.training.backends.deterministic`). A backend trains a
:class:`~embed.training.backends.task.Task`; :mod:`~embed.training.backends.workers` makes workers of the core from it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from embed.model.parameters import Parameters
from embed.training.backends.deterministic import Rounds, round_tokens
from embed.training.backends.hogwild import Chunks
from embed.training.backends.task import Task
from embed.training.backends.threads import Threads
from embed.training.schedule import Schedule

__all__ = ["Backend", "Task", "backend_for"]


class Backend(Protocol):
    """Trains stretches of tokens; the same stretches give the same parameters wherever they are cut."""

    @property
    def step(self) -> int:
        """Each stretch begins at a multiple of this."""

    @property
    def loss(self) -> float:
        """The sum of the losses of all examples of the epoch (nats); not finite if the training has diverged."""

    @property
    def examples(self) -> int:
        """Examples of the epoch: pairs (skip-gram) or windows (CBOW), each with its noise."""

    def begin_epoch(self, loss: float = 0.0, examples: int = 0) -> None:
        """Set `loss` and `examples` to zero, or to where an interrupted epoch stood."""

    def train(self, tokens: range, epoch: int, schedule: Schedule, watch: Callable[[int], bool]) -> int:
        """Train a stretch of tokens, and return the position where it ended: all before is done, nothing after.

        Parameters
        ----------
        tokens : range
            Positions in the corpus. It may end later, at the next multiple of `step`.
        epoch : int
            Which decides, with the seed and the position, on every draw.
        schedule : Schedule
        watch : callable
            Called with the position now and then; a true value ends the stretch soon. An exception ends it at once,
            and so does a loss that is not finite: what was trained is then not to be used.

        Raises
        ------
        ThreadError
            If the system does not give so many threads.
        """

    def held_out_loss(self, tokens: range) -> float | None:
        """Return the mean loss of an example in `tokens`, without training on them; None if there is no example."""

    def fetch(self) -> Parameters:
        """Return the parameters of the task as they stand, until `train` goes on."""

    def infinite(self) -> str | None:
        """Return the name of a matrix that has a number which is not finite; None if there is none."""

    def close(self) -> None:
        """Leave the parameters of the task as they stand, and end what works elsewhere."""


def backend_for(task: Task) -> Backend:
    """Return a new backend for a task.

    Raises
    ------
    FormatError
        If the corpus does not go with its vocabulary.
    """
    if task.config.deterministic:
        return Threads(task, Rounds, step=round_tokens(task.tokens))
    return Threads(task, Chunks)
