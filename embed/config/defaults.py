"""What a run trains with where the user leaves it open, as functions of the text's size, the dimension and the model.

A run that is given no parameter of :data:`KIND` trains words with n-grams and an output row for each side of a center
(:data:`KIND_BY_DEFAULT`). The number of passes falls with the size of the text: a run of words passes over some twenty
million tokens, one with n-grams over more, the more the longer the text. A small text has longer windows and rarer
words, and the smallest more passes with n-grams.

What counts is the product of both rates and the number of passes, so more passes have lower rates. For a small text the
product is higher, by a power of its size. The constants are fitted to the measurements of
docs/decisions/0032-defaults-by-size.md and 0036-what-the-defaults-reach.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embed.config.train import TrainConfig

__all__ = ["ADAPTED", "BY_SIZE", "COUNT", "KIND", "KIND_BY_DEFAULT", "completed", "least_count"]

KIND = (
    "objective",
    "loss",
    "subword",
    "hash_count",
    "composition",
    "position_weights",
    "structured",
    "window_kind",
    "context_side",
    "senses",
)
"""The parameters that say what kind of model is trained."""
KIND_BY_DEFAULT = {"subword": True, "structured": True}
BY_SIZE = (*KIND, "window", "epochs", "lr", "input_lr")
"""The parameters of a run that may follow from the text."""
ADAPTED = ("subsample", "min_count")
"""Those that follow from its words, in the decisions of the run card."""

_LEAST, _FULL = 5e4, 6e6
"""Tokens of the smallest text that the rates are fitted to, and from which on `min_count` is that of a large text."""
COUNT, _LEAST_COUNT = 5, 2
"""The default of `min_count` for a large text, and for a small one."""
_WINDOW, _LONGEST_WINDOW, _LONGEST_UP_TO, _WINDOW_POWER = 5, 10, 2e5, 0.4
_PASSED_TOKENS = 2e7
"""The tokens that a run of words passes over, as far as its kind of model allows."""
_MORE_BELOW = 2e5
"""Below so many tokens, there may be more passes than `most`."""
_NARROW_UP_TO = 2e6
"""Up to so many tokens, the rates of short vectors with n-grams are in proportion to the dimension."""
_USUAL_DIM = 100
"""The dimension that the other constants are fitted to."""
_HIGHEST_INPUT = 10.0
"""No default of `input_lr` is higher: a few passes of CBOW with n-grams over a tiny text would have more."""
_FEW_WORDS = 500
"""With so few words, each comes up many times in a block, and raised rates or long windows diverge."""


@dataclass(frozen=True)
class _Law:
    """How passes and rates of a kind of model follow from the tokens T of a text and the dimension.

    The passes are ``most * (passed / most / T) ** falling``, between `fewest` and `most`, times
    ``max(dim / 100, 1) ** longer``, and in a text of fewer than 200,000 tokens times ``(200,000 / T) ** more``, where T
    counts as 50,000 at least. The product of the two
    rates is that of :func:`embed.config.rates.default_rates` times
    ``scale * (20M / T) ** power * (dim / 100) ** wider`` where the passes are 20M / T between `fewest` and `most`, and
    in inverse proportion to another number of passes. If `narrow` is set, vectors of fewer than 100 dimensions have
    another power: ``2M / T``, between 1 / 3 and 1. Otherwise a negative power is for longer vectors alone.
    """

    fewest: int
    most: int
    longer: float
    scale: float
    power: float
    wider: float
    more: float = 0.0
    passed: float = _PASSED_TOKENS
    falling: float = 1.0
    narrow: bool = False

    def passes(self, tokens: int) -> float:
        """Return the passes over a text, before those that a long vector or a tiny text adds."""
        shorter = self.passed / self.most / max(tokens, 1)
        return float(min(max(self.most * shorter**self.falling, self.fewest), self.most))

    def of_dim(self, tokens: int, dim: int) -> float:
        """Return the part of the product of the rates that follows from the dimension."""
        power = self.wider
        if dim < _USUAL_DIM:
            power = min(max(_NARROW_UP_TO / max(tokens, 1), 1 / 3), 1) if self.narrow else max(power, 0.0)
        return float((dim / _USUAL_DIM) ** power)


_WORDS = _Law(fewest=5, most=10, longer=0.5, scale=2.2, power=0.4, wider=0.25)
_NGRAMS = _Law(
    fewest=3, most=15, longer=0.0, scale=0.7, power=0.1, wider=0.2, more=0.25, passed=3e7, falling=0.4, narrow=True
)
_CBOW = _Law(fewest=6, most=12, longer=0.0, scale=1.0, power=0.3, wider=-0.1)
_CBOW_NGRAMS = _Law(fewest=6, most=12, longer=0.5, scale=1.0, power=0.3, wider=0.1)


def least_count(tokens: int) -> int:
    """Return the default of `min_count` for a text of so many tokens, words outside the vocabulary included."""
    return min(max(round(COUNT * math.sqrt(tokens / _FULL)), _LEAST_COUNT), COUNT)


def completed(config: TrainConfig, tokens: int, words: int, *, window: bool) -> TrainConfig:
    """Fill in the passes and rates that a configuration leaves open, and the window if `window` says that it is open.

    Parameters
    ----------
    config : TrainConfig
    tokens, words : int
        Tokens of the corpus in the vocabulary, and words of the vocabulary.
    window : bool

    Returns
    -------
    TrainConfig
        With `epochs`, `lr` and `input_lr`.
    """
    law = _law(config)
    usual = min(max(_PASSED_TOKENS / max(tokens, 1), law.fewest), law.most)
    epochs = _epochs(law, tokens, config.dim) if config.epochs is None else config.epochs
    lr, input_lr = config.replace(lr=None, input_lr=None, min_lr=None, schedule="linear").rates()
    highest = max(words / _FEW_WORDS, 1.0)
    raised = float(max(_PASSED_TOKENS / max(tokens, _LEAST), 1) ** law.power)
    level = min(law.scale * raised, highest)
    product = min(level * law.of_dim(tokens, config.dim) * usual / max(epochs, law.fewest), highest)
    output = math.sqrt(product if law is _WORDS else level)  # the rates of words alone stay equal
    lr, input_lr = lr * output, min(input_lr * product / output, _HIGHEST_INPUT)
    lr, input_lr = (float(f"{rate:.4g}") for rate in (lr, input_lr))
    if config.lr is not None:
        lr, input_lr = config.lr, config.lr * input_lr / lr
    if config.input_lr is not None:
        input_lr = config.input_lr
    reach = _window(tokens, words) if window else config.window
    return config.replace(epochs=epochs, lr=lr, input_lr=input_lr, window=reach)


def _epochs(law: _Law, tokens: int, dim: int) -> int:
    more = float(max(dim / _USUAL_DIM, 1) ** law.longer * max(_MORE_BELOW / max(tokens, _LEAST), 1) ** law.more)
    return round(law.passes(tokens) * more)


def _law(config: TrainConfig) -> _Law:
    if config.objective == "cbow":
        return _CBOW_NGRAMS if config.subword else _CBOW
    return _NGRAMS if config.subword else _WORDS


def _window(tokens: int, words: int) -> int:
    """Return the default window: that of large texts is shorter."""
    if words <= _FEW_WORDS:
        return _WINDOW
    return max(round(_LONGEST_WINDOW * float(min(_LONGEST_UP_TO / max(tokens, 1), 1) ** _WINDOW_POWER)), _WINDOW)
