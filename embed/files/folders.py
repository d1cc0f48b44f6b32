"""Folders of files that are written whole or not at all.

The files go to a temporary folder beside the target, which then takes the target's name. An older folder of
the same kind is put aside first and removed last; one with anything else in it is left alone, because its
files would be lost.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from embed.errors import EmbedError, FormatError

__all__ = ["folder_write"]


@contextlib.contextmanager
def folder_write(path: str | os.PathLike[str], own: tuple[str, ...]) -> Iterator[Path]:
    """Give an empty folder to write into, which takes the name `path` when the block ends without an error.

    Parameters
    ----------
    path : path
    own : tuple of str
        The names of the files that this kind of folder holds: a folder with others is not replaced.

    Raises
    ------
    FormatError
        The target is a file or a folder with other files, or cannot be written.
    """
    target = Path(os.path.realpath(path))
    temporary = target.parent / f".embed-{secrets.token_hex(8)}.tmp"
    try:
        _check(path, target, own)
        temporary.mkdir()
        try:
            yield temporary
            _replace(temporary, target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except EmbedError:  # of what is read meanwhile
        raise
    except OSError as error:
        if not target.parent.is_dir():
            raise FormatError(f"{os.fspath(path)}: cannot write: there is no folder {target.parent}") from error
        raise FormatError(f"{os.fspath(path)}: cannot write: {error.strerror or error}") from error


def _check(path: str | os.PathLike[str], target: Path, own: tuple[str, ...]) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise FormatError(f"{os.fspath(path)}: cannot write: it is a file, and this format is a folder")
    others = sorted(set(os.listdir(target)) - set(own))
    if others:
        raise FormatError(
            f"{os.fspath(path)}: cannot write: the folder holds {others[0]!r}, which would be lost; name a new folder"
        )


def _replace(temporary: Path, target: Path) -> None:
    if not target.exists():
        temporary.rename(target)
        return
    aside = target.parent / f".embed-{secrets.token_hex(8)}.tmp"
    target.rename(aside)
    try:
        temporary.rename(target)
    except OSError:
        aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)
