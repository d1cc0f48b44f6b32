"""Open inputs: peek at the beginning to recognise the content, then read from the start.

A regular file can be opened again for another pass, and a URL can be requested again. Pipes, FIFOs, standard input and
devices deliver their bytes once: the stream that was peeked at is the stream that is read, and a second pass is
refused. Any input that must be mapped or read out of order is copied to a temporary file unless it is a regular
file (:meth:`Input.open_seekable`).

Rejected: reading every pipe into memory (a corpus may be larger); a new file object for each peek (the pipe has lost
those bytes).
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
"""Folders that name open descriptors. Only on Linux does opening such a name start at the beginning of the file."""


class Input:
    """One input: a path, a URL, or ``"-"`` for standard input.

    Parameters
    ----------
    path : path
    error : type
        The error to raise if the input cannot be read: CorpusError for text, FormatError for vectors.

    Attributes
    ----------
    path : str
    name : str
        The name of the input in messages.
    compression : str or None
        That of the stream opened last; see :class:`embed.files.compressed.ByteStream`.
    """

    is_recognised = False
    """Whether the content is known to be running text, so that nobody has to look."""

    def __init__(self, path: str | os.PathLike[str], error: type[EmbedError] = CorpusError) -> None:
        try:
            self.path = os.fsdecode(path)
        except TypeError:
            raise error(f"expected a path, not {type(path).__name__} ({shown(path)})") from None
        self.is_standard_input = self.path == STANDARD_INPUT
        self.is_remote = is_remote(self.path)
        if not self.is_remote:
            file_path("path", self.path)
        self.name = "standard input" if self.is_standard_input else shown_url(self.path)
        self.compression: str | None = None
        self._error = error
        self._peeked: ByteStream | None = None
        self._copy: BinaryIO | None = None
        self._is_used = False

    @classmethod
    def of(cls, source: Input | str | os.PathLike[str], error: type[EmbedError] = CorpusError) -> Input:
        """Return `source` if it is an Input, else a new Input for the path."""
        return source if isinstance(source, Input) else cls(source, error)

    @property
    def is_folder(self) -> bool:
        """Whether this is a folder."""
        return self._has_path and os.path.isdir(self.path)

    @property
    def reads_once(self) -> bool:
        """Whether a second pass is impossible: standard input, pipes, FIFOs, devices."""
        return self._copy is None and not self.is_remote and not self._is_regular

    @property
    def identity(self) -> tuple[int, int] | None:
        """The device and inode of an input that can be read only once; None for other inputs."""
        if not self.reads_once or self.is_folder:
            return None
        try:
            status = os.fstat(sys.stdin.fileno()) if self.is_standard_input else os.stat(self.path)
        except (OSError, ValueError, AttributeError):  # no such file, or standard input is no file of the system
            return (-1, 0) if self.is_standard_input else None
        return (status.st_dev, status.st_ino)

    def open(self) -> ByteStream:
        """Open the input for reading from its start, also after a peek.

        Raises
        ------
        EmbedError
            The input cannot be opened, or can be read only once and was read before. The class is the one given to the
            constructor.
        """
        if self._copy is not None:
            return self._recognised(self._whole_copy())
        if self.reads_once and self._is_used:
            raise self._error(f"{self.name} can be read only once; save it to a file to read it again")
        self._is_used = True
        stream, self._peeked = self._peeked, None
        if stream is not None:
            self._closing.detach()
        return stream or self._recognised(self._opened())

    def contents(self) -> bytes:
        """Return all bytes, decompressed; raise as `open` does."""
        with self.open() as stream:
            return b"".join(iter(lambda: stream.read(READ_BYTES), b""))

    @contextlib.contextmanager
    def look(self) -> Iterator[ByteStream]:
        """Yield a stream to peek at; the next reader still begins at the start.

        Raises
        ------
        EmbedError
            As `open`.
        """
        if self._is_regular or self._copy is not None:  # closed again: thousands may be inspected before one is read
            with self.open() as stream:
                yield stream
            return
        if self._peeked is None:
            self._peeked = self.open()
            self._closing = weakref.finalize(self, self._peeked.close)
            self._is_used = False
        yield self._peeked

    def peek(self, size: int) -> bytes:
        """Return the first `size` decompressed bytes, fewer if the input is shorter; raise as `open` does."""
        with self.look() as stream:
            return stream.peek(size)

    def open_seekable(self) -> BinaryIO:
        """Open the raw bytes as a regular file, to be mapped or read out of order.

        Copies other inputs to a temporary file first, which vanishes when its last user closes it.

        Raises
        ------
        EmbedError
            As `open`; also if there is no space for the copy.
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
                        while rest:  # a disk that is almost full accepts a part before it fails
                            rest = rest[copy.write(rest) :]
                except OSError as error:
                    raise self._error(
                        f"{self.name}: cannot copy to a temporary file: {error.strerror or error}; set TMPDIR to "
                        "another folder, or save the input to a file first"
                    ) from error
            self._copy = copy
        return self._whole_copy()

    def size(self) -> int | None:
        """Return the size in bytes, or None if it is unknown before the end."""
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

    def _recognised(self, file: BinaryIO) -> ByteStream:
        stream = ByteStream(file, self.name, self._error)
        self.compression = stream.compression
        return stream

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
            raise self._error(f"{self.name}: not a valid path: {error!s:.100}") from error

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
    """Raise `error` if an input that can be read only once is given twice, under whatever names."""
    seen: set[tuple[int, int]] = set()
    for one in inputs:
        identity = one.identity
        if identity in seen:
            raise error(f"{one.name} was given more than once but can be read only once; name it once")
        if identity is not None:
            seen.add(identity)
