"""Declare the arguments of commands that read vectors: files, and reading options."""

from __future__ import annotations

import argparse
from typing import Any

from embed.choices import DECODE_ERRORS, ON_DUPLICATE
from embed.cli.argument_types import word

__all__ = ["VECTORS_HELP", "add_reading", "add_vectors", "reading_options"]

VECTORS_HELP = "a file in any readable format"

_READING: dict[str, dict[str, Any]] = {
    "--encoding": {"type": word, "metavar": "NAME", "help": "encoding of the words (default: utf-8)"},
    "--decode-errors": {"choices": DECODE_ERRORS, "help": "invalid bytes in words: refuse, or use U+FFFD"},
    "--on-duplicate": {"choices": ON_DUPLICATE, "help": "duplicate words: refuse, or keep the first"},
    "--dim": {"type": int, "metavar": "N", "help": "dimensions, for text without a header"},
}
"""Options for reading vectors; the help of a command, which must fit a screen, only names these flags."""


def add_vectors(parser: argparse.ArgumentParser, *names: str, show_all: bool) -> None:
    """Add files of vectors, and the options for reading them."""
    for name in names or ("vectors",):
        parser.add_argument(name, metavar="VECTORS", help=VECTORS_HELP)
    add_reading(parser, show_all=show_all)


def add_reading(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Add the options for reading vectors, except flags that the parser already has."""
    parser.description = f"{parser.description} For unusual files: {', '.join(_READING)}."
    for flag, settings in _READING.items():
        if flag not in parser._option_string_actions:
            hidden = {} if show_all else {"help": argparse.SUPPRESS}
            parser.add_argument(flag, default=argparse.SUPPRESS, **{**settings, **hidden})


def reading_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options for reading vectors that the command line sets."""
    names = [flag.removeprefix("--").replace("-", "_") for flag in _READING]
    return {name: getattr(arguments, name) for name in names if hasattr(arguments, name)}
