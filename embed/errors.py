"""Every failure a user can meet, one class each.

A message is one sentence: what was wrong, where (file, line, byte offset or parameter), and what to do.
The command line prints the message alone and exits with :attr:`EmbedError.exit_code`. The Python API
raises the class, which also derives from the closest built-in, so that ``except ValueError`` works. When a
file cannot be opened, the error is also the built-in that ``open`` raises, such as FileNotFoundError
(:func:`cannot_open`). A message is always one line that is safe to print (:mod:`embed.messages`).
"""

from __future__ import annotations

import importlib
import sys
import warnings
from types import FrameType
from typing import Any, TypeVar, cast

from embed.messages import printable

__all__ = [
    "AdviceWarning",
    "CheckpointWarning",
    "ClusterError",
    "ClusterWarning",
    "ConfigError",
    "CorpusError",
    "DivergenceError",
    "EmbedError",
    "FormatError",
    "MissingExtraError",
    "MissingWordError",
    "NoExamplesError",
    "PoorVectorsWarning",
    "advise",
    "cannot_open",
    "from_extra",
]

Kind = TypeVar("Kind", bound="EmbedError")

_SYSTEM: tuple[type[OSError], ...] = (
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
    BrokenPipeError,
)


class EmbedError(Exception):
    """The base class of every error that this package raises on purpose."""

    exit_code = 1

    def __str__(self) -> str:
        # KeyError.__str__ would print the repr of the message, quotes included.
        return printable(str(self.args[0])) if self.args else ""


class ConfigError(EmbedError, ValueError):
    """A parameter is out of bounds, unknown, or contradicts another parameter."""

    exit_code = 2


class CorpusError(EmbedError, ValueError):
    """Input text is missing, unreadable, malformed or empty."""

    exit_code = 3


class NoExamplesError(CorpusError):
    """No sentence has two words to learn from, at least after subsampling."""


class FormatError(EmbedError, ValueError):
    """A file violates its format, or a format cannot store a value."""

    exit_code = 4


class MissingWordError(EmbedError, KeyError):
    """A word has no vector: it is not in the vocabulary, and there are no n-grams to compose it from."""

    exit_code = 5


class DivergenceError(EmbedError, ArithmeticError):
    """Training produced a loss or a parameter that is not finite."""

    exit_code = 6


class OutputError(EmbedError):
    """A command could not write to standard output."""


class ThreadError(EmbedError, RuntimeError):
    """The system refused to start as many threads as training needs."""


class ClusterError(EmbedError, RuntimeError):
    """A cluster cannot be reached, has too few processors, or loses workers again and again."""

    exit_code = 8


class MissingExtraError(EmbedError, ImportError):
    """A feature needs an optional package that is not installed."""

    exit_code = 7


class _Notice(UserWarning):
    """The base class of every warning that this package gives on purpose."""

    def __str__(self) -> str:
        return printable(super().__str__())


class AdviceWarning(_Notice):
    """A value is allowed, but outside the range that is known to work well."""


class PoorVectorsWarning(AdviceWarning):
    """A run has ended as asked, but its vectors are not fit for use."""


class CheckpointWarning(_Notice):
    """A checkpoint could not be written or read; training continues without it."""


class ClusterWarning(_Notice):
    """A worker of a cluster has died, or differs from the others; training continues."""


def cannot_open(kind: type[Kind], message: str, error: OSError) -> Kind:
    """Return the error for a file that the system did not open, or for a broken pipe.

    Parameters
    ----------
    kind : type
        The class of the error: CorpusError, FormatError, ConfigError ...
    message : str
        One sentence that names the file.
    error : OSError
        The error that the system raised.

    Returns
    -------
    EmbedError
        An instance of `kind`. If `error` is a FileNotFoundError, IsADirectoryError, NotADirectoryError,
        PermissionError or BrokenPipeError, also an instance of that, with its ``errno`` and ``filename``.
    """
    for system in _SYSTEM:
        if isinstance(error, system) and not issubclass(kind, system):
            return _both(kind, system, message, error.errno, error.filename)
    return kind(message)


_classes: dict[tuple[type[EmbedError], type[OSError]], Any] = {}
"""The classes that `_both` has made."""


def _both(kind: type[Kind], system: type[OSError], message: str, errno: int | None, filename: Any) -> Kind:
    if (kind, system) not in _classes:
        members = {name: getattr(kind, name) for name in ("__module__", "__qualname__", "__doc__")}
        _classes[kind, system] = type(kind.__name__, (kind, system), {**members, "__reduce__": _reduced})
    found = _classes[kind, system](message)
    found.errno, found.filename = errno, filename
    return cast(Kind, found)


def _reduced(error: Any) -> tuple[Any, ...]:
    """Return how to unpickle the error, whose class is made at run time."""
    return _both, (*type(error).__bases__, error.args[0], error.errno, error.filename)


def from_extra(extra: str, module: str, need: str) -> Any:
    """Import a module of an optional package.

    Parameters
    ----------
    extra : str
        The extra of this distribution that installs the package.
    module : str
    need : str
        What needs the package, such as "a chart needs matplotlib".

    Raises
    ------
    MissingExtraError
        The package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(f"{need}: pip install 'train-embeddings[{extra}]'") from error


def advise(message: str, category: type[Warning] = AdviceWarning) -> None:
    """Warn, and attribute the warning to the line of the user's program that called this package."""
    frame = _caller()
    warnings.warn_explicit(
        message,
        category,
        filename=frame.f_code.co_filename,
        lineno=frame.f_lineno,
        module=frame.f_globals.get("__name__", "<unknown>"),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def _caller() -> FrameType:
    """Return the innermost frame outside this package and the libraries that call it on the user's behalf.

    Rejected: a number for ``stacklevel`` (each refactoring makes it wrong); ``skip_file_prefixes`` (Python 3.12).
    """
    found = sys._getframe(1)
    while found.f_back is not None and found.f_globals.get("__name__", "").partition(".")[0] in _NOT_THE_CALLER:
        found = found.f_back
    return found


# context managers, decorators and dataclasses call our code from frames of their own; scikit-learn wraps our `fit`
_NOT_THE_CALLER = frozenset(("embed", "contextlib", "dataclasses", "functools", "threading", "sklearn"))
