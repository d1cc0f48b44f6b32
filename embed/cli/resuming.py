"""Checkpoints on the command line: what the flags ask for, and how to go on after an interrupt."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from typing import Any

from embed.cli.parser import PROGRAM
from embed.errors import ConfigError

__all__ = ["checkpoint_settings", "how_to_resume"]


def checkpoint_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of :func:`embed.train` that the flags of `train` stand for.

    Raises
    ------
    ConfigError
        If a flag has no meaning without another one.
    """
    for flag, needed in (
        ("checkpoint_every", "checkpoint"),
        ("checkpoint_keep", "checkpoint"),
        ("resume_anyway", "resume"),
    ):
        if getattr(arguments, flag) not in (None, False) and getattr(arguments, needed) is None:
            raise ConfigError(f"--{flag.replace('_', '-')} needs --{needed} DIR")
    names = ("checkpoint", "checkpoint_every", "checkpoint_keep", "resume", "resume_anyway")
    return {name: value for name in names if (value := getattr(arguments, name)) is not None}


def how_to_resume(arguments: argparse.Namespace | None, given: Sequence[str]) -> str:
    """Return the command that goes on with an interrupted training, to end a message with; empty if there is none."""
    directory = getattr(arguments, "checkpoint", None)
    if directory is None:
        return ""
    from embed.checkpoint import checkpoints_in

    if not checkpoints_in(directory):
        return ""
    words = [PROGRAM]
    following = iter(given)
    for word in following:
        if word == "--resume":
            next(following, None)
        elif not word.startswith("--resume="):
            words.append(word)
    again = "with the same text on standard input, " if "-" in getattr(arguments, "corpus", ()) else ""
    return f"; {again}go on with: {shlex.join([*words, '--resume', directory])}"
