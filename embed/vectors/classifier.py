"""Predict the labels of texts, with the numbers of a fastText classifier.

A text is the mean of the input rows of its words, their n-grams and its n-grams of words; a label has an output row,
or with hierarchical softmax a path of them. Rows and probabilities are those of fastText (Joulin et al., EACL 2017;
``csrc/text_lines.h`` and ``text_labels.h`` name its functions), with what it adds to a probability: 1e-5.

Nothing here is trained: :mod:`embed.formats.fasttext_classifier` reads a classifier from a file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from embed.arguments import iterable, real_number, shown, whole_number
from embed.config.train import processors
from embed.errors import ConfigError, FormatError
from embed.vectors import _texts

__all__ = ["ALL_LABELS", "Classifier", "Predictions", "Tested"]

ALL_LABELS = -1
"""The `k` that stands for all labels."""
BATCH_LINES = 1 << 11
"""Lines that a thread predicts at a time."""
BATCH_NUMBERS = 1 << 20
"""The most labels of a batch in all."""


@dataclass(frozen=True)
class Predictions:
    """The labels of lines, the likeliest first.

    Attributes
    ----------
    counts : int64[n]
        How many labels each line has: fewer than k if others are below the threshold, none for a line without rows.
    labels : int32[n, k]
        Their numbers; what is behind the count of a line means nothing.
    probabilities : float32[n, k]
    """

    counts: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int32]
    probabilities: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Tested:
    """The predictions for a text whose lines have labels.

    Attributes
    ----------
    lines : int64[n]
        How many labels were predicted for each line that has labels and words.
    predicted : int32[P]
        The predicted labels, line by line.
    probabilities : float32[P]
    right : bool[P]
        Whether the line has the predicted label.
    gold : int32[G]
        The labels that the lines have, with repetitions.
    found : bool[G]
        Whether each was predicted for its line.
    """

    lines: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.int32]
    probabilities: npt.NDArray[np.float32]
    right: npt.NDArray[np.bool_]
    gold: npt.NDArray[np.int32]
    found: npt.NDArray[np.bool_]

    def scores(self, label: int | None = None) -> tuple[float, float, float]:
        """Return precision, recall and F1, of one label or of all; NaN where there is nothing to divide by."""
        chosen = slice(None) if label is None else self.predicted == label
        right, predicted = int(self.right[chosen].sum()), len(self.right[chosen])
        gold = len(self.gold) if label is None else int((self.gold == label).sum())
        return _share(right, predicted), _share(right, gold), _share(2 * right, predicted + gold)


class Classifier:
    """Labels and the numbers that predict them.

    Parameters
    ----------
    texts : Texts
        Dictionary and input rows.
    labels : sequence of str, length L
    output : float32[L, dim]
    counts : int64[L]
        How often each label occurred in training; the tree of hierarchical softmax follows from them.
    loss : {"softmax", "hs", "ova", "ns"}

    Raises
    ------
    FormatError
        There are no labels.
    """

    def __init__(
        self,
        texts: _texts.Texts,
        labels: Sequence[str],
        output: npt.NDArray[np.float32],
        counts: npt.NDArray[np.int64],
        loss: str,
    ) -> None:
        if not len(labels):
            raise FormatError("the classifier has no labels, so it cannot predict any")
        self.labels = tuple(labels)
        self.loss = loss
        self.dim = output.shape[1]
        self._texts = texts
        # the rows of a memory-mapped file may begin at any byte
        rows = np.require(output, np.float32, ["C", "ALIGNED"])
        self._scorer = _texts.Scorer(rows, loss, np.ascontiguousarray(counts))

    def __repr__(self) -> str:
        return f"<Classifier: {len(self.labels):,} labels x {self.dim} dimensions>"

    def predict(
        self, texts: str | Iterable[str], k: int = 1, threshold: float = 0.0, *, threads: int | None = None
    ) -> list[list[tuple[str, float]]]:
        """Return the labels of each text and their probabilities, the likeliest first.

        Parameters
        ----------
        texts : str or iterable of str
            One line each; a single str is one text.
        k : int
            The most labels of a text; -1 for all.
        threshold : float
            The least probability of a label.
        threads : int, optional
            Default: the processors this process may use.

        Raises
        ------
        ConfigError
            A text has a line break or is no str, or another argument is out of bounds.
        """
        given = [texts] if isinstance(texts, str) else texts
        if not iterable(given):
            raise ConfigError(f"texts must be a str or an iterable of str, not {shown(texts)}")
        found: list[list[tuple[str, float]]] = []
        for batch in self.batches((_line(text) for text in given), k, threshold, threads=threads):
            rows = zip(batch.counts.tolist(), batch.labels.tolist(), batch.probabilities.tolist(), strict=True)
            found += [
                [(self.labels[label], share) for label, share in zip(labels[:count], shares[:count], strict=True)]
                for count, labels, shares in rows
            ]
        return found

    def batches(
        self, lines: Iterable[bytes], k: int, threshold: float, *, threads: int | None = None, broken: bool = True
    ) -> Iterator[Predictions]:
        """Yield the predictions for the lines, batch by batch.

        Parameters
        ----------
        lines : iterable of bytes
        k, threshold, threads
            See :meth:`predict`.
        broken : bool
            Whether a line break follows each line, which to fastText is the word ``</s>``.
        """
        most, least = self.most(k), real_number("threshold", threshold)
        workers = processors() if threads is None else whole_number("threads", threads, 1)
        size = max(1, min(BATCH_LINES, BATCH_NUMBERS // most))
        waiting = iter(lines)
        first = list(islice(waiting, size))
        if len(first) < size or workers == 1:
            while first:
                yield self._batch(first, most, least, broken)
                first = list(islice(waiting, size))
            return
        with ThreadPoolExecutor(workers) as pool:
            while first:
                parts = [first, *(part for _ in range(workers - 1) if (part := list(islice(waiting, size))))]
                yield from pool.map(lambda part: self._batch(part, most, least, broken), parts)
                first = list(islice(waiting, size))

    def predict_line(self, line: bytes, k: int, threshold: float) -> tuple[list[int], list[float]]:
        """Return the numbers of the likeliest labels of one line, and their probabilities, as fast as can be.

        Parameters
        ----------
        line : bytes
        k : int
            At least 1, or -1 for all.
        threshold : float
        """
        most = len(self.labels) if k == ALL_LABELS else min(k, len(self.labels))
        return _texts.predict_line(self._texts, self._scorer, line, most, threshold)

    def test(self, text: bytes, k: int = 1, threshold: float = 0.0) -> Tested:
        """Predict the lines of a text that have labels and words, and compare.

        Parameters
        ----------
        text : bytes
            A line for each example: words, and labels as the training text had them.
        k, threshold
            See :meth:`predict`.
        """
        begins, ends, offsets, gold = self._texts.labels_of_lines(text)
        lines = (text[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True))
        batches = list(self.batches(lines, k, threshold, broken=False))
        counts = np.concatenate([np.empty(0, np.int64), *(batch.counts for batch in batches)])
        chosen = [np.arange(batch.labels.shape[1]) < batch.counts[:, None] for batch in batches]
        parts = list(zip(batches, chosen, strict=True))
        predicted = np.concatenate([np.empty(0, np.int32), *(batch.labels[used] for batch, used in parts)])
        shares = np.concatenate([np.empty(0, np.float32), *(batch.probabilities[used] for batch, used in parts)])
        numbers = np.arange(len(begins))
        of_predicted = np.repeat(numbers, counts) * len(self.labels) + predicted
        of_gold = np.repeat(numbers, np.diff(offsets)) * len(self.labels) + gold
        right, found = np.isin(of_predicted, of_gold), np.isin(of_gold, of_predicted)
        return Tested(counts, predicted, shares, right, gold, found)

    def most(self, k: int) -> int:
        """Return the number of labels that `k` stands for."""
        if k == ALL_LABELS:
            return len(self.labels)
        return min(whole_number("k", k, 1, otherwise=f", or {ALL_LABELS} for all labels"), len(self.labels))

    def _batch(self, lines: list[bytes], most: int, least: float, broken: bool) -> Predictions:
        return Predictions(*_texts.predict(self._texts, self._scorer, lines, most, least, broken))


def _line(text: object) -> bytes:
    """Return a text as a line in UTF-8."""
    if not isinstance(text, str):
        raise ConfigError(f"each text must be a str, not {shown(text)}")
    if "\n" in text:
        raise ConfigError(f"a text must be one line, and {shown(text)} has a line break: replace it by a space")
    return text.encode("utf-8", "replace")


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
