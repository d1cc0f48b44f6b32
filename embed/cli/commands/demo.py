"""Run the demo."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the output folder."""
    parser.add_argument(
        "-o",
        "--output",
        metavar="FOLDER",
        default="demo-output",
        help="folder for the vectors (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Run the demo."""
    from embed.demo import run

    run(Path(arguments.output))
