"""Errors of the stand-ins, which derive from the built-in classes that the other library raises."""

from __future__ import annotations

import os
from typing import Any, NoReturn

from embed.errors import EmbedError

__all__ = ["ArgumentError", "NotHereError", "given_path", "not_here"]


class ArgumentError(EmbedError, TypeError):
    """Arguments are missing, of the wrong type, unknown, or given twice."""

    exit_code = 2


def given_path(path: Any) -> Any:
    """Return a path unchanged; raises ArgumentError for anything else, such as an open file."""
    if not isinstance(path, (str, os.PathLike)):
        raise ArgumentError(f"a file path is needed, not {path!r:.60}")
    return path


class NotHereError(EmbedError, NotImplementedError):
    """A part of the other library that has no stand-in."""

    exit_code = 2


def not_here(name: str, instead: str) -> Any:
    """Return a function or method that raises NotHereError and names what to use instead."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise NotHereError(f"{name} is not part of this stand-in: {instead}")

    refuse.__name__ = refuse.__qualname__ = name
    refuse.__doc__ = f"Not part of this stand-in: {instead}."
    return refuse
