"""Which run a new one resumes: one look at the folders that the user names, before hours are spent on the corpus."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from embed.checkpoints.checkpoint import CONTINUED_FROM, Checkpoint
from embed.checkpoints.checkpoint_folder import Found, checkpoints_in, find, refuse_differences
from embed.config.train import TrainConfig
from embed.errors import CheckpointWarning, ConfigError, FormatError, advise
from embed.messages import option

__all__ = ["refuse_other_run", "to_resume"]


def to_resume(resume: str | None, checkpoint: str | None) -> Found | None:
    """Return the checkpoints of the run to resume; None for a run that begins at the beginning.

    Parameters
    ----------
    resume : path or None
        The folder to resume from. If it is that of `checkpoint` and has no checkpoint yet, a CheckpointWarning is
        given and the run begins at the beginning.
    checkpoint : path or None
        The folder for new checkpoints.

    Raises
    ------
    ConfigError
        If the folder for new checkpoints has some of another run.
    FormatError
        If there is no checkpoint to resume from.
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
        raise FormatError(f"{resume}: there is no checkpoint to resume from")
    advise(f"{resume} has no checkpoint yet: the run begins at the beginning", CheckpointWarning)
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
        What the run starts from, if that is a model.
    anyway : bool
        Accept what may change; see :data:`embed.checkpoints.checkpoint.CHANGEABLE`.
    """
    if found.newest is None:  # all are damaged, which is reported when they are read
        return
    path, there = found.newest
    decisions = {**there.provenance.decisions, CONTINUED_FROM: continued_from}
    here = Checkpoint(
        config, there.vocabulary, replace(there.provenance, decisions=decisions), there.place, there.history
    )
    refuse_differences(path, there, here, anyway=anyway)
