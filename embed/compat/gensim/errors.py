"""Failures that code written for gensim catches by the built-in class that gensim raises.

Each is one of ours as well, so ``except EmbedError`` and the built-in both work.
"""

from __future__ import annotations

from embed.compat.errors import ArgumentError
from embed.errors import CorpusError, EmbedError, FormatError

__all__ = ["ArgumentError", "NotReadyError", "SentencesError", "WordFileError", "WrongKindError"]


class SentencesError(CorpusError, TypeError):
    """What was given is not an iterable of lists of words."""


class NotReadyError(EmbedError, RuntimeError):
    """Something else has to be done first: build the vocabulary, train."""


class WordFileError(FormatError, EOFError):
    """A file of vectors is damaged or ends too early."""


class WrongKindError(FormatError, AttributeError):
    """A file holds something else than the class that was asked to load it."""
