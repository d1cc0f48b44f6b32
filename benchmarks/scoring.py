"""Scores vectors and flattens the report into named figures."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from embed.eval import AnalogySet, SimilaritySet, Vectors, evaluate, load_set
from embed.eval.similarity import SimilarityResult

__all__ = ["Scores", "load", "score"]


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
    """

    figures: dict[str, float | None]
    items: dict[str, int]

    def to_dict(self) -> dict[str, object]:
        """Return a JSON-able mapping."""
        return dataclasses.asdict(self)


def load(sets: Sequence[Sequence[str]]) -> list[AnalogySet | SimilaritySet]:
    """Load (name, source) pairs: what to call a set, and its path or built-in name."""
    return [dataclasses.replace(load_set(source), name=name) for name, source in sets]


def score(vectors: Vectors, tests: Sequence[AnalogySet | SimilaritySet], top: int) -> Scores:
    """Score vectors on sets that are loaded; analogies are answered from the `top` most frequent words."""
    figures: dict[str, float | None] = {}
    items: dict[str, int] = {}
    # the intervals within a run are not used: what counts here is the variation between seeds
    for result in evaluate(vectors, tests, top=top, resamples=1).results:
        figures[result.name] = result.headline.value
        items[result.name] = result.headline.items
        if isinstance(result, SimilarityResult):
            if result.composed:
                name = f"{result.name} all pairs"
                figures[name], items[name] = result.spearman_all.value, result.pairs
            continue
        for kind, part in (("semantic", result.semantic), ("syntactic", result.syntactic)):
            if part is not None:
                name = f"{result.name} {kind}"
                figures[name], items[name] = part.covered.value, part.covered_questions
    return Scores(figures, items)
