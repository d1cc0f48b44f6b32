"""Declare the arguments that commands about classifiers share."""

from __future__ import annotations

import argparse
from collections.abc import Container, Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from embed.cli.flags import add_parameter
from embed.config.parameter import Parameter

__all__ = ["MODEL_HELP", "add_declared", "add_prediction", "given_of"]

MODEL_HELP = "a classifier of fastText: .bin or .ftz"


def add_prediction(parser: argparse.ArgumentParser) -> None:
    """Add which labels to predict."""
    parser.add_argument("-k", type=_most, default=1, metavar="N", help="the most labels of a text, or all (default: 1)")
    parser.add_argument("--threshold", type=float, default=0.0, metavar="P", help="the least probability (default: 0)")


def add_declared(
    parser: argparse.ArgumentParser,
    kind: Any,
    table: Mapping[str, tuple[Parameter, type]],
    *,
    main: Container[str],
    show_all: bool,
) -> None:
    """Add a flag for each parameter of a dataclass, of which only those in `main` are in the short help."""
    defaults = {item.name: item.default for item in fields(kind) if item.default is not MISSING}
    groups: dict[str, argparse._ArgumentGroup] = {}
    for name, (details, value_type) in table.items():
        if show_all and details.group not in groups:
            groups[details.group] = parser.add_argument_group(details.group)
        where = groups.get(details.group, parser)
        add_parameter(where, name, details, value_type, shown=show_all or name in main, defaults=defaults)


def given_of(arguments: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    """Return only the parameters that the command line sets."""
    return {name: getattr(arguments, name) for name in names if hasattr(arguments, name)}


def _most(text: str) -> int:
    """Return the most labels of a text: a whole number of at least 1, or -1 for all."""
    if text == "all":
        return -1
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, or all, not {text!r:.60}")
    return int(text)
