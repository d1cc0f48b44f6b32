"""Parse the words and numbers of the command line: the ``type`` of an argument."""

from __future__ import annotations

import argparse
import os
from contextlib import suppress

__all__ = ["positive", "word"]


def word(text: str) -> str:
    """Decode an argument of the command line as UTF-8, whatever the locale.

    In a locale that is not UTF-8, Python represents undecodable bytes as lone surrogates. A path must keep them, since
    the system finds the file by its bytes; a word is looked up among words of UTF-8.
    """
    with suppress(UnicodeError):
        text.encode()
        return text
    with suppress(UnicodeError):
        return os.fsencode(text).decode()
    return text


def positive(text: str) -> int:
    """Parse a number of at least 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {value}")
    return value


positive.__name__ = "whole number"  # argparse names the type in its complaint: "invalid whole number value: 'x'"
