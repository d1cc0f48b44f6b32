"""Read plain text, one sentence or paragraph a line.

For a named tokenizer, :meth:`TextCorpus.byte_chunks` passes valid UTF-8 to the compiled counter, with white space
between the tokens, and no token becomes a Python string. Iterating yields the same sentences as lists of str.

A line of more than :data:`PIECE_TOKENS` tokens (text8 is a single line) is cut into pieces of that many, so that
memory is bounded and a sentence fits a block; no token is lost. Rejected: sentence splitting (a task of its own,
differs by language), dropping tokens beyond the limit (gensim), the C locale's white space (differs between machines).
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from embed.arguments import choice
from embed.choices import TOKENIZERS, TextErrors
from embed.errors import CorpusError
from embed.files.compressed import ByteStream
from embed.files.inputs import Input
from embed.messages import option

from ._breaks import valid_length
from .files import FileCorpus, Source
from .iterables import checked_sentence
from .lanes import Chunk, Lane, LanedChunks, after_last_space, whole_tokens
from .recognise import advise_of_clauses, check_text
from .tokenizers import TokenizerChoice, get_tokenizer

__all__ = [
    "DECODE_ERRORS",
    "LONGEST_LINE_BYTES",
    "LONGEST_WORD_BYTES",
    "PIECE_TOKENS",
    "TextCorpus",
    "pieces",
    "text_lines",
    "valid_utf8",
]

PIECE_TOKENS = 10_000
"""A line of a text file with more tokens is cut into sentences of this many."""
CHUNK_BYTES = 1 << 20
"""Decompressed bytes per read; they fit the second-level cache until they are counted, and threads seldom wait."""
LONG_PART = 1 << 16
"""A longer line goes to the tokenizer in parts, if the tokenizer is cuttable."""

LONGEST_WORD_BYTES = 1 << 20
"""A longer run of bytes without white space is an error, because memory would grow with it."""
LONGEST_LINE_BYTES = 1 << 28
"""The same limit for the lines of a caller's own tokenizer, which receives whole lines."""

DECODE_ERRORS: dict[TextErrors, str] = {"strict": "strict", "replace": "replace", "skip": "ignore"}
"""Policies for invalid UTF-8, with their names in codecs."""


class TextCorpus(FileCorpus):
    """A re-iterable stream of sentences from text files.

    Parameters
    ----------
    source : path, "-" or list of paths, folders and globs
        Plain, compressed with gzip, bzip2, xz or zstd, or the only file in a zip archive, recognised by content.
    tokenizer : {"whitespace", "words"} or callable
        See :mod:`embed.corpora.tokenizers`; a callable takes a line (without its end) and returns a list of
        str.
    lowercase : bool
        Lower-case the text before splitting it.
    decode_errors : {"strict", "replace", "skip"}
        What to do with invalid UTF-8: raise CorpusError, replace it by U+FFFD, or remove it. A NUL byte, typical of
        UTF-16 and binary files, is an error if strict and white space otherwise.

    Raises
    ------
    CorpusError
        At construction: a file does not exist, or its beginning is not text (:mod:`embed.corpora.recognise`).
        While reading: a file is unreadable, damaged or not UTF-8.
    ConfigError
        The tokenizer or policy is unknown.

    Warns
    -----
    AdviceWarning
        A file looks like markup or a table.
    """

    def __init__(
        self,
        source: Source | list[Input],
        *,
        tokenizer: TokenizerChoice = "whitespace",
        lowercase: bool = False,
        decode_errors: TextErrors = "strict",
    ) -> None:
        decode_errors = choice("decode_errors", decode_errors, tuple(DECODE_ERRORS))
        self._tokenizer = get_tokenizer(tokenizer, lowercase)
        self._lowercase = lowercase
        self._decode_errors = decode_errors
        super().__init__(source)
        for file in self.files:
            if file.size() is not None and not file.is_recognised:  # before the first is read
                self.check(file)

    def check(self, file: Input) -> None:
        """Check the beginning of a file; see :func:`embed.corpora.recognise.check_text`."""
        check_text(file, self._decode_errors)
        if (name := self._tokenizer.name) in TOKENIZERS:
            advise_of_clauses(file, name)

    def settings(self) -> dict[str, Any] | None:
        """Return the reading settings; None for a tokenizer of the caller's own."""
        if self._tokenizer.name is None:
            return None
        settings: dict[str, Any] = {
            "reader": "text",
            **self._tokenizer.settings(),
            "lowercase": self._lowercase,
            "decode_errors": self._decode_errors,
            "piece_tokens": PIECE_TOKENS,
        }
        if self._lowercase or self._tokenizer.name != "whitespace":
            settings["unicode"] = unicodedata.unidata_version
        return settings

    def __iter__(self) -> Iterator[list[str]]:
        for stream in self.streams():
            yield from pieces(self._parts(stream))

    def lines(self) -> Iterator[list[str]]:
        """Yield the words of every line, empty lines too, however long a line is."""
        for stream in self.streams():
            line: list[str] = []
            is_open = False
            for words, ends in self._parts(stream):
                line += words
                is_open = not ends
                if ends:
                    yield line
                    line = []
            if is_open:
                yield line

    def texts(self) -> Iterator[tuple[Input, list[str]]]:
        """Yield each file and all its words."""
        for stream, file in zip(self.streams(), self.files, strict=True):
            yield file, [word for words, _ in self._parts(stream) for word in words]

    def _parts(self, stream: ByteStream) -> Iterator[tuple[list[str], bool]]:
        """Yield the words of lines, or of parts of long lines, and whether the line ends there."""
        parts = _line_parts(valid_utf8(stream, self._decode_errors), self._tokenizer.cuttable, stream)
        return ((self._split(text, stream.name), ends) for text, ends in parts)

    def byte_chunks(self) -> Iterator[bytes] | None:
        """Return the tokens as chunks of valid UTF-8, with white space between them and a line end after each
        sentence; None for a tokenizer of the caller's own.

        Sentences may span chunks. The text of every file ends with a line end. The chunks have lanes, for several
        threads (:mod:`embed.corpora.lanes`).
        """
        return None if self._tokenizer.name is None else LanedChunks(self._lanes)

    def open_file(self, file: Input) -> ByteStream:
        """Open a file; check a pipe or URL first."""
        if file.size() is None:
            self.check(file)
        return super().open_file(file)

    def _lanes(self, threads: int) -> Iterator[Lane]:
        """Yield a lane for plain files that follow each other, one for each compressed file, and one for each pipe."""
        self.begin_pass(threads)
        for is_plain, group in groupby(range(len(self.files)), self._is_plain_file):
            numbers = list(group)
            for part in [numbers] if is_plain else [[number] for number in numbers]:
                yield Lane(self._chunks(part), is_ready=self.files[part[0]].size() is not None)

    def _is_plain_file(self, number: int) -> bool:
        return self.files[number].size() is not None and self.files[number].compression is None

    def _chunks(self, numbers: Iterable[int]) -> Iterator[Chunk]:
        names = [""]
        for data in whole_tokens(self._valid_files(numbers, names), CHUNK_BYTES, LONGEST_WORD_BYTES):
            if self._tokenizer.separate is not None:
                _check_held(len(data) - after_last_space(data), LONGEST_WORD_BYTES, "a word", names[0])
            yield Chunk(data, self._tokenizer.separate, names[0])

    def _valid_files(self, numbers: Iterable[int], names: list[str]) -> Iterator[bytes]:
        """Yield the text of files, with a line end after each; names[0] becomes the name of the file being read."""
        for number in numbers:
            with self.reading(number) as stream:
                names[0] = stream.name
                yield from valid_utf8(stream, self._decode_errors)
                yield b"\n"

    def _split(self, text: str, name: str) -> list[str]:
        tokens = self._tokenizer.split(text)
        return (
            tokens
            if self._tokenizer.name
            else checked_sentence(tokens, f"{name}: the tokenizer's result for {text!r:.60}")
        )


def text_lines(stream: ByteStream, policy: TextErrors) -> Iterator[str]:
    """Yield every line of a text, empty ones too; raises CorpusError if it is not running text."""
    for line, _ in _line_parts(valid_utf8(stream, policy), False, stream):
        yield line


def pieces(parts: Iterator[tuple[list[str], bool]]) -> Iterator[list[str]]:
    """Join (tokens, whether the line ends here) into non-empty sentences of at most PIECE_TOKENS."""
    sentence: list[str] = []
    for tokens, ends in parts:
        sentence = sentence + tokens if sentence else tokens
        whole = len(sentence) - len(sentence) % PIECE_TOKENS
        for start in range(0, whole, PIECE_TOKENS):
            yield sentence[start : start + PIECE_TOKENS]
        sentence = sentence[whole:] if whole else sentence
        if ends:
            if sentence:
                yield sentence
            sentence = []
    if sentence:
        yield sentence


def _line_parts(chunks: Iterator[bytes], cuttable: bool, stream: ByteStream) -> Iterator[tuple[str, bool]]:
    """Yield (text, whether the line ends here); cut very long lines into parts at white space."""
    held: list[bytes] = []
    held_bytes = 0
    most, what = (LONGEST_WORD_BYTES, "a word") if cuttable else (LONGEST_LINE_BYTES, "a line")
    for chunk in chunks:
        first, *lines = chunk.split(b"\n")
        held.append(first)
        held_bytes += len(first)
        if lines:
            yield b"".join(held).decode(), True
            for line in lines[:-1]:
                yield line.decode(), True
            held, held_bytes = [lines[-1]], len(lines[-1])
        if cuttable and held_bytes > LONG_PART and (cut := after_last_space(held[-1])):
            yield b"".join([*held[:-1], held[-1][:cut]]).decode(), False
            held, held_bytes = [held[-1][cut:]], len(held[-1]) - cut
        _check_held(held_bytes, most, what, stream.name)
    if held_bytes:
        yield b"".join(held).decode(), True


def _check_held(held_bytes: int, most: int, what: str, name: str) -> None:
    if held_bytes > most:
        raise CorpusError(
            f"{name}: {what} is longer than {most:,} bytes, so this is not running text; name a text file"
        )


def valid_utf8(stream: ByteStream, policy: TextErrors) -> Iterator[bytes]:
    """Yield valid UTF-8 without byte order mark and NUL, cut only between characters."""
    offset, rest = 0, b""
    if not stream.begin and stream.peek(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8:
        offset = len(stream.read(len(codecs.BOM_UTF8)))
    while True:
        data = stream.read(CHUNK_BYTES)
        final = not data
        data = rest + data if rest else data
        if not data:
            return
        valid, used = _checked(data, offset, final, stream, policy)
        yield valid
        offset += used
        rest = data[used:]
        if final:
            return


def _checked(data: bytes, offset: int, final: bool, stream: ByteStream, policy: TextErrors) -> tuple[bytes, int]:
    """Return the valid text at the start of `data`, and the number of bytes of `data` that it represents."""
    nul = data.find(b"\0")
    if nul >= 0 and policy != "strict":
        data = data.replace(b"\0", b" ")
    used = valid_length(data)
    try:
        used += codecs.utf_8_decode(memoryview(data)[used:], "strict", final)[1]
        valid = data[:used]
    except UnicodeDecodeError as error:
        if policy != "strict":
            text, used = codecs.utf_8_decode(data, DECODE_ERRORS[policy], final)
            return text.encode(), used
        wrong = used + error.start
        if not 0 <= nul < wrong:
            raise CorpusError(_invalid(data[wrong], offset + wrong, stream)) from error
    if nul >= 0 and policy == "strict":
        raise CorpusError(
            f"{stream.name}: {stream.describe(offset + nul)} is NUL, so the file is UTF-16 or binary, not UTF-8 text; "
            f"convert it, {_or_pass()} to read NUL as white space"
        )
    return valid, used


def _or_pass() -> str:
    return f"or pass {option('decode_errors', 'replace')} or {option('decode_errors', 'skip')}"


def _invalid(byte: int, offset: int, stream: ByteStream) -> str:
    is_utf16 = offset == 0 and byte in codecs.BOM_UTF16
    advice = "the file looks like UTF-16; convert it" if is_utf16 else "convert the file"
    return f"{stream.name}: {stream.describe(offset)} (0x{byte:02x}) is not valid UTF-8; {advice}, {_or_pass()}"
