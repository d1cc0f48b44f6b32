"""Score vectors on tasks, and compare two on the same items, with the reports of the rest of embed.eval."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from embed.arguments import choice
from embed.errors import ConfigError

from .compare import Comparison, ComparisonRow, estimates
from .folders import each_set
from .protocol import Vectors
from .report import Report
from .space import Space
from .tasks import TASKS, Outcome, Task, TaskResult, TaskSet, TaskSettings

__all__ = ["compare_tasks", "evaluate_task"]

Files = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def evaluate_task(
    vectors: Vectors,
    task: str | Task,
    files: Files,
    *,
    name: str = "vectors",
    fold_case: bool = True,
    resamples: int = 1000,
    seed: int = 1,
    confidence: float = 0.95,
) -> Report:
    """Score vectors on the test files of a task.

    Parameters
    ----------
    vectors : Vectors
        Any object with `words`, `matrix`, `can_compose` and `vector`.
    task : name of :data:`~embed.eval.tasks.TASKS`, or task
        A name means the task with its default options.
    files : path, or sequence of paths
        The test sets, each scored by itself; a folder stands for the files in it.
    name : str
        The name of the vectors in the output.
    fold_case, resamples, seed, confidence
        The protocol, see :class:`~embed.eval.protocol.Sampling`.

    Returns
    -------
    Report

    Raises
    ------
    ConfigError
        A setting is out of bounds, or the task is unknown.
    FormatError
        A file is malformed, or a vector is not finite.

    Warns
    -----
    AdviceWarning
        A file of a folder is no set of the task.
    """
    settings = TaskSettings(
        task=_task(task), fold_case=fold_case, resamples=resamples, seed=seed, confidence=confidence
    )
    sets = _read(settings.task, files)
    space = Space(vectors, fold_case=fold_case)
    results = tuple(TaskResult.of(one.name, one.solve(space), settings) for one in sets)
    return Report(name, len(space), space.dim, settings, results, _notes(sets))


def compare_tasks(
    a: Vectors,
    b: Vectors,
    task: str | Task,
    files: Files,
    *,
    names: tuple[str, str] = ("A", "B"),
    fold_case: bool = True,
    resamples: int = 5000,
    seed: int = 1,
    confidence: float = 0.95,
) -> Comparison:
    """Score two models on the test files of a task and test the difference.

    Each model uses its own words, because a vocabulary that lacks words of the task is worse for it.

    Parameters
    ----------
    a, b : Vectors
        The difference is B minus A: positive if `b` is better.
    names : tuple of (str, str)
        Their names in the output.
    task, files, fold_case, resamples, seed, confidence
        As in :func:`evaluate_task`, which also lists the errors.

    Returns
    -------
    Comparison
    """
    settings = TaskSettings(
        task=_task(task), fold_case=fold_case, resamples=resamples, seed=seed, confidence=confidence
    )
    sets = _read(settings.task, files)
    spaces = [Space(vectors, fold_case=fold_case) for vectors in (a, b)]
    rows: list[ComparisonRow] = []
    for one in sets:
        first, second = (one.solve(space) for space in spaces)
        rows += _rows(one.name, first, second, settings)
    return Comparison(names, (len(a.words), len(b.words)), None, settings, tuple(rows), _notes(sets))


def _rows(name: str, first: Outcome, second: Outcome, settings: TaskSettings) -> list[ComparisonRow]:
    everything = np.ones_like(first.covered)
    rows = []
    for measure, other in zip(first.measures, second.measures, strict=True):
        choices = [("all", everything)]
        if not measure.needs_all:
            choices.insert(0, ("covered", first.covered & second.covered))
        for on, chosen in choices:
            (a, units), (b, _) = measure.of(chosen), other.of(chosen)
            scored = estimates(a, b, units, int(chosen.sum()), settings)
            rows.append(ComparisonRow(name, "total", measure.name, on, len(everything), *scored))
    return rows


def _task(task: str | Task) -> Task:
    if isinstance(task, str):
        return TASKS[choice("task", task, tuple(TASKS))]()
    if not hasattr(task, "read"):
        raise ConfigError(f"a task must be one of {', '.join(TASKS)}, or a task with its options, not {task!r:.60}")
    return task


def _read(task: Task, files: Files) -> list[TaskSet]:
    paths = [Path(path) for path in ([files] if isinstance(files, str | os.PathLike) else files)]
    if not paths:
        raise ConfigError(f"no test file was given; name a file for the task {task.name}")
    return [one for path in paths for one in (each_set(path, task.read) if path.is_dir() else [task.read(path)])]


def _notes(sets: Sequence[TaskSet]) -> tuple[str, ...]:
    return tuple(f"{one.name}: {note}." for one in sets for note in one.notes)
