"""The text form of word2vec: a line ``V dim``, then a line ``word number ... number`` for each word.

Without the first line it is GloVe's form. Numbers are written in the shortest form that reads back as the
same float32 (``csrc/text_decimal.h``). Plain lines are read by compiled code (``csrc/text_floats.h``); a line that is
not plain (spaces within the word, a number too close to call, or an error) goes through a reader that accepts what it
can and names file, line and reason for the rest.

Other readers parse decimal text to a float64 and round that to float32. Rounding twice may miss the nearest
float32, when the float64 lies exactly between two of them; this reader rounds once.

Rejected: ``'%f'`` (loses digits), ``'%.9g'`` (exact, but a fifth longer), ``numpy.fromstring`` and
``numpy.loadtxt`` (about half as fast, and numbers stop being checked one by one).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from embed import _floats
from embed.errors import FormatError
from embed.files.compressing import compressing_write
from embed.formats.bounds import in_memory
from embed.formats.escaping import encode_words
from embed.formats.reading import Header, PathOrInput, Rows, Source, WordDecoder, open_source, parse_header
from embed.vectors import WordVectors

__all__ = ["RowReader", "format_lines", "line_blocks", "read", "write"]

READ_BYTES = 1 << 19
"""Text read and parsed at a time."""
WRITE_NUMBERS = 1 << 17
"""Numbers written at a time."""
_FEWEST_NUMBER_BYTES = 4
"""Room for rows is made as if a number took this many bytes; where they are shorter, there are more turns."""
LONGEST_LINE = 32 << 20
"""A line longer than this is taken for a file that is not text."""
_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_WITH_POINT = re.compile(rb"[+-]?(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?")
_NOT_FINITE = re.compile(rb"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)

# A float64 exactly between two float32: of the 29 bits that a float32 lacks, the first is set and no other.
_LACKING, _HALF = np.uint64((1 << 29) - 1), np.uint64(1 << 28)
_SMALLEST_NORMAL, _SMALLEST = 2.0**-126, 2.0**-149


class _BadLine(ValueError):
    """What is wrong with a line."""


def write(
    vectors: WordVectors, path: str | os.PathLike[str], *, header: bool = True, on_bad_word: str = "refuse"
) -> None:
    """Write vectors as text; reading them back gives the same float32 numbers, bit for bit.

    Parameters
    ----------
    vectors : WordVectors
    path : path
        Replaced when the whole file has been written; compressed if its name ends with .gz, .zst, .bz2 or .xz.
    header : bool
        Write the first line, ``V dim``; without it the file is in GloVe's form.
    on_bad_word : {"refuse", "escape"}
        Words that are empty or hold white space, NUL or a lone surrogate: raise, or write them escaped as
        described in `embed.formats.escaping`.

    Raises
    ------
    FormatError
        A word or a number cannot be written, or the file cannot.
    """
    words = encode_words(vectors.words, on_bad_word)
    matrix, _ = vectors.matrix, vectors.norms  # asking for the norms checks that all numbers are finite
    block = max(1, WRITE_NUMBERS // vectors.dim)
    with compressing_write(path) as file:
        if header:
            file.write(b"%d %d\n" % matrix.shape)
        for start in range(0, len(words), block):
            file.write(format_lines(words[start : start + block], matrix[start : start + block]))


def format_lines(words: Sequence[bytes], rows: npt.NDArray[np.float32]) -> bytes:
    """Return the lines of a block: words, and finite numbers of shape (len(words), dim)."""
    return _floats.rows_as_lines(words, np.ascontiguousarray(rows))


@in_memory
def read(
    path: PathOrInput,
    *,
    dim: int | None = None,
    decode_errors: str = "strict",
    unescape: bool = False,
) -> WordVectors:
    """Read vectors from text, with or without the first line ``V dim``, plain or compressed.

    Where the length of the vectors is known from the first line or from `dim`, a word may hold spaces: the
    last `dim` fields are the numbers.

    Parameters
    ----------
    path : path
        Plain text, or text compressed by gzip, bzip2, xz or zstd.
    dim : int, optional
        The length of the vectors of a file that does not say it.
    decode_errors : {"strict", "replace"}
        A word that is not valid UTF-8: raise, or put U+FFFD in place of the bytes.
    unescape : bool
        Undo what ``write(..., on_bad_word="escape")`` did.

    Raises
    ------
    FormatError
        With file and line: a wrong number of lines or of numbers in a line, something that is not a number
        or not finite as a float32, a word that is empty, comes twice, or is not valid UTF-8.
    """
    with open_source(path) as source:
        blocks = line_blocks(source)
        block = next(blocks, b"")
        if not block:
            raise FormatError(f"{source.name}: the file is empty")
        first = block[: block.index(b"\n")]
        header = parse_header(source, first, least_row_bytes=2, least_number_bytes=2)
        if header and dim not in (None, header.dim):
            raise FormatError(f"{source.name}: the header says {header.dim} dimensions, not {dim}")
        reader = RowReader(
            source,
            header,
            dim or _dimensions(source, header, first),
            WordDecoder(decode_errors=decode_errors, unescape=unescape),
            spaces_in_words=header is not None or dim is not None,
        )
        reader.add(block, len(first) + 1 if header else 0)
        for block in blocks:
            reader.add(block, 0)
        return reader.finish()


def _dimensions(source: Source, header: Header | None, line: bytes) -> int:
    if header:
        return header.dim
    fields = line.split()
    if len(fields) < 2 or not _NUMBER.fullmatch(fields[-1]):
        raise FormatError(
            f"{source.name}, line 1: neither a header (two whole numbers: words and dimensions) "
            "nor a word followed by numbers"
        )
    return len(fields) - 1


def line_blocks(source: Source) -> Iterator[bytes]:
    """Yield the file as some whole lines at a time, each with its line break, the last one too."""
    rest: list[bytes] = []
    while data := source.read(READ_BYTES):
        end = data.rfind(b"\n") + 1
        if end:
            yield b"".join([*rest, data[:end]])
            rest = []
        rest.append(data[end:])
        if sum(map(len, rest)) > LONGEST_LINE:
            raise FormatError(f"{source.name}: a line is longer than {LONGEST_LINE} bytes: not a text file")
    if last := b"".join(rest):
        yield last + b"\n"


class RowReader:
    """Collects the rows of a file, block by block.

    Parameters
    ----------
    source : Source
    header : Header or None
        How many rows of how many numbers the first line promises.
    dim : int
    decoder : WordDecoder
    spaces_in_words : bool
        The last `dim` fields are numbers and all before them the word.
    """

    def __init__(
        self, source: Source, header: Header | None, dim: int, decoder: WordDecoder, *, spaces_in_words: bool
    ) -> None:
        self._source, self._header, self._dim = source, header, dim
        self._decoder, self._spaces_in_words = decoder, spaces_in_words
        self._rows = Rows(source, header, dim)
        self._line = 2 if header else 1  # the number of the next line
        self._blank_line: int | None = None
        rows = max(1, READ_BYTES // (_FEWEST_NUMBER_BYTES * dim))
        self._numbers, self._places = np.empty((rows, dim), np.float32), np.empty((rows, 2), np.int64)

    def add(self, block: bytes, begin: int) -> None:
        """Add the lines of `block` from byte `begin` on."""
        while begin < len(block):
            if self._blank_line is None:
                begin = self._add_fast(block, begin)
            if begin < len(block):
                end = block.index(b"\n", begin)
                try:
                    self._add_line(self._line, block[begin:end])
                except _BadLine as error:
                    raise FormatError(f"{self._source.name}, line {self._line}: {error}") from None
                self._line += 1
                begin = end + 1

    def finish(self) -> WordVectors:
        """Return the vectors, having compared their number with the header."""
        words = self._decoder.words
        if self._header and len(words) != self._header.rows:
            raise FormatError(
                f"{self._source.name}: the header says {self._header.rows} words, but the file ends after {len(words)}"
            )
        return WordVectors(words, self._rows.finish())

    def _add_fast(self, block: bytes, begin: int) -> int:
        """Add lines up to the first that is not plainly a word and numbers; return where that one begins."""
        while begin < len(block):
            count, begin = _floats.float_rows(block, begin, self._numbers, self._places)
            for place, (start, end) in enumerate(self._places[:count].tolist()):
                self._add_word(self._line + place, block[start:end])
            self._rows.add(self._numbers[:count])
            self._line += count
            if count < len(self._numbers):
                break
        return begin

    def _add_word(self, number: int, word: bytes) -> None:
        if self._header and len(self._decoder.words) == self._header.rows:
            raise FormatError(
                f"{self._source.name}, line {number}: one line more than the {self._header.rows} words "
                "that the header says"
            )
        wrong = self._decoder.add(word)
        if wrong:
            raise FormatError(f"{self._source.name}, line {number}: {wrong}")

    def _add_line(self, number: int, line: bytes) -> None:
        """Add one line in any form that makes sense."""
        if not line.strip():
            self._blank_line = self._blank_line or number
            return
        if self._blank_line:  # blank lines are fine at the end of the file only
            raise FormatError(f"{self._source.name}, line {self._blank_line}: the line is blank")
        word, *fields = line.rsplit(None, self._dim)
        extra = word.split()[1:]
        if len(fields) < self._dim or (
            extra and (not self._spaces_in_words or all(_WITH_POINT.fullmatch(field) for field in extra))
        ):
            raise _BadLine(f"{len(line.split()) - 1} numbers after the word, where {self._dim} are expected")
        for field in fields:
            if not _NUMBER.fullmatch(field):
                what = "not finite" if _NOT_FINITE.fullmatch(field) else "not a number"
                raise _BadLine(f"{field.decode(errors='replace')!r:.60} is {what}")
        row = _to_float32(np.array([float(field) for field in fields]), lambda: fields)
        wrong = np.flatnonzero(~np.isfinite(row))
        if len(wrong):
            raise _BadLine(f"{fields[wrong[0]].decode()!r:.60} is too large for a float32")
        self._add_word(number, word)
        self._rows.add(row[None, :])


def _to_float32(values: npt.NDArray[np.float64], texts: Callable[[], Sequence[bytes]]) -> npt.NDArray[np.float32]:
    """Return the float32 nearest to the decimal numbers whose nearest float64 are `values`.

    Parameters
    ----------
    values : float64 array, shape (n,)
        Overwritten where it lies exactly between two float32.
    texts : callable
        Returns the decimal numbers; called only if they are needed.
    """
    halfway = (values.view(np.uint64) & _LACKING) == _HALF
    tiny = np.abs(values) < _SMALLEST_NORMAL
    if tiny.any():  # subnormal float32 lack more bits
        halfway[tiny] = np.modf(values[tiny] / _SMALLEST)[0] % 1 == 0.5
    ties = np.flatnonzero(halfway).tolist()
    decimals = texts() if ties else []
    for index in ties:
        exact = Decimal(decimals[index].decode())
        nearest = Decimal(float(values[index]))
        if exact != nearest:
            values[index] = np.nextafter(values[index], np.inf if exact > nearest else -np.inf)
    with np.errstate(over="ignore"):
        return values.astype(np.float32)
