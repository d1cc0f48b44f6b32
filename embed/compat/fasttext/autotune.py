"""Search for the parameters of a classifier that predict a second text best within a time, as fastText's autotune does.

The first trial has the parameters as given. Each later one changes those that were left at their defaults, at random
around the best trial so far, in steps that shrink with time, those of fastText's ``autotune.cc``. Differences: a trial
that would probably not end in time is not begun, so that no training is thrown away; the best classifier is the result,
and is not trained once more; ``bucket`` and ``dsub`` stay as they are.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from embed.arguments import real_number, shown
from embed.compat.errors import given_path
from embed.compat.fasttext.arguments import text_of, whole
from embed.compat.fasttext.model import FastText
from embed.config.classifier import ClassifierConfig, QuantizeConfig
from embed.errors import ConfigError, DivergenceError
from embed.formats.fasttext_file import CENTROIDS
from embed.formats.fasttext_quantize import cutoff_for

__all__ = ["TUNED", "Autotuning", "autotuned"]

TUNED = ("lr", "epochs", "dim", "word_ngrams", "max_n")
"""The parameters that are searched if they are left at their defaults; `min_n` goes with `max_n`."""
_METRIC = re.compile(r"(?:(f1)|(precisionAtRecall|recallAtPrecision):(\d+(?:\.\d+)?))(?::(.+))?")
_SIZE = re.compile(r"(\d+)([kKmMgG]?)")
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_CHARACTERS = ((0, 0), (2, 5), (3, 6))
"""The shortest and longest n-grams of characters that are tried."""
_MOST = {"epochs": 100, "lr": 5.0, "dim": 300, "word_ngrams": 5}
_LEAST = {"epochs": 1, "lr": 0.01, "dim": 10, "word_ngrams": 1}
_USUAL: dict[str, Any] = {"epochs": 25, "lr": 0.5}
"""The second trial: the defaults train little."""
_IN_VAIN = 30
"""Draws in a row that would not end in time, after which the search ends."""


@dataclass(frozen=True)
class Autotuning:
    """What to search for.

    Attributes
    ----------
    validation : path
        The text that is predicted.
    metric : str
        f1, precisionAtRecall or recallAtPrecision.
    at : float
        The recall or precision that is given.
    label : str or None
        None: all labels.
    predictions : int
        Labels predicted for each line.
    seconds : float
    most_bytes : int or None
        The size of the classifier, which is quantised to it.
    """

    validation: Any
    metric: str
    at: float
    label: str | None
    predictions: int
    seconds: float
    most_bytes: int | None

    @classmethod
    def of(cls, validation: Any, metric: Any, predictions: Any, duration: Any, size: Any) -> Autotuning:
        """Read fastText's arguments.

        Raises
        ------
        ConfigError
            An argument is none of fastText's values.
        ArgumentError
            An argument is of the wrong type.
        """
        found = _METRIC.fullmatch(text_of(metric, "autotuneMetric"))
        if found is None:
            raise ConfigError(
                "autotuneMetric must be f1, precisionAtRecall:30 or recallAtPrecision:30, with :LABEL for one label, "
                f"not {shown(metric)}"
            )
        name, other, at, label = found.groups()
        bytes_ = _SIZE.fullmatch(text_of(size, "autotuneModelSize") or "0")
        if bytes_ is None:
            raise ConfigError(f"autotuneModelSize must be a number of bytes such as 900k or 2M, not {shown(size)}")
        most = int(bytes_[1]) * _UNITS[bytes_[2].lower()]
        return cls(
            given_path(validation),
            name or other,
            float(at or 0) / 100,
            label,
            whole("autotunePredictions", predictions, 1),
            real_number("autotuneDuration", duration, above=0.0),
            most or None,
        )

    def score(self, model: FastText) -> float:
        """Return how well a model predicts the text; NaN if the label is neither predicted nor in the text."""
        if self.label is not None and self.label not in model.labels:
            raise ConfigError(f"autotuneMetric names {shown(self.label)}, which is no label of the text")
        if self.metric != "f1":
            meter = model.get_meter(self.validation)
            at = meter.precision_at_recall if self.metric == "precisionAtRecall" else meter.recall_at_precision
            return at(self.at, self.label)
        if self.label is not None:
            return model.test_label(self.validation, self.predictions)[self.label]["f1score"]
        _, precision, recall = model.test(self.validation, self.predictions)
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    def shrink(self, model: FastText, path: Any, config: ClassifierConfig) -> bool:
        """Quantise a model to the size; return whether it fits."""
        if self.most_bytes is None:
            return True
        qout = len(model.labels) >= CENTROIDS
        cutoff = cutoff_for(model._file, QuantizeConfig(qnorm=True, qout=qout), self.most_bytes)
        if cutoff < CENTROIDS:
            return False
        model.quantize(
            path,
            qout,
            cutoff,
            True,
            epoch=config.epochs,
            lr=config.lr,
            thread=config.threads,
            verbose=0,
            qnorm=True,
            seed=config.seed,
        )
        return True


def autotuned(
    train: Callable[[ClassifierConfig], FastText],
    config: ClassifierConfig,
    free: Collection[str],
    tuning: Autotuning,
    path: Any,
    *,
    note: Callable[[str], object],
    clock: Callable[[], float] = time.monotonic,
) -> FastText:
    """Return the classifier that scores best.

    Parameters
    ----------
    train : callable
        Trains a classifier.
    config : ClassifierConfig
        The parameters of the first trial.
    free : collection of str
        The parameters that other trials change.
    tuning : Autotuning
    path : path
        The text that is trained on, for quantisation.
    note : callable
        Called with a line for each trial.
    clock : callable
        Returns the seconds since any moment.

    Raises
    ------
    ConfigError
        No trial has a score: all diverged, or none fits the size.
    """
    random, began = np.random.default_rng(config.seed), clock()
    best: tuple[float, FastText, ClassifierConfig] | None = None
    candidate: ClassifierConfig | None = config
    took: list[tuple[float, float]] = []
    while candidate is not None:
        started, score = clock(), math.nan
        model = None
        try:
            model = train(candidate)
            if tuning.shrink(model, path, candidate):
                score = tuning.score(model)
        except DivergenceError:
            pass
        now = clock()
        took.append((now - started, _work(candidate)))
        if model is not None and not math.isnan(score) and (best is None or score > best[0]):
            best = score, model, candidate
        note(_line(len(took), score, best, candidate, tuning.seconds - (now - began)))
        about = config if best is None else best[2]
        candidate = _next(about, free, random, now - began, tuning.seconds, took)
    if best is None:
        raise ConfigError(
            f"none of {len(took)} classifiers has a score: "
            + ("raise autotuneModelSize" if tuning.most_bytes is not None else "lower lr, or raise autotuneDuration")
        )
    return best[1]


def _next(
    best: ClassifierConfig,
    free: Collection[str],
    random: np.random.Generator,
    elapsed: float,
    seconds: float,
    took: list[tuple[float, float]],
) -> ClassifierConfig | None:
    """Return the next trial that would end in time; None if there seems to be none, or nothing to change."""
    least = min(time for time, _ in took)  # for what does not depend on the parameters, such as reading
    slowest = max((time - least) / work for time, work in took) if len(took) > 1 else least / took[0][1]
    for attempt in range(_IN_VAIN if free else 0):
        candidate = _changed(best, free, random, elapsed / seconds)
        if len(took) == 1 and attempt == 0:
            candidate = replace(best, **{name: value for name, value in _USUAL.items() if name in free})
        if candidate != best and elapsed + least + slowest * _work(candidate) < seconds:
            return candidate
    return None


def _changed(
    best: ClassifierConfig, free: Collection[str], random: np.random.Generator, share: float
) -> ClassifierConfig:
    """Return a configuration around the best one, the nearer the more of the time has passed."""

    def step(first: float, last: float) -> float:
        return random.normal(0, first - (first - last) * min(1.0, max(0.0, 2 * (share - 0.25))))

    def within(name: str, value: float) -> float:
        return min(max(value, _LEAST[name]), _MOST[name])

    characters = (best.min_n, best.max_n)
    place = _CHARACTERS.index(characters) if characters in _CHARACTERS else 0
    shortest, longest = _CHARACTERS[min(max(round(place + step(4.0, 1.4)), 0), len(_CHARACTERS) - 1)]
    drawn: dict[str, Any] = {
        "epochs": round(within("epochs", best.epochs * 2 ** step(2.8, 2.5))),
        "lr": within("lr", best.lr * 2 ** step(1.9, 1.0)),
        "dim": round(within("dim", best.dim * 2 ** step(1.4, 0.3))),
        "word_ngrams": round(within("word_ngrams", best.word_ngrams + step(4.3, 2.4))),
        "max_n": longest,
    }
    changes = {name: value for name, value in drawn.items() if name in free}
    return replace(best, **changes | ({"min_n": shortest} if "max_n" in free else {}))


def _work(config: ClassifierConfig) -> float:
    """Return what a training costs, but for a factor."""
    lengths = config.max_n - config.min_n + 1 if config.max_n else 0
    return config.epochs * config.dim * (config.word_ngrams + 4 * lengths)


def _line(
    trial: int,
    score: float,
    best: tuple[float, FastText, ClassifierConfig] | None,
    config: ClassifierConfig,
    left: float,
) -> str:
    """Return a line about a trial."""
    tried = (
        f"epoch={config.epochs} lr={config.lr:.3g} dim={config.dim} wordNgrams={config.word_ngrams} "
        f"minn={config.min_n} maxn={config.max_n}"
    )
    found = "-" if math.isnan(score) else f"{score:.4f}"
    highest = "-" if best is None else f"{best[0]:.4f}"
    return f"trial {trial}: {found} (best {highest})  {tried}  {max(left, 0):.0f} s left"
