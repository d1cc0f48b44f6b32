"""Every training parameter, declared once: a field of :class:`TrainConfig`.

:mod:`embed.config.parameter` explains the declarations.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

from embed.arguments import shown
from embed.choices import (
    Composition,
    ContextSide,
    Gradient,
    Loss,
    Objective,
    PhraseConnectors,
    PhraseDelimiter,
    PhraseScore,
    ScheduleName,
    TextErrors,
    WindowKind,
)
from embed.config.overrides import TrainOverrides
from embed.config.parameter import (
    Parameter,
    as_flags,
    check_fields,
    check_values,
    close_name,
    declared,
    parameter,
    reject_unknown,
)
from embed.config.postprocessing import NONE, STEPS, Step, steps_of
from embed.config.rates import (
    BINARY_RATIO,
    CODE_NORM,
    DOCUMENT_NORM,
    GRADIENT_POWERS,
    default_gradient,
    default_rates,
)
from embed.config.tail import default_tail_scale
from embed.config.tokenizers import check_tokenizer
from embed.errors import ConfigError, cannot_open
from embed.markup import Html, escaped, heading, panel, table
from embed.messages import option, speaking, toml_key

__all__ = [
    "PHRASES",
    "TEXT",
    "Parameter",
    "TrainConfig",
    "as_flags",
    "close_name",
    "parameters",
    "processors",
    "read_toml",
]

_MODEL, _OPTIMISER, _VOCABULARY, _RUN = "model", "optimisation", "vocabulary", "run"
_VECTORS = "finished vectors"
PHRASES, TEXT = "phrases", "text"
"""Groups of parameters that commands besides `train` take."""

_DEFAULT_MIN_LR = 1e-4
_WORDS_SUBSAMPLE, _MEANS_SUBSAMPLE = 1e-3, 3e-4
_DEFAULT_EPOCHS, _CBOW_EPOCHS = 5, 6
_MOST_SENSES = 16
_SENSE_SHARE = 0.4
"""The share of the epochs in which words have senses."""
_MAX_INT64 = (1 << 63) - 1
MOST_TOML_BYTES, MOST_TOML_DOTS = 1 << 16, 256
"""The most bytes of a configuration file, and the most dots in a line."""


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True, repr=False)
class TrainConfig:
    """The parameters of a training run; immutable and always valid.

    Raises
    ------
    ConfigError
        At construction: a value is out of bounds, of the wrong type, or contradicts another one.
    """

    # model
    objective: Objective = parameter("sg", "skip-gram, bag of words (cbow); documents: dbow", _MODEL)
    gradient: Gradient | None = parameter(
        None,
        "gradient of a mean of n rows: exact, without its factor 1/n as in word2vec.c, gensim and fastText (historic), "
        "or with 1/sqrt(n) instead (sqrt) (default: sqrt, with sums exact)",
        _MODEL,
    )
    loss: Loss = parameter("ns", "negative sampling (ns) or hierarchical softmax (hs)", _MODEL)
    subword: bool = parameter(False, "represent words also by their character n-grams", _MODEL)
    min_n: int = parameter(3, "shortest character n-gram", _MODEL, low=1, high=32)
    max_n: int = parameter(6, "longest character n-gram", _MODEL, low=1, high=32)
    buckets: int = parameter(2_000_000, "rows that the character n-grams are hashed into", _MODEL, low=1, high=1 << 30)
    hash_count: int = parameter(
        0,
        "0: fastText's rows, one for each word and a bucket for each n-gram; 1 to 4: floret's table, in which each "
        "word and n-gram has this many buckets and no row of its own",
        _MODEL,
        low=0,
        high=4,
    )
    composition: Composition = parameter(
        "mean",
        "during training, a word with n-grams is the mean of its rows, or their sum (Bojanowski et al. 2017); the "
        "final vectors are means in both cases, which have the same direction",
        _MODEL,
    )
    dim: int = parameter(100, "length of a vector", _MODEL, low=1, high=16_384, advised=(16, 1024))
    window: int = parameter(
        5, "maximum context words on each side of a center", _MODEL, low=1, high=1000, advised=(1, 20)
    )
    window_kind: WindowKind = parameter(
        "dynamic", "draw each center's reach from 1..window (dynamic) or always use the whole window (fixed)", _MODEL
    )
    context_side: ContextSide = parameter(
        "both",
        "the words that predict a center: those on both sides, or only those before it (left) or after it (right)",
        _MODEL,
    )
    position_weights: bool = parameter(
        False,
        "CBOW: learn a vector of weights for each position in the window, which multiplies the word vector there "
        "(Mikolov et al. 2018)",
        _MODEL,
    )
    structured: bool = parameter(
        False,
        "skip-gram: give every word an output row for each side of the center, for more syntactic vectors (structured "
        "skip-gram, Ling et al. 2015, with one row per side instead of one per position)",
        _MODEL,
    )
    binary: bool = parameter(
        False,
        "documents: train codes of `dim` bits, the signs of the vectors (Grzegorczyk & Kurdziel 2017)",
        _MODEL,
    )
    code_bits: int = parameter(
        0,
        "documents: train codes of so many bits beside the vectors, the signs of a projection of them that is learnt "
        "as well (Grzegorczyk & Kurdziel 2017); 0: none",
        _MODEL,
        low=0,
        high=16_384,
        advised=(0, 512),
    )
    max_norm: float | None = parameter(
        None,
        "documents: the length that a vector cannot exceed in training, or the length of a code; 0: any (default: 2.4, "
        "of codes 1.8)",
        _MODEL,
        low=0,
        high=1e6,
        advised=(0, 20),
    )
    senses: int = parameter(
        0,
        "skip-gram and CBOW: senses of a frequent word, each with a vector of its own, chosen by the context "
        "(Grzegorczyk & Kurdziel 2018); 0: one vector a word",
        _MODEL,
        low=0,
        high=_MOST_SENSES,
        advised=(0, 8),
    )
    sense_min_count: int = parameter(
        200, "a word that occurs less often has no senses", _MODEL, low=1, high=_MAX_INT64, advised=(50, 1_000_000)
    )
    negatives: int = parameter(5, "noise words drawn per window", _MODEL, low=1, high=1000, advised=(1, 50))
    noise_exponent: float = parameter(
        0.75,
        "noise words are drawn in proportion to count ** noise_exponent",
        _MODEL,
        low=-5,
        high=5,
        advised=(0, 1),
    )
    # optimisation
    epochs: int | None = parameter(None, "passes over the corpus (default: by size)", _OPTIMISER, low=1, high=1_000_000)
    lr: float | None = parameter(
        None,
        "initial learning rate (default: by model, text and epochs)",
        _OPTIMISER,
        low=0,
        high=10,
        open_low=True,
        advised=(1e-4, 1),
    )
    input_lr: float | None = parameter(
        None,
        "initial learning rate of the input vectors (default: by model, text and epochs, proportional to lr)",
        _OPTIMISER,
        low=0,
        high=100,
        advised=(1e-4, 10),
    )
    min_lr: float | None = parameter(
        None,
        "final lr, reached by schedule; input_lr in proportion (default: 1e-4, or lr if that is lower)",
        _OPTIMISER,
        low=0,
        high=10,
    )
    schedule: ScheduleName = parameter(
        "linear",
        "how lr falls to min_lr: in a straight line (linear), in half a cosine (cosine), or not at all (constant)",
        _OPTIMISER,
    )
    warmup: float = parameter(
        0.0,
        "share of the run in which lr first rises linearly from 0; the schedule covers the rest",
        _OPTIMISER,
        low=0,
        high=0.5,
        advised=(0, 0.1),
    )
    subsample: float | None = parameter(
        None,
        "threshold of frequent-word subsampling; 0 keeps every token (default: 1e-3 for skip-gram of words, else 3e-4)",
        _OPTIMISER,
        low=0,
        high=1,
        advised=(0, 0.01),
    )
    held_out: float = parameter(
        0.0,
        "share of the corpus, from its end, used for the held-out loss instead of training",
        _OPTIMISER,
        low=0,
        high=0.5,
    )
    patience: int | None = parameter(
        None,
        "stop after this many epochs without a lower held-out loss, and keep the best epoch (default: never)",
        _OPTIMISER,
        low=1,
        high=1_000_000,
    )
    min_delta: float = parameter(
        0.0, "smallest decrease of the held-out loss that counts for patience (nats)", _OPTIMISER, low=0, high=100
    )
    # vocabulary
    min_count: int | None = parameter(
        None,
        "drop words that occur less often (default: 2 to 5)",
        _VOCABULARY,
        low=1,
        high=_MAX_INT64,
    )
    max_vocab: int | None = parameter(
        None, "keep at most this many words, the most frequent ones", _VOCABULARY, low=1, high=_MAX_INT64
    )
    # phrases
    phrases: int = parameter(
        0, "passes that join neighbouring words into phrases such as new_york; 0 joins none", PHRASES, low=0, high=8
    )
    phrase_score: PhraseScore = parameter(
        "discounted",
        "(count(ab) - delta) / (count(a) count(b)), times the distinct words and pairs (discounted) or the tokens "
        "(word2phrase), or normalised mutual information (npmi)",
        PHRASES,
    )
    phrase_threshold: float | None = parameter(
        None,
        "a pair that scores higher is a phrase (default: 10 discounted, 100 word2phrase, 0.5 npmi)",
        PHRASES,
        low=-1,
        high=1e9,
    )
    phrase_min_count: int = parameter(
        5, "fewest occurrences of a phrase; also delta of the scores", PHRASES, low=1, high=(1 << 32) - 1
    )
    phrase_delimiter: PhraseDelimiter = parameter("_", "joins the words of a phrase", PHRASES)
    phrase_max_pairs: int = parameter(
        40_000_000,
        "distinct pairs to hold in memory, up to 52 bytes each; with more, rare pairs are undercounted "
        "(docs/phrases.md)",
        PHRASES,
        low=1,
        high=1 << 31,
    )
    phrase_connectors: PhraseConnectors = parameter(
        "none",
        "words that may stand within a phrase and are not counted: none, or English articles and prepositions",
        PHRASES,
    )
    # text
    tokenizer: str = parameter(
        "whitespace",
        "whitespace for prepared text, words (by Unicode) for raw text; jieba, fugashi, pythainlp; kmer:6; "
        "module:function",
        TEXT,
        metavar="NAME",
    )
    lowercase: bool = parameter(False, "lower-case the text", TEXT)
    decode_errors: TextErrors = parameter(
        "strict", "invalid UTF-8: stop (strict), replace it by U+FFFD (replace), or drop the bytes (skip)", TEXT
    )
    # finished vectors
    postprocess: str = parameter(
        NONE,
        f"process the finished vectors: {STEPS}; the rows of the model stay as trained (docs/postprocessing.md)",
        _VECTORS,
        metavar="STEPS",
    )
    tail_scale: float | None = parameter(
        None,
        "at the end, scale the directions in which the vectors vary least by this, and the output rows by its inverse; "
        "1: not at all (default: (100 / dim) ** (2/3) from 100 dimensions and a million tokens on; "
        "docs/postprocessing.md)",
        _VECTORS,
        low=0,
        open_low=True,
        high=1,
    )
    # run
    threads: int | None = parameter(
        None, "worker threads (default: the processors this process may use)", _RUN, low=1, high=4096
    )
    deterministic: bool = parameter(
        False,
        "give the same bits for any number of threads (2 work at once, up to 16 for a long text), "
        "at .6 to .8 of the speed",
        _RUN,
    )
    workers: int | None = parameter(
        None,
        "with --cluster: train with so many workers, and merge what they learn (default: the machines of the cluster, "
        "also those that join later)",
        _RUN,
        low=1,
        high=4096,
    )
    lanes: int | None = parameter(
        None,
        "with --cluster: cut the text into as many parts, which workers train by need; the vectors follow from them, "
        "whoever trains (default: one for each worker)",
        _RUN,
        low=1,
        high=4096,
    )
    merge_tokens: int | None = parameter(
        None,
        "tokens of a part that are trained between two merges, more of which cost quality and fewer of which cost time "
        "(default: a 16th of the part, 8,192 to 4,194,304)",
        _RUN,
        low=256,
        high=1 << 40,
    )
    seed: int = parameter(1, "seed of every random draw", _RUN, low=0, high=(1 << 63) - 1)

    def __post_init__(self) -> None:
        check_fields(self)
        check_tokenizer(self.tokenizer)
        self.steps()
        if self.subword and self.min_n > self.max_n:
            raise ConfigError(
                f"{option('min_n')} is {self.min_n} but {option('max_n')} is {self.max_n}: "
                f"lower {option('min_n')} or raise {option('max_n')}"
            )
        if self.lanes is not None and self.workers is not None and self.lanes < self.workers:
            raise ConfigError(
                f"{option('lanes')} is {self.lanes}, but there are {self.workers} workers, of which each trains one at "
                f"least: lower {option('workers')} or raise {option('lanes')}"
            )
        if self.hash_count and not self.subword:
            raise ConfigError(
                f"{option('hash_count')} is {self.hash_count} but {option('subword')} is off: "
                f"set {option('subword', True)} for a floret table"
            )
        if self.composition == "sum" and not self.subword:
            raise ConfigError(
                f"{option('composition')} is 'sum' but {option('subword')} is off: "
                f"set {option('subword', True)}, since a word without n-grams has a single row"
            )
        if self.position_weights and self.objective != "cbow":
            raise ConfigError(
                f"{option('position_weights')} is on but {option('objective')} is {self.objective!r}: "
                f"set {option('objective', 'cbow')}, the only objective with a mean to weight"
            )
        if self.structured and self.objective != "sg":
            raise ConfigError(
                f"{option('structured')} is on but {option('objective')} is {self.objective!r}: "
                f"set {option('objective', 'sg')}, the only objective whose contexts have a side"
            )
        if self.structured and self.context_side != "both":
            raise ConfigError(
                f"{option('structured')} is on but {option('context_side')} is {self.context_side!r}: leave one of "
                "them out, since the rows of the other side would not learn"
            )
        if self.senses == 1:
            raise ConfigError(f"{option('senses')} is 1: set it to 2 or more, or leave it out for one vector a word")
        for name, value in (("loss", "hs"), ("structured", True), ("objective", "dbow")):
            if self.senses and getattr(self, name) == value:
                raise ConfigError(
                    f"{option('senses')} is {self.senses} but {option(name)} is {shown(value)}: leave one of them "
                    "out, since senses are chosen by a single output row of each word"
                )
        if self.senses and self.epochs == 1:
            raise ConfigError(
                f"{option('senses')} is {self.senses} but {option('epochs')} is 1: set {option('epochs')} to 2 or "
                "more, since senses begin with trained words"
            )
        if self.code_length() and self.max_norm == 0:
            name = "binary" if self.binary else "code_bits"
            raise ConfigError(
                f"{option('max_norm')} is 0 but {option(name)} is {shown(getattr(self, name))}: leave it out, since a "
                "code has a length"
            )
        if self.code_bits > self.dim:
            raise ConfigError(
                f"{option('code_bits')} is {self.code_bits} but {option('dim')} is {self.dim}: set {option('dim')} to "
                f"{self.code_bits} or more, since a projection has at most so many bits"
            )
        if self.code_bits and (self.binary or self.objective != "dbow"):
            name, value = ("binary", True) if self.binary else ("objective", self.objective)
            raise ConfigError(
                f"{option('code_bits')} is {self.code_bits} but {option(name)} is {shown(value)}: leave one of them "
                "out, since documents alone are projected to codes"
            )
        if self.subword and self.objective == "dbow":
            raise ConfigError(
                f"{option('subword')} is on but {option('objective')} is 'dbow': "
                f"leave it out, since documents alone learn, and they have no n-grams"
            )
        if self.tail_scale not in (None, 1.0) and (tied := self._tied_to_directions()) is not None:
            raise ConfigError(
                f"{option('tail_scale')} is {self.tail_scale:g} but {option(tied)} is {shown(getattr(self, tied))}: "
                "leave one of them out, since the directions of such vectors are fixed by what else is trained"
            )
        if self.patience is not None and not self.held_out:
            raise ConfigError(
                f"{option('patience')} is {self.patience} but {option('held_out')} is 0: "
                f"set {option('held_out')} to the share of the corpus to measure the loss on"
            )
        if self.schedule == "constant" and self.min_lr not in (None, self.rates()[0]):
            raise ConfigError(
                f"{option('min_lr')} is {self.min_lr:g} but {option('schedule')} is 'constant': set "
                f"{option('schedule', 'linear')} to reach it, or {option('min_lr', self.rates()[0])}"
            )
        if self.min_lr is not None and self.min_lr > self.rates()[0]:
            raise ConfigError(
                f"{option('min_lr')} is {self.min_lr:g} but {option('lr')} is {self.rates()[0]:g}: "
                f"lower {option('min_lr')} or raise {option('lr')}"
            )

    def rates(self) -> tuple[float, float]:
        """Return the initial learning rates (output, input), with defaults filled in."""
        gradient, composition = self.gradient_kind(), self.composition
        output, input_ = default_rates(self.objective, gradient, composition, subword=self.subword)
        if self.code_length():
            input_ *= BINARY_RATIO
        output *= self.sides()  # with two output rows per word, each meets half the pairs
        if self.lr is not None:
            # Setting lr alone scales both rates.
            output, input_ = self.lr, self.lr * input_ / output
        return output, input_ if self.input_lr is None else self.input_lr

    def gradient_kind(self) -> Gradient:
        """Return "exact", "sqrt" or "historic", with the default filled in."""
        if self.gradient is not None:
            return self.gradient
        return default_gradient(self.objective, self.composition, subword=self.subword)

    def gradient_power(self) -> float:
        """Return p, for a gradient of a mean of n with factor ``n ** -p``: 1 is exact, 0 historic."""
        return GRADIENT_POWERS[self.gradient_kind()]

    def sides(self) -> int:
        """Return the number of output rows of a word: 1, or one for each side of a center."""
        return 2 if self.structured else 1

    def context_sides(self) -> tuple[int, ...]:
        """Return the sides of a center with contexts: -1 is left, 1 right."""
        return {"both": (-1, 1), "left": (-1,), "right": (1,)}[self.context_side]

    def longest_document(self) -> float:
        """Return `max_norm`, with the default filled in."""
        if self.max_norm is not None:
            return self.max_norm
        return CODE_NORM if self.code_length() else DOCUMENT_NORM

    def code_length(self) -> int:
        """Return the bits of the codes that documents train: of their vectors or of a projection; 0: none."""
        return self.dim if self.binary else self.code_bits

    def subsample_threshold(self) -> float:
        """Return the threshold of subsampling, with the default filled in."""
        if self.subsample is not None:
            return self.subsample
        return _MEANS_SUBSAMPLE if self.objective == "cbow" or self.subword else _WORDS_SUBSAMPLE

    def epoch_count(self) -> int:
        """Return the number of passes over the corpus, with the default filled in."""
        if self.epochs is not None:
            return self.epochs
        return _CBOW_EPOCHS if self.objective == "cbow" else _DEFAULT_EPOCHS

    def first_sense_epoch(self) -> int:
        """Return the epoch, counted from 0, from which on words have senses: the last two fifths of the run."""
        return self.epoch_count() - max(round(self.epoch_count() * _SENSE_SHARE), 1)

    def steps(self) -> tuple[Step, ...]:
        """Return the steps that process the finished vectors."""
        return steps_of(self.postprocess, self.dim)

    def tail(self, tokens: int) -> float:
        """Return `tail_scale` for a text of so many tokens, with the default filled in."""
        if self.tail_scale is not None:
            return self.tail_scale
        return 1.0 if self._tied_to_directions() is not None else default_tail_scale(self.dim, tokens)

    def _tied_to_directions(self) -> str | None:
        """Return the name of a parameter that ties the vectors to the directions they are trained in, if one does."""
        if self.objective == "dbow":
            return "objective"
        return next(
            (name for name in ("position_weights", "senses", "binary", "code_bits") if getattr(self, name)), None
        )

    def final_lr(self) -> float:
        """Return the final learning rate of the output rows, with the default filled in."""
        if self.schedule == "constant":
            return self.rates()[0]
        return min(_DEFAULT_MIN_LR, self.rates()[0]) if self.min_lr is None else self.min_lr

    def thread_count(self) -> int:
        """Return the number of worker threads, with the default filled in."""
        if self.threads is not None:
            return self.threads
        return processors()

    def replace(self, **changes: Unpack[TrainOverrides]) -> TrainConfig:
        """Return a copy with some values changed; raises ConfigError for unknown names or bad values."""
        reject_unknown(changes, TrainConfig)
        return dataclasses.replace(self, **changes)

    def changed(self) -> dict[str, Any]:
        """Return the values that differ from the defaults."""
        default = TrainConfig()
        return {name: value for name, value in self.to_dict().items() if value != getattr(default, name)}

    def __repr__(self) -> str:
        return f"TrainConfig({', '.join(f'{name}={value!r}' for name, value in self.changed().items())})"

    def _repr_html_(self) -> str:
        return panel(heading("TrainConfig"), self.changed_html())

    def changed_html(self) -> Html:
        """Return the values that differ from the defaults, and these, as a table for a notebook."""
        default, changed = TrainConfig(), self.changed()
        if not changed:
            return escaped("all defaults")
        head = ("parameter", "value", "default")
        return table(
            head, [(name, repr(value), repr(getattr(default, name))) for name, value in changed.items()], texts=3
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the values as a plain dictionary, for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainConfig:
        """Build a configuration from a mapping; raises ConfigError for unknown names or bad values."""
        reject_unknown(values, TrainConfig)
        return cls(**values)

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str], **overrides: Unpack[TrainOverrides]) -> TrainConfig:
        """Read a configuration from the top-level keys of a TOML file; `overrides` win over the file."""
        return cls.from_dict(read_toml(path, overrides))


def read_toml(path: str | os.PathLike[str], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters in the top-level keys of a TOML file, and `overrides`, which win over the file.

    Raises
    ------
    ConfigError
        The file cannot be read or is not TOML; a parameter in it is unknown or out of bounds.
    """
    path = Path(path)
    try:
        values = tomllib.loads(_bounded_text(path))
    except OSError as error:
        raise cannot_open(ConfigError, f"{path}: cannot read the configuration: {error.strerror}", error) from error
    except RecursionError as error:
        raise ConfigError(f"{path}: not valid TOML: values are nested too deeply") from error
    except ValueError as error:  # TOMLDecodeError, invalid UTF-8, numbers with thousands of digits, oversized files
        raise ConfigError(f"{path}: not valid TOML: {' '.join(str(error).split()):.200}") from error
    try:
        reject_unknown(values, TrainConfig)
        # the configuration that is made of the values gives the warnings
        with warnings.catch_warnings(action="ignore"), speaking(toml_key):
            check_values(TrainConfig, {name: values[name] for name in values.keys() - overrides.keys()})
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    return {**values, **overrides}


def _bounded_text(path: Path) -> str:
    """Read a configuration of bounded size: tomllib needs quadratic time for a key of many parts."""
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
    return iter(declared(TrainConfig))
