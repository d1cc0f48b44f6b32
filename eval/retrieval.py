"""Score retrieval: each document is a query against all others, and those that share a label with it are relevant.

For a query with R relevant documents, and g_i = 1 if the document at rank i is relevant, else 0:

- average precision AP = (1 / R) sum_i g_i (g_1 + ... + g_i) / i, over the whole ranking; MAP is its mean over queries
  (Manning, Raghavan & Schütze 2008, section 8.4);
- NDCG@k = sum_{i <= k} g_i / log2(i + 1), divided by the same sum of a perfect ranking (Järvelin & Kekäläinen 2002).

Documents at the same distance, of which short codes have many, have no order. Both measures are then the mean over all
orders of the equals, in closed form (McSherry & Najork 2008): in a group of n equals with r
relevant, which begins after s documents with R' relevant, the j-th place is relevant with probability r / n, and then
has R' + 1 + (j - 1) (r - 1) / (n - 1) relevant documents up to itself. Only the ranks of the relevant documents are
looked up, so a query costs one sort of numbers.

Memory holds a block of queries times all documents.

Rejected: the order of the file among equals (a file sorted by label would score better); scikit-learn's
``average_precision_score`` (gives equals the precision at their end; the tests compare both where nothing is equal).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.arguments import whole_number
from embed.errors import ConfigError

from .bootstrap import Floats, Score, estimate, mean_of

__all__ = ["Retrieval", "cosine_scores", "evaluate_retrieval"]

Scores = Callable[[slice], npt.NDArray[Any]]
"""Takes the rows of some queries; returns their scores, shape (queries, N), larger for better, of any numeric type."""

BLOCK_PAIRS = 1 << 21
"""Pairs of a query and a document that are ranked at once: 16 MB an array."""


@dataclass(frozen=True, eq=False)
class Retrieval:
    """The scores of each query.

    Attributes
    ----------
    queries : int64 array, shape (Q,)
        The rows of the documents to which another document is relevant. The others have no score.
    average_precision, ndcg : float64 array, shape (Q,)
        From 0 to 1.
    k : int
        The ranks that NDCG looks at.
    """

    queries: npt.NDArray[np.int64]
    average_precision: Floats
    ndcg: Floats
    k: int

    @property
    def map(self) -> float:
        """The mean average precision, from 0 to 1."""
        return float(self.average_precision.mean())

    @property
    def mean_ndcg(self) -> float:
        """The mean NDCG at `k`, from 0 to 1."""
        return float(self.ndcg.mean())

    def intervals(self, *, resamples: int = 1000, seed: int = 1, confidence: float = 0.95) -> dict[str, Score]:
        """Return "map" and "ndcg" in percent points, each with its bootstrap interval over queries."""
        return {
            name: estimate(
                mean_of(values),
                len(values),
                items=len(values),
                resamples=resamples,
                seed=seed,
                confidence=confidence,
            )
            for name, values in (("map", self.average_precision), ("ndcg", self.ndcg))
        }

    def __str__(self) -> str:
        return f"MAP {self.map:.3f}, NDCG@{self.k} {self.mean_ndcg:.3f} over {len(self.queries):,} queries"


def evaluate_retrieval(scores: Scores, labels: Sequence[Hashable | frozenset[Hashable]], *, k: int = 10) -> Retrieval:
    """Score a ranking of all other documents for each document.

    Parameters
    ----------
    scores : callable
        Takes a slice of the N documents as queries; returns their scores with all documents, shape (queries, N), the
        larger the better. :func:`cosine_scores` makes one of vectors; for codes, negate their Hamming distances.
    labels : sequence of hashable objects or frozensets, length N
        The label of each document, or the set of its labels. A document is relevant if it shares a label.
    k : int
        The ranks that NDCG looks at.

    Returns
    -------
    Retrieval

    Raises
    ------
    ConfigError
        `k` is not positive, no two documents share a label, or the scores have another shape or hold NaN.
    """
    k, documents = whole_number("k", k, 1), len(labels)
    relevant_to = _Labels(labels)
    sums = _Sums(documents, k)
    queries, precisions, gains = [], [], []
    block = max(1, BLOCK_PAIRS // max(1, documents))
    for start in range(0, documents, block):
        rows = slice(start, min(start + block, documents))
        found = np.asarray(scores(rows))
        if found.shape != (rows.stop - start, documents):
            wanted = (rows.stop - start, documents)
            raise ConfigError(f"scores of {wanted[0]} queries must have the shape {wanted}, not {found.shape}")
        if found.dtype.kind != "f":
            found = found.astype(np.int64)  # unsigned numbers cannot be negated
        elif np.isnan(found).any():
            raise ConfigError("scores hold NaN: give numbers")
        for row, query in enumerate(range(start, rows.stop)):
            shared = np.delete(relevant_to(query), query)
            if shared.any():
                precision, gain = _scored(np.delete(found[row], query), shared, sums)
                queries.append(query)
                precisions.append(precision)
                gains.append(gain)
    if not queries:
        raise ConfigError("no two documents share a label: give the labels of more documents")
    return Retrieval(np.array(queries, np.int64), np.array(precisions), np.array(gains), k)


def cosine_scores(vectors: npt.ArrayLike) -> Scores:
    """Return the scores of vectors, shape (N, dim): float32 cosines; a zero vector has cosine 0 with all."""
    rows = np.asarray(vectors, np.float32)
    if rows.ndim != 2:
        raise ConfigError(f"vectors must have the shape (N, dim), not {rows.shape}")
    norms = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    units = (rows / np.where(norms > 0, norms, 1)).astype(np.float32)
    return lambda queries: units[queries] @ units.T


class _Labels:
    """The labels of each document, and the documents of each label."""

    def __init__(self, labels: Sequence[Any]) -> None:
        self._of = [one if isinstance(one, (set, frozenset)) else (one,) for one in labels]
        documents: dict[Hashable, list[int]] = {}
        for document, own in enumerate(self._of):
            for label in own:
                documents.setdefault(label, []).append(document)
        self._documents = {label: np.array(rows, np.int64) for label, rows in documents.items()}

    def __call__(self, document: int) -> npt.NDArray[np.bool_]:
        """Return which documents share a label with a document, shape (documents,)."""
        shared = np.zeros(len(self._of), np.bool_)
        for label in self._of[document]:
            shared[self._documents[label]] = True
        return shared


def _scored(scores: npt.NDArray[Any], relevant: npt.NDArray[np.bool_], sums: _Sums) -> tuple[float, float]:
    """Return the average precision and the NDCG of a query, of the scores of all documents but its own."""
    distances = -scores  # a relevant document adds its share of the group of its equals, from `first` to `end`
    ranked, mine = np.sort(distances), np.sort(distances[relevant])
    first, end = (np.searchsorted(ranked, mine, side) for side in ("left", "right"))
    before, until = (np.searchsorted(mine, mine, side) for side in ("left", "right"))
    equals = end - first
    step = (until - before - 1) / np.maximum(equals - 1, 1)
    # over the places j of the group, sum (before + 1 + (j - 1) step) / (first + j)
    # = equals step + (before + 1 - (first + 1) step) sum 1 / (first + j)
    places = sums.harmonic[end] - sums.harmonic[first]
    precisions = step + (before + 1 - (first + 1) * step) * places / equals
    gains = (sums.discounts[end] - sums.discounts[first]) / equals
    return float(precisions.mean()), float(gains.sum() / sums.discounts[len(mine)])


class _Sums:
    """Sums over the first ranks, from none to all of `count`: of 1 / i, and of NDCG's discounts up to rank k."""

    def __init__(self, count: int, k: int) -> None:
        ranks = np.arange(1, count + 1)
        self.harmonic = np.concatenate([[0.0], np.cumsum(1 / ranks)])
        self.discounts = np.concatenate([[0.0], np.cumsum(np.where(ranks <= k, 1 / np.log2(ranks + 1), 0))])
