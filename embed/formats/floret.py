"""Read and write floret tables: a line of settings, then a line for each row of the table.

The settings are ``buckets dim min_n max_n hash_count hash_seed < >``; a row is its number and its vector. The file
holds no words: every word, known or not, is the mean of the rows it is hashed to
(:class:`embed.vocabulary.ngrams.FloretScheme`). spaCy reads these files (``spacy init vectors --mode floret``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embed.errors import ConfigError, FormatError
from embed.files.bounds import in_memory
from embed.files.compressing import compressing_write
from embed.formats.fasttext_file import Sparse
from embed.formats.reading import MOST_DIMENSIONS, Header, PathOrInput, Source, Start, open_source
from embed.formats.word2vec_text import WRITE_NUMBERS, RowReader, format_lines, line_blocks
from embed.formats.words import WordDecoder
from embed.messages import option
from embed.vectors.ngram_rows import Subwords
from embed.vectors.word_vectors import WordVectors

if TYPE_CHECKING:
    from embed.vocabulary.ngrams import FloretScheme

__all__ = ["read", "recognise", "write"]

BOUNDARIES = (b"<", b">")
_SETTINGS = re.compile(rb"(\d{1,10}) (\d{1,10}) (\d{1,10}) (\d{1,10}) (\d{1,10}) (\d{1,10}) (\S+) (\S+)[ \r]*")
_LEAST_NUMBER_BYTES = 2


def recognise(start: Start) -> bool:
    """Return whether a file is in this format."""
    return _SETTINGS.fullmatch(start.data.partition(b"\n")[0]) is not None


@in_memory
def read(path: PathOrInput, *, words: Sequence[str] = ()) -> WordVectors:
    """Read a table, plain or compressed.

    Parameters
    ----------
    path : path
    words : sequence of str
        The vocabulary to compose, so that it can be searched; the file has none.

    Returns
    -------
    WordVectors
        Of `words`, with the table as `subwords`: `vector` composes every other word.

    Raises
    ------
    FormatError
        With file and line: impossible settings, a wrong number of rows or of numbers in a row, rows out of order, or
        a field that is not a finite number.
    """
    with open_source(path) as source:
        blocks = line_blocks(source)
        block = next(blocks, b"\n")
        first = block[: block.index(b"\n")]
        scheme, dim = _settings(source, first)
        decoder = WordDecoder()
        reader = RowReader(source, Header(scheme.buckets, dim), dim, decoder, spaces="none")
        reader.add(block, len(first) + 1)
        for block in blocks:
            reader.add(block, 0)
        table = reader.finish()
        for number, word in enumerate(table.words):
            if word != str(number):
                raise FormatError(f"{source.name}, line {number + 2}: expected row {number}, but found {word!r:.60}")
    subwords = Subwords(scheme, table.matrix)
    matrix = np.array([subwords.compose(word) for word in words], np.float32).reshape(len(words), dim)
    return WordVectors(words, matrix, subwords=subwords)


def write(vectors: WordVectors, path: str | os.PathLike[str]) -> None:
    """Write the floret table of vectors, without their words.

    Parameters
    ----------
    vectors : WordVectors
        From a model trained with ``hash_count`` of at least 1, or from a floret file.
    path : path
        Replaced when the whole file has been written.

    Raises
    ------
    FormatError
        The vectors have no floret table, a number is not finite, or the file cannot be written.
    """
    from embed.vocabulary.ngrams import FloretScheme

    subwords = vectors.subwords
    if subwords is None or not isinstance(subwords.scheme, FloretScheme):
        raise FormatError(
            f"{os.fspath(path)}: cannot write: the vectors have no floret table: train with {option('subword', True)} "
            f"and {option('hash_count')} from 1 to 4, or write another format"
        )
    scheme = subwords.scheme
    table: NDArray[np.float32] | Sparse = subwords.matrix
    if not np.isfinite(subwords.matrix).all():
        raise FormatError(f"{os.fspath(path)}: cannot write: the table holds NaN or infinity")
    if subwords.kept is not None:
        table = Sparse((scheme.buckets, vectors.dim), subwords.kept.astype(np.int64), subwords.matrix)
    sizes = (scheme.buckets, table.shape[1], scheme.min_n, scheme.max_n, scheme.hash_count, scheme.hash_seed)
    block = max(1, WRITE_NUMBERS // table.shape[1])
    with compressing_write(path) as file:
        file.write(b"%d %d %d %d %d %d %b %b\n" % (*sizes, *BOUNDARIES))
        for start in range(0, len(table), block):
            rows = table[start : start + block]
            file.write(format_lines([b"%d" % (start + row) for row in range(len(rows))], rows))


def _settings(source: Source, line: bytes) -> tuple[FloretScheme, int]:
    """Parse the first line and compare it with the size of the file."""
    from embed.vocabulary.ngrams import FloretScheme

    found = _SETTINGS.fullmatch(line)
    if not found:
        raise FormatError(
            f"{source.name}, line 1: expected the settings of a floret table (buckets, dim, min_n, max_n, hash_count, "
            "hash_seed and two boundaries)"
        )
    buckets, dim, min_n, max_n, hash_count, hash_seed = map(int, found.groups()[:6])
    if found.groups()[6:] != BOUNDARIES:
        raise FormatError(f"{source.name}, line 1: the boundaries must be < and >, not {str(line.split()[6:])[:60]}")
    try:
        scheme = FloretScheme(min_n, max_n, buckets, hash_count, hash_seed)
    except ConfigError as error:
        raise FormatError(f"{source.name}, line 1: {error}") from error
    if not 1 <= dim <= MOST_DIMENSIONS:
        raise FormatError(f"{source.name}, line 1: dim is {dim}, but must be from 1 to {MOST_DIMENSIONS}")
    least = buckets * (1 + dim * _LEAST_NUMBER_BYTES)
    if source.size is not None and least > source.size - len(line):
        raise FormatError(
            f"{source.name}: {buckets} rows of {dim} numbers take at least {least} bytes, but the file has "
            f"{source.size}: it is cut short or damaged"
        )
    return scheme, dim
