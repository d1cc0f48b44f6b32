"""TrainConfig: every field is declared whole, checked, and read from TOML."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
import typing
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed.config import TrainOverrides
from embed.config.parameter import NAMES_ELSEWHERE
from embed.config.run import PATHS, RunKeywords, RunOptions
from embed.config.train import TrainConfig, parameters
from embed.errors import AdviceWarning, ConfigError

PARAMETERS = {name: (parameter, value_type) for name, parameter, value_type in parameters()}
NEEDED = {"code_bits": {"objective": "dbow", "dim": 1024}, "composition": {"subword": True}}
"""What a parameter asks of others."""
PARSED = {"postprocess", "tokenizer"}
"""Strings with a grammar, which a parser of their own checks."""


def having(attribute: str) -> list[str]:
    """Return the names of the parameters that declare the attribute."""
    names = [name for name, (parameter, _) in PARAMETERS.items() if getattr(parameter, attribute) not in (None, ())]
    assert names
    return names


def test_every_field_is_a_parameter_with_help_and_a_group() -> None:
    assert list(PARAMETERS) == [field.name for field in dataclasses.fields(TrainConfig)]
    for name, (parameter, value_type) in PARAMETERS.items():
        assert parameter.help, name
        assert parameter.group, name
        assert value_type in (bool, int, float, str), name
        assert value_type is not str or parameter.choices or name in PARSED, f"{name}: a free string cannot be checked"


def test_the_keywords_of_a_training_are_the_fields() -> None:
    assert typing.get_type_hints(TrainOverrides) == typing.get_type_hints(TrainConfig)
    assert list(TrainOverrides.__annotations__) == list(PARAMETERS)  # in the order in which an editor lists them
    assert not TrainOverrides.__required_keys__


def test_defaults_are_within_their_own_advice() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TrainConfig()


@pytest.mark.parametrize("name", having("low"))
def test_below_the_bound_raises_and_names_the_parameter(name: str) -> None:
    parameter, value_type = PARAMETERS[name]
    assert parameter.low is not None
    outside = value_type(parameter.low) if parameter.open_low else value_type(parameter.low - 1)
    with pytest.raises(ConfigError, match="^" + re.escape(f"{name} must be {parameter.allowed()}, not ")):
        TrainConfig(**{name: outside})


@pytest.mark.parametrize("name", having("high"))
def test_above_the_bound_raises_and_names_the_parameter(name: str) -> None:
    parameter, value_type = PARAMETERS[name]
    assert parameter.high is not None
    with pytest.raises(ConfigError, match="^" + re.escape(f"{name} must be {parameter.allowed()}, not ")):
        TrainConfig(**{name: value_type(parameter.high + 1)})


@pytest.mark.parametrize("name", having("advised"))
def test_outside_the_advice_warns_and_is_kept(name: str) -> None:
    parameter, value_type = PARAMETERS[name]
    assert parameter.advised is not None
    value = value_type(parameter.advised[1] * 2) if parameter.advised[1] else value_type(parameter.advised[0] / 2)
    with pytest.warns(AdviceWarning, match=f"^{name} is "):
        config = TrainConfig(**{name: value, **NEEDED.get(name, {})})
    assert getattr(config, name) == value


@pytest.mark.parametrize("name", having("choices"))
def test_choices_accept_their_values_alone(name: str) -> None:
    parameter, _ = PARAMETERS[name]
    for choice in parameter.choices:
        assert getattr(TrainConfig(**{name: choice, **NEEDED.get(name, {})}), name) == choice
    with pytest.raises(ConfigError, match=f"^{name} must be one of .*, not 'other'"):
        TrainConfig(**{name: "other"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dim", "100"),
        ("dim", 100.0),
        ("dim", True),
        ("dim", None),
        ("subword", 1),
        ("lr", "fast"),
        ("objective", 1),
    ],
)
def test_a_value_of_the_wrong_type_raises(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"^{name} must be of type "):
        TrainConfig(**{name: value})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_rate_that_is_not_finite_raises(value: float) -> None:
    with pytest.raises(ConfigError, match=r"^lr must be "):
        TrainConfig(lr=value)


@pytest.mark.parametrize("subword", [False, True])
def test_cbow_has_defaults_of_its_own(subword: bool) -> None:
    cbow, skip_gram = TrainConfig(objective="cbow", subword=subword), TrainConfig(subword=subword)
    assert (cbow.epoch_count(), cbow.subsample_threshold()) == (6, 3e-4)
    assert (skip_gram.epoch_count(), skip_gram.subsample_threshold()) == (5, 3e-4 if subword else 1e-3)
    given = cbow.replace(epochs=5, subsample=0)
    assert (given.epoch_count(), given.subsample_threshold()) == (5, 0)


def test_the_default_gradient_of_a_mean_is_sqrt_and_with_sums_exact() -> None:
    kinds = itertools.product(("sg", "cbow"), (False, True))
    found = [TrainConfig(objective=one, subword=subword).gradient_kind() for one, subword in kinds]
    assert found == ["exact", "sqrt", "sqrt", "sqrt"]  # skip-gram of words has no mean
    assert TrainConfig(objective="cbow", subword=True, composition="sum").gradient_kind() == "exact"


def test_numpy_scalars_become_python_values() -> None:
    config = TrainConfig(dim=np.int64(64), subsample=np.float32(0.0), lr=np.float64(0.5))
    assert (type(config.dim), type(config.subsample), type(config.lr)) == (int, float, float)
    json.dumps(config.to_dict())


def test_contradictions_raise() -> None:
    with pytest.raises(ConfigError, match="min_n is 5 but max_n is 4"):
        TrainConfig(subword=True, min_n=5, max_n=4)
    with pytest.raises(ConfigError, match="min_lr"):
        TrainConfig(lr=0.01, min_lr=0.02)
    with pytest.raises(ConfigError, match="composition is 'sum' but subword is off"):
        TrainConfig(composition="sum")
    with pytest.raises(ConfigError, match="position_weights is on but objective is 'sg'"):
        TrainConfig(position_weights=True)
    with pytest.raises(ConfigError, match="structured is on but objective is 'cbow'"):
        TrainConfig(structured=True, objective="cbow")


@pytest.mark.parametrize("objective", PARAMETERS["objective"][0].choices)
@pytest.mark.parametrize("gradient", PARAMETERS["gradient"][0].choices)
def test_every_model_has_default_rates(objective: str, gradient: str) -> None:
    kinds: list[dict[str, Any]] = [{}, {"subword": True}, {"subword": True, "composition": "sum"}]
    for kind in kinds if objective != "dbow" else [{}, {"binary": True}]:
        assert min(TrainConfig(objective=objective, gradient=gradient, **kind).rates()) > 0


@pytest.mark.parametrize("kind", [{}, {"subword": True}, {"subword": True, "composition": "sum"}], ids=str)
def test_an_output_row_for_each_side_has_twice_the_rate(kind: dict[str, Any]) -> None:
    output, input_ = TrainConfig(**kind).rates()
    assert TrainConfig(**kind, structured=True).rates() == (2 * output, input_)
    assert TrainConfig(**kind, structured=True, lr=output).rates() == pytest.approx((output, input_ / 2))


def test_lr_alone_scales_both_sides_and_input_lr_overrides_one() -> None:
    output, input_ = TrainConfig(objective="cbow").rates()
    assert TrainConfig(objective="cbow", lr=2 * output).rates() == pytest.approx((2 * output, 2 * input_))
    assert TrainConfig(objective="cbow", input_lr=0.3).rates() == pytest.approx((output, 0.3))


def test_unknown_parameter_suggests_a_close_name() -> None:
    with pytest.raises(ConfigError, match=r"unknown parameter 'epoch'; did you mean 'epochs'\?"):
        TrainConfig.from_dict({"epoch": 3})
    with pytest.raises(ConfigError, match="unknown parameter 'epoch'"):
        TrainConfig().replace(epoch=3)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("vector_size", "dim"),
        ("iter", "epochs"),
        ("negative", "negatives"),
        ("minCount", "min_count"),
    ],
)
def test_the_names_of_other_trainers_are_known(name: str, meant: str) -> None:
    with pytest.raises(ConfigError, match=rf"unknown parameter '{name}'; did you mean '{meant}'\?"):
        TrainConfig.from_dict({name: 1})


def test_the_names_of_other_trainers_stand_for_parameters() -> None:
    known = {field.name for field in dataclasses.fields(TrainConfig)}
    assert known.issuperset(NAMES_ELSEWHERE.values())
    assert known.isdisjoint(NAMES_ELSEWHERE)


def test_a_config_survives_its_dictionary_and_cannot_be_changed() -> None:
    config = TrainConfig(objective="cbow", dim=32, lr=0.1)
    assert TrainConfig.from_dict(config.to_dict()) == config
    assert config.replace(dim=48).dim == 48
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.dim = 3


def test_toml_sets_parameters_and_overrides_win(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text('objective = "cbow"\ndim = 48\nlr = 1\nsubword = true\n', encoding="utf-8")
    config = TrainConfig.from_toml(path, dim=64)
    assert (config.objective, config.dim, config.lr, config.subword) == ("cbow", 64, 1.0, True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"dim = ", "not valid TOML"),
        (b"dim = 0", "dim must be at least 1"),
        (b"dims = 5", "did you mean 'dim'"),
        (b"objective = '\xff'", "not valid TOML"),
    ],
)
def test_a_bad_toml_file_is_named(tmp_path: Path, text: bytes, message: str) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(text)
    with pytest.raises(ConfigError) as caught:
        TrainConfig.from_toml(path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_a_missing_toml_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot read"):
        TrainConfig.from_toml(tmp_path / "none.toml")


def test_run_keywords_are_the_options_and_the_parameters() -> None:
    options = [item.name for item in dataclasses.fields(RunOptions)]
    assert list(RunKeywords.__annotations__) == [*PARAMETERS, *options]
    keywords, fields = (typing.get_type_hints(kind) for kind in (RunKeywords, RunOptions))
    differing = {name for name in options if keywords[name] != fields[name]}
    # the options are stored checked: a path as a str, a budget as one that has begun
    assert differing == {*PATHS, "time_budget"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"preset": "tiny"}, "preset must be one of 'auto', 'small', 'medium', 'large', not 'tiny'"),
        ({"column": 3}, "column must be of type str"),
        ({"checkpoint": 3}, "checkpoint must be a path"),
        ({"checkpoint_every": "5m"}, "checkpoint_every has no effect without checkpoint"),
        ({"checkpoint_keep": 2}, "checkpoint_keep has no effect without checkpoint"),
        ({"resume_anyway": True}, "resume_anyway has no effect without resume"),
        ({"encoded_dir": "e", "checkpoint": "e/c"}, "the checkpoints would be inside the encoded corpus"),
        ({"time_budget": "soon"}, "time_budget must be like 90s"),
        ({"time_budget": 60, "epochs": 3}, "epochs and time_budget exclude each other"),
        ({"chekpoint": "c"}, "unknown parameter 'chekpoint'; did you mean 'checkpoint'"),
    ],
)
def test_wrong_run_options_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        RunOptions.split(settings)


def test_run_options_are_split_from_parameters() -> None:
    options, parameters = RunOptions.split({"checkpoint": "c", "dim": 8, "progress": False})
    assert options == RunOptions(checkpoint="c", progress=False)
    assert (options.every().seconds, options.kept()) == (300, 2)
    assert parameters == {"dim": 8}
