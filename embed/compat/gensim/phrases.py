"""Join phrases: pairs of words that occur together more often than chance explains (Mikolov et al. 2013, section 4).

A model counts words and neighbouring pairs; a pair whose score exceeds the threshold becomes one token. Connector
words ("of", "the") may stand between the two words of a pair without being counted. `Phrases` stores the counts and
can count more text; `FrozenPhrases` stores only the phrases. Saved models are JSON. A custom scoring function is saved
as its name: `load` finds it in a module that the program has imported, and never imports one for a file.
"""

from __future__ import annotations

import itertools
import logging
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import FunctionType
from typing import Any, Self

from embed.arguments import shown
from embed.compat.errors import ArgumentError, given_path
from embed.compat.gensim.saving import check_saved
from embed.errors import ConfigError, FormatError
from embed.files.atomic import atomic_write
from embed.files.json_text import json_bytes, parse_json
from embed.formats.reading import not_opened
from embed.text.phrases.phrase_model import ENGLISH_CONNECTOR_WORDS
from embed.text.phrases.scores import SCORERS, Scorer, scorer_of

__all__ = [
    "ENGLISH_CONNECTOR_WORDS",
    "FrozenPhrases",
    "PhraseTransformation",
    "Phraser",
    "Phrases",
]

logger = logging.getLogger("gensim.models.phrases")

Scored = tuple[str, float | None]
_PROGRESS_PER = 10_000
FORMAT, VERSION = "train-embeddings phrases", 1


class PhraseTransformation:
    """Joins the phrases of sentences; subclasses decide in `score_candidate` which pairs are phrases.

    Parameters
    ----------
    connector_words : iterable of str
    """

    def __init__(self, connector_words: Iterable[str]) -> None:
        self.connector_words = frozenset(connector_words)

    def score_candidate(self, word_a: str, word_b: str, in_between: list[str]) -> tuple[str | None, float | None]:
        """Return (phrase, score) of two words and the connector words in between, or (None, None) for no phrase."""
        raise NotImplementedError

    def analyze_sentence(self, sentence: Iterable[str]) -> Iterator[Scored]:
        """Yield (token, None) for each single word, and (phrase, score) for each phrase."""
        waiting: list[str] = []  # a word that could begin a phrase, and the connector words after it
        for word in sentence:
            if word in self.connector_words:
                if waiting:
                    waiting.append(word)
                else:
                    yield word, None
                continue
            if waiting:
                phrase, score = self.score_candidate(waiting[0], word, waiting[1:])
                if phrase is not None and score is not None:
                    yield phrase, score
                    waiting = []
                    continue
                yield from ((token, None) for token in waiting)
            waiting = [word]
        yield from ((token, None) for token in waiting)

    def __getitem__(self, sentence: Iterable[Any]) -> Any:
        """Return a sentence with its phrases joined, or for an iterable of sentences an iterable of those."""
        _refuse_text(sentence, "a list of words, or a list of these")
        single, items = _is_sentence(sentence)
        return [token for token, _ in self.analyze_sentence(items)] if single else _Transformed(self, items)

    def find_phrases(self, sentences: Iterable[Iterable[str]]) -> dict[str, float]:
        """Return the phrases of sentences with their scores."""
        tokens = itertools.chain.from_iterable(map(self.analyze_sentence, sentences))
        return {token: score for token, score in tokens if score is not None}


class _Transformed:
    """Sentences with their phrases joined; can be read as often as the sentences themselves."""

    def __init__(self, phrases: PhraseTransformation, sentences: Iterable[Iterable[str]]) -> None:
        self._phrases, self._sentences = phrases, sentences

    def __iter__(self) -> Iterator[list[str]]:
        for sentence in self._sentences:
            yield [token for token, _ in self._phrases.analyze_sentence(sentence)]


class _SavedPhrases(PhraseTransformation):
    """The shared base of `Phrases` and `FrozenPhrases`: parameters and files."""

    threshold: float
    min_count: float
    delimiter: str
    scoring: Scorer

    def save(
        self,
        fname_or_handle: str | os.PathLike[str],
        separately: object = None,
        sep_limit: int = 0,
        ignore: Iterable[str] = (),
        pickle_protocol: int = 0,
    ) -> None:
        """Write the model as JSON; the other arguments have no effect.

        Raises
        ------
        FormatError
            The file cannot be written, or a word holds a lone surrogate.
        """
        content = {
            "format": FORMAT,
            "version": VERSION,
            "class": type(self).__name__,
            "scoring": next((name for name, scorer in SCORERS.items() if scorer is self.scoring), None),
            "function": _place_of(self.scoring),
            "threshold": self.threshold,
            "min_count": self.min_count,
            "delimiter": self.delimiter,
            "connector_words": sorted(self.connector_words),
            **self._content(),
        }
        try:
            data = json_bytes(content)
        except ValueError as error:
            raise FormatError(f"{os.fspath(fname_or_handle)}: cannot write: {error}") from None
        with atomic_write(given_path(fname_or_handle)) as file:
            file.write(data)

    @classmethod
    def load(cls, fname: str | os.PathLike[str], scoring: Scorer | None = None) -> Self:
        """Read a model that `save` wrote.

        Parameters
        ----------
        fname : path
        scoring : callable, optional
            The custom scoring function of the model, of which a file has the name. Default: the function of that name
            in a module that is imported.

        Raises
        ------
        FormatError
            The file cannot be read, is damaged, or holds another class.
        ConfigError
            The model needs its custom scoring function, and no imported module has it.
        """
        check_saved(fname)
        name = os.fspath(fname)
        try:
            with open(fname, "rb") as file:
                content = parse_json(file.read())
            if content["format"] != FORMAT or content["version"] != VERSION:
                raise ValueError(f"not {FORMAT!r} of version {VERSION}")
            if content["class"] != cls.__name__:
                raise ValueError(f"holds {content['class']}, not {cls.__name__}")
            _check_content(content)
            if scoring is None:
                known = content["scoring"]
                scoring = SCORERS[known] if known is not None else _function_at(name, content.get("function"))
            model = cls.__new__(cls)
            PhraseTransformation.__init__(model, content["connector_words"])
            model.scoring = scoring
            model.threshold, model.min_count = content["threshold"], content["min_count"]
            model.delimiter = content["delimiter"]
            model._restore(content)
        except OSError as error:
            raise not_opened(fname, error) from error
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, ConfigError):
                raise
            raise FormatError(f"{name}: not saved by {cls.__name__}: {error!s:.200}") from error
        return model

    def _content(self) -> dict[str, Any]:
        raise NotImplementedError

    def _restore(self, content: Mapping[str, Any]) -> None:
        raise NotImplementedError


class Phrases(_SavedPhrases):
    """Counts of words and pairs, from which phrases are found.

    Parameters
    ----------
    sentences : iterable of lists of str, optional
        Read once.
    min_count : float
        The default score subtracts it from the count of every pair; NPMI leaves out rarer pairs.
    threshold : float
        A pair with a higher score is a phrase; positive for the default score, from -1 to 1 for NPMI.
    max_vocab_size : int
        Beyond this many words and pairs, forget the rarest.
    delimiter : str
        Joins the words of a phrase.
    progress_per : int
        Log the progress after so many sentences.
    scoring : {"default", "npmi"} or callable
        A callable takes the arguments of `original_scorer`.
    connector_words : iterable of str
        Words that may stand within a phrase and are not counted, such as `ENGLISH_CONNECTOR_WORDS`.

    Attributes
    ----------
    vocab : dict of str to int
        Counts of words and joined pairs.
    corpus_word_count : int

    Raises
    ------
    ConfigError
        A parameter is out of its bounds.
    """

    def __init__(
        self,
        sentences: Iterable[Iterable[str]] | None = None,
        min_count: float = 5,
        threshold: float = 10.0,
        max_vocab_size: int = 40_000_000,
        delimiter: str = "_",
        progress_per: int = _PROGRESS_PER,
        scoring: str | Scorer = "default",
        connector_words: Iterable[str] = frozenset(),
    ) -> None:
        super().__init__(connector_words)
        if min_count <= 0:
            raise ConfigError(f"min_count must be greater than 0, not {min_count}")
        if scoring == "default" and threshold <= 0:
            raise ConfigError(f"threshold must be greater than 0 for the default scoring, not {threshold}")
        if scoring == "npmi" and not -1 <= threshold <= 1:
            raise ConfigError(f"threshold must be from -1 to 1 for npmi, not {threshold}")
        if max_vocab_size < 1:
            raise ConfigError(f"max_vocab_size must be at least 1, not {max_vocab_size}")
        self.scoring = scorer_of(scoring)
        self.min_count, self.threshold = min_count, threshold
        self.max_vocab_size, self.delimiter = max_vocab_size, delimiter
        self.vocab: dict[str, int] = {}
        self.min_reduce = 1
        self.corpus_word_count = 0
        self.progress_per = max(1, progress_per)
        if sentences is not None:
            self.add_vocab(sentences)

    def __str__(self) -> str:
        return (
            f"{type(self).__name__}<{len(self.vocab)} vocab, min_count={self.min_count}, threshold={self.threshold}, "
            f"max_vocab_size={self.max_vocab_size}>"
        )

    def add_vocab(self, sentences: Iterable[Iterable[str]]) -> None:
        """Count more sentences.

        Raises
        ------
        ArgumentError
            `sentences` or a sentence is a str, which would count as letters.
        """
        _refuse_text(sentences, "a list of lists of words")
        logger.info("collecting all words and their counts")
        vocab, connectors, join = self.vocab, self.connector_words, self.delimiter.join
        number = 0
        for number, sentence in enumerate(sentences, 1):
            _refuse_text(sentence, "a list of words for each sentence")
            waiting: list[str] = []
            for word in sentence:
                self.corpus_word_count += 1
                if word in connectors:
                    if waiting:
                        waiting.append(word)
                    continue
                vocab[word] = vocab.get(word, 0) + 1
                if waiting:
                    waiting.append(word)
                    pair = join(waiting)
                    vocab[pair] = vocab.get(pair, 0) + 1
                waiting = [word]
            while len(vocab) > self.max_vocab_size:
                for token in [token for token, count in vocab.items() if count <= self.min_reduce]:
                    del vocab[token]
                self.min_reduce += 1
            if number % self.progress_per == 0:
                logger.info(
                    "PROGRESS: at sentence #%i, processed %i words and %i word types",
                    number,
                    self.corpus_word_count,
                    len(vocab),
                )
        logger.info(
            "collected %i token types (unigram + bigrams) from a corpus of %i words and %i sentences",
            len(vocab),
            self.corpus_word_count,
            number,
        )

    def score_candidate(self, word_a: str, word_b: str, in_between: list[str]) -> tuple[str | None, float | None]:
        """Return (phrase, score), or (None, None) for no phrase."""
        phrase = self.delimiter.join([word_a, *in_between, word_b])
        counts = [self.vocab.get(token, 0) for token in (word_a, word_b, phrase)]
        if not all(counts):
            return None, None
        score = self.scoring(
            worda_count=counts[0],
            wordb_count=counts[1],
            bigram_count=counts[2],
            len_vocab=len(self.vocab),
            min_count=self.min_count,
            corpus_word_count=self.corpus_word_count,
        )
        return (phrase, score) if score > self.threshold else (None, None)

    def export_phrases(self) -> dict[str, float]:
        """Return all phrases with their scores."""
        found: dict[str, float] = {}
        for token in self.vocab:
            words = token.split(self.delimiter)
            if len(words) > 1:
                phrase, score = self.score_candidate(words[0], words[-1], words[1:-1])
                if phrase is not None and score is not None:
                    found[phrase] = score
        logger.info("exported %i phrases of %i token types", len(found), len(self.vocab))
        return found

    def freeze(self) -> FrozenPhrases:
        """Return the phrases without the counts."""
        return FrozenPhrases(self)

    def _content(self) -> dict[str, Any]:
        names = ("max_vocab_size", "min_reduce", "corpus_word_count", "vocab")
        return {name: getattr(self, name) for name in names}

    def _restore(self, content: Mapping[str, Any]) -> None:
        self.progress_per = _PROGRESS_PER
        self.max_vocab_size, self.min_reduce = content["max_vocab_size"], content["min_reduce"]
        self.corpus_word_count, self.vocab = content["corpus_word_count"], content["vocab"]


class FrozenPhrases(_SavedPhrases):
    """The phrases of a model, small and fast to apply.

    Parameters
    ----------
    phrases_model : Phrases or FrozenPhrases

    Attributes
    ----------
    phrasegrams : dict of str to float
        The phrases and their scores.
    """

    def __init__(self, phrases_model: Phrases | FrozenPhrases) -> None:
        super().__init__(phrases_model.connector_words)
        self.threshold, self.min_count = phrases_model.threshold, phrases_model.min_count
        self.delimiter, self.scoring = phrases_model.delimiter, phrases_model.scoring
        frozen = isinstance(phrases_model, FrozenPhrases)
        self.phrasegrams: dict[str, float] = (
            dict(phrases_model.phrasegrams) if frozen else phrases_model.export_phrases()  # type: ignore[union-attr]
        )

    def __str__(self) -> str:
        return (
            f"{type(self).__name__}<{len(self.phrasegrams)} phrases, min_count={self.min_count}, "
            f"threshold={self.threshold}>"
        )

    def score_candidate(self, word_a: str, word_b: str, in_between: list[str]) -> tuple[str | None, float | None]:
        """Return (phrase, score), or (None, None) for no phrase."""
        phrase = self.delimiter.join([word_a, *in_between, word_b])
        score = self.phrasegrams.get(phrase)
        return (None, None) if score is None else (phrase, score)

    def _content(self) -> dict[str, Any]:
        return {"phrasegrams": self.phrasegrams}

    def _restore(self, content: Mapping[str, Any]) -> None:
        self.phrasegrams = content["phrasegrams"]


Phraser = FrozenPhrases


def _check_content(content: Mapping[str, Any]) -> None:
    """Raise ValueError unless the content of a file has valid types and values."""
    for name in ("threshold", "min_count"):
        if not _is_number(content[name]):
            raise ValueError(f"{name} must be a number, not {content[name]!r:.60}")
    if not isinstance(content["delimiter"], str):
        raise ValueError("delimiter must be a string")
    if not isinstance(content["connector_words"], list) or not _are_texts(content["connector_words"]):
        raise ValueError("connector_words must be strings")
    for name, least in (("max_vocab_size", 1), ("min_reduce", 0), ("corpus_word_count", 0)):
        if name in content and (not _is_number(content[name]) or content[name] < least):
            raise ValueError(f"{name} must be a number of at least {least}, not {content[name]!r:.60}")
    for name in ("vocab", "phrasegrams"):
        counts = content.get(name, {})
        if not isinstance(counts, dict) or not all(map(_is_number, counts.values())):
            raise ValueError(f"{name} must hold a number for each string")


def _refuse_text(value: object, wanted: str) -> None:
    """Raise ArgumentError for a text, whose letters would count as words."""
    if isinstance(value, (str, bytes)):
        raise ArgumentError(f"phrases are made of words, not of the letters of {shown(value):.60}: give {wanted}")


def _place_of(scorer: Scorer) -> list[str] | None:
    """Return the names of the module and of a function in it, or None for any other callable."""
    if not isinstance(scorer, FunctionType) or not scorer.__qualname__.isidentifier():
        return None
    return [scorer.__module__, scorer.__qualname__]


def _function_at(name: str, place: object) -> Scorer:
    """Return the scoring function at a place that a file names, from a module that is imported."""
    if not isinstance(place, list) or len(place) != 2 or not _are_texts(place):
        raise ConfigError(f"{name}: was saved with a scoring function without a name: pass that as scoring=...")
    found = getattr(sys.modules.get(place[0]), "__dict__", {}).get(place[1])
    if not isinstance(found, FunctionType) or _place_of(found) != place:
        raise ConfigError(
            f"{name}: was saved with the scoring function {'.'.join(place)!r:.120}, which no imported module has: "
            "import its module before, or pass the function as scoring=..."
        )
    try:
        return scorer_of(found)
    except ConfigError as error:
        raise ConfigError(f"{name}: cannot score by {'.'.join(place)!r:.120}: {error}") from None


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _are_texts(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def _is_sentence(value: Iterable[Any]) -> tuple[bool, Iterable[Any]]:
    """Return whether `value` is one sentence, and `value` with its first item, even if it is an iterator."""
    iterator = iter(value)
    try:
        first = next(iterator)
    except StopIteration:
        return True, []
    whole = itertools.chain([first], iterator) if iterator is value else value
    return isinstance(first, str), whole
