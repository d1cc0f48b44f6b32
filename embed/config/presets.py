"""Resolve a run's configuration: what the user gives, a preset, and the defaults for the text.

small
    15 passes, as a text of a million tokens has by default.
medium
    11 passes, and fewer frequent words: from 12M tokens on the best vectors of the presets on similarity and
    analogies, in up to four times the time of the defaults. Tags are no better than by default.
large
    3 passes, as a text of more than 100M tokens has by default.
auto
    The number that the size of the text chooses, as without a preset.

Everything else is by :mod:`embed.config.defaults`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import ExitStack
from types import MappingProxyType
from typing import Any

from embed.arguments import shown
from embed.choices import PRESET_NAMES
from embed.config.defaults import KIND, KIND_BY_DEFAULT, completed
from embed.config.train import TrainConfig
from embed.errors import AdviceWarning, ConfigError
from embed.messages import option

__all__ = ["PRESETS", "resolve"]

PRESETS: dict[str, dict[str, Any]] = {
    "auto": {},
    "small": {"epochs": 15},
    "medium": {"epochs": 11, "subsample": 1e-4},
    "large": {"epochs": 3},
}
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def resolve(
    preset: str | None,
    given: Mapping[str, Any],
    size: tuple[int, int] | None = None,
    defaults: Mapping[str, Any] = _NOTHING,
) -> TrainConfig:
    """Return a run's configuration.

    Parameters
    ----------
    preset : str or None
        A name, or None if the user names none.
    given : mapping
        The parameters that the user gives; they win.
    size : (int, int) or None
        Tokens of the corpus in the vocabulary, and words of the vocabulary; None before the corpus is read. The
        configuration then lacks what the size decides on. Advice is given without a size, and not again with one.
    defaults : mapping
        The defaults of something else than text, in place of those for the size of a text.

    Raises
    ------
    ConfigError
        There is no such preset, or a parameter is unknown, out of bounds, or contradicts another one.
    """
    if preset is not None and (not isinstance(preset, str) or preset not in PRESETS):
        raise ConfigError(f"{option('preset')} must be one of {', '.join(PRESET_NAMES)}, not {shown(preset)}")
    kind = {} if defaults or given.keys() & KIND else KIND_BY_DEFAULT
    values = {**kind, **defaults, **PRESETS[preset or "auto"], **given}
    if size is None:
        return TrainConfig.from_dict(values)
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings(action="ignore", category=AdviceWarning))
        config = TrainConfig.from_dict(values)
        return config if defaults else completed(config, *size, window="window" not in values)
