"""Graphs of the real networkx, which is not among the developer tools; tests/requirements-clients.txt lists it."""

from __future__ import annotations

from typing import Any

import pytest

from embed import train_graph
from embed.errors import AdviceWarning, CorpusError
from embed.graph.reading import read_graph
from tests.graph.edges import edges_of

networkx: Any = pytest.importorskip("networkx", reason="it is not installed: make test-clients")


def _wanted(graph: Any) -> dict[tuple[Any, Any], float]:
    """Return the weights that networkx's own sparse matrix has, without its diagonal."""
    nodes = list(graph.nodes)
    matrix = networkx.to_scipy_sparse_array(graph, nodelist=nodes, dtype=float, format="csr").tocoo()
    triples = zip(matrix.row.tolist(), matrix.col.tolist(), matrix.data.tolist(), strict=True)
    return {(nodes[a], nodes[b]): weight for a, b, weight in triples if a != b}


@pytest.mark.parametrize("kind", ["Graph", "DiGraph", "MultiGraph", "MultiDiGraph"])
def test_a_graph_has_the_edges_that_networkx_says(kind: str) -> None:
    graph = getattr(networkx, kind)()
    graph.add_nodes_from(["alone", "New York", ("a", 1), 3, "3"])
    graph.add_edge("New York", "<b>San José</b>", weight=2)
    graph.add_edge("New York", ("a", 1), weight=0.25)
    graph.add_edge(("a", 1), 3)
    graph.add_edge(3, "3", weight=4, colour="red")
    graph.add_edge("3", 3, weight=1.5)
    graph.add_edge("3", "3", weight=9)
    graph.add_edge("3", "3")
    graph.add_edge("New York", "\x1b[31m\n", other=7)
    read = read_graph(graph)
    assert edges_of(read) == _wanted(graph)
    assert list(read.nodes) == list(graph.nodes)
    assert read.directed == graph.is_directed()
    assert read.isolated == 1
    # as pairs of nodes, and as lines of a file that networkx writes, the edges are the same
    assert read_graph(list(graph.edges(data="weight", default=1)), directed=read.directed).edges == read.edges


def test_an_undirected_view_and_a_part_of_a_graph() -> None:
    graph = networkx.DiGraph([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")])
    assert edges_of(read_graph(graph.to_undirected(as_view=True))) == _wanted(graph.to_undirected())
    assert edges_of(read_graph(graph, directed=False)) == _wanted(graph.to_undirected())
    assert edges_of(read_graph(graph.subgraph("abc"))) == {("a", "b"): 1.0, ("b", "c"): 1.0, ("c", "a"): 1.0}
    assert edges_of(read_graph(networkx.freeze(graph))) == _wanted(graph)


def test_a_file_that_networkx_writes(tmp_path: Any) -> None:
    graph = networkx.karate_club_graph()
    networkx.write_weighted_edgelist(graph, tmp_path / "g.txt")
    found = edges_of(read_graph(tmp_path / "g.txt"))
    assert {(int(a), int(b)): weight for (a, b), weight in found.items()} == _wanted(graph)


def test_a_weight_that_is_no_number_is_a_sentence() -> None:
    graph = networkx.Graph()
    graph.add_edge("a", "b", weight=None)
    with pytest.raises(CorpusError, match="edge 1 has the weight None, which is not a number"):
        read_graph(graph)
    graph.add_edge("a", "b", weight=-1)
    with pytest.raises(CorpusError, match="the edge from 'a' to 'b' has the weight -1"):
        read_graph(graph)
    for empty in (networkx.Graph(), networkx.empty_graph(3)):
        with pytest.raises(CorpusError, match="the graph has no edge between two nodes"):
            read_graph(empty)


def test_nodes_of_a_clique_are_nearest() -> None:
    graph = networkx.connected_caveman_graph(5, 8)
    graph.add_node("alone")
    with pytest.warns(AdviceWarning, match="1 of 41 nodes have no edges"):
        vectors = train_graph(graph, dim=16, threads=1, walks=20, walk_length=20, epochs=2, p=2, q=0.5, progress=False)
    assert set(vectors) == set(graph.nodes)
    inner = [node for node in range(40) if node % 8 not in (0, 1, 7)]
    found = [other != "alone" and other // 8 == node // 8 for node in inner for other, _ in vectors.nearest(node, 5)]
    assert sum(found) > 0.9 * len(found)
