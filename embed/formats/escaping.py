r"""Escape words that a word2vec file cannot store.

A word ends at a space, a row of text at a line break, and C programs end a string at a NUL; a lone surrogate has no
UTF-8 form. By default a word with one of these, or an empty word, is an error. Escaped, these characters become
``\uXXXX`` (four hexadecimal digits), a backslash becomes ``\\``, and the empty word ``\e``. Words stay distinct, and
`unescape_word` reverses the escapes.

Rejected: underscores instead (two words may become one); refusing every Unicode space (gensim and word2vec.c read
those, and a corpus split at ASCII white space has words with no-break spaces in them).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from embed.choices import OnBadWord
from embed.errors import ConfigError, FormatError
from embed.messages import option

__all__ = ["encode_words", "escape_word", "unescape_word"]

_UNWRITABLE = re.compile("[\x00\t-\r \ud800-\udfff]")
_TO_ESCAPE = re.compile("[\\\\\x00\t-\r \ud800-\udfff]")
_ESCAPE = re.compile(r"\\(?:(\\)|u([0-9a-f]{4})|(.?))", re.DOTALL)
_EMPTY = r"\e"
_NAMES = {" ": "a space", "\t": "a tab", "\n": "a line break", "\r": "a carriage return", "\0": "a NUL"}


def escape_word(word: str) -> str:
    """Escape the characters of `word` that a word2vec file cannot store."""
    escaped = _TO_ESCAPE.sub(lambda found: _escaped(found.group()), word)
    return escaped or _EMPTY


def unescape_word(escaped: str) -> str:
    """Return the word that `escape_word` turned into `escaped`; raises ValueError if there is none."""
    if escaped == _EMPTY:
        return ""

    def original(found: re.Match[str]) -> str:
        backslash, code, other = found.groups()
        if other is not None:
            raise ValueError(f"\\{other} is not one of the escapes \\\\, \\uXXXX and \\e (the whole word)")
        return str(backslash or chr(int(code, 16)))

    return _ESCAPE.sub(original, escaped)


def encode_words(words: Sequence[str], on_bad_word: OnBadWord) -> list[bytes]:
    """Encode words as UTF-8 for a word2vec file.

    Parameters
    ----------
    words : sequence of str
    on_bad_word : {"refuse", "escape"}
        For words that the file cannot store: raise, or escape them. "escape" also escapes backslashes in every word.

    Raises
    ------
    FormatError
        A word cannot be stored, and `on_bad_word` is "refuse".
    """
    if on_bad_word == "escape":
        return [escape_word(word).encode() for word in words]
    if on_bad_word != "refuse":
        raise ConfigError(f"{option('vectors.on_bad_word')} must be 'refuse' or 'escape', not {on_bad_word!r}")
    for row, word in enumerate(words):
        bad = _UNWRITABLE.search(word)
        if bad or not word:
            what = "is empty" if bad is None else f"holds {_named(bad.group())}"
            raise FormatError(
                f"word {row}, {word!r}, {what}, which this format cannot store: write it with "
                f"{option('vectors.on_bad_word', 'escape')}, or use the native format (.embed)"
            )
    return [word.encode() for word in words]


def _escaped(character: str) -> str:
    return r"\\" if character == "\\" else f"\\u{ord(character):04x}"


def _named(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "a lone surrogate"
    return _NAMES.get(character, f"the control character {character!r}")
