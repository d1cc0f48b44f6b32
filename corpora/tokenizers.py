"""From a line of text to tokens.

``whitespace`` is for prepared corpora: tokens lie between ASCII white space, nothing is changed.

``words`` is for raw text: it takes the form of :mod:`embed.corpora.normal_form`, and finds words by Unicode's rules
(UAX #29, with what CLDR and common use change in them):

- a word is a run of letters, marks and digits, and what stands between two of them: an apostrophe (*don't*, *o‘zbek*,
  *1980's*), an underscore (*new_york*; one before or after a word is left out); between letters a full stop or middle
  dot (*U.S*, *example.com*, *col·lecció*), in Hebrew a gershayim (*צה"ל*); between digits what groups them (*3.14*,
  *1,000*). *C++*, *C#* and the like are words;
- an emoji is a word, with its tone of skin and all it is joined with; so is a flag, and a keycap;
- an ideograph or a letter of hiragana is a word, a run of katakana is one;
- a run of Thai, Lao, Khmer or Myanmar letters is one word, however long: to find words in it takes a dictionary.
  Segment such text, and Chinese and Japanese, with a program for the language, and read it with ``whitespace``.

Most lines are Latin, Greek, Cyrillic or Korean without anything special, and take an expression of their own, which
finds the same words faster.

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
"""Rises when ``words`` finds other words: what was encoded before is encoded anew. 1 was NFKC and letters only."""

TokenizerChoice = TokenizerName | Callable[[str], list[str]]

_NOT_SPACE = re.compile(f"[^{ASCII_SPACE}]+")

_APOSTROPHES = "'\u2018\u2019"
_IN_WORDS = ".\u00b7\u2024\u2027\u055f\u05f4\ufe52"
_IN_NUMBERS = ".,;\u2044\u0589\u060c\u060d\u066b\u066c\u07f8"
_LANGUAGES = r"(?:#(?<=\b[A-Za-z]#)|\+\+(?<=\b[A-Za-z]\+\+))(?![\w#+])"  # C#, F#, C++
# The look at white space, which most words end at, saves the look at all that may join them.
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
_MORE_MARKS = "\u180e\u200c\u200d"  # what is left of them belongs to the spelling


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

    def settings(self) -> dict[str, str | int]:
        """Return what decides how lines are split, for the fingerprint of a corpus; of a tokenizer with a name."""
        settings: dict[str, str | int] = {"tokenizer": str(self.name)}
        return {**settings, "words": WORDS_VERSION} if self.name == "words" else settings


def split_whitespace(text: str) -> list[str]:
    """Return the tokens between ASCII white space."""
    return _NOT_SPACE.findall(text)


def split_words(text: str, *, lowercase: bool = False) -> list[str]:
    """Return the words of `text`, in the form of :func:`embed.corpora.normal_form.normalised`."""
    text, is_unusual = prepared(text, lowercase)
    return (_any_script() if is_unusual else _PLAIN).findall(text)


def get_tokenizer(choice: TokenizerChoice, lowercase: bool) -> Tokenizer:
    """Return the tokenizer of that name or around that function; raises ConfigError for other values."""
    if callable(choice):
        own = choice
        return Tokenizer(None, (lambda text: own(text.lower())) if lowercase else own, cuttable=False)
    if choice == "whitespace":
        return Tokenizer(choice, (lambda text: split_whitespace(text.lower())) if lowercase else split_whitespace, True)
    if choice == "words":
        return Tokenizer(choice, _split_lower_words if lowercase else split_words, True)
    raise ConfigError(
        f"{option('tokenizer')} must be one of {TOKENIZERS} or a function from str to list of str, not {shown(choice)}"
    )


def _split_lower_words(text: str) -> list[str]:
    return split_words(text, lowercase=True)


@cache
def _any_script() -> re.Pattern[str]:
    """Return the expression for a word of any script; classes with all letters and marks are made when first needed."""
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
