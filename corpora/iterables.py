"""Read sentences from Python data.

A list of strings instead of a list of lists of words, the most common mistake, would train on letters; it is an error
here. Sentences are neither cut nor tokenised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from embed.arguments import iterable, shown
from embed.choices import TextErrors
from embed.errors import CorpusError
from embed.messages import option

__all__ = ["SentenceCorpus", "checked_sentence", "mended", "without_surrogates"]

_ALLOWED = "a sentence is a list of words, such as ['a', 'sentence']"
_SHOWN_CHARACTERS = 60
_SURROGATE = re.compile("[\ud800-\udfff]")


class SentenceCorpus:
    """An iterable of lists of str, checked as it is read.

    Parameters
    ----------
    sentences : iterable of list of str
        Iterated once per pass; an iterator or generator allows one pass.
    lowercase : bool
        Lower-case every word.
    decode_errors : {"strict", "replace", "skip"}
        What to do with lone surrogates, which are not characters: raise, replace them by U+FFFD, or remove them.

    Raises
    ------
    CorpusError
        At construction: `sentences` is a string or cannot be iterated. While reading: an item is not a sentence.
    """

    def __init__(
        self, sentences: Iterable[Any], *, lowercase: bool = False, decode_errors: TextErrors = "strict"
    ) -> None:
        if isinstance(sentences, (str, bytes)) or not iterable(sentences):
            raise CorpusError(f"a corpus must be an iterable of sentences, not {_shown(sentences)}; {_ALLOWED}")
        self._sentences = sentences
        self._lowercase = lowercase
        self._decode_errors = decode_errors

    def __iter__(self) -> Iterator[list[str]]:
        for number, sentence in enumerate(self._sentences, 1):
            where = f"sentence {number:,}"
            checked = mended(checked_sentence(sentence, where), self._decode_errors, where)
            yield [word.lower() for word in checked] if self._lowercase else checked


def mended(words: list[str], policy: TextErrors, where: str) -> list[str]:
    """Return the words without lone surrogates, which UTF-8 cannot encode; see `without_surrogates`."""
    if _is_unicode("".join(words)):
        return words
    whole = [without_surrogates(word, policy, f"{where}, word {position}") for position, word in enumerate(words, 1)]
    return [word for word in whole if word]


def without_surrogates(text: str, policy: str, where: str) -> str:
    """Replace or remove lone surrogates in `text`, or raise a CorpusError that names `where`."""
    if _is_unicode(text):
        return text
    if policy == "strict":
        raise CorpusError(
            f"{where}: {text!a:.60} holds a lone surrogate, which is not a character; remove it, or pass "
            f"{option('decode_errors', 'replace')} or {option('decode_errors', 'skip')}"
        )
    return _SURROGATE.sub("\ufffd" if policy == "replace" else "", text)


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def checked_sentence(sentence: Any, where: str) -> list[str]:
    """Return `sentence` as a list of non-empty str, or raise a CorpusError that names `where`."""
    words: list[str] = sentence if type(sentence) is list else []
    if type(sentence) is not list:
        if isinstance(sentence, (str, bytes, Mapping)) or not iterable(sentence):
            raise CorpusError(f"{where} is {_shown(sentence)}, but {_ALLOWED}")
        words = list(sentence)
    with suppress(TypeError):  # raised by a word that is none; the loop finds which
        "".join(words)
        if "" not in words:
            return words
    for position, word in enumerate(words, 1):
        if not isinstance(word, str):
            raise CorpusError(f"{where}, word {position} is {_shown(word)}, but {_ALLOWED}")
        if not word:
            raise CorpusError(f"{where}, word {position} is an empty string; remove it")
    return words


def _shown(value: object) -> str:
    """Return the type and the shortened repr of `value`."""
    text = shown(value)
    return f"{type(value).__name__} ({text[:_SHOWN_CHARACTERS]}{'...' if len(text) > _SHOWN_CHARACTERS else ''})"
