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
from typing import Any, cast

import numpy as np

from embed.choices import AnalogyMethod
from embed.errors import ConfigError
from embed.markup import details, heading, line, panel
from embed.messages import printable

from .analogy import Answers, answer, clusters
from .bootstrap import Difference, OverRuns, Score, Statistic, estimate, estimate_difference
from .columns import Columns
from .forest import Mark, forest, headlines
from .protocol import Sampling, Settings, Vectors
from .render import aligned, as_json, as_markdown, coverage, indented, interval, points
from .respelling import respelled
from .sets import AnalogySet, SimilaritySet, TestSet, load_sets, notes_on, warn_of_nothing_covered
from .shares import accuracy
from .similarity import Cosines, cosines, spearman
from .space import Space, shared_spaces
from .tasks.task import TaskSettings

__all__ = ["Comparison", "ComparisonRow", "compare", "estimates"]

_LEAST_P_SHOWN = 0.001
_OVER_RUNS = "each resample scores the next of the replicates, so that the intervals cover texts and training runs, too"


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
    runs : tuple of (int, int)
        How many replicates of each model were scored.
    """

    names: tuple[str, str]
    sizes: tuple[int, int]
    shared: int | None
    settings: Settings | TaskSettings
    rows: tuple[ComparisonRow, ...]
    notes: tuple[str, ...] = ()
    runs: tuple[int, int] = (1, 1)

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
            **{
                side: {"name": name, "words": size, **({"replicates": runs} if runs > 1 else {})}
                for side, name, size, runs in zip("ab", self.names, self.sizes, self.runs, strict=True)
            },
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
        a, b = (
            f"{printable(name)} ({size:,} words{f', {runs} replicates' if runs > 1 else ''})"
            for name, size, runs in zip(self.names, self.sizes, self.runs, strict=True)
        )
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
        if isinstance(self.settings, Settings) and max(self.runs) > 1:
            return [vocabulary, test, *self.settings.sentences(_OVER_RUNS)]
        return [vocabulary, test, *self.settings.sentences()]


def compare(
    a: Vectors | Sequence[Vectors],
    b: Vectors | Sequence[Vectors],
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
    a, b : Vectors, or sequence of Vectors
        The difference is B minus A: positive if `b` is better. Of a sequence, such as :class:`embed.Replicates`, the
        scores are means, and the intervals cover the differences between its members, which have the same words.
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
    models = _runs_of(a), _runs_of(b)
    found: list[list[_Side]] = [[] for _ in tests]
    notes: dict[str, None] = {}
    shared = None
    # one run of each model after the other, so that one space of each is in memory; the words of all runs are the same
    for number in range(max(map(len, models))):
        first, second = (runs[number % len(runs)] for runs in models)
        if shared_vocabulary:
            spaces = shared_spaces(first, second, fold_case=fold_case)
            shared = len(spaces[0])
        else:
            spaces = (Space(first, fold_case=fold_case), Space(second, fold_case=fold_case))
        for test, sides in zip(tests, found, strict=True):
            pair = [respelled(test, space) for space in spaces]
            notes |= dict.fromkeys(notes_on(pair))
            for side, (space, spelled) in enumerate(zip(spaces, pair, strict=True)):
                if number < len(models[side]):
                    if len(sides) <= side:
                        sides.append(_Side(space, spelled))
                    sides[side].add(space, settings)
    rows: list[ComparisonRow] = []
    for sides in found:
        rows += _analogy_rows(sides, settings) if sides[0].answers else _similarity_rows(sides, settings)
    return Comparison(
        names=names,
        sizes=(len(models[0][0].words), len(models[1][0].words)),
        shared=shared,
        settings=settings,
        rows=tuple(rows),
        notes=tuple(notes),
        runs=(len(models[0]), len(models[1])),
    )


class _Side:
    """What the runs of one model reach on one set, given in its spelling."""

    def __init__(self, space: Space, test: TestSet) -> None:
        self.test = test
        self.cosines: list[Cosines] = []
        self.answers: list[Answers] = []
        self.cluster_of = clusters(space, test) if isinstance(test, AnalogySet) else np.empty(0, np.int64)

    def add(self, space: Space, settings: Settings) -> None:
        """Score the next run."""
        if isinstance(self.test, AnalogySet):
            self.answers.append(answer(space.restrict(settings.top), self.test, method=settings.method))
        elif isinstance(self.test, SimilaritySet):
            self.cosines.append(cosines(space.restrict(settings.similarity_top), self.test))


def _runs_of(model: Vectors | Sequence[Vectors]) -> Sequence[Vectors]:
    """Return the runs of a model: the vectors themselves, or the members of a sequence."""
    if not isinstance(model, Sequence) or hasattr(model, "matrix"):
        return [cast("Vectors", model)]
    if not model or any(run.words != model[0].words for run in model):
        raise ConfigError("a sequence of vectors to compare needs the same words in all of them, and at least one")
    return model


def _similarity_rows(sides: Sequence[_Side], settings: Settings) -> list[ComparisonRow]:
    first, second = (side.cosines[0] for side in sides)
    test = sides[0].test
    assert isinstance(test, SimilaritySet)
    gold = np.asarray(test.scores, dtype=np.float64)
    rows = []
    warn_of_nothing_covered(test.name, (first.covered & second.covered) | first.composed | second.composed)
    for on, chosen in (
        ("covered", first.covered & second.covered),
        ("all", np.ones(len(test), dtype=np.bool_)),
    ):
        a, b = (_over([spearman(run.values[chosen], gold[chosen]) for run in side.cosines]) for side in sides)
        count = int(chosen.sum())
        scored = estimates(a, b, count, count, settings)
        rows.append(ComparisonRow(test.name, "total", "Spearman", on, len(test), *scored))
    return rows


def _analogy_rows(sides: Sequence[_Side], settings: Settings) -> list[ComparisonRow]:
    first, second = (side.answers[0] for side in sides)
    test, cluster_of = sides[0].test, sides[0].cluster_of
    assert isinstance(test, AnalogySet)
    warn_of_nothing_covered(test.name, first.covered & second.covered)
    syntactic = np.fromiter((test.is_syntactic(section) for section in test.sections), np.bool_, len(test))
    parts = [("total", np.ones(len(test), dtype=np.bool_))]
    if test.has_totals():
        parts += [("semantic", ~syntactic), ("syntactic", syntactic)]
    rows = []
    for part, chosen in parts:
        for on, used in (("covered", chosen & first.covered & second.covered), ("all", chosen)):
            a, b = ([accuracy(run.correct[used], cluster_of[used]) for run in side.answers] for side in sides)
            units = a[0][1]
            first_share, second_share = (_over([share for share, _ in runs]) for runs in (a, b))
            scored = estimates(first_share, second_share, units, int(used.sum()), settings)
            rows.append(ComparisonRow(test.name, part, "accuracy", on, int(chosen.sum()), *scored))
    return rows


def _over(runs: Sequence[Statistic]) -> Statistic:
    """Return the statistic of all runs of a model."""
    return runs[0] if len(runs) == 1 else OverRuns(runs)


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
