"""How scores are asked for and printed."""

from __future__ import annotations

import argparse
from typing import Any

__all__ = ["evaluation_settings", "print_report"]


def evaluation_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the keywords of `evaluate` and `compare` that the command line sets."""
    return {name: getattr(arguments, name) for name in ("columns", "top", "method") if hasattr(arguments, name)}


def print_report(report: Any, arguments: argparse.Namespace) -> None:
    """Print a report as a table, or in the form that the command line asks for."""
    form = report.to_json if arguments.json else report.to_markdown if arguments.markdown else report.table
    print(form().rstrip("\n"))
