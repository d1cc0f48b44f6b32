"""Retrieval: the sorted closed form against a slow textbook version over all orders of equals, and scikit-learn's."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pytest

from embed.errors import ConfigError
from embed.eval import retrieval
from embed.eval.retrieval import cosine_scores, evaluate_retrieval


def _textbook(scores: Sequence[float], relevant: Sequence[bool], k: int) -> tuple[float, float]:
    """Return AP and NDCG@k as the mean over every order of the documents that agrees with the scores."""
    order = sorted(range(len(scores)), key=lambda row: -scores[row])
    groups = [list(rows) for _, rows in itertools.groupby(order, key=lambda row: scores[row])]
    found = []
    for choice in itertools.product(*(itertools.permutations(group) for group in groups)):
        gains = [relevant[row] for row in itertools.chain(*choice)]
        precision = sum(sum(gains[: rank + 1]) / (rank + 1) for rank, gain in enumerate(gains) if gain) / sum(gains)
        ideal = sum(1 / math.log2(rank + 2) for rank in range(min(k, sum(gains))))
        found.append((precision, sum(gain / math.log2(rank + 2) for rank, gain in enumerate(gains[:k])) / ideal))
    ap, ndcg = np.mean(found, axis=0)
    return float(ap), float(ndcg)


@pytest.mark.parametrize("k", [1, 3, 10])
def test_equal_scores_count_as_the_mean_over_their_orders(k: int) -> None:
    draw = np.random.default_rng(k)
    labels: list[Hashable] = [0, 1, 1, 0, 1, 2, 0, 1]
    scores = draw.integers(0, 3, (8, 8))
    found = evaluate_retrieval(lambda rows: scores[rows], labels, k=k)
    assert found.queries.tolist() == [0, 1, 2, 3, 4, 6, 7]  # nothing is relevant to document 5
    for number, query in enumerate(found.queries):
        others = [row for row in range(8) if row != query]
        expected = _textbook(
            [scores[query, row] for row in others], [labels[row] == labels[query] for row in others], k
        )
        assert (found.average_precision[number], found.ndcg[number]) == pytest.approx(expected)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "uint8", "bool"])
def test_scores_of_any_type_rank_alike(dtype: str) -> None:
    scores = np.random.default_rng(2).integers(0, 2, (9, 9))
    labels = [row % 3 for row in range(9)]
    expected = evaluate_retrieval(lambda rows: scores[rows], labels)
    found = evaluate_retrieval(lambda rows: scores[rows].astype(dtype), labels)
    assert (found.map, found.mean_ndcg) == (expected.map, expected.mean_ndcg)


def test_scores_agree_with_scikit_learn_in_blocks_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="needs the extra sklearn")
    draw = np.random.default_rng(1)
    labels = draw.integers(0, 4, 60)
    vectors = draw.normal(size=(60, 5))
    vectors[3] = 0
    found = evaluate_retrieval(cosine_scores(vectors), labels.tolist())
    units = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    for query in (0, 17, 59):
        others = np.arange(60) != query
        scores, relevant = (units @ units[query])[others], labels[others] == labels[query]
        assert found.average_precision[query] == pytest.approx(metrics.average_precision_score(relevant, scores))
        assert found.ndcg[query] == pytest.approx(metrics.ndcg_score([relevant], [scores], k=10))
    monkeypatch.setattr(retrieval, "BLOCK_PAIRS", 60 * 7)
    again = evaluate_retrieval(cosine_scores(vectors), labels.tolist())
    assert again.map == pytest.approx(found.map, abs=1e-6)


def test_a_shared_label_of_several_is_enough() -> None:
    labels = [frozenset("ab"), frozenset("b"), frozenset("c"), frozenset(), frozenset("ac")]
    scores = np.array([[0, 4, 3, 2, 1]] * 5)
    found = evaluate_retrieval(lambda rows: scores[rows], labels)
    assert found.queries.tolist() == [0, 1, 2, 4]
    # document 0: relevant are 1 (rank 1) and 4 (rank 4); document 4: relevant are 2 (rank 2) and 0 (rank 4)
    assert found.average_precision[[0, 3]] == pytest.approx([(1 + 2 / 4) / 2, (1 / 2 + 2 / 4) / 2])


def test_intervals_hold_the_means() -> None:
    draw = np.random.default_rng(5)
    found = evaluate_retrieval(cosine_scores(draw.normal(size=(50, 3))), draw.integers(0, 2, 50).tolist())
    scores = found.intervals(resamples=200)
    assert scores["map"].value == pytest.approx(100 * found.map)
    assert scores["ndcg"].value == pytest.approx(100 * found.mean_ndcg)
    for score in scores.values():
        assert score.low is not None
        assert score.value is not None
        assert score.high is not None
        assert score.low < score.value < score.high
    assert str(found) == f"MAP {found.map:.3f}, NDCG@10 {found.mean_ndcg:.3f} over 50 queries"


@pytest.mark.parametrize(
    ("scores", "labels", "k", "message"),
    [
        (np.eye(3), [1, 2, 3], 10, "no two documents share a label"),
        (np.eye(3), [], 10, "no two documents share a label"),
        (np.eye(3), ["a"], 10, "must have the shape"),
        (np.full((2, 2), np.nan), ["a", "a"], 10, "scores hold NaN"),
        (np.eye(2), ["a", "a"], 0, "k must be a whole number of at least 1, not 0"),
    ],
)
def test_wrong_input_is_refused(scores: Any, labels: list[Any], k: int, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        evaluate_retrieval(lambda rows: scores[rows, : len(scores)], labels, k=k)


def test_vectors_must_be_a_matrix() -> None:
    with pytest.raises(ConfigError, match=r"shape \(N, dim\)"):
        cosine_scores([1.0, 2.0])
