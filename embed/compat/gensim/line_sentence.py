"""Read sentences from text files, one a line, split at white space."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import closing, nullcontext
from itertools import islice
from pathlib import Path
from typing import IO, Any

from embed.errors import ConfigError, cannot_open
from embed.files.inputs import Input

__all__ = ["MAX_WORDS_IN_BATCH", "LineSentence", "PathLineSentences", "Text8Corpus", "opened_lines", "words_of"]

MAX_WORDS_IN_BATCH = 10_000
"""A longer sentence is cut into sentences of this many words."""
READ_BYTES = 1 << 18


class LineSentence:
    """The lines of a file as lists of words.

    Parameters
    ----------
    source : path, or binary or text file
        A path may name a file compressed by gzip, bzip2, xz or zstd. A seekable file is read from its start.
    max_sentence_length : int
        Longer lines are cut into sentences of at most this many words; nothing is lost.
    limit : int, optional
        Read the first `limit` lines only.
    """

    def __init__(
        self,
        source: str | os.PathLike[str] | IO[Any],
        max_sentence_length: int = MAX_WORDS_IN_BATCH,
        limit: int | None = None,
    ) -> None:
        self.source = source
        self.max_sentence_length = max_sentence_length
        self.limit = limit

    def __iter__(self) -> Iterator[list[str]]:
        with opened_lines(self.source) as lines:
            for line in islice(lines, self.limit):
                words = words_of(line)
                for start in range(0, max(1, len(words)), self.max_sentence_length):
                    yield words[start : start + self.max_sentence_length]


class PathLineSentences:
    """The lines of all files of a folder, in the order of their names; for parameters see `LineSentence`."""

    def __init__(
        self,
        source: str | os.PathLike[str],
        max_sentence_length: int = MAX_WORDS_IN_BATCH,
        limit: int | None = None,
    ) -> None:
        path = Path(source)
        if not path.exists():
            missing = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fspath(path))
            raise cannot_open(ConfigError, f"{path}: there is no such file or folder", missing)
        self.source = os.fspath(source)
        self.max_sentence_length = max_sentence_length
        self.limit = limit
        self.input_files = [os.fspath(file) for file in (sorted(path.iterdir()) if path.is_dir() else [path])]

    def __iter__(self) -> Iterator[list[str]]:
        for file in self.input_files:
            yield from LineSentence(file, self.max_sentence_length, self.limit)


class Text8Corpus:
    """The words of a file whose lines are no sentences, such as text8, in sentences of equal length.

    Parameters
    ----------
    fname : path
        Plain or compressed.
    max_sentence_length : int
        The words of each sentence but the last.
    """

    def __init__(self, fname: str | os.PathLike[str], max_sentence_length: int = MAX_WORDS_IN_BATCH) -> None:
        self.fname = fname
        self.max_sentence_length = max_sentence_length

    def __iter__(self) -> Iterator[list[str]]:
        sentence: list[str] = []
        rest = b""
        with closing(Input(os.fspath(self.fname)).open()) as stream:
            while data := stream.read(READ_BYTES):
                text = rest + data
                end = max(text.rfind(b" "), text.rfind(b"\n")) + 1
                sentence += words_of(text[:end])
                rest = text[end:]
                while len(sentence) >= self.max_sentence_length:
                    yield sentence[: self.max_sentence_length]
                    sentence = sentence[self.max_sentence_length :]
        if sentence := sentence + words_of(rest):
            yield sentence


def opened_lines(source: str | os.PathLike[str] | IO[Any]) -> Any:
    """Return a context manager of the lines of a file, which is read from its start."""
    if isinstance(source, (str, os.PathLike)):
        return _FileLines(os.fspath(source))
    if hasattr(source, "seekable") and source.seekable():
        source.seek(0)
    return nullcontext(source)


def words_of(line: str | bytes) -> list[str]:
    """Return a line split at white space."""
    return (line if isinstance(line, str) else line.decode("utf8")).split()


class _FileLines:
    """The lines of a file, plain or compressed."""

    def __init__(self, path: str) -> None:
        self._stream = Input(path).open()

    def __enter__(self) -> Iterable[bytes]:
        return self._lines()

    def __exit__(self, *error: object) -> None:
        self._stream.close()

    def _lines(self) -> Iterator[bytes]:
        rest = b""
        while data := self._stream.read(READ_BYTES):
            *lines, rest = (rest + data).split(b"\n")
            yield from lines
        if rest:
            yield rest
