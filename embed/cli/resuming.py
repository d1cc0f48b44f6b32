"""Checkpoints and time on the command line: what the flags ask for, and how to go on after an interrupt."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from typing import Any

from embed.cli.parser import PROGRAM
from embed.errors import ConfigError
from embed.files.remote import shown_url

__all__ = ["budget_settings", "checkpoint_settings", "how_to_resume"]


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


def budget_settings(arguments: argparse.Namespace, flags: dict[str, Any]) -> dict[str, Any]:
    """Return the time budget of a training and of the files it writes, as an argument, if there is one.

    Raises
    ------
    ConfigError
        If the number of epochs is given too, or the time is none.
    """
    if arguments.time_budget is None:
        return {}
    from embed.training.time_budget import TimeBudget, refuse_epochs

    refuse_epochs(None, flags)
    files = {"vectors": arguments.output, "models": arguments.save_model}
    budget = TimeBudget.of(arguments.time_budget, **{name: (path,) for name, path in files.items() if path is not None})
    return {"time_budget": budget}


def how_to_resume(arguments: argparse.Namespace | None, given: Sequence[str]) -> str:
    """Return the command that goes on with an interrupted training, to end a message with; empty if there is none."""
    directory = getattr(arguments, "checkpoint", None)
    if directory is None:
        return ""
    from embed.checkpoints.checkpoint_folder import checkpoints_in

    if not checkpoints_in(directory):
        return ""
    words = [PROGRAM]
    following = iter(given)
    for word in following:
        if word == "--resume":
            next(following, None)
        elif not word.startswith("--resume="):
            words.append(shown_url(word))  # a password is not quoted
    again = "with the same text on standard input, " if "-" in getattr(arguments, "corpus", ()) else ""
    return f"; {again}go on with: {shlex.join([*words, '--resume', directory])}"
