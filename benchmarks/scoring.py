"""Scores vectors and flattens the report into named figures."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from embed.eval import AnalogySet, SimilaritySet, Vectors, evaluate, load_set
from embed.eval.similarity import SimilarityResult

__all__ = ["score"]


def score(vectors: Vectors, sets: Sequence[Sequence[str]], top: int) -> dict[str, float | None]:
    """Return percent points by figure.

    Parameters
    ----------
    vectors : Vectors
    sets : sequence of (name, source)
        What to call a set, and its path or built-in name.
    top : int
        Analogies are answered from that many most frequent words.

    Returns
    -------
    dict
        Similarity: Spearman on the covered pairs under the name of the set, and on all pairs as "NAME all pairs"
        where some could be composed. Analogies: the total, "NAME semantic" and "NAME syntactic".
    """
    tests = [_named(load_set(source), name) for name, source in sets]
    figures: dict[str, float | None] = {}
    # the intervals within a run are not used: what counts here is the variation between seeds
    for result in evaluate(vectors, tests, top=top, resamples=1).results:
        figures[result.name] = result.headline.value
        if isinstance(result, SimilarityResult):
            if result.composed:
                figures[f"{result.name} all pairs"] = result.spearman_all.value
            continue
        for kind, part in (("semantic", result.semantic), ("syntactic", result.syntactic)):
            if part is not None:
                figures[f"{result.name} {kind}"] = part.covered.value
    return figures


def _named(test: AnalogySet | SimilaritySet, name: str) -> AnalogySet | SimilaritySet:
    return dataclasses.replace(test, name=name)
