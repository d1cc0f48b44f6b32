"""Decode the words of a file: handle invalid bytes and duplicates.

Published files have both faults. ``decode_errors="replace"`` replaces invalid bytes by U+FFFD; if two different words
become the same, the second shows its bytes as ``\\xNN``. ``keep_first=True`` keeps the first of equal words and
leaves the others out.

Rejected: averaging the vectors of equal words (a vector that nobody trained), numbering them (no reader looks up
``word#2``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.arguments import choice, shown
from embed.choices import DECODE_ERRORS, DecodeErrors
from embed.config.reading import UTF8
from embed.errors import ConfigError, FormatError
from embed.formats.escaping import unescape_word
from embed.messages import option
from embed.vectors.word_rows import word_index
from embed.vectors.word_vectors import WordVectors

__all__ = ["UTF8", "BadWordError", "WordDecoder", "check_encoding", "distinct_vectors"]

_ASCII = b" \n\t.-09azAZ"
_REPLACEMENT = "\ufffd"


class BadWordError(ValueError):
    """A word is invalid; names the option that accepts it. The reader of the file adds file and line."""

    def __init__(self, fault: str, advice: str = "") -> None:
        super().__init__(f"{fault}; {advice}" if advice else fault)
        self.fault = fault


class WordDecoder:
    """Decode the bytes of words to distinct strings.

    Parameters
    ----------
    encoding : str
        The encoding of the words, an extension of ASCII: numbers and line breaks are ASCII.
    decode_errors : {"strict", "replace"}
        For bytes that are not valid in the encoding: raise, or replace them by U+FFFD.
    unescape : bool
        Undo the escapes of `embed.formats.escaping`.
    keep_first : bool
        For a duplicate word: leave it out, or raise.
    may_be_empty : bool
        Whether the format can store an empty word.

    Attributes
    ----------
    words : list of str
        The words added so far, without those left out.

    Raises
    ------
    ConfigError
        An option is wrong.
    """

    def __init__(
        self,
        *,
        encoding: str = UTF8,
        decode_errors: DecodeErrors = "strict",
        unescape: bool = False,
        keep_first: bool = False,
        may_be_empty: bool = False,
    ) -> None:
        choice("decode_errors", decode_errors, DECODE_ERRORS)
        check_encoding(encoding)
        self._encoding, self._errors, self._unescape = encoding, decode_errors, unescape
        self._refuses, self._may_be_empty = not keep_first, may_be_empty
        self._seen: set[str] = set()
        self._replaced: dict[str, bytes] = {}  # words with U+FFFD for invalid bytes, and their bytes
        self.words: list[str] = []

    def add(self, word: bytes) -> bool:
        """Add a word; return whether to keep its row; raises BadWordError."""
        if not (word or self._may_be_empty):
            raise BadWordError("the word is empty")
        try:
            text = word.decode(self._encoding)
        except UnicodeError as error:
            text = self._repaired(word, error)
        if self._unescape:
            try:
                text = unescape_word(text)
            except ValueError as error:
                raise BadWordError(f"the word {shown(text)} cannot be unescaped: {error}") from None
        if text in self._seen:
            if self._replaced.get(text, word) != word:  # a valid word that equals an earlier replaced one
                text = _distinct(text, self._seen)
            elif self._refuses:
                raise BadWordError(f"duplicate word {shown(text)}", _keeps_the_first())
            else:
                return False
        self._seen.add(text)
        self.words.append(text)
        return True

    def _repaired(self, word: bytes, error: UnicodeError) -> str:
        if self._errors == "strict":
            where = f" ({error.reason} at byte {error.start})" if isinstance(error, UnicodeDecodeError) else ""
            raise BadWordError(
                f"the word {shown(word)} is not valid {_name(self._encoding)}{where}",
                f"replace the bytes with {option('vectors.decode_errors', 'replace')}, or set the encoding, such as "
                f"{option('vectors.encoding', 'latin-1')}",
            ) from None
        text = word.decode(self._encoding, "replace")
        if text in self._seen and self._replaced.get(text) != word:
            text = word.decode(self._encoding, "backslashreplace")
            if text in self._seen and self._replaced.get(text) != word:
                text = _distinct(text, self._seen)
        self._replaced[text] = word
        return text


def distinct_vectors(
    name: str,
    words: list[str],
    matrix: npt.NDArray[Any],
    counts: npt.NDArray[Any] | None = None,
    keep_first: bool = False,
) -> WordVectors:
    """Return the vectors of the file `name`; raises FormatError for duplicate words unless `keep_first`."""
    try:
        if len(set(words)) == len(words) or len(words) != len(matrix):
            return WordVectors(words, matrix, counts=counts)
        if not keep_first:
            word_index(words)
        rows = _first_rows(words)
        return WordVectors([words[row] for row in rows], matrix[rows], counts=None if counts is None else counts[rows])
    except FormatError as error:
        twice = len(set(words)) != len(words)
        advice = f"; {_keeps_the_first()}" if twice else ""
        raise FormatError(f"{name}: {error}{advice}") from None


def _keeps_the_first() -> str:
    return f"keep the first with {option('vectors.keep_first', True)}"


def _first_rows(words: Sequence[str]) -> npt.NDArray[np.int64]:
    first: dict[str, int] = {}
    for row, word in enumerate(words):
        first.setdefault(word, row)
    return np.array(list(first.values()), np.int64)


def _distinct(text: str, seen: set[str]) -> str:
    while text in seen:
        text += _REPLACEMENT
    return text


def check_encoding(encoding: str) -> None:
    """Raise ConfigError unless `encoding` names an extension of ASCII."""
    try:
        keeps_ascii = _ASCII.decode(encoding) == _ASCII.decode("ascii")
    except (LookupError, TypeError):
        raise ConfigError(
            f"{option('vectors.encoding')} must name an encoding, such as 'latin-1', not {shown(encoding)}"
        ) from None
    except ValueError:  # a NUL, or bytes that UTF-16 has no character for
        keeps_ascii = False
    if not keeps_ascii:
        raise ConfigError(
            f"{option('vectors.encoding')} cannot be {shown(encoding)}, which changes ASCII: convert the file to UTF-8"
        )


def _name(encoding: str) -> str:
    return "UTF-8" if encoding.lower().replace("_", "-") in (UTF8, "utf8") else encoding
