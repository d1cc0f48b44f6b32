"""Find the files of a corpus, in the same order on every machine, and fingerprint what is read from them.

Rejected: the order of the directory (differs between machines), skipping unreadable files with a warning
(loses text), modification times in the fingerprint (they change when a corpus is copied).
"""

from __future__ import annotations

import contextlib
import errno
import glob
import hashlib
import json
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from embed.arguments import iterable, shown
from embed.errors import CorpusError, advise, cannot_open
from embed.files._digest import ContentDigest
from embed.files.compressed import DIGEST_BYTES, ByteStream
from embed.files.inputs import STANDARD_INPUT, Input, refuse_repeated
from embed.files.members import Helpers
from embed.files.remote import is_remote

__all__ = ["FileCorpus", "Source", "find_files", "fingerprint_of"]

_ALLOWED = "a path, '-' for standard input, or a list of paths, folders and globs"

Source = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

_HASH_CHUNK = 1 << 20


class FileCorpus:
    """The base class of corpora read from files: holds the files and the progress of the latest pass.

    Parameters
    ----------
    source : path or list of paths
        Files, folders (all visible files in them, at any depth), globs (``**`` included), ``"-"``.

    Raises
    ------
    CorpusError
        A file does not exist, a folder is empty or cannot be listed, or a glob matches nothing.
    """

    def __init__(self, source: Source | list[Input]) -> None:
        self.files: list[Input] = find_files(source)
        self._read: dict[int, ByteStream | tuple[int, str]] = {}  # what is being read, and the size and digest after it
        self._helpers: Helpers | None = None

    def settings(self) -> dict[str, Any] | None:
        """Return the JSON-ready settings that, with the bytes, decide the sentences; None if they are unknown."""
        raise NotImplementedError

    @property
    def total_bytes(self) -> int | None:
        """The size of the files before decompression; None if the size of one is unknown, such as a pipe's."""
        sizes = [file.size() for file in self.files]
        return None if None in sizes else sum(size for size in sizes if size is not None)

    @property
    def current_name(self) -> str | None:
        """The file that the latest pass is reading, the first of several; None between passes."""
        streams = (self._read.get(number) for number in range(len(self.files)))
        return next((stream.name for stream in streams if isinstance(stream, ByteStream)), None)

    @property
    def bytes_read(self) -> int:
        """The number of raw bytes that the latest pass has read so far."""
        return sum(read[0] if isinstance(read, tuple) else read.raw_bytes for read in list(self._read.values()))

    def fingerprint(self) -> str | None:
        """Hash the content of the files and the settings, reading the files once.

        Returns
        -------
        str or None
            Hexadecimal; None if the input cannot be read again (standard input), or if the tokenizer is the
            caller's own function, which might change.
        """
        settings = self.settings()
        if settings is None or any(file.size() is None for file in self.files):
            return None
        return fingerprint_of(settings, [_raw_digest(file) for file in self.files])

    def read_fingerprint(self) -> str | None:
        """Return the same hash for the latest pass; None until it is complete."""
        settings, finished = self.settings(), self.digests()
        return None if finished is None or settings is None else fingerprint_of(settings, finished)

    def digests(self) -> list[tuple[int, str]] | None:
        """Return the size and digest of each file in the latest pass; None until it is complete."""
        finished = [read for _, read in sorted(self._read.items()) if isinstance(read, tuple)]
        return finished if len(finished) == len(self.files) else None

    def open_file(self, file: Input) -> ByteStream:
        """Open one of the files for reading."""
        return file.open()

    def begin_pass(self, threads: int = 1) -> None:
        """Forget what earlier passes have read; `threads` decompress the files, if there are several."""
        self._read = {}
        self._helpers = Helpers(threads) if threads > 1 else None

    @contextlib.contextmanager
    def reading(self, number: int) -> Iterator[ByteStream]:
        """Open the file with this number, which the caller must read to its end; files may be open side by side."""
        read, helpers = self._read, self._helpers
        with helpers or contextlib.nullcontext(), self.open_file(self.files[number]) as stream:
            if helpers is not None:
                stream.help(helpers)
            read[number] = stream
            yield stream
            stream.drain()
            read[number] = stream.raw_bytes, stream.raw_digest()

    def streams(self, threads: int = 1) -> Iterator[ByteStream]:
        """Open the files one after the other; the caller must read each to its end. `threads` decompress them."""
        self.begin_pass(threads)
        for number in range(len(self.files)):
            with self.reading(number) as stream:
                yield stream


def fingerprint_of(settings: dict[str, Any], digests: list[tuple[int, str]]) -> str:
    """Return the fingerprint of files with these sizes and digests, read with these settings."""
    content = json.dumps([settings, digests], sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(content.encode(), digest_size=DIGEST_BYTES).hexdigest()


def _raw_digest(file: Input) -> tuple[int, str]:
    digest, size = ContentDigest(DIGEST_BYTES), 0
    try:
        with file.open_seekable() as raw:
            while chunk := raw.read(_HASH_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise cannot_open(CorpusError, f"cannot read {file.name}: {error.strerror}", error) from error
    return size, digest.hexdigest()


def find_files(source: Source | list[Input]) -> list[Input]:
    """Expand paths, folders and globs to files, in a fixed order.

    Raises
    ------
    CorpusError
        An item does not lead to a file.
    """
    if not isinstance(source, (str, os.PathLike)) and not iterable(source):
        raise CorpusError(f"a corpus must be {_ALLOWED}, not {type(source).__name__} ({shown(source)})")
    items = [source] if isinstance(source, (str, os.PathLike)) else list(source)
    found: list[Input] = []
    for item in items:
        if isinstance(item, Input):
            found.append(item)
        elif isinstance(item, (str, os.PathLike)):
            found.extend(Input(path) for path in _expand(os.fspath(item)))
        else:
            raise CorpusError(f"a corpus must be {_ALLOWED}, not {type(item).__name__} ({shown(item)})")
    if not found:
        raise CorpusError(f"no corpus was given; name {_ALLOWED}")
    refuse_repeated(found)
    return found


def _expand(path: str) -> list[str]:
    if path == STANDARD_INPUT or (isinstance(path, str) and is_remote(path)):
        return [path]
    if not isinstance(path, str) or "\0" in path:
        raise CorpusError(f"{path!r:.200} is not a valid path")
    if os.path.isdir(path):
        files = _folder_files(path)
        if not files:
            raise CorpusError(f"the folder {path} has no files (hidden files are skipped); name a folder of text")
        return files
    if os.path.lexists(path):
        if not os.path.exists(path):
            raise _missing(path, f"corpus file {path} is a symbolic link to a file that does not exist; fix the link")
        return [path]
    if glob.has_magic(path):
        try:
            matches = sorted(glob.glob(path, recursive=True), key=_order)
        except RecursionError:
            raise CorpusError(
                f"the pattern {path:.200} meets folders nested too deeply; name the folder instead"
            ) from None
        files = [file for match in matches for file in _matched(match, folders="**" not in path)]
        if not files:
            raise _missing(path, f"the pattern {path:.200} matches no file; check the pattern")
        return list(dict.fromkeys(files))
    hint = (
        "; to pass text instead of a path, pass lists of words: [['a', 'sentence'], ['another']]"
        if any(character.isspace() for character in path)
        else ""
    )
    raise _missing(path, f"corpus file {path!r:.200} does not exist{hint}")


def _matched(path: str, *, folders: bool) -> list[str]:
    """Return the files at or below a path that a pattern has matched."""
    if os.path.isdir(path):
        return _expand(path) if folders else []
    if os.path.exists(path) and not os.path.isfile(path):
        _advise_skipped(path)
        return []
    return _expand(path)


def _advise_skipped(path: str) -> None:
    advise(f"skipped {path}, which is not a regular file; to read it, name it explicitly")


def _missing(path: str, message: str) -> CorpusError:
    return cannot_open(CorpusError, message, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path))


def _order(path: str) -> list[bytes]:
    return [os.fsencode(part) for part in Path(path).parts]


def _folder_files(folder: str) -> list[str]:
    """List the files below `folder` at any depth, sorted by the bytes of their names; follow linked folders once."""
    files: list[str] = []
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[str, bool]] = [(folder, True)]
    while waiting:
        path, is_folder = waiting.pop()
        if not is_folder:
            files.append(path)
            continue
        try:
            status = os.stat(path)
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(path) as listing:
                entries = sorted(
                    (entry for entry in listing if not entry.name.startswith(".")),
                    key=lambda e: os.fsencode(e.name),
                )
            for entry in reversed(entries):
                if (kind := _kind(entry)) is not None:
                    waiting.append((entry.path, kind))
        except OSError as error:
            if isinstance(error, CorpusError):
                raise
            raise cannot_open(CorpusError, f"cannot list the folder {path}: {error.strerror}", error) from error
    return files


def _kind(entry: os.DirEntry[str]) -> bool | None:
    """Return whether an entry is a folder; None for a FIFO, socket or device, which could block."""
    try:
        mode = entry.stat().st_mode
    except OSError as error:
        if not entry.is_symlink():
            raise
        why = "a file that does not exist" if isinstance(error, FileNotFoundError) else f"nothing: {error.strerror}"
        raise cannot_open(
            CorpusError, f"corpus file {entry.path} is a symbolic link to {why}; fix the link", error
        ) from error
    if stat.S_ISDIR(mode) or stat.S_ISREG(mode):
        return stat.S_ISDIR(mode)
    _advise_skipped(entry.path)
    return None
