"""Read and write word2vec's text and binary files, with the options of gensim's readers.

The strict and fast readers of :mod:`embed.formats` come first. Files that they refuse, and options that they lack
(`limit`, other encodings), go word by word through the tolerant reader of this module: it keeps the first of
duplicate words and skips the line breaks that some writers leave before a word.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.choices import OnBadWord
from embed.compat.gensim.errors import WordDecodeError, WordFileError
from embed.errors import ConfigError, FormatError
from embed.files.atomic import atomic_write
from embed.files.bounds import in_memory
from embed.files.inputs import Input
from embed.formats import word2vec_binary, word2vec_text
from embed.formats.detect import detect
from embed.formats.foreign import ForeignFileError
from embed.formats.reading import PathOrInput, Source, open_source
from embed.formats.registry import BINARY, FASTTEXT, NATIVE, TEXT
from embed.vectors.word_vectors import WordVectors

__all__ = ["read_rows", "read_word2vec", "write_word2vec"]

logger = logging.getLogger("gensim.models.keyedvectors")

Array = npt.NDArray[Any]
BUFFER_BYTES = 1 << 20
LONGEST_WORD = 1 << 20
"""The space after a word must be within this many bytes."""
_FLOAT = np.dtype("<f4")


def write_word2vec(
    vectors: WordVectors,
    path: str | os.PathLike[str],
    *,
    binary: bool,
    header: int | None,
    append: bool = False,
    on_bad_word: OnBadWord = "refuse",
) -> None:
    """Write a file, or append to one.

    Parameters
    ----------
    vectors : WordVectors
    path : path
    binary : bool
    header : int or None
        The number of words in the header; None for no header.
    append : bool
    on_bad_word : {"refuse", "escape"}

    Raises
    ------
    FormatError
        A word is one that no reader could read, or the file cannot be written.
    """
    if not append and binary and header is None:
        raise ConfigError("a binary file needs its header: use write_header=False for text, or to append to a file")
    if not append and header in (None, len(vectors)):
        if binary:
            word2vec_binary.write(vectors, path, on_bad_word=on_bad_word)
        else:
            word2vec_text.write(vectors, path, header=header is not None, on_bad_word=on_bad_word)
        return
    with TemporaryDirectory() as folder:
        whole = Path(folder) / "vectors"
        write_word2vec(vectors, whole, binary=binary, header=len(vectors), on_bad_word=on_bad_word)
        with open(whole, "rb") as rows:
            rows.readline()
            with open(path, "ab") if append else atomic_write(path) as file:
                if header is not None:
                    file.write(b"%d %d\n" % (header, vectors.dim))
                shutil.copyfileobj(rows, file)


@in_memory
def read_word2vec(
    path: str | os.PathLike[str],
    *,
    binary: bool,
    encoding: str,
    unicode_errors: str,
    limit: int | None,
    no_header: bool,
) -> tuple[list[str], Array]:
    """Return the words and their vectors, float32 of shape (n, dim).

    Raises
    ------
    WordFileError
        The file is damaged or ends too early.
    WordDecodeError
        A word is not valid in `encoding`, and `unicode_errors` is "strict"; also a UnicodeDecodeError.
    """
    if no_header and binary:
        raise ConfigError("a binary file has a header: use no_header=True for text only")
    source = Input.of(path, FormatError)
    if source.reads_once:
        source.open_seekable().close()  # it may be read twice
    if limit is None and unicode_errors == "strict" and encoding.lower().replace("-", "") == "utf8":
        try:
            found = word2vec_binary.read(source) if binary else word2vec_text.read(source)
            if not any(word.startswith("\n") for word in found.words):
                return list(found.words), found.matrix
        except FormatError as error:
            logger.info("%s; reading word by word", error)
    _check_content(source, binary)
    return _read_tolerantly(
        read_rows(source, binary=binary, encoding=encoding, unicode_errors=unicode_errors, no_header=no_header),
        source.name,
        limit,
    )


def _check_content(source: Input, binary: bool) -> None:
    """Raise WordFileError with the right call if the file is in another format.

    Text read as binary gives garbage words without any error, since its bytes are valid numbers, too.
    """
    try:
        found = detect(source)
    except ForeignFileError as error:
        raise WordFileError(str(error)) from None
    except FormatError:  # such as text in another encoding, which the reader checks
        return
    right = {TEXT: "binary=False", BINARY: "binary=True"}
    if found == (BINARY if binary else TEXT):
        return
    if found in right:
        raise WordFileError(f"{source.name} is {found}; read it with {right[found]}")
    call = {FASTTEXT: "load_facebook_vectors(path)", NATIVE: "KeyedVectors.load(path)"}.get(found, "embed.load(path)")
    raise WordFileError(f"{source.name} is in the format {found!r}; read it with {call}")


def _read_tolerantly(rows: Iterator[tuple[str, Array]], name: str, limit: int | None) -> tuple[list[str], Array]:
    found: dict[str, Array] = {}
    for word, vector in islice(rows, limit):
        if word in found:
            logger.warning("%s: duplicate word %r; keeping the first", name, word)
        else:
            found[word] = vector
    if not found:
        raise WordFileError(f"{name}: holds no words")
    return list(found), np.array(list(found.values()), np.float32)


def read_rows(
    path: PathOrInput,
    *,
    binary: bool,
    encoding: str = "utf8",
    unicode_errors: str = "strict",
    no_header: bool = False,
) -> Iterator[tuple[str, Array]]:
    """Yield each word of a file with its vector, float32 of shape (dim,)."""
    with open_source(path) as source:
        text = _Text(source)
        rows, dim = (None, None) if no_header else _header(text.line(), source.name)
        if binary:
            pairs = _binary_rows(text, source.name, rows or 0, dim or 0)
        else:
            pairs = _text_rows(text, source.name, rows, dim)
        for word, vector in pairs:
            try:
                text_of_word = word.decode(encoding, unicode_errors)
            except UnicodeDecodeError as error:
                decode_error = WordDecodeError(*error.args)
                decode_error.name = source.name
                raise decode_error from None
            yield text_of_word, vector


class _Text:
    """The bytes of a file, by lines or in pieces."""

    def __init__(self, source: Source) -> None:
        self._source, self._held = source, b""

    def line(self) -> bytes:
        """Return the next line with its line break; nothing at the end of the file."""
        while (end := self._held.find(b"\n")) < 0:
            more = self._source.read(BUFFER_BYTES)
            if not more:
                line, self._held = self._held, b""
                return line
            self._held += more
        line, self._held = self._held[: end + 1], self._held[end + 1 :]
        return line

    def piece(self) -> bytes:
        """Return the next bytes; nothing at the end of the file."""
        if not self._held:
            return self._source.read(BUFFER_BYTES)
        piece, self._held = self._held, b""
        return piece


def _header(line: bytes, name: str) -> tuple[int, int]:
    fields = line.split()
    if len(fields) != 2 or not all(field.isdigit() for field in fields):
        raise WordFileError(f"{name}: line 1 must be two whole numbers, words and dimensions (or pass no_header=True)")
    return int(fields[0]), int(fields[1])


def _text_rows(text: _Text, name: str, rows: int | None, dim: int | None) -> Iterator[tuple[bytes, Array]]:
    first: list[bytes] = []
    if dim is None:
        while len(first) < word2vec_text.LOOKED_AT and (line := text.line()):
            first.append(line)
        dim = word2vec_text.inferred_dim(name, b"".join(first)) if first else None
        first.reverse()
    number = 0
    while rows is None or number < rows:
        line = first.pop() if first else text.line()
        number += 1
        if not line:
            if rows is None:
                return
            raise WordFileError(f"{name}: the header says {rows} words, but the file ends after {number - 1}")
        fields = line.rstrip().split(b" ")
        cut = len(fields) - (dim or 0) if len(fields) > (dim or 0) else 1  # a word may have spaces
        word, fields = b" ".join(fields[:cut]), fields[cut:]
        try:
            vector = np.array([float(field) for field in fields], np.float32)
        except ValueError:
            raise WordFileError(f"{name}: row {number} of the words holds a field that is not a number") from None
        if len(vector) != dim:
            raise WordFileError(f"{name}: row {number} of the words has {len(vector)} numbers, not {dim}")
        yield word, vector


def _binary_rows(text: _Text, name: str, rows: int, dim: int) -> Iterator[tuple[bytes, Array]]:
    held = b""
    width = dim * _FLOAT.itemsize
    for row in range(rows):
        held = held.lstrip(b"\n")
        while (space := held.find(b" ")) < 0 or len(held) < space + 1 + width:
            more = text.piece()
            held = (held + more).lstrip(b"\n")
            if not more or (held.find(b" ") < 0 and len(held) > LONGEST_WORD):
                raise WordFileError(f"{name}: the file ends or is damaged within word {row + 1} of {rows}")
        yield held[:space], np.frombuffer(held, _FLOAT, dim, space + 1).astype(np.float32)
        held = held[space + 1 + width :]
