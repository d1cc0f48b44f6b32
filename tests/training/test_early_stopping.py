"""The held-out loss is one number for any threads and seeds; patience stops a run and keeps its best epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from embed.config import TrainConfig
from embed.errors import ConfigError
from embed.model import EpochRecord
from embed.model.parameters import Parameters
from embed.text.encoding import encode
from embed.training.early_stopping import Patience
from embed.training.trainer import Trainer

SENTENCES = [[f"{kind}{(i * j) % 7}" for j in range(1, 12)] for i in range(2000) for kind in ("a", "b")]
SMALL: dict[str, Any] = {
    "window_kind": "dynamic",
    "dim": 16,
    "min_count": 1,
    "buckets": 500,
    "subsample": 0.0,
    "held_out": 0.5,
}


@pytest.mark.parametrize("objective", ["sg", "cbow"])
@pytest.mark.parametrize("subword", [False, True])
def test_the_held_out_loss_is_the_same_for_any_threads_and_seed(objective: str, subword: bool) -> None:
    with encode(SENTENCES, min_count=1) as encoded:
        # fourteen words that share their n-grams and fill every window several times over: too much for default rates
        kind: dict[str, Any] = {"objective": objective, "subword": subword, "lr": 0.05, "input_lr": 0.1}
        trained = Trainer(encoded, TrainConfig(**SMALL, **kind, threads=1, epochs=1))
        trained.run()
        expected = trained.held_out_loss()
        for threads, seed in ((1, 5), (2, 1), (3, 9)):
            config = trained.config.replace(threads=threads, seed=seed)
            before = trained.parameters.inputs.copy()
            assert Trainer(encoded, config, parameters=trained.parameters).held_out_loss() == expected
            np.testing.assert_array_equal(trained.parameters.inputs, before)


def _record(epoch: int, held_out_loss: float) -> EpochRecord:
    return EpochRecord(epoch, 1.0, held_out_loss, 0.01, 1.0, 1.0)


@pytest.mark.parametrize("subword", [False, True])
def test_the_best_epoch_is_put_back(subword: bool) -> None:
    config = TrainConfig(**SMALL, subword=subword)
    with encode(SENTENCES, min_count=1) as encoded:
        parameters = Parameters.initial(encoded.vocabulary, config)
    patience = Patience(parameters, 2, 0.0)
    used, kept, stops = np.unique(parameters.rows), None, []
    for epoch, loss in enumerate((3.0, 2.0, 2.5, 2.0), 1):
        parameters.inputs[used] += 1
        parameters.outputs[:] += 1
        patience.note(_record(epoch, loss))
        stops.append(patience.is_over)
        if epoch == 2:
            kept = parameters.inputs.copy(), parameters.outputs.copy()
    assert stops == [False, False, False, True]
    outcome = patience.finish()
    assert kept is not None
    np.testing.assert_array_equal(parameters.inputs, kept[0])
    np.testing.assert_array_equal(parameters.outputs, kept[1])
    assert outcome == {
        "patience": 2, "min_delta": 0.0, "stopped_early": True, "last_epoch": 4, "best_epoch": 2, "kept_epoch": 2,
    }  # fmt: skip


def test_a_small_improvement_does_not_count() -> None:
    with encode(SENTENCES, min_count=1) as encoded:
        parameters = Parameters.initial(encoded.vocabulary, TrainConfig(**SMALL))
    patience = Patience(parameters, 1, 0.1)
    patience.note(_record(1, 2.0))
    assert not patience.is_over
    patience.note(_record(2, 1.95))
    assert patience.is_over


def test_a_run_stops_and_says_so_in_its_card() -> None:
    with encode(SENTENCES, min_count=1) as encoded:
        # no epoch can be better than the first by 100 nats
        config = TrainConfig(**SMALL, threads=1, epochs=9, patience=2, min_delta=100)
        trainer = Trainer(encoded, config)
        model = trainer.run()
        assert len(model.history) == 3
        assert trainer.held_out_loss() == model.history[0].held_out_loss
    assert model.run_card()["provenance"]["decisions"]["stopping"]["kept_epoch"] == 1


def test_patience_needs_something_to_judge_by() -> None:
    with pytest.raises(ConfigError, match="patience is 2 but held_out is 0"):
        TrainConfig(patience=2)
