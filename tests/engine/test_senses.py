"""Senses in the core: its twin, the derivatives, and rounds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from embed.engine.reference import ReferenceWorker, softmax
from tests.engine.core_problem import changed, problem
from tests.engine.test_gradients import LENGTHS, check_derivative
from tests.engine.test_rounds import SHORT
from tests.engine.test_rounds import agree as agree_in_rounds
from tests.engine.test_twin import agree

KINDS: list[dict[str, Any]] = [
    {},
    {"subword": True},
    {"subword": True, "sums": True, "gradient_power": 0.5},
    {"cbow": True},
    {"cbow": True, "weighted": True},
    {"most_tags": 2},
    {"cbow": True, "most_tags": 2, "subword": True, "max_norm": 0.6},
]


@pytest.mark.parametrize("most_senses", [2, 9])
@pytest.mark.parametrize("settings", KINDS, ids=str)
def test_the_core_agrees_with_its_twin(settings: dict[str, Any], most_senses: int) -> None:
    agree(problem(**settings, most_senses=most_senses))


@pytest.mark.parametrize("settings", KINDS[:2], ids=str)
def test_they_agree_on_row_factors(settings: dict[str, Any]) -> None:
    agree(problem(**settings, most_senses=3, factors="between"))


@pytest.mark.parametrize("settings", [KINDS[0], KINDS[1], KINDS[3], KINDS[5]], ids=str)
@pytest.mark.parametrize("row", ["word", "sense"])
def test_the_update_is_the_derivative(settings: dict[str, Any], row: str) -> None:
    trained = problem(**settings, window=3, most_senses=4, sentence_lengths=LENGTHS)
    assert trained.senses is not None
    first = len(trained.matrices.inputs) - 2 * trained.senses.count
    senses = [int(trained.senses.firsts[word]) for word in (1, 3, 25)]
    rows = {
        "word": (1, 12, 25),
        "sense": tuple(first + sense for sense in senses),
    }
    check_derivative(trained, "inputs", rows[row])


def test_selectors_learn_the_derivative_of_the_cross_entropy() -> None:
    trained = problem(most_senses=4, sentence_lengths=(60,), subsample=0)
    assert trained.senses is not None
    twin = ReferenceWorker(trained)
    chosen = twin._choose(trained.tokens.ids.tolist())
    before = twin.inputs.copy()
    twin.run(0, 1e-9, 0.0, 1.0)
    moved = (twin.inputs - before) / 1e-9 / trained.senses.selector_rate

    def cross_entropy(selector: int, column: int, step: float) -> float:
        total = 0.0
        for choice in chosen:
            if selector in choice.selectors:
                rows = before[choice.selectors]
                rows[choice.selectors.index(selector), column] += step
                total -= choice.posterior @ np.log(softmax(rows @ choice.context))
        return total

    for selector in {selector for choice in chosen for selector in choice.selectors}:
        slope = (cross_entropy(selector, 3, 1e-5) - cross_entropy(selector, 3, -1e-5)) / 2e-5
        assert moved[selector, 3] == pytest.approx(-slope, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("settings", KINDS[:2], ids=str)
def test_rounds_agree_with_their_twin(settings: dict[str, Any]) -> None:
    agree_in_rounds(problem(**settings, **SHORT, most_senses=3), rel=1e-4)


def test_senses_that_do_not_fit_are_refused() -> None:
    trained = problem(most_senses=3)
    senses = trained.senses
    assert senses is not None
    with pytest.raises(ValueError, match="senses must be vectors of one row each"):
        changed(trained, first_vector=senses.first_vector + 1)
    with pytest.raises(ValueError, match="50 words need as many contexts"):
        changed(trained, contexts=senses.contexts[1:])
    with pytest.raises(ValueError, match="the reach of senses must be above 0, not 0"):
        changed(trained, reach=0)
    with pytest.raises(ValueError, match="senses need a single output row"):
        problem(most_senses=3, loss="hs")
    with pytest.raises(ValueError, match="a word has 0 to 16 senses"):
        replace(senses, sizes=senses.sizes + 15)
    with pytest.raises(ValueError, match="senses must be from 0 to"):
        replace(senses, firsts=senses.firsts + 9)
