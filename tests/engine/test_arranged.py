"""Rows of n-grams that lie in the order of their use while they train: the same numbers, in other places."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed.config import TrainConfig
from embed.engine import _rows, row_order
from embed.engine.row_order import RowOrder
from embed.model import EpochRecord, Model
from embed.model.parameters import Parameters
from embed.training.train import train
from embed.vocabulary.vocabulary import Vocabulary

SENTENCES = [[f"word{(i * 7 + j * j) % 200}" for j in range(40)] for i in range(60)]
SUBWORD: dict[str, Any] = {"subword": True, "buckets": 500, "dim": 20, "min_count": 1, "epochs": 3, "threads": 1}
KINDS: list[dict[str, Any]] = [
    {},
    {"objective": "cbow", "composition": "sum"},
    {"hash_count": 2},
    {"held_out": 0.1, "patience": 1},
    {"deterministic": True, "threads": 2},
]


def test_rows_lie_in_the_order_in_which_they_are_named() -> None:
    order = _rows.order_of_use(np.array([7, 2, 7, 5, 0], np.int32), 9)
    assert order[[7, 2, 5, 0]].tolist() == [0, 1, 2, 3]
    assert order[[4, 6, 8]].tolist() == [4, 6, 8]  # nobody wants their places
    assert sorted(order[[1, 3]]) == [5, 7]  # these go where others have left


@pytest.mark.parametrize("seed", range(20))
def test_places_are_a_permutation_and_rows_go_there(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 60))
    rows = rng.integers(0, count, int(rng.integers(0, 80))).astype(np.int32)
    matrix = rng.random((count, 16), np.float32)
    before, named = matrix.copy(), matrix[rows]
    order = _rows.order_of_use(rows, count)
    assert sorted(order) == list(range(count))
    _rows.move_rows(matrix, order)
    np.testing.assert_array_equal(matrix[order], before)
    _rows.renumber(rows, order)
    np.testing.assert_array_equal(matrix[rows], named)


def test_places_for_another_number_of_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="a new number for each row"):
        _rows.move_rows(np.zeros((3, 16), np.float32), np.arange(2, dtype=np.int32))


@pytest.mark.parametrize("hash_count", [0, 2])
def test_words_have_the_same_vectors_meanwhile_and_afterwards_all_is_as_it_was(hash_count: int) -> None:
    words = [f"word{i}" for i in range(100)]
    config = TrainConfig(dim=20, subword=True, buckets=500, hash_count=hash_count)
    found = Parameters.initial(Vocabulary(words, np.arange(100, 0, -1)), config)
    inputs, rows, vectors = found.inputs.copy(), found.rows.copy(), found.word_matrix().copy()
    order = RowOrder(found.inputs, found.outputs, found.row_offsets, found.rows, threads=1)
    order.arrange()
    assert found.rows.max() == len(np.unique(rows)) - 1
    np.testing.assert_array_equal(found.word_matrix(), vectors)
    order.restore()
    np.testing.assert_array_equal(found.inputs, inputs)
    np.testing.assert_array_equal(found.rows, rows)


def test_rows_that_have_replicas_come_first_and_return() -> None:
    words = [f"word{i}" for i in range(100)]
    config = TrainConfig(dim=20, subword=True, buckets=500)
    found = Parameters.initial(Vocabulary(words, np.arange(100, 0, -1)), config)
    inputs, rows, first = found.inputs.copy(), found.rows.copy(), np.array([300, 7, 120], np.int32)
    order = RowOrder(found.inputs, found.outputs, found.row_offsets, found.rows, threads=2, first=first)
    assert order.replicated == 3
    order.arrange()
    np.testing.assert_array_equal(found.inputs[:3], inputs[first])
    np.testing.assert_array_equal(found.inputs[found.rows], inputs[rows])
    order.restore()
    np.testing.assert_array_equal(found.inputs, inputs)
    np.testing.assert_array_equal(found.rows, rows)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_arranged_rows_learn_the_same_bits(
    kind: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arranged = _trained(tmp_path / "arranged", kind)
    monkeypatch.setattr(row_order, "_in_order_of_use", _as_they_are)
    plain = _trained(tmp_path / "plain", kind)
    assert len(arranged) == len(plain) == 4  # three epochs and the end
    for mine, theirs in zip(arranged, plain, strict=True):
        assert mine.keys() == theirs.keys()
        for name, matrix in mine.items():
            np.testing.assert_array_equal(matrix, theirs[name], err_msg=name)


@contextlib.contextmanager
def _as_they_are(matrix: np.ndarray, rows: np.ndarray, first: np.ndarray) -> Iterator[None]:
    yield


def _trained(folder: Path, kind: dict[str, Any]) -> list[dict[str, np.ndarray]]:
    """Return the matrices that a callback sees after each epoch, with checkpoints between, and those of the model."""
    seen: list[dict[str, np.ndarray]] = []

    def look(record: EpochRecord, model: Model) -> None:
        seen.append({name: matrix.copy() for name, matrix in model.parameters.matrices().items()})

    model = train(SENTENCES, checkpoint=folder, checkpoint_every="500 tokens", callbacks=[look], **{**SUBWORD, **kind})
    return [*seen, model.parameters.matrices()]
