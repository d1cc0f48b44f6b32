"""Find and join phrases: neighbouring words that occur together more often than by chance.

A pass counts the pairs of neighbouring ids, scores them, and joins each pair above the threshold into one token. The
next pass works on the joined tokens, so N passes give phrases of up to 2 ** N words (Mikolov et al. 2013, section 4).
Connector words ("of", "the") may stand inside a pair and do not count. All passes work on the provisional ids of the
token counter, before rare words are dropped, with a file and a table of bounded size (csrc/text_phrases.h).

Pairs are joined from left to right, as soon as they are complete; a word belongs to at most one pair.

Rejected: counting strings (gensim, word2phrase.c: ten times the time), counting the ids of the final vocabulary (a
phrase of words that are rare alone would be lost, and words on both sides of one left out would become neighbours).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embed.arguments import choice, listed, real_number, text, whole_number
from embed.choices import PhraseScore
from embed.config.parameter import whole_bounds
from embed.config.train import TrainConfig
from embed.errors import ConfigError, CorpusError
from embed.messages import option
from embed.text import _text
from embed.text.phrases import _phrases
from embed.text.phrases.scores import Scorer, npmi_scorer, original_scorer, word2phrase_scorer

__all__ = [
    "ENGLISH_CONNECTOR_WORDS",
    "SCORES",
    "Passes",
    "Phrase",
    "PhraseSettings",
    "choose",
    "count_pairs",
    "enough_ids",
    "join",
    "key_of",
    "learn_passes",
]

ENGLISH_CONNECTOR_WORDS = frozenset(
    ("a", "an", "the", "for", "of", "with", "without", "at", "from", "to", "in", "on", "by", "and", "or")
)
SCORES: dict[PhraseScore, tuple[Scorer, float]] = {
    "discounted": (original_scorer, 10.0),
    "word2phrase": (word2phrase_scorer, 100.0),
    "npmi": (npmi_scorer, 0.5),
}
"""Each score's function and default threshold."""

_DECLARED = {"passes": "phrases", "min_count": "phrase_min_count", "max_pairs": "phrase_max_pairs"}
"""Settings that have the bounds of a field of TrainConfig; phrases of no pass are none at all."""
_BLOCK = 1 << 20
"""Ids processed at a time."""
_ID_BITS = np.int32(np.iinfo(np.int32).max)
_ID = np.dtype("<i4")


@dataclass(frozen=True, kw_only=True)
class PhraseSettings:
    """The settings for finding phrases.

    Parameters
    ----------
    passes : int
        1 joins pairs of words, 2 also pairs of those, and so on.
    score : {"discounted", "word2phrase", "npmi"}
        See :mod:`embed.text.phrases.scores`.
    threshold : float or None
        A pair with a higher score is a phrase. None: 10, 100 and 0.5 for the three scores.
    min_count : int
        Pairs that occur less often are not phrases; also the discount (delta) of the first two scores.
    delimiter : str
        The text between the words of a joined phrase.
    connectors : iterable of str
        Words that may stand inside a phrase and do not count, such as `ENGLISH_CONNECTOR_WORDS`.
    max_pairs : int
        The most distinct pairs in memory, 26 to 52 bytes each (the table doubles), and twice that for a moment when the
        table grows or is pruned. Beyond it, a count may be too low by at most ``2 * pairs seen / max_pairs``; the
        model reports by how much.

    Raises
    ------
    ConfigError
        A value is out of bounds.
    """

    passes: int = 1
    score: PhraseScore = TrainConfig.phrase_score
    threshold: float | None = None
    min_count: int = TrainConfig.phrase_min_count
    delimiter: str = TrainConfig.phrase_delimiter
    connectors: Iterable[str] = ()
    max_pairs: int = TrainConfig.phrase_max_pairs

    def __post_init__(self) -> None:
        choice("score", self.score, tuple(SCORES))
        for name, declared in _DECLARED.items():
            _, high = whole_bounds(TrainConfig, declared)
            object.__setattr__(self, name, whole_number(name, getattr(self, name), 1, high))
        text("delimiter", self.delimiter)
        connectors = listed("connectors", self.connectors, "words")
        if not all(isinstance(word, str) and word for word in connectors):
            raise ConfigError(f"{option('connectors')} must be a list of non-empty strings")
        object.__setattr__(self, "connectors", tuple(sorted(set(connectors))))
        for part in (self.delimiter, *self.connectors):
            if any("\ud800" <= character <= "\udfff" for character in part):
                raise ConfigError(
                    f"{option('delimiter')} and {option('connectors')} must not contain lone surrogates, as in "
                    f"{part!r:.60}"
                )
        threshold = SCORES[self.score][1] if self.threshold is None else self.threshold
        threshold = real_number("threshold", threshold)
        if self.score == "npmi" and not -1 <= threshold <= 1:
            raise ConfigError(f"{option('threshold')} must be from -1 to 1 for npmi, not {threshold}")
        if self.score != "npmi" and not 0 < threshold < float("inf"):
            raise ConfigError(
                f"{option('threshold')} must be greater than 0 for the score {self.score}, not {threshold}"
            )
        object.__setattr__(self, "threshold", threshold)

    @classmethod
    def of(cls, config: TrainConfig) -> PhraseSettings | None:
        """Return the phrase settings of a training configuration; None if it uses no phrases."""
        if not config.phrases:
            return None
        return cls(
            passes=config.phrases,
            score=config.phrase_score,
            threshold=config.phrase_threshold,
            min_count=config.phrase_min_count,
            delimiter=config.phrase_delimiter,
            max_pairs=config.phrase_max_pairs,
            connectors=ENGLISH_CONNECTOR_WORDS if config.phrase_connectors == "english" else (),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as a plain dictionary, for JSON."""
        return {**dataclasses.asdict(self), "connectors": list(self.connectors)}


@dataclass(frozen=True)
class Phrase:
    """A phrase: its words (tokens of the previous pass, including connectors), score and count."""

    words: tuple[str, ...]
    score: float
    count: int


Passes = tuple[tuple[Phrase, ...], ...]


def learn_passes(
    path: Path, counter: _text.TokenCounter, settings: PhraseSettings, *, keep_joined: bool
) -> tuple[Passes, tuple[int, ...]]:
    """Learn phrases from a file of provisional ids; return the phrases and the count error of each pass.

    Parameters
    ----------
    path : Path
        int32 ids, the sign bit starting a sentence; changed between passes.
    counter : TokenCounter
        The counter that assigned the ids. It gets the joined words, and the counts of the final file.
    settings : PhraseSettings
    keep_joined : bool
        Join the phrases of the last pass in the file as well.

    Raises
    ------
    CorpusError
        There are more distinct words and phrases than ids.
    OSError
        The file cannot be read or written.
    """
    passes: list[tuple[Phrase, ...]] = []
    errors: list[int] = []
    with enough_ids():
        for number in range(settings.passes):
            pairs = count_pairs(path, counter, settings)
            phrases = choose(pairs, counter, settings)
            passes.append(phrases)
            errors.append(pairs.error)
            if phrases and (keep_joined or number + 1 < settings.passes):
                join(path, counter, phrases, settings)
    return tuple(passes), tuple(errors)


@contextmanager
def enough_ids() -> Iterator[None]:
    """Raise CorpusError if there are more distinct words and phrases than ids."""
    try:
        yield
    except OverflowError as error:
        raise CorpusError(
            f"cannot learn phrases: {error}; raise {option('threshold')}, or lower {option('passes')}"
        ) from error


def count_pairs(path: Path, counter: _text.TokenCounter, settings: PhraseSettings) -> _phrases.PairCounter:
    """Count the pairs of neighbours in a file of ids."""
    flags, pairs = _flags(counter, settings), _phrases.PairCounter(settings.max_pairs)
    with open(path, "rb") as file:
        while chunk := file.read(_BLOCK * _ID.itemsize):
            pairs.count(np.frombuffer(chunk, dtype=np.int32), flags)
    return pairs


def _flags(counter: _text.TokenCounter, settings: PhraseSettings) -> NDArray[np.uint8]:
    connector_ids = counter.intern(list(settings.connectors))
    flags = np.zeros(len(counter), dtype=np.uint8)
    flags[connector_ids] = 1
    if counter.is_bound:
        flags[_text.GONE] = _phrases.GONE_ROLE
    return flags


def choose(
    pair_counter: _phrases.PairCounter, counter: _text.TokenCounter, settings: PhraseSettings
) -> tuple[Phrase, ...]:
    """Return the phrases of one pass, best first, from the counts of all pairs and all words."""
    flags = _flags(counter, settings)
    counts = counter.counts(np.arange(len(counter), dtype=np.int32))
    tokens = int(counts.sum())
    distinct = int(np.count_nonzero(counts[flags == 0])) + len(pair_counter)
    pairs = pair_counter.pairs(settings.min_count)
    first, second = counts[pairs[:, 0]].tolist(), counts[pairs[:, 1]].tolist()
    scorer, _ = SCORES[settings.score]
    together = pairs[:, 3].tolist()
    min_count, threshold = settings.min_count, float(settings.threshold or 0)
    scores = [scorer(a, b, ab, distinct, min_count, tokens) for a, b, ab in zip(first, second, together, strict=True)]
    chosen = np.flatnonzero(np.array(scores, dtype=np.float64) > threshold)
    links = pair_counter.links()
    ids = [(int(a), *_between(links, int(node)), int(b)) for a, b, node, _ in pairs[chosen]]
    words = iter(counter.words(np.fromiter(chain.from_iterable(ids), dtype=np.int32)))
    found = [
        Phrase(tuple(islice(words, len(key))), scores[at], together[at])
        for at, key in zip(chosen.tolist(), ids, strict=True)
    ]
    return tuple(sorted(found, key=lambda phrase: (-phrase.score, phrase.words)))


def join(path: Path, counter: _text.TokenCounter, phrases: Sequence[Phrase], settings: PhraseSettings) -> None:
    """Join phrases in a file of ids in place, and update the counts of the counter, which gets the joined words."""
    words = iter(counter.intern([word for phrase in phrases for word in phrase.words]).tolist())
    keys = [key_of(list(islice(words, len(phrase.words)))) for phrase in phrases]
    joined = counter.intern([settings.delimiter.join(phrase.words) for phrase in phrases])
    joiner = _phrases.PhraseJoiner(keys, joined, _flags(counter, settings))
    counts = np.zeros(len(counter), dtype=np.int64)
    waiting = np.empty(0, dtype=np.int32)
    # The writer never overtakes the reader, so one file serves both.
    with open(path, "rb") as reader, open(path, "r+b") as writer:
        while chunk := reader.read(_BLOCK * _ID.itemsize):
            block = np.concatenate((waiting, np.frombuffer(chunk, dtype=np.int32)))
            kept, pending = joiner.join(block)
            done, waiting = block[: kept - pending], block[kept - pending : kept]
            writer.write(done.data)
            counts += np.bincount(done & _ID_BITS, minlength=len(counts))
        writer.write(waiting.data)
        counts += np.bincount(waiting & _ID_BITS, minlength=len(counts))
        writer.truncate()
    counter.set_counts(counts)


def _between(links: dict[int, tuple[int, int]], node: int) -> tuple[int, ...]:
    found: list[int] = []
    while node:
        node, connector = links[node]
        found.append(connector)
    return tuple(reversed(found))


def key_of(ids: list[int]) -> tuple[int, tuple[int, ...], int]:
    """Return the ids of a phrase in the form of the compiled code: (first, connectors, last)."""
    return ids[0], tuple(ids[1:-1]), ids[-1]
