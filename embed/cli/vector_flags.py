"""The arguments of commands that read vectors: the file, how it is read, and how many answers are printed."""

from __future__ import annotations

import argparse
from typing import Any

from embed.choices import DECODE_ERRORS, ON_DUPLICATE
from embed.cli.flags import positive, word

__all__ = ["VECTORS_HELP", "add_ranking", "add_reading", "add_vectors", "reading_options"]

VECTORS_HELP = "a file in any format that can be read"

_READING: dict[str, dict[str, Any]] = {
    "--encoding": {"type": word, "metavar": "NAME", "help": "of the words in the file (default: utf-8)"},
    "--decode-errors": {"choices": DECODE_ERRORS, "help": "bytes that are no words: refuse, or U+FFFD"},
    "--on-duplicate": {"choices": ON_DUPLICATE, "help": "a word that comes twice: refuse, or keep the first"},
    "--dim": {"type": int, "metavar": "N", "help": "length of the vectors, of text that does not say it"},
}
"""How a file of vectors is read; the help of a command, which fits a screen, only names the flags."""


def add_vectors(parser: argparse.ArgumentParser, *names: str, show_all: bool) -> None:
    """Add files of vectors, and how they are read."""
    for name in names or ("vectors",):
        parser.add_argument(name, metavar="VECTORS", help=VECTORS_HELP)
    add_reading(parser, show_all=show_all)


def add_reading(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Add the flags that say how files of vectors are read; those that are there already are left."""
    parser.description = f"{parser.description} Odd files: {', '.join(_READING)}."
    for flag, settings in _READING.items():
        if flag not in parser._option_string_actions:
            hidden = {} if show_all else {"help": argparse.SUPPRESS}
            parser.add_argument(flag, default=argparse.SUPPRESS, **{**settings, **hidden})


def reading_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return how the command line says that files of vectors are read."""
    names = [flag.removeprefix("--").replace("-", "_") for flag in _READING]
    return {name: getattr(arguments, name) for name in names if hasattr(arguments, name)}


def add_ranking(parser: argparse.ArgumentParser) -> None:
    """Add how many answers are printed, and among how many words they are looked for."""
    parser.add_argument("-n", type=positive, default=10, metavar="N", help="how many to print (default: %(default)s)")
    parser.add_argument("--top", type=positive, metavar="N", help="search the N most frequent words only")
