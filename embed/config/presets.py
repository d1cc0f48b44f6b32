"""Parameters by the size of the corpus, each with its reason; values that the user gives win over the preset's.

A text of at most 5M tokens gets `small` by default, unless the user gives a parameter that says what is trained or how
(`SETTLING`): the default parameters learn little from so little text (docs/decisions/0021-small-texts.md).

small
    Up to 5M tokens. Few words occur often, so their n-grams say what their contexts cannot (`subword`). 15 passes,
    because 5 leave most rows near their start, and 30 overfit. A lower `subsample`, because frequent words are learnt
    in any case and rare ones get wider windows. An input rate of 0.3, because 0.6 is too high for so many passes.
    300,000 buckets hold the n-grams of such a vocabulary in a seventh of the memory of 2M.
medium
    Words with n-grams, an output row for each side of a center, 11 passes, strong subsampling: 20 points more on
    Google's analogies and 10 on Rare Words than gensim's skip-gram, in less time than its 5 passes take (17M tokens;
    docs/decisions/0009). An input rate of 0.03, because 0.14 is too high for so many passes.
large
    From 100M tokens: 3 passes, because more text teaches more than more passes (not measured).

`min_count` is in no preset: it is needed before the size of the corpus is known.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import ExitStack
from numbers import Integral
from types import MappingProxyType
from typing import Any

from embed.arguments import shown
from embed.choices import PRESET_NAMES
from embed.config.train import TrainConfig
from embed.errors import AdviceWarning, ConfigError
from embed.messages import option

__all__ = ["AUTO", "NAMES", "PRESETS", "SETTLING", "of_size", "resolve", "values_of", "waits_for_size"]

PRESETS: dict[str, dict[str, Any]] = {
    "small": {
        "subword": True,
        "buckets": 300_000,
        "epochs": 15,
        "subsample": 1e-4,
        "gradient": "exact",
        "lr": 0.05,
        "input_lr": 0.3,
    },
    "medium": {
        "subword": True,
        "structured": True,
        "epochs": 11,
        "subsample": 1e-4,
        "gradient": "sqrt",
        "lr": 0.1,
        "input_lr": 0.03,
    },
    "large": {"epochs": 3},
}
AUTO, *_NAMED = PRESET_NAMES
"""AUTO chooses the preset by the size of the corpus."""
NAMES = tuple(_NAMED)
SETTLING = frozenset(
    {
        *("objective", "gradient", "loss", "subword", "hash_count", "composition", "position_weights", "structured"),
        *("window_kind", "lr", "input_lr", "min_lr", "schedule", "warmup", "subsample"),
    }
)
"""Parameters that say what is trained or how. A run with one of them has a preset only by name, unless its value is
that of the preset `small`. `epochs` is not one of them, so that a run with a time budget equals one with its number."""
_SMALL, _MEDIUM, _LARGE = NAMES
_SMALL_TOKENS, _LARGE_TOKENS = 5_000_000, 100_000_000
_KIND = {"objective": "sg", "structured": False, "subword": False, "composition": "mean"}
"""The kind of model that a preset trains by default, as `TrainConfig` does."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_HIGHEST_RATE = 3.0
"""Times the preset's input rate, for fewer passes than it has."""


def of_size(tokens: int) -> str:
    """Return the name of the preset for a corpus of so many tokens."""
    return _SMALL if tokens <= _SMALL_TOKENS else _MEDIUM if tokens < _LARGE_TOKENS else _LARGE


def waits_for_size(preset: str | None, given: Mapping[str, Any]) -> bool:
    """Return whether the size of the corpus decides on the preset of a run that is given these parameters."""
    return preset == AUTO or (preset is None and not SETTLING & _other_than(PRESETS[_SMALL], given))


def _other_than(values: Mapping[str, Any], given: Mapping[str, Any]) -> set[str]:
    """Return the names of the parameters whose given value differs from the one in `values`."""
    return {name for name, value in given.items() if name not in values or value != values[name]}


def resolve(
    preset: str | None, given: Mapping[str, Any], tokens: int | None = None, defaults: Mapping[str, Any] = _NOTHING
) -> tuple[str | None, TrainConfig]:
    """Return the name of a run's preset, if it has one, and the run's configuration.

    Parameters
    ----------
    preset : str or None
        A name, or "auto", or None if the user names none.
    given : mapping
        The parameters that the user gives.
    tokens : int or None
        In the corpus; None before it is read. If the size decides on the preset, None returns no preset, and checks the
        parameters with each preset that may be chosen. Advice is given without a number, and not again with one.
    defaults : mapping
        Values of parameters that neither the user nor the preset sets.

    Raises
    ------
    ConfigError
        If there is no such preset; if a parameter is unknown, out of bounds, or in contradiction to a preset that the
        size of the corpus may choose.
    """
    is_open = waits_for_size(preset, {**defaults, **given})
    if is_open and tokens is not None:
        found = of_size(tokens)
        preset = found if preset == AUTO or found == _SMALL else None
    elif is_open:
        with warnings.catch_warnings(action="ignore", category=AdviceWarning):
            for name in NAMES if preset == AUTO else (_SMALL,):
                _configured(name, given, defaults)
        preset = None
    with ExitStack() as stack:
        if tokens is not None:
            stack.enter_context(warnings.catch_warnings(action="ignore", category=AdviceWarning))
        return preset, _configured(preset, given, defaults)


def _configured(preset: str | None, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> TrainConfig:
    values = given if preset is None else values_of(preset, given)
    return TrainConfig.from_dict({**defaults, **values})


def values_of(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that are given, completed by those of a preset.

    Gradient and rates belong together and to the preset's kind of model: if one of them or another kind is given, all
    keep their defaults. The input rate belongs to the preset's number of passes: with more passes it is lower in
    proportion, with fewer higher, at most three times (docs/decisions/0021-small-texts.md).

    Raises
    ------
    ConfigError
        If there is no such preset.
    """
    if not isinstance(name, str) or name not in PRESETS:
        raise ConfigError(f"{option('preset')} must be one of {', '.join(PRESET_NAMES)}, not {shown(name)}")
    values = dict(PRESETS[name])
    own = {**_KIND, **values}
    if {"lr", "input_lr", "gradient", *_KIND} & _other_than(own, given):
        for name in ("gradient", "lr", "input_lr"):
            values.pop(name, None)
    epochs = given.get("epochs")
    if isinstance(epochs, Integral) and int(epochs) >= 1 and "input_lr" in values:
        values["input_lr"] = round(values["input_lr"] * min(values["epochs"] / int(epochs), _HIGHEST_RATE), 4)
    if given.get("subword") is False:
        values.pop("buckets", None)
    if given.get("objective") == "cbow":
        values.pop("structured", None)
    return {**values, **given}
