"""Tasks that a small model solves on top of vectors: its result is the score of the vectors.

:data:`TASKS` is the one table of names. A task is a value with its own options, one file for each; it reads test sets
and solves them (:class:`~embed.eval.tasks.task.Task`). :mod:`embed.eval.extrinsic` scores and compares vectors on any
of them, with the intervals and paired tests of the rest of :mod:`embed.eval`.
"""

from __future__ import annotations

from collections.abc import Callable

from .classify import Classify
from .sts import Sts
from .tag import Tag
from .task import Measure, Outcome, Task, TaskResult, TaskSet, TaskSettings

__all__ = ["TASKS", "Classify", "Measure", "Outcome", "Sts", "Tag", "Task", "TaskResult", "TaskSet", "TaskSettings"]

TASKS: dict[str, Callable[..., Task]] = {"tag": Tag, "classify": Classify, "sts": Sts}
"""The tasks by name: each makes the task from its options, all of which have defaults."""
