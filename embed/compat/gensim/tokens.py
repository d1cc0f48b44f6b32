"""Tokens that are not strings: whole numbers, tuples and other hashable objects, as nodes of graphs and items are.

gensim's words are keys of a dict, of any kind. The compiled counter and the encoder know strings, so each other token
has a text between the two; `wv` has the tokens themselves. As keys of a dict do, ``1``, ``1.0`` and ``numpy.int64(1)``
name one token, and ``"1"`` another.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from embed.arguments import shown
from embed.compat.gensim.errors import SentencesError
from embed.errors import FormatError

__all__ = ["TokenTexts", "keys_of_texts", "texts_of_keys"]

_MARK = "\0"
"""Begins the text of a token that is not a string."""


class TokenTexts:
    """The texts of the tokens of a model that are not strings."""

    def __init__(self) -> None:
        self._texts: dict[Hashable, str] = {}
        self._tokens: dict[str, Any] = {}

    def text(self, token: Any) -> str:
        """Return the text of a token: a string itself, or the text that the token has in this model.

        Raises
        ------
        TypeError
            The token is not hashable.
        """
        if isinstance(token, str) and not token.startswith(_MARK):
            return token
        text = self._texts.get(token)
        if text is None:
            text = f"{_MARK}{len(self._texts)}"
            self._texts[token] = text
            self._tokens[text] = int(token) if isinstance(token, np.integer) else token
        return text

    def token(self, text: str) -> Any:
        """Return the token of a text."""
        return self._tokens.get(text, text)

    def texts(self, tokens: Sequence[Any]) -> list[str]:
        """Return the texts of tokens."""
        return [self.text(token) for token in tokens]

    def sentences(self, sentences: Iterable[Any]) -> Iterator[Any]:
        """Yield sentences with the texts of their tokens; what is not a sentence stays, for the check that follows.

        Raises
        ------
        SentencesError
            A token is not hashable, or is None or NaN, which stand for a missing value.
        """
        for number, sentence in enumerate(sentences, 1):
            if isinstance(sentence, (str, bytes, dict)) or not isinstance(sentence, Iterable):
                yield sentence
                continue
            words = sentence if type(sentence) is list else list(sentence)
            try:
                plain = _MARK not in "".join(words)
            except TypeError:
                plain = False
            yield words if plain else self._checked(words, number)

    def _checked(self, words: list[Any], number: int) -> list[str]:
        texts = []
        for position, word in enumerate(words, 1):
            try:
                missing = word is None or word != word
                texts.append(self.text(word))
            except (TypeError, ValueError):
                missing = True
            if missing:
                raise SentencesError(
                    f"sentence {number:,}, word {position} is {shown(word):.60}, but a word is a string, a whole "
                    "number or another hashable object"
                )
        return texts


def texts_of_keys(keys: Sequence[Any]) -> tuple[list[str], list[int]]:
    """Return keys as the strings that a file holds, and the rows of those that are whole numbers.

    Raises
    ------
    FormatError
        A key is neither a string nor a whole number.
    """
    rows = []
    for row, key in enumerate(keys):
        if isinstance(key, str):
            continue
        if isinstance(key, bool) or not isinstance(key, (int, np.integer)):
            raise FormatError(f"cannot save the key {shown(key):.60}: keys in a file are strings or whole numbers")
        rows.append(row)
    return [key if isinstance(key, str) else str(key) for key in keys], rows


def keys_of_texts(texts: Sequence[str], rows: Any) -> list[Any]:
    """Return the keys of a file, of which those in `rows` are whole numbers; raises ValueError if they are not."""
    keys: list[Any] = list(texts)
    for row in rows:
        keys[row] = int(texts[row])
        if str(keys[row]) != texts[row]:
            raise ValueError(f"{texts[row]!r:.60} is not how a number is written")
    return keys
