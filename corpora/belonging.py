"""Find the files of a corpus, and decide whether a new file would become part of it.

A run that writes vectors into its corpus folder overwrites the text, or reads the vectors as text the next time.
:mod:`embed.files.outputs` checks for this before anything is read.
"""

from __future__ import annotations

import fnmatch
import glob
import os
from typing import Any

from embed.files.remote import is_remote

from .files import FileCorpus, find_files

__all__ = ["files_of", "root_of"]


def files_of(source: Any) -> list[str]:
    """Return the paths of the files of a corpus, without standard input, URLs and Python data.

    Raises
    ------
    CorpusError
        A path does not lead to a file.
    """
    if isinstance(source, FileCorpus):
        files = source.files
    elif (items := _items(source)) is not None:
        files = find_files(items)
    else:
        return []
    return [file.path for file in files if os.path.exists(file.path)]


def root_of(source: Any, path: str) -> str | None:
    """Return the folder or pattern of a corpus that would include a file at `path`, or None."""
    for candidate in dict.fromkeys((os.path.abspath(path), os.path.realpath(path))):
        for item in _items(source) or ():
            if item == "-" or is_remote(item):
                continue
            if os.path.isdir(item):
                if _is_below(item, candidate):
                    return item
            elif glob.has_magic(item) and not os.path.lexists(item) and _is_matched(item, candidate):
                return item
    return None


def _items(source: Any) -> list[str] | None:
    """Return paths, folders and patterns as strings; None if the corpus is something else."""
    items = [source] if isinstance(source, (str, os.PathLike)) else source
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, (str, os.PathLike)) for item in items):
        return None
    texts = [os.fspath(item) for item in items]
    return texts if all(isinstance(text, str) for text in texts) else None


def _is_below(folder: str, path: str) -> bool:
    """Return whether reading a folder would find a file at `path`: at any depth, but not under hidden names."""
    name = os.path.basename(path)
    parent = os.path.dirname(path)
    while not os.path.isdir(parent) and parent != os.path.dirname(parent):  # folders that do not exist yet
        if name.startswith("."):
            return False
        parent, name = os.path.split(parent)
    return not name.startswith(".") and _identity(parent) in _folders(folder)


def _folders(folder: str) -> set[tuple[int, int]]:
    """Return the identities of a folder and of its visible subfolders, linked ones included."""
    found: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            identity = _identity(here)
            if identity in found:
                continue
            found.add(identity)
            with os.scandir(here) as entries:
                waiting += [entry.path for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
        except OSError:  # the reader will report it
            continue
    return found


def _is_matched(pattern: str, path: str) -> bool:
    """Return whether a pattern would match a file at `path`, or a folder above it."""
    before, last = os.path.split(pattern)
    folders = glob.glob(before, recursive=True) if glob.has_magic(before) else [before or "."]
    if last == "**":
        return any(os.path.isdir(folder) and _is_below(folder, path) for folder in folders)
    name = os.path.basename(path)
    if fnmatch.fnmatch(name, last) and (not name.startswith(".") or last.startswith(".")):
        identity = _identity(os.path.dirname(path))
        if any(os.path.isdir(folder) and _identity(folder) == identity for folder in folders):
            return True
    matches = [] if "**" in pattern else glob.glob(pattern)
    return any(os.path.isdir(match) and _is_below(match, path) for match in matches)


def _identity(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except OSError:
        return -1, -1
    return status.st_dev, status.st_ino
