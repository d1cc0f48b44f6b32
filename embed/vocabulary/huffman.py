"""Build the binary tree of hierarchical softmax, with frequent words near the root.

Each word is a leaf. Its probability is the product, over the inner nodes from the root to the word, of the probability
of the turn towards the word: sigmoid(x . node) for turn 0, sigmoid(-x . node) for turn 1. Sources: Huffman 1952;
Morin & Bengio 2005.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.pieces import pieces

__all__ = ["HuffmanTree"]

Int32s = npt.NDArray[np.int32]

_CLIMB_BYTES = 256
"""Bytes read per word: the tree is some 30 nodes high."""


@dataclass(frozen=True)
class HuffmanTree:
    """The nodes and turns from the root to every word of a vocabulary, as CSR.

    Attributes
    ----------
    offsets : int64[V + 1]
        ``nodes[offsets[i]:offsets[i + 1]]`` and the same slice of `turns` lead to word i.
    nodes : int32[M]
        Inner nodes, 0..V-2, from the root down.
    turns : uint8[M]
        0 or 1.
    """

    offsets: npt.NDArray[np.int64]
    nodes: npt.NDArray[np.int32]
    turns: npt.NDArray[np.uint8]

    @property
    def labels(self) -> npt.NDArray[np.uint8]:
        """Return uint8[M]: 1 for turn 0, whose probability is sigmoid(x . node), and 0 for turn 1."""
        return 1 - self.turns

    @classmethod
    def from_counts(cls, counts: npt.NDArray[Any]) -> HuffmanTree:
        """Build the tree of V words from their counts."""
        size = len(counts)
        parent, turn = _merged(counts)
        root = 2 * size - 2
        depths = np.zeros(size, np.int64)
        for words, _ in _climbs(size, parent, root):
            depths[words] += 1
        offsets = np.zeros(size + 1, np.int64)
        np.cumsum(depths, out=offsets[1:])
        nodes, turns = np.empty(offsets[-1], np.int32), np.empty(offsets[-1], np.uint8)
        ends = offsets[1:].copy()
        for words, at in _climbs(size, parent, root):
            ends[words] -= 1
            nodes[ends[words]], turns[ends[words]] = parent[at] - size, turn[at]
        return cls(offsets, nodes, turns)


def _climbs(size: int, parent: npt.NDArray[np.int32], root: int) -> Iterator[tuple[Int32s, Int32s]]:
    """Climb from all words to the root; yield, for each step, the words still climbing and their current nodes."""
    for piece in pieces(size, _CLIMB_BYTES):
        words = np.arange(piece.start, piece.stop, dtype=np.int32)
        at = words
        while len(words := words[at != root]):
            at = at[at != root]
            yield words, at
            at = parent[at]


def _merged(counts: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Merge the two nodes with the smallest counts until one is left; return the parent and turn of each node.

    Words by rising count form one queue and new inner nodes another, so the smallest node is always at the front of one
    of them. Of equal counts, words come before inner nodes and lower ids before higher ones.
    """
    size = len(counts)
    leaves = np.argsort(counts, kind="stable")
    leaf_counts: list[int] = counts[leaves].tolist()
    node_counts: list[int] = []
    children = np.zeros((max(size - 1, 0), 2), np.int32)
    leaf = node = 0
    for made in range(size - 1):
        total = 0
        for side in range(2):
            if node == made or (leaf < size and leaf_counts[leaf] <= node_counts[node]):
                total += leaf_counts[leaf]
                children[made, side] = leaves[leaf]
                leaf += 1
            else:
                total += node_counts[node]
                children[made, side] = size + node
                node += 1
        node_counts.append(total)
    parent, turn = np.zeros(max(1, 2 * size - 1), np.int32), np.zeros(max(1, 2 * size - 1), np.uint8)
    parent[children] = np.arange(size, 2 * size - 1, dtype=np.int32)[:, None]
    turn[children[:, 1]] = 1
    return parent, turn
