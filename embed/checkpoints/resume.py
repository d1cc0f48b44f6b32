"""Look up the run to resume in the folders that the user names, before hours are spent on the corpus."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from embed.checkpoints.checkpoint import Checkpoint
from embed.checkpoints.checkpoint_folder import Found, checkpoints_in, find, refuse_differences
from embed.config.train import TrainConfig
from embed.errors import CheckpointWarning, ConfigError, FormatError, advise
from embed.messages import option
from embed.model.provenance import CONTINUED_FROM

__all__ = ["refuse_other_run", "to_resume"]


def to_resume(resume: str | None, checkpoint: str | None) -> Found | None:
    """Return the checkpoints of the run to resume; None for a new run.

    Parameters
    ----------
    resume : path or None
        The folder to resume from. If it is also `checkpoint` and has no checkpoint yet, the run starts from the
        beginning with a CheckpointWarning.
    checkpoint : path or None
        The folder for new checkpoints.

    Raises
    ------
    ConfigError
        The folder for new checkpoints holds those of another run.
    FormatError
        There is no checkpoint to resume from.
    """
    is_same = resume is not None and checkpoint is not None and os.path.realpath(resume) == os.path.realpath(checkpoint)
    if checkpoint is not None and not is_same and checkpoints_in(checkpoint):
        raise ConfigError(
            f"{checkpoint} holds checkpoints of a run: resume it with {option('resume', checkpoint)}, or name another "
            "folder for new ones"
        )
    if resume is None:
        return None
    found = find(resume)
    if found.paths:
        return found
    if not is_same:
        raise FormatError(f"{resume}: there is no checkpoint to resume from: leave out {option('resume')}")
    advise(f"{resume} has no checkpoint yet: the run starts from the beginning", CheckpointWarning)
    return None


def refuse_other_run(
    found: Found, config: TrainConfig, continued_from: Mapping[str, Any] | None, *, anyway: bool
) -> None:
    """Raise ConfigError if the newest checkpoint belongs to a run with another configuration or start.

    Parameters
    ----------
    found : Found
    config : TrainConfig
    continued_from : mapping or None
        The model that the run starts from, if any.
    anyway : bool
        Accept the changes in :data:`embed.checkpoints.checkpoint.CHANGEABLE`.
    """
    if found.newest is None:  # all are damaged, which `restore` reports
        return
    path, there = found.newest
    decisions = {**there.provenance.decisions, CONTINUED_FROM: continued_from}
    here = Checkpoint(
        config, there.vocabulary, replace(there.provenance, decisions=decisions), there.place, there.history
    )
    refuse_differences(path, there, here, anyway=anyway)
