"""Train classifiers with fastText's arguments, in its order and with its defaults."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

import numpy as np

from embed.arguments import choice, real_number
from embed.choices import CLASSIFIER_LOSSES
from embed.compat.errors import given_path, not_here
from embed.compat.fasttext.arguments import by_first_names, fasttexts_name, text_of, whole
from embed.compat.fasttext.autotune import TUNED, Autotuning, autotuned
from embed.compat.fasttext.model import FastText
from embed.config.classifier import ClassifierConfig
from embed.config.train import processors
from embed.documents.classifier import initial_vectors, train_classifier
from embed.errors import ConfigError
from embed.files.inputs import Input
from embed.messages import speaking
from embed.training.showing import showing

__all__ = ["supervised", "train_supervised"]

_DEFAULTS: dict[str, Any] = {
    "minCount": 1,
    "wordNgrams": 1,
    "lrUpdateRate": 100,
    "label": "__label__",
    "pretrainedVectors": "",
}
_MOST = int(np.iinfo(np.int32).max)
"""The largest number that files store."""


def train_supervised(
    input: Any,
    lr: float = 0.1,
    dim: int = 100,
    ws: int = 5,
    epoch: int = 5,
    minCount: int = 1,
    minCountLabel: int = 0,
    minn: int = 0,
    maxn: int = 0,
    neg: int = 5,
    wordNgrams: int = 1,
    loss: str = "softmax",
    bucket: int = 2_000_000,
    thread: int | None = None,
    lrUpdateRate: int = 100,
    t: float = 1e-4,
    label: str = "__label__",
    verbose: int = 2,
    pretrainedVectors: str = "",
    seed: int = 0,
    autotuneValidationFile: str = "",
    autotuneMetric: str = "f1",
    autotunePredictions: int = 1,
    autotuneDuration: int = 300,
    autotuneModelSize: str = "",
    **other_names: Any,
) -> FastText:
    """Train a classifier on a text file with labels, with fastText's parameters, in fastText's order.

    Parameters
    ----------
    input : path
        Text, plain or compressed: a line for each example, with its labels and its words, separated by white space.
    lr : float
        Initial learning rate, falling to 0.
    dim, epoch : int
        Length of a vector; passes over the lines, each in a new order.
    minCount, minCountLabel : int
        Least count of a word, and of a label.
    minn, maxn : int
        Shortest and longest n-gram of characters; ``maxn=0``: none.
    neg : int
        Labels that a line meets besides its own, with ``loss="ns"``.
    wordNgrams : int
        Words in the longest n-gram of words.
    loss : {"softmax", "hs", "ova", "ns"}
        Softmax over all labels, hierarchical softmax, one-vs-all for lines with several labels, negative sampling.
    bucket : int
        Rows that the n-grams share.
    thread : int, optional
        Default: the processors this process may use. One thread gives the same bits each time.
    label : str
        What labels begin with.
    verbose : int
        0 hides the progress.
    pretrainedVectors : str
        A file of word vectors of length `dim`, in any format that :func:`embed.load` reads: where words begin. All its
        words become words of the classifier.
    seed : int
        Of every random draw.
    ws, t, lrUpdateRate
        Accepted for compatibility, without effect.
    autotuneValidationFile : path
        Text with labels, to search for the parameters that predict it best: `lr`, `epoch`, `dim`, `wordNgrams`, and
        `minn` with `maxn`, those that are left at their defaults. See :mod:`embed.compat.fasttext.autotune`.
    autotuneMetric : str
        What is best: "f1", "precisionAtRecall:30" or "recallAtPrecision:30" (percent), with ":LABEL" for one label.
    autotunePredictions : int
        Labels predicted for each line, for F1.
    autotuneDuration : int
        The time of the search, in seconds.
    autotuneModelSize : str
        The size to which the classifier is quantised, such as "2M".
    **other_names
        fastText's second names: ``min_count``, ``word_ngrams``, ``lr_update_rate``, ``label_prefix``,
        ``pretrained_vectors``.

    Returns
    -------
    FastText

    Raises
    ------
    ConfigError
        A parameter is out of bounds or not supported.
    ArgumentError
        An argument is unknown or of the wrong type (also a TypeError).
    CorpusError
        The text is missing or unreadable, has no words, no labels, or no line that has both.
    DivergenceError
        The learning rate is too high.
    """
    given: dict[str, Any] = {
        "minCount": minCount,
        "wordNgrams": wordNgrams,
        "lrUpdateRate": lrUpdateRate,
        "label": label,
        "pretrainedVectors": pretrainedVectors,
    }
    by_first_names("train_supervised", given, _DEFAULTS, other_names)
    tuning = None
    if autotuneValidationFile:
        tuning = Autotuning.of(
            autotuneValidationFile, autotuneMetric, autotunePredictions, autotuneDuration, autotuneModelSize
        )
    elif (autotuneMetric, autotunePredictions, autotuneDuration, autotuneModelSize) != ("f1", 1, 300, ""):
        raise ConfigError("autotuning needs a text with labels: pass its path as autotuneValidationFile")
    text = Input(given_path(input)).contents()
    with speaking(fasttexts_name):
        config = ClassifierConfig(
            lr=real_number("lr", lr),
            dim=whole("dim", dim),
            epochs=whole("epoch", epoch),
            min_count=whole("minCount", given["minCount"]),
            min_label_count=whole("minCountLabel", minCountLabel),
            min_n=whole("minn", minn),
            max_n=whole("maxn", maxn),
            word_ngrams=whole("wordNgrams", given["wordNgrams"]),
            buckets=whole("bucket", bucket),
            loss=choice("loss", loss, CLASSIFIER_LOSSES),
            negatives=whole("neg", neg),
            label_prefix=text_of(given["label"], "label"),
            threads=processors() if thread is None else whole("thread", thread),
            seed=whole("seed", seed),
            window=whole("ws", ws, 1, _MOST),
            lr_update_rate=whole("lrUpdateRate", given["lrUpdateRate"], 1, _MOST),
            subsample=real_number("t", t),
        )
        pretrained = given["pretrainedVectors"]
        vectors = initial_vectors(given_path(pretrained), config.dim) if pretrained else None

        def trained(config: ClassifierConfig) -> FastText:
            with showing(None if verbose and tuning is None else False) as progress:
                file = train_classifier(text, config, vectors=vectors, progress=progress)
            unwritten = {"lr": config.lr, "thread": config.threads, "verbose": verbose, "minCountLabel": minCountLabel}
            return FastText(file, **unwritten, label=config.label_prefix, pretrainedVectors=pretrained)

        if tuning is None:
            return trained(config)
        default = ClassifierConfig()
        kept = {"dim"} if pretrained else set()
        free = {name for name in TUNED if getattr(config, name) == getattr(default, name)} - kept
        return autotuned(trained, config, free, tuning, input, note=_write if verbose else str)


def _write(line: str) -> None:
    """Write a line to standard error, if it is there."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):  # ValueError: the stream has been closed
            sys.stderr.write(f"{line}\n")


supervised = not_here("supervised", "call train_supervised(input)")
