"""Recommendations by leave-one-out: ranks computed by hand, equals, unknown items, and what baskets teach."""

from __future__ import annotations

import random
import re
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pytest

from embed import ItemVectors, train_items
from embed.errors import ConfigError, CorpusError
from embed.eval import evaluate_recommend
from embed.eval.recommend import Recommendation


class _ByHand:
    """Scores of which each item adds its row."""

    items: Sequence[Hashable] = ("a", "b", "c", "d", 5)
    _rows = np.array([[9, 3, 2, 1, 1], [0, 9, 5, 5, 5], [1, 2, 9, 4, 3], [0, 0, 0, 9, 0], [4, 3, 2, 1, 9]], np.float32)

    def next_scores(self, rows: Sequence[int]) -> Any:
        return self._rows[list(rows)].sum(axis=0)


def test_ranks_are_those_computed_by_hand() -> None:
    found = evaluate_recommend(_ByHand(), [["a", "c"], ["a", "b", 5], ["c", "b"], ["x", "a"], ["a", "x"]], k=2)
    # a: b > c > d = 5; a and b: c > d = 5, that is 7 > 6 = 6; c: d > 5 > b > a; x is not known
    assert found.ranks.tolist() == [2, 2.5, 3, np.inf]
    assert found.hit_rate == 0.25
    assert found.mrr == pytest.approx((1 / 2 + 1 / 2.5 + 1 / 3) / 4)
    assert str(found) == "hit rate@2 0.250, MRR 0.308 over 4 queries"


def test_every_item_is_hidden_in_turn() -> None:
    found = evaluate_recommend(_ByHand(), [["a", "c", "a"]], every=True)
    # the hidden item is not told by a second occurrence of it: c leads to a as the last of four
    assert found.ranks.tolist() == [4, 2, 4]


def test_intervals_are_of_the_queries() -> None:
    found = Recommendation(np.array([1.0, 5.0, np.inf, 1.0] * 50), 3).intervals()
    assert (found["hit_rate"].value, found["hit_rate"].items) == (50, 200)
    assert found["mrr"].value == pytest.approx(55)
    low, high = found["mrr"].low, found["mrr"].high
    assert low is not None
    assert high is not None
    assert 40 < low < 55 < high < 70


@pytest.mark.parametrize("sequences", [[], [["a"]], [["x", "y"]], [[]], [["a", "a"]]])
def test_no_query_is_an_error(sequences: Any) -> None:
    with pytest.raises(ConfigError, match="no sequence has two items of which one is known"):
        evaluate_recommend(_ByHand(), sequences)


def test_sequences_that_are_no_lists_of_items_are_refused() -> None:
    for wrong in ("text", 5):
        with pytest.raises(CorpusError, match="sequence 2 must be a list of items"):
            evaluate_recommend(_ByHand(), [["a", "b"], wrong])  # type: ignore[list-item]
    with pytest.raises(CorpusError, match="not hashable"):
        evaluate_recommend(_ByHand(), [["a", ["b"]]])  # type: ignore[list-item]
    with pytest.raises(ConfigError, match="k must be"):
        evaluate_recommend(_ByHand(), [["a", "b"]], k=0)


def _baskets(count: int, seed: int) -> list[list[int]]:
    """Return baskets of two of 40 shelves of 10 items, and something from anywhere."""
    draw = random.Random(seed)
    baskets = []
    for _ in range(count):
        shelves = draw.sample(range(40), 2)
        basket = {draw.randrange(10) + 10 * shelves[number % 2] for number in range(5)} | {draw.randrange(400)}
        baskets.append(draw.sample(sorted(basket), len(basket)))
    return baskets


class _ByCosine:
    """What `nearest_to_all` says, as a recommender."""

    def __init__(self, vectors: ItemVectors) -> None:
        self.items, self._units = vectors.items, vectors.matrix / np.linalg.norm(vectors.matrix, axis=1, keepdims=True)

    def next_scores(self, rows: Sequence[int]) -> Any:
        return self._units[list(rows)].mean(axis=0) @ self._units.T


def test_output_vectors_know_what_goes_with_a_basket() -> None:
    vectors = train_items(_baskets(2000, 1), dim=32, threads=1, progress=False)
    tests = _baskets(300, 2)
    found, nearest = evaluate_recommend(vectors, tests), evaluate_recommend(_ByCosine(vectors), tests)
    assert found.hit_rate > 0.55  # a sixth of the items comes from anywhere; chance is 0.05
    assert found.hit_rate > nearest.hit_rate + 0.05


def test_scores_are_ratios_of_probabilities() -> None:
    matrix, outputs = np.array([[1, 0], [0, 1], [1, 1]], np.float32), np.array([[2, 0], [0, 3], [1, 1]], np.float32)
    vectors = ItemVectors("abc", matrix, counts=[4, 2, 1], outputs=outputs, noise_exponent=0.5)
    ratios = np.exp(matrix[[0, 1]] @ outputs.T).sum(axis=0)
    wanted = np.log(np.array([4, 2, 1]) ** 0.5 * ratios)
    assert vectors.next_scores([0, 1]) == pytest.approx(wanted, rel=1e-5)
    assert vectors.recommend(["a", "b"], 5) == [("c", pytest.approx(wanted[2], rel=1e-5))]
    far = ItemVectors("ab", matrix[:2] * 1000, counts=[1, 1], outputs=outputs[:2] * 1000)
    assert np.isfinite(far.next_scores([0, 1])).all()


def test_recommend_needs_output_vectors() -> None:
    sessions = [["a", "b", "c"]] * 20
    small: Any = {"dim": 16, "threads": 1, "progress": False}
    for settings in ({"loss": "hs"}, {"structured": True}, {"postprocess": "center"}):
        vectors = train_items(sessions, **small, **settings)
        with pytest.raises(ConfigError, match="these vectors of items have no output vectors"):
            vectors.recommend(["a"])
    vectors = train_items(sessions, **small)
    for wrong, message in (([], "at least one item"), ("a", "must be a list of items"), (["x"], "no vector for")):
        with pytest.raises((ConfigError, KeyError), match=re.escape(message)):
            vectors.recommend(wrong)
    with pytest.raises(ConfigError, match="n must be a whole number"):
        vectors.recommend(["a"], 0)


def test_output_vectors_are_saved(tmp_path: Any) -> None:
    vectors = train_items([["a", "b", "c"], ["b", "d"]] * 20, dim=16, threads=1, progress=False, noise_exponent=0.5)
    vectors.save(tmp_path / "items.embed")
    again = ItemVectors.load(tmp_path / "items.embed")
    assert again.recommend(["a"], 3) == vectors.recommend(["a"], 3)
    ItemVectors(vectors.items, vectors.matrix).save(tmp_path / "bare.embed")
    with pytest.raises(ConfigError, match="no output vectors"):
        ItemVectors.load(tmp_path / "bare.embed").recommend(["a"])
