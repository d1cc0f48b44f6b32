"""Name the tokenizers: two of our own, segmenters that other packages bring, k-mers, and functions of the user's.

A tokenizer's name is stored with a model. The name of a function, ``package.module:function``, runs code, so it is
called only where the user names it in this process (:func:`allow_function`): a model or a configuration from elsewhere
names no code to run.
"""

from __future__ import annotations

import re

from embed.arguments import shown
from embed.choices import TOKENIZERS
from embed.errors import ConfigError
from embed.messages import option

__all__ = ["SEGMENTERS", "allow_function", "check_tokenizer", "is_allowed", "is_function", "kmer_length"]

SEGMENTERS = {"jieba": "chinese", "fugashi": "japanese", "pythainlp": "thai"}
"""Packages that segment text without spaces, and the extras that install them."""
LONGEST_KMER = 64
_KMER = re.compile(r"kmer:([1-9][0-9]?)")
_FUNCTION = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_allowed: set[str] = set()


def kmer_length(name: str) -> int | None:
    """Return the k of ``kmer:k``; None for other names."""
    match = _KMER.fullmatch(name)
    return int(match[1]) if match is not None and int(match[1]) <= LONGEST_KMER else None


def is_function(name: str) -> bool:
    """Return whether a name is one of a function, ``package.module:function``."""
    return kmer_length(name) is None and not name.startswith("kmer:") and _FUNCTION.fullmatch(name) is not None


def check_tokenizer(name: str) -> None:
    """Raise ConfigError unless a tokenizer can have this name."""
    if name in TOKENIZERS or name in SEGMENTERS or kmer_length(name) is not None or is_function(name):
        return
    names = ", ".join(map(repr, (*TOKENIZERS, *SEGMENTERS)))
    raise ConfigError(
        f"{option('tokenizer')} must be one of {names}, 'kmer:K' with K from 1 to {LONGEST_KMER}, or "
        f"'package.module:function', not {shown(name)}"
    )


def allow_function(name: object) -> None:
    """Remember that the user names this function in this process; other names need no permission."""
    if isinstance(name, str) and is_function(name):
        _allowed.add(name)


def is_allowed(name: str) -> bool:
    """Return whether the user names this function in this process."""
    return name in _allowed
