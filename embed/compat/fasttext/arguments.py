"""Read the arguments of fastText's methods, and decode what is in its files."""

from __future__ import annotations

from math import isfinite
from typing import Any

from embed.arguments import plain, real_number, shown, whole_number
from embed.compat.errors import ArgumentError
from embed.errors import ConfigError, FormatError
from embed.messages import UNSET, keyword
from embed.vectors.classifier import ALL_LABELS

__all__ = [
    "ON_UNICODE_ERROR",
    "SECOND_NAMES",
    "by_first_names",
    "decoded",
    "encoded",
    "fasttexts_name",
    "least_probability",
    "line_of",
    "most_labels",
    "text_of",
    "whole",
]

ON_UNICODE_ERROR = ("replace", "strict", "ignore")
SECOND_NAMES = {
    "min_count": "minCount",
    "word_ngrams": "wordNgrams",
    "lr_update_rate": "lrUpdateRate",
    "label_prefix": "label",
    "pretrained_vectors": "pretrainedVectors",
}
_NAMES = {
    "buckets": "bucket",
    "epochs": "epoch",
    "label_prefix": "label",
    "max_n": "maxn",
    "min_count": "minCount",
    "min_label_count": "minCountLabel",
    "min_n": "minn",
    "negatives": "neg",
    "subsample": "t",
    "threads": "thread",
    "window": "ws",
    "word_ngrams": "wordNgrams",
}
"""fastText's names of this package's parameters."""


def text_of(value: Any, what: str) -> str:
    """Return a str, or UTF-8 as str; raises ArgumentError for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise ArgumentError(f"{what} {value!r:.60} is not valid UTF-8") from error
    raise ArgumentError(f"{what} must be a str, not {value!r:.60}")


def encoded(value: Any, what: str) -> bytes:
    """Return a str as UTF-8; raises FormatError if it has lone surrogates, ArgumentError for another type."""
    text = value if type(value) is str else text_of(value, what)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise FormatError(f"{what} {text!r:.60} has no UTF-8 form: remove its lone surrogates") from error


def line_of(text: Any, method: str) -> bytes:
    """Return a text without a line break as UTF-8."""
    line = encoded(text, "text")
    if b"\n" in line:
        raise ConfigError(f"{method} takes one line: remove the line breaks from the text")
    return line


def most_labels(value: Any) -> int:
    """Return a whole number of at least 1, or that of all labels."""
    if type(value) is int and value > 0:
        return value
    return ALL_LABELS if value == ALL_LABELS else whole("k", value, 1)


def least_probability(value: Any) -> float:
    if type(value) is float and isfinite(value):
        return value
    if type(plain(value, float)) is not float:
        raise ArgumentError(f"threshold must be a number, not {shown(value)}")
    return real_number("threshold", value)


def whole(name: str, value: Any, low: int | None = None, high: int | None = None) -> int:
    """Return a whole number from `low` to `high`; one of another type is a TypeError, too, as with fastText."""
    number = plain(value, int)
    if type(number) is not int:
        raise ArgumentError(f"{name} must be a whole number, not {shown(value)}")
    return number if low is None else whole_number(name, number, low, high)


def by_first_names(function: str, given: dict[str, Any], defaults: dict[str, Any], others: dict[str, Any]) -> None:
    """Add the arguments with fastText's second names to those `given`; raises ArgumentError for any other name."""
    for name, value in others.items():
        if name not in SECOND_NAMES:
            raise ArgumentError(f"{function} has no argument {name!r}, only fastText's, and seed and gradient")
        first = SECOND_NAMES[name]
        if given[first] != defaults[first]:
            raise ArgumentError(f"{name} and {first} are the same argument: give one of them")
        given[first] = value


def fasttexts_name(name: str, value: object = UNSET) -> str:
    """Return a parameter of this package by its name in fastText, for messages."""
    return keyword(_NAMES.get(name, name), value)


def decoded(word: bytes, on_unicode_error: str) -> str:
    if on_unicode_error not in ON_UNICODE_ERROR:
        raise ConfigError(f"on_unicode_error must be one of {ON_UNICODE_ERROR}, not {on_unicode_error!r:.60}")
    try:
        return word.decode("utf-8", on_unicode_error)
    except UnicodeDecodeError as error:
        raise FormatError(
            f"the word {word!r:.60} of the model is not valid UTF-8: pass on_unicode_error='replace' or 'ignore'"
        ) from error
