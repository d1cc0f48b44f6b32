"""Inputs that are opened once: looked at as far as is needed to know what they are, and then read from their start.

A regular file can be opened again for a further pass, and a URL requested again. A pipe, a FIFO, standard input or a
device gives its bytes once: the stream that was looked at is the one that is read, and a second pass is refused in one
sentence instead of going on wherever the first one has stopped.

A file that must be mapped or read out of order (:meth:`Input.open_seekable`) is copied to a temporary one if it
is no regular file.

Rejected: reading every pipe into memory first (a corpus may be larger), a new file object for each look (a pipe has
lost by then what was looked at).
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

from embed.arguments import file_path, shown
from embed.errors import CorpusError, EmbedError, cannot_open
from embed.files.compressed import READ_BYTES, ByteStream
from embed.files.remote import is_remote, open_remote, shown_url

__all__ = ["STANDARD_INPUT", "Input", "refuse_repeated"]

STANDARD_INPUT = "-"
_DESCRIPTORS = ("/dev/", "/proc/")
"""Where open descriptors have names. Opening one again begins at the start of a regular file on Linux alone."""


class Input:
    """One input: a path, a URL, or ``"-"`` for standard input.

    Parameters
    ----------
    path : path
    error : type
        What is raised when it cannot be read: CorpusError for text, FormatError for vectors.

    Attributes
    ----------
    path : str
    name : str
        What messages call it.
    """

    def __init__(self, path: str | os.PathLike[str], error: type[EmbedError] = CorpusError) -> None:
        try:
            self.path = os.fsdecode(path)
        except TypeError:
            raise error(f"a path is needed, not {type(path).__name__} ({shown(path)})") from None
        self.is_standard_input = self.path == STANDARD_INPUT
        self.is_remote = is_remote(self.path)
        if not self.is_remote:
            file_path("path", self.path)
        self.name = "standard input" if self.is_standard_input else shown_url(self.path)
        self._error = error
        self._peeked: ByteStream | None = None
        self._copy: BinaryIO | None = None
        self._is_used = False

    @classmethod
    def of(cls, source: Input | str | os.PathLike[str], error: type[EmbedError] = CorpusError) -> Input:
        """Return `source` if it is an input already, else the input at this path."""
        return source if isinstance(source, Input) else cls(source, error)

    @property
    def is_folder(self) -> bool:
        """Whether this is a folder, which has no bytes of its own."""
        return self._has_path and os.path.isdir(self.path)

    @property
    def reads_once(self) -> bool:
        """Whether a second pass is impossible: standard input, pipes, FIFOs, devices."""
        return self._copy is None and not self.is_remote and not self._is_regular

    @property
    def identity(self) -> tuple[int, int] | None:
        """What tells apart inputs that can be read only once, whatever they are called; None for others."""
        if not self.reads_once or self.is_folder:
            return None
        try:
            status = os.fstat(sys.stdin.fileno()) if self.is_standard_input else os.stat(self.path)
        except (OSError, ValueError, AttributeError):  # no such file, or no file of the system's
            return (-1, 0) if self.is_standard_input else None
        return (status.st_dev, status.st_ino)

    def open(self) -> ByteStream:
        """Open for reading from the start, whatever has been looked at.

        Raises
        ------
        EmbedError
            Of the type given at construction: it cannot be opened, or can be read only once and was read before.
        """
        if self._copy is not None:
            return ByteStream(self._whole_copy(), self.name, self._error)
        if self.reads_once and self._is_used:
            raise self._error(f"{self.name} can be read only once; save it to a file to read it again")
        self._is_used = True
        stream, self._peeked = self._peeked, None
        if stream is not None:
            self._closing.detach()
        return stream or ByteStream(self._opened(), self.name, self._error)

    @contextlib.contextmanager
    def look(self) -> Iterator[ByteStream]:
        """Give the stream to peek at, and leave the input as it was: the next reader begins at the start.

        Raises
        ------
        EmbedError
            As `open`.
        """
        if self._is_regular or self._copy is not None:  # thousands may be looked at before the first is read
            with self.open() as stream:
                yield stream
            return
        if self._peeked is None:
            self._peeked = self.open()
            self._closing = weakref.finalize(self, self._peeked.close)
            self._is_used = False
        yield self._peeked

    def peek(self, size: int) -> bytes:
        """Return the first `size` decompressed bytes, fewer if there are no more; raises as `open`."""
        with self.look() as stream:
            return stream.peek(size)

    def open_seekable(self) -> BinaryIO:
        """Open the raw bytes as a regular file, to be mapped or read out of order.

        What is no regular file is copied to a temporary one first, which goes when the last user has closed it.

        Raises
        ------
        EmbedError
            As `open`; also when there is no room for the copy.
        """
        if self._is_regular:
            return self._opened()
        if self._copy is None:
            with self.open() as stream:
                try:
                    copy: BinaryIO = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (as long as this input lives)
                    weakref.finalize(self, copy.close)
                    while data := stream.read_raw(READ_BYTES):
                        rest = memoryview(data)
                        while rest:  # a disk that is almost full takes a part before it refuses the next
                            rest = rest[copy.write(rest) :]
                except OSError as error:
                    raise self._error(f"{self.name}: cannot be copied to a file: {error.strerror or error}") from error
            self._copy = copy
        return self._whole_copy()

    def size(self) -> int | None:
        """Return the size in bytes, None where that is unknown before the end is reached."""
        return os.stat(self.path).st_size if self._is_regular else None

    @property
    def _has_path(self) -> bool:
        return not self.is_standard_input and not self.is_remote

    @property
    def _is_regular(self) -> bool:
        if not self._has_path or (sys.platform != "linux" and self.path.startswith(_DESCRIPTORS)):
            return False
        try:
            return stat.S_ISREG(os.stat(self.path).st_mode)
        except (OSError, ValueError):
            return False

    def _opened(self) -> BinaryIO:
        if self.is_standard_input:
            if sys.stdin is None or sys.stdin.closed:
                raise self._error("standard input is closed; name a file, or pipe the input in")
            return cast(BinaryIO, getattr(sys.stdin, "buffer", sys.stdin))
        if self.is_remote:
            return open_remote(self.path, self._error)
        try:
            return cast(BinaryIO, open(self.path, "rb", buffering=0))
        except OSError as error:
            raise cannot_open(self._error, f"{self.name}: {self._why_not_opened(error)}", error) from error
        except ValueError as error:  # a NUL, or a lone surrogate
            raise self._error(f"{self.name}: not the name of a file: {error!s:.100}") from error

    def _whole_copy(self) -> BinaryIO:
        assert self._copy is not None
        self._copy.seek(0)
        return cast(BinaryIO, open(os.dup(self._copy.fileno()), "rb", buffering=0))

    def _why_not_opened(self, error: OSError) -> str:
        if isinstance(error, FileNotFoundError):
            return "there is no such file"
        if self.is_folder:
            return "this is a folder; name a file"
        return f"cannot read: {error.strerror or error}"


def refuse_repeated(inputs: Iterable[Input], error: type[EmbedError] = CorpusError) -> None:
    """Raise `error` if two of the inputs are one that can be read only once, whatever they are called."""
    seen: set[tuple[int, int]] = set()
    for one in inputs:
        identity = one.identity
        if identity in seen:
            raise error(f"{one.name} was given more than once; it can be read only once")
        if identity is not None:
            seen.add(identity)
