"""Read and write word2vec's binary form: a line ``V dim``, then for each word its bytes, a space and `dim` float32.

Numbers are little-endian and exact. word2vec.c writes a line break after each vector, as this module does; gensim
does not; the reader takes both. A word cannot hold a space, which ends it.

Rejected: memory-mapping the file (rows follow words of any length, so no row is aligned and the matrix is not one
array; the native format is for that).
"""

from __future__ import annotations

import os
import re

import numpy as np

from embed.choices import DecodeErrors, OnBadWord
from embed.errors import FormatError
from embed.files.bounds import in_memory
from embed.files.compressing import compressing_write
from embed.formats.escaping import encode_words
from embed.formats.reading import Header, PathOrInput, Rows, Source, open_source, parse_header
from embed.formats.text_rows import are_text_rows
from embed.formats.words import UTF8, BadWordError, WordDecoder
from embed.vectors.word_vectors import WordVectors

__all__ = ["read", "write"]

BLOCK_BYTES = 4 << 20
"""Bytes of rows parsed or written at a time."""
READ_BYTES = 1 << 20
"""Bytes read at a time."""
LONGEST_HEADER = 64
"""The line break of the header must be within this many bytes."""
LONGEST_WORD = 1 << 20
"""The space after a word must be within this many bytes."""

_NO_WORD = re.compile(rb"[\n\0]")
"""Characters that no word of word2vec.c holds: such bytes belong to numbers."""
_FLOAT32 = np.dtype("<f4")


def write(vectors: WordVectors, path: str | os.PathLike[str], *, on_bad_word: OnBadWord = "refuse") -> None:
    """Write vectors as binary; a reader gets the same float32 numbers, bit for bit.

    Parameters
    ----------
    vectors : WordVectors
    path : path
        Replaced when the whole file has been written; compressed if its name ends with .gz, .zst, .bz2 or .xz.
    on_bad_word : {"refuse", "escape"}
        For words that are empty or hold white space, NUL or a lone surrogate: raise, or escape them
        (`embed.formats.escaping`).

    Raises
    ------
    FormatError
        A word or a number cannot be written, or the file cannot.
    """
    words = encode_words(vectors.words, on_bad_word)
    matrix, _ = vectors.matrix, vectors.norms  # asking for the norms checks that all numbers are finite
    width = _FLOAT32.itemsize * vectors.dim
    block = max(1, BLOCK_BYTES // width)
    with compressing_write(path) as file:
        file.write(b"%d %d\n" % matrix.shape)
        for start in range(0, len(words), block):
            rows = matrix[start : start + block].astype(_FLOAT32).tobytes()
            pieces: list[bytes] = []
            for number, word in enumerate(words[start : start + block]):
                pieces += word, b" ", rows[number * width : (number + 1) * width], b"\n"
            file.write(b"".join(pieces))


@in_memory
def read(
    path: PathOrInput,
    *,
    encoding: str = UTF8,
    decode_errors: DecodeErrors = "strict",
    unescape: bool = False,
    keep_first: bool = False,
    limit: int | None = None,
) -> WordVectors:
    """Read binary vectors, with or without a line break after each, plain or compressed.

    Parameters
    ----------
    path : path
        A plain file, or one compressed by gzip, bzip2, xz or zstd.
    encoding, decode_errors, unescape, keep_first
        See `embed.formats.words.WordDecoder`. word2vec.c cuts long words anywhere, even within a character.
    limit : int, optional
        Read the first `limit` words only; the rest of the file is not checked.

    Raises
    ------
    FormatError
        With file and byte offset (in the decompressed data): a missing header, one that claims more than the file
        holds, a file cut short or with data after the last row, numbers that are not finite, a word that is empty, a
        duplicate, or not valid UTF-8.
    """
    decoder = WordDecoder(encoding=encoding, decode_errors=decode_errors, unescape=unescape, keep_first=keep_first)
    with open_source(path) as source:
        data = _Buffer(source)
        header = _read_header(source, data)
        rows = Rows(source, header.cut(limit), header.dim)
        width = _FLOAT32.itemsize * header.dim
        block = max(1, BLOCK_BYTES // width)
        for start in range(0, header.rows, block):
            offset = data.offset
            pieces = []
            for row in range(start, min(start + block, header.rows)):
                if len(decoder.words) == limit:
                    break
                offset = data.offset
                word = data.until_space(row, header.rows)
                if row and word.startswith(b"\n"):
                    word = word[1:]
                if _NO_WORD.search(word):
                    raise FormatError(
                        f"{source.name}, byte {offset}: the word {word[:30]!r} holds a line break or NUL: a word "
                        "before it holds a space, the numbers are not little-endian float32, or the file is damaged"
                    )
                try:
                    is_kept = decoder.add(word)
                except BadWordError as error:
                    raise FormatError(f"{source.name}, byte {offset}: {error}") from None
                numbers_of_word = data.take(width, row, header.rows)
                if is_kept:
                    pieces.append(numbers_of_word)
            numbers = np.frombuffer(b"".join(pieces), _FLOAT32).reshape(-1, header.dim)
            wrong_rows = np.flatnonzero(~np.isfinite(numbers).all(axis=1))
            if len(wrong_rows):
                row = len(decoder.words) - len(numbers) + int(wrong_rows[0])
                raise FormatError(
                    f"{source.name}, row {row}: the vector of {decoder.words[row]!r:.60} holds NaN or infinity"
                )
            rows.add(numbers)
            if len(decoder.words) == limit:
                return WordVectors(decoder.words, rows.finish())
        data.expect_end(header.rows)
        return WordVectors(decoder.words, rows.finish())


def _read_header(source: Source, data: _Buffer) -> Header:
    line, line_break, _ = data.peek(LONGEST_HEADER).partition(b"\n")
    header = parse_header(source, line, least_row_bytes=2, least_number_bytes=_FLOAT32.itemsize)
    if header is None or not line_break:
        raise FormatError(f"{source.name}: does not start with a header of two whole numbers: words and dimensions")
    data.offset += len(line) + 1
    if are_text_rows(data.peek(LONGEST_WORD), header.dim):
        raise FormatError(f"{source.name}: this is text, not binary")
    return header


class _Buffer:
    """A part of the file in memory, and the offset of the next unused byte."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._data = b""
        self._start = 0  # offset in the file of the first byte of `_data`
        self.offset = 0

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes, or as many as there are, without using them."""
        self._fill(size)
        begin = self.offset - self._start
        return self._data[begin : begin + size]

    def until_space(self, row: int, rows: int) -> bytes:
        """Use and return the bytes before the next space; use the space as well."""
        begin = self.offset - self._start
        space = self._data.find(b" ", begin)
        if space < 0:
            self._fill(LONGEST_WORD)
            begin = self.offset - self._start
            space = self._data.find(b" ", begin, begin + LONGEST_WORD)
            if space < 0:
                if len(self._data) - begin < LONGEST_WORD:
                    raise self._cut_short(row, rows)
                raise FormatError(
                    f"{self._source.name}, byte {self.offset}: no space within {LONGEST_WORD} bytes of the "
                    "start of a word: the file is damaged, or its header gives a wrong dimension"
                )
        self.offset = self._start + space + 1
        return self._data[begin:space]

    def take(self, size: int, row: int, rows: int) -> bytes:
        """Use and return the next `size` bytes."""
        begin = self.offset - self._start
        if begin + size > len(self._data):
            self._fill(size)
            begin = self.offset - self._start
            if begin + size > len(self._data):
                raise self._cut_short(row, rows)
        self.offset += size
        return self._data[begin : begin + size]

    def expect_end(self, rows: int) -> None:
        """Raise FormatError unless at most a line break is left."""
        rest = self.peek(2)
        if rest.removeprefix(b"\n"):
            raise FormatError(
                f"{self._source.name}, byte {self.offset}: more data after the last of the {rows} words of the header"
            )

    def _fill(self, size: int) -> None:
        """Read until at least `size` unused bytes are in memory, if the file has them."""
        pieces = [self._data[self.offset - self._start :]]
        have = len(pieces[0])
        while have < size and (more := self._source.read(READ_BYTES)):
            pieces.append(more)
            have += len(more)
        self._data, self._start = b"".join(pieces), self.offset

    def _cut_short(self, row: int, rows: int) -> FormatError:
        end = self._start + len(self._data)
        return FormatError(f"{self._source.name}, byte {end}: the file ends within word {row + 1} of {rows}")
