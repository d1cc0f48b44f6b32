r"""Make messages to users: text that is safe to print, and parameters in the notation of the reader.

Words, file names, titles and metadata are untrusted. Printed raw, an escape sequence rewrites the screen, a line break
adds a row, and a bidirectional mark reverses the rest of the line. `printable` shows such characters in Python's
notation (``\x1b``, ``\n``, ``\u202e``) and leaves the letters of every script, joiners and emoji unchanged.

Users of Python, the command line and TOML write parameters differently: ``option("decode_errors", "replace")``
returns ``decode_errors='replace'`` or ``--decode-errors replace``. `speaking` sets the notation for the calling thread.
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
"""The absence of a value: `option` then returns the parameter's name alone."""

OF_VECTORS: Final = "vectors."
"""A prefix for parameters of reading and writing vectors, which share their names with other parameters."""

Style = Callable[[str, Any], str]
"""A notation for parameters: (name, value or `UNSET`) -> text."""


def printable(text: str, limit: int | None = None) -> str:
    """Return `text` as one line that is safe on a terminal, in a table and in a chart.

    Parameters
    ----------
    text : str
    limit : int, optional
        Cut `text` after as many characters, and add "...".
    """
    if limit is not None and len(text) > limit:
        text = text[:limit] + _CUT
    return _ESCAPED.sub(_python_notation, text)


def listed(names: Iterable[str], limit: int = 300) -> str:
    """Join names, such as those of columns, with commas into one printable line."""
    return printable(", ".join(" ".join(name.split()) for name in names), limit)


def tsv_field(text: str) -> str:
    r"""Return `text` as a field of tab-separated values.

    Escapes as `printable` does and doubles backslashes, so that distinct texts stay distinct and Python's
    ``unicode_escape`` restores them.
    """
    return _ESCAPED_IN_FIELD.sub(_python_notation, text)


def json_safe(text: str) -> str:
    r"""Write the characters that `printable` escapes as ``\uXXXX``, which leaves the meaning of the JSON unchanged.

    Line breaks between values stay; inside a string, JSON has none.
    """
    return _ESCAPED.sub(_json_notation, text)


def option(name: str, value: object = UNSET) -> str:
    """Return a parameter in the notation of the reader, with its value if there is one."""
    return _style.get()(name, value)


@contextmanager
def speaking(style: Style) -> Iterator[None]:
    """Set the notation for parameters in this thread until the block ends."""
    token = _style.set(style)
    try:
        yield
    finally:
        _style.reset(token)


def keyword(name: str, value: object = UNSET) -> str:
    """Return a parameter in Python's notation: ``dim=8``."""
    name = name.removeprefix(OF_VECTORS)
    return name if value is UNSET else f"{name}={value!r}"


def toml_key(name: str, value: object = UNSET) -> str:
    """Return a parameter in TOML's notation: ``subword = true``."""
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
