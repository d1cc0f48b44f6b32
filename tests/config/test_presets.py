"""Presets and defaults by size: valid, without cliffs, and never stronger than what the user says."""

from __future__ import annotations

import itertools
import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import embed
from embed.cli import main
from embed.config.defaults import BY_SIZE, KIND, KIND_BY_DEFAULT, least_count
from embed.config.presets import PRESETS, resolve
from embed.config.train import TrainConfig, as_flags
from embed.errors import AdviceWarning, ConfigError

SENTENCES = [["one", "two", "three", "four", "five", "six"]] * 20
TINY: dict[str, Any] = {"dim": 16, "min_count": 1, "threads": 1, "buckets": 100}
SIZES = [0, 1, 2_000, 50_000, 200_000, 1_000_000, 2_000_000, 5_000_000, 6_000_000, 17_000_000, 10**9, 10**12]
LARGE = (10**7, 10**5)
KINDS: list[dict[str, Any]] = [
    {},
    {"objective": "sg"},
    {"objective": "cbow"},
    {"subword": True},
    {"objective": "cbow", "subword": True},
    {"subword": True, "composition": "sum"},
]
TREE = Path(__file__).parents[2]

# A value of each parameter that says what kind of model is trained, with what it needs.
SAID: dict[str, dict[str, Any]] = {
    "objective": {"objective": "sg"},
    "loss": {"loss": "ns"},
    "subword": {"subword": False},
    "hash_count": {"subword": True, "hash_count": 2},
    "composition": {"subword": True, "composition": "sum"},
    "position_weights": {"objective": "cbow", "position_weights": True},
    "structured": {"structured": True},
    "window_kind": {"window_kind": "dynamic"},
    "context_side": {"context_side": "left"},
    "senses": {"senses": 3},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dim", [16, 50, 100, 300, 1024])
@pytest.mark.parametrize("preset", [None, *PRESETS])
def test_defaults_are_valid_and_advised_for_every_size(preset: str | None, dim: int, kind: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for tokens in SIZES:
            config = resolve(preset, {"dim": dim, **kind}, (tokens, 10**4))
            TrainConfig.from_dict(config.to_dict())
            assert config.lr is not None
            assert config.input_lr is not None


@pytest.mark.parametrize("kind", KINDS)
def test_larger_texts_have_fewer_passes_shorter_windows_and_lower_rates(kind: dict[str, Any]) -> None:
    found = [resolve(None, kind, (tokens, 10**5)) for tokens in SIZES]
    for smaller, larger in itertools.pairwise(found):
        assert smaller.epoch_count() >= larger.epoch_count()
        assert smaller.window >= larger.window
        assert smaller.rates()[0] >= larger.rates()[0]
    counts = [least_count(tokens) for tokens in SIZES]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (2, 5)


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_no_cliff_between_sizes(kind: dict[str, Any]) -> None:
    for tokens in range(1000, 3_000_000, 9973):
        one, other = (resolve(None, kind, (int(tokens * size), 10**4)) for size in (1, 1.05))
        assert abs(one.epoch_count() - other.epoch_count()) <= 1
        assert abs(one.window - other.window) <= 1
        products = [a * b * config.epoch_count() for config in (one, other) for a, b in [config.rates()]]
        assert products[0] == pytest.approx(products[1], rel=0.25)


@pytest.mark.parametrize("kind", KINDS)
def test_other_numbers_of_passes_have_rates_in_inverse_proportion(kind: dict[str, Any]) -> None:
    config = resolve(None, kind, (1_000_000, 10**4))
    more = resolve(None, {**kind, "epochs": 4 * config.epoch_count()}, (1_000_000, 10**4))
    product, lower = (a * b for a, b in (config.rates(), more.rates()))
    assert lower == pytest.approx(product / 4, rel=0.01)
    few = [resolve(None, {**kind, "epochs": epochs}, (10**9, 10**6)).rates() for epochs in (1, 2, 3)]
    assert few[0] == few[1] == few[2]


@pytest.mark.parametrize(("tokens", "share"), [(200_000, 0.5), (1_000_000, 0.5), (3_000_000, 0.63), (17_000_000, 0.79)])
def test_short_vectors_with_ngrams_have_lower_rates_above_all_in_small_texts(tokens: int, share: float) -> None:
    rates = {dim: resolve(None, {"dim": dim}, (tokens, 10**5)).rates() for dim in (50, 99, 100)}
    products = {dim: lr * input_lr for dim, (lr, input_lr) in rates.items()}
    assert products[50] / products[100] == pytest.approx(share, abs=0.01)
    assert products[99] / products[100] == pytest.approx(1, abs=0.02)


def test_given_parameters_win() -> None:
    given = {
        "dim": 50,
        "window": 3,
        "min_count": 1,
        "negatives": 7,
        "seed": 3,
        "epochs": 9,
        "lr": 0.02,
        "input_lr": 0.3,
    }
    for kind in KINDS:
        config = resolve("medium", {**given, **kind}, (1_000_000, 10**4))
        assert {name: getattr(config, name) for name in given} == given
    lower, usual = (resolve(None, {"lr": lr}, LARGE).rates() for lr in (0.01, 0.1))
    assert lower[1] == pytest.approx(usual[1] / 10)
    assert resolve(None, {"input_lr": 0.2}, LARGE).rates() == (resolve(None, {}, LARGE).rates()[0], 0.2)


@pytest.mark.parametrize("name", sorted(KIND))
def test_a_parameter_of_the_kind_leaves_the_rest_of_the_kind_plain(name: str) -> None:
    plain, config = TrainConfig(**SAID[name]), resolve(None, SAID[name], LARGE)
    assert [getattr(config, other) for other in KIND] == [getattr(plain, other) for other in KIND]


def test_the_kind_by_default_is_that_of_a_run_without_one() -> None:
    config = resolve(None, {"dim": 50, "epochs": 2, "lr": 0.05}, LARGE)
    assert {name: getattr(config, name) for name in KIND_BY_DEFAULT} == KIND_BY_DEFAULT


def test_a_preset_stands_for_its_values() -> None:
    for name, values in PRESETS.items():
        assert resolve(name, {}, LARGE) == resolve(None, values, LARGE)


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(ConfigError, match="preset must be one of auto, small, medium, large, not 'tiny'"):
        resolve("tiny", {})


@pytest.mark.parametrize("preset", [None, *PRESETS])
def test_contradictions_are_refused_before_the_text_is_read(preset: str | None) -> None:
    with pytest.raises(ConfigError, match="min_n is 7 but max_n is 6"):
        resolve(preset, {"min_n": 7})


def test_the_command_takes_a_preset(tmp_path: Path) -> None:
    text, out = tmp_path / "text.txt", tmp_path / "vectors.embed"
    text.write_text("one two three four five six\n" * 20, encoding="utf-8")
    flags = ["--preset", "small", "--epochs", "2", "--buckets", "100", "--quiet"]
    assert main(["train", str(text), "-o", str(out), *flags]) == 0
    card = json.loads(Path(f"{out}.json").read_text())
    config = card["config"]
    assert card["provenance"]["decisions"]["preset"] == "small"
    assert (config["subword"], config["epochs"], config["buckets"]) == (True, 2, 100)


def test_the_run_card_has_what_was_chosen() -> None:
    model = embed.train(SENTENCES, dim=16, threads=1, buckets=100)
    assert model.config == resolve(None, {"dim": 16, "threads": 1, "buckets": 100}, (120, 6))
    assert model.run_card()["provenance"]["decisions"] == {"subsample": 0.0, "min_count": 2}
    whole = embed.train(SENTENCES, TrainConfig(), **TINY)
    assert whole.config == resolve(None, {**TINY, "objective": "sg", "window": 5}, (120, 6))
    assert whole.run_card()["provenance"]["decisions"] == {"subsample": 0.0}
    asked = embed.train(SENTENCES, TrainConfig(), **TINY, subsample=0.01)
    assert asked.run_card()["provenance"]["decisions"] == {}


def test_advice_about_a_parameter_is_given_once() -> None:
    with pytest.warns(AdviceWarning) as told:
        embed.train(SENTENCES, **{**TINY, "dim": 4})
    assert [str(one.message) for one in told if "dim is 4" in str(one.message)] == [str(told[0].message)]


def test_resuming_takes_what_the_size_chose_and_refuses_differences_before_reading(tmp_path: Path) -> None:
    def never() -> Iterator[list[str]]:
        raise AssertionError("the text was read")
        yield []

    whole = embed.train(SENTENCES, **TINY, checkpoint=tmp_path)
    for preset in (None, "auto"):
        resumed = embed.train(SENTENCES, **TINY, preset=preset, resume=tmp_path)
        assert resumed.input.tobytes() == whole.input.tobytes()
    more = embed.train(SENTENCES, **TINY, epochs=23, resume=tmp_path, resume_anyway=True)
    assert more.config == whole.config.replace(epochs=23)
    for changes in ({"dim": 20}, {"objective": "cbow"}, {"preset": "large"}):
        with pytest.raises(ConfigError, match="it belongs to a different run"):
            embed.train(never(), **{**TINY, **changes}, resume=tmp_path)


def test_the_command_reports_what_was_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, out = tmp_path / "text.txt", tmp_path / "vectors.txt"
    text.write_text("one two three four five six\n" * 20, encoding="utf-8")
    command = ["train", str(text), "-o", str(out), "--dim", "16", "--buckets", "100", "--threads", "1"]
    assert main(command) == 0
    line = next(line for line in capsys.readouterr().err.splitlines() if line.startswith("chosen for 120 tokens: "))
    flags = line.removeprefix("chosen for 120 tokens: ").removesuffix(" (--objective sg or cbow trains whole words)")
    config = resolve(None, {"dim": 16}, (120, 6))
    chosen = {name: getattr(config, name) for name in BY_SIZE if getattr(config, name) != getattr(TrainConfig(), name)}
    assert flags == as_flags({**chosen, "subsample": 0.0, "min_count": 2})
    unasked = out.read_bytes()
    assert main([*command, *flags.split()]) == 0
    assert out.read_bytes() == unasked
    (tmp_path / "run.toml").write_text("seed = 2\n")
    capsys.readouterr()
    for other in (["--objective", "sg"], ["--config", str(tmp_path / "run.toml")]):
        assert main([*command, *other]) == 0
        assert "trains whole words" not in capsys.readouterr().err
        assert json.loads(Path(f"{out}.json").read_text())["config"]["subword"] is False


@pytest.mark.parametrize(
    ("flags", "epochs"),
    [
        (["--tokens", "20000"], 21),
        (["--tokens", "200000"], 15),
        (["--tokens", "20000", "--objective", "sg"], 10),
        (["--tokens", "20000", "--preset", "large"], 3),
        (["--tokens", "17000000"], 6),
    ],
)
def test_info_estimates_with_what_would_be_chosen(
    flags: list[str], epochs: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["info", "--json", "--vocab", "100", "--dim", "100", "--buckets", "100", *flags]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["epochs"] == epochs
    assert f"--epochs {epochs} " in facts["parameters"]


@pytest.mark.skipif(not (TREE / "mkdocs.yml").is_file(), reason="needs the source tree")
def test_the_page_lists_the_parameters_of_the_kind() -> None:
    text = (TREE / "docs" / "runs.md").read_text(encoding="utf-8").partition("the kind of model:\n\n")[2]
    assert set(re.findall(r"`(\w+)`", text.partition("\n\n")[0])) == set(KIND)
