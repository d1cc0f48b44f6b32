"""Files that are written whole or not at all.

The bytes go to a temporary file in the folder of the target, are flushed to the disk, and only then take the
target's name in one step. Whatever goes wrong before, an older file stays as it was and the temporary one is
removed; only a killed process can leave one (``.embed-*.tmp``) behind.

Rejected: writing in place (a full disk or Ctrl-C destroys the only copy); a temporary file elsewhere (a
rename between file systems is a copy, and not in one step).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from embed.errors import EmbedError, FormatError

__all__ = ["atomic_write", "atomic_write_text"]

BUFFER_BYTES = 1 << 20
"""Small writes are gathered to this size."""
NEW_FILE_MODE = 0o666
"""Permissions of a new file before the process's umask; an old file's permissions are kept."""


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a binary file for writing that takes the name `path` when the block ends without an error.

    A symbolic link is followed: the file it leads to is replaced. A device or a pipe such as ``/dev/stdout``
    is written to directly.

    Raises
    ------
    FormatError
        The folder does not exist or may not be written to, `path` is a folder, or the disk is full.
    """
    shown = Path(path)
    target = Path(os.path.realpath(shown))
    try:
        mode = target.stat().st_mode
    except OSError:
        mode = None  # a new file, or a problem that opening the temporary file will name
    if mode is not None and stat.S_ISDIR(mode):
        raise FormatError(f"{shown}: cannot write: it is a folder, and the name of a file is needed")
    try:
        if mode is None or stat.S_ISREG(mode):
            with _replacing(target, mode) as file:
                yield file
        else:
            with open(target, "wb", buffering=BUFFER_BYTES) as file:
                yield file
    except EmbedError:  # of what is read meanwhile
        raise
    except OSError as error:
        if error.filename is not None and Path(error.filename).parent != target.parent:
            raise  # about another file, read by the caller's block
        if not target.parent.is_dir():
            raise FormatError(f"{shown}: cannot write: there is no folder {target.parent}") from error
        raise FormatError(f"{shown}: cannot write: {error.strerror or error}") from error


def atomic_write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` as UTF-8 with ``atomic_write``; raises as that does."""
    data = text.encode()
    with atomic_write(path) as file:
        file.write(data)


@contextlib.contextmanager
def _replacing(target: Path, mode: int | None) -> Iterator[BinaryIO]:
    temporary = target.parent / f".embed-{secrets.token_hex(8)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, NEW_FILE_MODE)
    try:
        with open(descriptor, "wb", buffering=BUFFER_BYTES) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, stat.S_IMODE(mode))
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    """Make the new name last a power cut, where the system can."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):  # some file systems refuse; the file itself is safe
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
