"""Parse the XML of a MediaWiki dump as a stream of pages, without a tree.

The parser calls a target for every tag and run of text, and the target stores only the texts of the open page. Memory
thus holds one page, whatever the file contains: elements may nest at most `MOST_DEPTH` deep, no tag or text may be
longer than `LONGEST_ELEMENT_BYTES`, and a document type is refused. Dumps never have one, and only a document type can
declare entities, which may expand without bound or fetch files and addresses.

Rejected: ``ElementTree.iterparse`` (its tree grows with every element that is no page), the defusedxml package (a
dependency for one method).
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass

from embed.errors import CorpusError
from embed.files.compressed import ByteStream

__all__ = ["Page", "read_pages"]

ARTICLE_NAMESPACE = "0"
FEED_BYTES = 1 << 16
LONGEST_ELEMENT_BYTES = 16 << 20
"""MediaWiki itself refuses pages of more than 2 MiB."""
MOST_DEPTH = 100
MOST_NAMESPACES = 1000

_DROPPED_NAMESPACES = {"6", "14", "-2"}  # File, Category, Media: their links show no running text
_WANTED = {"namespace", "title", "ns", "text"}
_JOIN_PARTS = 4096
_REDIRECT = re.compile(r"\s*#\w+\s*+(?::\s*+)?\[\[")


@dataclass(frozen=True)
class Page:
    """An article: a page of the article namespace that is not a redirect.

    Attributes
    ----------
    title, text : str
        The title, and the wikitext.
    dropped_prefixes : frozenset of str
        Lower-case names of the namespaces whose links show no running text, in the dump's language.
    """

    title: str
    text: str
    dropped_prefixes: frozenset[str]


def read_pages(stream: ByteStream) -> Iterator[Page]:
    """Yield the articles of one dump.

    Raises
    ------
    CorpusError
        The XML is malformed, or not a dump: it has a document type, or elements that are too deep or too long.
    """
    target = _Target(stream.name)
    parser = ElementTree.XMLParser(target=target)
    idle_bytes = tags = 0
    try:
        while chunk := stream.read(FEED_BYTES):
            parser.feed(chunk)
            yield from target.take()
            idle_bytes = idle_bytes + len(chunk) if target.tags == tags else 0
            tags = target.tags
            if idle_bytes > LONGEST_ELEMENT_BYTES:
                raise CorpusError(
                    f"{stream.name}: not a MediaWiki dump: a tag or text is longer than {LONGEST_ELEMENT_BYTES:,} bytes"
                )
        parser.close()
        yield from target.take()
    except ElementTree.ParseError as error:
        line, column = error.position
        reason = error.msg.partition(": line ")[0]
        raise CorpusError(
            f"{stream.name}, line {line:,}, column {column:,}: malformed XML ({reason}); download the dump again"
        ) from error
    except (LookupError, ValueError) as error:
        if isinstance(error, CorpusError):
            raise
        raise CorpusError(f"{stream.name}: unsupported encoding of the XML ({error}); convert it to UTF-8") from error


class _Target:
    """Receives the parser's events and collects pages until `take`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._depth = 0
        self._parts: list[str] | None = None  # of the open text
        self._joined: list[str] = []  # the text before these parts
        self._key = ""
        self._prefixes: set[str] = set()
        self._namespaces: set[str] = set()
        self._ready: list[Page] = []
        self.tags = 0
        self._title = self._text = ""
        self._namespace: str | None = None
        self._is_redirect = False

    def take(self) -> list[Page]:
        """Return the pages that are complete since the last call."""
        ready, self._ready = self._ready, []
        return ready

    def doctype(self, name: str, public_id: str | None, system_id: str | None) -> None:
        raise CorpusError(f"{self._name}: not a MediaWiki dump: it declares a document type ({name:.60})")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.tags += 1
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise CorpusError(f"{self._name}: not a MediaWiki dump: elements are nested more than {MOST_DEPTH} deep")
        tag = tag.rpartition("}")[2]
        if tag in _WANTED:
            self._parts, self._joined = [], []
            self._key = attributes.get("key", "")
        elif tag == "redirect":
            self._is_redirect = True

    def data(self, text: str) -> None:
        if self._parts is not None:
            self._parts.append(text)
            if len(self._parts) == _JOIN_PARTS:  # lines of few characters would take many times their bytes
                self._joined.append("".join(self._parts))
                self._parts.clear()

    def end(self, tag: str) -> None:
        self.tags += 1
        self._depth -= 1
        tag = tag.rpartition("}")[2]
        if tag in _WANTED:
            self._ended(tag, "".join([*self._joined, *(self._parts or ())]))
            self._parts = None
        elif tag == "page":
            self._page_ended()

    def close(self) -> None:
        pass

    def _ended(self, tag: str, text: str) -> None:
        if tag == "namespace":
            name = text.strip().lower()
            if len(self._namespaces) == MOST_NAMESPACES:
                raise CorpusError(f"{self._name}: not a MediaWiki dump: more than {MOST_NAMESPACES:,} namespaces")
            self._namespaces.add(name)
            if self._key in _DROPPED_NAMESPACES and name:
                self._prefixes.add(name)
        elif tag == "title":
            self._title = text
        elif tag == "ns":
            self._namespace = text.strip()
        else:
            self._text = text

    def _page_ended(self) -> None:
        namespace = self._namespace
        if namespace is None:  # dumps before 2012
            prefix = self._title.partition(":")[0].strip().lower() if ":" in self._title else ""
            namespace = "" if prefix and prefix in self._namespaces else ARTICLE_NAMESPACE
        if namespace == ARTICLE_NAMESPACE and not self._is_redirect and not _REDIRECT.match(self._text):
            self._ready.append(Page(self._title, self._text, frozenset(self._prefixes)))
        self._title = self._text = ""
        self._namespace = None
        self._is_redirect = False
