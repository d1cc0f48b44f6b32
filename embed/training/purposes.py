"""What a search for parameters is for: test sets, or the loss on held-out text.

What chooses does not judge: test sets are cut into halves, by pairs or by clusters of questions, and the held-out text
into two parts. One half chooses, and the other tells how far the choice is better than the defaults, with an interval.
By the held-out loss only settings with the same windows, noise and kind of model can be compared, so it chooses rates,
passes, the dimension and the lengths of n-grams.
"""

from __future__ import annotations

import hashlib
import math
import statistics
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from embed.choices import HELD_OUT
from embed.errors import ConfigError, FormatError
from embed.eval import AnalogySet, Comparison, SimilaritySet, compare, evaluate
from embed.files.atomic import atomic_write_text
from embed.files.json_text import json_text, parse_json
from embed.formats import native
from embed.model.model import Model
from embed.training.trainer import Trainer
from embed.vectors.student import student_quantile
from embed.vectors.word_vectors import WordVectors

__all__ = ["OF_NGRAMS", "Loss", "Purpose", "Sets", "Verdict", "halves"]

_PARTS = 20
"""Parts in which the loss of the held-out text is measured: half of them choose, and half judge."""
_SPACE: Mapping[str, Sequence[Any]] = {
    "window": (2, 3, 5, 7, 10, 15),
    "dim": (50, 100, 200, 300),
    "negatives": (5, 10),
    "min_n": (2, 3, 4),
    "max_n": (5, 6),
}
OF_NGRAMS = ("min_n", "max_n")
_COMPARABLE = ("dim", *OF_NGRAMS)
"""What of the space leaves held-out losses comparable."""
_LEAST_PAIRS = 5
"""Parts that an interval needs."""
_CONFIDENCE = 0.95
"""The share below the upper end of an interval of 95 %."""


@dataclass(frozen=True)
class Verdict:
    """How far the choice is better than the defaults, by what did not choose.

    Attributes
    ----------
    text : str
        For people.
    gain, low, high : float
        Above zero for better, with an interval of 95 %; NaN if there is too little to tell.
    is_fresh : bool
        It is of other trainings than those that chose.
    """

    text: str
    gain: float = math.nan
    low: float = math.nan
    high: float = math.nan
    is_fresh: bool = False

    @property
    def conclusion(self) -> str:
        """What to do, in a sentence."""
        if self.low > 0:
            doubt = "" if self.is_fresh else ", by the training that chose it, which flatters it"
            return f"the choice is better than the defaults{doubt}"
        if self.high < 0:
            return "the choice is worse than the defaults, which are kept"
        return "the choice is not better than the defaults beyond chance, so these are kept"


class Purpose:
    """What a search is for; `Sets` and `Loss` are the two kinds."""

    needs_tail = False
    ending = ".json"
    """Of a file of what `verdict` compares."""

    def identity(self) -> str:
        """Identify what chooses and judges, for searches that resume."""
        raise NotImplementedError

    def write(self, judged: Any, path: Path) -> None:
        """Write what `verdict` compares."""
        raise NotImplementedError

    def read(self, path: Path) -> Any:
        """Read what `write` wrote; raises FormatError for another file."""
        raise NotImplementedError

    def space(self) -> Mapping[str, Sequence[Any]]:
        """Return the parameters that may be drawn."""
        raise NotImplementedError

    def score(self, trainer: Trainer, model: Model) -> float | None:
        """Return the score that chooses, larger for better."""
        raise NotImplementedError

    def judge(self, trainer: Trainer, model: Model) -> Any:
        """Return what `verdict` compares."""
        raise NotImplementedError

    def verdict(self, before: Any, after: Any) -> Verdict:
        """Return how far the choice is better than the defaults, by what did not choose."""
        raise NotImplementedError

    def shown(self, score: float | None) -> str:
        """Return a score for the table."""
        return "failed" if score is None else f"{score:.2f}"


class Sets(Purpose):
    """The mean score on test sets, in percent points, over all their items.

    Parameters
    ----------
    sets : sequence of SimilaritySet or AnalogySet
    """

    ending = ".embed"

    def __init__(self, sets: Sequence[SimilaritySet | AnalogySet]) -> None:
        self._choose, self._judge = zip(*map(halves, sets), strict=True)
        self._identity = hashlib.blake2b(repr(list(sets)).encode(errors="replace"), digest_size=16).hexdigest()

    def identity(self) -> str:
        """Return a digest of the sets."""
        return self._identity

    def write(self, judged: WordVectors, path: Path) -> None:
        """Write vectors."""
        native.write_vectors(judged, path)

    def read(self, path: Path) -> WordVectors:
        """Read vectors."""
        return native.read_vectors(path)

    def space(self) -> Mapping[str, Sequence[Any]]:
        """Return the whole space."""
        return _SPACE

    def score(self, trainer: Trainer, model: Model) -> float | None:
        """Return the mean over the first halves of the sets."""
        with warnings.catch_warnings(action="ignore"):
            report = evaluate(model.vectors, list(self._choose), resamples=0, top=None)
        values = [value for value in report.scores.values() if value is not None]
        return statistics.fmean(values) if len(values) == len(report.scores) else None

    def judge(self, trainer: Trainer, model: Model) -> WordVectors:
        """Return the vectors of the words alone: n-grams may take gigabytes, and both sides have the same words."""
        return WordVectors(model.vectors.words, model.vectors.matrix, counts=model.vectors.counts)

    def verdict(self, before: WordVectors, after: WordVectors) -> Verdict:
        """Compare on the second halves; the interval of the mean takes the sets for independent."""
        with warnings.catch_warnings(action="ignore"):
            found: Comparison = compare(before, after, list(self._judge), names=("defaults", "chosen"))
        rows = [row.difference for row in found.rows if row.part == "total" and row.on == "covered"]
        known = [(row.value, row.low, row.high) for row in rows if None not in (row.value, row.low, row.high)]
        if len(known) < len(rows):
            return Verdict(found.table())
        values, lows, highs = np.array(known, np.float64).T
        gain, half = float(values.mean()), float(np.linalg.norm((highs - lows) / 2)) / len(values)
        mean = f"mean of the sets: {gain:+.2f} [{gain - half:+.2f}, {gain + half:+.2f}]"
        return Verdict(f"{found.table()}\n{mean}", gain, gain - half, gain + half)


class Loss(Purpose):
    """The loss on held-out text."""

    needs_tail = True

    def identity(self) -> str:
        """Return the name of this purpose."""
        return HELD_OUT

    def write(self, judged: list[float | None], path: Path) -> None:
        """Write losses."""
        atomic_write_text(path, json_text(judged) + "\n")

    def read(self, path: Path) -> list[float | None]:
        """Read losses."""
        try:
            losses = parse_json(path.read_bytes())
        except (OSError, ValueError) as error:
            raise FormatError(f"{path}: cannot read: {error}") from None
        if not isinstance(losses, list) or not all(loss is None or isinstance(loss, float) for loss in losses):
            raise FormatError(f"{path}: damaged: not a list of losses")
        return losses

    def space(self) -> Mapping[str, Sequence[Any]]:
        """Return what leaves the losses comparable."""
        return {name: _SPACE[name] for name in _COMPARABLE}

    def score(self, trainer: Trainer, model: Model) -> float | None:
        """Return the negative mean loss of the first parts."""
        losses = [loss for loss in trainer.held_out_losses(_PARTS)[: _PARTS // 2] if loss is not None]
        return -statistics.fmean(losses) if losses else None

    def judge(self, trainer: Trainer, model: Model) -> list[float | None]:
        """Return the losses of the other parts."""
        return trainer.held_out_losses(_PARTS)[_PARTS // 2 :]

    def verdict(self, before: list[float | None], after: list[float | None]) -> Verdict:
        """Return the mean difference over the parts, with Student's interval."""
        pairs = [(a, b) for a, b in zip(before, after, strict=True) if a is not None and b is not None]
        if len(pairs) < _LEAST_PAIRS:
            return Verdict("there is too little held-out text to tell whether the choice is better than the defaults")
        differences = [new - old for old, new in pairs]
        mean, spread = statistics.fmean(differences), statistics.stdev(differences)
        half = student_quantile(len(pairs) - 1, _CONFIDENCE) * spread / math.sqrt(len(pairs))
        old, new = (statistics.fmean(side) for side in zip(*pairs, strict=True))
        text = (
            f"held-out loss: {old:.4f} (defaults), {new:.4f} (chosen), difference {mean:+.4f} "
            f"[{mean - half:+.4f}, {mean + half:+.4f}]"
        )
        return Verdict(text, -mean, -mean - half, half - mean)

    def shown(self, score: float | None) -> str:
        """Return the loss."""
        return "failed" if score is None else f"{-score:.4f}"


def halves(test: SimilaritySet | AnalogySet) -> tuple[SimilaritySet | AnalogySet, SimilaritySet | AnalogySet]:
    """Cut a test set into two, by pairs or by the questions with the same section and first pair.

    Raises
    ------
    ConfigError
        It has fewer than two of these.
    """
    items: Sequence[Any] = test.pairs if isinstance(test, SimilaritySet) else test.questions
    if isinstance(test, SimilaritySet):
        units = list(range(len(items)))
    else:
        known: dict[Any, int] = {}
        units = [known.setdefault((s, *q[:2]), len(known)) for s, q in zip(test.sections, test.questions, strict=True)]
    count = max(units, default=0) + 1
    if count < 2:
        raise ConfigError(f"the set {test.name!r:.60} is too small to be cut into halves: leave it out")
    is_first = np.zeros(count, bool)
    is_first[np.argsort(np.random.PCG64(1).random_raw(count), kind="stable")[: count // 2]] = True
    parts = []
    for wanted in (True, False):
        rows = [row for row, unit in enumerate(units) if is_first[unit] == wanted]
        if isinstance(test, SimilaritySet):
            part: SimilaritySet | AnalogySet = replace(
                test, pairs=tuple(test.pairs[row] for row in rows), scores=tuple(test.scores[row] for row in rows)
            )
        else:
            others = tuple(test.others[row] for row in rows) if test.others else ()
            part = replace(
                test,
                questions=tuple(test.questions[row] for row in rows),
                sections=tuple(test.sections[row] for row in rows),
                others=others,
            )
        parts.append(part)
    return parts[0], parts[1]
