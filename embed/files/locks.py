"""Lock files and folders while a process uses them.

The system releases a lock when its process ends, however it ends, so no lock outlives a crash:

- :class:`FolderLock` is the exclusive lock of a folder that one process fills. It is on a file in the folder, which
  names the holder, and which a killed process leaves as the mark of this package's folder;
- :class:`SharedLock` is the shared lock of a mapped file;
- :func:`claimed` locks a temporary file or folder (:mod:`embed.files.temporary`).

Where files cannot be locked (Windows, some network file systems), every lock is granted, nothing that seems abandoned
is removed, and users must not let two processes write one folder at once.

Rejected: the process id in the name (reused, and ambiguous across hosts), the age of a file (a large corpus takes
long), POSIX record locks (closing any descriptor of a file drops them).
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

__all__ = ["MARK", "FolderLock", "SharedLock", "claimed", "note_at", "reclaimed"]

MARK = ".train-embeddings.lock"
"""The lock file in a folder of this package."""
NEW_FILE_MODE = 0o666
"""Permissions of a new file before the process's umask."""
_NOTE_BYTES = 1 << 16
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BUSY = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)


class FolderLock:
    """The exclusive lock of a folder, held until :meth:`release`, the object's deletion or the end of the process."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._process, self._descriptor = os.getpid(), descriptor
        self._release = weakref.finalize(self, _release, descriptor, path, self._process)

    @classmethod
    def take(cls, folder: Path, note: dict[str, Any]) -> FolderLock | None:
        """Lock an existing folder, or return None if a process (this one included) holds its lock.

        Parameters
        ----------
        folder : Path
        note : dict
            JSON-ready values that other processes may read while the lock is held; process and host are added.

        Raises
        ------
        OSError
            The folder does not exist or is not writable.
        """
        path = folder / MARK
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _NO_FOLLOW, NEW_FILE_MODE)
            if _lock(descriptor, exclusive=True) is False:
                os.close(descriptor)
                return None
            if _is_at(descriptor, path):
                break
            os.close(descriptor)  # the folder was removed meanwhile, and perhaps recreated
        lock = cls(descriptor, path)
        text = json.dumps({**note, "process": os.getpid(), "host": socket.gethostname()}).encode()
        with contextlib.suppress(OSError):  # a full disk: the lock holds without its note
            os.ftruncate(descriptor, 0)
            os.write(descriptor, text + b"\n")
        return lock

    def release(self) -> None:
        """Release the lock and remove its file. Releasing twice is allowed."""
        self._release()

    def abandon(self) -> None:
        """Release the lock as the end of the process would: its file stays."""
        if self._release.detach() is not None:
            os.close(self._descriptor)

    @property
    def is_inherited(self) -> bool:
        """Whether a parent process took the lock and then forked this process."""
        return self._process != os.getpid()


def note_at(folder: Path) -> dict[str, Any]:
    """Return the note of the holder of a folder's lock; empty while the holder writes it."""
    with contextlib.suppress(OSError, ValueError, RecursionError), open(folder / MARK, "rb") as file:
        note = json.loads(file.read(_NOTE_BYTES))
        if isinstance(note, dict):
            return note
    return {}


_in_use: weakref.WeakValueDictionary[tuple[int, int], SharedLock] = weakref.WeakValueDictionary()
_guard = threading.Lock()


def _release(descriptor: int, path: Path, process: int) -> None:
    """Remove the lock file while it is still locked, then unlock it; other processes then create a new one."""
    try:
        if process == os.getpid() and _is_at(descriptor, path):
            with contextlib.suppress(OSError):
                path.unlink()
    finally:
        os.close(descriptor)


class SharedLock:
    """The shared lock of an open file; a process has one per file, however often it opens the file."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._close = weakref.finalize(self, os.close, descriptor)

    @classmethod
    def hold(cls, path: Path) -> SharedLock:
        """Open and lock a file while the object lives; raise OSError if it cannot be opened."""
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
        """The descriptor of the open file, to map it; all holders share its offset."""
        return self._descriptor

    def is_shared(self) -> bool:
        """Return whether another process holds the file as well."""
        others = _lock(self._descriptor, exclusive=True) is False
        _lock(self._descriptor, exclusive=False)  # the failed attempt may have dropped the old lock
        return others


@contextlib.contextmanager
def claimed(path: Path) -> Iterator[bool]:
    """Lock a new temporary file or folder; yield False if another process has removed it meanwhile."""
    with _opened(path) as descriptor:
        if descriptor is None:  # removed already, or it cannot be locked
            yield os.path.lexists(path)
        else:
            yield _lock(descriptor, exclusive=True) is not False and _is_at(descriptor, path)


@contextlib.contextmanager
def reclaimed(path: Path) -> Iterator[bool]:
    """Try to lock a file or folder; yield whether no process holds it, as far as the system knows."""
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
    """Lock an open file without waiting; return False if another holder has it, None if files cannot be locked."""
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in _BUSY else None
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    """Return whether a path still leads to the open file."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path, follow_symlinks=False))
    except OSError:
        return False
