"""MediaWiki XML dumps (``pages-articles``): the text of the articles, without markup.

The XML is parsed as it streams by; only pages of the article namespace that are no redirects count. Markup
goes in two steps: regular expressions first take out what is dropped whole and nests simply (comments,
references, templates, tables), then mwparserfromhell parses what is left and a walk over its nodes keeps the
words a reader sees. The first step is there for speed: the parser spends most of its time on templates whose
text is not wanted. Every paragraph, heading, list item and caption line becomes one sentence.

Rejected: ``strip_code`` of mwparserfromhell (keeps image options and category names), regular expressions
alone (links nest in file links, tags in tags), expanding templates (needs all of MediaWiki).
"""

from __future__ import annotations

import html
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator
from importlib import metadata
from types import ModuleType
from typing import IO, Any, cast

from embed.corpora.compressed import ByteStream, InputFile
from embed.corpora.files import FileCorpus, Source
from embed.corpora.iterables import checked_sentence
from embed.corpora.text import PIECE_TOKENS, pieces
from embed.corpora.tokenizers import TokenizerChoice, get_tokenizer
from embed.errors import CorpusError, MissingExtraError

__all__ = ["WikiCorpus", "is_mediawiki", "plain_text"]

SNIFF_BYTES = 4096
"""Decompressed bytes in which the root element of a dump must begin."""
ARTICLE_NAMESPACE = "0"
_DROPPED_NAMESPACES = {"6", "14", "-2"}  # File, Category, Media: their links show no running text
_DROPPED_PREFIXES = frozenset({"file", "image", "category", "media"})  # understood on every wiki

_DROPPED_TAGS = frozenset(
    [
        "ref",
        "references",
        "table",
        "tr",
        "td",
        "th",
        "caption",
        "gallery",
        "math",
        "chem",
        "ce",
        "timeline",
        "score",
        "hiero",
        "imagemap",
        "graph",
        "mapframe",
        "maplink",
        "syntaxhighlight",
        "source",
        "code",
        "pre",
        "nowiki",
        "script",
        "style",
        "templatestyles",
        "section",
        "indicator",
        "inputbox",
        "categorytree",
    ]
)
_LINE_TAGS = frozenset(
    [
        "br",
        "hr",
        "p",
        "div",
        "li",
        "dt",
        "dd",
        "dl",
        "ul",
        "ol",
        "blockquote",
        "center",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    ]
)

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_EMPTY_REF = re.compile(r"<ref\b[^<>]*/>", re.IGNORECASE)
_DROPPED_WHOLE = re.compile(
    r"<(ref|math|gallery|timeline|syntaxhighlight|source|score|imagemap)\b[^<>]*(?<!/)>.*?</\1\s*>",
    re.IGNORECASE | re.DOTALL,
)
_INNER_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")
_INNER_TABLE = re.compile(r"^[ :]*\{\|(?:(?!^[ :]*\{\|).)*?^\s*\|\}(?!\})", re.DOTALL | re.MULTILINE)
_MAGIC_WORD = re.compile(r"__[A-Z]+__")
_QUOTES = re.compile(r"'{2,}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z]+)*|simple")
_REDIRECT = re.compile(r"\s*#\w+\s*:?\s*\[\[")
# What a broken page leaves behind: rests of tables and templates, tags that never closed, bare addresses.
_TABLE_LINE = re.compile(r"^\s*(?:\{\||\|\}|\|-|\|\+|[|!]).*$", re.MULTILINE)
_LEFTOVER = re.compile(r"</?[a-zA-Z][^<>\n]*>|\{\{+|\}\}+|\[\[+|\]\]+|(?:https?|ftp)://\S+")
_LIST_MARK = re.compile(r"^[*#:;=\s]+", re.MULTILINE)


def is_mediawiki(start: bytes) -> bool:
    """Tell whether a file that starts like this is a MediaWiki XML dump."""
    return (
        re.match(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<mediawiki[\s>]", start, re.DOTALL)
        is not None
    )


class WikiCorpus(FileCorpus):
    """A re-iterable stream of sentences from the articles of MediaWiki XML dumps.

    Parameters
    ----------
    source : path, "-" or list of paths, folders and globs
        Compressed or not; one dump may lie in many files.
    tokenizer : {"words", "whitespace"} or callable
        Applied to every line of the plain text.
    lowercase : bool
        Lower-case the text before it is split.

    Raises
    ------
    MissingExtraError
        When mwparserfromhell is not installed.
    CorpusError
        As for TextCorpus, and where the XML is not well formed.
    """

    def __init__(
        self,
        source: Source | list[InputFile],
        *,
        tokenizer: TokenizerChoice = "words",
        lowercase: bool = False,
    ) -> None:
        _require_parser()
        self._tokenizer = get_tokenizer(tokenizer, lowercase)
        self._lowercase = lowercase
        super().__init__(source)

    def settings(self) -> dict[str, Any] | None:
        """Return the reading settings; None for a tokenizer of the caller's own."""
        if self._tokenizer.name is None:
            return None
        return {
            "reader": "mediawiki",
            "tokenizer": self._tokenizer.name,
            "lowercase": self._lowercase,
            "piece_tokens": PIECE_TOKENS,
            "unicode": unicodedata.unidata_version,
            "mwparserfromhell": metadata.version("mwparserfromhell"),
        }

    def byte_chunks(self) -> None:
        """Return None: the text of a dump exists only after it has been parsed."""
        return None

    def __iter__(self) -> Iterator[list[str]]:
        for title, lines in self.articles():
            tokens = (
                checked_sentence(self._tokenizer.split(line), f"the tokenizer's result in {title!r}") for line in lines
            )
            yield from pieces((sentence, True) for sentence in tokens)

    def articles(self) -> Iterator[tuple[str, list[str]]]:
        """Yield (title, lines of plain text) of every article."""
        for stream in self.streams():
            for title, source, prefixes in _articles(stream):
                yield title, plain_text(source, prefixes)


def _require_parser() -> ModuleType:
    try:
        import mwparserfromhell
    except ImportError as error:
        raise MissingExtraError(
            "reading MediaWiki dumps needs mwparserfromhell; install it with: pip install 'train-embeddings[wiki]'"
        ) from error
    return mwparserfromhell


def _articles(stream: ByteStream) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Yield (title, wikitext, prefixes of links to drop) of every article of one dump."""
    prefixes, namespaces = set(_DROPPED_PREFIXES), set[str]()
    title = namespace = text = ""
    redirect = has_namespace = False
    open_elements: list[ElementTree.Element] = []
    try:
        for event, element in ElementTree.iterparse(cast(IO[bytes], stream), events=("start", "end")):
            if event == "start":
                open_elements.append(element)
                continue
            open_elements.pop()
            tag = element.tag.rpartition("}")[2]
            if tag == "namespace":
                name = (element.text or "").strip().lower()
                namespaces.add(name)
                if element.get("key") in _DROPPED_NAMESPACES:
                    prefixes.add(name)
            elif tag == "title":
                title = element.text or ""
            elif tag == "ns":
                namespace, has_namespace = (element.text or "").strip(), True
            elif tag == "redirect":
                redirect = True
            elif tag == "text":
                text = element.text or ""
            elif tag == "page":
                if not has_namespace:  # dumps before 2012
                    prefix = title.partition(":")[0].strip().lower() if ":" in title else ""
                    namespace = "" if prefix and prefix in namespaces else ARTICLE_NAMESPACE
                if namespace == ARTICLE_NAMESPACE and not redirect and not _REDIRECT.match(text):
                    yield title, text, frozenset(prefixes - {""})
                title = namespace = text = ""
                redirect = has_namespace = False
            if tag in ("revision", "page", "text") and open_elements:
                element.clear()
                open_elements[-1].remove(element)
    except ElementTree.ParseError as error:
        line, column = error.position
        raise CorpusError(
            f"{stream.name}: not well-formed XML in line {line:,}, column {column:,}: {error.msg}"
        ) from error


def plain_text(source: str, dropped_prefixes: Iterable[str] = _DROPPED_PREFIXES) -> list[str]:
    """Return the readable lines of an article's wikitext.

    Parameters
    ----------
    source : str
        Wikitext.
    dropped_prefixes : iterable of str
        Lower-case link prefixes (``file``, ``category`` ...) whose links are dropped with their text.
    """
    parser = _require_parser()
    source = _COMMENT.sub("", source)
    source = _DROPPED_WHOLE.sub("", _EMPTY_REF.sub("", source))
    source = _until_stable(_INNER_TEMPLATE, source)
    source = _until_stable(_INNER_TABLE, source)
    source = _MAGIC_WORD.sub("", _QUOTES.sub("", source))
    parts: list[str] = []
    _visit(parser.parse(source, skip_style_tags=True), frozenset(dropped_prefixes), parts, parser.nodes)
    text = _TABLE_LINE.sub("", "".join(parts))
    text = _LIST_MARK.sub("", _LEFTOVER.sub(" ", html.unescape(text)))  # pages hold &amp;nbsp; too
    return [line for line in (" ".join(line.split()) for line in text.split("\n")) if any(map(str.isalnum, line))]


def _until_stable(pattern: re.Pattern[str], text: str) -> str:
    """Take out innermost matches until none is left."""
    found = 1
    while found:
        text, found = pattern.subn("", text)
    return text


def _visit(code: Any, dropped: frozenset[str], parts: list[str], nodes: Any) -> None:
    """Append the text a reader sees; templates, arguments and comments add nothing."""
    for node in code.nodes:
        if isinstance(node, nodes.Text):
            parts.append(node.value)
        elif isinstance(node, nodes.Wikilink):
            _visit_link(node, dropped, parts, nodes)
        elif isinstance(node, nodes.Tag):
            tag = str(node.tag).strip().lower()
            if tag in _DROPPED_TAGS:
                continue
            if tag in _LINE_TAGS:
                parts.append("\n")
            if node.contents is not None:
                _visit(node.contents, dropped, parts, nodes)
            if tag in _LINE_TAGS and not node.wiki_markup:
                parts.append("\n")
        elif isinstance(node, nodes.ExternalLink):
            if node.title is not None and node.brackets:
                _visit(node.title, dropped, parts, nodes)
        elif isinstance(node, nodes.HTMLEntity):
            parts.append(node.normalize())
        elif isinstance(node, nodes.Heading):
            parts.append("\n")
            _visit(node.title, dropped, parts, nodes)
            parts.append("\n")


def _visit_link(link: Any, dropped: frozenset[str], parts: list[str], nodes: Any) -> None:
    title = str(link.title).strip()
    prefix, colon, _ = title.partition(":")
    prefix = prefix.strip().lower()
    if colon and (prefix in dropped or (link.text is None and _LANGUAGE.fullmatch(prefix))):
        return
    if link.text is not None:
        _visit(link.text, dropped, parts, nodes)
    else:
        parts.append(title.lstrip(":"))
