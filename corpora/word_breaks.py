"""Find the words of raw text: the tokenizer ``words``, as it reads best.

Words follow Unicode's rules (UAX #29, with the changes of CLDR and of common use), in text that is normalised first
(:mod:`embed.corpora.normal_form`):

- a word is a run of letters, marks and digits, which may be joined by an apostrophe (*don't*, *o‘zbek*, *1980's*) or
  an underscore (*new_york*; but not at the start or end of a word); letters may also be joined by a full stop or middle
  dot (*U.S*, *example.com*, *col·lecció*), in Hebrew by a gershayim (*צה"ל*), and digits by separators (*3.14*,
  *1,000*). *C++*, *C#* and the like are words;
- an emoji is a word, with its skin tone and everything joined to it; so are flags and keycaps;
- every ideograph and every hiragana letter is a word, and so is a run of katakana;
- a run of Thai, Lao, Khmer or Myanmar letters is one word, however long, because splitting it takes a dictionary.
  Segment such text, and Chinese and Japanese, with a program for the language, and read the result with ``whitespace``.

Plain Latin, Greek, Cyrillic and Korean lines, which are most, are split with a simpler expression that finds the same
words faster. What reads a text is compiled (``csrc/text_breaks.h``, with the tables of
:mod:`embed.corpora.character_classes`): the same words from bytes, 5 to 10 times as fast. It leaves to this module the
rare stretches of text that its tables do not cover, and tests compare the two.

Rejected: ICU (no wheels), the ``regex`` module (a dependency with Unicode tables of its own, whose word breaks would
need the same changes), splitting at apostrophes (leaves the words *s* and *t*), a colon between letters (Swedish *k:a*;
CLDR has it for Swedish and Finnish alone).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from .normal_form import EMOJI, prepared, ranges

__all__ = ["words_of"]

APOSTROPHES = "'\u2018\u2019"
IN_WORDS = ".\u00b7\u2024\u2027\u055f\u05f4\ufe52"
IN_NUMBERS = ".,;\u2044\u0589\u060c\u060d\u066b\u066c\u07f8"
_LANGUAGES = r"(?:#(?<=\b[A-Za-z]#)|\+\+(?<=\b[A-Za-z]\+\+))(?![\w#+])"  # C#, F#, C++
# Checking for white space first, at which most words end, saves checking everything that may join words.
_PLAIN = re.compile(
    r"[^\W_]++(?:(?!\s)"
    rf"(?:(?:[{APOSTROPHES}]|_++|[{IN_WORDS}](?<=[^\W\d_].)(?=[^\W\d_])|[{IN_NUMBERS}](?<=\d.)(?=\d))[^\W_]++)*+"
    rf"(?:{_LANGUAGES})?)?"
)

IDEOGRAPHS = (  # and hiragana
    "\u3005-\u3007\u3021-\u3029\u3038-\u303c\u3041-\u3096\u309d-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00017000-\U00018cff\U0001b001-\U0001b11f\U0001b170-\U0001b2ff\U00020000-\U000323af"
)
KATAKANA = "\u3031-\u3035\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\U0001aff0-\U0001b000"
HEBREW = "\u05d0-\u05f2\ufb1d-\ufb4f"
POINTS = "\u0591-\u05c7"
MORE_LETTERS = "\u055a-\u055c\u055e\u058a\u05f3"  # marks of Armenian and Hebrew that stand inside words
MORE_MARKS = "\u180e\u200c\u200d"  # those left after normalisation belong to the spelling


def words_of(text: str, *, lowercase: bool = False) -> list[str]:
    """Return the words of `text`, normalised by :func:`embed.corpora.normal_form.normalised`."""
    text, is_unusual = prepared(text, lowercase)
    return (_any_script() if is_unusual else _PLAIN).findall(text)


@cache
def _any_script() -> re.Pattern[str]:
    """Return the expression for a word of any script, compiled on first use."""
    apart = re.compile(f"[{IDEOGRAPHS}{KATAKANA}]")
    letter = ranges(lambda character: character.isalnum() and not apart.match(character)) + MORE_LETTERS
    mark = ranges(lambda character: unicodedata.category(character) in ("Mn", "Mc", "Me")) + MORE_MARKS
    run = rf"[{letter}][{letter}{mark}]*"
    run_or_katakana = rf"(?:{run}|[{KATAKANA}][{KATAKANA}{mark}]*)"
    in_words = rf"[{IN_WORDS}](?<=[^\W\d_].|[{mark}].)(?=[^\W\d_])"
    in_hebrew = rf'"(?<=[{HEBREW}{POINTS}].)(?=[{HEBREW}])'
    return re.compile(
        rf"{EMOJI}|{run_or_katakana}"
        rf"(?:(?:[{APOSTROPHES}]|{in_words}|[{IN_NUMBERS}](?<=\d.)(?=\d)|{in_hebrew}){run}|_++{run_or_katakana})*"
        rf"(?:'(?<=[{HEBREW}{POINTS}].)|{_LANGUAGES})?"
        rf"|[{IDEOGRAPHS}][{mark}]*"
    )
