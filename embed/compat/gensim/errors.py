"""Errors of gensim's stand-in, which derive from `EmbedError` and from the built-in classes that gensim raises."""

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
    """The corpus is not an iterable of lists of words."""


class NotReadyError(EmbedError, RuntimeError):
    """Another step must come first: build the vocabulary, or train."""


class EmptyMeanError(EmbedError, ZeroDivisionError):
    """There are no keys to average."""


class WordFileError(FormatError, EOFError):
    """A file of vectors is damaged or ends too early."""


class WordDecodeError(FormatError, UnicodeDecodeError):
    """A word of a file is not valid in the encoding; has the arguments of a UnicodeDecodeError."""

    name = "the file"

    def __str__(self) -> str:
        """Return the message, which names the arguments that accept the word."""
        return (
            f"{self.name}: the word {self.object!r:.60} is not valid {self.encoding} ({self.reason} at byte "
            f"{self.start}): pass unicode_errors='replace', or the encoding, such as encoding='latin-1'"
        )


class WrongKindError(FormatError, AttributeError):
    """A file holds an object of another class."""
