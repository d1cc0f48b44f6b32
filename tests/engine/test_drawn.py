"""Sentences that stand anywhere in the ids, and more than once, train like a text of those sentences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from embed.engine.problem import Problem, Tokens
from tests.engine.core_problem import SENTENCE_LENGTHS, changed, core_worker, problem
from tests.engine.test_twin import agree

DRAWN = (2, 2, 2, 0, 4, 5, 7, 7, 1, 3)
"""Sentences of the problem: some several times, one without tokens, some not at all, and the last before others."""


def drawn(trained: Problem) -> Problem:
    """Return the problem with the drawn sentences, where they stand."""
    lengths = np.diff(trained.tokens.offsets)
    return changed(
        trained,
        offsets=np.cumsum([0, *(int(lengths[sentence]) for sentence in DRAWN)]),
        starts=trained.tokens.offsets[list(DRAWN)],
    )


def copied_out(trained: Problem) -> Problem:
    """Return the problem with a text of the drawn sentences."""
    offsets = trained.tokens.offsets
    parts = [trained.tokens.ids[offsets[sentence] : offsets[sentence + 1]] for sentence in DRAWN]
    return changed(trained, ids=np.concatenate(parts), offsets=np.cumsum([0, *map(len, parts)]))


@pytest.mark.parametrize("settings", [{}, {"cbow": True}, {"subword": True, "sides": 2}, {"loss": "hs"}])
def test_a_draw_trains_to_the_bits_of_a_text_of_its_sentences(settings: dict[str, Any]) -> None:
    trained = problem(**settings)
    ours, texts = drawn(trained), copied_out(trained)
    assert ours.tokens.positions == len(texts.tokens.ids) != len(ours.tokens.ids)
    (worker, matrices), (other, expected) = core_worker(ours), core_worker(texts)
    for one, all_of in ((worker, ours), (other, texts)):
        for epoch in range(2):
            stop = np.zeros(1, np.int32)
            for first in range(0, all_of.tokens.positions, 333):  # begins within sentences
                one.run(epoch, first, min(first + 333, all_of.tokens.positions), 0.02, 0.0, 1.0, stop)
    assert worker.loss == other.loss
    assert worker.examples == other.examples > 0
    np.testing.assert_array_equal(matrices.inputs, expected.inputs)
    np.testing.assert_array_equal(matrices.outputs, expected.outputs)
    assert (matrices.inputs != trained.matrices.inputs).any()


def test_core_and_twin_agree_on_a_draw() -> None:
    agree(drawn(problem()))


def test_a_position_beyond_the_draw_is_refused() -> None:
    ours = drawn(problem())
    worker, _ = core_worker(ours)
    with pytest.raises(ValueError, match=f"within a corpus of {ours.tokens.positions}"):
        worker.run(0, 0, ours.tokens.positions + 1, 0.02, 0.0, 1.0, np.zeros(1, np.int32))


@pytest.mark.parametrize(
    ("starts", "message"),
    [([0], "2 sentences, but 1 starts"), ([0, -1], "within the 5 ids"), ([0, 4], "within the 5 ids")],
)
def test_a_start_out_of_range_is_refused(starts: list[int], message: str) -> None:
    values = np.zeros(5, np.int32), np.array([0, 3, 5]), np.zeros(1, np.uint32)
    assert Tokens(*values, starts=np.array([2, 3])).positions == 5
    with pytest.raises(ValueError, match=message):
        Tokens(*values, starts=np.array(starts))
    assert len(SENTENCE_LENGTHS) > max(DRAWN)
