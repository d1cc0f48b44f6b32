"""Train classifiers with fastText's arguments, in its order and with its defaults."""

from __future__ import annotations

from typing import Any

import numpy as np

from embed.arguments import choice, real_number
from embed.choices import CLASSIFIER_LOSSES
from embed.compat.errors import given_path, not_here
from embed.compat.fasttext.arguments import by_first_names, fasttexts_name, text_of, whole
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
    autotuneValidationFile, autotuneMetric, autotunePredictions, autotuneDuration, autotuneModelSize
        Must be left as they are: there is no autotuning.
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
    tuning = (autotuneValidationFile, autotuneMetric, autotunePredictions, autotuneDuration, autotuneModelSize)
    if tuning != ("", "f1", 1, 300, ""):
        raise ConfigError(
            "there is no autotuning: leave the arguments that begin with autotune out, and compare a few values of lr, "
            "epoch and wordNgrams with model.test on a file of your own"
        )
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
        with showing(None if verbose else False) as progress:
            file = train_classifier(text, config, vectors=vectors, progress=progress)
    unwritten = {"lr": config.lr, "thread": config.threads, "verbose": verbose, "minCountLabel": minCountLabel}
    return FastText(file, **unwritten, label=config.label_prefix, pretrainedVectors=pretrained)


supervised = not_here("supervised", "call train_supervised(input)")
