"""The edges of a graph, for tests."""

from __future__ import annotations

from typing import Any

from embed import Graph


def edges_of(graph: Graph) -> dict[tuple[Any, Any], float]:
    """Return the weight of each edge by its names; 1 where the graph has no weights."""
    found = {}
    for node in range(len(graph.nodes)):
        for edge in range(graph.offsets[node], graph.offsets[node + 1]):
            weight = 1.0 if graph.weights is None else float(graph.weights[edge])
            found[graph.nodes[node], graph.nodes[graph.neighbours[edge]]] = weight
    return found
