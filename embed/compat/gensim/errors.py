"""Failures that code written for gensim catches by the built-in class that gensim raises.

Each is one of ours as well, so ``except EmbedError`` and the built-in both work.
"""

from __future__ import annotations

from embed.compat.errors import ArgumentError
from embed.errors import CorpusError, EmbedError, FormatError

__all__ = [
    "ArgumentError",
    "EmptyMeanError",
    "NotReadyError",
    "SentencesError",
    "WordDecodeError",
    "WordFileError",
    "WrongKindError",
]


class SentencesError(CorpusError, TypeError):
    """What was given is not an iterable of lists of words."""


class NotReadyError(EmbedError, RuntimeError):
    """Something else has to be done first: build the vocabulary, train."""


class EmptyMeanError(EmbedError, ZeroDivisionError):
    """There are no keys to take the mean of."""


class WordFileError(FormatError, EOFError):
    """A file of vectors is damaged or ends too early."""


class WordDecodeError(FormatError, UnicodeDecodeError):
    """A word of a file is not valid in the encoding; made as a UnicodeDecodeError is."""

    name = "the file"

    def __str__(self) -> str:
        """Return what is wrong, and which arguments read the word."""
        return (
            f"{self.name}: the word {self.object!r:.60} is not valid {self.encoding} ({self.reason} at its byte "
            f"{self.start}); pass unicode_errors='replace', or its encoding, such as encoding='latin-1'"
        )


class WrongKindError(FormatError, AttributeError):
    """A file holds something else than the class that was asked to load it."""
