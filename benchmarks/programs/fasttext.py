"""What a fresh process does with fastText.

fastText does it all in one call: the dictionary pass, the random start of 2M rows, the training. With ``epoch=0``
the call does all but the training, so the training phase is the difference of the two calls.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.lib.machine import Clock
from benchmarks.lib.scoring import load, score

_END_OF_LINE = "</s>"


def _train(path: str, epochs: int, settings: dict[str, Any], seed: int = 0) -> tuple[Any, Clock]:
    fasttext = importlib.import_module("fasttext.FastText")
    # the seed is no argument of the function, but it is read from its defaults
    fasttext.unsupervised_default["seed"] = seed
    with Clock() as clock:
        model = fasttext.train_unsupervised(path, epoch=epochs, verbose=0, **settings)
    return model, clock


def _done(model: Any, epochs: int) -> dict[str, int]:
    """Return the tokens of the text that are in the vocabulary, and the words of that."""
    counts = [
        int(count) for word, count in zip(*model.get_words(include_freq=True), strict=True) if word != _END_OF_LINE
    ]
    return {"amount": epochs * sum(counts), "words": len(counts)}


def rate(*, path: str, epochs: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Train and return the seconds of the training phase, see the head of this module."""
    prepared = _train(path, 0, settings)[1].seconds
    model, whole = _train(path, epochs, settings)
    # on a busy machine a very short run may seem to take no time at all; that counts for the peer
    return {"seconds": max(whole.seconds - prepared, 1e-6), **_done(model, epochs), "prepare_seconds": prepared}


class _Vectors:
    """A fastText model as the evaluation sees it."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.words: list[str] = [word for word in model.get_words() if word != _END_OF_LINE]
        self.matrix = np.array([model.get_word_vector(word) for word in self.words], np.float32)

    def can_compose(self, word: str) -> bool:
        return bool(word)

    def vector(self, word: str) -> NDArray[np.float32]:
        return np.asarray(self._model.get_word_vector(word), np.float32)


def quality(
    *,
    path: str,
    epochs: int,
    seed: int,
    settings: dict[str, Any],
    sets: list[list[str]],
    top: int,
    tags: Sequence[str] = (),
) -> dict[str, Any]:
    """Train and score; the seconds are those of the whole call."""
    model, clock = _train(path, epochs, settings, seed)
    return {**clock.times(), **_done(model, epochs), **vars(score(_Vectors(model), load(sets), top, tags))}
