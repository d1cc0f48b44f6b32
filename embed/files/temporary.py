"""Create temporary files and folders beside a target or in TMPDIR, and remove those that killed processes left.

Each has a name that only this package uses, and its process holds a lock on it (:mod:`embed.files.locks`). When a
process first writes into a folder, it removes the temporary files there whose lock is free, so the next run cleans
up after a killed process and never touches the files of a living one. A folder in TMPDIR must also hold this package's
lock file. Other files are never touched.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from embed.files.locks import MARK, NEW_FILE_MODE, FolderLock, claimed, note_at, reclaimed

__all__ = [
    "files_of_run",
    "is_temporary",
    "remove_abandoned",
    "remove_run_folder",
    "run_folder",
    "temporary_file",
    "temporary_folder",
]

_NAME = re.compile(r"\.embed-[0-9a-f]{16}\.tmp")
_RUN_PREFIX = "train-embeddings-"
_RUN_NAME = re.compile(re.escape(_RUN_PREFIX) + r"[a-z0-9_]{8}")
"""The names that :func:`tempfile.mkdtemp` makes from the prefix."""
_EXCLUSIVE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_tidied: set[str] = set()


@contextlib.contextmanager
def temporary_file(parent: Path) -> Iterator[tuple[Path, int]]:
    """Create and lock a file in a folder; yield its path and an open descriptor, which the caller closes.

    If the block fails, the file is removed. If it succeeds, the caller has renamed the file.
    """
    _tidy(parent)
    while True:
        path = _new_name(parent)
        descriptor = os.open(path, _EXCLUSIVE, NEW_FILE_MODE)
        with claimed(path) as is_mine:
            if not is_mine:
                os.close(descriptor)
                continue
            try:
                yield path, descriptor
            except BaseException:
                with contextlib.suppress(OSError):
                    path.unlink()
                raise
            return


@contextlib.contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """Create and lock a folder in a folder; when the block ends, remove whatever then has its name."""
    _tidy(parent)
    while True:
        path = _new_name(parent)
        path.mkdir()
        with claimed(path) as is_mine:
            if not is_mine:
                continue
            try:
                yield path
            finally:
                shutil.rmtree(path, ignore_errors=True)
            return


def run_folder() -> tuple[Path, FolderLock]:
    """Create a folder in TMPDIR for the files of this run; return the folder and its lock."""
    _tidy(Path(tempfile.gettempdir()))
    while True:
        path = Path(tempfile.mkdtemp(prefix=_RUN_PREFIX))
        lock = FolderLock.take(path, {"run": path.name})
        if lock is not None:
            return path, lock


def remove_run_folder(path: Path, lock: FolderLock) -> None:
    """Remove a folder that `run_folder` created, and release its lock."""
    if lock.is_inherited:
        return
    if os.name == "nt":  # an open file cannot be removed there
        lock.release()
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():  # too few descriptors are left; the next run recognises the folder by its lock file
        lock.abandon()
    lock.release()


@contextlib.contextmanager
def files_of_run() -> Iterator[Path]:
    """Create a folder in TMPDIR, and remove it when the block ends."""
    path, lock = run_folder()
    try:
        yield path
    finally:
        remove_run_folder(path, lock)


def is_temporary(name: str) -> bool:
    """Return whether a name belongs to a temporary file or folder of this package."""
    return _NAME.fullmatch(name) is not None


def remove_abandoned(parent: Path) -> None:
    """Remove the temporary files and folders in a folder that no process holds; ignore failures."""
    with contextlib.suppress(OSError):
        for name in os.listdir(parent):
            path = parent / name
            if is_temporary(name):
                with reclaimed(path) as is_abandoned:
                    if is_abandoned:
                        _remove(path)
            elif _RUN_NAME.fullmatch(name):
                with reclaimed(path / MARK) as is_abandoned:
                    if is_abandoned and not path.is_symlink() and note_at(path).get("run") == name:
                        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _new_name(parent: Path) -> Path:
    return parent / f".embed-{secrets.token_hex(8)}.tmp"


def _tidy(parent: Path) -> None:
    """Remove abandoned files from a folder, once per process, because a folder may hold many files."""
    key = os.path.abspath(parent)
    if key not in _tidied:
        _tidied.add(key)
        remove_abandoned(parent)
