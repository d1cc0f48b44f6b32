"""Score word similarity: the rank correlation of cosines with human scores.

Spearman's coefficient is Pearson's coefficient of the average ranks (Spearman 1904; ties share a rank). Both are
computed for weighted pairs, because a bootstrap resample is a vector of weights (see :mod:`embed.eval.bootstrap`).

Cosines are rounded to a millionth, the precision of float32 vectors, so that every word has the same similarity to
itself, and pairs that differ only by rounding share a rank.

Rejected: scipy.stats (importing it takes a second, and it has no weighted form); a test checks that both agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bootstrap import Floats, Score, Statistic, estimate
from .protocol import Settings
from .sets import SimilaritySet, warn_of_nothing_covered
from .space import Space

__all__ = [
    "Cosines",
    "SimilarityResult",
    "average_ranks",
    "cosines",
    "evaluate_similarity",
    "pearson",
    "spearman",
]


_DECIMALS = 6  # of a cosine
_SAME = 1e-9  # scores closer than this share of the largest score are equal means, summed in another order


@dataclass(frozen=True)
class Cosines:
    """The cosine of each pair of a set.

    Attributes
    ----------
    values : ndarray of float64, shape (n,)
        Rounded to a millionth; 0 if a word has no vector.
    covered : ndarray of bool, shape (n,)
        Both words are in the vocabulary.
    composed : ndarray of bool, shape (n,)
        The pair is not covered, but its missing words were composed.
    """

    values: Floats
    covered: NDArray[np.bool_]
    composed: NDArray[np.bool_]


@dataclass(frozen=True)
class SimilarityResult:
    """The scores of one similarity set, in percent points.

    Attributes
    ----------
    name : str
    pairs, covered, composed : int
        The number of all pairs, of pairs with both words in the vocabulary, and of pairs with a composed word.
    spearman, pearson : Score
        On the covered pairs.
    spearman_all, pearson_all : Score
        On all pairs, with composed vectors where possible, else similarity 0.
    """

    name: str
    pairs: int
    covered: int
    composed: int
    spearman: Score
    pearson: Score
    spearman_all: Score
    pearson_all: Score

    @property
    def headline(self) -> Score:
        """The main score: Spearman on the covered pairs."""
        return self.spearman

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able mapping."""
        return {
            "set": self.name,
            "kind": "similarity",
            "items": self.pairs,
            "covered": self.covered,
            "composed": self.composed,
            "spearman": {"covered": self.spearman.to_dict(), "all": self.spearman_all.to_dict()},
            "pearson": {"covered": self.pearson.to_dict(), "all": self.pearson_all.to_dict()},
        }


def evaluate_similarity(space: Space, test: SimilaritySet, settings: Settings) -> SimilarityResult:
    """Score one similarity set; `space` is not yet restricted to `settings.similarity_top`."""
    found = cosines(space.restrict(settings.similarity_top), test)
    gold = np.asarray(test.scores, dtype=np.float64)
    covered = found.covered
    warn_of_nothing_covered(test.name, covered | found.composed)

    def score(make: Callable[[Floats, Floats], Statistic], chosen: NDArray[np.bool_]) -> Score:
        count = int(chosen.sum())
        return estimate(
            make(found.values[chosen], gold[chosen]),
            count,
            items=count,
            resamples=settings.resamples,
            seed=settings.seed,
            confidence=settings.confidence,
        )

    everything = np.ones(len(test), dtype=np.bool_)
    return SimilarityResult(
        name=test.name,
        pairs=len(test),
        covered=int(covered.sum()),
        composed=int(found.composed.sum()),
        spearman=score(spearman, covered),
        pearson=score(pearson, covered),
        spearman_all=score(spearman, everything),
        pearson_all=score(pearson, everything),
    )


def cosines(space: Space, test: SimilaritySet) -> Cosines:
    """Compute the cosine of each pair of `test`, composing missing words where possible."""
    count = len(test)
    words = list(dict.fromkeys(word for pair in test.pairs for word in pair))
    found = space.find(words)
    present = np.fromiter((space.key(word) in found for word in words), np.bool_, len(words))
    composed = space.compose(word for word, here in zip(words, present, strict=True) if not here)
    known = present | np.fromiter((word in composed for word in words), np.bool_, len(words))
    vectors = np.zeros((len(words), space.dim))
    if present.any():
        vectors[present] = space.unit_rows([found[space.key(word)][0] for word in words if space.key(word) in found])
    if composed:
        vectors[known & ~present] = np.stack([composed[word] for word in words if word in composed])
    index = {word: i for i, word in enumerate(words)}
    left = np.fromiter((index[a] for a, _ in test.pairs), dtype=np.int64, count=count)
    right = np.fromiter((index[b] for _, b in test.pairs), dtype=np.int64, count=count)
    values = np.round(np.einsum("ij,ij->i", vectors[left], vectors[right]), _DECIMALS)
    covered = present[left] & present[right]
    has_value = known[left] & known[right]
    return Cosines(np.where(has_value, values, 0.0), covered, has_value & ~covered)


def pearson(x: Floats, y: Floats) -> Statistic:
    """Return Pearson's correlation of `x` and `y` (both of shape (n,)) as a function of weights."""

    def statistic(weights: Floats) -> Floats:
        return _weighted_correlation(x[np.newaxis], y[np.newaxis], weights)

    return statistic


def spearman(x: Floats, y: Floats) -> Statistic:
    """Return Spearman's correlation of `x` and `y` (both of shape (n,)) as a function of weights."""
    rank_x, rank_y = _weighted_ranks(x), _weighted_ranks(y)

    def statistic(weights: Floats) -> Floats:
        return _weighted_correlation(rank_x(weights), rank_y(weights), weights)

    return statistic


def average_ranks(values: Floats) -> Floats:
    """Return the ranks of `values`, from one, shape (n,); ties share their mean rank."""
    ranks: Floats = _weighted_ranks(values)(np.ones((1, len(values))))[0]
    return ranks


def _weighted_ranks(values: Floats) -> Statistic:
    """Return the average ranks of `values` as a function of weights (r, n) -> ranks (r, n).

    With c items below a group of ties and m items in it, each of the m has the rank c + (m + 1) / 2; weights are
    numbers of items.
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    is_first = np.ones(len(values), dtype=np.bool_)
    is_first[1:] = np.diff(ordered) > _SAME * np.abs(values).max(initial=0.0)
    starts = np.flatnonzero(is_first)
    group = np.empty(len(values), dtype=np.int64)
    group[order] = np.cumsum(is_first) - 1

    def ranks(weights: Floats) -> Floats:
        members = np.add.reduceat(weights[:, order], starts, axis=1)
        middle = np.cumsum(members, axis=1) - (members - 1) / 2
        chosen: Floats = middle[:, group]
        return chosen

    return ranks


def _weighted_correlation(x: Floats, y: Floats, weights: Floats) -> Floats:
    """Return Pearson's correlation for each row of `weights` (r, n); `x` and `y` are (1, n) or (r, n)."""
    total = weights.sum(axis=1, keepdims=True)
    x = x - (weights * x).sum(axis=1, keepdims=True) / total
    y = y - (weights * y).sum(axis=1, keepdims=True) / total
    weighted_x, weighted_y = weights * x, weights * y
    spread = (weighted_x * x).sum(axis=1) * (weighted_y * y).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = (weighted_x * y).sum(axis=1) / np.sqrt(spread)
    defined: Floats = np.where(spread > 0, np.clip(correlation, -1.0, 1.0), np.nan)
    return defined
