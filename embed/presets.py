"""Parameters by the size of the corpus, each with its reason; a value that the user gives wins over the preset's.

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

from typing import Any

from embed.errors import ConfigError

__all__ = ["AUTO", "NAMES", "PRESETS", "of_size", "values_of"]

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
_SMALL_TOKENS, _LARGE_TOKENS = 5_000_000, 100_000_000


def of_size(tokens: int) -> str:
    """Return the name of the preset for a corpus of so many tokens."""
    return "small" if tokens <= _SMALL_TOKENS else "medium" if tokens < _LARGE_TOKENS else "large"


def values_of(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return what a preset adds to the parameters that were given.

    Gradient and rates belong together, and to the preset's kind of model: they are left out as soon as one of them or
    another kind is given.

    Raises
    ------
    ConfigError
        If there is no such preset.
    """
    if name not in PRESETS:
        raise ConfigError(f"preset must be one of {', '.join((AUTO, *NAMES))}, not {name!r:.60}")
    values = dict(PRESETS[name])
    if {"lr", "input_lr", "objective", "gradient", "structured", "subword", "composition"} & set(given):
        for name in ("gradient", "lr", "input_lr"):
            values.pop(name, None)
    if given.get("subword") is False:
        values.pop("buckets", None)
    if given.get("objective") == "cbow":
        values.pop("structured", None)
    return {**values, **given}
