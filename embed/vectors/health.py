"""Judge whether vectors can be used, by a few cheap numbers that are the same each time.

Training first learns how frequent words are, and only then what they mean. Until the first is done, all vectors point
in one direction, and every word is the neighbour of every other. So the mean cosine of pairs of words tells how far a
run has come. It says nothing of good vectors: those of well-trained models lie in a cone, too (Mimno & Thompson, "The
strange geometry of skip-gram with negative sampling", EMNLP 2017; Ethayarajh, "How contextual are contextualized word
representations?", EMNLP 2019, section 3, calls the number the anisotropy). docs/decisions/0030-told-when-it-is-bad.md
has the measurements behind the thresholds.

Rejected: the distance of neighbours from other words (small for few words, large for few dimensions), and the share of
hardly trained words as a reason to warn (every good vocabulary has a tail of them).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embed.messages import option
from embed.vectors.search import row_norms, unit_rows

__all__ = ["HARDLY_TRAINED", "Health", "growth", "mean_cosine"]

Float32s = npt.NDArray[np.float32]

HARDLY_TRAINED = 50
"""A word with fewer updates is hardly trained."""
_SAMPLE, _SAMPLE_BYTES = 4096, 16 << 20
"""The most rows of a sample, and the most bytes (as float64)."""
_ALIKE = 0.75
"""From this mean cosine on, vectors are not fit for use."""
_GROWN = 1.5
"""Below this growth, vectors are still as random as they began."""
_FEWEST_WORDS = 3
_LOW_COVERAGE = 0.75
_MORE_EPOCHS = 4


@dataclass(frozen=True)
class Health:
    """The state of vectors, and of the training that made them.

    Attributes
    ----------
    words : int
        The size of the vocabulary.
    mean_cosine : float or None
        The mean cosine of pairs of words (:func:`mean_cosine`); None for fewer than two words.
    growth : float or None
        The median length of the vectors, relative to the length that they began with; None if that is unknown.
    hardly_trained : float or None
        The share of words with fewer than `HARDLY_TRAINED` updates: expected tokens after subsampling, over all epochs.
        None without a training from the beginning.
    coverage : float or None
        The share of the tokens of the text that are in the vocabulary; None without a training.
    epochs : int or None
        Of the training; None without one.
    """

    words: int
    mean_cosine: float | None
    growth: float | None = None
    hardly_trained: float | None = None
    coverage: float | None = None
    epochs: int | None = None

    def problem(self) -> str:
        """Return why the vectors are not fit for use and what to change, as one sentence; empty if they are fit."""
        if self.epochs is not None and self.words < _FEWEST_WORDS:
            words = "a single word" if self.words == 1 else f"{self.words} words"
            return f"the vectors are not fit for use: the vocabulary has {words}, too few to compare; {self._advice()}"
        if self.growth is not None and self.growth < _GROWN:
            return (
                "the vectors are not fit for use: they are hardly longer than the random ones that they began as; "
                f"raise {option('lr')}, or {self._advice(self.epochs)}"
            )
        if self.mean_cosine is not None and self.mean_cosine >= _ALIKE:
            return (
                "the vectors are not fit for use: all point in one direction, as after too little training (the mean "
                f"cosine of random pairs is {self.mean_cosine:.2f}); "
                f"{self._advice(self.epochs)}"
            )
        return ""

    def _advice(self, epochs: int | None = None) -> str:
        """Return what to change, in the imperative."""
        if self.epochs is None:
            return "train more epochs, or on more text"
        steps = [] if epochs is None else [f"raise {option('epochs')} from {epochs} to {_MORE_EPOCHS * epochs}"]
        if self.coverage is not None and self.coverage < _LOW_COVERAGE:
            steps.append(f"lower {option('min_count')} ({1 - self.coverage:.0%} of the tokens are left out)")
        return ", or ".join([*steps, "train on more text"])


def mean_cosine(matrix: Float32s) -> float | None:
    """Return the mean cosine of all pairs among up to 4,096 rows, taken at equal steps.

    Parameters
    ----------
    matrix : float32 array, shape (V, dim)
        Rows of zeros, which have no direction, are left out.

    Returns
    -------
    float or None
        From -1 to 1; None if fewer than two rows have a direction.

    Raises
    ------
    FormatError
        A row is not finite.

    Notes
    -----
    With unit rows u the sum of the cosines of all n (n - 1) ordered pairs is ``|sum of u|**2 - n``, so that no pair is
    drawn.
    """
    units = unit_rows(_sample(matrix)).astype(np.float64)
    units = units[units.any(axis=1)]
    count = len(units)
    if count < 2:
        return None
    total = units.sum(axis=0)
    return float(np.clip((total @ total - count) / (count * (count - 1)), -1, 1))


def growth(matrix: Float32s, start: float) -> float:
    """Return the median length of up to 4,096 rows, divided by the length `start`."""
    norms, _ = row_norms(_sample(matrix))
    return float(np.median(norms)) / start


def _sample(matrix: Float32s) -> Float32s:
    most = max(2, min(_SAMPLE, _SAMPLE_BYTES // (8 * matrix.shape[1])))
    return matrix[:: max(1, -(-len(matrix) // most))]
