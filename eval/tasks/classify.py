"""Label each text, such as a review or a headline, from the mean of the vectors of its words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embed.arguments import choice
from embed.choices import TEXT_WEIGHTINGS, TextWeighting

from ..shares import accuracy
from ..space import Space
from .linear import Float32s, standardised
from .supervised import Items, Supervised, labelled, set_name
from .task import Chosen, Measure, Outcome
from .texts import LabelledTexts, read_texts, text_rows

__all__ = ["Classify"]


@dataclass(frozen=True, kw_only=True)
class Classify(Supervised):
    """The task of labelling texts.

    Attributes
    ----------
    train, folds
        As in :class:`~embed.eval.tasks.supervised.Supervised`.
    weighting : {"mean", "sif"}
        Whether the words of a text count alike, or frequent ones less.

    Raises
    ------
    ConfigError
        An option is out of bounds.
    MissingExtraError
        SciPy, which fits the classifier, is not installed.
    """

    weighting: TextWeighting = "mean"

    name = "classify"
    units = "texts"

    def __post_init__(self) -> None:
        super().__post_init__()
        choice("weighting", self.weighting, TEXT_WEIGHTINGS)

    def read(self, path: Path) -> _TextSet:
        """Read a file of labelled texts, as :func:`~embed.eval.tasks.texts.read_texts`."""
        train = None if self.train is None else read_texts(Path(self.train))
        return _TextSet(set_name(path), self, train, read_texts(path))

    def sentences(self) -> list[str]:
        """Describe the computation, one sentence per aspect."""
        weighted = {"mean": "mean", "sif": "SIF-weighted mean"}[self.weighting]
        return [
            self.classifier(f"the {weighted} of the unit vectors of a text's words"),
            "Missing words: left out, unless the vectors compose them; 'covered' skips texts without a known word.",
        ]


@dataclass(frozen=True)
class _TextSet:
    """A test set of labelled texts, and the training data unless parts of the set itself serve as such."""

    name: str
    task: Classify
    train: LabelledTexts | None
    test: LabelledTexts
    notes: tuple[str, ...] = ()

    def solve(self, space: Space) -> Outcome:
        """Train and label."""
        given = [self.test] if self.train is None else [self.train, self.test]
        gold = [label for part in given for label in part.labels]
        found = text_rows(space, [text for part in given for text in part.texts], self.task.weighting)
        number = np.arange(len(gold))

        def features(train: Chosen) -> Float32s:
            return standardised(found.rows, train.astype(np.int64))

        trained = 0 if self.train is None else len(self.train.texts)
        items = Items(number[:, np.newaxis], gold, number, trained, features)
        tested, predicted = labelled(self.name, items, self.task.folds)
        correct = predicted == np.asarray(gold)[tested]
        return Outcome(
            covered=found.covered[tested],
            composed=found.composed[tested],
            measures=(Measure("accuracy", lambda chosen: accuracy(correct[chosen], np.flatnonzero(chosen))),),
        )
