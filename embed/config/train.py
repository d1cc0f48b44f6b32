"""Every training parameter, declared once.

A parameter is one field of :class:`TrainConfig`. Its metadata carries the help text, the bounds (outside
raises :class:`~embed.errors.ConfigError`) and the advice (outside warns). Validation, the command-line
flags, the TOML file, the run card and the table in the documentation are all derived from the fields, so
none of them can drift from the others.

Rejected: a plain keyword list on ``train`` (validated in one place, documented in a second, parsed in a
third), and pydantic (a heavy dependency for some thirty scalars).
"""

from __future__ import annotations

import dataclasses
import math
import os
import tomllib
import types
import typing
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from embed.arguments import plain, shown
from embed.errors import ConfigError, advise, cannot_open
from embed.messages import option, speaking, toml_key

__all__ = ["Parameter", "TrainConfig", "as_flags", "close_name", "parameters"]


@dataclass(frozen=True)
class Parameter:
    """What is known about one parameter besides its name, type and default.

    Attributes
    ----------
    help : str
        One line for ``--help`` and the documentation.
    group : str
        The heading under which the parameter is listed.
    low, high : float or None
        Bounds, both included unless `open_low`.
    open_low : bool
        The lower bound itself is not allowed.
    advised : tuple of (float, float) or None
        The range known to work well; a value outside it warns.
    choices : tuple of str
        The allowed values of a string parameter.
    """

    help: str
    group: str
    low: float | None = None
    high: float | None = None
    open_low: bool = False
    advised: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()

    def allowed(self) -> str:
        """Describe the allowed values in words."""
        if self.choices:
            return "one of " + ", ".join(repr(choice) for choice in self.choices)
        parts = []
        if self.low is not None:
            parts.append(f"{'greater than' if self.open_low else 'at least'} {self.low:g}")
        if self.high is not None:
            parts.append(f"at most {self.high:g}")
        return " and ".join(parts)


def _parameter(default: Any, help: str, group: str, **details: Any) -> Any:
    return field(default=default, metadata={"parameter": Parameter(help, group, **details)})


_MODEL, _OPTIMISER, _VOCABULARY, _PHRASES = "model", "optimisation", "vocabulary", "phrases"
_TEXT, _RUN = "text", "run"

_DEFAULT_MIN_LR = 1e-4
_DEFAULT_SUBSAMPLE, _CBOW_SUBSAMPLE = 1e-3, 1e-4
_DEFAULT_EPOCHS, _CBOW_EPOCHS = 5, 6
_LONGEST_NAME = 60
_MAX_INT64 = (1 << 63) - 1
MOST_TOML_BYTES, MOST_TOML_DOTS = 1 << 16, 256
"""Of a configuration file, and of one line of it."""

# What word2vec.c, fastText and gensim call a parameter of ours, where that is not almost the same.
_NAMES_ELSEWHERE = {
    "size": "dim",
    "vector_size": "dim",
    "ws": "window",
    "iter": "epochs",
    "alpha": "lr",
    "min_alpha": "min_lr",
    "sample": "subsample",
    "t": "subsample",
    "neg": "negatives",
    "ns_exponent": "noise_exponent",
    "hs": "loss",
    "workers": "threads",
    "minn": "min_n",
    "maxn": "max_n",
    "sg": "objective",
    "cbow": "objective",
}

# The gradient of a mean of n has the factor n ** -power.
_GRADIENT_POWERS = {"exact": 1.0, "sqrt": 0.5, "historic": 0.0}

# Learning rates (output, input) when the user gives none, by (objective, gradient, subword). An exact gradient
# divides by the number of averaged rows, so its input side needs the larger rate; docs/decisions/ has the runs.
_DEFAULT_RATES: dict[tuple[str, str, bool], tuple[float, float]] = {
    ("sg", "exact", False): (0.025, 0.025),
    ("sg", "sqrt", False): (0.025, 0.025),
    ("sg", "historic", False): (0.025, 0.025),
    ("cbow", "exact", False): (0.05, 0.4),
    ("cbow", "sqrt", False): (0.05, 0.2),
    ("cbow", "historic", False): (0.05, 0.05),
    ("sg", "exact", True): (0.05, 0.6),
    ("sg", "sqrt", True): (0.05, 0.14),
    ("sg", "historic", True): (0.05, 0.05),
    ("cbow", "exact", True): (0.05, 8.0),
    ("cbow", "sqrt", True): (0.05, 2.0),
    ("cbow", "historic", True): (0.05, 0.05),
}
# The same where words are the sums of their rows, n of which move the word n times as far; by (objective, gradient).
_SUM_RATES: dict[tuple[str, str], tuple[float, float]] = {
    ("sg", "exact"): (0.05, 0.0025),
    ("sg", "sqrt"): (0.05, 0.0025),
    ("sg", "historic"): (0.05, 0.0025),
    ("cbow", "exact"): (0.05, 0.02),
    ("cbow", "sqrt"): (0.05, 0.014),
    ("cbow", "historic"): (0.05, 0.01),
}


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """The parameters of a training run; immutable and always valid.

    Raises
    ------
    ConfigError
        At construction, when a value is out of bounds, of the wrong type, or contradicts another one.
    """

    # model
    objective: str = _parameter(
        "sg", "skip-gram (sg) or continuous bag of words (cbow)", _MODEL, choices=("sg", "cbow")
    )
    gradient: str | None = _parameter(
        None,
        "gradient of a mean of n: exact, without its 1/n as in word2vec.c, gensim and fastText (historic), or with "
        "1/sqrt(n) instead (sqrt) (default: sqrt, with sums exact)",
        _MODEL,
        choices=tuple(_GRADIENT_POWERS),
    )
    loss: str = _parameter("ns", "negative sampling (ns) or hierarchical softmax (hs)", _MODEL, choices=("ns", "hs"))
    subword: bool = _parameter(False, "represent a word by its own row and its character n-grams", _MODEL)
    min_n: int = _parameter(3, "shortest character n-gram", _MODEL, low=1, high=32)
    max_n: int = _parameter(6, "longest character n-gram", _MODEL, low=1, high=32)
    buckets: int = _parameter(2_000_000, "rows that the character n-grams are hashed into", _MODEL, low=1, high=1 << 30)
    hash_count: int = _parameter(
        0,
        "0: fastText's rows, each word its own and a bucket for each n-gram; 1 to 4: floret's table, in which the word "
        "and each n-gram have this many buckets and nothing else",
        _MODEL,
        low=0,
        high=4,
    )
    composition: str = _parameter(
        "mean",
        "while training, a word with n-grams is the mean of its rows, or their sum (Bojanowski et al. 2017); the "
        "vectors of a model are means either way, which point the same way",
        _MODEL,
        choices=("mean", "sum"),
    )
    dim: int = _parameter(100, "length of a vector", _MODEL, low=1, high=16_384, advised=(16, 1024))
    window: int = _parameter(
        5, "most context words on each side of a center", _MODEL, low=1, high=1000, advised=(1, 20)
    )
    window_kind: str = _parameter(
        "dynamic",
        "draw each center's reach from 1..window (dynamic) or always use the whole window (fixed)",
        _MODEL,
        choices=("dynamic", "fixed"),
    )
    position_weights: bool = _parameter(
        False,
        "CBOW: learn a vector of weights for each place in the window, which multiplies the vector of the word there "
        "(Mikolov et al. 2018)",
        _MODEL,
    )
    structured: bool = _parameter(
        False,
        "skip-gram: give every word an output row for each side of its center, for vectors that know more of syntax "
        "(structured skip-gram, Ling et al. 2015, with the places of a side as one)",
        _MODEL,
    )
    negatives: int = _parameter(5, "noise words drawn per window", _MODEL, low=1, high=1000, advised=(1, 50))
    noise_exponent: float = _parameter(
        0.75,
        "noise words are drawn in proportion to count ** noise_exponent",
        _MODEL,
        low=-5,
        high=5,
        advised=(0, 1),
    )
    # optimisation
    epochs: int | None = _parameter(
        None, "passes over the corpus (default: 5, CBOW 6)", _OPTIMISER, low=1, high=1_000_000
    )
    lr: float | None = _parameter(
        None,
        "initial learning rate (default: by objective)",
        _OPTIMISER,
        low=0,
        high=10,
        open_low=True,
        advised=(1e-4, 1),
    )
    input_lr: float | None = _parameter(
        None,
        "initial learning rate of the input vectors (default: by objective, in proportion to lr)",
        _OPTIMISER,
        low=0,
        high=100,
        advised=(1e-4, 10),
    )
    min_lr: float | None = _parameter(
        None,
        "lr decays linearly to this, input_lr in proportion (default: 1e-4, or lr if that is lower)",
        _OPTIMISER,
        low=0,
        high=10,
    )
    subsample: float | None = _parameter(
        None,
        "threshold of frequent-word subsampling; 0 keeps every token (default: 1e-4 for CBOW, 1e-3 for skip-gram)",
        _OPTIMISER,
        low=0,
        high=1,
        advised=(0, 0.01),
    )
    held_out: float = _parameter(
        0.0,
        "share of the corpus, from its end, kept for the held-out loss instead of training",
        _OPTIMISER,
        low=0,
        high=0.5,
    )
    patience: int | None = _parameter(
        None,
        "stop after so many epochs without a lower held-out loss, and keep the best epoch (default: never)",
        _OPTIMISER,
        low=1,
        high=1_000_000,
    )
    min_delta: float = _parameter(
        0.0, "how much lower the held-out loss must be to count for patience (nats)", _OPTIMISER, low=0, high=100
    )
    # vocabulary
    min_count: int = _parameter(5, "leave out words that occur less often", _VOCABULARY, low=1, high=_MAX_INT64)
    max_vocab: int | None = _parameter(
        None, "keep at most this many words, the most frequent ones", _VOCABULARY, low=1, high=_MAX_INT64
    )
    # phrases
    phrases: int = _parameter(
        0, "passes that join neighbouring words into phrases such as new_york; 0 joins none", _PHRASES, low=0, high=8
    )
    phrase_score: str = _parameter(
        "discounted",
        "(count(ab) - delta) / (count(a) count(b)), times the distinct words and pairs (discounted) or the tokens "
        "(word2phrase), or normalised mutual information (npmi)",
        _PHRASES,
        choices=("discounted", "word2phrase", "npmi"),
    )
    phrase_threshold: float | None = _parameter(
        None,
        "a pair that scores higher is a phrase (default: 10 discounted, 100 word2phrase, 0.5 npmi)",
        _PHRASES,
        low=-1,
        high=1e9,
    )
    phrase_min_count: int = _parameter(
        5, "pairs that occur less often are no phrases; also delta", _PHRASES, low=1, high=(1 << 32) - 1
    )
    phrase_delimiter: str = _parameter(
        "_", "joins the words of a phrase", _PHRASES, choices=("_", "__", "-", "+", "~", "=")
    )
    phrase_max_pairs: int = _parameter(
        40_000_000,
        "distinct pairs held in memory, up to 52 bytes each; more make the rare ones' counts too low (docs/phrases.md)",
        _PHRASES,
        low=1,
        high=1 << 31,
    )
    phrase_connectors: str = _parameter(
        "none",
        "words that may stand within a phrase and do not count: none, or English articles and prepositions",
        _PHRASES,
        choices=("none", "english"),
    )
    # text
    tokenizer: str = _parameter(
        "whitespace",
        "split prepared text at ASCII white space, or find Unicode words in raw text",
        _TEXT,
        choices=("whitespace", "words"),
    )
    lowercase: bool = _parameter(False, "lower-case the text", _TEXT)
    decode_errors: str = _parameter(
        "strict",
        "invalid UTF-8: stop (strict), put U+FFFD in its place (replace), or leave the bytes out (skip)",
        _TEXT,
        choices=("strict", "replace", "skip"),
    )
    # run
    threads: int | None = _parameter(
        None, "worker threads (default: the processors this process may use)", _RUN, low=1, high=4096
    )
    deterministic: bool = _parameter(
        False, "give the same bits for any number of threads, at about half the speed", _RUN
    )
    seed: int = _parameter(1, "seed of every random draw", _RUN, low=0, high=(1 << 63) - 1)

    def __post_init__(self) -> None:
        for name, parameter, value_type in parameters():
            object.__setattr__(self, name, _checked(name, parameter, value_type, getattr(self, name)))
        if self.subword and self.min_n > self.max_n:
            raise ConfigError(
                f"{option('min_n')} is {self.min_n} but {option('max_n')} is {self.max_n}: "
                "the first must be at most the second"
            )
        if self.hash_count and not self.subword:
            raise ConfigError(
                f"{option('hash_count')} is {self.hash_count} but {option('subword')} is off: "
                f"a table of n-grams needs {option('subword', True)}"
            )
        if self.composition == "sum" and not self.subword:
            raise ConfigError(
                f"{option('composition')} is 'sum' but {option('subword')} is off: "
                "a word without n-grams has a single row"
            )
        if self.position_weights and self.objective != "cbow":
            raise ConfigError(
                f"{option('position_weights')} is on but {option('objective')} is 'sg': "
                "only CBOW has a mean to weight, so it needs 'cbow'"
            )
        if self.structured and self.objective != "sg":
            raise ConfigError(
                f"{option('structured')} is on but {option('objective')} is 'cbow': "
                "the mean of a window has no side, so it needs 'sg'"
            )
        if self.patience is not None and not self.held_out:
            raise ConfigError(
                f"{option('patience')} is {self.patience} but {option('held_out')} is 0: "
                "keep a share of the corpus to judge by"
            )
        if self.min_lr is not None and self.min_lr > self.rates()[0]:
            raise ConfigError(
                f"{option('min_lr')} is {self.min_lr:g} but {option('lr')} is {self.rates()[0]:g}: "
                "the first must be at most the second"
            )

    def rates(self) -> tuple[float, float]:
        """Return the initial learning rates (output, input), defaults filled in."""
        if self.composition == "sum":
            output, input_ = _SUM_RATES[self.objective, self.gradient_kind()]
        else:
            output, input_ = _DEFAULT_RATES[self.objective, self.gradient_kind(), self.subword]
        output *= self.sides()  # so many times fewer pairs meet each output row
        if self.lr is not None:
            # A user who sets lr alone scales both sides and keeps their proportion.
            output, input_ = self.lr, self.lr * input_ / output
        return output, input_ if self.input_lr is None else self.input_lr

    def gradient_kind(self) -> str:
        """Return "exact", "sqrt" or "historic", the default filled in."""
        if self.gradient is not None:
            return self.gradient
        # skip-gram of words has no mean; with sums the window of CBOW keeps the exact gradient
        is_sqrt = self.composition == "mean" and (self.subword or self.objective == "cbow")
        return "sqrt" if is_sqrt else "exact"

    def gradient_power(self) -> float:
        """Return p where the gradient of a mean of n has the factor ``n ** -p``: 1 is exact, 0 historic."""
        return _GRADIENT_POWERS[self.gradient_kind()]

    def sides(self) -> int:
        """Return the number of output rows of a word: 1, or one for each side of a center."""
        return 2 if self.structured else 1

    def subsample_threshold(self) -> float:
        """Return the threshold of subsampling, the default filled in."""
        if self.subsample is not None:
            return self.subsample
        return _CBOW_SUBSAMPLE if self.objective == "cbow" else _DEFAULT_SUBSAMPLE

    def epoch_count(self) -> int:
        """Return the number of passes over the corpus, the default filled in."""
        if self.epochs is not None:
            return self.epochs
        return _CBOW_EPOCHS if self.objective == "cbow" else _DEFAULT_EPOCHS

    def final_lr(self) -> float:
        """Return the learning rate of the output rows at the very end, the default filled in."""
        return min(_DEFAULT_MIN_LR, self.rates()[0]) if self.min_lr is None else self.min_lr

    def thread_count(self) -> int:
        """Return the number of worker threads, the default filled in."""
        if self.threads is not None:
            return self.threads
        return processors()

    def replace(self, **changes: Any) -> TrainConfig:
        """Return a copy with some values changed; raises ConfigError for unknown names or bad values."""
        _reject_unknown(changes)
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return the values as a plain dictionary, for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainConfig:
        """Build a configuration from a mapping; raises ConfigError for unknown names or bad values."""
        _reject_unknown(values)
        return cls(**values)

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str], **overrides: Any) -> TrainConfig:
        """Read a configuration from the top-level keys of a TOML file; `overrides` win over the file."""
        path = Path(path)
        try:
            values = tomllib.loads(_bounded_text(path))
        except OSError as error:
            raise cannot_open(ConfigError, f"{path}: cannot read the configuration: {error.strerror}", error) from error
        except RecursionError as error:
            raise ConfigError(f"{path}: not valid TOML: values are nested too deeply") from error
        except ValueError as error:  # TOMLDecodeError, invalid UTF-8, numbers of thousands of digits, too much of all
            raise ConfigError(f"{path}: not valid TOML: {' '.join(str(error).split()):.200}") from error
        try:
            _reject_unknown(values)
            # warnings are given below, where the values are used
            with warnings.catch_warnings(action="ignore"), speaking(toml_key):
                for name, parameter, value_type in parameters():
                    if name in values and name not in overrides:
                        _checked(name, parameter, value_type, values[name])
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error
        return cls.from_dict({**values, **overrides})


def _bounded_text(path: Path) -> str:
    """Return the text of a configuration; tomllib takes the square of the time for a key of many parts."""
    with path.open("rb") as file:
        text = file.read(MOST_TOML_BYTES + 1).decode()
    if len(text) > MOST_TOML_BYTES:
        raise ValueError(f"longer than {MOST_TOML_BYTES} bytes")
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MOST_TOML_DOTS:
            raise ValueError(f"line {number} has more than {MOST_TOML_DOTS} dots")
    return text


def parameters() -> Iterator[tuple[str, Parameter, type]]:
    """Yield (name, parameter, scalar type) of every field of TrainConfig, in order of declaration."""
    hints = typing.get_type_hints(TrainConfig)
    for item in fields(TrainConfig):
        hint = hints[item.name]
        if isinstance(hint, types.UnionType):
            hint = next(part for part in typing.get_args(hint) if part is not type(None))
        yield item.name, item.metadata["parameter"], hint


def as_flags(values: Mapping[str, Any]) -> str:
    """Return the flags of ``train-embeddings train`` that stand for some values of fields of TrainConfig."""
    words = []
    for name, value in values.items():
        flag = name.replace("_", "-")
        words.append(f"--{'' if value else 'no-'}{flag}" if isinstance(value, bool) else f"--{flag} {value}")
    return " ".join(words)


def close_name(name: str, known: Collection[str]) -> str | None:
    """Return which of the `known` names, all with underscores, was meant: what others call `name`, or the closest."""
    import difflib

    name = name[:_LONGEST_NAME].lower().replace("-", "_")
    name = _NAMES_ELSEWHERE.get(name, name)
    return name if name in known else next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.7)), None)


def _reject_unknown(values: Mapping[str, Any]) -> None:
    known = {item.name for item in fields(TrainConfig)}
    for name in values:
        if name not in known:
            meant = close_name(str(name), known)
            hint = f"; did you mean {meant!r}?" if meant else ""
            raise ConfigError(f"unknown parameter {name!r:.60}{hint}")


def _checked(name: str, parameter: Parameter, value_type: type, value: Any) -> Any:
    """Return `value` as `value_type`, or raise ConfigError naming the parameter and what is allowed."""
    if value is None and TrainConfig.__dataclass_fields__[name].default is None:
        return None
    value = plain(value, value_type)
    if type(value) is not value_type:
        kind = type(value).__name__
        raise ConfigError(f"{option(name)} must be of type {value_type.__name__}, not {kind} ({shown(value)})")
    if parameter.choices and value not in parameter.choices:
        raise ConfigError(f"{option(name)} must be {parameter.allowed()}, not {shown(value)}")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        _check_number(name, parameter, value)
    return value


def _check_number(name: str, parameter: Parameter, value: float) -> None:
    low = -math.inf if parameter.low is None else parameter.low
    high = math.inf if parameter.high is None else parameter.high
    # An integer may be too large for a float; a comparison is exact, and false for NaN.
    if not low <= value <= high or value in (math.inf, -math.inf) or (parameter.open_low and value == low):
        raise ConfigError(f"{option(name)} must be {parameter.allowed()}, not {shown(value)}")
    if parameter.advised and not parameter.advised[0] <= value <= parameter.advised[1]:
        low, high = parameter.advised
        message = f"{option(name)} is {value!r}; values from {low:g} to {high:g} are known to work well"
        advise(message)
