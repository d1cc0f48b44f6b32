"""Read the articles of MediaWiki XML dumps (``pages-articles``) as text without markup.

:mod:`embed.corpora.mediawiki_xml` parses the XML as a stream and yields the pages of the article namespace that are
not redirects. :mod:`embed.corpora.wikitext` removes their markup, in several processes if there are many pages
(:mod:`embed.corpora.page_workers`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from importlib import metadata
from typing import Any

from embed.files.inputs import Input

from .files import FileCorpus, Source
from .iterables import checked_sentence
from .mediawiki_xml import Page, read_pages
from .page_workers import prepared_texts
from .text import PIECE_TOKENS, pieces
from .tokenizers import TokenizerChoice, get_tokenizer
from .wikitext import DROPPED_PREFIXES, plain_text, require_parser

__all__ = ["WikiCorpus", "plain_text"]


class WikiCorpus(FileCorpus):
    """A re-iterable stream of sentences from the articles of MediaWiki XML dumps.

    Parameters
    ----------
    source : path, "-" or list of paths, folders and globs
        Compressed or not; a dump may consist of many files.
    tokenizer : {"words", "whitespace"} or callable
        Applied to every line of the plain text.
    lowercase : bool
        Lower-case the text before splitting it.
    workers : int
        The most processes that remove markup, once some megabytes have been read (:mod:`embed.corpora.page_workers`),
        while this one reads. They serve `byte_chunks` alone. As many threads decompress a dump of bzip2.

    Raises
    ------
    MissingExtraError
        mwparserfromhell is not installed.
    CorpusError
        As for TextCorpus; also if the XML is malformed.
    """

    def __init__(
        self,
        source: Source | list[Input],
        *,
        tokenizer: TokenizerChoice = "words",
        lowercase: bool = False,
        workers: int = 1,
    ) -> None:
        require_parser()
        self._tokenizer = get_tokenizer(tokenizer, lowercase)
        self._lowercase = lowercase
        self._workers = workers
        super().__init__(source)

    def settings(self) -> dict[str, Any] | None:
        """Return the reading settings; None for a tokenizer of the caller's own."""
        if self._tokenizer.name is None:
            return None
        return {
            "reader": "mediawiki",
            **self._tokenizer.settings(),
            "lowercase": self._lowercase,
            "piece_tokens": PIECE_TOKENS,
            "unicode": unicodedata.unidata_version,
            "mwparserfromhell": metadata.version("mwparserfromhell"),
        }

    def byte_chunks(self) -> Iterator[bytes] | None:
        """Return the words of each article as UTF-8, with white space between them and a line end after each sentence;
        None for a tokenizer of the caller's own.
        """
        if self._tokenizer.name is None:
            return None
        return prepared_texts(self._pages(), self._tokenizer, self._lowercase, self._workers)

    def __iter__(self) -> Iterator[list[str]]:
        for title, lines in self.articles():
            yield from pieces((self._split(line, title), True) for line in lines)

    def texts(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the title of each article and all its words."""
        for title, lines in self.articles():
            yield title, [word for line in lines for word in self._split(line, title)]

    def _split(self, line: str, title: str) -> list[str]:
        return checked_sentence(self._tokenizer.split(line), f"the tokenizer's result in {title!r}")

    def articles(self) -> Iterator[tuple[str, list[str]]]:
        """Yield (title, lines of plain text) of every article."""
        for page in self._pages():
            yield page.title, plain_text(page.text, page.dropped_prefixes | DROPPED_PREFIXES)

    def _pages(self) -> Iterator[Page]:
        for stream, file in zip(self.streams(self._workers), self.files, strict=True):
            is_slow = stream.compression is not None and file.size() is not None
            yield from read_pages(stream, ahead=is_slow and self._workers > 1)
