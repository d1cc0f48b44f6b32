"""What a worker does with fastText: train, train and score.

fastText does it all in one call: the dictionary pass, the random start of 2M rows, the training. With ``epoch=0``
the call does all but the training, so the training phase is the difference of the two calls.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.clock import Clock
from benchmarks.scoring import load, score

__all__ = ["quality_fasttext", "train_fasttext"]

_END_OF_LINE = "</s>"


def _train(path: str, epochs: int, settings: dict[str, Any], seed: int = 0) -> tuple[Any, Clock]:
    fasttext = importlib.import_module("fasttext.FastText")
    # the seed is no argument of the function, but it is read from its defaults
    fasttext.unsupervised_default["seed"] = seed
    with Clock() as clock:
        model = fasttext.train_unsupervised(path, epoch=epochs, verbose=0, **settings)
    return model, clock


def _tokens(model: Any) -> int:
    """Return the tokens of the text that are in the vocabulary."""
    words, counts = model.get_words(include_freq=True)
    return sum(int(count) for word, count in zip(words, counts, strict=True) if word != _END_OF_LINE)


def train_fasttext(*, path: str, epochs: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Train and return the seconds of the training phase, see the head of this module."""
    model, prepared = _train(path, 0, settings)
    del model
    model, whole = _train(path, epochs, settings)
    return {
        # on a busy machine a very short run may seem to take no time at all; that counts for the peer
        "seconds": max(whole.seconds - prepared.seconds, 1e-6),
        "amount": _tokens(model) * epochs,
        "prepare_seconds": prepared.seconds,
        "words": sum(word != _END_OF_LINE for word in model.get_words()),
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
    model, clock = _train(path, epochs, settings, seed)
    words = [word for word in model.get_words() if word != _END_OF_LINE]
    matrix = np.array([model.get_word_vector(word) for word in words], np.float32)
    return {
        **clock.times(),
        "amount": _tokens(model) * epochs,
        "words": len(words),
        **score(_Vectors(model, words, matrix), load(sets), top).to_dict(),
    }
