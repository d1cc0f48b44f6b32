"""Whatever the core uses as an index is checked at its door: no file makes it read outside its arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed import _core
from embed.config import TrainConfig
from embed.engine import _bounds, _kernels
from embed.errors import FormatError
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode
from embed.training.trainer import Trainer
from tests.engine.core_problem import DIM, WORDS, core_worker, problem

LARGE = 2**31 - 1


def changed(arguments: dict[str, Any], name: str, place: int, value: int) -> dict[str, Any]:
    array = arguments[name].copy()
    array[place if array.ndim == 1 else (place, 1)] = value
    return arguments | {name: array}


@pytest.mark.parametrize(
    ("kind", "name", "place", "value"),
    [
        *(("words", "ids", place, value) for place in (0, 17, -1) for value in (-1, WORDS, LARGE, -LARGE - 1)),
        *(
            ("words", "offsets", place, value)
            for place, value in ((0, 1), (0, -1), (2, 1 << 40), (2, -5), (-1, 1 << 40))
        ),
        ("words", "offsets", -1, 3),
        ("words", "noise_table", 3, WORDS),
        ("words", "noise_table", -1, 2**32 - 1),
        ("n-grams", "rows", 5, 1 << 20),
        ("n-grams", "rows", 5, -1),
        ("n-grams", "row_offsets", 4, 1 << 40),
        ("n-grams", "row_offsets", -1, 7),
        ("tree", "path_rows", 0, WORDS),
        ("tree", "path_rows", -1, -1),
        ("tree", "path_offsets", 3, -1),
        ("tree", "path_offsets", -1, 1 << 40),
    ],
)
def test_an_index_that_leads_outside_is_refused(kind: str, name: str, place: int, value: int) -> None:
    arguments = problem(subword=kind == "n-grams", hierarchical=kind == "tree")
    core_worker(arguments)
    with pytest.raises(ValueError, match=rf"^{name} must"):
        core_worker(changed(arguments, name, place, value))


def test_what_is_on_the_edge_is_taken() -> None:
    for place in (0, -1):
        for value in (0, WORDS - 1):
            core_worker(changed(problem(), "ids", place, value))
    _bounds.check_ids("ids", np.zeros(0, np.int32), 0)
    _bounds.check_ids("ids", np.array([LARGE - 1], np.int32), LARGE)
    for limit in (0, -1):
        with pytest.raises(ValueError, match="ids must"):
            _bounds.check_ids("ids", np.zeros(1, np.int32), limit)
    for size in (0, 1):
        with pytest.raises(ValueError, match="at least two"):
            _bounds.check_offsets("offsets", np.zeros(size, np.int64), 0)


def test_workers_of_one_corpus_check_it_once() -> None:
    arguments = problem()
    worker, inputs, outputs = core_worker(arguments)
    settings = arguments | {"inputs": inputs, "outputs": outputs, "dim": DIM, "spread": 0}
    settings["path"] = _kernels.simd_paths()[0]
    other = changed(arguments, "ids", 3, WORDS)["ids"]
    with pytest.raises(ValueError, match="ids must"):
        _core.Worker(**settings | {"ids": other}, like=worker)  # other memory, so it is looked at
    arguments["ids"][3] = WORDS  # behind the door's back: the same memory is trusted
    _core.Worker(**settings, like=worker)
    with pytest.raises(ValueError, match="ids must"):
        _core.Worker(**settings)


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
