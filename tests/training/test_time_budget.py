"""A time budget chooses the epochs by a clock of the test's own; the run is then the run with that number."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import embed
from embed.checkpoints.checkpoint_folder import checkpoints_in
from embed.cli import main
from embed.config.durations import seconds_of
from embed.errors import AdviceWarning, ConfigError
from embed.model import Model
from embed.training import time_budget as budget
from embed.training.time_budget import MOST_EPOCHS, MOST_EPOCHS_WITH_NGRAMS, TimeBudget, tokens_per_second
from embed.training.trainer import Trainer

SENTENCES = [[f"{kind}{(i * j) % 7}" for j in range(1, 30)] for i in range(200) for kind in ("a", "b")]
TOKENS = sum(map(len, SENTENCES))
SMALL: dict[str, Any] = {"objective": "sg", "dim": 16, "min_count": 1, "threads": 1, "buckets": 300}


class Clock:
    """Goes on by what the trials of a trainer would take, and by nothing else."""

    def __init__(self, tokens_per_second: float, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        stretch = Trainer.stretch

        def timed(trainer: Trainer, first: int, last: int) -> int:
            end = stretch(trainer, first, last)
            self.now += (end - first) / tokens_per_second
            return end

        monkeypatch.setattr(Trainer, "stretch", timed)

    def __call__(self) -> float:
        return self.now

    def budget(self, seconds: float, **more: Any) -> TimeBudget:
        return TimeBudget(seconds, self.now, clock=self, **more)


def _content(model: Model) -> tuple[bytes, bytes, list[float]]:
    return model.input.tobytes(), model.output.tobytes(), [record.loss for record in model.history]


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("10m", 600), ("1.5 h", 5400), ("0s", None), ("5", None)])
def test_a_length_of_time(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(("seconds", "epochs"), [(30, 8), (60, 18), (0.5, 1), (1e6, MOST_EPOCHS)])
@pytest.mark.filterwarnings("ignore:one epoch takes about")
def test_so_many_epochs_are_trained_as_fit(seconds: float, epochs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(TOKENS / 3, monkeypatch)  # an epoch takes 3 seconds
    model = embed.train(SENTENCES, **SMALL, time_budget=clock.budget(seconds))
    assert len(model.history) == model.config.epochs == epochs
    decision = model.run_card()["provenance"]["decisions"]["time_budget"]
    assert (decision["seconds"], decision["epochs"]) == (seconds, epochs)
    assert decision["seconds_an_epoch"] == pytest.approx(3, rel=1e-6)


@pytest.mark.parametrize(
    "settings", [{}, {"subword": True}, {"deterministic": True, "threads": 2}, {"held_out": 0.2}], ids=str
)
def test_the_run_is_the_run_with_that_number_of_epochs(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(TOKENS / 3, monkeypatch)
    model = embed.train(SENTENCES, **SMALL | settings, time_budget=clock.budget(20))
    assert 1 < model.config.epochs < MOST_EPOCHS
    assert _content(embed.train(SENTENCES, **SMALL | settings, epochs=model.config.epochs)) == _content(model)
    assert embed.train(SENTENCES, model.config).config == model.config


def test_what_is_spent_before_and_needed_after_the_training_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(TOKENS / 3, monkeypatch)
    monkeypatch.setattr(budget, "_TEXT_SPEED", 14 * 16 / 10)  # ten seconds for the text of 14 words
    late = replace(clock.budget(60), started=clock.now - 15)
    assert embed.train(SENTENCES, **SMALL, time_budget=late).config.epochs == 13
    assert embed.train(SENTENCES, **SMALL, time_budget=clock.budget(60, vectors=("v.bin",))).config.epochs == 18
    assert embed.train(SENTENCES, **SMALL, time_budget=clock.budget(60, vectors=("v.txt",))).config.epochs == 14
    assert embed.train(SENTENCES, **SMALL, time_budget=clock.budget(60, models=("v.txt",))).config.epochs == 11


def test_a_budget_that_is_too_short_for_an_epoch_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(TOKENS / 3, monkeypatch)
    with pytest.warns(AdviceWarning, match="s are left of the time budget of 2 s: training one epoch anyway"):
        assert embed.train(SENTENCES, **SMALL, time_budget=clock.budget(2)).config.epochs == 1


@pytest.mark.parametrize("step", [1, 256])
@pytest.mark.parametrize("tokens", [1, 1000, 5_000_000])
def test_the_speed_is_measured_all_over_the_corpus(tokens: int, step: int) -> None:
    now, seen = 0.0, []

    def stretch(first: int, last: int) -> int:
        nonlocal now
        assert first % step == 0
        assert first < last <= tokens
        end = min(-(-last // step) * step, tokens)
        # the second half of the corpus takes twice as long
        now += sum(1e-6 if place < tokens / 2 else 2e-6 for place in (first, (first + end) // 2)) / 2 * (end - first)
        seen.append((first, end))
        return end

    rate = tokens_per_second(stretch, tokens, step, 1.0, lambda: now)
    if tokens > 1000:
        assert rate == pytest.approx(1e6 / 1.5, rel=0.05)
        assert sum(end - first for first, end in seen[-8:]) == pytest.approx(1e6, rel=0.01)
    else:
        assert 0.4e6 < rate < 1.1e6


@pytest.mark.parametrize("preset", ["small", "auto"])
def test_a_preset_gives_way_to_the_budget(preset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(TOKENS / 3, monkeypatch)
    model = embed.train(SENTENCES, **SMALL, preset=preset, time_budget=clock.budget(20))
    assert model.config.epochs == 5


def test_the_budget_of_a_small_text_has_the_rates_of_its_epochs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clock = Clock(TOKENS / 3, monkeypatch)
    tiny = {name: value for name, value in SMALL.items() if name != "objective"}
    settings = {**tiny, "checkpoint": tmp_path, "checkpoint_every": "epoch", "checkpoint_keep": 99}
    model = embed.train(SENTENCES, **settings, time_budget=clock.budget(30))
    assert model.config.epochs == 8
    assert _content(embed.train(SENTENCES, **tiny, epochs=8)) == _content(model)
    for path in checkpoints_in(tmp_path)[2:]:
        path.unlink()
    resumed = embed.train(SENTENCES, **settings, resume=tmp_path, time_budget=clock.budget(30))
    assert _content(resumed) == _content(model)
    assert resumed.config == model.config


def test_a_run_that_goes_on_keeps_the_number(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clock = Clock(TOKENS / 3, monkeypatch)
    settings = {**SMALL, "checkpoint": tmp_path, "checkpoint_every": "epoch", "checkpoint_keep": 99}
    whole = embed.train(SENTENCES, **settings, time_budget=clock.budget(20))
    epochs = whole.config.epochs
    assert epochs > 2
    for path in checkpoints_in(tmp_path)[2:]:
        path.unlink()
    # the machine is another one now, and what is left of the time too
    later = replace(Clock(TOKENS, monkeypatch).budget(20), started=0.0)
    resumed = embed.train(SENTENCES, **settings, resume=tmp_path, time_budget=later)
    assert _content(resumed) == _content(whole)
    assert resumed.provenance is not None
    assert whole.provenance is not None
    assert resumed.provenance.decisions == whole.provenance.decisions
    assert embed.train(SENTENCES, **SMALL, resume=tmp_path, epochs=epochs).config == whole.config
    with pytest.raises(ConfigError, match="with a time budget of 30 s: its run has a budget of 20 s, which chose"):
        embed.train(SENTENCES, **SMALL, resume=tmp_path, time_budget="30s")


def test_a_run_without_a_budget_does_not_go_on_with_one(tmp_path: Path) -> None:
    embed.train(SENTENCES, **SMALL, epochs=2, checkpoint=tmp_path)
    with pytest.raises(ConfigError, match="its run has none; resume it with epochs=2"):
        embed.train(SENTENCES, **SMALL, resume=tmp_path, time_budget="30s")


@pytest.mark.parametrize("given", ["", "10", "ten minutes", "-5m", "0s", 0, -1.0, float("inf"), float("nan"), True])
def test_what_is_no_time_is_refused(given: Any) -> None:
    with pytest.raises(ConfigError, match="time_budget must be like 90s, 10m or"):
        embed.train(SENTENCES, **SMALL, time_budget=given)


def test_epochs_and_a_budget_exclude_each_other(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for arguments in ({"epochs": 5}, {"config": embed.TrainConfig(epochs=9)}):
        with pytest.raises(ConfigError, match="epochs and time_budget exclude each other"):
            embed.train(SENTENCES, **arguments, time_budget="1m")  # type: ignore[arg-type]
    command = ["train", "x.txt", "-o", str(tmp_path / "v.txt"), "--epochs", "5", "--time-budget", "1m"]
    assert main(command) == ConfigError.exit_code
    assert "--epochs and --time-budget exclude each other" in capsys.readouterr().err


def test_the_command_takes_a_budget(tmp_path: Path) -> None:
    text, out = tmp_path / "text.txt", tmp_path / "v.txt"
    text.write_text("one two three four five six\n" * 20, encoding="utf-8")
    flags = ["--time-budget", "1h", "--dim", "16", "--threads", "1", "--quiet"]
    assert main(["train", str(text), "-o", str(out), "--save-model", str(tmp_path / "m.embed"), *flags]) == 0
    card = json.loads(Path(f"{out}.json").read_text())
    assert card["config"]["subword"]  # the preset of a small text
    assert card["config"]["epochs"] == len(card["epochs"]) == MOST_EPOCHS_WITH_NGRAMS
    assert card["provenance"]["decisions"]["time_budget"]["seconds"] == 3600
