"""The learning rate of every token: its shape, the twin's numbers, and the same lines wherever training pauses."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from embed.checkpoints.checkpoint_folder import checkpoints_in, read
from embed.config import TrainConfig
from embed.corpora import SyntheticCorpus
from embed.engine import reference
from embed.errors import ConfigError
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode
from embed.training.backends import Variant
from embed.training.backends.deterministic import Rounds, round_tiles, round_tokens
from embed.training.backends.hogwild import Chunks
from embed.training.schedule import Schedule, line_tokens
from embed.training.train import train
from tests.engine.core_problem import DIM, core_worker, problem

LR, MIN_LR, EPOCHS = 0.01, 0.001, 3
LONG = {"sentence_lengths": (3, 700, 0, 600, 90, 5, 1)}  # some lines of the shortest kind
SHAPES: dict[str, Callable[[float], float]] = {
    "linear": lambda done: LR + (MIN_LR - LR) * done,
    "cosine": lambda done: MIN_LR + (LR - MIN_LR) * (1 + math.cos(math.pi * done)) / 2,
    "constant": lambda done: LR,
}


def _config(schedule: str, warmup: float, **more: Any) -> TrainConfig:
    min_lr = LR if schedule == "constant" else MIN_LR
    rates = {"lr": LR, "input_lr": 1.5 * LR, "min_lr": min_lr, "epochs": EPOCHS}
    return TrainConfig(**{**rates, "schedule": schedule, "warmup": warmup, **more})


def _expected(schedule: str, warmup: float, tokens: int) -> np.ndarray:
    """Return the rate of every token of a run by its definition: straight between points that lie a line apart."""
    step, total = line_tokens(tokens), EPOCHS * tokens
    points = [epoch * tokens + first for epoch in range(EPOCHS) for first in range(0, tokens, step)] + [total]
    warm = max(point for point in points if point <= warmup * total)
    rates = [SHAPES[schedule]((p - warm) / (total - warm)) if p >= warm else LR * p / warm for p in points]
    return np.interp(np.arange(total + 1), points, rates)


@pytest.mark.parametrize("warmup", [0.0, 0.03, 0.1])
@pytest.mark.parametrize("schedule", SHAPES)
@pytest.mark.parametrize("tokens", [200, 5_000, 100_003])
def test_each_token_has_the_rate_of_its_schedule(schedule: str, warmup: float, tokens: int) -> None:
    found = Schedule(_config(schedule, warmup), tokens)
    expected = _expected(schedule, warmup, tokens)
    for epoch in range(EPOCHS):
        for position in {0, 1, tokens // 3, tokens // 2, tokens - 1, tokens}:
            rate = expected[epoch * tokens + position]
            assert found.rate(epoch, position) == pytest.approx(rate, rel=1e-9, abs=1e-15)
    assert found.ratio == pytest.approx(1.5)


@pytest.mark.parametrize("tokens", [1, 255, 256, 20_000, 1_000_003])
@pytest.mark.parametrize(("schedule", "warmup"), [("linear", 0.0), ("linear", 0.1), ("cosine", 0.1)])
def test_lines_end_with_rounds_and_depend_on_the_position_alone(schedule: str, warmup: float, tokens: int) -> None:
    found = Schedule(_config(schedule, warmup), tokens)
    for epoch in range(EPOCHS):
        position = 0
        while position < tokens:
            line = found.line(epoch, position)
            assert position < line.last <= tokens
            assert line.last == tokens or line.last % round_tokens(tokens) == 0
            assert found.line(epoch, line.last - 1) == found.line(epoch, (position + line.last) // 2) == line
            position = line.last


def test_a_cosine_is_never_far_from_its_lines() -> None:
    tokens = 300_000
    far = [
        abs(Schedule(_config("cosine", 0.0, epochs=1), tokens).rate(0, position) - SHAPES["cosine"](position / tokens))
        for position in range(0, tokens, 997)
    ]
    assert max(far) < 2e-4 * LR


@pytest.mark.parametrize("in_rounds", [False, True])
@pytest.mark.parametrize("schedule", SHAPES)
def test_the_core_agrees_with_the_twin(schedule: str, in_rounds: bool) -> None:
    trained = problem(**LONG)
    tokens = len(trained.tokens.ids)
    rates = _expected(schedule, 0.1, tokens)

    class Twin(reference.ReferenceWorker):
        epoch = 0

        def _train_block(
            self, key: int, sentence: int, sentence_last: int, start: int, stop: int, lr: float, ratio: float
        ) -> None:
            lr = rates[self.epoch * tokens + start]
            super()._train_block(key, sentence, sentence_last, start, stop, lr, ratio)

    worker, matrices = core_worker(trained)
    twin = Twin(trained)
    parameters = SimpleNamespace(
        unit_matrix=matrices.inputs, outputs=matrices.outputs, position_weights=matrices.position_weights
    )
    task: Any = SimpleNamespace(threads=1, tokens=tokens, parameters=parameters, variant=Variant())
    share = Rounds if in_rounds else Chunks
    for epoch in range(EPOCHS):
        twin.epoch = epoch
        if in_rounds:
            twin.run_rounds(epoch, 0.0, 0.0, 1.5, round_tokens(tokens), round_tiles(tokens))
        else:
            twin.run(epoch, 0.0, 0.0, 1.5)
        share(task, range(tokens), epoch, Schedule(_config(schedule, 0.1), tokens)).work(worker, 0)
    # rounds keep each change as a bfloat16 (see tests/engine/test_rounds.py)
    most, usual = (5e-3, 4e-4) if in_rounds else (4e-5, 4e-6)
    for ours, theirs in ((matrices.inputs, twin.inputs), (matrices.outputs, twin.outputs)):
        np.testing.assert_allclose(ours[:, :DIM], theirs, rtol=0, atol=most)
        assert np.abs(ours[:, :DIM] - theirs).mean() < usual
    assert worker.loss == pytest.approx(twin.loss, rel=1e-5)


@pytest.fixture(scope="module")
def encoded() -> Iterator[EncodedCorpus]:
    with encode(SyntheticCorpus(seed=2, sentences=1_500), min_count=1) as corpus:
        yield corpus


@pytest.mark.parametrize("mode", [{"threads": 1}, {"threads": 2, "deterministic": True}], ids=str)
def test_a_run_resumes_within_a_line_to_the_same_bits(
    mode: dict[str, Any], encoded: EncodedCorpus, tmp_path: Path
) -> None:
    settings = {"objective": "sg", "dim": 16, "epochs": 2, "schedule": "cosine", "warmup": 0.1, **mode}
    expected = train(encoded, **settings)
    every = {"checkpoint_every": "1300 tokens", "checkpoint_keep": 99}
    assert train(encoded, **settings, checkpoint=tmp_path, **every).input.tobytes() == expected.input.tobytes()
    within = [path for path in checkpoints_in(tmp_path) if read(path).place.position]
    for path in (within[1], within[-2]):
        folder = tmp_path / path.stem
        folder.mkdir()
        shutil.copy(path, folder / path.name)
        resumed = train(encoded, **settings, resume=folder)
        assert resumed.input.tobytes() == expected.input.tobytes()
        assert [record.lr for record in resumed.history] == [record.lr for record in expected.history]
    assert expected.history[-1].lr == pytest.approx(1e-4)


def test_a_configuration_from_before_is_linear() -> None:
    values = TrainConfig().to_dict()
    del values["schedule"], values["warmup"]
    assert TrainConfig.from_dict(values) == TrainConfig(schedule="linear", warmup=0)


def test_a_constant_rate_has_no_other_end() -> None:
    with pytest.raises(ConfigError, match=r"min_lr is 0\.001 but schedule is 'constant': .*or min_lr=0\.025"):
        TrainConfig(objective="sg", schedule="constant", min_lr=0.001)
    assert TrainConfig(objective="sg", schedule="constant", min_lr=0.025).final_lr() == 0.025
