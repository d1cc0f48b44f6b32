"""Read and write word2vec's text form: a line ``V dim``, then a line ``word number ... number`` for each word.

Without the first line it is GloVe's form. Numbers are written with the fewest digits that give the same float32
(``csrc/text_decimal.h``). Compiled code reads plain lines (``csrc/text_floats.h``). Other lines (spaces within the
word, a number too close to a rounding boundary, an error) go through a tolerant reader, which names file, line and
reason of an error.

Other readers parse decimal numbers to float64 and round these to float32. Rounding twice may miss the nearest
float32, when the float64 lies exactly between two of them; this reader rounds once.

Rejected: ``'%f'`` (loses digits), ``'%.9g'`` (exact, but a fifth longer), ``numpy.fromstring`` and
``numpy.loadtxt`` (about half as fast, and do not check each number).
"""

from __future__ import annotations

import codecs
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Literal

import numpy as np
import numpy.typing as npt

from embed.choices import DecodeErrors, OnBadWord
from embed.errors import FormatError
from embed.files.bounds import in_memory
from embed.files.compressing import compressing_write
from embed.formats import _floats
from embed.formats.escaping import encode_words
from embed.formats.reading import Header, PathOrInput, Rows, Source, open_source, parse_header
from embed.formats.words import UTF8, BadWordError, WordDecoder
from embed.messages import option
from embed.vectors.word_vectors import WordVectors

__all__ = ["LOOKED_AT", "RowReader", "format_lines", "inferred_dim", "line_blocks", "read", "write"]

READ_BYTES = 1 << 19
"""Text read and parsed at a time."""
WRITE_NUMBERS = 1 << 17
"""Numbers written at a time."""
_FEWEST_NUMBER_BYTES = 4
"""Buffers assume that a number takes at least this many bytes; shorter numbers need more turns."""
LOOKED_AT = 50
"""How many of the first lines to examine for the length of a vector."""
LONGEST_LINE = 32 << 20
"""A file with a longer line is not text."""
_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_WITH_POINT = re.compile(rb"[+-]?(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?")
_NOT_FINITE = re.compile(rb"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
_IN_PLACE_OF_NUMBER = re.compile(_NUMBER.pattern + b"|" + _NOT_FINITE.pattern, re.IGNORECASE)

# A float64 exactly between two float32: of the 29 bits that a float32 lacks, the first is set and no other.
_LACKING, _HALF = np.uint64((1 << 29) - 1), np.uint64(1 << 28)
_SMALLEST_NORMAL, _SMALLEST = 2.0**-126, 2.0**-149


class _BadLine(ValueError):
    """A line is malformed."""


def write(
    vectors: WordVectors, path: str | os.PathLike[str], *, header: bool = True, on_bad_word: OnBadWord = "refuse"
) -> None:
    """Write vectors as text; a reader gets the same float32 numbers, bit for bit.

    Parameters
    ----------
    vectors : WordVectors
    path : path
        Replaced when the whole file has been written; compressed if its name ends with .gz, .zst, .bz2 or .xz.
    header : bool
        Write the first line, ``V dim``; without it the file is in GloVe's form.
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
    block = max(1, WRITE_NUMBERS // vectors.dim)
    with compressing_write(path) as file:
        if header:
            file.write(b"%d %d\n" % matrix.shape)
        for start in range(0, len(words), block):
            file.write(format_lines(words[start : start + block], matrix[start : start + block]))


def format_lines(words: Sequence[bytes], rows: npt.NDArray[np.float32]) -> bytes:
    """Format words and their finite numbers, shape (len(words), dim), as lines."""
    return _floats.rows_as_lines(words, np.ascontiguousarray(rows))


@in_memory
def read(
    path: PathOrInput,
    *,
    dim: int | None = None,
    encoding: str = UTF8,
    decode_errors: DecodeErrors = "strict",
    unescape: bool = False,
    keep_first: bool = False,
    limit: int | None = None,
) -> WordVectors:
    """Read vectors from text, with or without the first line ``V dim``, plain or compressed.

    A word may hold spaces: the last `dim` fields of a line are the numbers. Without the first line and `dim`, most of
    the first lines decide.

    Parameters
    ----------
    path : path
        Plain text, or text compressed by gzip, bzip2, xz or zstd.
    dim : int, optional
        The length of a vector, for files without a header.
    encoding, decode_errors, unescape, keep_first
        See `embed.formats.words.WordDecoder`.
    limit : int, optional
        Read the first `limit` words only; the rest of the file is not checked.

    Raises
    ------
    FormatError
        With file and line: a wrong number of lines or of numbers in a line, a field that is not a number or not finite
        as a float32, a word that is empty, a duplicate, or not valid UTF-8.
    """
    decoder = WordDecoder(encoding=encoding, decode_errors=decode_errors, unescape=unescape, keep_first=keep_first)
    with open_source(path) as source:
        blocks = line_blocks(source)
        block = next(blocks, b"")
        if not block:
            raise FormatError(f"{source.name}: the file is empty")
        first = block[: block.index(b"\n")]
        header = parse_header(source, first, least_row_bytes=2, least_number_bytes=2)
        if header and dim not in (None, header.dim):
            raise FormatError(
                f"{source.name}: the header says {header.dim} dimensions, not {dim}: correct {option('vectors.dim')}"
            )
        if header and dim is None:
            _refuse_longer_rows(source.name, header.dim, block)
        reader = RowReader(
            source,
            header,
            dim or (header.dim if header else inferred_dim(source.name, block)),
            decoder,
            spaces="inferred" if header is None and dim is None else "given",
            limit=limit,
        )
        mark = len(codecs.BOM_UTF8) if block.startswith(codecs.BOM_UTF8) else 0
        reader.add(block, len(first) + 1 if header else mark)
        for block in blocks:
            if reader.is_full:
                break
            reader.add(block, 0)
        return reader.finish()


_DRESSED = (
    (re.compile(rb"[+-]?\d+,\d+"), "the numbers have decimal commas: write points with tr ',' '.'"),
    (re.compile(rb".*\d\.?[\])}]"), "the numbers are in brackets: remove them with tr -d '[](){},'"),
)
"""Numbers in other notations: the pattern of the last number of a line, and what to do."""


def inferred_dim(name: str, block: bytes) -> int:
    """Infer how many numbers a line of the file `name` has from its first lines, whose words may hold spaces.

    Raises
    ------
    FormatError
        The first line has no numbers, or the lines differ too much.
    """
    if b"\r" in block.partition(b"\n")[0].rstrip():
        raise FormatError(f"{name}: the lines end with a carriage return alone: convert them with tr '\\r' '\\n'")
    lines = [line.split() for line in block.split(b"\n", LOOKED_AT)[:LOOKED_AT]]
    lines = [fields for fields in lines if fields]
    ends = [_trailing_numbers(fields) for fields in lines]  # once, since a line may be long
    if not lines or not ends[0]:
        for pattern, fault in _DRESSED:
            if lines and pattern.fullmatch(lines[0][-1]):
                raise FormatError(f"{name}, line 1: {fault}")
        raise FormatError(
            f"{name}, line 1: neither a header (two whole numbers: words and dimensions) nor a word followed by "
            "numbers: write a word and its numbers on each line, with a space before each number"
        )
    if len(lines) > 1:
        _refuse_other_tables(name, lines, ends)
    first = ends[0]
    if len({len(fields) for fields in lines}) == 1 and first == len(lines[0]) - 1:
        return first
    runs = Counter(ends)
    if 2 * runs[first] >= len(lines):
        return first
    most, times = runs.most_common(1)[0]
    if 2 * times > len(lines) and most:
        return most
    found = ", ".join(str(run) for run in sorted(runs)[:4])
    raise FormatError(
        f"{name}: the first lines end with {found} ... numbers, so words with spaces cannot be recognised: set "
        f"{option('vectors.dim')} to the length of a vector"
    )


def _refuse_other_tables(name: str, lines: list[list[bytes]], ends: list[int]) -> None:
    """Raise FormatError for tables that only look like words and numbers.

    `ends` is how many numbers each line ends with.
    """
    if all(_WITH_POINT.fullmatch(field) for fields in lines for field in fields):
        raise FormatError(
            f"{name}: the lines hold numbers alone: give words and matrix to embed.WordVectors(words, matrix), or, if "
            f"the first number of a line is the word, set {option('vectors.dim', len(lines[0]) - 1)}"
        )
    counts = range(1 if lines[0][0] == b"1" else 0, len(lines) + 1)
    if all(fields[0] == b"%d" % number for fields, number in zip(lines, counts, strict=False)) and all(
        len(fields) - 1 > end for fields, end in zip(lines, ends, strict=True)
    ):
        raise FormatError(
            f"{name}: a line number precedes each word: remove it with cut -d ' ' -f 2-, or, if it belongs to the "
            f"word, set {option('vectors.dim', ends[0])}"
        )


def _refuse_longer_rows(name: str, dim: int, block: bytes) -> None:
    """Raise FormatError if all of the first rows have more numbers than the header of the file `name` says."""
    lines = [line.split() for line in block.split(b"\n", LOOKED_AT)[1:LOOKED_AT]]
    runs = [_trailing_numbers(fields) for fields in lines if fields]
    if runs and min(runs) > dim:
        raise FormatError(
            f"{name}: the header says {dim} dimensions, but {min(runs)} numbers follow each of the first words: "
            f"correct the header or, if words end with numbers, set {option('vectors.dim', dim)}"
        )


def _trailing_numbers(fields: list[bytes]) -> int:
    """Count the numbers at the end of a line; the first field is the word."""
    run = 0
    while run < len(fields) - 1 and _IN_PLACE_OF_NUMBER.fullmatch(fields[-1 - run]):
        run += 1
    return run


def line_blocks(source: Source) -> Iterator[bytes]:
    """Yield the file in blocks of whole lines, each with its line break, even the last."""
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
        The first line.
    dim : int
    decoder : WordDecoder
    spaces : {"none", "given", "inferred"}
        Whether words may hold spaces: no; yes, because the header or the caller gives `dim`; or yes, because `dim` was
        inferred from the first lines, in which case a word that holds a number is an error.
    limit : int, optional
        Keep this many words, and ignore the lines after them.
    """

    def __init__(
        self,
        source: Source,
        header: Header | None,
        dim: int,
        decoder: WordDecoder,
        *,
        spaces: Literal["none", "given", "inferred"],
        limit: int | None = None,
    ) -> None:
        self._source, self._header, self._dim = source, header, dim
        self._decoder, self._spaces, self._limit = decoder, spaces, limit
        self._read = 0  # rows, including those left out
        self._rows = Rows(source, header and header.cut(limit), dim)
        self._line = 2 if header else 1  # the number of the next line
        self._blank_line: int | None = None
        rows = max(1, READ_BYTES // (_FEWEST_NUMBER_BYTES * dim))
        self._numbers, self._words = np.empty((rows, dim), np.float32), np.empty((rows, 2), np.int64)

    def add(self, block: bytes, begin: int) -> None:
        """Add the lines of `block` from byte `begin` on, until the reader is full."""
        while begin < len(block) and not self.is_full:
            if self._blank_line is None:
                begin = self._add_fast(block, begin)
            if begin < len(block) and not self.is_full:
                end = block.index(b"\n", begin)
                try:
                    self._add_line(self._line, block[begin:end])
                except _BadLine as error:
                    raise FormatError(f"{self._source.name}, line {self._line}: {error}") from None
                self._line += 1
                begin = end + 1

    def finish(self) -> WordVectors:
        """Return the vectors; raises FormatError if the header says another number of words, unless it is full."""
        if self._header and self._read != self._header.rows and not self.is_full:
            raise FormatError(
                f"{self._source.name}: the header says {self._header.rows} words, but the file ends after {self._read}"
            )
        return WordVectors(self._decoder.words, self._rows.finish())

    @property
    def is_full(self) -> bool:
        """Whether there are as many words as wanted."""
        return self._limit is not None and len(self._decoder.words) >= self._limit

    def _add_fast(self, block: bytes, begin: int) -> int:
        """Add lines up to the first that is not plainly a word and numbers; return where that line begins."""
        while begin < len(block) and not self.is_full:
            room = len(self._numbers)
            if self._limit is not None:
                room = min(room, self._limit - len(self._decoder.words))
            count, begin = _floats.float_rows(block, begin, self._numbers[:room], self._words[:room])
            kept = [
                self._add_word(self._line + number, block[start:end])
                for number, (start, end) in enumerate(self._words[:count].tolist())
            ]
            self._rows.add(self._numbers[:count] if all(kept) else self._numbers[:count][kept])
            self._line += count
            if count < room:
                break
        return begin

    def _add_word(self, number: int, word: bytes) -> bool:
        """Add the word of a line; return whether its row is kept."""
        if self._header and self._read == self._header.rows:
            raise FormatError(
                f"{self._source.name}, line {number}: one line more than the {self._header.rows} words of the header"
            )
        self._read += 1
        try:
            return self._decoder.add(word)
        except BadWordError as error:
            raise FormatError(f"{self._source.name}, line {number}: {error}") from None

    def _add_line(self, number: int, line: bytes) -> None:
        """Add one line, tolerantly."""
        if not line.strip():
            self._blank_line = self._blank_line or number
            return
        if self._blank_line:  # blank lines are allowed only at the end of the file
            raise FormatError(f"{self._source.name}, line {self._blank_line}: the line is blank; remove it")
        word, *fields = line.rsplit(None, self._dim)
        extra = word.split()[1:]
        number_like = _NUMBER if self._spaces == "inferred" else _WITH_POINT
        numbers = [bool(number_like.fullmatch(field)) for field in extra]
        if len(fields) < self._dim or (extra and (self._spaces == "none" or all(numbers))):
            found = max(_trailing_numbers(line.split()), len(extra) + len(fields) if all(numbers) else 0)
            advice = f"; if words hold numbers, set {option('vectors.dim')} to the length of a vector"
            raise _BadLine(
                f"{found} numbers after the word, not {self._dim}" + (advice if self._spaces == "inferred" else "")
            )
        if self._spaces == "inferred" and any(numbers):
            raise _BadLine(
                f"the word {word.decode(errors='replace')!r:.60} holds numbers, as if two lines had become one; if it "
                f"is a word, set {option('vectors.dim', self._dim)}"
            )
        for field in fields:
            if not _NUMBER.fullmatch(field):
                what = "not finite" if _NOT_FINITE.fullmatch(field) else "not a number"
                raise _BadLine(f"{field.decode(errors='replace')!r:.60} is {what}")
        row = _to_float32(np.array([float(field) for field in fields]), lambda: fields)
        wrong = np.flatnonzero(~np.isfinite(row))
        if len(wrong):
            raise _BadLine(f"{fields[wrong[0]].decode()!r:.60} is too large for a float32")
        if self._add_word(number, word):
            self._rows.add(row[None, :])


def _to_float32(values: npt.NDArray[np.float64], texts: Callable[[], Sequence[bytes]]) -> npt.NDArray[np.float32]:
    """Round decimal numbers, whose nearest float64 are `values`, to the nearest float32.

    Parameters
    ----------
    values : float64 array, shape (n,)
        Overwritten where a value lies exactly between two float32.
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
