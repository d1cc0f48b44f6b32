"""Rows that lie spread while several threads train: the same numbers, in other places."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from embed import _core
from embed.config import TrainConfig
from embed.engine import _rounds, _rows
from embed.engine.problem import Problem
from embed.engine.row_order import RowOrder
from embed.model.parameters import Parameters
from embed.training.train import train
from embed.vocabulary.vocabulary import Vocabulary
from tests.engine.core_problem import DIM, WORDS, changed, problem

SPREAD = 5
KINDS: list[dict[str, Any]] = [
    {},
    {"cbow": True, "gradient_power": 0.5, "replicated_words": 0},
    {"cbow": True, "weighted": True},
    {"subword": True},
    {"loss": "hs"},
    {"loss": "both"},
    {"factors": "between"},
    {"factors": "between", "subword": True, "cbow": True},
    {"sides": 2},
    {"sides": 2, "factors": "frozen", "subword": True},
]


@pytest.mark.parametrize("digits", range(4, 14))
def test_every_row_has_a_place_and_neighbours_lie_apart(digits: int) -> None:
    places = _rows.spread_rows(digits)
    assert sorted(places) == list(range(1 << digits))
    apart = np.abs(np.diff(places))
    # eight rows; fewer only where the count wraps round, once in as many rows as lie between two neighbours
    assert (apart[: (1 << digits - 3) - 1] == 8).all()


@pytest.mark.parametrize("digits", [0, 3])
def test_fewer_rows_are_not_spread(digits: int) -> None:
    with pytest.raises(ValueError, match="not 4 or more"):
        _rows.spread_rows(digits)


@pytest.mark.parametrize("in_rounds", [False, True])
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_spread_rows_learn_the_same_bits(kind: dict[str, Any], in_rounds: bool) -> None:
    trained = problem(**kind)
    plain, spread = (_trained(trained, digits, in_rounds=in_rounds) for digits in (0, SPREAD))
    assert not np.array_equal(plain["outputs"], trained.matrices.outputs)
    for name, matrix in plain.items():
        np.testing.assert_array_equal(spread[name], matrix, err_msg=name)


@pytest.mark.parametrize("digits", [3, 6, 40])
def test_a_spread_that_does_not_fit_is_refused(digits: int) -> None:
    with pytest.raises(ValueError, match=f"spread is {digits}"):
        _trained(problem(), digits, in_rounds=False)


@pytest.mark.parametrize("subword", [False, True])
def test_the_rows_come_back(subword: bool) -> None:
    parameters = Parameters.initial(
        Vocabulary([f"w{i}" for i in range(WORDS)], np.arange(WORDS, 0, -1)),
        TrainConfig(dim=DIM, subword=subword, buckets=100),
    )
    parameters.outputs[:, 0] = np.arange(WORDS)
    before = {name: matrix.copy() for name, matrix in parameters.matrices().items()}
    order = _order(parameters)
    order.arrange()
    assert not np.array_equal(parameters.outputs, before["output"])
    assert not np.array_equal(parameters.inputs, before["input"])
    order.restore()
    for name, matrix in parameters.matrices().items():
        np.testing.assert_array_equal(matrix, before[name])


def test_n_grams_that_no_word_has_are_none() -> None:
    words = [f"w{i}" for i in range(WORDS)]
    config = TrainConfig(dim=DIM, subword=True, min_n=9, max_n=9, buckets=100)
    parameters = Parameters.initial(Vocabulary(words, np.arange(WORDS, 0, -1)), config)
    before = parameters.inputs.copy()
    order = _order(parameters)
    order.arrange()  # the core takes the words for plain ones, and their rows for spread ones
    np.testing.assert_array_equal(parameters.inputs[_rows.spread_rows(SPREAD)], before[: 1 << SPREAD])
    order.restore()
    np.testing.assert_array_equal(parameters.inputs, before)


@pytest.mark.parametrize("min_n", [3, 9])
@pytest.mark.parametrize("objective", ["sg", "cbow"])
def test_two_threads_train_the_rows_that_one_does(objective: str, min_n: int) -> None:
    sentences = [[f"w{(i * 7 + j * j) % 300}" for j in range(40)] for i in range(100)]
    settings = {"objective": objective, "subword": True, "min_n": min_n, "max_n": 9, "buckets": 100, "dim": DIM}
    one, two = (
        train(sentences, min_count=1, epochs=1, threads=threads, deterministic=True, **settings) for threads in (1, 2)
    )
    for name, matrix in one.parameters.matrices().items():
        np.testing.assert_array_equal(two.parameters.matrices()[name], matrix, err_msg=name)


def _order(parameters: Parameters) -> RowOrder:
    order = RowOrder(parameters.inputs, parameters.outputs, parameters.row_offsets, parameters.rows, threads=2)
    assert order.spread == SPREAD
    return order


def _trained(trained: Problem, digits: int, *, in_rounds: bool) -> dict[str, np.ndarray]:
    """Return the matrices after an epoch, in the order of the words again."""
    matrices = {name: getattr(trained.matrices, name).copy() for name in ("inputs", "outputs", "position_weights")}
    # rows are spread where a word has but one
    moved = ["outputs"] if len(trained.units.rows) > WORDS else ["inputs", "outputs"]
    order = _rows.spread_rows(digits) if 4 <= digits < 6 else np.arange(0)
    for name in moved:
        matrices[name][order] = matrices[name][: len(order)].copy()
    worker = _core.Worker(changed(trained, **matrices, spread=digits))
    tokens, stop = len(trained.tokens.ids), np.zeros(1, np.int32)
    if in_rounds:
        rounds = _rounds.Rounds(1, 1, sum(map(len, matrices.values())), 0, 4096, 8)
        worker.run_rounds(0, 0, tokens, 0.05, 0.0, 1.5, stop, rounds, 0)
    else:
        worker.run(0, 0, tokens, 0.05, 0.0, 1.5, stop)
    for name in moved:
        matrices[name][: len(order)] = matrices[name][order]
    return matrices
