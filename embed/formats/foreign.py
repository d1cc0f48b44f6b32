"""Recognise files that are not vectors by their first bytes, and advise what to do with them.

`embed.files.kinds` knows the kinds that hold no text. This module adds our own files without vectors, and text whose
lines are not words and numbers.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from embed.errors import FormatError
from embed.files.kinds import foreign_kind
from embed.files.own_kinds import own_kind

__all__ = ["ForeignFileError", "foreign_file", "refuse_foreign"]


class ForeignFileError(FormatError):
    """The file is of a known kind that never holds vectors."""


_OWN_WORDS = "give words and matrix to embed.WordVectors(words, matrix), and save that"
_WITH_VECTORS = ("vectors", "model", "items")
"""Kinds of our files that hold vectors."""
_WIDE = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_FEW = 256
"""How many of the first bytes to examine."""

_NUMBER = rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_ROW = re.compile(rb"[^\x00]*[ \t]" + _NUMBER + rb"[ \t\r]*")
_SEPARATED = re.compile(rb'[^ \t]*(?:([,;|])"?' + _NUMBER + rb'"?)(?:\1 ?"?' + _NUMBER + rb'"?)+[,;|\s]*')
_HTML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|error|\?xml|!--)", re.IGNORECASE)


def refuse_foreign(name: str, start: bytes, *, is_unpacked: bool = False) -> None:
    """Raise ForeignFileError if the file `name`, which begins with `start`, is known not to hold vectors."""
    found = foreign_file(start, is_unpacked=is_unpacked)
    if found is not None:
        what, advice = found
        raise ForeignFileError(f"{name}: this is {what}: {advice}")


def foreign_file(start: bytes, *, is_unpacked: bool = False) -> tuple[str, str] | None:
    """Return what a file that begins with `start` is and what to do with it; None if it may hold vectors.

    `start` is that of the compressed file, or `is_unpacked`.
    """
    kind = foreign_kind(start, is_unpacked=is_unpacked)
    if kind is not None:
        return (kind.what, kind.for_vectors) if kind.for_vectors else None
    ours = own_kind(start)
    if ours is not None:
        return None if ours.name in _WITH_VECTORS else (ours.what, ours.advice)
    if _ROW.fullmatch(start.partition(b"\n")[0]):  # a word such as "{", and a number
        return None
    return next((found for look in _LOOKS if (found := look(start)) is not None), None)


def _wide_text(start: bytes) -> tuple[str, str] | None:
    """Recognise UTF-16 and UTF-32 by their mark, or by a NUL in every second byte of ASCII text."""
    for mark, encoding in _WIDE:
        if start.startswith(mark):
            return f"text in {encoding}", f"convert it: iconv -f {encoding} -t UTF-8"
    head = start[:_FEW]
    for nul, text in ((head[1::2], head[::2]), (head[::2], head[1::2])):
        if len(head) > 3 and not nul.strip(b"\0") and text.isascii() and b"\0" not in text:
            return "text in UTF-16", "convert it: iconv -f UTF-16 -t UTF-8 (with LE or BE after the 16)"
    return None


def _page(start: bytes) -> tuple[str, str] | None:
    if _HTML.match(start[:_FEW]):
        return (
            "an HTML or XML page, as servers send in place of a missing file",
            "check the address and download the file again",
        )
    return None


def _json(start: bytes) -> tuple[str, str] | None:
    head = start.removeprefix(codecs.BOM_UTF8).lstrip()
    if re.match(rb'\{\s*(?:"|\})|\[\s*(?:[\[{"\]]|-?\d[\d.eE+-]*\s*[,\]])', head):
        return "JSON", f"read it with the module json, {_OWN_WORDS}"
    return None


def _separated(start: bytes) -> tuple[str, str] | None:
    lines = [line for line in start[: 1 << 14].splitlines()[:4] if line.strip()]
    if len(lines) > 2:
        lines = lines[1:3]  # a header may come first, and the last may be cut
    if lines and all(_SEPARATED.fullmatch(line) for line in lines):
        return (
            "a table with commas or semicolons between its fields",
            "write a space between them, as in word2vec's text format",
        )
    return None


_LOOKS: tuple[Callable[[bytes], tuple[str, str] | None], ...] = (
    _wide_text,
    _page,
    _json,
    _separated,
)
