"""Train a classifier on some items and label the others: what tasks with labels share.

The items of a unit, as the words of a sentence, stay together, and no chance decides which units train.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embed.arguments import whole_number
from embed.errors import FormatError, from_extra
from embed.messages import option

from .linear import Float32s, Ids, fit
from .task import Chosen

__all__ = ["Items", "Supervised", "labelled", "set_name"]

PENALTY_C = 1.0
"""The inverse strength of the classifier's penalty."""
MOST_LABELS = 1000
"""More are words or numbers in a wrong column, and the scores of each item for each label need memory."""

_COMPRESSED = {".gz", ".bz2", ".xz", ".zst"}


@dataclass(frozen=True, kw_only=True)
class Supervised:
    """The options of a task with labels.

    Attributes
    ----------
    train : path, optional
        The file to train the classifier on. None: each test file is cut into `folds` parts, and each part is labelled
        by a classifier that is trained on the others; sentence i belongs to part i modulo `folds`.
    folds : int

    Raises
    ------
    ConfigError
        An option is out of bounds.
    MissingExtraError
        SciPy, which fits the classifier, is not installed.
    """

    train: str | os.PathLike[str] | None = None
    folds: int = 5

    def __post_init__(self) -> None:
        whole_number("folds", self.folds, 2)
        from_extra("scipy", "scipy.optimize", "tasks with labels need SciPy")

    def classifier(self, features: str) -> str:
        """Describe the classifier and its training data in one sentence."""
        data = f"{self.folds}-fold cross-validation" if self.train is None else f"trained on {Path(self.train).name}"
        return f"Classifier: multinomial logistic regression (C = {PENALTY_C:g}) on {features}, standardised; {data}."


@dataclass(frozen=True)
class Items:
    """What is labelled, in the order of units.

    Attributes
    ----------
    ids : ndarray of int64, shape (n, k)
        The rows of `features` that describe each item.
    gold : sequence of str, length n
        The right labels.
    unit_of : ndarray of int64, shape (n,)
        The unit of each item, from zero.
    trained : int
        The number of units of the training data, which come first; 0 for a cross-validation.
    features : function
        Takes the items to train on, bool, shape (n,), and returns float32 rows standardised for them.
    """

    ids: Ids
    gold: Sequence[str]
    unit_of: Ids
    trained: int
    features: Callable[[Chosen], Float32s]


def labelled(name: str, items: Items, folds: int) -> tuple[Ids, NDArray[np.str_]]:
    """Label the items of the set `name` that do not only train.

    Returns
    -------
    tested : ndarray of int64, shape (t,)
        The numbers of the labelled items, rising.
    labels : ndarray of str, shape (t,)

    Raises
    ------
    FormatError
        There are too few units, too few labels, or too many.
    """
    gold = np.asarray(items.gold)
    predicted = gold.copy()
    for train, test in _parts(name, items, folds):
        names, numbers = np.unique(gold[train], return_inverse=True)
        if not 1 < len(names) <= MOST_LABELS:
            raise FormatError(
                f"the training data of {name} has {len(names):,} different labels, such as {str(names[0])!r:.40}; a "
                f"classifier needs 2 to {MOST_LABELS:,}; check {option('label')} and the columns of the file"
            )
        rows = items.features(train)
        model = fit(rows, items.ids[train], numbers, c=PENALTY_C)
        predicted[test] = names[model.predict(rows, items.ids[test])]
    tested = np.flatnonzero(items.unit_of >= items.trained)
    return tested, predicted[tested]


def set_name(path: Path) -> str:
    """Return the name of a test set: that of its file, without extensions."""
    return Path(path.stem).stem if path.suffix.lower() in _COMPRESSED else path.stem


def _parts(name: str, items: Items, folds: int) -> Iterator[tuple[Chosen, Chosen]]:
    """Yield the items to train on and those to label."""
    if items.trained:
        test = items.unit_of >= items.trained
        yield ~test, test
        return
    units = int(items.unit_of[-1]) + 1
    if units < folds:
        raise FormatError(
            f"{name} has only {units:,} sentences, too few for {folds} parts; name another file to train on with "
            f"{option('train')}"
        )
    for fold in range(folds):
        test = items.unit_of % folds == fold
        yield ~test, test
