"""Every failure a user can meet, one class each.

A message is one sentence: what was wrong, where (file, line, byte offset or parameter), and what is
allowed. The command line prints the message alone and exits with :attr:`EmbedError.exit_code`; the
Python API raises the class, which also derives from the closest built-in so that ``except ValueError``
keeps working.
"""

from __future__ import annotations


class EmbedError(Exception):
    """Base of every error this package raises on purpose."""

    exit_code = 1

    def __str__(self) -> str:
        # KeyError.__str__ would print the repr of the message, quotes included.
        return str(self.args[0]) if self.args else ""


class ConfigError(EmbedError, ValueError):
    """A parameter is out of its bounds, unknown, or contradicts another one."""

    exit_code = 2


class CorpusError(EmbedError, ValueError):
    """Input text is missing, unreadable, malformed or empty."""

    exit_code = 3


class FormatError(EmbedError, ValueError):
    """A file does not hold what its format promises, or a value cannot be written in that format."""

    exit_code = 4


class MissingWordError(EmbedError, KeyError):
    """A word has no vector: it is not in the vocabulary and cannot be composed from n-grams."""

    exit_code = 5


class DivergenceError(EmbedError, ArithmeticError):
    """Training met a non-finite loss or parameter."""

    exit_code = 6


class MissingExtraError(EmbedError, ImportError):
    """A feature needs an optional package that is not installed."""

    exit_code = 7


class AdviceWarning(UserWarning):
    """A value is allowed but outside the range that is known to work well."""


class CheckpointWarning(UserWarning):
    """A checkpoint could not be written or read; training goes on without it."""
