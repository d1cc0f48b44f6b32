"""Declare and print evaluations: the common part of `evaluate` and `compare`."""

from __future__ import annotations

import argparse
import csv
import importlib.util
from typing import Any

from embed.choices import ANALOGY_METHODS, NAMED_SETS
from embed.cli.argument_types import positive, word

__all__ = ["add_evaluation", "evaluation_settings", "print_report"]


def add_evaluation(parser: argparse.ArgumentParser) -> None:
    """Add the test sets, the protocol, and the form of the report."""
    # gensim's wheel has the files of the named sets; the newest Pythons have no wheel of gensim
    missing = "" if importlib.util.find_spec("gensim") else " - unavailable: gensim, which has their files, is missing"
    parser.add_argument(
        "sets",
        nargs="*",
        metavar="SET",
        help=f"files of pairs or analogies, or the names {', '.join(NAMED_SETS)} (default: all three){missing}",
    )
    for flag, settings in _PROTOCOL.items():
        parser.add_argument(flag, default=argparse.SUPPRESS, **settings)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--markdown", action="store_true", help="print a Markdown table")


def _columns(text: str) -> tuple[str, ...]:
    return tuple(next(csv.reader([word(text)], skipinitialspace=True), ()))


def _top(text: str) -> int | None:
    return None if text == "all" else positive(text)


_top.__name__ = positive.__name__

_PROTOCOL: dict[str, dict[str, Any]] = {
    "--columns": {
        "type": _columns,
        "metavar": "A,B,C",
        "help": "columns of the two words and the score in the files, by number or name, if ambiguous",
    },
    "--top": {"type": _top, "metavar": "N", "help": "answer analogies with the N most frequent words"},
    "--method": {"choices": ANALOGY_METHODS, "help": "how to answer analogies"},
}


def evaluation_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the keywords of `evaluate` and `compare` that the command line sets."""
    names = [flag.removeprefix("--") for flag in _PROTOCOL]
    return {name: getattr(arguments, name) for name in names if hasattr(arguments, name)}


def print_report(report: Any, arguments: argparse.Namespace) -> None:
    """Print a report as a table, JSON or Markdown, as the command line requests."""
    form = report.to_json if arguments.json else report.to_markdown if arguments.markdown else report.table
    print(form().rstrip("\n"))
