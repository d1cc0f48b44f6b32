"""Print the completion script of a shell."""

from __future__ import annotations

import argparse
from typing import Any

from embed.cli.parser import PROGRAM, build_parser

__all__ = ["add_arguments", "run"]


SHELLS = ("bash", "zsh")
_FILES = ("CORPUS", "SOURCE", "VECTORS", "MODEL", "KEYWORDS", "FILE", "IN", "OUT", "PATH", "TOML", "SET")
"""Placeholders that stand for a file."""


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the shell."""
    parser.add_argument("shell", choices=SHELLS, help=f'for example: eval "$({PROGRAM} completion bash)"')


def run(arguments: argparse.Namespace) -> None:
    """Print the completion script of a shell."""
    import shtab

    parser = build_parser(show_all=True)
    for action in _actions(parser):
        if action.metavar in _FILES:
            action.complete = shtab.FILE
        elif action.metavar in ("DIR", "FOLDER"):
            action.complete = shtab.DIRECTORY
    print(shtab.complete(parser, shell=arguments.shell))


def _actions(parser: argparse.ArgumentParser) -> list[Any]:
    """Return the actions of a parser and of its sub-parsers; untyped, because shtab adds an attribute."""
    found: list[Any] = list(parser._actions)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                found += _actions(sub)
    return found
