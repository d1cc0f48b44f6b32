"""Wikitext read as before there was a reader of plain markup: mwparserfromhell parses all of it."""

from __future__ import annotations

from collections.abc import Iterable
from unittest import mock

from embed.corpora import wikitext

__all__ = ["LibraryMarkup", "library_text"]


class LibraryMarkup:
    """Stands for `PlainMarkup`, and finds nothing plain."""

    def __init__(self, *_: object) -> None:
        pass

    def visible(self, text: str) -> tuple[str, str]:
        """Leave all of `text` to the library."""
        return "", text


def library_text(source: str, dropped_prefixes: Iterable[str] = wikitext.DROPPED_PREFIXES) -> list[str]:
    """Return what `plain_text` returns if the library parses everything."""
    with mock.patch.object(wikitext, "PlainMarkup", LibraryMarkup):
        return wikitext.plain_text(source, dropped_prefixes)
