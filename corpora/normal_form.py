"""Normalise spelling: texts that look the same to a reader become the same words.

The words of a corpus and the words of a query are normalised alike:

- NFC: a letter and its mark become one character wherever Unicode has one;
- width folding: the full-width letters and half-width katakana of old East Asian encodings become the plain ones;
- invisible characters (soft hyphens, zero-width spaces, byte order marks, marks of direction, variation selectors)
  are removed, except where they belong to a spelling: joiners between letters of scripts that need them (Persian, the
  scripts of India), and inside emoji. A zero-width space between letters of scripts without spaces (Thai, Khmer,
  Chinese) becomes a space, because it marks the end of a word there.

A letter may carry at most 30 marks, as in Unicode's stream-safe text format (UAX #15, section 13): normalisation sorts
marks in quadratic time, and no language needs a third of that. Further marks are removed.

Rejected: NFKC. It rewrites what people type (Thai and Lao SARA AM, Armenian ligatures, Korean letters, x²), so that a
word of the vocabulary is not found by its own spelling.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

__all__ = [
    "EMOJI",
    "EMOJI_ALONE",
    "EMOJI_PARTS",
    "INVISIBLE",
    "JOINING",
    "LAST",
    "MOST_MARKS",
    "Form",
    "narrow",
    "normalised",
    "prepared",
    "ranges",
]

MOST_MARKS = 30

_NO_SPACES = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u3040-\u30ff\u3400-\u9fff"
    "\ua9e0-\ua9ff\uaa60-\uaadf"
)
"""Scripts that put no spaces between words: Thai, Lao, Myanmar, Khmer, Tai, kana and ideographs."""

# Emoji by themselves, and characters that are emoji only with the selector U+FE0F (UTS #51; no arrows, no letters).
_EMOJI = (
    "\u231a\u231b\u23e9-\u23f3\u25fd\u25fe\u2600-\u2604\u260e\u2611\u2614\u2615\u2618\u261d\u2620\u2622\u2623\u2626\u262a"
    "\u262e\u262f\u2638-\u263a\u2640\u2642\u2648-\u2653\u265f\u2660\u2663\u2665\u2666\u2668\u267b\u267e\u267f\u2692-\u2697"
    "\u2699\u269b\u269c\u26a0\u26a1\u26a7\u26aa\u26ab\u26b0\u26b1\u26bd\u26be\u26c4\u26c5\u26c8\u26ce\u26cf\u26d1\u26d3"
    "\u26d4\u26e9\u26ea\u26f0-\u26f5\u26f7-\u26fa\u26fd\u2702\u2705\u2708-\u270d\u270f\u2712\u2714\u2716\u271d\u2721\u2728"
    "\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755\u2757\u2763\u2764\u2795-\u2797\u27a1\u27b0\u27bf\u2b1b\u2b1c\u2b50"
    "\u2b55\U0001f004\U0001f0cf\U0001f18e\U0001f191-\U0001f19a\U0001f201\U0001f21a\U0001f22f\U0001f232-\U0001f236"
    "\U0001f238-\U0001f23a\U0001f250\U0001f251\U0001f300-\U0001f3fa\U0001f400-\U0001f64f\U0001f680-\U0001f6ff"
    "\U0001f7e0-\U0001f7ff\U0001f90c-\U0001f9ff\U0001fa70-\U0001faff"
)
_PICTURE = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u2328\u23cf\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0"
    "\u25fb\u25fc\u2934\u2935\u2b05-\u2b07\u3030\u303d\u3297\u3299\U0001f170\U0001f171\U0001f17e\U0001f17f\U0001f202\U0001f237"
)
_TONE, _TAGS = "\U0001f3fb-\U0001f3ff", "[\U000e0020-\U000e007e]+\U000e007f"
_FLAG, _KEYCAP = "\U0001f1e6-\U0001f1ff", "\u20e3"
EMOJI_ALONE, EMOJI_PARTS = _EMOJI, _TONE + _FLAG + _KEYCAP
"""The characters that are an emoji by themselves, and those that are parts of one; besides joiners, selectors, tags."""
_ONE_EMOJI = rf"(?:[{_EMOJI}](?:\ufe0f|[{_TONE}])?|[{_PICTURE}]\ufe0f)(?:{_TAGS})?"
EMOJI = rf"(?:[{_FLAG}]{{2}}|[0-9#*]\ufe0f?{_KEYCAP}|{_ONE_EMOJI}(?:\u200d{_ONE_EMOJI})*)"
"""An expression for one emoji: a flag, a keycap, or a picture with its skin tone and everything joined to it."""

# Characters that show nothing, ZWJ and ZWNJ apart. Fillers of Korean letters and Mongolian's selectors are spelling.
INVISIBLE = (
    "\u00ad\u034f\u061c\u17b4\u17b5\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Arabic, Syriac, N'Ko and Mongolian join their letters; in the scripts of India joiners choose a letter's form.
JOINING = (
    "\u0600-\u0fff\u1000-\u109f\u1780-\u18af\ua840-\ua8ff\ua980-\ua9df\ufb50-\ufdff\ufe70-\ufefc"
    "\U00010a00-\U00011fff\U0001e900-\U0001e95f"
)
_WIDE = "\uff01-\uffee"
_OTHER_SCRIPTS = (
    "\u00ad\u0300-\u036f\u0483-\u0489\u0531-\u1fff\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff"
    "\u231a-\u27bf\u2900-\u2bff\u2cef-\uabff\ud7b0-\U0010ffff"
)
"""Characters that this module or the tokenizer treats differently from Latin, Greek, Cyrillic and Hangul."""

_UNUSUAL = re.compile(f"[{_OTHER_SCRIPTS}]")
_WIDE_ONE = re.compile(f"[{_WIDE}]")
_HIDDEN_ONE = re.compile(f"[{INVISIBLE}]")
_WORD_END = re.compile(rf"(?<=[{_NO_SPACES}])\u200b+(?=[{_NO_SPACES}])")
_HIDDEN = re.compile(rf"({EMOJI})|[{INVISIBLE}]+")
_JOINER = re.compile(rf"({EMOJI}|(?<=[{JOINING}])(?:\u200d|\u200c(?=[{JOINING}])))|[\u200c\u200d]+")
_DOT = "\u0307"
"""The mark that the capital I of Turkish leaves behind when it is lower-cased."""
LAST = 0x323AF
"""The last character that is a letter or mark; beyond it are the variation selectors and tags, which are neither."""


@dataclass(frozen=True)
class Form:
    """The form of the words of a vocabulary, which follows from how its text was read.

    Attributes
    ----------
    normal : bool
        The words are normalised, because the text was read with ``words``.
    lowercase : bool
        The words are in lower case.
    """

    normal: bool = False
    lowercase: bool = False

    def of(self, word: str) -> str:
        """Return `word` in this form."""
        if self.normal:
            return normalised(word, lowercase=self.lowercase)
        return word.lower() if self.lowercase else word

    def spellings(self, word: str) -> list[str]:
        """Return the other spellings to look up if `word` itself is missing, the closest first."""
        forms = (normalised(word), self.of(word), normalised(word, lowercase=self.lowercase))
        return [form for form in dict.fromkeys(forms) if form != word]


def normalised(text: str, *, lowercase: bool = False) -> str:
    """Normalise `text`, and lower-case it if requested, in time linear in its length."""
    return prepared(text, lowercase)[0]


def prepared(text: str, lowercase: bool) -> tuple[str, bool]:
    """Normalise `text`; also return whether it goes beyond Latin, Greek, Cyrillic, Hangul and plain punctuation."""
    if text.isascii():
        return (text.lower() if lowercase else text), False
    is_unusual = _UNUSUAL.search(text) is not None
    if is_unusual:
        text = _limited(_narrowed(_without_hidden(text)))
    if lowercase:
        text = text.lower()  # before NFC: a small letter may have a character with its mark where a capital has none
        is_unusual = is_unusual or _DOT in text
    return unicodedata.normalize("NFC", text), is_unusual


def _without_hidden(text: str) -> str:
    if "\u200b" in text:
        text = _WORD_END.sub(" ", text)
    if _HIDDEN_ONE.search(text):
        text = _HIDDEN.sub(r"\1", text)
    return _JOINER.sub(r"\1", text) if "\u200c" in text or "\u200d" in text else text


def _narrowed(text: str) -> str:
    return text.translate(narrow()) if _WIDE_ONE.search(text) else text


def _limited(text: str) -> str:
    return _too_many_marks().sub(r"\1", text)


def ranges(belongs: Callable[[str], bool]) -> str:
    """Return the characters that `belongs` accepts, as ranges for a regular expression's class."""
    found: list[list[int]] = []
    for code in range(LAST + 1):
        if not belongs(chr(code)):
            continue
        if found and found[-1][1] + 1 == code:
            found[-1][1] = code
        else:
            found.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in found)


@cache
def narrow() -> dict[int, str]:
    """Map full-width and half-width characters to their plain forms."""
    codes = range(ord(_WIDE[0]), ord(_WIDE[-1]) + 1)
    plain = {code: unicodedata.decomposition(chr(code)).split() for code in codes}
    return {code: chr(int(parts[1], 16)) for code, parts in plain.items() if parts}


@cache
def _too_many_marks() -> re.Pattern[str]:
    # The marks that normalisation sorts, and characters that fall apart into such marks.
    marks = ranges(lambda character: unicodedata.combining(unicodedata.normalize("NFD", character)[0]) != 0)
    return re.compile(f"([{marks}]{{{MOST_MARKS}}})[{marks}]+")
