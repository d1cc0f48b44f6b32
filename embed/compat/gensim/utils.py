"""``gensim.utils``: the functions about texts, and the answers of a trim rule."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator

from embed.compat.gensim.sentences import RULE_DEFAULT, RULE_DISCARD, RULE_KEEP
from embed.compat.gensim.sentences import keeps as keep_vocab_item

__all__ = [
    "RULE_DEFAULT",
    "RULE_DISCARD",
    "RULE_KEEP",
    "any2unicode",
    "any2utf8",
    "deaccent",
    "keep_vocab_item",
    "save_as_line_sentence",
    "simple_preprocess",
    "simple_tokenize",
    "to_unicode",
    "to_utf8",
    "tokenize",
]

_LETTERS = re.compile(r"[^\W\d]+")
"""Letters and underscores, which gensim's tokens are made of."""


def any2unicode(text: str | bytes, encoding: str = "utf8", errors: str = "strict") -> str:
    """Return a text as a str."""
    return text if isinstance(text, str) else str(text, encoding, errors)


def any2utf8(text: str | bytes, errors: str = "strict", encoding: str = "utf8") -> bytes:
    """Return a text, which is in `encoding` if it is bytes, as UTF-8."""
    return any2unicode(text, encoding, errors).encode("utf8")


to_unicode, to_utf8 = any2unicode, any2utf8


def deaccent(text: str | bytes) -> str:
    """Return a text without its accents and other combining marks."""
    parts = unicodedata.normalize("NFD", any2unicode(text))
    return unicodedata.normalize("NFC", "".join(part for part in parts if unicodedata.category(part) != "Mn"))


def simple_tokenize(text: str) -> Iterator[str]:
    """Yield the longest pieces of a text that are made of letters and underscores."""
    return (match.group() for match in _LETTERS.finditer(text))


def tokenize(
    text: str | bytes,
    lowercase: bool = False,
    deacc: bool = False,
    encoding: str = "utf8",
    errors: str = "strict",
    to_lower: bool = False,
    lower: bool = False,
) -> Iterator[str]:
    """Yield the words of a text.

    Parameters
    ----------
    text : str or bytes
    lowercase, to_lower, lower : bool
        One of them lower-cases the text.
    deacc : bool
        Remove accents.
    encoding, errors : str
        How to decode bytes.
    """
    found = any2unicode(text, encoding, errors)
    if lowercase or to_lower or lower:
        found = found.lower()
    return simple_tokenize(deaccent(found) if deacc else found)


def simple_preprocess(doc: str | bytes, deacc: bool = False, min_len: int = 2, max_len: int = 15) -> list[str]:
    """Return the lower-cased words of a text that have from `min_len` to `max_len` letters and no ``_`` in front."""
    words = tokenize(doc, lowercase=True, deacc=deacc, errors="ignore")
    return [word for word in words if min_len <= len(word) <= max_len and not word.startswith("_")]


def save_as_line_sentence(corpus: Iterable[Iterable[str]], filename: str | os.PathLike[str]) -> None:
    """Write a corpus as text, a sentence a line, words separated by a space."""
    with open(filename, "w", encoding="utf8", newline="\n") as file:
        file.writelines(" ".join(sentence) + "\n" for sentence in corpus)
