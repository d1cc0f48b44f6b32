"""Learn phrases from a corpus, apply and save them.

The corpus is read once, into a temporary file of ids (4 bytes a token), over which
:mod:`embed.text.phrases.phrase_model` makes its passes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from embed.arguments import of_kind
from embed.corpora import SentenceCorpus
from embed.errors import CorpusError, EmbedError, FormatError
from embed.files.saved import Saved
from embed.files.temporary import files_of_run
from embed.text.encoding import Progress, count_tokens
from embed.text.phrases import _phrases
from embed.text.phrases.phrase_file import read_phrases, write_phrases
from embed.text.phrases.phrase_model import (
    ENGLISH_CONNECTOR_WORDS,
    Passes,
    Phrase,
    PhraseSettings,
    key_of,
    learn_passes,
)

__all__ = [
    "ENGLISH_CONNECTOR_WORDS",
    "Phrase",
    "PhraseModel",
    "PhraseSettings",
    "learn_phrases",
    "load_phrases",
]


@dataclass(frozen=True)
class PhraseModel(Saved):
    """The learnt phrases of each pass, best first.

    Attributes
    ----------
    settings : PhraseSettings
    passes : tuple of tuples of Phrase
    count_errors : tuple of int
        For each pass, how much too low a count may be because `max_pairs` was reached; else 0.
    """

    settings: PhraseSettings
    passes: Passes
    count_errors: tuple[int, ...]

    def apply(self, sentences: Iterable[list[str]]) -> Iterator[list[str]]:
        """Join the phrases in sentences; return an iterator over new lists."""
        return map(self._joiner.join, sentences)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a file, which :meth:`load` reads; the same model gives the same bytes.

        Raises
        ------
        FormatError
            The file cannot be written.
        """
        write_phrases(path, self.settings, self.passes, self.count_errors)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` has written.

        Raises
        ------
        FormatError
            The file cannot be read, is no phrase model, is of another version, or is damaged.
        """
        return cls(*read_phrases(path))

    @cached_property
    def _joiner(self) -> _phrases.WordJoiner:
        connectors = tuple(self.settings.connectors)
        ids = {word: number for number, word in enumerate(connectors)}
        for phrase in (phrase for phrases in self.passes for phrase in phrases):
            for word in (*phrase.words, self.settings.delimiter.join(phrase.words)):
                ids.setdefault(word, len(ids))
        flags = np.zeros(len(ids) + 1, dtype=np.uint8)
        flags[: len(connectors)] = 1
        joiners = []
        for phrases in self.passes:
            keys = [key_of([ids[word] for word in phrase.words]) for phrase in phrases]
            joined = [ids[self.settings.delimiter.join(phrase.words)] for phrase in phrases]
            joiners.append(_phrases.PhraseJoiner(keys, np.array(joined, dtype=np.int32), flags))
        return _phrases.WordJoiner(list(ids), joiners)


def learn_phrases(
    corpus: Iterable[list[str]],
    settings: PhraseSettings | None = None,
    *,
    progress: Progress | None = None,
    threads: int | None = None,
    **overrides: Any,
) -> PhraseModel:
    """Find the phrases of a corpus.

    Parameters
    ----------
    corpus : corpus or iterable of lists of str
        See :func:`embed.corpora.open_corpus`. Iterated once, so a generator is allowed.
    settings : PhraseSettings, optional
    progress, threads
        As for :func:`embed.encode`.
    **overrides
        Fields of PhraseSettings, if `settings` is omitted.

    Returns
    -------
    PhraseModel
        The same on every machine for the same text and settings.

    Raises
    ------
    ConfigError
        A setting is out of bounds.
    CorpusError
        The input is unreadable or malformed, or has no tokens.
    FormatError
        The temporary file cannot be written.
    """
    settings = PhraseSettings(**overrides) if settings is None else of_kind("settings", settings, PhraseSettings)
    if not hasattr(corpus, "byte_chunks") and not isinstance(corpus, SentenceCorpus):
        corpus = SentenceCorpus(corpus)
    try:
        with files_of_run() as folder:
            path = folder / "ids"
            counter = count_tokens(path, corpus, progress, threads=threads)
            if not counter.tokens:
                raise CorpusError("the corpus is empty: there are no tokens to find phrases in; name a file with text")
            return PhraseModel(settings, *learn_passes(path, counter, settings, keep_joined=False))
    except EmbedError:  # about the corpus, which may be missing
        raise
    except OSError as error:
        raise FormatError(
            f"cannot write a temporary file for the phrases: {error.strerror or error}; set TMPDIR to another folder"
        ) from error


def load_phrases(path: str | os.PathLike[str]) -> PhraseModel:
    """Read a phrase model from a file: another name of `PhraseModel.load`."""
    return PhraseModel.load(path)
