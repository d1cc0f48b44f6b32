"""Flags from the fields of a settings class: declared once, with their help."""

from __future__ import annotations

import argparse
from dataclasses import field, fields, replace
from typing import Any, TypeVar

_Settings = TypeVar("_Settings")


def option(default: Any, about: str, **more: Any) -> Any:
    """Return a field that is a flag of the command as well; `more` goes to ``add_argument``."""
    return field(default=default, metadata={"flag": {"help": about, **more}})


def positive(given: str) -> int:
    """Return a whole number of 1 or more, for argparse."""
    value = int(given.replace("_", ""))
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {given}")
    return value


def add_to(parser: argparse.ArgumentParser, settings: Any) -> None:
    """Add a flag for each field of `settings` that is one, and that the parser does not have yet."""
    known = {action.dest for action in parser._actions}
    for one in fields(settings):
        if "flag" not in one.metadata or one.name in known:
            continue
        value, about = getattr(settings, one.name), dict(one.metadata["flag"])
        if one.name == "rows":
            about["choices"] = tuple(value)
        if isinstance(value, bool):
            about["action"] = "store_true"
        elif isinstance(value, (tuple, list)):
            about["nargs"] = "+"
            about.setdefault("help", "(default: all)")
        else:
            about.setdefault("type", positive)
            if isinstance(value, int):
                about["help"] += f" (default: {value:,})"
        parser.add_argument(f"--{one.name.replace('_', '-')}", default=None, **about)


def chosen(settings: _Settings, options: argparse.Namespace) -> _Settings:
    """Return the settings with what the command line gives."""
    given: dict[str, Any] = {
        one.name: getattr(options, one.name)
        for one in fields(settings)  # type: ignore[arg-type]
        if "flag" in one.metadata and getattr(options, one.name, None) is not None
    }
    return replace(settings, **given)  # type: ignore[type-var]
