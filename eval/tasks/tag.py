"""Label each word of a sentence from the vectors of the words around it: parts of speech, chunks, names.

The classifier is linear (:mod:`embed.eval.tasks.linear`), so what it finds is what the vectors say. Its features are
the vectors of a window of words. A place beyond the sentence has the zero vector and a mark; a word without a vector
has the zero vector. Features are standardised over the tokens of the training data.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embed.arguments import whole_number
from embed.errors import FormatError

from ..bootstrap import Statistic
from ..shares import accuracy, ratio
from ..space import Space
from . import linear, spans
from .labelled import LabelledWords, read_labelled
from .task import Chosen, Measure, Outcome
from .words import look_up

__all__ = ["Tag"]

_C = 1.0  # the inverse strength of the penalty


@dataclass(frozen=True)
class Tag:
    """The task of labelling words.

    Attributes
    ----------
    train : path, optional
        The file to train the classifier on. None: each test file is cut into `folds` parts, and each part is labelled
        by a classifier that is trained on the others; sentence i belongs to part i modulo `folds`.
    folds : int
    window : int
        The words on either side whose vectors are features.
    label : int, optional
        The column of the label, from one; by default the part of speech (UPOS) in CoNLL-U, else the last.
    """

    train: str | os.PathLike[str] | None = None
    folds: int = 5
    window: int = 2
    label: int | None = None

    name = "tag"
    units = "sentences"

    def __post_init__(self) -> None:
        whole_number("folds", self.folds, 2)
        whole_number("window", self.window, 0)
        if self.label is not None:
            whole_number("label", self.label, 1)

    def read(self, path: Path) -> _Tagged:
        """Read a file of labelled words, as :func:`~embed.eval.tasks.labelled.read_labelled`."""
        train = None if self.train is None else read_labelled(Path(self.train), self.label)
        test = read_labelled(path, self.label)
        return _Tagged(path.name.split(".")[0], self, train, test)

    def sentences(self) -> list[str]:
        """Describe the computation, one sentence per aspect."""
        data = f"{self.folds}-fold cross-validation by sentences" if self.train is None else f"trained on {self.train}"
        return [
            f"Tags: multinomial logistic regression (C = {_C:g}) on the standardised unit vectors of the word and "
            f"{self.window} on either side, {data}.",
            "Missing words: 'covered' skips them; 'all' gives them the zero vector, unless the vectors compose them.",
        ]


@dataclass(frozen=True)
class _Tagged:
    """A test set of labelled words, and the training data unless parts of the set itself serve as such."""

    name: str
    task: Tag
    train: LabelledWords | None
    test: LabelledWords

    @property
    def notes(self) -> tuple[str, ...]:
        """How the file was read."""
        return (f"labels read from {self.test.column}",)

    def solve(self, space: Space) -> Outcome:
        """Train and label."""
        given = (self.train, self.test) if self.train else (self.test,)
        words = [sentence for part in given for sentence in part.words]
        gold = [label for part in given for sentence in part.labels for label in sentence]
        sentence_of = np.repeat(np.arange(len(words)), [len(sentence) for sentence in words])
        vocabulary = {word: i for i, word in enumerate(dict.fromkeys(word for one in words for word in one))}
        found = look_up(space, list(vocabulary))
        ids = _windows(
            [[vocabulary[word] for word in sentence] for sentence in words], self.task.window, len(vocabulary)
        )
        predicted = np.empty(len(gold), dtype=object)
        for train, test in self._parts(sentence_of):
            names = sorted({gold[i] for i in np.flatnonzero(train)})
            if len(names) < 2:
                raise FormatError(f"the training data of {self.name} has fewer than two labels; name another column")
            number = {name: i for i, name in enumerate(names)}
            labels = np.array([number[gold[i]] for i in np.flatnonzero(train)], dtype=np.int64)
            rows = _standardised(found.rows, np.bincount(ids[train, self.task.window], minlength=len(vocabulary)))
            model = linear.fit(rows, ids[train], labels, c=_C)
            predicted[test] = np.array(names, dtype=object)[model.predict(rows, ids[test])]
        tested = np.flatnonzero(sentence_of >= (len(self.train.words) if self.train else 0))
        unit_of, center = sentence_of[tested], ids[tested, self.task.window]
        correct = predicted[tested] == np.array(gold, dtype=object)[tested]
        return Outcome(
            covered=found.covered[center],
            composed=found.composed[center],
            measures=(
                *self._spans(predicted[tested].tolist()),
                Measure("accuracy", lambda chosen: accuracy(correct[chosen], unit_of[chosen])),
            ),
        )

    def _parts(self, sentence_of: NDArray[np.int64]) -> list[tuple[Chosen, Chosen]]:
        """Return the tokens to train on and those to label, once or for each fold."""
        if self.train is not None:
            test = sentence_of >= len(self.train.words)
            return [(~test, test)]
        folds = self.task.folds
        if len(self.test.words) < folds:
            raise FormatError(f"{self.name} has fewer than {folds} sentences; name a file to train on")
        return [(sentence_of % folds != fold, sentence_of % folds == fold) for fold in range(folds)]

    def _spans(self, predicted: list[str]) -> tuple[Measure, ...]:
        """Return the F1 of spans, if the labels are parts of spans."""
        if not spans.are_spans(label for sentence in self.test.labels for label in sentence):
            return ()
        ends = np.cumsum([len(sentence) for sentence in self.test.labels]).tolist()
        sentences = [predicted[end - len(one) : end] for one, end in zip(self.test.labels, ends, strict=True)]
        right, both = spans.counts(sentences, self.test.labels)

        def of(chosen: Chosen) -> tuple[Statistic, int]:
            return ratio(right, both), len(right)

        return (Measure("span F1", of, needs_all=True),)


def _windows(sentences: Sequence[Sequence[int]], window: int, border: int) -> NDArray[np.int64]:
    """Return the ids of the words around each token, shape (tokens, 2 window + 1); `border` is beyond the sentence."""
    padding = [border] * window
    padded = np.array([i for sentence in sentences for i in (*padding, *sentence, *padding)], dtype=np.int64)
    is_token = np.concatenate([np.repeat([False, True, False], [window, len(one), window]) for one in sentences])
    ids: NDArray[np.int64] = padded[np.flatnonzero(is_token)[:, np.newaxis] + np.arange(-window, window + 1)]
    return ids


def _standardised(rows: NDArray[np.float32], tokens: NDArray[np.int64]) -> NDArray[np.float32]:
    """Standardise the features by their mean and deviation over `tokens` of each word; append the row of a border.

    Returns
    -------
    ndarray of float32, shape (words + 1, dim + 1)
        The last column marks the border.
    """
    weights = tokens / tokens.sum()
    mean = weights @ rows
    deviation = np.sqrt(weights @ np.square(rows - mean))
    scaled = np.zeros((len(rows) + 1, rows.shape[1] + 1), dtype=np.float32)
    scaled[:-1, :-1] = (rows - mean) / np.where(deviation > 0, deviation, 1)
    scaled[-1, -1] = 1
    return scaled
