"""What a worker does with fastText: train, train and score.

fastText does it all in one call: the dictionary pass, the random start of 2M rows, the training. With ``epoch=0``
the call does all but the training, so the training phase is the difference of the two calls.
"""

from __future__ import annotations

import importlib
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.scoring import score

__all__ = ["quality_fasttext", "train_fasttext"]

_END_OF_LINE = "</s>"


def _train(path: str, epochs: int, settings: dict[str, Any], seed: int = 0) -> tuple[Any, float]:
    fasttext = importlib.import_module("fasttext.FastText")
    # the seed is no argument of the function, but it is read from its defaults
    fasttext.unsupervised_default["seed"] = seed
    started = time.perf_counter()
    model = fasttext.train_unsupervised(path, epoch=epochs, verbose=0, **settings)
    return model, time.perf_counter() - started


def train_fasttext(*, path: str, epochs: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Train and return the seconds of the training phase, see the head of this module."""
    model, prepared = _train(path, 0, settings)
    del model
    model, whole = _train(path, epochs, settings)
    words, counts = model.get_words(include_freq=True)
    amount = sum(int(count) for word, count in zip(words, counts, strict=True) if word != _END_OF_LINE)
    return {
        # on a busy machine a very short run may seem to take no time at all; that counts for the peer
        "seconds": max(whole - prepared, 1e-6),
        "amount": amount * epochs,
        "prepare_seconds": prepared,
        "words": sum(word != _END_OF_LINE for word in words),
    }


@dataclass(frozen=True)
class _Vectors:
    """A fastText model as the evaluation sees it."""

    model: Any
    words: list[str]
    matrix: NDArray[np.float32]

    def can_compose(self, word: str) -> bool:
        return bool(word)

    def vector(self, word: str) -> NDArray[np.float32]:
        return np.asarray(self.model.get_word_vector(word), np.float32)


def quality_fasttext(
    *, path: str, epochs: int, seed: int, settings: dict[str, Any], sets: list[list[str]], top: int
) -> dict[str, Any]:
    """Train and score; the seconds are those of the whole call."""
    model, seconds = _train(path, epochs, settings, seed)
    words = [word for word in model.get_words() if word != _END_OF_LINE]
    matrix = np.array([model.get_word_vector(word) for word in words], np.float32)
    return {"seconds": seconds, "figures": score(_Vectors(model, words, matrix), sets, top)}
