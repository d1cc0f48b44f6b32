"""Score vectors on test sets, and report the scores with their protocol.

A report is a value, and its table, JSON and Markdown are three views, so they always agree. Every row has two scores:
on the covered items, and on all items, counting missing items as wrong. Either alone can be gamed by the choice of
vocabulary.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from embed.choices import AnalogyMethod
from embed.markup import details, heading, line, panel
from embed.messages import printable

from .analogy import AnalogyResult, evaluate_analogies
from .bootstrap import Score
from .columns import Columns
from .forest import Mark, forest, headlines
from .protocol import Settings, Vectors
from .render import aligned, as_json, as_markdown, coverage, indented, interval, points
from .respelling import respelled
from .sets import AnalogySet, TestSet, load_sets, notes_on
from .similarity import SimilarityResult, evaluate_similarity
from .space import Space
from .tasks.task import TaskResult, TaskSettings

__all__ = ["Report", "evaluate"]

_HEAD = ("set", "measure", "covered", "interval", "all", "interval", "coverage", "composed")


@dataclass(frozen=True, repr=False)
class Report:
    """The scores of one set of vectors.

    Attributes
    ----------
    name : str
        The name of the vectors in the output.
    words, dim : int
        The number of words and of dimensions.
    settings : Settings or TaskSettings
        The protocol.
    results : tuple of SimilarityResult, AnalogyResult or TaskResult
        In the order of the given sets.
    notes : tuple of str
        How the files of the sets were read: the columns, and what was skipped.
    """

    name: str
    words: int
    dim: int
    settings: Settings | TaskSettings
    results: tuple[SimilarityResult | AnalogyResult | TaskResult, ...]
    notes: tuple[str, ...] = ()

    @property
    def scores(self) -> dict[str, float | None]:
        """The headline score of each set (covered items), in percent points."""
        return {result.name: result.headline.value for result in self.results}

    def __repr__(self) -> str:
        sets = headlines((result.name, result.headline) for result in self.results)
        return f"<Report: {printable(self.name)}, {sets}>"

    def _repr_html_(self) -> str:
        marks = [
            Mark(row.name, row.measure, row.covered, coverage(row.covered, row.everything.items))
            for row in self._lines(sections=False)
        ]
        notes = [line(text) for text in (*self.settings.sentences(), *self.notes)]
        return panel(heading(self._title()), forest(marks, "covered", "coverage"), details("how", *notes))

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able mapping."""
        return {
            "vectors": {"name": self.name, "words": self.words, "dim": self.dim},
            "protocol": {**self.settings.to_dict(), "description": self.settings.sentences()},
            "results": [result.to_dict() for result in self.results],
            "notes": list(self.notes),
        }

    def to_json(self) -> str:
        """Return the report as indented JSON text, without NaN."""
        return as_json(self.to_dict())

    def table(self, *, sections: bool = False) -> str:
        """Return the report as an aligned text table, with each section of an analogy set if `sections`."""
        lines = [self._title(), aligned(_HEAD, self._rows(sections)), *self.settings.sentences(), *self.notes]
        return "\n".join(lines)

    def to_markdown(self, *, sections: bool = True) -> str:
        """Return the report as Markdown, with each section of an analogy set unless `sections` is False."""
        return as_markdown(self._title(), _HEAD, self._rows(sections), self.settings.sentences(), self.notes)

    def _title(self) -> str:
        return f"{printable(self.name)}: {self.words:,} words x {self.dim} dimensions"

    def _rows(self, sections: bool) -> list[tuple[str, ...]]:
        return [line.cells() for line in self._lines(sections)]

    def _lines(self, sections: bool) -> list[_Line]:
        lines = []
        for result in self.results:
            if isinstance(result, SimilarityResult):
                lines += _similarity_lines(result)
            elif isinstance(result, AnalogyResult):
                lines += _analogy_lines(result, sections)
            else:
                lines += _task_lines(result)
        return lines


def evaluate(
    vectors: Vectors,
    sets: str | os.PathLike[str] | TestSet | Sequence[str | os.PathLike[str] | TestSet] | None = None,
    *,
    name: str = "vectors",
    columns: Columns | None = None,
    top: int | None = None,
    similarity_top: int | None = None,
    method: AnalogyMethod = "3cosadd",
    fold_case: bool = True,
    resamples: int = 1000,
    seed: int = 1,
    confidence: float = 0.95,
) -> Report:
    """Score vectors on test sets.

    Parameters
    ----------
    vectors : Vectors
        Any object with `words`, `matrix`, `can_compose` and `vector`.
    sets : name, path, set, sequence of these, or None
        The names are "google", "wordsim353" and "simlex999"; None means these three. Files of scored pairs and of
        analogies are recognised by content.
    name : str
        The name of the vectors in the output.
    columns : sequence of int or str, optional
        The columns of the files, if they are ambiguous; see :func:`~embed.eval.sets.load_set`.
    top, similarity_top, method, fold_case, resamples, seed, confidence
        The protocol, see :class:`~embed.eval.protocol.Settings`. `top` restricts analogies only, as in
        word2vec's compute-accuracy; `similarity_top` restricts similarity.

    Returns
    -------
    Report

    Raises
    ------
    ConfigError
        A setting is out of bounds, or a set is unknown.
    FormatError
        A test file is malformed, or a vector is not finite.
    MissingExtraError
        A named set needs gensim's data, and gensim is not installed.
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
    space = Space(vectors, fold_case=fold_case)
    tests = [respelled(test, space) for test in tests]
    results = tuple(
        evaluate_analogies(space, test, settings)
        if isinstance(test, AnalogySet)
        else evaluate_similarity(space, test, settings)
        for test in tests
    )
    return Report(name, len(space), space.dim, settings, results, notes_on(tests))


@dataclass(frozen=True)
class _Line:
    """A line of the table: a measure, on the covered items and on all; `composed` is blank where it does not apply."""

    name: str
    measure: str
    covered: Score
    everything: Score
    composed: str = ""

    def cells(self) -> tuple[str, ...]:
        return (
            self.name,
            self.measure,
            points(self.covered.value),
            interval(self.covered.low, self.covered.high),
            points(self.everything.value),
            interval(self.everything.low, self.everything.high),
            coverage(self.covered, self.everything.items),
            self.composed,
        )


def _similarity_lines(result: SimilarityResult) -> list[_Line]:
    return [
        _Line(result.name, "Spearman", result.spearman, result.spearman_all, str(result.composed)),
        _Line("", "Pearson", result.pearson, result.pearson_all, str(result.composed)),
    ]


def _analogy_lines(result: AnalogyResult, sections: bool) -> list[_Line]:
    lines = [_Line(result.name, "accuracy", result.total.covered, result.total.all)]
    totals = [part for part in (result.semantic, result.syntactic) if part]
    for part in [*totals, *(result.sections if sections else ())]:
        lines.append(_Line(indented(part.name, 1), "accuracy", part.covered, part.all))
    return lines


def _task_lines(result: TaskResult) -> list[_Line]:
    names = [result.name, *[""] * len(result.scores)]
    return [
        _Line(name, measure, covered or Score(None, None, None, result.covered), everything, str(result.composed))
        for name, (measure, covered, everything) in zip(names, result.scores, strict=False)
    ]
