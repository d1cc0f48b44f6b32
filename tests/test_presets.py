"""Presets: valid, chosen by size, and never stronger than what the user says."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

from embed.cli import main
from embed.config import TrainConfig
from embed.errors import ConfigError
from embed.presets import NAMES, of_size, values_of


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_is_a_valid_and_advised_configuration(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TrainConfig(**values_of(name, {}))


def test_the_size_of_the_corpus_chooses() -> None:
    assert [of_size(n) for n in (1_000_000, 17_000_000, 1_000_000_000)] == ["small", "medium", "large"]


def test_what_is_given_wins_and_rates_belong_to_their_model() -> None:
    assert values_of("small", {"epochs": 2})["epochs"] == 2
    assert values_of("small", {"epochs": 2})["input_lr"] == 0.3
    for given in ({"lr": 0.1}, {"objective": "cbow"}, {"structured": False}, {"subword": False}):
        assert TrainConfig(**values_of("medium", given)).rates() != (0.1, 0.03)
        config = TrainConfig(**values_of("small", given))
        assert config.rates() == TrainConfig(**{"subword": True, **given}).rates()


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(ConfigError, match="preset must be one of auto, small, medium, large, not 'tiny'"):
        values_of("tiny", {})


@pytest.mark.parametrize("preset", ["small", "auto"])
def test_the_command_takes_a_preset(tmp_path: Path, preset: str) -> None:
    text, out = tmp_path / "text.txt", tmp_path / "vectors.embed"
    text.write_text("one two three four five six\n" * 20, encoding="utf-8")
    flags = ["--preset", preset, "--epochs", "2", "--buckets", "100", "--quiet"]
    assert main(["train", str(text), "-o", str(out), *flags]) == 0
    card = json.loads(Path(f"{out}.json").read_text())
    config = card["config"]
    assert card["provenance"]["decisions"]["preset"] == "small"
    assert (config["subword"], config["epochs"], config["buckets"]) == (True, 2, 100)
