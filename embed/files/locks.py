"""Folders that are being filled beside their place, and what a killed process has left of them.

A process holds a lock on the folder that it fills, which the system takes back when the process ends, however that
is. A folder that nobody holds is abandoned, and the next run may remove it. Where folders cannot be locked
(Windows, some network file systems) nothing is removed.

Rejected: the number of the process in the name (used again, and another one on another host), the folder's age (a large
corpus takes as long as it takes).
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

if sys.platform != "win32":
    import fcntl

__all__ = ["held", "remove_abandoned"]

_DRAWN_NAME = r"[a-z0-9_]{8}"
"""What :func:`tempfile.mkdtemp` adds to a prefix."""


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the lock of a new folder, which is still empty, while it is filled; it may be renamed meanwhile."""
    with _locked(folder, wait=True):
        yield


def remove_abandoned(parent: Path, prefix: str, sign: str) -> None:
    """Remove the folders of `parent` named `prefix` and drawn letters that hold `sign` and that no process holds."""
    pattern = re.compile(re.escape(prefix) + _DRAWN_NAME)
    with contextlib.suppress(OSError):  # what cannot be removed is not in the way
        for name in os.listdir(parent):
            folder = parent / name
            if not pattern.fullmatch(name) or folder.is_symlink():
                continue
            with _locked(folder, wait=False) as is_locked:
                # one that is empty may have been made just now, and not be held yet
                if is_locked and (folder / sign).exists():
                    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path, *, wait: bool) -> Iterator[bool]:
    """Lock a folder; the value is whether that was possible."""
    if sys.platform == "win32":
        yield False
        return
    with contextlib.ExitStack() as stack:
        is_locked = False
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_locked = True
        yield is_locked
