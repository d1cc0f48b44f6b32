"""Whatever the core uses as an index is checked at its door: no file makes it read outside its arrays."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed import _core
from embed.config import TrainConfig
from embed.engine import _bounds
from embed.engine.problem import Problem, RowFactors, Units
from embed.errors import FormatError
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode
from embed.training.trainer import Trainer
from tests.engine.core_problem import DIM, WORDS, changed, core_worker, padded, problem, run_epoch

LARGE = 2**31 - 1


def with_number(trained: Problem, name: str, place: int, value: int) -> Problem:
    """Return the problem made again with one number of an array changed, each array named by its way there."""
    way = name.split(".")
    owners: list[Any] = [trained]
    for each in way[:-1]:
        owners.append(getattr(owners[-1], each))
    array = getattr(owners[-1], way[-1]).copy()
    array[place if array.ndim == 1 else (place, 1)] = value
    made: Any = array
    for owner, each in zip(owners[::-1], way[::-1], strict=True):
        made = replace(owner, **{each: made})
    assert isinstance(made, Problem)
    return made


@pytest.mark.parametrize(
    ("kind", "name", "place", "value"),
    [
        *(("words", "tokens.ids", place, value) for place in (0, 17, -1) for value in (-1, WORDS, LARGE, -LARGE - 1)),
        *(
            ("words", "tokens.offsets", place, value)
            for place, value in ((0, 1), (0, -1), (2, 1 << 40), (2, -5), (-1, 1 << 40))
        ),
        ("words", "tokens.offsets", -1, 3),
        ("words", "targets.noise.table", 3, WORDS),
        ("words", "targets.noise.table", -1, 2**32 - 1),
        ("n-grams", "units.rows", 5, 1 << 20),
        ("n-grams", "units.rows", 5, -1),
        ("n-grams", "units.offsets", 4, 1 << 40),
        ("n-grams", "units.offsets", -1, 7),
        ("tree", "targets.tree.nodes", 0, WORDS),
        ("tree", "targets.tree.nodes", -1, -1),
        ("tree", "targets.tree.offsets", 3, -1),
        ("tree", "targets.tree.offsets", -1, 1 << 40),
    ],
)
def test_an_index_that_leads_outside_is_refused(kind: str, name: str, place: int, value: int) -> None:
    trained = problem(subword=kind == "n-grams", loss="hs" if kind == "tree" else "ns")
    core_worker(trained)
    *_, owner, array = f"{name}".split(".")
    called = array if owner == "tokens" else f"{owner.removesuffix('s')} {array}"
    with pytest.raises(ValueError, match=rf"^{called} must"):
        with_number(trained, name, place, value)


def test_what_is_on_the_edge_is_taken() -> None:
    for place in (0, -1):
        for value in (0, WORDS - 1):
            core_worker(with_number(problem(), "tokens.ids", place, value))
    _bounds.check_ids("ids", np.zeros(0, np.int32), 0)
    _bounds.check_ids("ids", np.array([LARGE - 1], np.int32), LARGE)
    for limit in (0, -1):
        with pytest.raises(ValueError, match="ids must"):
            _bounds.check_ids("ids", np.zeros(1, np.int32), limit)
    for size in (0, 1):
        with pytest.raises(ValueError, match="at least two"):
            _bounds.check_offsets("offsets", np.zeros(size, np.int64), 0)


def test_a_worker_takes_only_what_was_checked() -> None:
    trained = problem()
    values = (trained.tokens, trained.units, trained.targets, trained.matrices, trained.settings)
    with pytest.raises(TypeError, match="a worker trains a Problem, not tuple"):
        _core.Worker(values)  # type: ignore[arg-type]
    with pytest.raises(FrozenInstanceError):
        trained.tokens.ids = np.zeros(1, np.int32)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"outputs": padded(WORDS + 1, DIM)}, "the targets are 50 output rows, not 51"),
        ({"inputs": padded(WORDS - 1, DIM)}, "unit rows must all be from 0 to 48"),
        (
            {"offsets": np.array([0, 1]), "ids": np.zeros(1, np.int32), "keep_thresholds": np.zeros(9, np.uint32)},
            "of 50",
        ),
        ({"position_weights": padded(10, DIM)}, "position weights of a window of 5 are 2 . 5 rows, for CBOW"),
        ({"cbow": True, "position_weights": padded(9, DIM)}, "position weights of a window of 5"),
        ({"cbow": True, "sides": 2, "outputs": padded(2 * WORDS, DIM)}, "two sides are for skip-gram"),
        ({"sides": 3}, "sides are 1 or 2, not 3"),
        ({"noise": None}, "targets need noise or a tree"),
        ({"negatives": 0}, "noise needs at least one word and one window"),
        ({"context_sum": True}, "context_sum is for CBOW"),
        ({"window": -1}, "window must be at least 0"),
        ({"window": 0}, "a window of 0 needs tags"),
        ({"replicated_words": WORDS + 1}, "51 replicated words: there are 50"),
        ({"replicated_words": -1}, "-1 replicated words: there are 50"),
        ({"replicated_rows": 51}, "51 replicated rows: there are 50 input rows"),
        (
            {"factors": RowFactors(np.ones(WORDS - 1, np.float32))},
            "50 rows need as many factors, not an array of shape",
        ),
    ],
    ids=str,
)
def test_values_that_do_not_fit_together_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        changed(problem(), **changes)


@pytest.mark.parametrize("factor", [-0.5, np.nan, np.inf])
def test_a_factor_that_is_no_share_of_a_step_is_refused(factor: float) -> None:
    with pytest.raises(ValueError, match="row factors must be finite and not negative"):
        RowFactors(outputs=np.full(3, factor, np.float32))


def test_there_may_be_more_vectors_than_words_and_more_rows_than_vectors() -> None:
    # a document has a vector of its own, and no output row
    trained = problem()
    more = WORDS + 7
    units = Units(np.arange(more + 1), np.arange(more, dtype=np.int32))
    inputs = padded(more + 3, DIM)
    inputs[:WORDS] = trained.matrices.inputs
    wider = replace(trained, units=units, matrices=replace(trained.matrices, inputs=inputs))
    results = []
    for each in (trained, wider):
        worker, matrices = core_worker(each)
        run_epoch(worker, each, 0, 0.05)
        results.append((matrices.inputs[:WORDS].tobytes(), matrices.outputs.tobytes(), worker.loss))
        assert not matrices.inputs[WORDS:].any()
    assert results[0] == results[1]


def test_a_corpus_that_does_not_go_with_its_vocabulary_is_an_error_of_one_sentence(tmp_path: Path) -> None:
    encode([["a", "b", "c"]], min_count=1, directory=tmp_path / "kept").close()
    with EncodedCorpus.open(tmp_path / "kept") as encoded:
        ids = encoded.ids.copy()
        ids[1] = 3
        encoded.ids = ids
        with pytest.raises(
            FormatError, match=r"cannot train on the encoded corpus .*kept: ids must all be from 0 to 2"
        ):
            Trainer(encoded, TrainConfig(dim=20, min_count=1, threads=2, subsample=0))
