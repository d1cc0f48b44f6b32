r"""What a message to a user is made of: text that is safe to print, and parameters as the user writes them.

Words, file names, titles and metadata are data of strangers. Printed raw, an escape sequence rewrites the screen, a
line break makes a row of its own, and a bidirectional mark turns the rest of the line round. `printable` shows such
characters in Python's notation (``\x1b``, ``\n``, ``\u202e``) and leaves the letters of every script, joiners and
emoji as they are.

A message that advises a parameter is read in Python, at the command line, or beside a TOML file, and each writes
parameters in its own way: ``option("decode_errors", "replace")`` is ``decode_errors='replace'`` or
``--decode-errors replace``. Who reads is set by `speaking`, for the thread that calls it.

Rejected: marks inside messages, resolved when they are printed (an error that quotes another one loses them).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

__all__ = [
    "OF_VECTORS",
    "UNSET",
    "Style",
    "json_safe",
    "keyword",
    "listed",
    "option",
    "printable",
    "speaking",
    "toml_key",
    "tsv_field",
]

# Controls, surrogates, line and paragraph separators, bidirectional marks, invisible characters and tags. Not here:
# ZWNJ and ZWJ, which Indic scripts, Persian and emoji need; the Mongolian vowel separator; visible signs (U+0600).
_HIDDEN = (
    "\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U0001d173-\U0001d17a\U000e0001-\U000e007f"
)
_FLAG = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,8}\U000e007f"  # such as that of Wales: an emoji
_ESCAPED = re.compile(f"(?P<emoji>{_FLAG})|[{_HIDDEN}]")
_ESCAPED_IN_FIELD = re.compile(rf"(?P<emoji>{_FLAG})|[\\{_HIDDEN}]")
_CUT: Final = "..."


class _Unset:
    """The type of `UNSET`."""


UNSET = _Unset()
"""No value: `option` then names the parameter alone."""

OF_VECTORS: Final = "vectors."
"""Begins the name of a parameter of who reads or writes a file of vectors, which another one may have the name of."""

Style = Callable[[str, Any], str]
"""How a parameter is written: (name, value or `UNSET`) -> text."""


def printable(text: str, limit: int | None = None) -> str:
    """Return `text` as one line that is safe on a terminal, in a table and in a chart.

    Parameters
    ----------
    text : str
    limit : int, optional
        The most characters of `text` to show; what is longer ends with "...".
    """
    if limit is not None and len(text) > limit:
        text = text[:limit] + _CUT
    return _ESCAPED.sub(_python_notation, text)


def listed(names: Iterable[str], limit: int = 300) -> str:
    """Return names, such as those of columns, with commas between them, in one printable line."""
    return printable(", ".join(" ".join(name.split()) for name in names), limit)


def tsv_field(text: str) -> str:
    r"""Return `text` as a field of a line of tab-separated values.

    As `printable`, and a backslash is doubled, so that no two texts become the same and Python's ``unicode_escape``
    undoes it.
    """
    return _ESCAPED_IN_FIELD.sub(_python_notation, text)


def json_safe(text: str) -> str:
    r"""Return JSON text with the characters that `printable` escapes as ``\uXXXX``, which is the same JSON.

    The line breaks and blanks between values stay: within a string JSON has none.
    """
    return _ESCAPED.sub(_json_notation, text)


def option(name: str, value: object = UNSET) -> str:
    """Return how the reader of the message writes a parameter, or its name alone."""
    return _style.get()(name, value)


@contextmanager
def speaking(style: Style) -> Iterator[None]:
    """Write parameters in another way within this context, in this thread."""
    token = _style.set(style)
    try:
        yield
    finally:
        _style.reset(token)


def keyword(name: str, value: object = UNSET) -> str:
    """Write a parameter as Python does: ``dim=8``."""
    name = name.removeprefix(OF_VECTORS)
    return name if value is UNSET else f"{name}={value!r}"


def toml_key(name: str, value: object = UNSET) -> str:
    """Write a parameter as TOML does: ``subword = true``."""
    name = name.removeprefix(OF_VECTORS)
    if value is UNSET:
        return name
    shown = str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else repr(value)
    return f"{name} = {shown}"


_style: ContextVar[Style] = ContextVar("style", default=keyword)


def _python_notation(found: re.Match[str]) -> str:
    if found["emoji"]:
        return found[0]
    return found[0].encode("unicode_escape", "backslashreplace").decode("ascii")


def _json_notation(found: re.Match[str]) -> str:
    if found["emoji"] or found[0] == "\n":
        return found[0]
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
