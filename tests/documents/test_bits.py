"""Codes of bits: distances against a count bit by bit, exact search, filtering and ranking, and ITQ."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from embed.documents import bits
from embed.documents.bits import filter_and_rank, hamming, index_codes, itq, nearest_codes, pack
from embed.errors import ConfigError, MissingExtraError

DRAW = np.random.default_rng(4)


def _codes(count: int, width: int) -> Any:
    return DRAW.integers(0, 256, (count, width), dtype=np.uint8)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 8, 12, 16])
@pytest.mark.parametrize("ones", [bits._ones, bits._ones_by_table])
def test_hamming_counts_the_bits_that_differ(
    width: int, ones: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bits, "_ones", ones)
    queries, codes = _codes(5, width), _codes(40, 2 * width)[:, ::2]  # strided
    expected = (np.unpackbits(queries, axis=1)[:, None] != np.unpackbits(codes, axis=1)[None]).sum(axis=2)
    found = hamming(queries, codes)
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, expected)


def test_the_longest_codes_do_not_overflow() -> None:
    ones = np.full((1, bits.MOST_BITS // 8), 255, np.uint8)
    assert hamming(ones, np.zeros_like(ones))[0, 0] == bits.MOST_BITS


def test_packing_keeps_the_signs() -> None:
    vectors = DRAW.normal(size=(6, 10))
    vectors[0, 0] = 0
    codes = pack(vectors)
    assert codes.shape == (6, 2)
    np.testing.assert_array_equal(np.unpackbits(codes, axis=1, count=10), vectors > 0)


def test_nearest_codes_come_in_the_order_of_distance_then_row(monkeypatch: pytest.MonkeyPatch) -> None:
    queries, codes = _codes(7, 1), _codes(300, 1)  # many equals
    distances = hamming(queries, codes)
    for pairs in (bits.BLOCK_PAIRS, 700):
        monkeypatch.setattr(bits, "BLOCK_PAIRS", pairs)
        rows, found = nearest_codes(queries, codes, 20)
        for query in range(7):
            np.testing.assert_array_equal(rows[query], np.argsort(distances[query], kind="stable")[:20])
            np.testing.assert_array_equal(found[query], distances[query, rows[query]])
    assert nearest_codes(queries, codes[:3], 10)[0].shape == (7, 3)
    assert nearest_codes(queries[:0], codes)[0].shape == (0, 10)


def test_candidates_by_code_are_ranked_by_cosine() -> None:
    vectors = DRAW.normal(size=(200, 64)).astype(np.float32)
    codes = pack(vectors)
    cosines = vectors @ vectors.T / np.outer(*[np.linalg.norm(vectors, axis=1)] * 2)
    rows, found = filter_and_rank(codes[:4], vectors[:4], codes, vectors, 5, candidates=200)
    np.testing.assert_array_equal(rows, np.argsort(-cosines[:4], axis=1)[:, :5])
    np.testing.assert_allclose(found, np.take_along_axis(cosines[:4], rows, 1), atol=1e-6)
    rows, _ = filter_and_rank(codes[:4], vectors[:4], codes, vectors, 5, candidates=10)
    for query in range(4):
        candidates = nearest_codes(codes[query][None], codes, 10)[0][0]
        expected = candidates[np.argsort(-cosines[query, candidates])[:5]]
        np.testing.assert_array_equal(rows[query], expected)


def test_itq_finds_groups_that_hyperplanes_do_not() -> None:
    """Each step lowers the distance of the signs, and nearest codes are of the same group."""
    centres = DRAW.normal(size=(8, 20))
    group = np.arange(400) % 8
    vectors = (centres[group] + 0.3 * DRAW.normal(size=(400, 20))).astype(np.float32)
    learned, first = itq(vectors, 8), itq(vectors, 8, iterations=0)
    np.testing.assert_allclose(learned.projection.T @ learned.projection, np.eye(8), atol=1e-5)

    def distance(made: Any) -> float:
        moved = (vectors - made.mean) @ made.projection
        return float(((np.where(moved > 0, 1, -1) - moved) ** 2).sum())

    assert distance(learned) < distance(itq(vectors, 8, iterations=3)) < distance(first)
    codes = learned.encode(vectors)
    rows, _ = nearest_codes(codes, codes, 10)
    assert (group[rows] == group[:, None]).mean() > 0.95
    np.testing.assert_array_equal(itq(vectors, 8).encode(vectors), codes)
    assert itq(vectors, 12).encode(vectors[:0]).shape == (0, 2)


def test_an_index_of_codes_finds_what_the_exact_search_finds() -> None:
    codes = _codes(50, 8)
    if importlib.util.find_spec("usearch") is None:
        with pytest.raises(MissingExtraError, match=r"train-embeddings\[ann\]"):
            index_codes(codes)
        return
    found = index_codes(codes).search(codes[:5], 1)
    np.testing.assert_array_equal(np.asarray(found.keys)[:, 0], np.arange(5))


def test_an_index_without_usearch_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'train-embeddings\[ann\]'"):
        index_codes(_codes(2, 1))


REAL = DRAW.normal(size=(5, 8)).astype(np.float32)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hamming(REAL, REAL), "queries must be a uint8 array"),
        (lambda: hamming(_codes(2, 2), _codes(2, 3)), "queries have 16 bits, but codes have 24"),
        (lambda: hamming(_codes(2, 2)[0], _codes(2, 2)), r"not uint8 of shape \(2,\)"),
        (lambda: hamming(_codes(2, 0), _codes(2, 0)), "of at most"),
        (lambda: nearest_codes(_codes(2, 2), _codes(2, 2), 0), "n must be a whole number of at least 1"),
        (lambda: filter_and_rank(_codes(1, 1), REAL[:1], _codes(4, 1), REAL), "must be of the same documents"),
        (lambda: filter_and_rank(_codes(1, 1), REAL[:1], _codes(5, 1), REAL, 3, candidates=2), "at least 3"),
        (lambda: pack(["a"]), "vectors must be an array of numbers"),
        (lambda: itq(REAL, 5), "bits must be a whole number from 1 to 4"),
        (lambda: itq(np.full((5, 3), np.nan), 2), "vectors hold NaN"),
        (lambda: itq(REAL, 2).encode(REAL[:, :3]), "vectors must have 8 columns, not 3"),
    ],
)
def test_wrong_input_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        call()
