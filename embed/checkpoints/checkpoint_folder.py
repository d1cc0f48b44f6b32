"""The folder of a run's checkpoints, ``checkpoint-000001.ckpt`` and so on: which it has, and which one to go on from.

What a killed process leaves there (``.embed-*.tmp``) goes with the next start. A run holds the folder's lock from its
start to its end, so that no other run writes there meanwhile; other files in the folder are nobody's business.

Rejected: names by epoch and token (a run that goes on from an older checkpoint would be taken for the older one).
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embed.checkpoints import checkpoint_file
from embed.checkpoints.checkpoint import Checkpoint
from embed.engine import _kernels
from embed.errors import CheckpointWarning, ConfigError, FormatError, advise, cannot_open
from embed.files.locks import Door, note_at
from embed.files.temporary import remove_abandoned
from embed.messages import option

__all__ = [
    "Found",
    "checkpoint_name",
    "checkpoints_in",
    "find",
    "held",
    "make_folder",
    "number_of",
    "read",
    "refuse_differences",
    "restore",
]

Float32s = NDArray[np.float32]

_NAME = re.compile(r"checkpoint-([0-9]{6,})\.ckpt")


def checkpoint_name(number: int) -> str:
    """Return the name of a checkpoint."""
    return f"checkpoint-{number:06d}.ckpt"


def number_of(name: str) -> int | None:
    """Return the number in the name of a checkpoint; None for other names."""
    match = _NAME.fullmatch(name)
    return int(match[1]) if match else None


def checkpoints_in(directory: str | os.PathLike[str]) -> list[Path]:
    """Return the checkpoints of a folder, oldest first; none if there is no such folder."""
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise cannot_open(
            FormatError, f"{os.fspath(directory)}: cannot be read: {error.strerror or error}", error
        ) from error
    found = [(number, name) for name in names if (number := number_of(name)) is not None]
    return [Path(directory, name) for _, name in sorted(found)]


def read(path: str | os.PathLike[str]) -> Checkpoint:
    """Read what a checkpoint says, without its matrices.

    Raises
    ------
    FormatError
        If it cannot be read, is damaged in its header, cut short, or says what makes no sense.
    """
    header = checkpoint_file.read_header(path)
    try:
        return Checkpoint.from_dict(header)
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{os.fspath(path)}: damaged: not the header of a checkpoint: {error!s:.200}") from error


@dataclass(frozen=True)
class Found:
    """The checkpoints of a folder at one moment.

    Attributes
    ----------
    directory : Path
    paths : tuple of Path
        Newest first.
    newest : (Path, Checkpoint) or None
        The newest whose header is whole; `restore` reports damaged ones.
    """

    directory: Path
    paths: tuple[Path, ...]
    newest: tuple[Path, Checkpoint] | None


def find(directory: str | os.PathLike[str]) -> Found:
    """Look up the checkpoints of a folder; raises FormatError if the folder cannot be read."""
    paths = tuple(reversed(checkpoints_in(directory)))
    for path in paths:
        with contextlib.suppress(FormatError):
            return Found(Path(directory), paths, (path, read(path)))
    return Found(Path(directory), paths, None)


def restore(
    source: Found, here: Checkpoint, matrices: Mapping[str, Float32s], *, anyway: bool
) -> tuple[Checkpoint, list[Path]]:
    """Read the newest checkpoint that is whole; a damaged one gives a CheckpointWarning.

    Parameters
    ----------
    source : Found
    here : Checkpoint
        The run that wants to go on, as it begins.
    matrices : mapping of str to float32[rows, stride]
        Filled.
    anyway : bool
        Go on in spite of differences in what is CHANGEABLE.

    Returns
    -------
    Checkpoint, list of Path
        Where the run stood, and the newer files that are damaged.

    Raises
    ------
    ConfigError
        If the configuration or the corpus is another.
    FormatError
        If no checkpoint is whole.
    """
    damaged: list[Path] = []
    reasons: list[str] = []
    for path in source.paths:
        try:
            found = read(path)
            refuse_differences(path, found, here, anyway=anyway)
            checkpoint_file.read_into(path, matrices, here.config.dim)
            if not all(_kernels.all_finite(matrix) for matrix in matrices.values()):
                raise FormatError(f"{path}: damaged: a number is NaN or infinite")
        except FormatError as error:
            damaged.append(path)
            reasons.append(str(error))
            continue
        if reasons:
            message = f"{reasons[0]}; going on from the checkpoint before, {path}"
            advise(message, CheckpointWarning)
        return found, damaged
    if not reasons:
        raise FormatError(f"{source.directory}: there is no checkpoint to resume from")
    raise FormatError(f"none of the checkpoints ({len(reasons)}) is whole; the newest: {reasons[0]}")


def refuse_differences(path: Path, there: Checkpoint, here: Checkpoint, *, anyway: bool) -> None:
    """Raise ConfigError if a run may not go on from that of a checkpoint, or only `anyway`."""
    mild, grave = there.differences(here)
    if grave:
        differing = ", ".join(grave + mild)
        raise ConfigError(f"{path} is of another run, which cannot be gone on with: it differs in {differing}")
    if mild and not anyway:
        raise ConfigError(
            f"{path} is of another run: it differs in {', '.join(mild)}; {option('resume_anyway', True)} insists"
        )


def make_folder(directory: Path) -> None:
    """Make the folder, remove what killed processes have left half written in it, and see that it takes files."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        remove_abandoned(directory)
        if not os.access(directory, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise FormatError(f"{directory}: cannot hold checkpoints: {error.strerror or error}") from error


@contextlib.contextmanager
def held(directory: Path) -> Iterator[None]:
    """Make the folder, and keep other runs from it until the end of the block.

    Raises
    ------
    ConfigError
        If another run has it.
    FormatError
        If it cannot be made or written to.
    """
    make_folder(directory)
    try:
        door = Door.take(directory, {"holds": "the checkpoints of a run"})
    except OSError as error:
        raise FormatError(f"{directory}: cannot hold checkpoints: {error.strerror or error}") from error
    if door is None:
        note = note_at(directory)
        raise ConfigError(
            f"{directory} is in use: process {note.get('process')!s:.20} on {note.get('host')!s:.60} keeps "
            f"{note.get('holds')!s:.60} there; name another folder for the checkpoints of this run, or wait until that "
            "process has ended"
        )
    try:
        yield
    finally:
        door.release()
