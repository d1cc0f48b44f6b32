"""Score the similarity of words in their contexts: Stanford's Contextual Word Similarities.

A pair of words comes with a passage around each (Huang, Socher, Manning & Ng 2012); people rated how alike the two
words are there. The measure is Spearman's correlation with the mean of the ratings. What a model answers is its own
affair; with senses, Reisinger & Mooney (2010) define AvgSim, AvgSimC, MaxSim and LocalSim.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from embed.corpora.tokenizers import get_tokenizer
from embed.errors import ConfigError, FormatError

from ..bootstrap import Floats, Score, estimate
from ..decoding import LINE_END, decoded_file
from ..protocol import Sampling
from ..sets import warn_of_nothing_covered
from ..similarity import spearman
from .induction import Context
from .result import SenseResult

__all__ = ["ContextPair", "ContextSet", "Similarity", "evaluate_scws", "load_scws"]

_WORDS, _PASSAGES, _RATING = (1, 3), (5, 6), 7
"""The columns: number, word, part of speech, word, part of speech, two passages, mean rating, ratings."""
_MARKED = re.compile(r"<b>\s*(.*?)\s*</b>")


@dataclass(frozen=True)
class ContextPair:
    """Two words, each in a passage, and how alike people find them there.

    Attributes
    ----------
    words : (str, str)
        As the file writes them.
    contexts : (Context, Context)
        For each word, the lower-cased words to its left and to its right, in the order of the text.
    rating : float
        The mean rating; SCWS has 0 to 10.
    """

    words: tuple[str, str]
    contexts: tuple[Context, Context]
    rating: float


@dataclass(frozen=True)
class ContextSet:
    """Rated pairs of words in context.

    Attributes
    ----------
    name : str
    pairs : tuple of ContextPair
    notes : tuple of str
        How the file was read, for readers of the scores.
    """

    name: str
    pairs: tuple[ContextPair, ...]
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __len__(self) -> int:
        return len(self.pairs)


Similarity = Callable[[Sequence[ContextPair]], Sequence[float | None]]
"""Takes pairs; returns the similarity of each on any scale, None if a word is unknown."""


def load_scws(path: str | os.PathLike[str]) -> ContextSet:
    """Load Stanford's Contextual Word Similarities, or a file of the same form, compressed or not.

    Raises
    ------
    FormatError
        The file cannot be read, or has a malformed line.
    """
    path = Path(path)
    split = get_tokenizer("words", lowercase=True).split
    pairs = []
    for number, line in enumerate(LINE_END.split(decoded_file(path)), start=1):
        if not line.strip():
            continue
        fields = line.split("\t")
        if len(fields) <= _RATING:
            raise FormatError(
                f"{path}, line {number}: expected the columns of SCWS between tabs (number, word, part of speech, "
                f"word, part of speech, two passages, mean rating), not {line.strip()!r:.60}"
            )
        contexts = []
        for column in _PASSAGES:
            marked = _MARKED.split(fields[column])
            if len(marked) != 3:
                raise FormatError(
                    f"{path}, line {number}: column {column + 1} must mark its word once, with <b> and </b>; it has "
                    f"{len(marked) // 2} marked words"
                )
            contexts.append((tuple(split(marked[0])), tuple(split(marked[2]))))
        first, second = (fields[column].strip() for column in _WORDS)
        if not first or not second:
            raise FormatError(f"{path}, line {number}: columns 2 and 4 must hold the two words; one is empty")
        pairs.append(ContextPair((first, second), (contexts[0], contexts[1]), _rating(fields[_RATING], path, number)))
    if not pairs:
        raise FormatError(f"{path} has no pairs; name the file ratings.txt of SCWS")
    return ContextSet("scws" if path.name.startswith("ratings") else path.name.split(".")[0], tuple(pairs))


def evaluate_scws(
    similarity: Similarity,
    test: ContextSet,
    *,
    resamples: int = 1000,
    seed: int = 1,
    confidence: float = 0.95,
) -> SenseResult:
    """Score how well a model rates the similarity of words in context.

    Parameters
    ----------
    similarity : callable
        Takes all pairs; returns the similarity of each on any scale, or None if the model does not know a word.
    test : ContextSet
        See :func:`load_scws`.
    resamples, seed, confidence
        See :class:`~embed.eval.protocol.Sampling`.

    Returns
    -------
    SenseResult
        Spearman's correlation times 100, with an interval over pairs.

    Raises
    ------
    ConfigError
        A setting is out of bounds, or `similarity` returns another number of values, or one that is not finite.

    Warns
    -----
    AdviceWarning
        No pair is covered.
    """
    sampling = Sampling(resamples=resamples, seed=seed, confidence=confidence)
    found = list(similarity(test.pairs))
    if len(found) != len(test):
        raise ConfigError(f"the similarities must be {len(test):,}, one for each pair, not {len(found):,}")
    covered = np.array([value is not None for value in found])
    values = np.array([0.0 if value is None else float(value) for value in found])
    if not np.isfinite(values).all():
        raise ConfigError("a similarity is not finite; return None for a pair with an unknown word")
    warn_of_nothing_covered(test.name, covered)
    gold = np.array([pair.rating for pair in test.pairs])

    def score(x: Floats, y: Floats) -> Score:
        resampling = {"resamples": sampling.resamples, "seed": sampling.seed}
        return estimate(spearman(x, y), len(x), items=len(x), confidence=sampling.confidence, **resampling)

    return SenseResult(
        test.name,
        len(test),
        int(covered.sum()),
        {"Spearman": score(values, gold)},
        {"Spearman": score(values[covered], gold[covered])},
        None,
        sampling,
        "pairs",
        test.notes,
    )


def _rating(text: str, path: Path, number: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise FormatError(f"{path}, line {number}: the mean rating must be a finite number, not {text.strip()!r:.40}")
    return value
