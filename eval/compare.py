"""Compare two sets of vectors on the same items, with a paired test.

Two faults invalidate most published comparisons: the models know different words, and intervals of separate scores are
compared although both models were scored on the same items. So by default both models are restricted to their shared
words, and the difference itself is resampled.

Rejected: Williams' and Steiger's tests (similarity only, assume normal scores) and McNemar's (assumes
independent questions). The paired bootstrap covers both kinds of sets with one rule.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embed.choices import AnalogyMethod
from embed.markup import details, heading, line, panel
from embed.messages import printable

from .analogy import Answers, answer, clusters
from .bootstrap import Difference, Score, Statistic, estimate, estimate_difference
from .columns import Columns
from .forest import Mark, forest, headlines
from .protocol import Sampling, Settings, Vectors
from .render import aligned, as_json, as_markdown, coverage, indented, interval, points
from .respelling import respelled
from .sets import AnalogySet, SimilaritySet, TestSet, load_sets, notes_on, warn_of_nothing_covered
from .shares import accuracy
from .similarity import cosines, spearman
from .space import Space, shared_spaces
from .tasks.task import TaskSettings

__all__ = ["Comparison", "ComparisonRow", "compare", "estimates"]

_LEAST_P_SHOWN = 0.001


@dataclass(frozen=True)
class ComparisonRow:
    """One measure on one choice of items, for both models.

    Attributes
    ----------
    set : str
    part : str
        "total", "semantic" or "syntactic".
    measure : str
        "accuracy" or "Spearman".
    on : str
        "covered": the items that both models cover. "all": every item, counting missing items as wrong.
    of : int
        The number of items of the set or part; `difference.items` of them were used.
    a, b : Score
    difference : Difference
        B minus A.
    """

    set: str
    part: str
    measure: str
    on: str
    of: int
    a: Score
    b: Score
    difference: Difference

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able mapping."""
        return {
            "set": self.set,
            "part": self.part,
            "measure": self.measure,
            "on": self.on,
            "items": self.of,
            "used": self.difference.items,
            "a": self.a.to_dict(),
            "b": self.b.to_dict(),
            "difference": self.difference.to_dict(),
        }


@dataclass(frozen=True, repr=False)
class Comparison:
    """The scores of two models on the same items.

    Attributes
    ----------
    names : tuple of (str, str)
        The names of models A and B in the output.
    sizes : tuple of (int, int)
        The number of words of each model.
    shared : int or None
        The number of shared words, if the models were restricted to them.
    settings : Settings or TaskSettings
    rows : tuple of ComparisonRow
    notes : tuple of str
        How the files of the sets were read: the columns, and what was skipped.
    """

    names: tuple[str, str]
    sizes: tuple[int, int]
    shared: int | None
    settings: Settings | TaskSettings
    rows: tuple[ComparisonRow, ...]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        totals = ((row.set, row.difference) for row in self.rows if row.part == "total" and row.on == "covered")
        return f"<Comparison: {self._title()}; B - A: {headlines(totals)}>"

    def _repr_html_(self) -> str:
        marks = [
            Mark(
                row.set if row.part == "total" else indented(row.part, 1),
                f"{row.measure}, {row.on}",
                row.difference,
                coverage(row.a, row.of),
            )
            for row in self.rows
        ]
        notes = [line(text) for text in (*self._sentences(), *self.notes)]
        return panel(heading(self._title()), forest(marks, "B - A", "used"), details("how", *notes))

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able mapping."""
        return {
            "a": {"name": self.names[0], "words": self.sizes[0]},
            "b": {"name": self.names[1], "words": self.sizes[1]},
            "shared_words": self.shared,
            "protocol": {**self.settings.to_dict(), "description": self._sentences()},
            "rows": [row.to_dict() for row in self.rows],
            "notes": list(self.notes),
        }

    def to_json(self) -> str:
        """Return the comparison as indented JSON text, without NaN."""
        return as_json(self.to_dict())

    def table(self) -> str:
        """Return the comparison as an aligned text table."""
        return "\n".join([self._title(), aligned(self._head(), self._cells()), *self._sentences(), *self.notes])

    def to_markdown(self) -> str:
        """Return the comparison as Markdown."""
        return as_markdown(self._title(), self._head(), self._cells(), self._sentences(), self.notes)

    def _title(self) -> str:
        a, b = (f"{printable(name)} ({size:,} words)" for name, size in zip(self.names, self.sizes, strict=True))
        return f"A = {a}, B = {b}"

    def _head(self) -> tuple[str, ...]:
        return ("set", "measure", "items", "A", "B", "B - A", "interval", "p", "used")

    def _cells(self) -> list[tuple[str, ...]]:
        return [
            (
                row.set if row.part == "total" else indented(row.part, 1),
                row.measure,
                row.on,
                points(row.a.value),
                points(row.b.value),
                points(row.difference.value, signed=True),
                interval(row.difference.low, row.difference.high, signed=True),
                _p(row.difference.p),
                coverage(row.a, row.of),
            )
            for row in self.rows
        ]

    def _sentences(self) -> list[str]:
        vocabulary = (
            "Vocabulary: each model's own."
            if self.shared is None
            else f"Vocabulary: both restricted to the {self.shared:,} shared words, ordered by the sum of ranks."
        )
        test = "Items: both models cover the 'covered' items; p is two-sided, from the paired bootstrap of B - A."
        return [vocabulary, test, *self.settings.sentences()]


def compare(
    a: Vectors,
    b: Vectors,
    sets: str | os.PathLike[str] | TestSet | Sequence[str | os.PathLike[str] | TestSet] | None = None,
    *,
    names: tuple[str, str] = ("A", "B"),
    columns: Columns | None = None,
    shared_vocabulary: bool = True,
    top: int | None = None,
    similarity_top: int | None = None,
    method: AnalogyMethod = "3cosadd",
    fold_case: bool = True,
    resamples: int = 5000,
    seed: int = 1,
    confidence: float = 0.95,
) -> Comparison:
    """Score two models on the same items and test the difference.

    Parameters
    ----------
    a, b : Vectors
        The difference is B minus A: positive if `b` is better.
    names : tuple of (str, str)
        Their names in the output.
    shared_vocabulary : bool
        Restrict both to their shared words, so that `top` and coverage mean the same for both. If False, each
        model uses its own words; "covered" still compares only items that both cover.
    sets, columns, top, similarity_top, method, fold_case, resamples, seed, confidence
        As in :func:`~embed.eval.report.evaluate`, which also lists the errors.

    Returns
    -------
    Comparison
    """
    settings = Settings(
        top=top,
        similarity_top=similarity_top,
        method=method,
        fold_case=fold_case,
        resamples=resamples,
        seed=seed,
        confidence=confidence,
    )
    tests = load_sets(sets, columns)
    if shared_vocabulary:
        spaces = shared_spaces(a, b, fold_case=fold_case)
    else:
        spaces = (Space(a, fold_case=fold_case), Space(b, fold_case=fold_case))
    both = [[respelled(test, space) for space in spaces] for test in tests]
    rows: list[ComparisonRow] = []
    for pair in both:
        rows += _rows(list(zip(spaces, pair, strict=True)), settings)
    return Comparison(
        names=names,
        sizes=(len(a.words), len(b.words)),
        shared=len(spaces[0]) if shared_vocabulary else None,
        settings=settings,
        rows=tuple(rows),
        notes=tuple(dict.fromkeys(notes_on([test for pair in both for test in pair]))),
    )


def _rows(sides: Sequence[tuple[Space, TestSet]], settings: Settings) -> list[ComparisonRow]:
    """Return the rows of one set, given in the spelling of each side."""
    analogies = [(space, test) for space, test in sides if isinstance(test, AnalogySet)]
    if analogies:
        return _analogy_rows(analogies, settings)
    return _similarity_rows([(space, test) for space, test in sides if isinstance(test, SimilaritySet)], settings)


def _similarity_rows(sides: Sequence[tuple[Space, SimilaritySet]], settings: Settings) -> list[ComparisonRow]:
    first, second = (cosines(space.restrict(settings.similarity_top), test) for space, test in sides)
    test = sides[0][1]
    gold = np.asarray(test.scores, dtype=np.float64)
    rows = []
    warn_of_nothing_covered(test.name, (first.covered & second.covered) | first.composed | second.composed)
    for on, chosen in (
        ("covered", first.covered & second.covered),
        ("all", np.ones(len(test), dtype=np.bool_)),
    ):
        statistics = [spearman(side.values[chosen], gold[chosen]) for side in (first, second)]
        count = int(chosen.sum())
        scored = estimates(statistics[0], statistics[1], count, count, settings)
        rows.append(ComparisonRow(test.name, "total", "Spearman", on, len(test), *scored))
    return rows


def _analogy_rows(sides: Sequence[tuple[Space, AnalogySet]], settings: Settings) -> list[ComparisonRow]:
    first, second = (answer(space.restrict(settings.top), test, method=settings.method) for space, test in sides)
    space, test = sides[0]
    warn_of_nothing_covered(test.name, first.covered & second.covered)
    cluster_of = clusters(space, test)
    syntactic = np.fromiter((test.is_syntactic(section) for section in test.sections), np.bool_, len(test))
    parts = [("total", np.ones(len(test), dtype=np.bool_))]
    if test.has_totals():
        parts += [("semantic", ~syntactic), ("syntactic", syntactic)]
    rows = []
    for part, chosen in parts:
        for on, used in (("covered", chosen & first.covered & second.covered), ("all", chosen)):
            scored = _accuracy_estimates(first, second, used, cluster_of, settings)
            rows.append(ComparisonRow(test.name, part, "accuracy", on, int(chosen.sum()), *scored))
    return rows


def _accuracy_estimates(
    first: Answers,
    second: Answers,
    used: NDArray[np.bool_],
    cluster_of: NDArray[np.int64],
    settings: Settings,
) -> tuple[Score, Score, Difference]:
    a, units = accuracy(first.correct[used], cluster_of[used])
    b, _ = accuracy(second.correct[used], cluster_of[used])
    return estimates(a, b, units, int(used.sum()), settings)


def estimates(
    a: Statistic, b: Statistic, units: int, items: int, settings: Sampling
) -> tuple[Score, Score, Difference]:
    """Return the scores of both models on the same units, and their difference."""
    resamples, seed, confidence = settings.resamples, settings.seed, settings.confidence
    score_a, score_b = (
        estimate(one, units, items=items, resamples=resamples, seed=seed, confidence=confidence) for one in (a, b)
    )
    difference = estimate_difference(a, b, units, items=items, resamples=resamples, seed=seed, confidence=confidence)
    return score_a, score_b, difference


def _p(p: float | None) -> str:
    if p is None:
        return "-"
    return f"<{_LEAST_P_SHOWN}" if p < _LEAST_P_SHOWN else f"{p:.3f}"
