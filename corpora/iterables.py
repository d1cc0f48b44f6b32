"""Sentences that a caller brings as Python data.

The one mistake everybody makes (a list of strings where a list of lists of words is meant) would train on
letters; it is an error here. Nothing is cut and nothing is tokenised: what is given is what is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from embed.arguments import iterable, shown
from embed.errors import CorpusError

__all__ = ["SentenceCorpus", "checked_sentence"]

_ALLOWED = "a sentence is a list of words, such as ['a', 'sentence']"
_SHOWN_CHARACTERS = 60


class SentenceCorpus:
    """An iterable of lists of str, checked as it is read.

    Parameters
    ----------
    sentences : iterable of list of str
        Read once for every pass; an iterator or generator gives one pass.
    lowercase : bool
        Lower-case every word.

    Raises
    ------
    CorpusError
        At construction when `sentences` cannot be iterated or is a string; while reading when an item is no
        sentence.
    """

    def __init__(self, sentences: Iterable[Any], *, lowercase: bool = False) -> None:
        if isinstance(sentences, (str, bytes)) or not iterable(sentences):
            raise CorpusError(f"a corpus is an iterable of sentences, not {_shown(sentences)}; {_ALLOWED}")
        self._sentences = sentences
        self._lowercase = lowercase

    def __iter__(self) -> Iterator[list[str]]:
        for number, sentence in enumerate(self._sentences, 1):
            checked = checked_sentence(sentence, f"sentence {number:,}")
            yield [word.lower() for word in checked] if self._lowercase else checked


def checked_sentence(sentence: Any, where: str) -> list[str]:
    """Return `sentence` as a list of str, none empty, or raise CorpusError saying `where`."""
    words: list[str] = sentence if type(sentence) is list else []
    if type(sentence) is not list:
        if isinstance(sentence, (str, bytes, Mapping)) or not iterable(sentence):
            raise CorpusError(f"{where} is {_shown(sentence)}, but {_ALLOWED}")
        words = list(sentence)
    for position, word in enumerate(words, 1):
        if not isinstance(word, str):
            raise CorpusError(f"{where}, word {position} is {_shown(word)}, but {_ALLOWED}")
        if not word:
            raise CorpusError(f"{where}, word {position} is an empty string, which is not a word")
    return words


def _shown(value: object) -> str:
    """Say what `value` is, however long it is or odd its repr."""
    text = shown(value)
    return f"{type(value).__name__} ({text[:_SHOWN_CHARACTERS]}{'...' if len(text) > _SHOWN_CHARACTERS else ''})"
