"""What is large is done in pieces, so that Ctrl-C is heard; and to the same result as in one."""

from __future__ import annotations

import heapq
import lzma
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed import pieces as module
from embed.files.compressing import compressing_write
from embed.pieces import copy_rows, pieces
from embed.vectors.quantize import quantize_binary, quantize_int8
from embed.vectors.word_rows import word_index
from embed.vocabulary.huffman import HuffmanTree


@pytest.mark.parametrize(("rows", "row_bytes"), [(0, 4), (1, 4), (5_000_000, 1200), (3, 1 << 30), (7, 0)])
def test_pieces_are_bounded_and_together_all_rows(rows: int, row_bytes: int) -> None:
    found = list(pieces(rows, row_bytes))
    assert [row.start for row in found] == [0, *(row.stop for row in found)][: len(found)]
    assert (found[-1].stop if found else 0) == rows
    assert all((row.stop - row.start) * row_bytes <= 16 << 20 or row.stop - row.start == 1 for row in found)


def test_rows_are_copied_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PIECE_BYTES", 64)
    source = np.arange(70, dtype=np.float32).reshape(10, 7)
    target = np.zeros((10, 16), np.float32)
    copy_rows(source, target[:, :7])
    assert np.array_equal(target[:, :7], source)


def _tree_by_a_heap(counts: np.ndarray[Any, Any]) -> tuple[list[int], list[int], list[int]]:
    """Huffman's algorithm as it is told: the two of least count, and of these the lower numbers, become one."""
    size = len(counts)
    heap = [(count, number) for number, count in enumerate(counts.tolist())]
    heapq.heapify(heap)
    above: dict[int, tuple[int, int]] = {}
    for node in range(size, 2 * size - 1):
        (first, left), (second, right) = heapq.heappop(heap), heapq.heappop(heap)
        above[left], above[right] = (node, 0), (node, 1)
        heapq.heappush(heap, (first + second, node))
    offsets: list[int] = [0]
    nodes: list[int] = []
    turns: list[int] = []
    for word in range(size):
        path = []
        at = word
        while at in above:
            at, turn = above[at]
            path.append((at - size, turn))
        nodes += [node for node, _ in reversed(path)]
        turns += [turn for _, turn in reversed(path)]
        offsets.append(len(nodes))
    return offsets, nodes, turns


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 50, 600])
def test_the_tree_in_pieces_is_the_tree_by_a_heap(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PIECE_BYTES", 256 * 50)
    rng = np.random.default_rng(size)
    random = rng.integers(1, 60, size)
    falling = (1e6 / np.arange(1, size + 1)).astype(np.int64) + 1
    for counts in (random, np.sort(random)[::-1], np.ones(size, np.int64), falling):
        tree = HuffmanTree.from_counts(counts)
        assert (tree.offsets.tolist(), tree.nodes.tolist(), tree.turns.tolist()) == _tree_by_a_heap(counts)


def test_words_are_numbered_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PIECE_BYTES", 256 * 3)
    assert word_index([f"w{number}" for number in range(10)]) == {f"w{number}": number for number in range(10)}


def test_xz_is_given_small_pieces_and_writes_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = np.random.default_rng(1).bytes(200_000)
    sizes = []
    write = lzma.LZMAFile.write

    def counted(file: lzma.LZMAFile, piece: memoryview) -> int:
        sizes.append(len(piece))
        return write(file, piece)

    monkeypatch.setattr(lzma.LZMAFile, "write", counted)
    with compressing_write(tmp_path / "v.xz") as file:
        assert file.write(data) == len(data)
    assert sum(sizes) == len(data)
    assert max(sizes) <= 1 << 15
    assert (tmp_path / "v.xz").read_bytes() == lzma.compress(data)


@pytest.mark.parametrize("scale", ["row", "column"])
def test_quantising_takes_memory_for_pieces_alone(scale: str) -> None:
    matrix = np.random.default_rng(1).standard_normal((60_000, 100)).astype(np.float32)
    whole = np.abs(matrix).max(axis=1 if scale == "row" else 0, keepdims=True) / np.float32(127)
    tracemalloc.start()
    codes = quantize_int8(matrix, scale)
    assert tracemalloc.get_traced_memory()[1] < matrix.nbytes
    tracemalloc.stop()
    assert np.array_equal(codes.arrays["scales"], whole)
    mean = quantize_binary(matrix).arrays["mean"]
    assert np.allclose(mean, matrix.mean(axis=0, dtype=np.float64), rtol=1e-6, atol=1e-9)
