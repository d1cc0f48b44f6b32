"""Train word vectors with fastText's arguments, in its order and with its defaults."""

from __future__ import annotations

from typing import Any

from embed.choices import Gradient, Objective
from embed.compat.errors import ArgumentError, not_here
from embed.compat.fasttext.arguments import by_first_names, fasttexts_name, whole
from embed.compat.fasttext.model import FastText
from embed.config.train import TrainConfig
from embed.errors import ConfigError
from embed.formats import fasttext_model
from embed.messages import speaking
from embed.training.train import train

__all__ = ["cbow", "skipgram", "train_unsupervised"]

_DEFAULTS: dict[str, Any] = {
    "minCount": 5,
    "wordNgrams": 1,
    "lrUpdateRate": 100,
    "label": "__label__",
    "pretrainedVectors": "",
}
OBJECTIVES: dict[str, Objective] = {"skipgram": "sg", "cbow": "cbow"}


def train_unsupervised(
    input: Any,
    model: str = "skipgram",
    lr: float = 0.05,
    dim: int = 100,
    ws: int = 5,
    epoch: int = 5,
    minCount: int = 5,
    minCountLabel: int = 0,
    minn: int = 3,
    maxn: int = 6,
    neg: int = 5,
    wordNgrams: int = 1,
    loss: str = "ns",
    bucket: int = 2_000_000,
    thread: int | None = None,
    lrUpdateRate: int = 100,
    t: float = 1e-4,
    label: str = "__label__",
    verbose: int = 2,
    pretrainedVectors: str = "",
    *,
    seed: int = 0,
    gradient: Gradient = "exact",
    **other_names: Any,
) -> FastText:
    """Train word vectors on a text file, with fastText's parameters, in fastText's order and with its defaults.

    Parameters
    ----------
    input : path, or iterable of lists of str
        Text, plain or compressed, with words separated by white space; or sentences in memory.
    model : {"skipgram", "cbow"}
    lr : float
        Initial learning rate of the output rows, falling to 0. The rate of the input rows is proportional, and
        larger with the exact gradient, which divides by the number of rows.
    dim, ws, epoch, minCount, neg, t
        Length of a vector, window, passes, least count, negatives, threshold of subsampling.
    minn, maxn, bucket : int
        Shortest and longest n-gram, and the rows they share. ``maxn=0`` or ``bucket=0``: words only.
    loss : {"ns"}
        Negative sampling; other losses raise ConfigError.
    thread : int, optional
        Default: the processors this process may use.
    verbose : int
        0 hides the progress.
    seed : int
        Of every random draw.
    gradient : {"exact", "sqrt", "historic"}
        The correct gradient of the mean of a word's rows, the one with 1/sqrt(n) instead of 1/n, or fastText's.
    lrUpdateRate, wordNgrams, minCountLabel, label
        Accepted for compatibility, without effect: a word that begins with `label` is a word.
    pretrainedVectors : str
        Must be empty: :func:`embed.continue_training` trains vectors further.
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
        The text is missing, unreadable, malformed or has no words.
    """
    given: dict[str, Any] = {
        "minCount": minCount,
        "wordNgrams": wordNgrams,
        "lrUpdateRate": lrUpdateRate,
        "label": label,
        "pretrainedVectors": pretrainedVectors,
    }
    by_first_names("train_unsupervised", given, _DEFAULTS, other_names)
    for name, value in (("minn", minn), ("maxn", maxn), ("bucket", bucket), ("minCount", given["minCount"])):
        whole(name, value, 0)
    if model not in OBJECTIVES:
        raise ConfigError(f"model must be one of {', '.join(map(repr, OBJECTIVES))}, not {model!r}")
    if loss != "ns":
        raise ConfigError(f"loss must be 'ns' (negative sampling), not {loss!r}: other losses are not supported")
    if given["wordNgrams"] != 1:
        raise ConfigError(f"wordNgrams must be 1 for word vectors, not {given['wordNgrams']!r}")
    if given["pretrainedVectors"]:
        raise ConfigError("pretrainedVectors must be empty: train vectors further with embed.continue_training")
    ngrams: dict[str, Any] = {}
    if maxn > 0 and bucket > 0:
        ngrams = {"subword": True, "min_n": max(1, minn), "max_n": maxn, "buckets": bucket}
    with speaking(fasttexts_name):
        config = TrainConfig(
            objective=OBJECTIVES[model],
            gradient=gradient,
            lr=lr,
            min_lr=0.0,
            dim=dim,
            window=ws,
            epochs=epoch,
            min_count=max(1, given["minCount"]),
            negatives=neg,
            noise_exponent=fasttext_model.NOISE_EXPONENT,
            subsample=t,
            threads=thread,
            seed=seed,
            tail_scale=1.0,
            **ngrams,
        )
    if input is None or isinstance(input, bytes):
        raise ArgumentError(f"input must be the path of a text file, or lists of words, not {input!r:.60}")
    with speaking(fasttexts_name):
        trained = train(input, config, progress=None if verbose else False)
    unwritten = {"lr": lr, "thread": config.thread_count(), "verbose": verbose, "label": given["label"]}
    return FastText(fasttext_model.from_model(trained), **unwritten, minCountLabel=minCountLabel)


skipgram = not_here("skipgram", "call train_unsupervised(input, model='skipgram')")
cbow = not_here("cbow", "call train_unsupervised(input, model='cbow')")
