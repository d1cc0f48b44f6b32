"""Train a task on this machine, in threads."""

from __future__ import annotations

from embed.training.backends.deterministic import Rounds, round_tokens
from embed.training.backends.hogwild import Chunks
from embed.training.backends.task import Task
from embed.training.backends.threads import Threads

__all__ = ["local_backend"]


def local_backend(task: Task) -> Threads:
    """Return a backend of threads that share stretches in rounds, if the run is deterministic, or without locks.

    Raises
    ------
    FormatError
        The corpus does not match its vocabulary.
    """
    if task.config.deterministic:
        size = round_tokens(task.tokens, has_documents=task.variant.tags is not None)
        return Threads(task, Rounds, step=size)
    return Threads(task, Chunks)
