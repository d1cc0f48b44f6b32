"""The programs that are compared: one file each, and here the same training run in the words of each."""

from __future__ import annotations

from typing import Any

SHARED: dict[str, Any] = {"window": 5, "negatives": 5, "subsample": 1e-3, "min_count": 5}
"""What all programs are told, by our names."""
MIN_N, MAX_N = 3, 6
MODELS: dict[str, dict[str, Any]] = {
    "skip-gram": {"objective": "sg"},
    "cbow": {"objective": "cbow"},
    "subword-skip-gram": {"objective": "sg", "subword": True},
    "subword-cbow": {"objective": "cbow", "subword": True},
}
"""Fields of TrainConfig by the name of the model in ``goals.toml``."""
CLASS_MODELS: dict[str, dict[str, Any]] = {
    "skip-gram": {"sg": 1},
    "cbow": {"sg": 0},
    "sum": {"sg": 0, "cbow_mean": 0},
}
"""Arguments of gensim's classes by the first part of a row of ``compat``."""
CLASS_LOSSES: dict[str, dict[str, Any]] = {
    "noise": {"hs": 0},
    "tree": {"hs": 1, "negative": 0},
    "both": {"hs": 1},
}
"""The same by the second part of the row."""
DOCUMENT_MODELS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "dbow": ({"objective": "dbow"}, {"dm": 0}),
    "dbow-words": ({"objective": "sg"}, {"dm": 0, "dbow_words": 1}),
    "dm": ({"objective": "cbow"}, {"dm": 1, "dm_mean": 1}),
}
"""Models of documents: fields of TrainConfig, and arguments of gensim's Doc2Vec."""


def our_config(*, subword: bool = False, buckets: int, **more: Any) -> dict[str, Any]:
    """Return the fields of TrainConfig."""
    config = {**SHARED, "gradient": "exact", **more}
    return {**config, "subword": True, "min_n": MIN_N, "max_n": MAX_N, "buckets": buckets} if subword else config


def gensim_settings(*, dim: int, **more: Any) -> dict[str, Any]:
    """Return the arguments of gensim's Word2Vec, but for its workers."""
    return {
        "vector_size": dim,
        "window": SHARED["window"],
        "negative": SHARED["negatives"],
        "sample": SHARED["subsample"],
        "min_count": SHARED["min_count"],
        **more,
    }


def fasttext_settings(*, dim: int, buckets: int, **more: Any) -> dict[str, Any]:
    """Return the arguments of fastText's train_unsupervised, but for its threads."""
    return {
        "model": "skipgram",
        "dim": dim,
        "ws": SHARED["window"],
        "neg": SHARED["negatives"],
        "t": SHARED["subsample"],
        "minCount": SHARED["min_count"],
        "minn": MIN_N,
        "maxn": MAX_N,
        "bucket": buckets,
        **more,
    }


def sentences_of(path: str) -> list[list[str]]:
    """Return the lines of a text as lists of words."""
    with open(path, encoding="utf-8") as file:
        return [line.split() for line in file]
