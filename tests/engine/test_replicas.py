"""Replicas of frequent words' rows: what is trained in them, and what the rows have of it afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.engine.core_problem import WORDS, core_worker, problem, run_epoch

REPLICATED = 10
KINDS: list[dict[str, Any]] = [
    {},
    {"cbow": True, "gradient_power": 0.5},
    {"cbow": True, "weighted": True},
    {"subword": True},
    {"sides": 2},
    {"hierarchical": True},
]


def _trained(arguments: dict[str, Any], **changes: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the matrices after an epoch."""
    worker, inputs, outputs = core_worker(arguments | changes)
    run_epoch(worker, arguments, 0, 0.05, -1e-5)
    return inputs, outputs


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_one_worker_alone_learns_the_same_in_replicas(kind: dict[str, Any]) -> None:
    arguments = problem(**kind)
    for found, expected in zip(
        _trained(arguments, replicated_words=REPLICATED), _trained(arguments, replicated_words=0), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_rows_move_by_the_share_of_what_their_replicas_do(kind: dict[str, Any]) -> None:
    arguments = problem(**kind, replicated_words=REPLICATED)
    inputs, outputs = (arguments[name] for name in ("inputs", "outputs"))
    whole, half = _trained(arguments), _trained(arguments, replica_share=0.5)
    sides = kind.get("sides", 1)
    # the last nodes of a tree, which has one less than there are words, are its top
    first = WORDS - 1 - REPLICATED if kind.get("hierarchical") else 0
    own_inputs, own_outputs = (np.zeros(len(matrix), bool) for matrix in (inputs, outputs))
    own_inputs[: 0 if kind.get("subword") else REPLICATED] = True
    own_outputs[first * sides : (first + REPLICATED) * sides] = True
    for before, after, found, own in zip((inputs, outputs), whole, half, (own_inputs, own_outputs), strict=True):
        expected = after.copy()
        expected[own] = before[own] + (after[own] - before[own]) / 2
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
        np.testing.assert_array_equal(found[~own], after[~own])
        assert (found[~own] != before[~own]).any()
        assert not own.any() or (found[own] != after[own]).any()


@pytest.mark.parametrize("changes", [{"replicated_words": -1}, {"replicated_words": WORDS + 1}, {"freezing": True}])
def test_words_that_cannot_have_replicas_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="replicated words: they must be there, and none of them frozen"):
        core_worker(problem(**{"replicated_words": REPLICATED} | changes))
