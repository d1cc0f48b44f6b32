"""Label each word of a sentence from the vectors of the words around it: parts of speech, chunks, names.

The classifier is linear (:mod:`embed.eval.tasks.linear`), so what it finds is what the vectors say. Its features are
the vectors of a window of words. A place beyond the sentence has the zero vector and a mark; a word without a vector
has the zero vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embed.arguments import whole_number

from ..bootstrap import Statistic
from ..shares import accuracy, ratio
from ..space import Space
from . import spans
from .labelled import LabelledWords, read_labelled
from .linear import Float32s, Ids, standardised
from .supervised import Items, Supervised, labelled, set_name
from .task import Chosen, Measure, Outcome
from .words import look_up

__all__ = ["Tag"]


@dataclass(frozen=True, kw_only=True)
class Tag(Supervised):
    """The task of labelling words.

    Attributes
    ----------
    train, folds
        As in :class:`~embed.eval.tasks.supervised.Supervised`.
    window : int
        The words on either side whose vectors are features.
    label : int, optional
        The column of the label, from one; by default the part of speech (UPOS) in CoNLL-U, else the last.

    Raises
    ------
    ConfigError
        An option is out of bounds.
    MissingExtraError
        SciPy, which fits the classifier, is not installed.
    """

    window: int = 2
    label: int | None = None

    name = "tag"
    units = "sentences"

    def __post_init__(self) -> None:
        super().__post_init__()
        whole_number("window", self.window, 0)
        if self.label is not None:
            whole_number("label", self.label, 1)

    def read(self, path: Path) -> _TagSet:
        """Read a file of labelled words, as :func:`~embed.eval.tasks.labelled.read_labelled`."""
        train = None if self.train is None else read_labelled(Path(self.train), self.label)
        return _TagSet(set_name(path), self, train, read_labelled(path, self.label))

    def sentences(self) -> list[str]:
        """Describe the computation, one sentence per aspect."""
        return [
            self.classifier(f"the unit vectors of a word and of {self.window} words on either side"),
            "Missing words: 'covered' skips them; 'all' gives them the zero vector, unless the vectors compose them.",
        ]


@dataclass(frozen=True)
class _TagSet:
    """A test set of labelled words, and the training data unless parts of the set itself serve as such."""

    name: str
    task: Tag
    train: LabelledWords | None
    test: LabelledWords

    @property
    def notes(self) -> tuple[str, ...]:
        """How the file was read."""
        return (f"labels read from column {self.test.column}",)

    def solve(self, space: Space) -> Outcome:
        """Train and label."""
        given = [self.test] if self.train is None else [self.train, self.test]
        sentences = [sentence for part in given for sentence in part.words]
        index = {word: i for i, word in enumerate(dict.fromkeys(word for one in sentences for word in one))}
        found = look_up(space, list(index))
        window = self.task.window
        ids = _windows([[index[word] for word in one] for one in sentences], window, border=len(index))
        gold = [label for part in given for sentence in part.labels for label in sentence]
        unit_of = np.repeat(np.arange(len(sentences)), [len(one) for one in sentences])

        def features(train: Chosen) -> Float32s:
            return _with_border(standardised(found.rows, np.bincount(ids[train, window], minlength=len(index))))

        trained = 0 if self.train is None else len(self.train.words)
        tested, predicted = labelled(self.name, Items(ids, gold, unit_of, trained, features), self.task.folds)
        correct = predicted == np.asarray(gold)[tested]
        sentence_of, center = unit_of[tested], ids[tested, window]
        return Outcome(
            covered=found.covered[center],
            composed=found.composed[center],
            measures=(
                *self._spans(predicted.tolist()),
                Measure("accuracy", lambda chosen: accuracy(correct[chosen], sentence_of[chosen])),
            ),
        )

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


def _windows(sentences: Sequence[Sequence[int]], window: int, *, border: int) -> Ids:
    """Return the ids of the words around each token, shape (tokens, 2 window + 1); `border` is beyond the sentence."""
    padding = [border] * window
    padded = np.array([i for one in sentences for i in (*padding, *one, *padding)], dtype=np.int64)
    is_token = np.concatenate([np.repeat([False, True, False], [window, len(one), window]) for one in sentences])
    ids: Ids = padded[np.flatnonzero(is_token)[:, np.newaxis] + np.arange(-window, window + 1)]
    return ids


def _with_border(rows: Float32s) -> Float32s:
    """Append the row of a place beyond the sentence: zeros, and 1 in a column of its own."""
    extended = np.zeros((len(rows) + 1, rows.shape[1] + 1), dtype=np.float32)
    extended[:-1, :-1] = rows
    extended[-1, -1] = 1
    return extended
