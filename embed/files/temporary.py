"""Temporary files and folders beside a target or in TMPDIR, and what killed processes have left of them.

Each has a name of this package's and a lock that its process holds (:mod:`embed.files.locks`). The first time that a
process writes into a folder, it removes those that nobody holds: what a killed process left goes with the next run,
what a living one is filling stays. Other files are never touched, whatever they are called: a folder in TMPDIR is known
by the mark in it.
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

from embed.files.locks import MARK, NEW_FILE_MODE, Door, claimed, note_at, reclaimed

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
"""What :func:`tempfile.mkdtemp` makes of the prefix."""
_EXCLUSIVE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_tidied: set[str] = set()


@contextlib.contextmanager
def temporary_file(parent: Path) -> Iterator[tuple[Path, int]]:
    """Make a file in a folder; give its path and an open descriptor, which the caller closes.

    It is removed at the end of the block, unless it has got another name, and its lock is held until then.
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
    """Make a folder in a folder; what has its name at the end of the block is removed, and until then it is locked."""
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


def run_folder() -> tuple[Path, Door]:
    """Make a folder in TMPDIR for the files of this run; give it with its lock, to be held while it is needed."""
    _tidy(Path(tempfile.gettempdir()))
    while True:
        path = Path(tempfile.mkdtemp(prefix=_RUN_PREFIX))
        door = Door.take(path, {"run": path.name})
        if door is not None:
            return path, door


def remove_run_folder(path: Path, door: Door) -> None:
    """Remove what `run_folder` made, and release its lock."""
    if door.is_inherited:
        return
    if os.name == "nt":  # an open file cannot be removed there
        door.release()
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():  # too few descriptors are left: the next run, which knows the folder by the mark, removes it
        door.abandon()
    door.release()


@contextlib.contextmanager
def files_of_run() -> Iterator[Path]:
    """Make a folder in TMPDIR, which is removed at the end of the block."""
    path, door = run_folder()
    try:
        yield path
    finally:
        remove_run_folder(path, door)


def is_temporary(name: str) -> bool:
    """Return whether a name is that of a temporary file or folder."""
    return _NAME.fullmatch(name) is not None


def remove_abandoned(parent: Path) -> None:
    """Remove the temporary files and folders in a folder that no process holds; what cannot be removed stays."""
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
    """Remove what is abandoned in a folder, once in a process: a folder may hold many files."""
    key = os.path.abspath(parent)
    if key not in _tidied:
        _tidied.add(key)
        remove_abandoned(parent)
