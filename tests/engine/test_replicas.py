"""Replicas of frequent words' rows: what is trained in them, and what the rows have of it afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from embed import _core
from embed.engine.problem import Problem
from tests.engine.core_problem import WORDS, changed, copied, core_worker, problem, run_epoch

REPLICATED, REPLICATED_ROWS = 10, 65
KINDS: list[dict[str, Any]] = [
    {},
    {"cbow": True, "gradient_power": 0.5},
    {"cbow": True, "weighted": True},
    {"subword": True},
    {"sides": 2},
    {"loss": "hs"},
    {"loss": "both"},
    {"factors": "between"},
    {"factors": "between", "cbow": True},
    {"cbow": True, "window": 0, "most_tags": 1, "noise_run": 2},
    {"subword": True, "replicated_rows": REPLICATED_ROWS},
    {"subword": True, "replicated_rows": REPLICATED_ROWS, "cbow": True},
    {"subword": True, "replicated_rows": REPLICATED_ROWS, "cbow": True, "sums": True, "most_tags": 2},
]


def _trained(trained: Problem, **changes: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the matrices after an epoch."""
    worker, matrices = core_worker(changed(trained, **changes))
    run_epoch(worker, trained, 0, 0.05, -1e-5)
    return matrices.inputs, matrices.outputs


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_one_worker_alone_learns_the_same_in_replicas(kind: dict[str, Any]) -> None:
    trained = problem(**kind)
    for found, expected in zip(
        _trained(trained, replicated_words=REPLICATED),
        _trained(trained, replicated_words=0, replicated_rows=0),
        strict=True,
    ):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_rows_move_by_the_share_of_what_their_replicas_do(kind: dict[str, Any]) -> None:
    trained = problem(**kind, replicated_words=REPLICATED)
    inputs, outputs = trained.matrices.inputs, trained.matrices.outputs
    whole, half = _trained(trained), _trained(trained, replica_share=0.5)
    sides = kind.get("sides", 1)
    # the last nodes of a tree, which has one less than there are words, are its top
    first = WORDS - 1 - REPLICATED if kind.get("loss") == "hs" else 0
    own_inputs, own_outputs = (np.zeros(len(matrix), bool) for matrix in (inputs, outputs))
    has_word_rows = kind.get("window", 1) > 0 and not kind.get("subword")
    own_inputs[: REPLICATED if has_word_rows else 0] = True  # rows of n-grams move by the whole change
    own_outputs[first * sides : (first + REPLICATED) * sides] = True
    for before, after, found, own in zip((inputs, outputs), whole, half, (own_inputs, own_outputs), strict=True):
        expected = after.copy()
        expected[own] = before[own] + (after[own] - before[own]) / 2
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
        np.testing.assert_array_equal(found[~own], after[~own])
        assert (found[~own] != before[~own]).any()
        assert not own.any() or (found[own] != after[own]).any()


@pytest.mark.parametrize("cbow", [False, True])
def test_a_frozen_row_keeps_its_bits_though_it_has_a_replica(cbow: bool) -> None:
    trained = problem(cbow=cbow, factors="frozen", replicated_words=REPLICATED)
    for matrix in (trained.matrices.inputs, trained.matrices.outputs):
        matrix[:, 3] = -0.0  # the bits of it are not those of 0
    inputs, outputs = _trained(trained, replica_share=0.5)
    before = trained.matrices
    factors = before.factors
    assert factors.inputs is not None
    assert factors.outputs is not None
    assert inputs[factors.inputs == 0].tobytes() == before.inputs[factors.inputs == 0].tobytes()
    assert outputs[factors.outputs == 0].tobytes() == before.outputs[factors.outputs == 0].tobytes()
    assert (inputs[:REPLICATED] != before.inputs[:REPLICATED]).any()


def test_workers_in_turns_neither_lose_nor_double_a_change() -> None:
    trained = problem(subword=True, cbow=True, replicated_rows=REPLICATED_ROWS)
    expected, _ = _trained(trained, replicated_words=0, replicated_rows=0)
    shared = copied(trained)
    workers = [_core.Worker(shared) for _ in range(2)]
    stop, first, turn = np.zeros(1, np.int32), 0, 0
    while first < trained.tokens.positions:
        last = min(first + 100, trained.tokens.positions)
        first = workers[turn % 2].run(0, first, last, 0.05, -1e-5, 1.0, stop)
        turn += 1
    assert turn > 4
    np.testing.assert_allclose(shared.matrices.inputs, expected, rtol=0, atol=1e-6)


def test_rows_with_factors_cannot_have_replicas() -> None:
    with pytest.raises(ValueError, match="replicated rows need input rows without factors"):
        problem(subword=True, factors="between", replicated_rows=REPLICATED_ROWS)
