"""Check the outputs of a run before it reads anything: they must be writable and must destroy nothing.

Every output, and every file written beside it, is compared with all inputs and all other outputs. Two paths name the
same file if they have the same inode (links, hard links) or, for files that do not exist yet, the same resolved path.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embed.errors import ConfigError
from embed.files.atomic import is_stream

__all__ = ["CARD", "LARGEST_CARD", "Output", "card_of", "check_outputs", "read_card"]

CARD = ".json"
"""The ending that a run card adds to the name of the vectors or the model."""
_CARD_KEYS = {"config", "provenance", "epochs"}
LARGEST_CARD = 64 << 20
"""In bytes; a run card of a million epochs is smaller."""

Key = tuple[int, int] | str


@dataclass(frozen=True)
class Output:
    """A file or folder that a run writes.

    Attributes
    ----------
    path : str
    what : str
        Its name in messages: "the vectors".
    beside : tuple of str
        Endings that `path` gets for the files written beside it.
    rescue : str
        The ending that `path` gets for the file written instead if `path` cannot be written.
    holds : tuple of str
        The names of the files in it, if it is a folder.
    makes_parents : bool
        Whether its parent folder is created if missing.
    is_own : callable or None
        Returns whether an existing file may be overwritten, because an earlier run wrote it. None: any may.
    """

    path: str
    what: str
    beside: tuple[str, ...] = ()
    rescue: str = ""
    holds: tuple[str, ...] = ()
    makes_parents: bool = False
    is_own: Callable[[str], bool] | None = None


def card_of(paths: Iterable[str]) -> str | None:
    """Return the path of the run card, beside the first output that is a file; None if there is none."""
    return next((f"{path}{CARD}" for path in paths if not is_stream(path)), None)


def check_outputs(
    outputs: Iterable[Output], inputs: Iterable[str] = (), corpus_root: Callable[[str], str | None] = lambda _: None
) -> None:
    """Refuse outputs that cannot be written or would destroy something.

    Parameters
    ----------
    outputs : iterable of Output
    inputs : iterable of str
        The files that are read; missing files are ignored.
    corpus_root : callable
        Returns the folder or pattern of the corpus that a file at this path would belong to, or None.

    Raises
    ------
    ConfigError
        An output is refused.
    """
    outputs = list(outputs)
    for output in outputs:
        _check_path(output)
    read = {key: path for path in inputs if isinstance(key := _key(path), tuple)}
    taken: dict[Key, str] = {}
    for output in outputs:
        if is_stream(output.path):
            if output.beside and output.beside != (CARD,):
                raise ConfigError(
                    f"{output.path}: this is a pipe or device, but {output.what} need another file beside; name a file"
                )
            continue
        for path, what in _files(output):
            key = _key(path)
            if key in read:
                raise ConfigError(f"{path}: this is also an input, which would be overwritten; name another file")
            if key in taken:
                raise ConfigError(f"{path}: named for both {taken[key]} and {what}; name two files")
            taken[key] = what
            if path == output.path and output.is_own is not None and os.path.exists(path) and not output.is_own(path):
                raise ConfigError(f"{path}: {what} would overwrite this file; move it, or name another file")
            if (root := corpus_root(path)) is not None:
                raise ConfigError(
                    f"{path}: the next run would read {what} as text, because the corpus {root} includes this path; "
                    "name a path outside the corpus"
                )
        _check_beside(output)


def _files(output: Output) -> list[tuple[str, str]]:
    """Return the path and the name in messages of every file that is written."""
    found = [(output.path, output.what)]
    found += [(os.path.join(output.path, name), output.what) for name in output.holds]
    found += [(output.path + ending, _beside(output, ending)) for ending in output.beside]
    return found


def _beside(output: Output, ending: str) -> str:
    return "the run card" if ending == CARD else f"the {ending[1:]} of {output.what}"


def _check_path(output: Output) -> None:
    path = output.path
    if "\0" in path or not path:
        raise ConfigError(f"{path!r:.60} is not a valid file name; name a file")
    for ending in ("", *output.beside, output.rescue):
        try:
            os.lstat(path + ending)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                added = f" with {ending} added" if ending else ""
                raise ConfigError(
                    f"{path:.60}...: the name{added} is too long for the file system; choose a shorter one"
                ) from error
    parent = os.path.dirname(path) or "."
    if output.holds and os.path.exists(path) and not os.path.isdir(path):
        raise ConfigError(f"{path}: this is a file; name a folder for {output.what}")
    if output.makes_parents:
        return
    if not os.path.isdir(parent):
        raise ConfigError(f"{path}: the folder {parent} does not exist; create it first")
    if os.path.isdir(path):
        if output.holds:
            return
        raise ConfigError(f"{path}: this is a folder; name a file")
    if is_stream(path):
        return
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder):
        raise ConfigError(f"{path}: the link leads to the folder {folder}, which does not exist; create it first")
    if not os.access(folder, os.W_OK):
        raise ConfigError(f"{path}: the folder {parent} is not writable; name another folder")


def _check_beside(output: Output) -> None:
    for ending in output.beside:
        path = output.path + ending
        if os.path.isdir(path):
            raise ConfigError(
                f"{path}: this is a folder, but {_beside(output, ending)} goes there; move it, or give {output.what} "
                "another name"
            )
        is_own = read_card(path) is not None if ending == CARD else os.path.exists(output.path)
        if os.path.lexists(path) and not is_own:
            raise ConfigError(
                f"{path}: {_beside(output, ending)} would overwrite this file; move it, or give {output.what} another "
                "name"
            )


def read_card(path: str) -> dict[str, Any] | None:
    """Return the content of a run card; None if there is no such file, or its content is no card of this package."""
    try:
        if os.path.getsize(path) > LARGEST_CARD or is_stream(path):
            return None
        content = json.loads(Path(path).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) and content.keys() >= _CARD_KEYS else None


def _key(path: str) -> Key:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return os.path.realpath(path)
    return status.st_dev, status.st_ino
