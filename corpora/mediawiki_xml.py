"""Parse the XML of a MediaWiki dump as a stream of pages, without a tree.

The parser calls for every tag and run of text, and only the texts of the open page are stored. Memory thus holds one
page, whatever the file contains: elements may nest at most `MOST_DEPTH` deep, no tag or text may be
longer than `LONGEST_ELEMENT_BYTES`, and a document type is refused. Dumps never have one, and only a document type can
declare entities, which may expand without bound or fetch files and addresses.

Rejected: ``ElementTree.iterparse`` (its tree grows with every element that is no page), ``ElementTree.XMLParser`` (it
calls for every line, which takes twice as long), the defusedxml package (a dependency for one method).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from xml.parsers import expat

from embed.errors import CorpusError
from embed.files.compressed import ByteStream

__all__ = ["Page", "read_pages"]

ARTICLE_NAMESPACE = "0"
FEED_BYTES = 1 << 16
AHEAD_BYTES, READS_AHEAD = 1 << 20, 8
"""What a thread decompresses at once, and how often before that is parsed: pages take longer than their bytes, and
whoever decompresses waits for the interpreter's lock after each time."""
LONGEST_ELEMENT_BYTES = 16 << 20
"""MediaWiki itself refuses pages of more than 2 MiB."""
MOST_DEPTH = 100
MOST_NAMESPACES = 1000

_DROPPED_NAMESPACES = {"6", "14", "-2"}  # File, Category, Media: their links show no running text
_WANTED = {"namespace", "title", "ns", "text"}
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


def read_pages(stream: ByteStream, *, ahead: bool = False) -> Iterator[Page]:
    """Yield the articles of one dump.

    Parameters
    ----------
    stream : ByteStream
        Read to its end.
    ahead : bool
        Decompress the next bytes in a thread while these are parsed. Whoever stops early waits for a part of them, so
        not for pipes.

    Raises
    ------
    CorpusError
        The XML is malformed, or not a dump: it has a document type, or elements that are too deep or too long.
    """
    target = _Target(stream.name)
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.buffer_size = FEED_BYTES
    parser.StartDoctypeDeclHandler = target.doctype
    parser.StartElementHandler = target.start
    parser.EndElementHandler = target.end
    parser.CharacterDataHandler = target.data
    idle_bytes = tags = 0
    try:
        for chunk in _chunks(stream, ahead):
            parser.Parse(chunk, False)
            yield from target.take()
            idle_bytes = idle_bytes + len(chunk) if target.tags == tags else 0
            tags = target.tags
            if idle_bytes > LONGEST_ELEMENT_BYTES:
                raise CorpusError(
                    f"{stream.name}: not a MediaWiki dump: a tag or text is longer than {LONGEST_ELEMENT_BYTES:,} bytes"
                )
        parser.Parse(b"", True)
        yield from target.take()
    except expat.ExpatError as error:
        raise CorpusError(
            f"{stream.name}, line {error.lineno:,}, column {error.offset:,}: malformed XML "
            f"({expat.ErrorString(error.code)}); download the dump again"
        ) from error
    except (LookupError, ValueError) as error:
        if isinstance(error, CorpusError):
            raise
        raise CorpusError(f"{stream.name}: unsupported encoding of the XML ({error}); convert it to UTF-8") from error


def _chunks(stream: ByteStream, ahead: bool) -> Iterator[bytes]:
    if not ahead:
        while chunk := stream.read(FEED_BYTES):
            yield chunk
        return
    thread = ThreadPoolExecutor(1, thread_name_prefix="dump")
    try:
        following = deque(thread.submit(stream.read, AHEAD_BYTES) for _ in range(READS_AHEAD))
        while data := following.popleft().result():
            following.append(thread.submit(stream.read, AHEAD_BYTES))
            for start in range(0, len(data), FEED_BYTES):
                yield data[start : start + FEED_BYTES]
    finally:
        thread.shutdown(cancel_futures=True)


class _Target:
    """Receives the parser's events and collects pages until `take`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._depth = 0
        self._parts: list[str] | None = None  # of the open text
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

    def doctype(self, name: str, system_id: str | None, public_id: str | None, has_subset: bool) -> None:
        raise CorpusError(f"{self._name}: not a MediaWiki dump: it declares a document type ({name:.60})")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.tags += 1
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise CorpusError(f"{self._name}: not a MediaWiki dump: elements are nested more than {MOST_DEPTH} deep")
        tag = tag.rpartition("}")[2]
        if tag in _WANTED:
            self._parts = []
            self._key = attributes.get("key", "")
        elif tag == "redirect":
            self._is_redirect = True

    def data(self, text: str) -> None:
        if self._parts is not None:
            self._parts.append(text)

    def end(self, tag: str) -> None:
        self.tags += 1
        self._depth -= 1
        tag = tag.rpartition("}")[2]
        if tag in _WANTED:
            self._ended(tag, "".join(self._parts or ()))
            self._parts = None
        elif tag == "page":
            self._page_ended()

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
