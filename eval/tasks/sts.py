"""Score how alike two sentences are: the cosine of their vectors, against the judgement of people.

Each line of a set has a score and two sentences, separated by tabs; or the columns of the STS benchmark: genre, file,
year, number, score, sentence, sentence, and perhaps more. The vectors make sentences themselves if they can
(``sentence_vectors``, as ``embed.WordVectors`` has it); otherwise, the vector of a sentence is the mean of the unit
vectors of its words.

Sources: Agirre et al., "SemEval-2012 Task 6"; Cer et al., "SemEval-2017 Task 1" (the benchmark, scored by Pearson).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embed.arguments import choice
from embed.choices import TEXT_WEIGHTINGS
from embed.errors import FormatError

from ..bootstrap import Floats, Statistic
from ..decoding import LINE_END, decoded_file
from ..similarity import pearson, spearman
from ..space import Space, unit
from .task import Chosen, Measure, Outcome
from .words import look_up

__all__ = ["Sts"]

_SHORT = (0, 1, 2)
"""Score and sentences in three columns."""
_BENCHMARK = (4, 5, 6)
"""The same in the seven or more columns of the STS benchmark."""
_WORD = re.compile(r"[^\W_]+(?:['’_.-][^\W_]+)*")
_DECIMALS = 6  # the precision of float32


@dataclass(frozen=True)
class Sts:
    """The task of semantic textual similarity.

    Attributes
    ----------
    weighting : str
        "sif" or "mean": how vectors that make sentences themselves weigh words.
    """

    weighting: str = "sif"

    name = "sts"
    units = "pairs of sentences"

    def __post_init__(self) -> None:
        choice("weighting", self.weighting, TEXT_WEIGHTINGS)

    def read(self, path: Path) -> _Pairs:
        """Read a set; raises FormatError, with file and line, for a line that is no pair."""
        scores: list[float] = []
        pairs: list[tuple[str, str]] = []
        skipped, columns = 0, _SHORT
        lines = [(number, line) for number, line in enumerate(LINE_END.split(decoded_file(path)), 1) if line.strip()]
        if lines and lines[0][1].count("\t") >= max(_BENCHMARK):
            columns = _BENCHMARK
        for place, (number, line) in enumerate(lines):
            fields = line.split("\t")
            if len(fields) <= max(columns):
                raise FormatError(
                    f"{path}, line {number}: expected a score and two sentences between tabs, or the columns of the "
                    f"STS benchmark, not {line.strip()!r:.60}"
                )
            score, first, second = (fields[column].strip() for column in columns)
            value = _finite(score)
            if value is not None:
                scores.append(value)
                pairs.append((first, second))
            elif not score:
                skipped += 1
            elif place:  # the first line may name the columns
                raise FormatError(f"{path}, line {number}: the score must be a finite number, not {score!r:.40}")
        if not pairs:
            raise FormatError(
                f"{path} has no scored pairs of sentences; name a file with a score and two sentences a line"
            )
        notes = (f"{skipped:,} lines without a score were skipped",) if skipped else ()
        return _Pairs(path.name.split(".")[0], self, np.array(scores), tuple(pairs), notes)

    def sentences(self) -> list[str]:
        """Describe the computation, one sentence per aspect."""
        weights = "SIF weights, without the common direction of the set" if self.weighting == "sif" else "equal weights"
        return [
            f"Sentences: the cosine of means of word vectors; {weights}, if the vectors make sentences themselves.",
            "Missing words: 'covered' skips pairs with a sentence without a known word; 'all' gives them the cosine 0, "
            "unless the vectors compose a word.",
        ]


@dataclass(frozen=True)
class _Pairs:
    """A set of scored pairs."""

    name: str
    task: Sts
    scores: NDArray[np.float64]
    pairs: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]

    def solve(self, space: Space) -> Outcome:
        """Correlate the cosines with the scores."""
        texts = [text for pair in self.pairs for text in pair]
        tokens = [_WORD.findall(text) for text in texts]
        words = list(dict.fromkeys(word for one in tokens for word in one))
        found = look_up(space, words)
        number = {word: row for row, word in enumerate(words)}
        rows_of = [[number[word] for word in one] for one in tokens]
        own = space.sentence_vectors(texts, self.task.weighting)
        units = unit(_sums(found.rows, rows_of) if own is None else own)
        cosines = np.round(np.einsum("ij,ij->i", units[0::2], units[1::2], dtype=np.float64), _DECIMALS)
        covered = _of_both(found.covered, rows_of)
        reached = _of_both(found.covered | found.composed, rows_of)

        def measure(name: str, correlation: Callable[[Floats, Floats], Statistic]) -> Measure:
            def of(chosen: Chosen) -> tuple[Statistic, int]:
                return correlation(cosines[chosen], self.scores[chosen]), int(chosen.sum())

            return Measure(name, of)

        return Outcome(covered, reached & ~covered, (measure("Spearman", spearman), measure("Pearson", pearson)))


def _sums(rows: NDArray[np.float32], rows_of: Sequence[Sequence[int]]) -> NDArray[np.float32]:
    """Return the sum of the rows of each sentence, which has the direction of the mean; zeros if it has none."""
    sums = np.zeros((len(rows_of), rows.shape[1]), np.float32)
    for sentence, numbers in enumerate(rows_of):
        if numbers:
            sums[sentence] = rows[list(numbers)].sum(axis=0)
    return sums


def _of_both(known: NDArray[np.bool_], rows_of: Sequence[Sequence[int]]) -> Chosen:
    """Return whether both sentences of each pair hold a known word, bool, shape (pairs,)."""
    has = np.array([any(known[row] for row in numbers) for numbers in rows_of], dtype=np.bool_)
    return has[0::2] & has[1::2]


def _finite(text: str) -> float | None:
    """Return the number that `text` is, None for anything else."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
