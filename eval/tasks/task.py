"""Define what a task is: it reads test sets, and solves each with given vectors.

A new task is a file beside this one and a line in the table of :mod:`embed.eval.tasks.evaluate`. Scores, intervals,
paired tests, coverage and tables follow from what :meth:`TaskSet.solve` returns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..bootstrap import Score, Statistic, estimate
from ..protocol import Sampling
from ..space import Space

__all__ = ["Measure", "Outcome", "Task", "TaskResult", "TaskSet", "TaskSettings"]

Chosen = NDArray[np.bool_]


@dataclass(frozen=True)
class Measure:
    """One measure of a result, such as the accuracy, on any choice of the items.

    Attributes
    ----------
    name : str
        As a table shows it: "accuracy", "F1", "Spearman".
    of : function
        Takes the chosen items, bool, shape (items,), and returns the measure as a function of the weights of units
        (:mod:`embed.eval.bootstrap`), and the number of units. A unit is what is resampled: a sentence, or a pair.
    needs_all : bool
        Whether the measure is defined on all items only: a span consists of several.
    """

    name: str
    of: Callable[[Chosen], tuple[Statistic, int]]
    needs_all: bool = False


@dataclass(frozen=True)
class Outcome:
    """How vectors solved one test set.

    Attributes
    ----------
    covered : ndarray of bool, shape (items,)
        Whether the vocabulary knows each item: the word of a token, a word of a text.
    composed : ndarray of bool, shape (items,)
        The item is not covered, but n-grams gave it a vector.
    measures : tuple of Measure
        The main measure comes first.
    """

    covered: Chosen
    composed: Chosen
    measures: tuple[Measure, ...]


class TaskSet(Protocol):
    """One test set of a task.

    Attributes
    ----------
    name : str
        The name of the set in tables.
    notes : tuple of str
        How the file was read, for readers of the scores.
    """

    @property
    def name(self) -> str: ...

    @property
    def notes(self) -> tuple[str, ...]: ...

    def solve(self, space: Space) -> Outcome:
        """Solve the set with the vectors of `space`; the same vectors always give the same outcome."""
        ...


class Task(Protocol):
    """A task with its options: a frozen dataclass whose fields are the options.

    Attributes
    ----------
    name : str
        As in the table of tasks.
    units : str
        What is resampled, in the plural: "sentences".
    """

    @property
    def name(self) -> str: ...

    @property
    def units(self) -> str: ...

    def read(self, path: Path) -> TaskSet:
        """Read one test file; raise FormatError, with file and line, if it is no set of this task."""
        ...

    def sentences(self) -> list[str]:
        """Describe the computation with its options, one sentence per aspect."""
        ...


@dataclass(frozen=True, kw_only=True)
class TaskSettings(Sampling):
    """The protocol of an evaluation on a task.

    Attributes
    ----------
    task : Task
    fold_case, resamples, seed, confidence
        As in :class:`~embed.eval.protocol.Sampling`, which also lists the errors.
    """

    task: Task

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as a JSON-able mapping; the options of the task beside its name."""
        options = {name: value for name, value in vars(self.task).items() if isinstance(value, int | float | str)}
        shared = {name: value for name, value in vars(self).items() if name != "task"}
        return {"task": self.task.name, **options, **shared}

    def sentences(self) -> list[str]:
        """Describe the protocol, one sentence per aspect."""
        case = "as the vocabulary writes it, else folded" if self.fold_case else "as written"
        return [*self.task.sentences(), f"Case: {case}.", *self.intervals(self.task.units)]


@dataclass(frozen=True)
class TaskResult:
    """The scores of one test set, in percent points.

    Attributes
    ----------
    name : str
        The name of the set.
    task : str
        The name of the task.
    items, covered, composed : int
        The number of all items, of items that the vocabulary knows, and of items whose vector n-grams gave.
    scores : tuple of (str, Score or None, Score)
        Each measure with its score on the covered items, if it has one, and on all items.
    """

    name: str
    task: str
    items: int
    covered: int
    composed: int
    scores: tuple[tuple[str, Score | None, Score], ...]

    @classmethod
    def of(cls, name: str, outcome: Outcome, settings: TaskSettings) -> TaskResult:
        """Estimate the scores of an outcome with their intervals."""

        def score(measure: Measure, chosen: Chosen) -> Score:
            statistic, units = measure.of(chosen)
            resamples, seed, confidence = settings.resamples, settings.seed, settings.confidence
            items = int(chosen.sum())
            return estimate(statistic, units, items=items, resamples=resamples, seed=seed, confidence=confidence)

        everything = np.ones_like(outcome.covered)
        scores = tuple(
            (
                measure.name,
                None if measure.needs_all else score(measure, outcome.covered),
                score(measure, everything),
            )
            for measure in outcome.measures
        )
        covered, composed = int(outcome.covered.sum()), int(outcome.composed.sum())
        return cls(name, settings.task.name, len(everything), covered, composed, scores)

    @property
    def headline(self) -> Score:
        """The main score: the first measure on all items."""
        return self.scores[0][2]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able mapping."""
        return {
            "set": self.name,
            "kind": self.task,
            "items": self.items,
            "covered": self.covered,
            "composed": self.composed,
            **{
                name: {"covered": covered.to_dict() if covered else None, "all": everything.to_dict()}
                for name, covered, everything in self.scores
            },
        }
