"""Write folders of files atomically: whole or not at all.

The files go to a temporary folder. If the target does not exist, the temporary folder is renamed to it; otherwise the
system exchanges the two names in one step, and the old folder is removed. A folder with any other file in it is
refused, because that file would be lost.

A mount point cannot be renamed, and some systems cannot exchange names. Then the files are moved into the old folder
one by one. The last file of `own` is removed first and moved last, so that a killed process leaves a folder that cannot
be read, never a mixture.

Rejected: two renames, the first moving the old folder away (a process killed between them leaves no folder).
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
"""AT_FDCWD of Linux: paths are relative to the working directory."""
_EXCHANGE = 2
"""RENAME_EXCHANGE of Linux."""


@contextlib.contextmanager
def folder_write(path: str | os.PathLike[str], own: tuple[str, ...]) -> Iterator[Path]:
    """Yield an empty folder to write into, which replaces `path` when the block ends without an error.

    Follows a symbolic link, and fills a mount point in place.

    Parameters
    ----------
    path : path
    own : tuple of str
        The names of the files that this kind of folder holds. A folder with other files is not replaced. A folder
        without the last of these files cannot be read.

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
                if str(temporary) not in str(error):  # a name unknown to the user
                    raise
                raise FormatError(str(error).replace(str(temporary), os.fspath(path))) from error
            _check(path, target, (*own, temporary.name))  # files that appeared meanwhile would be lost
            _replace(temporary, target, own)
    except EmbedError:  # about an input that the caller's block reads
        raise
    except OSError as error:
        if not target.parent.is_dir():
            raise FormatError(
                f"{os.fspath(path)}: cannot write: the folder {target.parent} does not exist; create it first"
            ) from error
        raise FormatError(f"{os.fspath(path)}: cannot write: {error.strerror or error}") from error


def strangers(folder: Path, own: tuple[str, ...] = ()) -> list[str]:
    """Remove what killed processes left in a folder; return the other names that are not in `own`, sorted."""
    remove_abandoned(folder)
    return sorted(name for name in os.listdir(folder) if name not in own and name != MARK)


def _check(path: str | os.PathLike[str], target: Path, own: tuple[str, ...]) -> None:
    if os.path.islink(target):
        raise FormatError(f"{os.fspath(path)}: cannot write: too many levels of symbolic links; name another folder")
    if not target.exists():
        return
    if not target.is_dir():
        raise FormatError(
            f"{os.fspath(path)}: cannot write: this is a file, and the format needs a folder; name a new folder"
        )
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
        # the parent may be another file system, from which nothing can be renamed
        with temporary_folder(target) as inside:
            for name in os.listdir(temporary):
                shutil.copyfile(temporary / name, inside / name)
                _flush(inside / name)
            _fill(inside, target, own)


def _fill(temporary: Path, target: Path, own: tuple[str, ...]) -> None:
    """Move the files from the temporary folder into its parent, the target."""
    (target / own[-1]).unlink(missing_ok=True)
    for name in own:
        if (temporary / name).exists():
            os.replace(temporary / name, target / name)
        else:
            (target / name).unlink(missing_ok=True)


def _exchanged(first: Path, second: Path) -> bool:
    """Exchange the names of two folders in one step; return False if the system cannot."""
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
