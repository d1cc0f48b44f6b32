"""What a worker does to time word2vec's text format: write and read made-up vectors, with us or with gensim."""

from __future__ import annotations

import importlib
import time
from pathlib import Path
from typing import Any

import numpy as np

from embed.formats import word2vec_text
from embed.vectors import WordVectors

__all__ = ["made_up_vectors", "read_gensim", "read_ours", "write_gensim", "write_ours"]


def made_up_vectors(words: int, dim: int) -> WordVectors:
    """Return normally distributed vectors, the same every time."""
    matrix = np.random.default_rng(1).standard_normal((words, dim), dtype=np.float32)
    return WordVectors([f"word{number}" for number in range(words)], matrix)


def write_ours(*, path: str, words: int, dim: int) -> dict[str, Any]:
    """Write, in the shortest form that reads back as the same float32."""
    vectors = made_up_vectors(words, dim)
    started = time.perf_counter()
    word2vec_text.write(vectors, path)
    return _result(started, words * dim, path)


def write_gensim(*, path: str, words: int, dim: int) -> dict[str, Any]:
    """Write with KeyedVectors.save_word2vec_format."""
    vectors = made_up_vectors(words, dim)
    keyed = importlib.import_module("gensim.models").KeyedVectors(dim)
    keyed.add_vectors(vectors.words, vectors.matrix)
    started = time.perf_counter()
    keyed.save_word2vec_format(path)
    return _result(started, words * dim, path)


def read_ours(*, path: str) -> dict[str, Any]:
    """Read a text file."""
    started = time.perf_counter()
    vectors = word2vec_text.read(path)
    return _result(started, len(vectors) * vectors.dim, path)


def read_gensim(*, path: str) -> dict[str, Any]:
    """Read a text file with KeyedVectors.load_word2vec_format."""
    keyed = importlib.import_module("gensim.models").KeyedVectors
    started = time.perf_counter()
    vectors = keyed.load_word2vec_format(path)
    return _result(started, int(vectors.vectors.size), path)


def _result(started: float, amount: int, path: str) -> dict[str, Any]:
    return {
        "seconds": time.perf_counter() - started,
        "amount": amount,
        "file_bytes": Path(path).stat().st_size,
    }
