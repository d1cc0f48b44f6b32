"""The text under the benchmarks: any source of embed.corpora, written out as plain text that every peer reads.

One sentence a line, tokens with blanks between them, no line longer than `PIECE_TOKENS` (gensim would drop the
rest of it).
"""

from __future__ import annotations

import bz2
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from benchmarks.lib.processes import BenchmarkError
from embed.corpora import PIECE_TOKENS, SyntheticCorpus, open_corpus

SYNTHETIC_VOCABULARY = 70_000
"""About the size of the vocabulary of 17M tokens of Wikipedia."""
DUMP_DESCRIPTION = "the Wikipedia articles in the gensim wheel"
_PHRASES = 8
_PAGE, _DUMP_END = b"<page>", b"</mediawiki>"
_DUMP_BYTES = 13
"""Bytes of a dump for each token, markup included."""


@dataclass(frozen=True)
class TextFile:
    """A prepared text: its path, its tokens, and what it is in words."""

    path: Path
    tokens: int
    description: str


class TextSource:
    """Where the text comes from.

    Parameters
    ----------
    folder : Path
        Where to write prepared texts.
    corpus : str or None
        A source of embed.corpora.
    synthetic : int or None
        Generate that many tokens instead.
    tokenizer, lowercase
        How to read `corpus`. Without any source the Wikipedia articles in the gensim wheel are read, as
        lower-cased words.
    """

    def __init__(
        self,
        folder: Path,
        corpus: str | None = None,
        synthetic: int | None = None,
        *,
        tokenizer: str = "whitespace",
        lowercase: bool = False,
        vocabulary: int = SYNTHETIC_VOCABULARY,
    ) -> None:
        self._folder = folder
        self._most = synthetic
        self._made: dict[tuple[int | None, bool, bool], TextFile] = {}
        self._sentences: Iterable[list[str]]
        self._lines: Iterable[list[str]]
        if synthetic is not None:
            # a phrase has at least one token, so there are enough; only what is read is generated
            sentences = synthetic // _PHRASES + 1
            self._sentences = self._lines = SyntheticCorpus(
                sentences=sentences, vocabulary=vocabulary, phrases=_PHRASES
            )
            self._description = f"synthetic text of up to {vocabulary:,} words"
        elif corpus is not None:
            self._sentences = open_corpus(corpus, tokenizer=tokenizer, lowercase=lowercase)
            self._lines = open_corpus(corpus, tokenizer=str.split)
            self._description = Path(corpus).name
        else:
            from embed.demo import find_dump

            self._sentences = open_corpus(find_dump(), tokenizer="words", lowercase=True)
            self._lines = open_corpus(find_dump(), tokenizer=str.split)
            self._description = DUMP_DESCRIPTION

    def text(self, tokens: int | None = None, *, repeat: bool = False, raw: bool = False) -> TextFile:
        """Write the text, or its first `tokens` tokens, and say what it is; the same request is written once.

        Parameters
        ----------
        tokens : int or None
            At most so many tokens.
        repeat : bool
            Start again from the beginning when the text is shorter than `tokens`.
        raw : bool
            The text as it is, with capitals and punctuation; a token is then what stands between white space.
        """
        if (tokens, repeat, raw) not in self._made:
            self._made[tokens, repeat, raw] = self._write(tokens, repeat, self._lines if raw else self._sentences)
        return self._made[tokens, repeat, raw]

    def dump(self, tokens: int, *, is_compressed: bool) -> Path:
        """Write a MediaWiki dump of about `tokens` tokens; the same request is written once."""
        path = self._folder / f"dump-{tokens}.xml{'.bz2' if is_compressed else ''}"
        if not path.exists():
            _write_dump(path, tokens, is_compressed=is_compressed)
        return path

    def _write(self, tokens: int | None, repeat: bool, sentences: Iterable[list[str]]) -> TextFile:
        print(f"preparing the text: {self._description}", file=sys.stderr)
        path = self._folder / f"text-{len(self._made)}.txt"
        wanted = min((limit for limit in (tokens, self._most) if limit is not None), default=None)
        once = written = _write_lines(path, "w", limited(sentences, wanted))
        if not written:
            raise BenchmarkError(f"there are no tokens in {self._description}")
        if repeat and tokens is not None:
            # what is missing comes from the file itself, no more than it held before each round
            while written < tokens:
                with open(path, encoding="utf-8") as lines:
                    again = limited((line.split(" ") for line in lines), min(written, tokens - written))
                    pieces = [[*piece[:-1], piece[-1].rstrip("\n")] for piece in again]
                written += _write_lines(path, "a", pieces)
        repeated = f" (of which {once:,} distinct, then repeated)" if written > once else ""
        return TextFile(path, written, f"{written:,} tokens{repeated} of {self._description}")


def _write_dump(path: Path, tokens: int, *, is_compressed: bool) -> None:
    """Write articles of the dump in the gensim wheel with about `tokens` tokens, repeated."""
    from embed.demo import find_dump

    with bz2.open(find_dump()) as file:
        head, *pages = file.read().rstrip().removesuffix(_DUMP_END).split(_PAGE)
    pages = [_PAGE + page for page in pages]
    size = tokens * _DUMP_BYTES
    with (bz2.open if is_compressed else open)(path, "wb") as written:
        written.write(head)
        for page in cycle(pages):
            written.write(page)
            size -= len(page)
            if size <= 0:
                break
        written.write(_DUMP_END)


def limited(sentences: Iterable[list[str]], tokens: int | None) -> Iterator[list[str]]:
    """Yield sentences of up to `PIECE_TOKENS` tokens, until there have been `tokens` of them (None: all)."""
    for sentence in sentences:
        for start in range(0, len(sentence), PIECE_TOKENS):
            piece = sentence[start : start + PIECE_TOKENS]
            if tokens is not None:
                piece = piece[:tokens]
                tokens -= len(piece)
            if piece:
                yield piece
            if tokens == 0:
                return


def _write_lines(path: Path, mode: str, sentences: Iterable[list[str]]) -> int:
    """Write sentences, one a line, and return the number of tokens."""
    written = 0
    with open(path, mode, encoding="utf-8", newline="\n") as file:
        for sentence in sentences:
            file.write(" ".join(sentence) + "\n")
            written += len(sentence)
    return written
