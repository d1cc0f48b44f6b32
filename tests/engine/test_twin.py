"""The compiled core lands on the numbers of its readable twin: every objective, input, gradient and SIMD path."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from embed.engine import _kernels
from tests.engine.core_problem import DIM, WORDS, core_worker, problem, reference_worker, run_epoch

# single precision against double, after two epochs of about 10,000 updates
TOLERANCE = 2e-5
POWERS = (1.0, 0.5, 0.0)  # of the exact, the square-root and the historic gradient
COMBINATIONS = list(itertools.product((False, True), POWERS, (False, True), (False, True)))


def agree(arguments: dict[str, Any]) -> None:
    """Run two epochs of the twin, and of the core on every SIMD path."""
    twin = reference_worker(arguments)
    for epoch in range(2):
        twin.run(epoch, 0.02, -1e-5, 1.5)
    for path in _kernels.simd_paths():
        places = arguments["places"].copy()
        worker, inputs, outputs = core_worker(arguments, path, places=places)
        for epoch in range(2):
            run_epoch(worker, arguments, epoch, 0.02, -1e-5, 1.5)
        np.testing.assert_allclose(inputs[:, :DIM], twin.inputs, rtol=0, atol=TOLERANCE, err_msg=path)
        np.testing.assert_allclose(outputs[:, :DIM], twin.outputs, rtol=0, atol=TOLERANCE, err_msg=path)
        np.testing.assert_allclose(places[:, :DIM], twin.places, rtol=0, atol=TOLERANCE, err_msg=path)
        assert not places[:, DIM:].any()
        assert (worker.examples, worker.centers) == (twin.examples, twin.centers)
        assert worker.loss == pytest.approx(twin.loss, rel=1e-5)
        assert not inputs[:, DIM:].any()
        assert not outputs[:, DIM:].any()


@pytest.mark.parametrize(("cbow", "power", "subword", "fixed"), COMBINATIONS)
@pytest.mark.parametrize(("window", "negatives"), [(1, 1), (5, 5), (3, 14)])
def test_the_core_agrees_with_its_twin(
    cbow: bool, power: float, subword: bool, fixed: bool, window: int, negatives: int
) -> None:
    settings = {"cbow": cbow, "gradient_power": power, "fixed_window": fixed, "window": window, "negatives": negatives}
    arguments = problem(subword=subword, **settings)
    agree(arguments)


@pytest.mark.parametrize(("cbow", "power", "subword"), list(itertools.product((False, True), POWERS, (False, True))))
def test_they_agree_on_hierarchical_softmax(cbow: bool, power: float, subword: bool) -> None:
    arguments = problem(subword=subword, cbow=cbow, gradient_power=power, hierarchical=True)
    assert np.diff(arguments["path_offsets"]).max() > 6  # more than a group of rows
    agree(arguments)


@pytest.mark.parametrize(
    ("cbow", "power", "hierarchical"), [(False, 1.0, False), (False, 1.0, True), (True, 0.5, False)]
)
def test_they_agree_on_sums_of_rows(cbow: bool, power: float, hierarchical: bool) -> None:
    agree(problem(subword=True, sums=True, cbow=cbow, gradient_power=power, hierarchical=hierarchical))


@pytest.mark.parametrize(("power", "subword", "fixed"), list(itertools.product(POWERS, (False, True), (False, True))))
@pytest.mark.parametrize(("window", "negatives"), [(1, 1), (5, 5), (3, 14)])
def test_they_agree_on_weights_of_places(power: float, subword: bool, fixed: bool, window: int, negatives: int) -> None:
    settings = {"gradient_power": power, "fixed_window": fixed, "window": window, "negatives": negatives}
    agree(problem(subword=subword, cbow=True, weighted=True, **settings))


@pytest.mark.parametrize("subword", [False, True])
def test_they_agree_on_weights_of_places_with_hierarchical_softmax(subword: bool) -> None:
    agree(problem(subword=subword, cbow=True, weighted=True, hierarchical=True))


@pytest.mark.parametrize(("power", "subword", "fixed"), list(itertools.product(POWERS, (False, True), (False, True))))
@pytest.mark.parametrize(("window", "negatives"), [(1, 1), (5, 5), (3, 14)])
def test_they_agree_on_structured_skip_gram(
    power: float, subword: bool, fixed: bool, window: int, negatives: int
) -> None:
    settings = {"gradient_power": power, "fixed_window": fixed, "window": window, "negatives": negatives}
    agree(problem(subword=subword, sides=2, **settings))


@pytest.mark.parametrize("subword", [False, True])
def test_they_agree_on_structured_skip_gram_with_hierarchical_softmax(subword: bool) -> None:
    agree(problem(subword=subword, sides=2, hierarchical=True))


def test_each_side_has_rows_of_its_own() -> None:
    # two words, one always after the other: the first is context to the left of the second, and never to its right
    arguments = problem(sides=2, window=1, subsample=0)
    arguments |= {"ids": np.array([0, 1], np.int32), "offsets": np.array([0, 2])}
    worker, _, outputs = core_worker(arguments)
    run_epoch(worker, arguments, 0, 0.05)
    moved = (outputs != arguments["outputs"]).any(axis=1)
    assert moved[:4].tolist() == [False, True, True, False]  # what is right of word 0, and left of word 1


FREEZING = [
    {"cbow": False},
    {"cbow": False, "sides": 2},
    {"cbow": False, "sides": 2, "subword": True},
    {"cbow": False, "subword": True, "gradient_power": 0.5},
    {"cbow": False, "subword": True, "sums": True, "negatives": 14},
    {"cbow": True},
    {"cbow": True, "subword": True},
    {"cbow": True, "subword": True, "sums": True, "weighted": True, "gradient_power": 0.0},
]


@pytest.mark.parametrize("settings", FREEZING, ids=str)
def test_they_agree_on_frozen_words(settings: dict[str, Any]) -> None:
    agree(problem(**settings, freezing=True))


@pytest.mark.parametrize("path", _kernels.simd_paths())
@pytest.mark.parametrize("settings", FREEZING, ids=str)
def test_frozen_rows_keep_their_bits_and_the_others_learn(path: str, settings: dict[str, Any]) -> None:
    arguments = problem(**settings, freezing=True)
    for name in ("inputs", "outputs"):
        arguments[name][:, 3] = -0.0  # the bits of it are not those of 0
    worker, inputs, outputs = core_worker(arguments, path)
    run_epoch(worker, arguments, 0, 0.02)
    frozen = arguments["frozen"] == 1
    for matrix, before in ((inputs, arguments["inputs"]), (outputs, arguments["outputs"])):
        words = np.repeat(frozen, arguments["sides"]) if matrix is outputs else frozen
        assert matrix[: len(words)][words].tobytes() == before[: len(words)][words].tobytes()
        assert (matrix[: len(words)][~words] != before[: len(words)][~words]).any(axis=1).sum() > 5
    assert inputs[WORDS:].tobytes() == arguments["inputs"][WORDS:].tobytes()


def test_weights_of_one_that_do_not_learn_change_nothing() -> None:
    plain, weighted = problem(cbow=True), problem(cbow=True, weighted=True, place_ratio=0.0)
    weighted["places"][:, :DIM] = 1
    results = []
    for arguments in (plain, weighted):
        worker, inputs, outputs = core_worker(arguments)
        run_epoch(worker, arguments, 0, 0.05)
        results.append((inputs, outputs))
    np.testing.assert_allclose(results[0], results[1], rtol=0, atol=1e-6)


def test_the_twin_changes_what_it_trains() -> None:
    # guards the test above: two workers that do nothing would agree as well
    arguments = problem(subword=True, cbow=True, weighted=True)
    twin = reference_worker(arguments)
    twin.run(0, 0.05, 0, 1)
    assert np.abs(twin.places - arguments["places"][:, :DIM]).max() > 0.01
    assert np.abs(twin.inputs - arguments["inputs"][:, :DIM]).max() > 0.01
    assert np.abs(twin.outputs - arguments["outputs"][:, :DIM]).max() > 0.01


@pytest.mark.parametrize("path", _kernels.simd_paths())
@pytest.mark.parametrize("cbow", [False, True])
def test_the_same_seed_gives_the_same_bits(path: str, cbow: bool) -> None:
    results = []
    for _ in range(2):
        arguments = problem(subword=True, cbow=cbow)
        worker, inputs, outputs = core_worker(arguments, path)
        run_epoch(worker, arguments, 0, 0.05)
        results.append((inputs.tobytes(), outputs.tobytes(), worker.loss))
    assert results[0] == results[1]


@pytest.mark.parametrize("change", [{"seed": 8}, {"epoch": 1}])
def test_another_seed_or_epoch_draws_anew(change: dict[str, Any]) -> None:
    losses = []
    for changed in ({}, change):
        arguments = problem(**{key: value for key, value in changed.items() if key != "epoch"})
        worker, *_ = core_worker(arguments)
        run_epoch(worker, arguments, changed.get("epoch", 0), 0.0)
        losses.append(worker.loss)
    assert losses[0] != losses[1]


def test_chunks_do_the_same_as_one_run() -> None:
    # the draws belong to the position in the corpus, wherever the chunks are cut
    arguments = problem(replicated_words=0)
    whole, inputs, outputs = core_worker(arguments)
    run_epoch(whole, arguments, 0, 0.05, -1e-5)
    for size in (1, 13, 100, 1000):
        worker, chunk_inputs, chunk_outputs = core_worker(arguments)
        for first in range(0, len(arguments["ids"]), size):
            last = min(first + size, len(arguments["ids"]))
            worker.run(0, first, last, 0.05, -1e-5, 1.0, np.zeros(1, np.int32))
        assert worker.centers == whole.centers
        np.testing.assert_array_equal(chunk_inputs, inputs)
        np.testing.assert_array_equal(chunk_outputs, outputs)


def test_a_raised_stop_flag_ends_the_run_after_a_block() -> None:
    arguments = problem()
    worker, *_ = core_worker(arguments)
    assert worker.run(0, 0, len(arguments["ids"]), 0.05, 0, 1.0, np.ones(1, np.int32)) == 0
    assert worker.centers == 0


def test_a_rate_of_zero_measures_without_changing_anything() -> None:
    arguments = problem(subword=True)
    worker, inputs, outputs = core_worker(arguments)
    run_epoch(worker, arguments, 0, 0.0)
    assert worker.loss > 0
    np.testing.assert_array_equal(inputs, arguments["inputs"])
    np.testing.assert_array_equal(outputs, arguments["outputs"])
