"""Score recommendations by leave-one-out: of each sequence an item is hidden, and ranked by the rest among all items.

For a query whose hidden item has the rank r among the N items that are not in the rest:

- the hit rate at k is the share of queries with r <= k;
- the mean reciprocal rank (MRR) is the mean of 1 / r.

Of a hidden item that has no score, because training did not know it, the rank is infinite: both measures count 0. Items
of equal scores have no order; each has the mean rank of the equals. A query without a known item is no query.

Rejected: ranking among a sample of items (Krichene & Rendle, KDD 2020: it ranks recommenders wrongly).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from embed.arguments import iterable, shown, whole_number
from embed.errors import ConfigError, CorpusError

from .bootstrap import Floats, Score, estimate, mean_of

__all__ = ["Recommendation", "Recommender", "evaluate_recommend"]


class Recommender(Protocol):
    """Scores all items beside some; :class:`embed.ItemVectors` is one."""

    @property
    def items(self) -> Sequence[Hashable]:
        """The items, length N."""

    def next_scores(self, rows: Sequence[int]) -> npt.NDArray[np.floating]:
        """Return the score of each item beside those of some rows, shape (N,), the larger the better."""


@dataclass(frozen=True, eq=False)
class Recommendation:
    """The rank of the hidden item of each query.

    Attributes
    ----------
    ranks : float64 array, shape (Q,)
        From 1; infinity for an item that the recommender does not know.
    k : int
        The ranks that the hit rate looks at.
    """

    ranks: Floats
    k: int

    @property
    def hit_rate(self) -> float:
        """The share of queries whose hidden item is among the first `k`, from 0 to 1."""
        return float((self.ranks <= self.k).mean())

    @property
    def mrr(self) -> float:
        """The mean reciprocal rank, from 0 to 1."""
        return float((1 / self.ranks).mean())

    def intervals(self, *, resamples: int = 1000, seed: int = 1, confidence: float = 0.95) -> dict[str, Score]:
        """Return "hit_rate" and "mrr" in percent points, each with its bootstrap interval over queries."""
        values = {"hit_rate": (self.ranks <= self.k).astype(np.float64), "mrr": 1 / self.ranks}
        return {
            name: estimate(
                mean_of(each),
                len(each),
                items=len(each),
                resamples=resamples,
                seed=seed,
                confidence=confidence,
            )
            for name, each in values.items()
        }

    def __str__(self) -> str:
        return f"hit rate@{self.k} {self.hit_rate:.3f}, MRR {self.mrr:.3f} over {len(self.ranks):,} queries"


def evaluate_recommend(
    recommender: Recommender, sequences: Iterable[Sequence[Hashable]], *, k: int = 20, every: bool = False
) -> Recommendation:
    """Hide an item of each sequence, and look for it by the others.

    Parameters
    ----------
    recommender : Recommender
        Such as the result of :func:`embed.train_items`, trained on other sequences.
    sequences : iterable of sequences of hashable objects
        Sessions or baskets; those of fewer than two items are skipped.
    k : int
        The ranks that the hit rate looks at.
    every : bool
        Hide every item of a sequence in turn, as fits baskets, which have no order. False: the last one, as fits
        sessions.

    Returns
    -------
    Recommendation

    Raises
    ------
    ConfigError
        `k` is not positive, or no sequence has two items of which one is known.
    CorpusError
        A sequence is no list of items.
    """
    k = whole_number("k", k, 1)
    if not iterable(sequences):
        raise CorpusError(f"sequences must be an iterable of lists of items, not {shown(sequences)}")
    row_of = {item: row for row, item in enumerate(recommender.items)}
    ranks = []
    for number, sequence in enumerate(sequences, 1):
        if isinstance(sequence, (str, bytes)) or not iterable(sequence):
            raise CorpusError(f"sequence {number:,} must be a list of items, not {shown(sequence)}")
        items = list(sequence)
        try:
            rows = [row_of.get(item) for item in items]
        except TypeError:
            raise CorpusError(f"sequence {number:,} has an item that is not hashable: use tuples as items") from None
        for hidden in range(len(items)) if every else [len(items) - 1]:
            if (rank := _rank(recommender, rows, hidden)) is not None:
                ranks.append(rank)
    if not ranks:
        raise ConfigError("no sequence has two items of which one is known: give sequences of the items of the vectors")
    return Recommendation(np.array(ranks), k)


def _rank(recommender: Recommender, rows: Sequence[int | None], hidden: int) -> float | None:
    """Return the rank of the hidden item; None if there is no known item beside it."""
    target = rows[hidden] if rows else None
    rest = list(dict.fromkeys(row for n, row in enumerate(rows) if n != hidden and row is not None and row != target))
    if not rest:
        return None
    if target is None:
        return np.inf
    scores = recommender.next_scores(rest)
    others = np.delete(scores, [target, *rest])
    equal = np.count_nonzero(others == scores[target])
    return 1 + np.count_nonzero(others > scores[target]) + equal / 2
