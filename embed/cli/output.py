"""Wrap the standard streams of the command: data must arrive, messages may be lost.

Standard output carries data. If it cannot be written, the command fails (:class:`embed.errors.OutputError`), unless
the reader has left (``| head``). The rest of the data is then dropped, so that nothing fails again at exit.

Standard error carries messages: failures, warnings, the progress bar, tracebacks. If they cannot be written (a closed
stream, a full disk, a closed terminal), they are lost, and the work continues. This holds for everything that writes to
``sys.stderr`` within :func:`standard_streams`, including other libraries.

If a descriptor from 0 to 2 is closed, the null device takes it. Otherwise the next opened file would get its number,
and a library that writes a message to descriptor 2 would write into the user's vectors.
"""

from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO

from embed.cli.parser import PROGRAM
from embed.errors import OutputError
from embed.messages import printable

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["print_json", "print_json_line", "print_message", "standard_streams"]


def print_message(message: str) -> None:
    """Write a message for the user to standard error, as one line that is safe on a terminal."""
    print(printable(f"{PROGRAM}: {message}"), file=sys.stderr)


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    from embed.files.json_text import json_text

    print(json_text(value))


def print_json_line(value: Any) -> None:
    """Print a value as JSON on one line."""
    from embed.files.json_text import json_line

    print(json_line(value).decode())


@contextmanager
def standard_streams() -> Iterator[None]:
    """Wrap ``sys.stdout`` and ``sys.stderr`` as described above, if they are the process's own streams."""
    before = sys.stdout, sys.stderr
    _fill_descriptors()
    # anything but a terminal gets UTF-8 whatever the locale, because programs read it
    if sys.stdout is None or sys.stdout is sys.__stdout__:
        sys.stdout = _text(sys.stdout, _Data, errors="backslashreplace")
    elif isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding=_encoding(sys.stdout), errors="backslashreplace")
    if sys.stderr is None or sys.stderr is sys.__stderr__:
        sys.stderr = _text(sys.stderr, _Messages, errors="backslashreplace")
    streams = sys.stdout, sys.stderr
    try:
        yield
    finally:
        with suppress(OSError, OutputError):  # a failure that matters has been reported
            streams[0].flush()
        sys.stdout, sys.stderr = before


def _fill_descriptors() -> None:
    with suppress(OSError):
        for descriptor in range(3):
            try:
                os.fstat(descriptor)
            except OSError:
                os.open(os.devnull, os.O_RDWR)  # gets the lowest free number


def _encoding(stream: TextIO) -> str:
    return stream.encoding if stream.isatty() else "utf-8"


def _text(stream: TextIO | None, kind: type[_Stream], *, errors: str) -> TextIO:
    """Return a text stream that writes through `kind` to the file of `stream`."""
    if stream is None:
        return io.TextIOWrapper(io.BufferedWriter(kind(None)), "utf-8", errors)
    buffer: Any = stream.buffer
    raw = getattr(buffer, "raw", buffer)  # with python -u there is no buffer
    lines = stream.isatty() or kind is _Messages
    text = io.TextIOWrapper(io.BufferedWriter(kind(raw)), _encoding(stream), errors, line_buffering=lines)
    return text


class _Stream(io.RawIOBase):
    """Writes to a stream of the process and never closes it; None stands for a stream closed from the start."""

    def __init__(self, raw: io.RawIOBase | None) -> None:
        self._raw = raw

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._raw is not None and self._raw.isatty()

    def fileno(self) -> int:
        if self._raw is None:
            raise io.UnsupportedOperation("fileno")
        return self._raw.fileno()

    def write(self, data: ReadableBuffer) -> int:
        raise NotImplementedError


class _Messages(_Stream):
    """Drops messages that cannot be written."""

    def write(self, data: ReadableBuffer) -> int:
        size = memoryview(data).nbytes
        with suppress(OSError):
            if self._raw is not None:
                return self._raw.write(data) or size
        return size


class _Data(_Stream):
    """Fails once if data cannot be written, and drops all data after that."""

    def __init__(self, raw: io.RawIOBase | None) -> None:
        super().__init__(raw)
        self._has_failed = False

    def write(self, data: ReadableBuffer) -> int:
        if self._has_failed:
            return memoryview(data).nbytes
        self._has_failed = True
        if self._raw is None:
            raise OutputError("cannot write to standard output, which is closed; redirect it to a file")
        try:
            while (written := self._raw.write(data)) is None:  # the reader is slower
                select.select([], [self._raw], [])
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"cannot write to standard output: {error.strerror or error}") from error
        self._has_failed = False
        return written
