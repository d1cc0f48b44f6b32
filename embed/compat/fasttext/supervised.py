"""Train classifiers with fastText's arguments, in its order and with its defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.arguments import choice, real_number
from embed.compat.errors import given_path, not_here
from embed.compat.fasttext.arguments import by_first_names, encoded, fasttexts_name, whole
from embed.compat.fasttext.model import FastText
from embed.config.parameter import whole_bounds
from embed.config.train import TrainConfig, processors
from embed.documents.classifier import ClassifierSettings, train_classifier
from embed.errors import ConfigError
from embed.files.compressed import READ_BYTES
from embed.files.inputs import Input
from embed.formats import load
from embed.formats.fasttext_file import LOSSES
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
_DIMENSIONS = whole_bounds(TrainConfig, "dim")
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
    text = _text(input)
    with speaking(fasttexts_name):
        settings = ClassifierSettings(
            lr=real_number("lr", lr, above=0.0),
            dim=whole("dim", dim, *_DIMENSIONS),
            epochs=whole("epoch", epoch, 1, _MOST),
            min_count=whole("minCount", given["minCount"], 0, _MOST),
            min_label_count=whole("minCountLabel", minCountLabel, 0),
            min_n=whole("minn", minn, 0, _MOST),
            max_n=whole("maxn", maxn, 0, _MOST),
            word_ngrams=whole("wordNgrams", given["wordNgrams"], 1, _MOST),
            buckets=whole("bucket", bucket, 0, _MOST),
            loss=choice("loss", loss, tuple(LOSSES.values())),
            negatives=whole("neg", neg, 1, _MOST),
            prefix=encoded(given["label"], "label"),
            threads=processors() if thread is None else whole("thread", thread, 1),
            seed=whole("seed", seed, 0),
            window=whole("ws", ws, 1, _MOST),
            lr_update_rate=whole("lrUpdateRate", given["lrUpdateRate"], 1, _MOST),
            subsample=real_number("t", t),
        )
        vectors = _initial(given["pretrainedVectors"], settings.dim)
        with showing(None if verbose else False) as progress:
            file = train_classifier(text, settings, vectors=vectors, progress=progress)
    unwritten = {"lr": settings.lr, "thread": settings.threads, "verbose": verbose, "minCountLabel": minCountLabel}
    return FastText(file, **unwritten, label=given["label"], pretrainedVectors=given["pretrainedVectors"])


supervised = not_here("supervised", "call train_supervised(input)")


def _text(path: Any) -> bytes:
    """Return the bytes of a file."""
    with Input(given_path(path)).open() as stream:
        return b"".join(iter(lambda: stream.read(READ_BYTES), b""))


def _initial(path: str, dim: int) -> dict[bytes, npt.NDArray[np.float32]]:
    """Return the vectors of a file by the bytes of their words."""
    if not path:
        return {}
    vectors = load(Path(given_path(path)), decode_errors="replace", keep_first=True)
    if vectors.dim != dim:
        raise ConfigError(f"the vectors of {path} have {vectors.dim} dimensions: set dim={vectors.dim}, not {dim}")
    return {word.encode(): vectors.matrix[row] for row, word in enumerate(vectors.words)}
