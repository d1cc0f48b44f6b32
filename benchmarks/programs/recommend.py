"""What a fresh process does with baskets: learn from most of them, and recommend the hidden item of the others."""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embed.eval import evaluate_recommend
from embed.items import train_items

_SHARES, _MORE_ITEMS = (0.6, 0.25), 4.0
"""Of the items of a basket, those of its first and second group; and the mean of the items after the first two."""
_POPULARITY, _HEAD = 0.8, 10
"""An item's popularity is (rank + _HEAD) ** -_POPULARITY."""
_TESTED, _K = 2_000, 20


def made_up_baskets(baskets: int, items: int, groups: int, seed: int) -> list[list[str]]:
    """Return baskets, in no order: most items are of two groups, the rest are any, popular ones more often."""
    draw = np.random.default_rng(seed)
    popularity, group = 1 / (np.arange(items) + _HEAD) ** _POPULARITY, draw.integers(0, groups, items)
    members = [np.flatnonzero(group == each) for each in (*range(groups),)] + [np.arange(items)]
    sums = [np.cumsum(popularity[each]) for each in members]
    weights = draw.dirichlet(np.full(groups, 2.0))
    found = []
    for _ in range(baskets):
        size, chosen = 2 + draw.poisson(_MORE_ITEMS), draw.choice(groups, 2, p=weights)
        basket: dict[int, None] = {}
        for kind in draw.choice(3, 20 * size, p=(*_SHARES, 1 - sum(_SHARES))):
            pool = chosen[kind] if kind < len(chosen) else groups
            if len(members[pool]):
                place = np.searchsorted(sums[pool], draw.random() * sums[pool][-1])
                basket[int(members[pool][place])] = None
            if len(basket) == size:
                break
        found.append([str(item) for item in draw.permutation(list(basket))])
    return found


def ours(*, seed: int, **data: Any) -> dict[str, Any]:
    """Train with the defaults of `train_items`, one thread, and rank by `next_scores`."""
    known, tested = _parts(seed, **data)
    started = time.process_time()
    vectors = train_items(known, seed=seed, threads=1, progress=False)
    return _scored(vectors, tested, time.process_time() - started)


def cosines(*, seed: int, **data: Any) -> dict[str, Any]:
    """Train as `ours` does, and rank by the cosine with the mean of the unit vectors, as `nearest_to_all` does."""
    known, tested = _parts(seed, **data)
    started = time.process_time()
    vectors = train_items(known, seed=seed, threads=1, progress=False)
    return _scored(_ByCosine(vectors.items, vectors.matrix), tested, time.process_time() - started)


def popular(*, seed: int, **data: Any) -> dict[str, Any]:
    """Rank by how often an item occurs, whatever is in the basket."""
    known, tested = _parts(seed, **data)
    names, counts = np.unique([item for basket in known for item in basket], return_counts=True)
    return _scored(_ByCount(names.tolist(), counts), tested, 0.0)


def cleora(*, seed: int, iterations: int, **data: Any) -> dict[str, Any]:
    """Embed with Cleora (256 numbers, whitened, its default), and rank by the cosine."""
    module = importlib.import_module("pycleora")
    known, tested = _parts(seed, **data)
    started = time.process_time()
    graph = module.SparseMatrix.from_iterator((" ".join(basket) for basket in known), "complex::reflexive::item")
    matrix = module.embed(graph, num_iterations=iterations, seed=seed)
    return _scored(_ByCosine(list(graph.entity_ids), matrix), tested, time.process_time() - started)


class _ByCosine:
    """Ranks by the cosine with the mean of the unit vectors of a basket."""

    def __init__(self, items: Sequence[Any], matrix: NDArray[np.float32]) -> None:
        self.items, self._units = items, matrix / np.linalg.norm(matrix, axis=1, keepdims=True)

    def next_scores(self, rows: Sequence[int]) -> NDArray[np.float32]:
        scores: NDArray[np.float32] = self._units @ self._units[list(rows)].mean(axis=0)
        return scores


class _ByCount:
    """Ranks by how often an item occurs."""

    def __init__(self, items: Sequence[Any], counts: NDArray[np.int64]) -> None:
        self.items, self._counts = items, counts.astype(np.float64)

    def next_scores(self, rows: Sequence[int]) -> NDArray[np.float64]:
        return self._counts


def _parts(seed: int, *, path: str | None, **made_up: int) -> tuple[list[list[str]], list[list[str]]]:
    """Return the baskets to learn from, and those to test; of a file, the lines are dealt by the seed."""
    if path is None:
        baskets = made_up_baskets(**made_up, seed=seed)
    else:
        baskets = [line.split() for line in Path(path).read_text("utf-8").splitlines()]
        baskets = [baskets[each] for each in np.random.default_rng(seed).permutation(len(baskets))]
    tested = min(_TESTED, len(baskets) // 5)
    return baskets[tested:], baskets[:tested]


def _scored(recommender: Any, tested: list[list[str]], seconds: float) -> dict[str, Any]:
    found = evaluate_recommend(recommender, tested, k=_K)
    return {"seconds": seconds, "figures": {f"hit rate@{_K}": found.hit_rate, "MRR": found.mrr}}
