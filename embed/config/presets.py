"""Parameters by the size of the corpus, each with its reason; a value that the user gives wins over the preset's.

A text of at most 5M tokens has `small` without being asked, as long as nothing is said of what is trained or how
(`SETTLING`): the defaults learn little from so little text, whoever knows more says more, and longer texts are left
to the defaults, which are good there and fast (docs/decisions/0021-small-texts.md).

small
    Up to 5M tokens. Few words occur often, so their n-grams say what their contexts cannot (`subword`). 15 passes,
    because 5 leave most rows near their start, and 30 learn the text by heart. A lower `subsample`, because frequent
    words are learnt in any case and rare ones gain wider windows. An input rate of 0.3 instead of 0.6, which is too
    much for so many passes. 300,000 buckets hold the n-grams of such a vocabulary in a seventh of the memory of 2M.
medium
    Words with n-grams, an output row for each side of a center, 11 passes, and few of the frequent words: less than the
    time that 5 passes take gensim's skip-gram, for 20 points more of Google's analogies and 10 of Rare Words (17M
    tokens; docs/decisions/0009). An input rate of 0.03 instead of 0.14, which is too much for so many passes.
large
    From 100M tokens on: 3 passes, because more text teaches more than the same text again (not measured).

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
NAMES = tuple(PRESETS)
AUTO = "auto"
"""Take the preset of the corpus' size."""
SETTLING = frozenset(
    {
        *("objective", "gradient", "loss", "subword", "hash_count", "composition", "position_weights", "structured"),
        *("window_kind", "lr", "input_lr", "min_lr", "subsample"),
    }
)
"""Parameters that say what is trained or how: who gives one of them gets no preset without naming it, unless the value
is that of the preset `small`. `epochs` only says how long, and so a run with a time budget is the run with the number
of epochs that it chose."""
_SMALL, _MEDIUM, _LARGE = NAMES
_SMALL_TOKENS, _LARGE_TOKENS = 5_000_000, 100_000_000
_KIND = {"objective": "sg", "structured": False, "subword": False, "composition": "mean"}
"""What a preset trains where it says nothing of it: the defaults of `TrainConfig`."""
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
    """Return the names of the parameters that are given, but for those with the value that they have anyway."""
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
        In the corpus. None before the corpus is read: if its size decides on the preset, the configuration has then
        none, and every preset that may be chosen is checked. Advice is given then, and not again with a number.
    defaults : mapping
        Values of parameters that neither the user nor the preset gives.

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
    """Return what a preset adds to the parameters that were given.

    Gradient and rates belong together, and to the preset's kind of model: they are left out as soon as one of them or
    another kind is given. The input rate is for the preset's number of passes: more of them have a lower one in
    proportion, fewer a higher one, at most three times as high (docs/decisions/0021-small-texts.md).

    Raises
    ------
    ConfigError
        If there is no such preset.
    """
    if not isinstance(name, str) or name not in PRESETS:
        raise ConfigError(f"{option('preset')} must be one of {', '.join((AUTO, *NAMES))}, not {shown(name)}")
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
