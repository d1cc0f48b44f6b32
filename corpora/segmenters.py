"""Split text by segmenters of other packages, into k-mers, or by a function of the user's."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any, cast

from embed.arguments import shown
from embed.config.tokenizers import SEGMENTERS, is_allowed
from embed.errors import ConfigError, MissingExtraError
from embed.messages import option

__all__ = ["function_named", "kmers", "segment"]


def segment(name: str, text: str) -> list[str]:
    """Split a text by a segmenter of :data:`embed.config.tokenizers.SEGMENTERS`; no token has white space.

    Raises
    ------
    MissingExtraError
        The package is not installed.
    """
    return [part for token in _segmenter(name)(text) for part in token.split()]


@cache
def _segmenter(name: str) -> Callable[[str], Iterable[str]]:
    try:
        return _MAKERS[name]()
    except ImportError as error:
        raise MissingExtraError(
            f"the tokenizer {name} needs {error.name or name}; install it with: "
            f"pip install 'train-embeddings[{SEGMENTERS[name]}]'"
        ) from error


def _jieba() -> Callable[[str], Iterable[str]]:
    """Chinese words by a dictionary and a hidden Markov model for the rest."""
    logging, module = importlib.import_module("logging"), importlib.import_module("jieba")
    module.setLogLevel(logging.WARNING)
    return cast(Callable[[str], Iterable[str]], module.lcut)


def _fugashi() -> Callable[[str], Iterable[str]]:
    """Japanese words by MeCab and UniDic."""
    tagger = importlib.import_module("fugashi").Tagger()

    def split(text: str) -> list[str]:
        return [word.surface for word in tagger(text)]

    return split


def _pythainlp() -> Callable[[str], Iterable[str]]:
    """Thai words by a dictionary (newmm)."""
    tokenize: Any = importlib.import_module("pythainlp.tokenize").word_tokenize
    return partial(tokenize, keep_whitespace=False)


_MAKERS = {"jieba": _jieba, "fugashi": _fugashi, "pythainlp": _pythainlp}


def kmers(length: int, text: str) -> list[str]:
    """Return all strings of `length` letters in the words of a text, one beginning at each letter."""
    return [word[at : at + length] for word in text.split() for at in range(len(word) - length + 1)]


def function_named(name: str) -> Callable[[str], list[str]]:
    """Return the function ``package.module:function``, which the user must have named in this process.

    Raises
    ------
    ConfigError
        The user has not named it, or it cannot be imported, or is no function.
    """
    if not is_allowed(name):
        raise ConfigError(
            f"the tokenizer {shown(name)} is a function, which runs only where it is named: give "
            f"{option('tokenizer', name)} again, or pass the function itself"
        )
    module, _, path = name.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except Exception as error:
        raise ConfigError(
            f"{option('tokenizer')}: cannot load {shown(name)}: {type(error).__name__}: {error!s:.200}"
        ) from error
    if not callable(found):
        raise ConfigError(f"{option('tokenizer')}: {shown(name)} is not a function")
    return cast(Callable[[str], list[str]], found)
