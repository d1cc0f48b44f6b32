"""The folder of a run's checkpoints, ``checkpoint-000001.ckpt`` and so on, and the checkpoint to resume from.

A run of replicates has a folder in it for each, ``replicate-001`` and so on.

A run locks its folder from start to end, so that no other run writes there. The next start removes what a killed
process left (``.embed-*.tmp``). Other files in the folder are left alone.
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
from embed.files.locks import FolderLock, note_at
from embed.files.temporary import remove_abandoned
from embed.messages import option

__all__ = [
    "Found",
    "checkpoint_name",
    "checkpoints_in",
    "find",
    "has_checkpoints",
    "held",
    "make_folder",
    "number_of",
    "read",
    "refuse_differences",
    "replicate_folder",
    "restore",
]

Float32s = NDArray[np.float32]

_NAME = re.compile(r"checkpoint-([0-9]{6,})\.ckpt")
_REPLICATE = re.compile(r"replicate-[0-9]{3}")


def checkpoint_name(number: int) -> str:
    """Return the file name of a checkpoint."""
    return f"checkpoint-{number:06d}.ckpt"


def number_of(name: str) -> int | None:
    """Return the number in the name of a checkpoint; None for other names."""
    match = _NAME.fullmatch(name)
    return int(match[1]) if match else None


def checkpoints_in(directory: str | os.PathLike[str]) -> list[Path]:
    """Return the checkpoints of a folder, oldest first; empty if the folder does not exist."""
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise cannot_open(
            FormatError, f"{os.fspath(directory)}: cannot read: {error.strerror or error}", error
        ) from error
    found = [(number, name) for name in names if (number := number_of(name)) is not None]
    return [Path(directory, name) for _, name in sorted(found)]


def replicate_folder(directory: str | os.PathLike[str], number: int) -> Path:
    """Return the folder of the checkpoints of a replicate, counted from 1."""
    return Path(directory, f"replicate-{number:03d}")


def has_checkpoints(directory: str | os.PathLike[str]) -> bool:
    """Return whether a folder holds checkpoints of a run, or of a replicate."""
    if checkpoints_in(directory):
        return True
    names = os.listdir(directory) if os.path.isdir(directory) else []
    return any(_REPLICATE.fullmatch(name) and checkpoints_in(Path(directory, name)) for name in names)


def read(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a checkpoint without its matrices.

    Raises
    ------
    FormatError
        The file cannot be read or is cut short, or its header is damaged.
    """
    header = checkpoint_file.read_header(path)
    try:
        return Checkpoint.from_dict(header)
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{os.fspath(path)}: damaged: not a checkpoint header: {error!s:.200}") from error


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
    """Read the newest intact checkpoint; a damaged one gives a CheckpointWarning.

    Parameters
    ----------
    source : Found
    here : Checkpoint
        The start of the run that resumes.
    matrices : mapping of str to float32[rows, stride]
        Filled.
    anyway : bool
        Resume in spite of differences in CHANGEABLE.

    Returns
    -------
    Checkpoint, list of Path
        The checkpoint, and the newer files that are damaged.

    Raises
    ------
    ConfigError
        The configuration or the corpus differs.
    FormatError
        There is no intact checkpoint.
    """
    damaged: list[Path] = []
    reasons: list[str] = []
    for path in source.paths:
        try:
            found = read(path)
            refuse_differences(path, found, here, anyway=anyway)
            checkpoint_file.read_into(path, matrices, here.config.dim)
            if not all(_kernels.all_finite(matrix) for matrix in matrices.values()):
                raise FormatError(f"{path}: damaged: a matrix holds NaN or infinity")
        except FormatError as error:
            damaged.append(path)
            reasons.append(str(error))
            continue
        if reasons:
            advise(f"{reasons[0]}; resuming from the checkpoint before, {path}", CheckpointWarning)
        return found, damaged
    if not reasons:
        raise FormatError(f"{source.directory}: there is no checkpoint to resume from")
    raise FormatError(
        f"{source.directory}: all {len(reasons)} checkpoints are damaged: start the run again; the newest: {reasons[0]}"
    )


def refuse_differences(path: Path, there: Checkpoint, here: Checkpoint, *, anyway: bool) -> None:
    """Raise ConfigError if a run cannot resume from a checkpoint, or only `anyway`."""
    mild, grave = there.differences(here)
    if not grave and (anyway or not mild):
        return
    way_out = "start the run in another folder" if grave else f"to resume anyway, give {option('resume_anyway', True)}"
    raise ConfigError(
        f"cannot resume from {path}: it belongs to a different run ({'; '.join(grave + mild)}); {way_out}"
    )


def make_folder(directory: Path, what: str = "checkpoints") -> None:
    """Make the folder, remove half-written files of killed processes, and check that it is writable."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        remove_abandoned(directory)
        if not os.access(directory, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise FormatError(f"{directory}: cannot store {what}: {error.strerror or error}") from error


@contextlib.contextmanager
def held(directory: Path, what: str = "checkpoints") -> Iterator[None]:
    """Make the folder, and lock it against other runs until the end of the block.

    Parameters
    ----------
    directory : Path
    what : str
        What a run stores there, for messages.

    Raises
    ------
    ConfigError
        Another run has locked the folder.
    FormatError
        The folder cannot be made or written to.
    """
    make_folder(directory, what)
    try:
        lock = FolderLock.take(directory, {"holds": f"the {what} of a run"})
    except OSError as error:
        raise FormatError(f"{directory}: cannot store {what}: {error.strerror or error}") from error
    if lock is None:
        note = note_at(directory)
        raise ConfigError(
            f"{directory} is in use: process {note.get('process')!s:.20} on {note.get('host')!s:.60} stores "
            f"{note.get('holds')!s:.60} there; name another folder, or wait until that process ends"
        )
    try:
        yield
    finally:
        lock.release()
