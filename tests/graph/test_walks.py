"""Random walks: their steps have node2vec's probabilities, and the same bits come from any number of threads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2

from embed.config.graph import WalkConfig
from embed.errors import AdviceWarning, ConfigError
from embed.graph import Graph
from embed.graph._walks import Walker
from embed.graph.walks import walk

EDGES = [(0, 1, 1.0), (0, 2, 2.0), (1, 2, 0.5), (2, 3, 1.0), (3, 4, 3.0), (2, 4, 1.0), (4, 5, 1.0), (5, 0, 0.25)]
NODES = 6
LENGTH = 100


def _graph(*, weighted: bool, directed: bool) -> Graph:
    sources, targets, weights = (np.array(column) for column in zip(*EDGES, strict=True))
    return Graph(range(NODES), sources, targets, weights if weighted else None, directed=directed)


def _matrix(graph: Graph) -> NDArray[np.float64]:
    """Return the weights of all edges, [N, N]."""
    matrix = np.zeros((NODES, NODES))
    for node in range(NODES):
        edges = slice(graph.offsets[node], graph.offsets[node + 1])
        matrix[node, graph.neighbours[edges]] = 1 if graph.weights is None else graph.weights[edges]
    return matrix


def _steps(graph: Graph, p: float, q: float, rounds: int = 150) -> NDArray[np.int64]:
    """Return how often walks went from t to v to x, [N, N, N], and check that every step is an edge."""
    walker = Walker(graph.offsets, graph.neighbours, graph.weights, p, q, 7)
    counts, found = np.zeros(NODES, np.int64), np.zeros((NODES, NODES, NODES), np.int64)
    matrix = _matrix(graph)
    out = np.empty(NODES * LENGTH, np.int32)
    for number in range(rounds):
        size = walker.walk(number, np.arange(NODES), LENGTH, out, counts)
        nodes, goes_on = out[:size] & 0x7FFFFFFF, out[1:size] >= 0
        assert (matrix[nodes[:-1], nodes[1:]] > 0)[goes_on].all()
        twice = goes_on[:-1] & goes_on[1:]
        np.add.at(found, (nodes[:-2][twice], nodes[1:-1][twice], nodes[2:][twice]), 1)
    return found


@pytest.mark.parametrize(("p", "q"), [(1, 1), (0.25, 4), (4, 0.25), (0.01, 1), (1e4, 1e4), (0.05, 0.2)])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("directed", [False, True])
def test_steps_have_the_probabilities_of_node2vec(p: float, q: float, weighted: bool, directed: bool) -> None:
    graph = _graph(weighted=weighted, directed=directed)
    matrix = _matrix(graph)
    statistic, freedom = 0.0, 0
    for (t, v), counts in zip(np.ndindex(NODES, NODES), _steps(graph, p, q).reshape(-1, NODES), strict=True):
        if not counts.sum():
            continue
        bias = np.where(matrix[t] > 0, 1.0, 1 / q)
        bias[t] = 1 / p
        expected = matrix[v] * bias
        expected *= counts.sum() / expected.sum()
        tested = expected > 1  # what is expected less often says little, and would have a weight of its own
        statistic += float(((counts - expected)[tested] ** 2 / expected[tested]).sum())
        freedom += int(tested.sum()) - 1
    assert statistic < chi2.isf(1e-4, max(freedom, 1))


def test_the_first_step_goes_by_the_weights() -> None:
    graph = _graph(weighted=True, directed=False)
    walker = Walker(graph.offsets, graph.neighbours, graph.weights, 1, 1, 3)
    counts, out, found = np.zeros(NODES, np.int64), np.empty(2, np.int32), np.zeros(NODES)
    for number in range(4000):
        walker.walk(number, np.array([2]), 2, out, counts)
        found[out[1]] += 1
    expected = _matrix(graph)[2] / _matrix(graph)[2].sum() * 4000
    tested = expected > 0
    assert not found[~tested].any()
    assert ((found - expected)[tested] ** 2 / expected[tested]).sum() < chi2.isf(1e-4, tested.sum() - 1)


def test_walks_are_the_same_for_any_number_of_threads() -> None:
    draw = np.random.default_rng(5)
    graph = Graph(range(3000), draw.integers(0, 3000, 9000), draw.integers(0, 3000, 9000))
    how = WalkConfig(walks=3, walk_length=100, p=0.5, q=2)
    found = []
    for threads in (1, 3):
        with walk(graph, how, seed=11, threads=threads) as corpus:
            found.append((corpus.ids.copy(), corpus.offsets.copy(), corpus.vocabulary.words, corpus.fingerprint))
            assert np.array_equal(np.bincount(corpus.ids, minlength=3000), corpus.counts)
    assert np.array_equal(found[0][0], found[1][0])
    assert np.array_equal(found[0][1], found[1][1])
    assert found[0][2:] == found[1][2:]
    with walk(graph, how, seed=12, threads=1) as corpus:
        assert not np.array_equal(corpus.ids[:1000], found[0][0][:1000])
        assert corpus.fingerprint != found[0][3]


def test_a_round_begins_once_at_each_node_in_an_order_of_its_own() -> None:
    graph = _graph(weighted=False, directed=False)
    with walk(graph, WalkConfig(walks=4, walk_length=5), seed=1, threads=1) as corpus:
        starts = np.array([int(corpus.vocabulary.words[corpus.ids[first]]) for first in corpus.offsets[:-1]])
        assert (np.diff(corpus.offsets) == 5).all()
    rounds = starts.reshape(4, NODES)
    assert (np.sort(rounds) == np.arange(NODES)).all()
    assert len({tuple(one) for one in rounds.tolist()}) > 1


def test_a_walk_ends_where_no_edge_leads_on() -> None:
    graph = Graph("abc", np.array([0, 1]), np.array([1, 2]), directed=True)
    with walk(graph, WalkConfig(walks=1, walk_length=10), seed=1, threads=1) as corpus:
        walks = sorted(
            "".join(graph.nodes[int(corpus.vocabulary.words[id])] for id in corpus.ids[first:last])
            for first, last in zip(corpus.offsets[:-1], corpus.offsets[1:], strict=True)
        )
    assert walks == ["abc", "bc", "c"]


def test_a_stored_corpus_of_walks_is_used_again(tmp_path: Path) -> None:
    graph = _graph(weighted=True, directed=False)
    for how, is_new in ((WalkConfig(walks=2), True), (WalkConfig(walks=2), False), (WalkConfig(walks=3), True)):
        before = sorted(tmp_path.iterdir())
        with walk(graph, how, seed=1, threads=1, directory=tmp_path) as corpus:
            assert corpus.sentences == how.walks * NODES
        assert (sorted(tmp_path.iterdir()) != before) == is_new


@pytest.mark.parametrize(
    "arrays",
    [
        ([0, 2, 1], [1], None),
        ([0, 1, 2], [1, 2], None),
        ([0, 1, 2], [1, -1], None),
        ([0, 2, 2], [1, 0], None),
        ([0, 1, 2], [1, 0], [1.0]),
        ([0, 1, 2], [1, 0], [1.0, -1.0]),
        ([0, 1, 2], [1, 0], [1.0, float("nan")]),
        ([0, 1, 2], [1, 0], [1.0, float("inf")]),
    ],
)
def test_a_walker_refuses_what_is_no_graph(arrays: tuple[list[int], list[int], list[float] | None]) -> None:
    offsets, neighbours, weights = arrays
    with pytest.raises(ValueError, match=r"must|weights"):
        Walker(
            np.array(offsets, np.int64),
            np.array(neighbours, np.int32),
            None if weights is None else np.array(weights),
            1,
            1,
            1,
        )


def test_a_walker_refuses_arrays_without_room() -> None:
    graph = _graph(weighted=False, directed=False)
    walker = Walker(graph.offsets, graph.neighbours, None, 1, 1, 1)
    counts = np.zeros(NODES, np.int64)
    with pytest.raises(ValueError, match="room"):
        walker.walk(0, np.arange(NODES), 10, np.empty(59, np.int32), counts)
    with pytest.raises(ValueError, match="starts must be from 0 to 5"):
        walker.walk(0, np.array([6]), 10, np.empty(60, np.int32), counts)
    with pytest.raises(ValueError, match="p and q"):
        Walker(graph.offsets, graph.neighbours, None, float("nan"), 1, 1)


def test_parameters_of_walks_have_bounds() -> None:
    for wrong in ({"p": 0}, {"q": -1}, {"p": float("nan")}, {"walks": 0}, {"walk_length": 1}, {"directed": "yes"}):
        with pytest.raises(ConfigError, match=f"^{next(iter(wrong))} must be"):
            WalkConfig(**wrong)  # type: ignore[arg-type]
    with pytest.warns(AdviceWarning, match=r"p is 1000\.0; values from 0\.01 to 100 are known"):
        WalkConfig(p=1000)
