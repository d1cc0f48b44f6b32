"""Compose the command that resumes an interrupted run."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Sequence

from embed.cli.parser import PROGRAM
from embed.files.remote import shown_url

__all__ = ["how_to_resume"]


def how_to_resume(arguments: argparse.Namespace | None, given: Sequence[str]) -> str:
    """Return the end of a message, with the command that resumes an interrupted run; empty if nothing was stored."""
    if getattr(arguments, "command", None) == "tune":
        return _how_to_search_on(getattr(arguments, "output", ""), given)
    directory = getattr(arguments, "checkpoint", None)
    if directory is None:
        return ""
    from embed.checkpoints.checkpoint_folder import has_checkpoints

    if not has_checkpoints(directory):
        return ""
    words = [PROGRAM]
    following = iter(given)
    for word in following:
        if word == "--resume":
            next(following, None)
        elif not word.startswith("--resume="):
            words.append(shown_url(word))  # never quote a password
    return _resume_with([*words, "--resume", directory], given)


def _how_to_search_on(output: str, given: Sequence[str]) -> str:
    from embed.training.trials import TRIALS, folder_of

    if not os.path.isfile(os.path.join(folder_of(output), TRIALS)):
        return ""
    return _resume_with([PROGRAM, *map(shown_url, given)], given)


def _resume_with(words: Sequence[str], given: Sequence[str]) -> str:
    again = "with the same text on standard input, " if "-" in given else ""
    return f"; {again}resume with: {shlex.join(words)}"
