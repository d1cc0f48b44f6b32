"""Split a line of text into tokens.

``whitespace`` is for prepared corpora: it splits at ASCII white space and changes nothing.

``words`` is for raw text: it normalises the text (:mod:`embed.corpora.normal_form`) and finds words by Unicode's rules
(UAX #29, with the changes of CLDR and of common use):

- a word is a run of letters, marks and digits, which may be joined by an apostrophe (*don't*, *o‘zbek*, *1980's*) or
  an underscore (*new_york*; but not at the start or end of a word); letters may also be joined by a full stop or middle
  dot (*U.S*, *example.com*, *col·lecció*), in Hebrew by a gershayim (*צה"ל*), and digits by separators (*3.14*,
  *1,000*). *C++*, *C#* and the like are words;
- an emoji is a word, with its skin tone and everything joined to it; so are flags and keycaps;
- every ideograph and every hiragana letter is a word, and so is a run of katakana;
- a run of Thai, Lao, Khmer or Myanmar letters is one word, however long, because splitting it takes a dictionary.
  Segment such text, and Chinese and Japanese, with a program for the language, and read the result with ``whitespace``.

Plain Latin, Greek, Cyrillic and Korean lines, which are most, are split with a simpler expression that finds the same
words faster.

Rejected: ICU (no wheels), the ``regex`` module (a dependency with Unicode tables of its own, whose word breaks would
need the same changes), splitting at apostrophes (leaves the words *s* and *t*), a colon between letters (Swedish *k:a*;
CLDR has it for Swedish and Finnish alone).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from embed.arguments import shown
from embed.choices import TOKENIZERS, TokenizerName
from embed.errors import ConfigError
from embed.messages import option

from .normal_form import EMOJI, prepared, ranges

__all__ = [
    "ASCII_SPACE",
    "WORDS_VERSION",
    "Tokenizer",
    "TokenizerChoice",
    "get_tokenizer",
    "split_whitespace",
    "split_words",
]

ASCII_SPACE = " \t\n\r\v\f"
WORDS_VERSION = 2
"""Increased when ``words`` finds other words, so that older corpora are encoded again. 1: NFKC, letters only."""

TokenizerChoice = TokenizerName | Callable[[str], list[str]]

_NOT_SPACE = re.compile(f"[^{ASCII_SPACE}]+")

_APOSTROPHES = "'\u2018\u2019"
_IN_WORDS = ".\u00b7\u2024\u2027\u055f\u05f4\ufe52"
_IN_NUMBERS = ".,;\u2044\u0589\u060c\u060d\u066b\u066c\u07f8"
_LANGUAGES = r"(?:#(?<=\b[A-Za-z]#)|\+\+(?<=\b[A-Za-z]\+\+))(?![\w#+])"  # C#, F#, C++
# Checking for white space first, at which most words end, saves checking everything that may join words.
_PLAIN = re.compile(
    r"[^\W_]++(?:(?!\s)"
    rf"(?:(?:[{_APOSTROPHES}]|_++|[{_IN_WORDS}](?<=[^\W\d_].)(?=[^\W\d_])|[{_IN_NUMBERS}](?<=\d.)(?=\d))[^\W_]++)*+"
    rf"(?:{_LANGUAGES})?)?"
)

_IDEOGRAPHS = (  # and hiragana
    "\u3005-\u3007\u3021-\u3029\u3038-\u303c\u3041-\u3096\u309d-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00017000-\U00018cff\U0001b001-\U0001b11f\U0001b170-\U0001b2ff\U00020000-\U000323af"
)
_KATAKANA = "\u3031-\u3035\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\U0001aff0-\U0001b000"
_HEBREW = "\u05d0-\u05f2\ufb1d-\ufb4f"
_POINTS = "\u0591-\u05c7"
_MORE_LETTERS = "\u055a-\u055c\u055e\u058a\u05f3"  # marks of Armenian and Hebrew that stand inside words
_MORE_MARKS = "\u180e\u200c\u200d"  # those left after normalisation belong to the spelling


@dataclass(frozen=True)
class Tokenizer:
    """A function that splits lines into tokens.

    Attributes
    ----------
    name : str or None
        None for a caller's own function.
    split : callable
        Takes a str and returns a list of str, lower-cased if requested.
    cuttable : bool
        Whether a line may be cut at white space and split part by part with the same result.
    """

    name: str | None
    split: Callable[[str], list[str]]
    cuttable: bool

    def settings(self) -> dict[str, str | int]:
        """Return the settings of a named tokenizer, for the fingerprint of a corpus."""
        settings: dict[str, str | int] = {"tokenizer": str(self.name)}
        return {**settings, "words": WORDS_VERSION} if self.name == "words" else settings


def split_whitespace(text: str) -> list[str]:
    """Return the tokens between ASCII white space."""
    return _NOT_SPACE.findall(text)


def split_words(text: str, *, lowercase: bool = False) -> list[str]:
    """Return the words of `text`, normalised by :func:`embed.corpora.normal_form.normalised`."""
    text, is_unusual = prepared(text, lowercase)
    return (_any_script() if is_unusual else _PLAIN).findall(text)


def get_tokenizer(choice: TokenizerChoice, lowercase: bool) -> Tokenizer:
    """Return the tokenizer with this name, or wrap a function; raise ConfigError for other values."""
    if callable(choice):
        own = choice
        return Tokenizer(None, (lambda text: own(text.lower())) if lowercase else own, cuttable=False)
    if choice == "whitespace":
        return Tokenizer(choice, (lambda text: split_whitespace(text.lower())) if lowercase else split_whitespace, True)
    if choice == "words":
        return Tokenizer(choice, _split_lower_words if lowercase else split_words, True)
    raise ConfigError(
        f"{option('tokenizer')} must be {', '.join(map(repr, TOKENIZERS))} or a function from str to list of str, "
        f"not {shown(choice)}"
    )


def _split_lower_words(text: str) -> list[str]:
    return split_words(text, lowercase=True)


@cache
def _any_script() -> re.Pattern[str]:
    """Return the expression for a word of any script, compiled on first use."""
    apart = re.compile(f"[{_IDEOGRAPHS}{_KATAKANA}]")
    letter = ranges(lambda character: character.isalnum() and not apart.match(character)) + _MORE_LETTERS
    mark = ranges(lambda character: unicodedata.category(character) in ("Mn", "Mc", "Me")) + _MORE_MARKS
    run = rf"[{letter}][{letter}{mark}]*"
    run_or_katakana = rf"(?:{run}|[{_KATAKANA}][{_KATAKANA}{mark}]*)"
    in_words = rf"[{_IN_WORDS}](?<=[^\W\d_].|[{mark}].)(?=[^\W\d_])"
    in_hebrew = rf'"(?<=[{_HEBREW}{_POINTS}].)(?=[{_HEBREW}])'
    return re.compile(
        rf"{EMOJI}|{run_or_katakana}"
        rf"(?:(?:[{_APOSTROPHES}]|{in_words}|[{_IN_NUMBERS}](?<=\d.)(?=\d)|{in_hebrew}){run}|_++{run_or_katakana})*"
        rf"(?:'(?<=[{_HEBREW}{_POINTS}].)|{_LANGUAGES})?"
        rf"|[{_IDEOGRAPHS}][{mark}]*"
    )
