"""From a line of text to tokens.

``whitespace`` is for prepared corpora: tokens lie between ASCII white space, nothing is changed. ``words`` is
for raw text: NFKC, then runs of letters, marks and digits; an apostrophe or underscore between two of them
belongs to the word (*don't*, *l'homme*, *new_york*). Marks count as letters because vowels of many scripts
are marks: with a bare ``\\w+`` a Hindi word falls into pieces.

Rejected: ICU's word breaks and the ``regex`` module (a dependency each for the same result on most text, and
slower), splitting at apostrophes (leaves the words *s* and *t*).
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from embed.arguments import shown
from embed.errors import ConfigError

__all__ = [
    "ASCII_SPACE",
    "NAMES",
    "Tokenizer",
    "TokenizerChoice",
    "get_tokenizer",
    "split_whitespace",
    "split_words",
]

ASCII_SPACE = " \t\n\r\v\f"
NAMES = ("whitespace", "words")

TokenizerChoice = str | Callable[[str], list[str]]

_APOSTROPHES = "'\u2019"
_ZERO_WIDTH_JOINERS = "\u200c\u200d"  # inside words of Persian and of Indic scripts
_NOT_SPACE = re.compile(f"[^{ASCII_SPACE}]+")


@dataclass(frozen=True)
class Tokenizer:
    """How lines become tokens.

    Attributes
    ----------
    name : str or None
        None for a caller's own function.
    split : callable
        str to list of str; lower-casing included.
    cuttable : bool
        A line may be cut at white space and split part by part with the same result.
    """

    name: str | None
    split: Callable[[str], list[str]]
    cuttable: bool


def split_whitespace(text: str) -> list[str]:
    """Return the tokens between ASCII white space."""
    return _NOT_SPACE.findall(text)


def split_words(text: str) -> list[str]:
    """Return the Unicode words of the NFKC form of `text`."""
    return _find_words(text if text.isascii() else unicodedata.normalize("NFKC", text))


def get_tokenizer(choice: TokenizerChoice, lowercase: bool) -> Tokenizer:
    """Return the tokenizer of that name or around that function; raises ConfigError for other values."""
    if callable(choice):
        own = choice
        return Tokenizer(None, (lambda text: own(text.lower())) if lowercase else own, cuttable=False)
    if choice == "whitespace":
        return Tokenizer(choice, (lambda text: split_whitespace(text.lower())) if lowercase else split_whitespace, True)
    if choice == "words":
        return Tokenizer(choice, _split_lower_words if lowercase else split_words, True)
    raise ConfigError(f"tokenizer must be one of {NAMES} or a function from str to list of str, not {shown(choice)}")


def _split_lower_words(text: str) -> list[str]:
    return _find_words((text if text.isascii() else unicodedata.normalize("NFKC", text)).lower())


def _find_words(text: str) -> list[str]:
    # Classes with all the marks are slow; most lines have none.
    has_marks = not text.isascii() and _MARK_BLOCKS.search(text) is not None
    marks = _marks() if has_marks else ""
    if "_" in text:
        text = _stray_underscore(marks).sub(" ", text)
    return _word(marks).findall(text)


# Where marks lie, roughly: leaves out Latin, Greek, most of Cyrillic, punctuation and symbols.
_MARK_BLOCKS = re.compile("[\u0300-\u036f\u0483-\u0489\u0591-\u1fff\u200c\u200d\u20d0-\u20ff\u2cef-\U0010ffff]")


@cache
def _word(marks: str) -> re.Pattern[str]:
    return re.compile(rf"\w[\w{marks}]*(?:[{_APOSTROPHES}][\w{marks}]+)*")


@cache
def _stray_underscore(marks: str) -> re.Pattern[str]:
    # Looked at once for each run: `_+` at every underscore of a run would take the square of its length.
    return re.compile(rf"(?<![\w{marks}])_++|(?<!_)_++(?![\w{marks}])")


@cache
def _marks() -> str:
    """Return the Unicode marks (categories M*) and the zero-width joiners as ranges of a class."""
    ranges: list[list[int]] = []
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) not in ("Mn", "Mc", "Me") and chr(code) not in _ZERO_WIDTH_JOINERS:
            continue
        if ranges and ranges[-1][1] + 1 == code:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
