"""Train a task on this machine, in threads."""

from __future__ import annotations

from embed.engine.row_order import RowOrder
from embed.training.backends.deterministic import Rounds, round_tokens
from embed.training.backends.hogwild import Chunks
from embed.training.backends.task import Task
from embed.training.backends.threads import Threads

__all__ = ["local_backend"]


def local_backend(task: Task, order: RowOrder | None = None) -> Threads:
    """Return a backend of threads that share stretches in rounds, if the run is deterministic, or without locks.

    The order of the rows is its own, or `order`, which other backends of the same parameters share.

    Raises
    ------
    FormatError
        The corpus does not match its vocabulary.
    """
    if task.config.deterministic:
        size = round_tokens(task.tokens, has_documents=task.variant.tags is not None)
        return Threads(task, Rounds, step=size, order=order)
    return Threads(task, Chunks, order=order)
