"""Run the demonstration."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare where the vectors go."""
    parser.add_argument(
        "-o",
        "--output",
        metavar="FOLDER",
        default="demo-output",
        help="where the vectors go (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Run the demonstration."""
    from embed.demo import run

    run(Path(arguments.output))
