"""Presets: valid, chosen by size, and never stronger than what the user says."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import embed
from embed.cli import main
from embed.config.presets import NAMES, PRESETS, SETTLING, of_size, resolve, values_of
from embed.config.train import TrainConfig, as_flags
from embed.errors import AdviceWarning, ConfigError

SENTENCES = [["one", "two", "three", "four", "five", "six"]] * 20
TINY: dict[str, Any] = {"dim": 16, "min_count": 1, "threads": 1, "buckets": 100}
TREE = Path(__file__).parents[2]

# A value of each parameter that says what is trained or how, with what it needs.
SAID: dict[str, dict[str, Any]] = {
    "objective": {"objective": "sg"},
    "gradient": {"gradient": "historic"},
    "loss": {"loss": "ns"},
    "subword": {"subword": False},
    "hash_count": {"subword": True, "hash_count": 2},
    "composition": {"subword": True, "composition": "sum"},
    "position_weights": {"objective": "cbow", "position_weights": True},
    "structured": {"structured": True},
    "window_kind": {"window_kind": "dynamic"},
    "lr": {"lr": 0.025},
    "input_lr": {"input_lr": 0.025},
    "min_lr": {"min_lr": 1e-4},
    "schedule": {"schedule": "cosine"},
    "warmup": {"warmup": 0.05},
    "subsample": {"subsample": 1e-3},
}


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_is_a_valid_and_advised_configuration(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TrainConfig(**values_of(name, {}))


def test_preset_auto_follows_the_corpus_size() -> None:
    assert [of_size(n) for n in (1_000_000, 17_000_000, 1_000_000_000)] == ["small", "medium", "large"]


def test_given_parameters_win_and_rates_follow_their_model() -> None:
    assert values_of("small", {"epochs": 2})["epochs"] == 2
    for epochs, rate in ((2, 0.9), (5, 0.9), (8, 0.5625), (15, 0.3), (30, 0.15), (None, 0.3), (0, 0.3), ("many", 0.3)):
        assert values_of("small", {"epochs": epochs})["input_lr"] == rate
    assert values_of("small", {"epochs": 2, "input_lr": 0.1})["input_lr"] == 0.1
    assert values_of("large", {"epochs": 2}) == {"epochs": 2}
    for given in ({"lr": 0.2}, {"objective": "cbow"}, {"structured": False}, {"subword": False}):
        assert TrainConfig(**values_of("medium", given)).rates() != (0.1, 0.03)
        config = TrainConfig(**values_of("small", given))
        expected = (0.05, 0.3) if given == {"structured": False} else TrainConfig(**{"subword": True, **given}).rates()
        assert config.rates() == expected


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


@pytest.mark.parametrize("name", sorted(PRESETS["small"]))
def test_giving_a_value_of_the_preset_keeps_the_preset(name: str) -> None:
    given = {name: PRESETS["small"][name]}
    assert resolve(None, given, 1000) == resolve(None, {}, 1000)


@pytest.mark.parametrize("name", sorted(SETTLING))
def test_default_preset_ends_with_a_settling_parameter(name: str) -> None:
    config = TrainConfig(**SAID[name])
    assert resolve(None, SAID[name]) == (None, config)
    assert resolve(None, SAID[name], 1000) == (None, config)


def test_default_preset_is_small_for_small_texts_alone() -> None:
    given = {"dim": 50, "window": 3, "min_count": 1, "negatives": 7, "threads": 2, "seed": 3, "epochs": 9}
    for tokens in (0, 1_000_000, 5_000_000):
        assert resolve(None, given, tokens) == ("small", TrainConfig(**{**PRESETS["small"], **given, "input_lr": 0.5}))
    for size in (5_000_001, 1_000_000_000):
        assert resolve(None, given, size) == (None, TrainConfig(**given))
    assert resolve(None, given) == (None, TrainConfig(**given))
    medium = TrainConfig(**{**PRESETS["medium"], **given, "input_lr": 0.0367})
    assert resolve("auto", given, 5_000_001) == ("medium", medium)
    assert resolve("auto", given) == (None, TrainConfig(**given))
    large = TrainConfig(objective="sg", epochs=3)
    assert resolve("large", {"objective": "sg"}) == ("large", large)
    assert resolve("large", {"objective": "sg"}, 1000) == ("large", large)


@pytest.mark.parametrize("preset", [None, "auto"])
def test_parameters_that_a_possible_preset_refuses_are_refused_at_once(preset: str | None) -> None:
    with pytest.raises(ConfigError, match="min_n is 7 but max_n is 6"):
        resolve(preset, {"min_n": 7})


def test_small_preset_is_reported_in_the_run_card() -> None:
    model = embed.train(SENTENCES, **TINY)
    assert model.config == TrainConfig(**{**PRESETS["small"], **TINY})
    assert model.run_card()["provenance"]["decisions"] == {"preset": "small", "subsample": 0.0}
    plain = embed.train(SENTENCES, TrainConfig(), **TINY)
    assert plain.config == TrainConfig(**TINY)
    assert plain.run_card()["provenance"]["decisions"] == {"subsample": 0.0}
    asked = embed.train(SENTENCES, TrainConfig(), **TINY, subsample=0.01)
    assert asked.run_card()["provenance"]["decisions"] == {}


def test_advice_about_a_parameter_is_given_once() -> None:
    with pytest.warns(AdviceWarning) as told:
        embed.train(SENTENCES, **{**TINY, "dim": 4})
    assert [str(one.message) for one in told if "dim is 4" in str(one.message)] == [str(told[0].message)]


def test_resuming_keeps_the_preset_and_refuses_differences_before_reading(tmp_path: Path) -> None:
    def never() -> Iterator[list[str]]:
        raise AssertionError("the text was read")
        yield []

    whole = embed.train(SENTENCES, **TINY, checkpoint=tmp_path)
    for preset in (None, "auto", "small"):
        resumed = embed.train(SENTENCES, **TINY, preset=preset, resume=tmp_path)
        assert resumed.input.tobytes() == whole.input.tobytes()
    more = embed.train(SENTENCES, **TINY, epochs=17, resume=tmp_path, resume_anyway=True)
    assert more.config == whole.config.replace(epochs=17, input_lr=round(0.3 * 15 / 17, 4))
    for changes in ({"dim": 20}, {"objective": "cbow"}, {"preset": "large"}):
        with pytest.raises(ConfigError, match="it belongs to a different run"):
            embed.train(never(), **{**TINY, **changes}, resume=tmp_path)


def test_command_reports_the_default_preset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, out = tmp_path / "text.txt", tmp_path / "vectors.txt"
    text.write_text("one two three four five six\n" * 20, encoding="utf-8")
    command = ["train", str(text), "-o", str(out), "--dim", "16", "--buckets", "100", "--threads", "1"]
    flags = as_flags({**PRESETS["small"], "buckets": 100, "subsample": 0.0})
    assert main(command) == 0
    assert f"preset small, chosen automatically: {flags} (" in capsys.readouterr().err
    unasked = out.read_bytes()
    for asked in (["--preset", "small"], flags.split()):
        assert main([*command, *asked]) == 0
        assert "preset" not in capsys.readouterr().err
        assert out.read_bytes() == unasked
    (tmp_path / "run.toml").write_text("seed = 2\n")
    for other in (["--objective", "sg"], ["--config", str(tmp_path / "run.toml")]):
        assert main([*command, *other]) == 0
        assert "preset" not in capsys.readouterr().err
        assert json.loads(Path(f"{out}.json").read_text())["config"]["subword"] is False


@pytest.mark.parametrize(
    ("flags", "preset", "epochs"),
    [
        (["--tokens", "20000"], "small", 15),
        (["--tokens", "20000", "--objective", "sg"], "none", 5),
        (["--tokens", "20000", "--preset", "large"], "large", 3),
        (["--tokens", "6000000"], "none", 5),
    ],
)
def test_info_estimates_with_the_preset(
    flags: list[str], preset: str, epochs: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["info", "--json", "--vocab", "100", "--dim", "16", "--buckets", "100", *flags]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["preset"], facts["epochs"]) == (preset, epochs)


@pytest.mark.skipif(not (TREE / "mkdocs.yml").is_file(), reason="needs the source tree")
def test_the_page_lists_what_leaves_the_preset_out() -> None:
    text = (TREE / "docs" / "runs.md").read_text(encoding="utf-8").partition("says what is trained or how:\n\n")[2]
    assert set(re.findall(r"`(\w+)`", text.partition("\n\n")[0])) == SETTLING
