"""The calls of fastText's compiled part that programs make themselves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from embed.compat.fasttext.arguments import encoded

__all__ = ["Compiled"]

Float32s = npt.NDArray[np.float32]


class Compiled:
    """``model.f``: programs call it because ``predict`` of fastText 0.9 fails under NumPy 2.

    A text ends at its first line break; only with one does it have the word ``</s>``.
    """

    def __init__(self, predicted: Callable[..., tuple[list[list[str]], list[Float32s]]]) -> None:
        self._predicted = predicted

    def predict(
        self, text: str, k: int = 1, threshold: float = 0.0, on_unicode_error: str = "replace"
    ) -> list[tuple[float, str]]:
        """Return the likeliest labels of a text: (probability, label)."""
        labels, probabilities = self.multilinePredict([text], k, threshold, on_unicode_error)
        return list(zip(probabilities[0].tolist(), labels[0], strict=True))

    def multilinePredict(
        self, lines: list[str], k: int = 1, threshold: float = 0.0, on_unicode_error: str = "replace"
    ) -> tuple[list[list[str]], list[Float32s]]:
        """Return the likeliest labels of each text, and their probabilities."""
        return self._predicted([encoded(line, "text") for line in lines], k, threshold, on_unicode_error, broken=False)
