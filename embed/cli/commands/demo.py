"""Run the demonstration."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["run"]


def run(arguments: argparse.Namespace) -> None:
    """Run the demonstration."""
    from embed.demo import run

    run(Path(arguments.output))
