"""Split a line of text into tokens.

``whitespace`` is for prepared corpora: it splits at ASCII white space and changes nothing.

``words`` is for raw text: it normalises the text and finds words by Unicode's rules (:mod:`embed.corpora.word_breaks`).

``jieba``, ``fugashi`` and ``pythainlp`` segment text without spaces by the packages of these names, ``kmer:6`` cuts
sequences into all strings of six letters, and ``package.module:function`` is a function of the user's
(:mod:`embed.corpora.segmenters`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from embed.arguments import shown
from embed.config.tokenizers import check_tokenizer, is_function, kmer_length
from embed.errors import ConfigError
from embed.messages import option

from .character_classes import compiled_words
from .segmenters import function_named, kmers, segment

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

TokenizerChoice = str | Callable[[str], list[str]]

_NOT_SPACE = re.compile(f"[^{ASCII_SPACE}]+")


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
    separate : callable or None
        Takes UTF-8 text that is cut at white space, and returns the tokens with white space between them, and the line
        ends. None: such text is its own result, or (if `name` is None) only `split` finds the tokens.
    """

    name: str | None
    split: Callable[[str], list[str]]
    cuttable: bool
    separate: Callable[[bytes], bytes] | None = None

    def settings(self) -> dict[str, str | int]:
        """Return the settings of a named tokenizer, for the fingerprint of a corpus."""
        settings: dict[str, str | int] = {"tokenizer": str(self.name)}
        return {**settings, "words": WORDS_VERSION} if self.name == "words" else settings


def split_whitespace(text: str) -> list[str]:
    """Return the tokens between ASCII white space."""
    return _NOT_SPACE.findall(text)


def split_words(text: str, *, lowercase: bool = False) -> list[str]:
    """Return the words of `text`, normalised by :func:`embed.corpora.normal_form.normalised`."""
    return compiled_words(lowercase).split(text)


def get_tokenizer(choice: TokenizerChoice, lowercase: bool) -> Tokenizer:
    """Return the tokenizer with this name, or wrap a function; raise ConfigError for other values."""
    if callable(choice):
        return Tokenizer(None, partial(_split_lowered, choice) if lowercase else choice, cuttable=False)
    if choice == "whitespace":
        return _LOWER_WHITESPACE if lowercase else _WHITESPACE
    if choice == "words":
        return _LOWER_WORDS if lowercase else _WORDS
    if not isinstance(choice, str):
        raise ConfigError(
            f"{option('tokenizer')} must be a name or a function from str to list of str, not {shown(choice)}"
        )
    check_tokenizer(choice)
    if is_function(choice):
        return get_tokenizer(function_named(choice), lowercase)
    length = kmer_length(choice)
    split = partial(segment, choice) if length is None else partial(kmers, length)
    if lowercase:
        split = partial(_split_lowered, split)
    return Tokenizer(choice, split, True, partial(_joined, split))


def _lower_bytes(data: bytes) -> bytes:
    return data.lower() if data.isascii() else data.decode().lower().encode()


def _split_lowered(split: Callable[[str], list[str]], text: str) -> list[str]:
    return split(text.lower())


def _joined(split: Callable[[str], list[str]], data: bytes) -> bytes:
    """Return the tokens of each line with white space between them, and the line ends."""
    return b"\n".join(" ".join(split(line)).encode() for line in data.decode().split("\n"))


def _separated(lowercase: bool, data: bytes) -> bytes:
    return compiled_words(lowercase).separated(data)


# made of functions with names, so that what holds a tokenizer can be copied to another process
_WHITESPACE = Tokenizer("whitespace", split_whitespace, cuttable=True)
_LOWER_WHITESPACE = Tokenizer("whitespace", partial(_split_lowered, split_whitespace), True, _lower_bytes)
_WORDS = Tokenizer("words", split_words, True, partial(_separated, False))
_LOWER_WORDS = Tokenizer("words", partial(split_words, lowercase=True), True, partial(_separated, True))
