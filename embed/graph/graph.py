"""Hold the edges of a graph as rows of neighbours, ready to be walked through."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from embed.arguments import shown
from embed.errors import CorpusError

__all__ = ["Graph"]

MOST_NODES = (1 << 31) - 1


class Graph:
    """Nodes and the edges between them; immutable.

    An edge that is given twice is one edge, whose weight is the sum. An edge of weight 0 is none. An edge from a node
    to itself is left out: it says nothing of what goes together. In a graph that is not directed, an edge leads both
    ways.

    Parameters
    ----------
    nodes : sequence of hashable objects, length N
    sources, targets : array of int, shape (E,)
        The nodes that each edge leads from and to, by number.
    weights : array, shape (E,), or None
        At least 0 and finite. None: 1 each, also for an edge that is given twice.
    directed : bool

    Raises
    ------
    CorpusError
        There is no edge between two nodes, a weight is negative or not finite, or there are too many nodes.

    Attributes
    ----------
    nodes : sequence of hashable objects, length N
    offsets : int64[N + 1]
        The edges that lead away from node v are those from offsets[v] to offsets[v + 1].
    neighbours : int32[E]
        Where each leads; those of a node rise.
    weights : float64[E] or None
        None if all are equal.
    directed : bool
    """

    def __init__(
        self,
        nodes: Sequence[Hashable],
        sources: NDArray[np.int64],
        targets: NDArray[np.int64],
        weights: NDArray[np.float64] | None = None,
        *,
        directed: bool = False,
    ) -> None:
        self.nodes, self.directed = nodes, directed
        if len(nodes) > MOST_NODES:
            raise CorpusError(f"the graph has {len(nodes):,} nodes, more than {MOST_NODES:,}: train on a part of it")
        if weights is not None:
            _check_weights(nodes, sources, targets, weights)
        kept = sources != targets
        if weights is not None:
            kept &= weights > 0
            weights = weights[kept]
        sources, targets = sources[kept], targets[kept]
        if not len(sources):
            raise CorpusError("the graph has no edge between two nodes: give at least one")
        if not directed:
            sources, targets = np.concatenate([sources, targets]), np.concatenate([targets, sources])
            weights = None if weights is None else np.concatenate([weights, weights])
        self.offsets, self.neighbours, self.weights = _rows(len(nodes), sources, targets, weights)

    @property
    def edges(self) -> int:
        """The number of edges; one that leads both ways counts once."""
        return len(self.neighbours) if self.directed else len(self.neighbours) // 2

    @property
    def isolated(self) -> int:
        """The number of nodes that no edge leads to or from."""
        touched = np.diff(self.offsets) > 0
        touched[self.neighbours] = True
        return int(len(touched) - np.count_nonzero(touched))

    def digest(self) -> str:
        """Return a digest of the edges, hexadecimal; what the nodes are called does not change it."""
        found = hashlib.blake2b(digest_size=32)
        for array in (self.offsets, self.neighbours, self.weights):
            if array is not None:
                found.update(array.astype(array.dtype.newbyteorder("<"), copy=False).data)
        return found.hexdigest()

    def __repr__(self) -> str:
        kind = "directed" if self.directed else "undirected"
        weighted = "" if self.weights is None else ", weighted"
        return f"<{type(self).__name__}: {len(self.nodes):,} nodes, {self.edges:,} edges, {kind}{weighted}>"


def _check_weights(
    nodes: Sequence[Hashable], sources: NDArray[np.int64], targets: NDArray[np.int64], weights: NDArray[np.float64]
) -> None:
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(wrong):
        edge = int(wrong[0])
        raise CorpusError(
            f"the edge from {shown(nodes[int(sources[edge])])} to {shown(nodes[int(targets[edge])])} has the weight "
            f"{weights[edge]:g}: weights must be finite and at least 0"
        )


def _rows(
    nodes: int, sources: NDArray[np.int64], targets: NDArray[np.int64], weights: NDArray[np.float64] | None
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64] | None]:
    """Return offsets, neighbours and weights of edges in any order."""
    keys = sources * nodes + targets
    if weights is None:
        keys = np.unique(keys)
    else:
        order = np.argsort(keys, kind="stable")
        keys, weights = keys[order], weights[order]
        firsts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        keys = keys[firsts]
        with np.errstate(over="ignore"):
            weights = np.add.reduceat(weights, firsts)
        if not np.isfinite(weights).all():
            raise CorpusError("the sum of the weights of an edge is not finite: divide all weights by a number")
        if (weights == weights[0]).all():
            weights = None
    offsets = np.zeros(nodes + 1, np.int64)
    np.cumsum(np.bincount(keys // nodes, minlength=nodes), out=offsets[1:])
    return offsets, (keys % nodes).astype(np.int32), weights
