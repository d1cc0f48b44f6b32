"""The update of the exact gradient is minus the derivative of the loss, measured by finite differences.

For a small enough rate, what an epoch adds to a parameter is -lr times the derivative of the epoch's loss with
respect to it. The float64 twin is measured, to which test_twin.py ties the core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from embed.engine.problem import Problem, Units
from embed.engine.reference import ReferenceWorker
from tests.engine.core_problem import WORDS, changed, problem

LR = 1e-9
STEP = 1e-5
ROWS = (0, 12, 25)  # a frequent word, one less frequent, a rare one
LENGTHS = (1, 2, 70, 0, 7, 129)  # one a token longer than a block


def loss_at(trained: Problem, matrix: str, row: int, column: int, step: float) -> float:
    """Return the loss of an epoch after a change of one parameter."""
    worker = ReferenceWorker(trained)
    getattr(worker, matrix)[row, column] += step
    worker.run(0, 0.0, 0.0, 1.0)
    return worker.loss


@pytest.mark.parametrize("composition", ["word", "mean", "sum"])
@pytest.mark.parametrize("cbow", [False, True])
@pytest.mark.parametrize("loss", ["ns", "hs"])
@pytest.mark.parametrize("matrix", ["inputs", "outputs"])
def test_the_exact_update_is_the_derivative(cbow: bool, composition: str, loss: Any, matrix: str) -> None:
    subword, sums = composition != "word", composition == "sum"
    trained = problem(subword=subword, sums=sums, cbow=cbow, window=3, loss=loss, sentence_lengths=LENGTHS)
    rows = (*ROWS, WORDS + 2, WORDS + 11) if subword and matrix == "inputs" else ROWS
    if loss == "hs" and matrix == "outputs":
        rows = (WORDS - 2, WORDS - 5, WORDS - 12)  # inner nodes: the root and some below
    check_derivative(trained, matrix, rows)


@pytest.mark.parametrize("cbow", [False, True])
@pytest.mark.parametrize("matrix", ["inputs", "outputs"])
def test_the_update_by_two_losses_is_the_derivative(cbow: bool, matrix: str) -> None:
    # a word, the root, and a node below it
    trained = problem(cbow=cbow, window=3, loss="both", sentence_lengths=LENGTHS)
    check_derivative(trained, matrix, (25, 98, 88) if matrix == "outputs" else ROWS)


@pytest.mark.parametrize(("subword", "loss"), [(False, "ns"), (True, "hs")])
@pytest.mark.parametrize("matrix", ["inputs", "outputs"])
def test_the_update_of_sums_of_contexts_is_the_derivative(subword: bool, loss: Any, matrix: str) -> None:
    trained = problem(subword=subword, cbow=True, context_sum=True, window=3, loss=loss, sentence_lengths=LENGTHS)
    check_derivative(trained, matrix, (WORDS - 2, WORDS - 5) if loss == "hs" and matrix == "outputs" else ROWS)


@pytest.mark.parametrize("subword", [False, True])
@pytest.mark.parametrize("loss", ["ns", "hs"])
@pytest.mark.parametrize("matrix", ["inputs", "outputs", "position_weights"])
def test_weights_of_places_and_what_they_weight_follow_the_derivative(subword: bool, loss: Any, matrix: str) -> None:
    settings: dict[str, Any] = {"cbow": True, "weighted": True, "window": 3, "position_ratio": 1.0}
    trained = problem(subword=subword, loss=loss, sentence_lengths=LENGTHS, **settings)
    rows = (0, 2, 3, 5) if matrix == "position_weights" else ROWS
    check_derivative(trained, matrix, (WORDS - 2, WORDS - 5) if loss == "hs" and matrix == "outputs" else rows)


@pytest.mark.parametrize("composition", ["word", "mean", "sum"])
@pytest.mark.parametrize("loss", ["ns", "hs"])
@pytest.mark.parametrize("matrix", ["inputs", "outputs"])
def test_structured_skip_gram_follows_the_derivative(composition: str, loss: Any, matrix: str) -> None:
    settings: dict[str, Any] = {"subword": composition != "word", "sums": composition == "sum", "loss": loss}
    rows = {"inputs": ROWS, "outputs": (0, 1, 24, 25)}[matrix]  # a word's rows to the left, and those to the right
    if loss == "hs" and matrix == "outputs":
        rows = (2 * WORDS - 4, 2 * WORDS - 3, 2 * WORDS - 10)
    check_derivative(problem(**settings, sides=2, window=3, sentence_lengths=LENGTHS), matrix, rows)


@pytest.mark.parametrize("cbow", [False, True])
@pytest.mark.parametrize("composition", ["word", "mean", "sum"])
@pytest.mark.parametrize("matrix", ["inputs", "outputs"])
def test_rows_that_learn_beside_frozen_ones_follow_the_derivative(cbow: bool, composition: str, matrix: str) -> None:
    settings: dict[str, Any] = {"subword": composition != "word", "sums": composition == "sum", "cbow": cbow}
    check_derivative(problem(**settings, window=3, factors="frozen", sentence_lengths=LENGTHS), matrix, (2, 5, 20))


def check_derivative(trained: Problem, matrix: str, rows: Sequence[int]) -> None:
    """Compare the update of some rows with finite differences."""
    worker = ReferenceWorker(trained)
    before = getattr(worker, matrix).copy()
    worker.run(0, LR, 0.0, 1.0)
    update = (getattr(worker, matrix) - before) / LR
    for row in rows:
        for column in (1, 8):
            above, below = (loss_at(trained, matrix, row, column, step) for step in (STEP, -STEP))
            derivative = (above - below) / (2 * STEP)
            assert abs(derivative) > 5e-4
            assert update[row, column] == pytest.approx(-derivative, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize(("power", "factor"), [(0.5, 2), (0.0, 4)])
def test_the_other_updates_of_cbow_lack_the_mean(power: float, factor: float) -> None:
    # one sentence of five words with a fixed window of 4: every center has 4 contexts, so the factor is 4 or its root
    updates = {}
    for each in (1.0, power):
        trained = problem(cbow=True, gradient_power=each, window=4, fixed_window=True, subsample=0)
        worker = ReferenceWorker(changed(trained, ids=np.arange(5, dtype=np.int32), offsets=np.array([0, 5])))
        before = worker.inputs.copy()
        worker.run(0, LR, 0.0, 1.0)
        updates[each] = (worker.inputs - before) / LR
    assert np.abs(updates[1.0][:5]).min() > 0
    np.testing.assert_allclose(updates[power], factor * updates[1.0], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(("power", "factor"), [(0.5, 2**0.5), (0.0, 2)])
def test_the_other_updates_of_subwords_lack_the_mean(power: float, factor: float) -> None:
    updates = {}
    for each in (1.0, power):
        trained = problem(subword=True, gradient_power=each, subsample=0)
        # one n-gram row for each word beside its own, shared with no other word
        rows = np.column_stack([np.arange(WORDS), np.minimum(WORDS + np.arange(WORDS), WORDS + 29)])
        tokens = replace(trained.tokens, ids=np.arange(5, dtype=np.int32), offsets=np.array([0, 5]))
        units = Units(2 * np.arange(WORDS + 1), rows.ravel().astype(np.int32))
        worker = ReferenceWorker(replace(trained, tokens=tokens, units=units))
        before = worker.inputs.copy()
        worker.run(0, LR, 0.0, 1.0)
        updates[each] = (worker.inputs - before) / LR
    assert np.abs(updates[1.0][[0, 4, WORDS, WORDS + 4]]).min() > 0
    np.testing.assert_allclose(updates[power], factor * updates[1.0], rtol=1e-3, atol=1e-6)
