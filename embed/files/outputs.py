"""What a run writes, checked before anything is read: that it can be written, and destroys nothing.

Every output is compared with every file that the run reads and with the other outputs, together with the files that are
written beside it. Files are the same if they have one inode, whatever they are called (links, hard links), or, where
they do not exist yet, one resolved path.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from embed.errors import ConfigError
from embed.files.atomic import is_stream

__all__ = ["CARD", "Output", "card_of", "check_outputs"]

CARD = ".json"
"""What the name of a run card has more than that of the vectors or the model."""
_CARD_KEYS = {"config", "provenance", "epochs"}
_LARGEST_CARD = 64 << 20

Key = tuple[int, int] | str


@dataclass(frozen=True)
class Output:
    """What is written at a path.

    Attributes
    ----------
    path : str
    what : str
        As messages call it: "the vectors".
    beside : tuple of str
        Endings of the names of files that are written beside.
    rescue : str
        The ending of the name of a file that is written if this one cannot be.
    holds : tuple of str
        Names of files in it, if it is a folder.
    makes_parents : bool
        The folder that it lies in is made if need be.
    """

    path: str
    what: str
    beside: tuple[str, ...] = ()
    rescue: str = ""
    holds: tuple[str, ...] = ()
    makes_parents: bool = False


def card_of(paths: Iterable[str]) -> str | None:
    """Return the path of the run card: beside the first of the outputs that is a file; None if none is."""
    return next((f"{path}{CARD}" for path in paths if not is_stream(path)), None)


def check_outputs(
    outputs: Iterable[Output], inputs: Iterable[str] = (), is_read: Callable[[str], str | None] = lambda _: None
) -> None:
    """Refuse outputs that cannot be written or would destroy something.

    Parameters
    ----------
    outputs : iterable of Output
    inputs : iterable of str
        The files that are read; those that do not exist are passed over.
    is_read : callable
        Returns the folder or pattern of the corpus that a file of this path would belong to, or None.

    Raises
    ------
    ConfigError
        With the path and what to do.
    """
    outputs = list(outputs)
    for output in outputs:
        _check_place(output)
    read = {key: path for path in inputs if isinstance(key := _key(path), tuple)}
    taken: dict[Key, str] = {}
    for output in outputs:
        if is_stream(output.path):
            if output.beside and output.beside != (CARD,):
                raise ConfigError(
                    f"{output.path}: is no file, but {output.what} need another file beside; name a new file"
                )
            continue
        for path, what in _files(output):
            key = _key(path)
            if key in read:
                raise ConfigError(f"{path}: is also the input, which would be overwritten; name another file")
            if key in taken:
                raise ConfigError(f"{path}: is named for both {taken[key]} and {what}; give each its own")
            taken[key] = what
            if (root := is_read(path)) is not None:
                raise ConfigError(
                    f"{path}: {what} would lie within the corpus {root} and be read as text the next time; "
                    "name a place outside of it"
                )
        _check_beside(output)


def _files(output: Output) -> list[tuple[str, str]]:
    """Return what is written, each with what it is."""
    found = [(output.path, output.what)]
    found += [(os.path.join(output.path, name), output.what) for name in output.holds]
    found += [(output.path + ending, _beside(output, ending)) for ending in output.beside]
    return found


def _beside(output: Output, ending: str) -> str:
    return "the run card" if ending == CARD else f"the {ending[1:]} of {output.what}"


def _check_place(output: Output) -> None:
    path = output.path
    if "\0" in path or not path:
        raise ConfigError(f"{path!r:.60} is no name of a file")
    for ending in ("", *output.beside, output.rescue):
        try:
            os.lstat(path + ending)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                what = f"with the ending {ending} of a file beside, the name" if ending else "the name"
                raise ConfigError(
                    f"{path:.60}...: {what} is too long for the file system; name a shorter one"
                ) from error
    parent = os.path.dirname(path) or "."
    if output.holds and os.path.exists(path) and not os.path.isdir(path):
        raise ConfigError(f"{path}: is a file, where a folder for {output.what} is needed; name another place")
    if output.makes_parents:
        return
    if not os.path.isdir(parent):
        raise ConfigError(f"{path}: the folder {parent} does not exist")
    if os.path.isdir(path):
        if output.holds:
            return
        raise ConfigError(f"{path}: is a folder; name the file to write")
    if is_stream(path):
        return
    place = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(place):
        raise ConfigError(f"{path}: the folder {place}, which the link leads to, does not exist")
    if not os.access(place, os.W_OK):
        raise ConfigError(f"{path}: the folder {parent} is not writable")


def _check_beside(output: Output) -> None:
    for ending in output.beside:
        path = output.path + ending
        if os.path.isdir(path):
            raise ConfigError(f"{path}: is a folder, where {_beside(output, ending)} is written; name another file")
        if os.path.lexists(path) and not (_is_card(path) if ending == CARD else os.path.exists(output.path)):
            raise ConfigError(
                f"{path}: is another file, which {_beside(output, ending)} would replace; move it, or give "
                f"{output.what} another name"
            )


def _is_card(path: str) -> bool:
    """Return whether a file is a run card of this package, as far as its content says."""
    try:
        if os.path.getsize(path) > _LARGEST_CARD or is_stream(path):
            return False
        content = json.loads(Path(path).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.keys() >= _CARD_KEYS


def _key(path: str) -> Key:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return os.path.realpath(path)
    return status.st_dev, status.st_ino
