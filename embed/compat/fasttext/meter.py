"""Curves of precision and recall of a classifier, with the methods of fastText's meter (``meter.cc``)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from embed.errors import ConfigError
from embed.vectors.classifier import Tested

__all__ = ["Meter"]

Float64s = npt.NDArray[np.float64]
_NOT_PREDICTED = -1.0
"""The score of a label that a line has and that was not predicted."""


class Meter:
    """What :meth:`embed.compat.fasttext.FastText.get_meter` returns.

    `label` is a label of the model, or None for all labels.
    """

    def __init__(self, tested: Tested, labels: list[str]) -> None:
        self._tested = tested
        self._labels = labels

    def score_vs_true(self, label: str | None = None) -> tuple[Float64s, Float64s]:
        """Return the scores of a label in rising order, and for each 1 if the line has the label, else 0."""
        tested, number = self._tested, self._number(label)
        predicted = np.ones(len(tested.predicted), bool) if number is None else tested.predicted == number
        missed = ~tested.found if number is None else ~tested.found & (tested.gold == number)
        shares = np.minimum(tested.probabilities[predicted], np.float32(1)).astype(np.float64)
        scores = np.concatenate([shares, np.full(missed.sum(), _NOT_PREDICTED)])
        gold = np.concatenate([tested.right[predicted].astype(np.float64), np.ones(missed.sum())])
        order = np.lexsort((gold, scores))
        return scores[order], gold[order]

    def precision_recall_curve(self, label: str | None = None) -> tuple[Float64s, Float64s]:
        """Return precision and recall at each distinct score, from the highest down to full recall, then 1 and 0."""
        scores, gold = (values[::-1] for values in self.score_vs_true(label))
        predicted = scores >= 0
        scores, gold = scores[predicted], gold[predicted]
        if not len(scores):
            return np.empty(0), np.empty(0)
        last = np.append(scores[1:] != scores[:-1], True)
        right = np.cumsum(gold)[last]
        total = np.arange(1, len(scores) + 1)[last]
        number = self._number(label)
        wanted = len(self._tested.gold) if number is None else int((self._tested.gold == number).sum())
        shown = slice(int(np.searchsorted(right, wanted)) + 1)
        recall = right[shown] / wanted if wanted else np.full(len(right[shown]), np.nan)
        return np.append(right[shown] / total[shown], 1.0), np.append(recall, 0.0)

    def precision_at_recall(self, recall: float, label: str | None = None) -> float:
        """Return the best precision with at least this recall, or 0."""
        precisions, recalls = self.precision_recall_curve(label)
        return float(precisions[recalls >= recall].max(initial=0.0))

    def recall_at_precision(self, precision: float, label: str | None = None) -> float:
        """Return the best recall with at least this precision, or 0."""
        precisions, recalls = self.precision_recall_curve(label)
        return float(recalls[precisions >= precision].max(initial=0.0))

    def _number(self, label: str | None) -> int | None:
        if label is None:
            return None
        if label not in self._labels:
            raise ConfigError(f"{label!r:.60} is no label of the model: choose one of get_labels()")
        return self._labels.index(label)
