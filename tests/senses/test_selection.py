"""The probabilities of senses, and the similarities, against loops over numbers made by hand."""

from __future__ import annotations

import typing
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from embed.choices import SenseSimilarity
from embed.model.senses import CONTEXT_REACH, Senses
from embed.senses.selection import Selector, sorted_senses
from embed.senses.similarity import IN_CONTEXT, MEASURES, Occurrence

WIDTH, DIM = 5, 3
SIZES = [0, 3, 1, 2, 0, 2]
Floats = npt.NDArray[np.float32]


def senses(priors: list[float] | None = None) -> Senses:
    draw = np.random.default_rng(2)
    total = sum(SIZES)
    return Senses(
        np.cumsum([0, *SIZES]).astype(np.int32),
        draw.normal(size=(total, DIM)).astype(np.float32),
        draw.normal(size=(total, WIDTH)).astype(np.float32),
        draw.normal(size=(len(SIZES), 2 * WIDTH)).astype(np.float32)[:, :WIDTH],  # not contiguous, as padded rows are
        np.array([0.2, 0.5, 0.2, 1.0, 0.5, 0.5, 0, 0] if priors is None else priors, np.float32),
    )


def plain(of: Senses, sentence: list[int], place: int) -> Any:
    """Return the probabilities of the senses of one word of a sentence, by loops."""
    context = np.zeros(WIDTH)
    for other, word in enumerate(sentence):
        if 0 < abs(other - place) <= CONTEXT_REACH:
            context += of.contexts[word] / abs(other - place)
    length = np.sqrt((context**2).sum())
    context = context / length if length else context
    word = sentence[place]
    scores = [of.selectors[sense] @ context for sense in range(of.offsets[word], of.offsets[word + 1])]
    weights = np.exp(np.array(scores, np.float64))
    return weights / weights.sum()


def test_senses_are_sorted_by_their_priors_which_add_up_to_one() -> None:
    before, after = senses(), sorted_senses(senses())
    assert after.offsets.tolist() == [0, 0, 3, 3, 5, 5, 7]  # word 2 has a single sense, and nothing to choose
    order = [1, 0, 2, 4, 5, 6, 7]
    np.testing.assert_array_equal(after.vectors, before.vectors[order])
    np.testing.assert_array_equal(after.selectors, before.selectors[order])
    np.testing.assert_allclose(after.priors, [5 / 9, 2 / 9, 2 / 9, 0.5, 0.5, 0.5, 0.5], rtol=1e-6)


def test_probabilities_are_those_of_loops_and_end_at_sentences() -> None:
    of = sorted_senses(senses())
    draw = np.random.default_rng(4)
    text = [draw.choice([0, 1, 2, 3, 4, 5], size).tolist() for size in (1, 0, 40, 7, 2, 1)] + [[1]]
    ids = np.array([word for sentence in text for word in sentence], np.int32)
    offsets = np.cumsum([0, *map(len, text)])
    positions = np.flatnonzero(np.diff(of.offsets)[ids])
    found = Selector(of).probabilities(ids, offsets, positions)
    expected = [
        plain(of, sentence, place)
        for sentence in text
        for place, word in enumerate(sentence)
        if of.offsets[word + 1] > of.offsets[word]
    ]
    assert found.shape == (len(expected), 3)
    for row, one in zip(found, expected, strict=True):
        np.testing.assert_allclose(row[: len(one)], one, atol=1e-5)
        assert not row[len(one) :].any()
    np.testing.assert_allclose(found[-1], [1 / 3] * 3)  # nothing around it
    assert Selector(of).probabilities(ids, offsets, positions[:0]).shape == (0, 0)


def test_probabilities_are_the_same_alone_and_in_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    of = sorted_senses(senses())
    ids = np.random.default_rng(6).integers(0, 6, 200).astype(np.int32)
    positions = np.flatnonzero(np.diff(of.offsets)[ids])
    offsets = np.array([0, 200])
    together = Selector(of).probabilities(ids, offsets, positions)
    monkeypatch.setattr("embed.senses.selection._BLOCK", 7)
    np.testing.assert_array_equal(Selector(of).probabilities(ids, offsets, positions), together)


def test_similarities_are_those_of_loops() -> None:
    draw = np.random.default_rng(8)
    a, b = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in draw.normal(size=(2, 3, 4)))
    b = b[:2]
    p, q = np.array([0.2, 0.7, 0.1]), np.array([0.4, 0.6])
    cosines = [[float(x @ y) for y in b] for x in a]
    expected = {
        "avgSim": sum(map(sum, cosines)) / 6,
        "avgSimC": sum(p[k] * q[j] * cosines[k][j] for k in range(3) for j in range(2)),
        "localSim": cosines[1][1],
        "maxSim": max(map(max, cosines)),
    }
    assert set(expected) == set(typing.get_args(SenseSimilarity)) == set(MEASURES)
    assert set(IN_CONTEXT) < set(MEASURES)
    sides = (
        Occurrence(a.astype(np.float32), p.astype(np.float32)),
        Occurrence(b.astype(np.float32), q.astype(np.float32)),
    )
    for kind, measure in MEASURES.items():
        assert measure(*sides) == pytest.approx(expected[kind], abs=1e-6)
