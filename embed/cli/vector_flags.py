"""Declare the arguments of commands that read vectors: files, and reading options."""

from __future__ import annotations

import argparse
from typing import Any

from embed.cli.argument_types import word
from embed.config.parameter import declared
from embed.config.reading import ReadingOptions

__all__ = ["VECTORS_HELP", "add_reading", "add_vectors", "reading_options"]

VECTORS_HELP = "a file in any readable format"

_FLAGS = {name: "--" + name.replace("_", "-") for name, _, _ in declared(ReadingOptions)}
"""Options for reading vectors; the help of a command, which must fit a screen, only names these flags."""


def add_vectors(parser: argparse.ArgumentParser, *names: str, show_all: bool) -> None:
    """Add files of vectors, and the options for reading them."""
    for name in names or ("vectors",):
        parser.add_argument(name, metavar="VECTORS", help=VECTORS_HELP)
    add_reading(parser, show_all=show_all)


def add_reading(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Add the options for reading vectors, except flags that the parser already has."""
    parser.description = f"{parser.description} For reading: {', '.join(_FLAGS.values())}."
    for name, details, kind in declared(ReadingOptions):
        if _FLAGS[name] in parser._option_string_actions:
            continue
        settings: dict[str, Any] = {"help": details.help if show_all else argparse.SUPPRESS}
        if kind is bool:
            settings["action"] = "store_true"
        elif details.choices:
            settings["choices"] = details.choices
        else:
            settings |= {"type": int if kind is int else word, "metavar": details.metavar or "N"}
        parser.add_argument(_FLAGS[name], dest=name, default=argparse.SUPPRESS, **settings)


def reading_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options for reading vectors that the command line sets."""
    return {name: getattr(arguments, name) for name in _FLAGS if hasattr(arguments, name)}
