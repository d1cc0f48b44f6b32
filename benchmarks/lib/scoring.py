"""The test sets of a command, and vectors scored on them as named figures."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from benchmarks.lib.processes import BenchmarkError
from embed.eval import AnalogySet, SimilaritySet, Tag, Vectors, evaluate, evaluate_task, load_set
from embed.eval.similarity import SimilarityResult

STANDARD_SETS = [(name, name) for name in ("google", "wordsim353", "simlex999")]
"""(name, source): what to call a set, and its path or built-in name."""
LEAST_ITEMS = 100
"""A score from fewer says nothing."""
KINDS = ("similarity", "all pairs", "analogies", "tags")
"""The kinds of task that sets are of."""
COVERED = ("similarity", "analogies")
"""Those that are scored on what the vocabulary covers."""


@dataclasses.dataclass(frozen=True)
class Scores:
    """What vectors reach.

    Attributes
    ----------
    figures : dict
        Percent points. Similarity: Spearman on the covered pairs under the name of the set, and on all pairs as
        "NAME all pairs" where some could be composed. Analogies: the total, "NAME semantic" and "NAME syntactic".
    items : dict
        By the same names, how many pairs or questions the figure is taken from.
    kinds : dict
        The scores of each set by its kind of task; None from fewer than `LEAST_ITEMS` pairs or questions.
    """

    figures: dict[str, float | None]
    items: dict[str, int]
    kinds: dict[str, dict[str, float | None]]


def named_sets(given: Sequence[str]) -> list[tuple[str, str]]:
    """Return the standard sets and those given as ``NAME=PATH`` or ``PATH``.

    Raises
    ------
    BenchmarkError
        If a file is not there or two sets have one name.
    """
    sets = list(STANDARD_SETS)
    for item in given:
        name, equals, path = item.partition("=")
        if not equals:
            name, path = Path(item).stem, item
        if not Path(path).is_file():
            raise BenchmarkError(f"--sets {item}: there is no file {path}")
        if name in dict(sets):
            raise BenchmarkError(f"--sets {item}: there is another set named {name!r}; write NAME=PATH")
        sets.append((name, str(Path(path).resolve())))
    return sets


def load(sets: Sequence[Sequence[str]]) -> list[AnalogySet | SimilaritySet]:
    """Load (name, source) pairs."""
    return [dataclasses.replace(load_set(source), name=name) for name, source in sets]


def score(vectors: Vectors, tests: Sequence[AnalogySet | SimilaritySet], top: int, tags: Sequence[str] = ()) -> Scores:
    """Score vectors on sets that are loaded, and by a tagger on the files TRAIN TEST [COLUMN] of `tags`.

    Analogies are answered from the `top` most frequent words.
    """
    found = Scores({}, {}, {kind: {} for kind in KINDS})

    def add(name: str, value: float | None, items: int) -> None:
        found.figures[name], found.items[name] = value, items

    # the intervals within a run are not used: what counts here is the variation between seeds
    def of_kind(kind: str, name: str, value: float | None, items: int) -> None:
        found.kinds[kind][name] = value if items >= LEAST_ITEMS else None

    for result in evaluate(vectors, tests, top=top, resamples=1).results:
        add(result.name, result.headline.value, result.headline.items)
        if isinstance(result, SimilarityResult):
            of_kind("similarity", result.name, result.headline.value, result.covered)
            of_kind("all pairs", result.name, result.spearman_all.value, result.pairs)
            if result.composed:
                add(f"{result.name} all pairs", result.spearman_all.value, result.pairs)
            continue
        of_kind("analogies", result.name, result.headline.value, result.headline.items)
        for kind, part in (("semantic", result.semantic), ("syntactic", result.syntactic)):
            if part is not None:
                add(f"{result.name} {kind}", part.covered.value, part.covered_questions)
    if tags:
        train, test, *column = tags
        task = Tag(train=train, label=int(column[0]) if column else None)
        (result,) = evaluate_task(vectors, task, test, resamples=1).results
        found.kinds["tags"][result.name] = result.scores[0][2].value
    return found
