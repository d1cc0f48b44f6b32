"""What can be done to the vectors of a trained model before they are used, by name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from embed.model import Model
from embed.postprocess import all_but_the_top, center
from embed.vectors import WordVectors

__all__ = ["STEPS"]


def _averaged(model: Model) -> WordVectors:
    """Return the mean of the unit input and the unit output vector of each word."""
    words = model.vectors
    total = np.zeros(words.matrix.shape, np.float32)
    for matrix in (words.matrix, model.output):
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        total += matrix / np.maximum(lengths, np.finfo(np.float32).tiny)
    return WordVectors(words.words, total / 2, counts=words.counts)


STEPS: dict[str, Callable[[Model], WordVectors]] = {
    "input and output averaged": _averaged,
    "mean removed": lambda model: center(model.vectors),
    "all but the top one": lambda model: all_but_the_top(model.vectors, 1),
}
