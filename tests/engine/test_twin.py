"""The compiled core lands on the numbers of its readable twin: every objective, input, gradient and SIMD path."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from embed.engine import _kernels
from embed.engine.problem import Problem, RowFactors
from embed.engine.reference import ReferenceWorker
from tests.engine.core_problem import DIM, changed, core_worker, problem, run_epoch

# single precision against double, after two epochs of about 10,000 updates
TOLERANCE = 2e-5
POWERS = (1.0, 0.5, 0.0)  # of the exact, the square-root and the historic gradient
COMBINATIONS = list(itertools.product((False, True), POWERS, (False, True)))
# window, negatives, and whether the window is fixed
SHAPES = [(1, 1, True), (5, 5, False), (3, 14, True)]


def agree(trained: Problem) -> None:
    """Run two epochs of the twin, and of the core on every SIMD path."""
    twin = ReferenceWorker(trained)
    for epoch in range(2):
        twin.run(epoch, 0.02, -1e-5, 1.5)
    for path in _kernels.simd_names():
        worker, matrices = core_worker(trained, path)
        inputs, outputs, places = matrices.inputs, matrices.outputs, matrices.position_weights
        for epoch in range(2):
            run_epoch(worker, trained, epoch, 0.02, -1e-5, 1.5)
        np.testing.assert_allclose(inputs[:, :DIM], twin.inputs, rtol=0, atol=TOLERANCE, err_msg=path)
        np.testing.assert_allclose(outputs[:, :DIM], twin.outputs, rtol=0, atol=TOLERANCE, err_msg=path)
        np.testing.assert_allclose(places[:, :DIM], twin.position_weights, rtol=0, atol=TOLERANCE, err_msg=path)
        assert not places[:, DIM:].any()
        assert (worker.examples, worker.centers) == (twin.examples, twin.centers)
        assert worker.loss == pytest.approx(twin.loss, rel=1e-5)
        assert not inputs[:, DIM:].any()
        assert not outputs[:, DIM:].any()


@pytest.mark.parametrize(("cbow", "power", "subword"), COMBINATIONS)
@pytest.mark.parametrize(("window", "negatives", "fixed"), SHAPES)
def test_the_core_agrees_with_its_twin(
    cbow: bool, power: float, subword: bool, fixed: bool, window: int, negatives: int
) -> None:
    settings = {"cbow": cbow, "gradient_power": power, "fixed_window": fixed, "window": window, "negatives": negatives}
    agree(problem(subword=subword, **settings))


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize(
    "settings",
    [{}, {"subword": True, "fixed_window": True}, {"cbow": True}, {"cbow": True, "weighted": True}, {"loss": "hs"}],
)
def test_they_agree_on_contexts_of_one_side(side: int, settings: dict[str, Any]) -> None:
    agree(problem(context_side=side, **settings))


@pytest.mark.parametrize(("cbow", "power", "subword"), COMBINATIONS)
def test_they_agree_on_hierarchical_softmax(cbow: bool, power: float, subword: bool) -> None:
    trained = problem(subword=subword, cbow=cbow, gradient_power=power, loss="hs")
    assert trained.targets.tree is not None
    assert np.diff(trained.targets.tree.offsets).max() > 6  # more than a group of rows
    agree(trained)


@pytest.mark.parametrize(
    "settings", [{}, {"cbow": True, "subword": True, "negatives": 14}, {"sides": 2, "negatives": 1}]
)
def test_they_agree_on_noise_and_a_tree_at_once(settings: dict[str, Any]) -> None:
    agree(problem(loss="both", **settings))


@pytest.mark.parametrize(("power", "loss", "subword"), [(1.0, "ns", False), (0.5, "hs", False), (0.0, "ns", True)])
def test_they_agree_on_sums_of_contexts(power: float, loss: Any, subword: bool) -> None:
    agree(problem(subword=subword, cbow=True, context_sum=True, gradient_power=power, loss=loss))


@pytest.mark.parametrize(("cbow", "power", "loss"), [(False, 1.0, "ns"), (False, 1.0, "hs"), (True, 0.5, "ns")])
def test_they_agree_on_sums_of_rows(cbow: bool, power: float, loss: Any) -> None:
    agree(problem(subword=True, sums=True, cbow=cbow, gradient_power=power, loss=loss))


@pytest.mark.parametrize(("power", "subword"), list(itertools.product(POWERS, (False, True))))
@pytest.mark.parametrize(("window", "negatives", "fixed"), SHAPES)
def test_they_agree_on_weights_of_places(power: float, subword: bool, fixed: bool, window: int, negatives: int) -> None:
    settings = {"gradient_power": power, "fixed_window": fixed, "window": window, "negatives": negatives}
    agree(problem(subword=subword, cbow=True, weighted=True, **settings))


@pytest.mark.parametrize("subword", [False, True])
def test_they_agree_on_weights_of_places_with_hierarchical_softmax(subword: bool) -> None:
    agree(problem(subword=subword, cbow=True, weighted=True, loss="hs"))


@pytest.mark.parametrize(("power", "subword"), list(itertools.product(POWERS, (False, True))))
@pytest.mark.parametrize(("window", "negatives", "fixed"), SHAPES)
def test_they_agree_on_structured_skip_gram(
    power: float, subword: bool, fixed: bool, window: int, negatives: int
) -> None:
    settings = {"gradient_power": power, "fixed_window": fixed, "window": window, "negatives": negatives}
    agree(problem(subword=subword, sides=2, **settings))


@pytest.mark.parametrize("subword", [False, True])
def test_they_agree_on_structured_skip_gram_with_hierarchical_softmax(subword: bool) -> None:
    agree(problem(subword=subword, sides=2, loss="hs"))


def test_each_side_has_rows_of_its_own() -> None:
    # two words, one always after the other: the first is context to the left of the second, and never to its right
    trained = problem(sides=2, window=1, subsample=0)
    trained = changed(trained, ids=np.array([0, 1], np.int32), offsets=np.array([0, 2]))
    worker, matrices = core_worker(trained)
    run_epoch(worker, trained, 0, 0.05)
    moved = (matrices.outputs != trained.matrices.outputs).any(axis=1)
    assert moved[:4].tolist() == [False, True, True, False]  # what is right of word 0, and left of word 1


SLOWED: list[dict[str, Any]] = [
    {"cbow": False},
    {"cbow": False, "sides": 2},
    {"cbow": False, "sides": 2, "subword": True},
    {"cbow": False, "subword": True, "gradient_power": 0.5},
    {"cbow": False, "subword": True, "sums": True, "negatives": 14},
    {"cbow": True},
    {"cbow": True, "subword": True},
    {"cbow": True, "subword": True, "sums": True, "weighted": True, "gradient_power": 0.0},
]


@pytest.mark.parametrize("settings", [*SLOWED, {"cbow": True, "loss": "hs"}, {"loss": "both", "sides": 2}], ids=str)
def test_they_agree_on_row_factors(settings: dict[str, Any]) -> None:
    agree(problem(**settings, factors="between"))


@pytest.mark.parametrize("settings", [SLOWED[2], SLOWED[-1]], ids=str)
def test_they_agree_on_frozen_words(settings: dict[str, Any]) -> None:
    agree(problem(**settings, factors="frozen"))


@pytest.mark.parametrize("path", _kernels.simd_names())
@pytest.mark.parametrize("factors", ["frozen", "between"])
@pytest.mark.parametrize("settings", SLOWED, ids=str)
def test_frozen_rows_keep_their_bits_and_the_others_learn(settings: dict[str, Any], factors: Any, path: str) -> None:
    trained = problem(**settings, factors=factors)
    for matrix in (trained.matrices.inputs, trained.matrices.outputs):
        matrix[:, 3] = -0.0  # the bits of it are not those of 0
    worker, after = core_worker(trained, path)
    run_epoch(worker, trained, 0, 0.02)
    before = trained.matrices
    for found, start, each in (
        (after.inputs, before.inputs, before.factors.inputs),
        (after.outputs, before.outputs, before.factors.outputs),
    ):
        assert each is not None
        assert found[each == 0].tobytes() == start[each == 0].tobytes()
        assert (found[each != 0] != start[each != 0]).any(axis=1).sum() > 5


@pytest.mark.parametrize("settings", SLOWED, ids=str)
def test_factors_of_one_change_nothing(settings: dict[str, Any]) -> None:
    trained = problem(**settings)
    ones = RowFactors(*(np.ones(len(m), np.float32) for m in (trained.matrices.inputs, trained.matrices.outputs)))
    results = []
    for each in (trained, changed(trained, factors=ones)):
        worker, matrices = core_worker(each)
        run_epoch(worker, each, 0, 0.02)
        results.append((matrices.inputs, matrices.outputs))
    for free, factored in zip(*results, strict=True):
        np.testing.assert_allclose(free, factored, rtol=0, atol=1e-6)


def test_measuring_does_not_move_rows_that_have_factors() -> None:
    trained = problem(subword=True, factors="between", replicated_words=0)
    trained.matrices.outputs[:, 3] = -0.0  # a sum with 0 would turn it to 0
    worker, matrices = core_worker(trained)
    run_epoch(worker, trained, 0, 0.0)
    assert worker.loss > 0
    assert matrices.inputs.tobytes() == trained.matrices.inputs.tobytes()
    assert matrices.outputs.tobytes() == trained.matrices.outputs.tobytes()


def test_weights_of_one_that_do_not_learn_change_nothing() -> None:
    plain, weighted = problem(cbow=True), problem(cbow=True, weighted=True, position_ratio=0.0)
    weighted.matrices.position_weights[:, :DIM] = 1
    results = []
    for each in (plain, weighted):
        worker, matrices = core_worker(each)
        run_epoch(worker, each, 0, 0.05)
        results.append((matrices.inputs, matrices.outputs))
    np.testing.assert_allclose(results[0], results[1], rtol=0, atol=1e-6)


def test_the_twin_changes_what_it_trains() -> None:
    # guards the test above: two workers that do nothing would agree as well
    trained = problem(subword=True, cbow=True, weighted=True)
    twin = ReferenceWorker(trained)
    twin.run(0, 0.05, 0, 1)
    for name in ("inputs", "outputs", "position_weights"):
        assert np.abs(getattr(twin, name) - getattr(trained.matrices, name)[:, :DIM]).max() > 0.01


@pytest.mark.parametrize("path", _kernels.simd_names())
@pytest.mark.parametrize("cbow", [False, True])
def test_the_same_seed_gives_the_same_bits(path: str, cbow: bool) -> None:
    results = []
    for _ in range(2):
        trained = problem(subword=True, cbow=cbow)
        worker, matrices = core_worker(trained, path)
        run_epoch(worker, trained, 0, 0.05)
        results.append((matrices.inputs.tobytes(), matrices.outputs.tobytes(), worker.loss))
    assert results[0] == results[1]


@pytest.mark.parametrize("change", [{"seed": 8}, {"epoch": 1}])
def test_another_seed_or_epoch_draws_anew(change: dict[str, Any]) -> None:
    losses = []
    for settings in ({}, change):
        trained = problem(**{key: value for key, value in settings.items() if key != "epoch"})
        worker, _ = core_worker(trained)
        run_epoch(worker, trained, settings.get("epoch", 0), 0.0)
        losses.append(worker.loss)
    assert losses[0] != losses[1]


def test_chunks_do_the_same_as_one_run() -> None:
    # the draws belong to the position in the corpus, wherever the chunks are cut
    trained = problem(replicated_words=0)
    whole, expected = core_worker(trained)
    run_epoch(whole, trained, 0, 0.05, -1e-5)
    tokens = len(trained.tokens.ids)
    for size in (1, 13, 100, 1000):
        worker, found = core_worker(trained)
        for first in range(0, tokens, size):
            last = min(first + size, tokens)
            worker.run(0, first, last, 0.05, -1e-5, 1.0, np.zeros(1, np.int32))
        assert worker.centers == whole.centers
        np.testing.assert_array_equal(found.inputs, expected.inputs)
        np.testing.assert_array_equal(found.outputs, expected.outputs)


def test_a_raised_stop_flag_ends_the_run_after_a_block() -> None:
    trained = problem()
    worker, _ = core_worker(trained)
    assert worker.run(0, 0, len(trained.tokens.ids), 0.05, 0, 1.0, np.ones(1, np.int32)) == 0
    assert worker.centers == 0


def test_a_rate_of_zero_measures_without_changing_anything() -> None:
    trained = problem(subword=True)
    worker, matrices = core_worker(trained)
    run_epoch(worker, trained, 0, 0.0)
    assert worker.loss > 0
    np.testing.assert_array_equal(matrices.inputs, trained.matrices.inputs)
    np.testing.assert_array_equal(matrices.outputs, trained.matrices.outputs)
