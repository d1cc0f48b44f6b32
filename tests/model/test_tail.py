"""Directions of small variance: how they are scaled at the end of a training, and what stays as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed.config import TrainConfig
from embed.documents.train import train_documents
from embed.errors import ConfigError
from embed.formats.model_file import load_model, save_model
from embed.items import train_items
from embed.model import Model
from embed.model.parameters import Parameters
from embed.model.tail import like_inputs, scale_tail
from embed.training.continue_training import continue_training
from embed.training.train import train

SENTENCES = [[f"{kind}{(i * j) % 61}" for j in range(1, 12)] for i in range(1, 301) for kind in ("ab", "ba")]
SMALL: dict[str, Any] = {"dim": 64, "epochs": 3, "min_count": 1, "threads": 1, "buckets": 500, "subsample": 0.0}
LEADING = 30  # of a small text
MODELS = [
    {"objective": "sg"},
    {"objective": "cbow"},
    {"objective": "sg", "subword": True, "structured": True},
    {"objective": "cbow", "subword": True},
    {"objective": "sg", "loss": "hs"},
    {"objective": "cbow", "subword": True, "hash_count": 2},
]


def _directions(model: Model) -> tuple[np.ndarray, np.ndarray]:
    """Return the square roots of the second moments of the vectors, and their directions, by falling size."""
    matrix = model.vectors.matrix.astype(np.float64)
    moments, directions = np.linalg.eigh(matrix.T @ matrix / len(matrix))
    return np.sqrt(np.maximum(moments[::-1], 0)), directions[:, ::-1]


def _factors(scale: float, dim: int) -> np.ndarray:
    return scale + (1 - scale) / (1 + (np.arange(1, dim + 1) / LEADING) ** 4)


@pytest.mark.parametrize("settings", MODELS, ids=lambda settings: "-".join(map(str, settings.values())))
def test_the_inputs_have_a_smaller_tail_and_all_scores_stay(settings: dict[str, Any]) -> None:
    raw = train(SENTENCES, **SMALL, **settings, tail_scale=1.0)
    model = train(SENTENCES, **SMALL, **settings, tail_scale=0.3)
    (before, directions), (after, _) = _directions(raw), _directions(model)
    np.testing.assert_allclose(after, before * _factors(0.3, 64), rtol=2e-3, atol=1e-4 * before[0])
    assert after[-1] < 0.4 * before[-1]  # what the line above compares is not all zeros
    expected = raw.input @ (directions * _factors(0.3, 64)) @ directions.T
    np.testing.assert_allclose(model.input, expected, atol=2e-4 * np.abs(raw.input).max())
    np.testing.assert_allclose(model.input @ model.output.T, raw.input @ raw.output.T, atol=1e-4)
    assert [record.loss for record in model.history] == [record.loss for record in raw.history]
    assert model.provenance is not None
    assert model.provenance.decisions["tail"] == {"scale": 0.3, "leading": LEADING}


def test_unknown_words_agree_with_known_ones() -> None:
    raw, model = (train(SENTENCES, **SMALL, subword=True, tail_scale=scale) for scale in (1.0, 0.3))
    directions = _directions(raw)[1]
    expected = raw.vectors.vector("ab99") @ (directions * _factors(0.3, 64)) @ directions.T
    np.testing.assert_allclose(model.vectors.vector("ab99"), expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("subword", [False, True])
def test_vectors_are_looked_at_in_blocks(subword: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    raw, whole = (train(SENTENCES, **SMALL, subword=subword, tail_scale=scale) for scale in (1.0, 0.3))
    monkeypatch.setattr("embed.pieces._PIECE_BYTES", 7 * 4 * SMALL["dim"])
    blocks = list(raw.parameters.word_blocks())
    assert len(blocks) > 2
    np.testing.assert_array_equal(np.concatenate(blocks), raw.parameters.word_matrix())
    monkeypatch.delattr(Parameters, "word_matrix")  # which would be as large as the model once more
    scale_tail(raw.parameters, 0.3, 1)
    np.testing.assert_allclose(raw.parameters.outputs, whole.parameters.outputs, atol=1e-5)


def test_what_begins_the_tail_follows_from_the_tokens() -> None:
    raw = train(SENTENCES, **SMALL, tail_scale=1.0)
    assert scale_tail(raw.parameters, 0.5, 24_000_000) == {"scale": 0.5, "leading": 150.0}


@pytest.mark.parametrize(
    ("dim", "tokens", "scale"),
    [
        (50, 10**7, 1),
        (100, 10**7, 1),
        (101, 10**7, 0.9934),
        (200, 10**6, 0.63),
        (300, 10**9, 0.4807),
        (300, 500_000, 0.6009),
        (300, 200_000, 0.7597),
        (300, 50_000, 1),
        (300, 0, 1),
    ],
)
def test_the_default_follows_from_dimensions_and_tokens(dim: int, tokens: int, scale: float) -> None:
    assert TrainConfig(dim=dim).tail(tokens) == scale
    assert TrainConfig(dim=dim, tail_scale=0.5).tail(tokens) == 0.5


@pytest.mark.parametrize(
    "tied", [{"objective": "cbow", "position_weights": True}, {"senses": 3}, {"objective": "dbow"}]
)
def test_vectors_that_are_tied_to_their_directions_stay_as_trained(tied: dict[str, Any]) -> None:
    assert TrainConfig(dim=300, **tied).tail(10**7) == 1


def test_a_training_of_long_vectors_scales_and_records_it() -> None:
    model = train(20 * SENTENCES, **{**SMALL, "dim": 128, "epochs": 1}, objective="sg")
    assert model.provenance is not None
    assert model.provenance.tokens == 132_000
    assert model.provenance.decisions["tail"] == {"scale": 0.9508, "leading": LEADING}


def test_items_and_documents_stay_as_trained() -> None:
    settings = {**SMALL, "dim": 128}
    del settings["buckets"]
    settings["epochs"] = 1
    explicit, default = (train_items(20 * SENTENCES, **settings, **more) for more in ({"tail_scale": 1.0}, {}))
    np.testing.assert_array_equal(default.matrix, explicit.matrix)
    texts = [" ".join(sentence) for sentence in 10 * SENTENCES]
    few = {"dim": 128, "epochs": 1, "min_count": 1, "threads": 1, "objective": "sg", "subsample": 0}
    assert train_documents(texts, **few).model.provenance.decisions.get("tail") is None


def test_documents_move_with_the_words() -> None:
    texts = [" ".join(sentence) for sentence in SENTENCES[:60]]
    few: dict[str, Any] = {"dim": 64, "epochs": 2, "min_count": 1, "threads": 1, "objective": "cbow", "subsample": 0}
    raw, model = (train_documents(texts, **few, tail_scale=scale).model for scale in (1.0, 0.3))
    scores = [each.parameters.documents[:, :64] @ each.output.T for each in (raw, model)]
    assert not np.allclose(raw.parameters.documents, model.parameters.documents)
    np.testing.assert_allclose(scores[1], scores[0], atol=1e-4 * np.abs(scores[0]).max())


def test_a_mean_of_inputs_and_outputs_has_the_tail_of_the_inputs(tmp_path: Path) -> None:
    raw, model = (train(SENTENCES, **SMALL, structured=True, objective="sg", tail_scale=scale) for scale in (1.0, 0.3))
    directions = _directions(raw)[1]
    moved = (directions * _factors(0.3, 64)) @ directions.T
    halves = [matrix @ moved for matrix in (raw.input, (raw.output[::2] + raw.output[1::2]) / 2)]
    expected = sum(half / np.linalg.norm(half, axis=1, keepdims=True) / 2 for half in halves)
    np.testing.assert_allclose(model.averaged_vectors().matrix, expected, atol=2e-3)
    save_model(model, tmp_path / "m.embed")
    loaded = load_model(tmp_path / "m.embed")
    np.testing.assert_array_equal(loaded.averaged_vectors().matrix, model.averaged_vectors().matrix)
    continued = continue_training(loaded, SENTENCES[:2], epochs=1, threads=1)
    assert continued.provenance is not None
    assert continued.provenance.decisions["tail"] == {"scale": 0.3, "leading": LEADING}


def test_a_tail_that_makes_no_sense_is_none() -> None:
    vectors = np.eye(3, dtype=np.float32)
    for tail in (
        None,
        "x",
        {},
        {"scale": "a", "leading": 1},
        {"scale": 0, "leading": 1},
        {"scale": 0.5, "leading": -1},
    ):
        np.testing.assert_array_equal(like_inputs(vectors, vectors, {"tail": tail}), vectors)


def test_a_continued_training_does_not_scale_again() -> None:
    model = train(SENTENCES, **SMALL, objective="sg", tail_scale=0.3)
    still = continue_training(model, SENTENCES, epochs=1, lr=1e-4, input_lr=1e-4, threads=1)
    np.testing.assert_allclose(still.input, model.input, atol=0.02 * np.abs(model.input).max())
    again = continue_training(model, SENTENCES, epochs=1, lr=1e-4, input_lr=1e-4, threads=1, tail_scale=0.3)
    assert _directions(again)[0][-1] < 0.5 * _directions(model)[0][-1]


def test_a_resumed_run_lands_on_the_same_bits(tmp_path: Path) -> None:
    whole = train(SENTENCES, **SMALL, objective="sg", tail_scale=0.3)
    kept: dict[str, Any] = {"checkpoint": tmp_path / "c", "checkpoint_every": "epoch"}
    train(SENTENCES, **SMALL, objective="sg", tail_scale=0.3, callbacks=[lambda *_: True], **kept)
    resumed = train(SENTENCES, **SMALL, objective="sg", tail_scale=0.3, resume=tmp_path / "c", **kept)
    finished = train(SENTENCES, **SMALL, objective="sg", tail_scale=0.3, resume=tmp_path / "c", **kept)
    for model in (resumed, finished):
        assert model.input.tobytes() == whole.input.tobytes()
        assert model.output.tobytes() == whole.output.tobytes()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tail_scale": 0.0}, "tail_scale must be greater than 0"),
        ({"tail_scale": 1.5}, "tail_scale must be greater than 0 and at most 1"),
        ({"tail_scale": 0.5, "senses": 2}, "tail_scale is 0.5 but senses is 2"),
        ({"tail_scale": 0.5, "objective": "dbow"}, "tail_scale is 0.5 but objective is 'dbow'"),
        ({"tail_scale": 0.5, "objective": "cbow", "position_weights": True}, "position_weights is True"),
    ],
)
def test_what_cannot_be_scaled_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TrainConfig(**settings)


def test_frozen_rows_cannot_be_scaled() -> None:
    model = train(SENTENCES, **SMALL, objective="sg")
    with pytest.raises(ConfigError, match=r"tail_scale=0\.5 with freeze='outputs'"):
        continue_training(model, SENTENCES, freeze="outputs", tail_scale=0.5)
