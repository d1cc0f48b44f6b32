"""Locks on files and folders, which say that a living process uses them.

The system takes a lock back when its process ends, however that is, so that a lock never outlives a crash:

- :class:`Door` is the exclusive lock of a folder that one process fills: a file in it, which says who holds the lock,
  and which a killed process leaves as the mark of this package's folder;
- :class:`InUse` is the shared lock of a file that is mapped;
- :func:`claimed` is the lock of a temporary file or folder (:mod:`embed.files.temporary`).

Where files cannot be locked (Windows, some network file systems) every lock is granted, nothing that seems abandoned is
removed, and what two processes do to one folder at once is their caller's affair.

Rejected: the number of the process in the name (used again, and another one on another host), the age of a file (a
large corpus takes as long as it takes), POSIX record locks (closing any descriptor of a file drops them).
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

if sys.platform != "win32":
    import fcntl

__all__ = ["MARK", "Door", "InUse", "claimed", "note_at", "reclaimed"]

MARK = ".train-embeddings.lock"
"""The file in a folder of this package that its lock is on."""
NEW_FILE_MODE = 0o666
"""Permissions of a new file before the process's umask."""
_NOTE_BYTES = 1 << 16
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BUSY = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)


class Door:
    """The exclusive lock of a folder; released by :meth:`release`, with the object, or at the end of the process.

    Parameters
    ----------
    folder : Path
    note : dict
        What others may read while the lock is held, JSON-ready; the process and the host are added.
    """

    def __init__(self, descriptor: int, path: Path) -> None:
        self._process, self._descriptor = os.getpid(), descriptor
        self._release = weakref.finalize(self, _release, descriptor, path, self._process)

    @classmethod
    def take(cls, folder: Path, note: dict[str, Any]) -> Door | None:
        """Take the lock of a folder that exists, or return None if another process (or this one) holds it.

        Raises
        ------
        OSError
            When the folder is not there or may not be written to.
        """
        path = folder / MARK
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _NO_FOLLOW, NEW_FILE_MODE)
            if _lock(descriptor, exclusive=True) is False:
                os.close(descriptor)
                return None
            if _is_at(descriptor, path):
                break
            os.close(descriptor)  # the folder was removed meanwhile, and perhaps made again
        door = cls(descriptor, path)
        text = json.dumps({**note, "process": os.getpid(), "host": socket.gethostname()}).encode()
        with contextlib.suppress(OSError):  # a full disk: the lock holds all the same
            os.ftruncate(descriptor, 0)
            os.write(descriptor, text + b"\n")
        return door

    def release(self) -> None:
        """Let the next one in. Releasing twice is allowed."""
        self._release()

    def abandon(self) -> None:
        """Let go of the lock as the end of the process would: the mark stays."""
        if self._release.detach() is not None:
            os.close(self._descriptor)

    @property
    def is_inherited(self) -> bool:
        """Whether the process that took the lock is another one, which has forked this one."""
        return self._process != os.getpid()


def note_at(folder: Path) -> dict[str, Any]:
    """Return what the holder of a folder's lock has noted; empty while it writes that."""
    with contextlib.suppress(OSError, ValueError, RecursionError), open(folder / MARK, "rb") as file:
        note = json.loads(file.read(_NOTE_BYTES))
        if isinstance(note, dict):
            return note
    return {}


_in_use: weakref.WeakValueDictionary[tuple[int, int], InUse] = weakref.WeakValueDictionary()
_guard = threading.Lock()


def _release(descriptor: int, path: Path, process: int) -> None:
    """Remove the file, while it is still locked, and let go of it; who waits for it finds that, and makes a new one."""
    try:
        if process == os.getpid() and _is_at(descriptor, path):
            with contextlib.suppress(OSError):
                path.unlink()
    finally:
        os.close(descriptor)


class InUse:
    """The shared lock of an open file, held by this process once, however often it has opened the file."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._close = weakref.finalize(self, os.close, descriptor)

    @classmethod
    def of(cls, path: Path) -> InUse:
        """Hold a file, which stays open while the object lives; raises OSError when it cannot be opened."""
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        status = os.fstat(descriptor)
        key = (status.st_dev, status.st_ino)
        with _guard:
            held = _in_use.get(key)
            if held is not None:
                os.close(descriptor)
                return held
            held = _in_use[key] = cls(descriptor)
            _lock(descriptor, exclusive=False)
            return held

    @property
    def descriptor(self) -> int:
        """Of the open file, to map it; its place in the file is shared by all that hold it."""
        return self._descriptor

    def is_shared(self) -> bool:
        """Return whether another process holds the file, too."""
        others = _lock(self._descriptor, exclusive=True) is False
        _lock(self._descriptor, exclusive=False)  # a lock that could not be had may have cost the old one
        return others


@contextlib.contextmanager
def claimed(path: Path) -> Iterator[bool]:
    """Hold the lock of a new temporary file or folder; the value is False if it is lost to one who tidies up."""
    with _opened(path) as descriptor:
        if descriptor is None:  # removed already, or it cannot be locked
            yield os.path.lexists(path)
        else:
            yield _lock(descriptor, exclusive=True) is not False and _is_at(descriptor, path)


@contextlib.contextmanager
def reclaimed(path: Path) -> Iterator[bool]:
    """Lock what is at a path; the value is whether no process holds it, as far as the system can say."""
    with _opened(path) as descriptor:
        yield descriptor is not None and _lock(descriptor, exclusive=True) is True and _is_at(descriptor, path)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int | None]:
    if sys.platform == "win32":
        yield None
        return
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | _NO_FOLLOW)
    except OSError:
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int, *, exclusive: bool) -> bool | None:
    """Lock an open file without waiting; return False if another one has it, None if it cannot be locked at all."""
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in _BUSY else None
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    """Return whether a path still leads to the file that is open."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path, follow_symlinks=False))
    except OSError:
        return False
