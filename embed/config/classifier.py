"""Declare how a classifier of lines is trained and quantised, with fastText's defaults."""

from __future__ import annotations

from dataclasses import dataclass

from embed.choices import ClassifierLoss
from embed.config.parameter import check_fields, declared, parameter, whole_bounds
from embed.config.train import TrainConfig
from embed.errors import ConfigError
from embed.messages import option

__all__ = ["QUANTISATION", "TRAINING", "ClassifierConfig", "QuantizeConfig"]

_MODEL, _OPTIMISER, _VOCABULARY, _RUN = "model", "optimisation", "vocabulary", "run"
_QUANTISATION = "quantisation"
_LARGEST = (1 << 31) - 1
"""The largest number that files store."""
_LONGEST = whole_bounds(TrainConfig, "dim")[1]
_MOST_THREADS = whole_bounds(TrainConfig, "threads")[1]
_LARGEST_SEED = whole_bounds(TrainConfig, "seed")[1]


@dataclass(frozen=True, kw_only=True)
class ClassifierConfig:
    """How a classifier is trained; immutable and always valid.

    Raises
    ------
    ConfigError
        At construction: a value is out of bounds, of the wrong type, or contradicts another one.
    """

    loss: ClassifierLoss = parameter(
        "softmax",
        "over all labels (softmax), by a tree of them (hs), each by itself, for lines with several (ova), or against "
        "drawn labels (ns)",
        _MODEL,
    )
    dim: int = parameter(100, "length of a vector", _MODEL, low=1, high=_LONGEST)
    word_ngrams: int = parameter(1, "words in the longest n-gram of words", _MODEL, low=1, high=_LARGEST)
    min_n: int = parameter(0, "shortest n-gram of characters", _MODEL, low=0, high=_LARGEST)
    max_n: int = parameter(0, "longest n-gram of characters; 0: none", _MODEL, low=0, high=_LARGEST)
    buckets: int = parameter(2_000_000, "rows that the n-grams are hashed into", _MODEL, low=0, high=_LARGEST)
    negatives: int = parameter(5, "labels drawn for a line, with the loss ns", _MODEL, low=1, high=_LARGEST)
    epochs: int = parameter(5, "passes over the lines, each in a new order", _OPTIMISER, low=1, high=_LARGEST)
    lr: float = parameter(0.1, "initial learning rate, which falls to 0", _OPTIMISER, low=0, open_low=True)
    min_count: int = parameter(1, "drop words that occur less often", _VOCABULARY, low=0, high=_LARGEST)
    min_label_count: int = parameter(0, "drop labels that occur less often", _VOCABULARY, low=0, high=_LARGEST)
    label_prefix: str = parameter("__label__", "what a label begins with", _VOCABULARY, metavar="TEXT")
    threads: int | None = parameter(
        None,
        "worker threads; one gives the same bits each time (default: the processors this process may use)",
        _RUN,
        low=1,
        high=_MOST_THREADS,
    )
    seed: int = parameter(1, "seed of every random draw", _RUN, low=0, high=_LARGEST_SEED)
    # without effect, but files store them
    window: int = 5
    lr_update_rate: int = 100
    subsample: float = 1e-4

    def __post_init__(self) -> None:
        check_fields(self)
        try:
            self.label_prefix.encode()
        except UnicodeEncodeError:
            raise ConfigError(
                f"{option('label_prefix')} {self.label_prefix!r:.60} has no UTF-8 form: remove its lone surrogates"
            ) from None
        if self.has_ngrams and self.max_n and self.max_n < self.min_n:
            raise ConfigError(
                f"{option('max_n')} must be at least {option('min_n')}, which is {self.min_n}, not {self.max_n}"
            )

    @property
    def has_ngrams(self) -> bool:
        """Whether n-grams of words or of characters have rows."""
        return self.buckets > 0 and (self.word_ngrams > 1 or self.max_n > 0)

    @property
    def prefix(self) -> bytes:
        """What a label begins with, in UTF-8."""
        return self.label_prefix.encode()


@dataclass(frozen=True, kw_only=True)
class QuantizeConfig:
    """How a classifier is quantised, by fastText's names; immutable and always valid.

    Raises
    ------
    ConfigError
        At construction: a value is out of bounds or of the wrong type.
    """

    cutoff: int = parameter(
        0, "keep as many rows of words and n-grams, the longest vectors; 0: all", _QUANTISATION, low=0, high=_LARGEST
    )
    dsub: int = parameter(2, "numbers of a row that share a byte", _QUANTISATION, low=1, high=_LONGEST)
    qnorm: bool = parameter(False, "quantise the lengths of rows apart, a byte more for each", _QUANTISATION)
    qout: bool = parameter(False, "quantise the rows of labels, too", _QUANTISATION)
    seed: int = parameter(1, "seed of every random draw", _RUN, low=0, high=_LARGEST_SEED)

    def __post_init__(self) -> None:
        check_fields(self)


TRAINING = {name: (details, kind) for name, details, kind in declared(ClassifierConfig)}
"""The parameters of training."""
QUANTISATION = {name: (details, kind) for name, details, kind in declared(QuantizeConfig)}
"""The parameters of quantisation."""
