"""Declare what a classifier of lines trains on, and replay the training of one line in NumPy.

A line has no windows: one vector, the mean of its rows, meets the rows of labels. :mod:`embed.engine._lines` trains it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from embed.engine._bounds import check_ids, check_offsets
from embed.engine.problem import Noise
from embed.vocabulary.huffman import HuffmanTree

__all__ = ["LineProblem", "LineReplicas", "textbook_step"]

Float32s = NDArray[np.float32]


_MEANWHILE, _LEAST_PARTS = 256, 4
"""The most lines that the other threads train between two exchanges of a thread's replicas and the rows, lest output
rows, which move by the sum, oscillate; and the least parts of the text that these lines make up."""
_LEAST_SAVED = 4
"""How often a thread would find a row changed by another one in that time, at least, if a replica is worth it."""
_MOST_REPLICAS = 2048


@dataclass(frozen=True, eq=False, kw_only=True)
class LineReplicas:
    """The rows of which each of several threads trains replicas of its own, for a stretch of lines.

    Attributes
    ----------
    inputs : int32[N]
        Input rows, which then move by the mean of what the threads learnt.
    outputs : int32[K]
        Output rows, which then move by the sum.
    threads : int
    lines : int
        The length of a stretch.

    Raises
    ------
    ValueError
        There are no threads, or a stretch has no line.
    """

    inputs: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    outputs: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    threads: int = 1
    lines: int = 1

    def __post_init__(self) -> None:
        if min(self.threads, self.lines) < 1:
            raise ValueError(f"replicas need a thread and a stretch of a line, not {self.threads} and {self.lines}")


@dataclass(frozen=True, eq=False, kw_only=True)
class LineProblem:
    """Lines, the input rows of each, and their labels.

    Attributes
    ----------
    offsets : int64[E + 1]
        Line e has the input rows ``rows[offsets[e]:offsets[e + 1]]``.
    rows : int32[M]
        Of N rows that have replicas, these are the numbers 0 to N - 1; N + r is row r of the matrix.
    weights : float32[M]
        How often the line has each row.
    shares : float32[E]
        One over the rows of each line, with repetitions.
    label_offsets : int64[E + 1]
    labels : int32[G]
        The labels of the lines, at least one each.
    label_count : int
        The number L of labels.
    dim : int
    loss : {"softmax", "ova", "ns", "hs"}
        What a line meets: all labels, with a softmax or with a sigmoid each; one of its labels and noise; the nodes on
        the path of one of its labels.
    noise : Noise or None
        For "ns".
    tree : HuffmanTree or None
        For "hs".
    seed : int
    replicas : LineReplicas
        Of no rows by default.

    Raises
    ------
    ValueError
        An offset, a label or a replica is out of range, a row is negative, or noise or tree are missing.
    """

    offsets: NDArray[np.int64]
    rows: NDArray[np.int32]
    weights: Float32s
    shares: Float32s
    label_offsets: NDArray[np.int64]
    labels: NDArray[np.int32]
    label_count: int
    dim: int
    loss: str
    noise: Noise | None = None
    tree: HuffmanTree | None = None
    seed: int = 0
    replicas: LineReplicas = field(default_factory=LineReplicas)

    def __post_init__(self) -> None:
        check_offsets("lines", self.offsets, len(self.rows))
        check_offsets("labels of lines", self.label_offsets, len(self.labels))
        check_ids("labels", self.labels, self.label_count)
        check_ids("output rows with replicas", self.replicas.outputs, self.label_count)
        lines = {len(self.offsets) - 1, len(self.label_offsets) - 1, len(self.shares)}
        if len(lines) != 1 or len(self.weights) != len(self.rows):
            raise ValueError("each line needs offsets and a share, and each row a weight")
        if (np.diff(self.label_offsets) < 1).any():
            raise ValueError("each line needs a label")
        if (self.loss == "ns") != (self.noise is not None) or (self.loss == "hs") != (self.tree is not None):
            raise ValueError(f"the loss {self.loss!r} has noise or a tree that it does not need, or lacks one")
        if self.noise is not None and len(self.noise.table) != self.label_count:
            raise ValueError(f"noise needs {self.label_count} labels, not {len(self.noise.table)}")
        if self.tree is not None:
            check_offsets("tree offsets", self.tree.offsets, len(self.tree.nodes))
            check_ids("tree nodes", self.tree.nodes, self.label_count)
            if len(self.tree.offsets) != self.label_count + 1 or len(self.tree.turns) != len(self.tree.nodes):
                raise ValueError("a tree needs a path for each label, and a turn for each node of it")

    def check_rows(self, inputs: Float32s, outputs: Float32s) -> None:
        """Raise ValueError unless the matrices have the rows and columns that the lines name."""
        check_ids("rows", self.rows, len(self.replicas.inputs) + len(inputs))
        check_ids("input rows with replicas", self.replicas.inputs, len(inputs))
        stride = inputs.shape[1]
        if len(outputs) != self.label_count or outputs.shape[1] != stride or not 0 < self.dim <= stride:
            raise ValueError("the matrices need a row for each label, and rows of the same length")

    @property
    def lines(self) -> int:
        """The number E of lines."""
        return len(self.shares)

    def replicated(self, met: NDArray[np.float64], threads: int) -> LineProblem:
        """Return the same with replicas of the rows that many lines need, for each of several threads.

        Parameters
        ----------
        met : float64[L]
            How often a line meets each output row.
        threads : int
            At least two.
        """
        others = threads - 1
        stretch = max(1, min(_MEANWHILE, self.lines // _LEAST_PARTS) // others)
        often, changed = np.bincount(self.rows) / self.lines, stretch * others / threads
        inputs = _frequent(often * changed)
        numbers = np.arange(len(inputs), len(inputs) + len(often), dtype=np.int32)
        numbers[inputs] = np.arange(len(inputs), dtype=np.int32)
        replicas = LineReplicas(inputs=inputs, outputs=_frequent(met * changed), threads=threads, lines=stretch)
        return replace(self, rows=numbers[self.rows], replicas=replicas)


def _frequent(changed: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return the rows that are worth replicas, int32[N], by how often others have changed them, most often first."""
    order = np.argsort(-changed, kind="stable")[:_MOST_REPLICAS]
    return order[changed[order] >= _LEAST_SAVED].astype(np.int32)


def textbook_step(
    rows: NDArray[np.float64],
    weights: NDArray[np.float64],
    targets: NDArray[np.float64],
    wanted: NDArray[np.float64],
    *,
    softmax: bool,
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Return the loss of one line, and its gradients for input rows and targets.

    Parameters
    ----------
    rows : float64[n, dim]
        The distinct input rows.
    weights : float64[n]
        How often each occurs.
    targets : float64[t, dim]
        The output rows that the line meets.
    wanted : float64[t]
        The probability that each should have: 0 or 1.
    softmax : bool
        The probabilities are the softmax of the scores, not their sigmoids.

    Notes
    -----
    With h = sum(w_j v_j) / sum(w), s = U h and p their probabilities, both losses have dC/ds = p - wanted.
    """
    share = weights / weights.sum()
    hidden = share @ rows
    scores = targets @ hidden
    if softmax:
        shifted = np.exp(scores - scores.max())
        found = shifted / shifted.sum()
        loss = -np.log(found[wanted == 1]).sum()
    else:
        found = 1 / (1 + np.exp(-scores))
        loss = -np.log(np.where(wanted == 1, found, 1 - found)).sum()
    by_score = found - wanted
    return float(loss), np.outer(share, by_score @ targets), np.outer(by_score, hidden)
