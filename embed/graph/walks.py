"""Make an encoded corpus of random walks: walks are its sentences, and nodes its words.

Threads walk in pieces of some thousand nodes, and write them in order, so that memory does not grow with the walks.
Each round begins a walk at every node, in an order of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embed.config.graph import WalkConfig
from embed.corpora.lanes import Lane
from embed.graph._walks import Walker
from embed.graph.graph import Graph
from embed.text.encoded_corpus import ID_TYPE, IDS, OFFSETS, EncodedCorpus
from embed.text.encoded_folder import describe, persistent, temporary, write_vocabulary, writing
from embed.text.encoding import Progress
from embed.text.in_order import in_order
from embed.text.renumbering import renumber
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["walk"]

_PIECE = 1 << 18
"""Nodes that a thread writes at a time, roughly."""


class _Walks:
    """The walks through a graph as what is encoded: it has settings and a fingerprint, but no text."""

    def __init__(self, graph: Graph, how: WalkConfig, seed: int) -> None:
        self._graph, self._how, self._seed = graph, how, seed

    def settings(self) -> dict[str, Any]:
        """Return what decides the walks besides the graph."""
        return {"reader": "walks", "seed": self._seed, **asdict(self._how), "directed": self._graph.directed}

    def fingerprint(self) -> str:
        """Identify the walks."""
        return f"{self._graph.digest()} {sorted(self.settings().items())}"


def walk(
    graph: Graph,
    how: WalkConfig,
    *,
    seed: int,
    threads: int,
    directory: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> EncodedCorpus:
    """Walk through a graph, and return the walks as an encoded corpus.

    The words of the corpus are the numbers of the nodes, most visited first. A node that no edge leaves is the only
    word of its walks.

    Parameters
    ----------
    graph : Graph
    how : WalkConfig
        Its `directed` is not asked: the graph knows.
    seed : int
    threads : int
        The walks are the same for any number.
    directory : path or None
        Where to store the corpus, to use it again; None: in a temporary directory, removed on close.
    progress : callable or None
        Called with (nodes written, 0).

    Raises
    ------
    FormatError
        The directory holds other files, or cannot be written.
    """
    source = _Walks(graph, how, seed)

    def walk_into(work: Path, generation: str | None) -> tuple[dict[str, Any], Vocabulary]:
        with writing(work):
            counts = _write(work / IDS, graph, how, seed, threads, progress)
            ranked = np.argsort(-counts, kind="stable")
            table = np.empty(len(counts), np.int32)
            table[ranked] = np.arange(len(ranked), dtype=np.int32)
            tokens, walks = renumber(work / IDS, work / OFFSETS, table, threads)
            vocabulary = Vocabulary([str(node) for node in ranked.tolist()], counts[ranked])
            write_vocabulary(work, vocabulary)
            facts = {"raw_tokens": tokens, "tokens": tokens, "sentences": walks, "words": len(vocabulary)}
            meta = describe(work, source, {}, facts, generation=generation, durable=directory is not None)
        return meta, vocabulary

    if directory is None:
        return temporary(walk_into)
    return persistent(Path(directory), source, {}, walk_into)


def _write(
    path: Path, graph: Graph, how: WalkConfig, seed: int, threads: int, progress: Progress | None
) -> NDArray[np.int64]:
    """Write the walks, the sign bit beginning each; return how often each node was visited, int64[N]."""
    walker = Walker(graph.offsets, graph.neighbours, graph.weights, how.p, how.q, seed)
    path.touch()
    written = _Written()
    hands = [_Walking(path, walker, how.walk_length, len(graph.nodes), written) for _ in range(threads)]
    pieces = _pieces(len(graph.nodes), how.walks, max(_PIECE // how.walk_length, 1), seed)

    def watch() -> None:
        if progress is not None:
            progress(written.nodes, 0)

    try:
        in_order([Lane(pieces, is_ready=True)], hands, watch)
    finally:
        for hand in hands:
            hand.close()
    counts = hands[0].counts
    for hand in hands[1:]:
        counts += hand.counts
    return counts


def _pieces(nodes: int, rounds: int, size: int, seed: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield the round of each piece, and the nodes that its walks begin at."""
    for number in range(rounds):
        # raw numbers of PCG64, whose stream NumPy never changes
        order = np.argsort(np.random.PCG64([seed, number]).random_raw(nodes), kind="stable")
        for first in range(0, nodes, size):
            yield number, order[first : first + size]


def _write_all(file: FileIO, data: memoryview) -> None:
    while len(data):
        data = data[file.write(data) :]


class _Written:
    """How many nodes the pieces before a piece have."""

    nodes = 0


class _Walking:
    """A :class:`embed.text.in_order.Hand`."""

    def __init__(self, path: Path, walker: Walker, length: int, nodes: int, written: _Written) -> None:
        self.counts = np.zeros(nodes, np.int64)
        self._path, self._walker, self._length, self._written = path, walker, length, written
        self._file: FileIO | None = None

    def begin(self, chunk: tuple[int, NDArray[np.int64]], place: tuple[int, int]) -> list[Any]:
        """Walk."""
        number, starts = chunk
        out = np.empty(len(starts) * self._length, np.int32)
        size = self._walker.walk(number, starts, self._length, out, self.counts)
        return [out[:size], 0]

    def join(self, begun: list[Any]) -> None:
        """Learn where the piece stands in the file."""
        begun[1] = self._written.nodes
        self._written.nodes += len(begun[0])

    def end(self, begun: list[Any]) -> None:
        """Write the piece."""
        ids, first = begun
        if self._file is None:
            self._file = FileIO(self._path, "r+b")
        self._file.seek(first * ID_TYPE.itemsize)
        _write_all(self._file, ids.astype(ID_TYPE, copy=False).data.cast("B"))

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
