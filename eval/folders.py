"""Read every test set in a folder, and report the files that are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from embed.errors import ConfigError, FormatError, advise

__all__ = ["each_set"]

AnySet = TypeVar("AnySet")


def each_set(folder: Path, read: Callable[[Path], AnySet]) -> list[AnySet]:
    """Return what `read` makes of each file and folder in `folder`, sorted by name, without hidden files and pipes.

    Raises
    ------
    ConfigError
        There is no such folder.
    FormatError
        `read` refuses everything in it.

    Warns
    -----
    AdviceWarning
        For each file that `read` refuses, with its reason.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder} is no folder of test sets; name a folder, or give its files by themselves")
    found = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not (path.is_file() or path.is_dir()):  # reading a pipe could block
            continue
        try:
            found.append(read(path))
        except FormatError as error:
            advise(f"skipped {path.name}, which is no test set: {error}")
    if not found:
        raise FormatError(f"the folder {folder} has no test set; name a folder of test files")
    return found
