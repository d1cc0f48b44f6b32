"""Translate the arguments of gensim's models, and their old names, to those of this package.

=============== ====================== =============== ======================
gensim          TrainConfig            gensim          TrainConfig
=============== ====================== =============== ======================
vector_size     dim                    sample          subsample
alpha           lr                     ns_exponent     noise_exponent
min_alpha       min_lr                 shrink_windows  window_kind
sg, dm          objective              workers         threads
negative        negatives              bucket          buckets
=============== ====================== =============== ======================

`alpha` is the learning rate of the output vectors. That of the input vectors is proportional, with the ratio of
:class:`embed.TrainConfig` for the objective and the gradient (docs/decisions/0002); for a sum of contexts
(`cbow_mean=0`) that of skip-gram.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, TypeVar

from embed.compat.gensim.errors import ArgumentError
from embed.config.train import TrainConfig
from embed.errors import AdviceWarning, ConfigError, advise
from embed.messages import UNSET, keyword, speaking

if TYPE_CHECKING:
    from embed.compat.gensim.learnt import LearntModel

__all__ = ["SAMPLE", "gensims_name", "number", "renamed", "train_config"]

Number = TypeVar("Number", int, float)
OLD_NAMES = {"size": "vector_size", "iter": "epochs", "sentences": "corpus_iterable", "documents": "corpus_iterable"}
_NAMES = {
    "dim": "vector_size",
    "lr": "alpha",
    "min_lr": "min_alpha",
    "negatives": "negative",
    "noise_exponent": "ns_exponent",
    "subsample": "sample",
    "threads": "workers",
}
SAMPLE = 1e-3
"""The default threshold of subsampling."""
_SEEDS = 1 << 63


def gensims_name(name: str, value: object = UNSET) -> str:
    """Write a parameter under gensim's name, for :func:`embed.messages.speaking`."""
    return keyword(_NAMES.get(name, name), value)


def renamed(given: dict[str, Any], where: str, *allowed: str) -> dict[str, Any]:
    """Return arguments given by an old name under the new one, with a DeprecationWarning.

    Raises
    ------
    ArgumentError
        A name is unknown.
    """
    found = {}
    for name, value in given.items():
        new = OLD_NAMES.get(name)
        if new is None or new not in allowed:
            raise ArgumentError(f"{where} has no argument {name!r}")
        advise(f"{name} is now called {new}: use {new}", DeprecationWarning)
        found[new] = value
    return found


def number(name: str, value: Any, kind: type[Number]) -> Number:
    """Convert an argument to a number, as gensim does; raises ArgumentError if that fails."""
    try:
        return kind(value)
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(f"{name} must be a number, not {value!r:.60}") from None


def train_config(model: LearntModel, *, epochs: int, lr: float, min_lr: float, seed: int) -> TrainConfig:
    """Return the configuration of a training run.

    Raises
    ------
    ConfigError
        A parameter is out of its bounds.
    """
    if min_lr > lr:
        raise ConfigError(f"the learning rate cannot rise from alpha={lr:g} to min_alpha={min_lr:g}: lower min_alpha")
    with warnings.catch_warnings(), speaking(gensims_name):
        # the values come from code written for gensim: our advice does not apply
        warnings.simplefilter("ignore", AdviceWarning)
        config = TrainConfig(
            objective=model.objective,
            gradient=model.gradient,
            dim=model.vector_size,
            # a bag of words has no window, and gensim's programs give it 0
            window=model.window or int(model.objective == "dbow"),
            window_kind="dynamic" if model.shrink_windows else "fixed",
            negatives=model.negative or 1,
            noise_exponent=model.ns_exponent,
            epochs=epochs,
            lr=lr,
            # one context is not averaged, and gensim has one rate for both rows; nor does it keep documents short
            input_lr=lr if model.objective == "dbow" else None,
            max_norm=0.0,
            tail_scale=1.0,
            min_lr=min_lr,
            subsample=model.sample or 0.0,
            threads=max(1, model.workers),
            seed=seed % _SEEDS,
            **model.subword_arguments(),
        )
        if config.objective == "cbow" and not model.cbow_mean:
            # each of the contexts in a sum has the whole gradient, like the one context of skip-gram
            return config.replace(input_lr=config.replace(objective="sg").rates()[1])
        return config
