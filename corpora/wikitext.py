"""Convert wikitext to the lines that a reader sees.

Markup is removed in three steps. Regular expressions first remove elements that are dropped whole and nest simply
(comments, references, templates, tables). Compiled code then reads plain markup: links, lists, headings, simple tags.
From the first line on that holds anything else, mwparserfromhell parses the page, and a walk over its nodes collects
the visible words. The first two steps save time: the parser spends most of it on templates whose text is not wanted,
and on trees of links. Every paragraph, heading, list item and caption line becomes one sentence.

The parser backtracks over the rest of the page for each unclosed mark: 50 KB of them take minutes. If more than
`MOST_OPEN` marks are open at once, regular expressions alone remove the markup. Every expression here takes linear
time (tests/hostile/test_wiki.py). Overlong pages are parsed in parts, because Ctrl-C cannot interrupt the parser.

Rejected: ``strip_code`` of mwparserfromhell (keeps image options and category names), regular expressions
alone (links nest in file links, tags in tags), expanding templates (needs all of MediaWiki).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from functools import partial
from types import ModuleType
from typing import Any

from embed.errors import MissingExtraError

from ._wikitext import PlainMarkup

__all__ = ["DROPPED_PREFIXES", "plain_text", "require_parser"]

MOST_NESTED = 50
"""The deepest nesting of templates or tables; mwparserfromhell follows 40."""
MOST_OPEN = 100
"""The most open marks of one kind on a page that is parsed."""
PART_CHARACTERS = 1 << 16
"""A longer page is parsed in parts of about this size, cut at empty lines, or else at line ends."""

DROPPED_PREFIXES = frozenset({"file", "image", "category", "media"})  # understood on every wiki

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

_DROPPED_NAME_BYTES = frozenset(name.encode() for name in _DROPPED_TAGS)
_LINE_NAME_BYTES = frozenset(name.encode() for name in _LINE_TAGS)

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_EMPTY_REF = re.compile(r"<ref\b[^<>]*/>", re.IGNORECASE)
_DROPPED_NAMES = ("ref", "math", "gallery", "timeline", "syntaxhighlight", "source", "score", "imagemap")
_DROPPED_OPEN = re.compile(rf"<({'|'.join(_DROPPED_NAMES)})\b[^<>]*(?<!/)>", re.IGNORECASE)
_DROPPED_CLOSE = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in _DROPPED_NAMES}
_INNER_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")
_TABLE_MARK = re.compile(r"\n(?:[ :]*\{\||[ \t]*\|\}(?!\}))")
_MAGIC_WORD = re.compile(r"__[A-Z]+__")
_QUOTES = re.compile(r"''+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z]+)*|simple")
# Remains of a broken page: rests of tables and templates, unclosed tags, bare addresses.
_TABLE_LINE = re.compile(r"^[^\S\n]*(?:\{\||\|\}|\|-|\|\+|[|!]).*$", re.MULTILINE)
_LEFTOVER_MARKS = r"</?[a-zA-Z][^<>\n]*>|\{\{+|\}\}+|\[\[+|\]\]+"
_LEFTOVER = re.compile(_LEFTOVER_MARKS)
_LEFTOVER_OR_ADDRESS = re.compile(_LEFTOVER_MARKS + r"|(?:https?|ftp)://\S+")
_LIST_MARK = "*#:;= "
_LIST_MARKS = re.compile(r"(\n[*#:;]{20})[*#:;]+")
_NO_TAG = re.compile(r"<(?!/?[a-zA-Z][^<>]*>)")
# The opening and closing marks of wikitext.
_BRACKET = re.compile(r"\[\[?|\]\]?|\{[{|]|[|}]\}|<(/?)([a-zA-Z]+)[^<>]*>")
# A character reference with more digits than any character has; Python refuses to read thousands of digits.
_LONG_NUMBER = re.compile(r"&#(?:[0-9]{10,}|[xX][0-9a-fA-F]{10,});?")
_NEVER_CLOSED = frozenset(["br", "hr", "wbr", "img"])


def require_parser() -> ModuleType:
    """Return mwparserfromhell; raise MissingExtraError if it is not installed."""
    try:
        import mwparserfromhell
    except ImportError as error:
        raise MissingExtraError(
            "reading MediaWiki dumps needs mwparserfromhell; install it with: pip install 'train-embeddings[wiki]'"
        ) from error
    return mwparserfromhell


def plain_text(source: str, dropped_prefixes: Iterable[str] = DROPPED_PREFIXES) -> list[str]:
    """Return the readable lines of an article's wikitext.

    Parameters
    ----------
    source : str
        Wikitext.
    dropped_prefixes : iterable of str
        Lower-case prefixes (``file``, ``category`` ...) of links to drop with their text.
    """
    parser = require_parser()
    source = _LONG_NUMBER.sub(" ", _COMMENT.sub("", source))
    source = _without_dropped(_EMPTY_REF.sub("", source))
    source = _without_tables(_without_templates(source))
    source = _MAGIC_WORD.sub("", _QUOTES.sub("", source))
    source = _LIST_MARKS.sub(r"\1", "\n" + source)[1:]
    source = _NO_TAG.sub("&lt;", source)
    text = _visible(source, frozenset(dropped_prefixes), parser)
    if "|" in text or "!" in text:
        text = _TABLE_LINE.sub("", text)
    text = html.unescape(_LONG_NUMBER.sub(" ", text))  # pages hold &amp;nbsp; too
    text = (_LEFTOVER_OR_ADDRESS if "://" in text else _LEFTOVER).sub(" ", text)
    lines = (" ".join(line.split()).lstrip(_LIST_MARK) for line in text.split("\n"))
    return [line for line in lines if any(map(str.isalnum, line))]


def _visible(source: str, dropped: frozenset[str], parser: ModuleType) -> str:
    """Return the visible text of markup, with the parser's help from where it is not plain."""
    markup = PlainMarkup(_DROPPED_NAME_BYTES, _LINE_NAME_BYTES, partial(_shown_title, dropped))
    parts: list[str] = []
    is_checked = False
    for part in _parts(source):
        text, rest = markup.visible(part)
        parts.append(text)
        if rest and not is_checked:
            if _is_tangled(source):
                return source
            is_checked = True
        if rest:
            _visit(parser.parse(rest, skip_style_tags=True), dropped, parts, parser.nodes)
    return "".join(parts)


def _parts(source: str) -> Iterator[str]:
    """Yield a page in parts that each take the parser a moment."""
    start = 0
    while len(source) - start > PART_CHARACTERS:
        end = start + PART_CHARACTERS
        cuts = (source.rfind(mark, start, end) + len(mark) for mark in ("\n\n", "\n", " "))
        cut = next((cut for cut in cuts if cut > start + PART_CHARACTERS // 2), end)
        yield source[start:cut]
        start = cut
    yield source[start:]


def _without_dropped(source: str) -> str:
    """Remove elements without running text; each closing tag is searched for once, so the time is linear."""
    kept: list[str] = []
    kept_end = start = 0
    unclosed: set[str] = set()
    while opened := _DROPPED_OPEN.search(source, start):
        name, start = opened[1].lower(), opened.end()
        closed = None if name in unclosed else _DROPPED_CLOSE[name].search(source, start)
        if closed is None:
            unclosed.add(name)
            continue
        kept.append(source[kept_end : opened.start()])
        kept_end = start = closed.end()
    return "".join([*kept, source[kept_end:]])


def _without_templates(text: str) -> str:
    """Remove innermost templates until none is left, at most `MOST_NESTED` times."""
    for _ in range(MOST_NESTED):
        if "}}" not in text:  # many times as fast as a search for the pattern
            break
        text, found = _INNER_TEMPLATE.subn("", text)
        if not found:
            break
    return text


def _without_tables(text: str) -> str:
    """Remove innermost tables until none is left, at most `MOST_NESTED` times; their marks begin lines."""
    text = "\n" + text
    for _ in range(MOST_NESTED):
        if "|}" not in text:
            break
        kept: list[str] = []
        kept_end, opened = 0, None
        for mark in _TABLE_MARK.finditer(text):
            if mark[0].endswith("{|"):
                opened = mark.start() + 1
            elif opened is not None:
                kept.append(text[kept_end:opened])
                kept_end, opened = mark.end(), None
        if not kept:
            break
        text = "".join([*kept, text[kept_end:]])
    return text[1:]


def _is_tangled(source: str) -> bool:
    """Return whether more brackets, braces or tags are open at once than mwparserfromhell can parse quickly."""
    is_open = dict.fromkeys("[{<", 0)
    for found in _BRACKET.finditer(source):
        mark = found[0]
        kind = mark[0]
        if kind == "<":
            step = 0 if found[2].lower() in _NEVER_CLOSED or mark.endswith("/>") else -1 if found[1] else 1
        else:
            step = 1 if kind in "[{" else -1
            kind = "[" if "]" in mark else "{" if "}" in mark else kind
        is_open[kind] = max(0, is_open[kind] + step)
        if is_open[kind] > MOST_OPEN:
            return True
    return False


def _visit(code: Any, dropped: frozenset[str], parts: list[str], nodes: Any) -> None:
    """Append the visible text; templates, arguments and comments add nothing."""
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
    shown = _shown_title(dropped, str(link.title), link.text is not None)
    if shown is None:
        return
    if link.text is not None:
        _visit(link.text, dropped, parts, nodes)
    else:
        parts.append(shown)


def _shown_title(dropped: frozenset[str], title: str, has_text: bool) -> str | None:
    """Return what a link without a text shows; None if the link is dropped, with its text."""
    title = title.strip()
    prefix, colon, _ = title.partition(":")
    prefix = prefix.strip().lower()
    if colon and (prefix in dropped or (not has_text and _LANGUAGE.fullmatch(prefix))):
        return None
    return title.lstrip(":")
