"""Write files atomically: whole or not at all.

The bytes go to a temporary file in the target's folder, are flushed to disk, and then replace the target in one
step. If anything fails before that, the old file stays unchanged and the temporary file is removed. A killed process
can leave a temporary file behind, which the next process removes (:mod:`embed.files.temporary`).

Devices, pipes and open files of this process (``/dev/stdout``, ``/dev/fd/3``) are written to directly, from their
current offset, so that ``>> file`` appends.

Rejected: writing in place (a full disk or Ctrl-C destroys the only copy); a temporary file elsewhere (a
rename between file systems is a copy, not one step).
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from embed.errors import EmbedError, FormatError, cannot_open
from embed.files.temporary import temporary_file

__all__ = ["atomic_write", "atomic_write_text", "flush_folder", "is_stream", "open_descriptor"]

BUFFER_BYTES = 1 << 20
"""Small writes are buffered up to this size."""
_MOST_LINKS = 40
_DESCRIPTOR = re.compile(r"/dev/fd/(\d{1,9})|/proc/(?:self|thread-self|(\d+)(?:/task/\d+)?)/fd/(\d{1,9})")


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a binary file for writing that replaces `path` when the block ends without an error.

    Follows a symbolic link and replaces its target. Writes directly to devices, pipes and open files such as
    ``/dev/stdout``.

    Raises
    ------
    FormatError
        The folder does not exist or is not writable, `path` is a folder, or the disk is full.
    """
    shown = Path(path)
    target = Path(os.path.realpath(shown))
    descriptor = open_descriptor(shown)
    mode = None
    try:
        mode = target.stat().st_mode if descriptor is None else os.fstat(descriptor).st_mode
    except OSError as error:
        if descriptor is not None or target.is_symlink():  # closed, or a link in a circle
            raise FormatError(f"{shown}: cannot write: {error.strerror or error}") from error
        # else a new file, or a problem that creating the temporary file reports
    if mode is not None and stat.S_ISDIR(mode):
        raise FormatError(f"{shown}: cannot write: this is a folder; name a file")
    try:
        if descriptor is not None:
            with open(_duplicate(descriptor), "wb", buffering=BUFFER_BYTES) as file:
                yield file
        elif mode is None or stat.S_ISREG(mode):
            with _replacing(target, mode) as file:
                yield file
        else:
            with open(target, "wb", buffering=BUFFER_BYTES) as file:
                yield file
    except EmbedError:  # about an input that the caller's block reads
        raise
    except OSError as error:
        if error.filename is not None and Path(error.filename).parent != target.parent:
            raise  # about another file, read by the caller's block
        if descriptor is None and not target.parent.is_dir():
            raise FormatError(
                f"{shown}: cannot write: the folder {target.parent} does not exist; create it first"
            ) from error
        raise cannot_open(FormatError, f"{shown}: cannot write: {error.strerror or error}", error) from error


def atomic_write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` as UTF-8 with `atomic_write`; raise the same errors."""
    data = text.encode()
    with atomic_write(path) as file:
        file.write(data)


def open_descriptor(path: str | os.PathLike[str]) -> int | None:
    """Return the file descriptor of this process that a path such as ``/dev/stdout`` leads to, or None."""
    here = os.path.abspath(path)
    for _ in range(_MOST_LINKS):
        here = os.path.join(os.path.realpath(os.path.dirname(here)), os.path.basename(here))
        match = _DESCRIPTOR.fullmatch(here)
        if match is not None and match[2] in (None, str(os.getpid())):
            return int(match[1] or match[3])
        try:
            here = os.path.join(os.path.dirname(here), os.readlink(here))
        except (OSError, ValueError):
            return None
    return None


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Return whether a path leads to a device, a pipe or an open file, which `atomic_write` writes to directly."""
    try:
        return open_descriptor(path) is not None or stat.S_IFMT(os.stat(path).st_mode) not in (
            stat.S_IFREG,
            stat.S_IFDIR,
        )
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def _replacing(target: Path, mode: int | None) -> Iterator[BinaryIO]:
    with temporary_file(target.parent) as (temporary, descriptor):
        with open(descriptor, "wb", buffering=BUFFER_BYTES) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, stat.S_IMODE(mode))
        os.replace(temporary, target)
    flush_folder(target.parent)


def _duplicate(descriptor: int) -> int:
    """Duplicate a descriptor after flushing Python's buffer for it."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # none, closed, or no file
            if stream.fileno() == descriptor:
                stream.flush()
    return os.dup(descriptor)


def flush_folder(folder: Path) -> None:
    """Flush a folder to disk, so that new names in it survive a power failure, where the system can."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):  # some file systems refuse; the file itself is safe
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
