"""The binary tree of hierarchical softmax: frequent words have short paths (Huffman 1952; Morin & Bengio 2005).

The probability of a word is the product over the inner nodes on its path of the probabilities to turn as the path
does: sigmoid(x . node) for the turn 0, sigmoid(-x . node) for the turn 1.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["HuffmanTree"]


@dataclass(frozen=True)
class HuffmanTree:
    """The path of every word of a vocabulary, as CSR.

    Attributes
    ----------
    offsets : int64[V + 1]
        The path of word i lies at ``offsets[i]:offsets[i + 1]`` of the others.
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
        """Return uint8[M]: 1 where the path takes the turn 0, whose probability is sigmoid(x . node), else 0."""
        return 1 - self.turns

    @classmethod
    def none(cls) -> HuffmanTree:
        """Return what stands for no tree, three arrays of length 0."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.uint8))

    @classmethod
    def from_counts(cls, counts: npt.NDArray[Any]) -> HuffmanTree:
        """Build the tree of V words from their counts."""
        size = len(counts)
        heap = [(count, number) for number, count in enumerate(counts.tolist())]
        heapq.heapify(heap)
        parent = [0] * max(1, 2 * size - 1)
        turn = bytearray(len(parent))
        for node in range(size, 2 * size - 1):
            (first, left), (second, right) = heapq.heappop(heap), heapq.heappop(heap)
            parent[left] = parent[right] = node
            turn[right] = 1
            heapq.heappush(heap, (first + second, node))
        nodes: list[int] = []
        turns: list[int] = []
        offsets = np.zeros(size + 1, np.int64)
        root = 2 * size - 2
        for word in range(size):
            path, bits, at = [], [], word
            while at != root:
                bits.append(turn[at])
                at = parent[at]
                path.append(at - size)
            nodes += reversed(path)
            turns += reversed(bits)
            offsets[word + 1] = len(nodes)
        return cls(offsets, np.array(nodes, np.int32), np.array(turns, np.uint8))
