"""The same training run in the words of each program."""

from __future__ import annotations

from typing import Any

__all__ = ["MAX_N", "MIN_N", "SHARED", "fasttext_settings", "gensim_settings", "our_config"]

SHARED: dict[str, Any] = {"window": 5, "negatives": 5, "subsample": 1e-3, "min_count": 5}
"""What all programs are told, by our names."""

MIN_N, MAX_N = 3, 6


def our_config(*, subword: bool = False, buckets: int, **more: Any) -> dict[str, Any]:
    """Return the fields of TrainConfig."""
    config = {**SHARED, "gradient": "exact", **more}
    return {**config, "subword": True, "min_n": MIN_N, "max_n": MAX_N, "buckets": buckets} if subword else config


def gensim_settings(*, dim: int, threads: int, **more: Any) -> dict[str, Any]:
    """Return the arguments of gensim's Word2Vec."""
    return {
        "vector_size": dim,
        "window": SHARED["window"],
        "negative": SHARED["negatives"],
        "sample": SHARED["subsample"],
        "min_count": SHARED["min_count"],
        "workers": threads,
        **more,
    }


def fasttext_settings(*, dim: int, buckets: int, threads: int, **more: Any) -> dict[str, Any]:
    """Return the arguments of fastText's train_unsupervised."""
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
        "thread": threads,
        **more,
    }
