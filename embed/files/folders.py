"""Folders of files that are written whole or not at all.

The files go to a temporary folder, which then takes the target's name: by a rename if there is none, and else by the
exchange of the two names, in one step, where the system has that. An older folder of the same kind is then removed; one
with anything else in it is left alone, because its files would be lost.

A mount point cannot be renamed, and some systems exchange no names. There the files take their places in the older
folder one by one, the last one of `own` being removed first and put back last: a process that is killed meanwhile
leaves a folder that cannot be read, never one of two halves.

Rejected: two renames, by which the older folder steps aside (one that is killed between them leaves no folder).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from embed.errors import EmbedError, FormatError
from embed.files.locks import MARK
from embed.files.temporary import remove_abandoned, temporary_folder

__all__ = ["folder_write", "strangers"]

_HERE = -100
"""AT_FDCWD of Linux: paths are those of the process."""
_EXCHANGE = 2
"""RENAME_EXCHANGE of Linux."""


@contextlib.contextmanager
def folder_write(path: str | os.PathLike[str], own: tuple[str, ...]) -> Iterator[Path]:
    """Give an empty folder to write into, which takes the name `path` when the block ends without an error.

    A symbolic link is followed, and a mount point is filled in its place.

    Parameters
    ----------
    path : path
    own : tuple of str
        The names of the files that this kind of folder holds: a folder with others is not replaced. Without the last
        one it cannot be read.

    Raises
    ------
    FormatError
        The target is a file or a folder with other files, or cannot be written.
    """
    target = Path(os.path.realpath(path))
    try:
        _check(path, target, own)
        with temporary_folder(target if os.path.ismount(target) else target.parent) as temporary:
            try:
                yield temporary
            except FormatError as error:
                if str(temporary) not in str(error):  # a name that the user has never heard of
                    raise
                raise FormatError(str(error).replace(str(temporary), os.fspath(path))) from error
            _check(path, target, (*own, temporary.name))  # what came meanwhile would be lost
            _replace(temporary, target, own)
    except EmbedError:  # of what is read meanwhile
        raise
    except OSError as error:
        if not target.parent.is_dir():
            raise FormatError(f"{os.fspath(path)}: cannot write: there is no folder {target.parent}") from error
        raise FormatError(f"{os.fspath(path)}: cannot write: {error.strerror or error}") from error


def strangers(folder: Path, own: tuple[str, ...] = ()) -> list[str]:
    """Return the names in a folder that are not among `own`, sorted, once what killed processes left is removed."""
    remove_abandoned(folder)
    return sorted(name for name in os.listdir(folder) if name not in own and name != MARK)


def _check(path: str | os.PathLike[str], target: Path, own: tuple[str, ...]) -> None:
    if os.path.islink(target):
        raise FormatError(f"{os.fspath(path)}: cannot write: too many levels of symbolic links")
    if not target.exists():
        return
    if not target.is_dir():
        raise FormatError(f"{os.fspath(path)}: cannot write: it is a file, and this format is a folder")
    if others := strangers(target, own):
        raise FormatError(
            f"{os.fspath(path)}: cannot write: the folder holds {others[0]!r}, which would be lost; name a new folder"
        )


def _replace(temporary: Path, target: Path, own: tuple[str, ...]) -> None:
    if temporary.parent == target:
        _fill(temporary, target, own)
        return
    if not target.exists():
        temporary.rename(target)
        return
    os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))
    if not _exchanged(temporary, target):
        # beside it may be another file system, from which nothing can be renamed
        with temporary_folder(target) as inside:
            for name in os.listdir(temporary):
                shutil.copyfile(temporary / name, inside / name)
                _flush(inside / name)
            _fill(inside, target, own)


def _fill(temporary: Path, target: Path, own: tuple[str, ...]) -> None:
    """Move the files into the folder that the temporary one is in."""
    (target / own[-1]).unlink(missing_ok=True)
    for name in own:
        if (temporary / name).exists():
            os.replace(temporary / name, target / name)
        else:
            (target / name).unlink(missing_ok=True)


def _exchanged(first: Path, second: Path) -> bool:
    """Let two paths exchange what they lead to, in one step; return False where that cannot be."""
    if sys.platform != "linux":
        return False
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):  # a C library without it
        return False
    return bool(call(_HERE, os.fsencode(first), _HERE, os.fsencode(second), ctypes.c_uint(_EXCHANGE)) == 0)


def _flush(path: Path) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())
