"""Write a log line by line, so that whoever reads it sees each line at once and a killed process loses none.

Rejected: writing whole or not at all (:mod:`embed.files.atomic`), since a log is read while it grows.
"""

from __future__ import annotations

import io
import os

from embed.errors import FormatError, cannot_open
from embed.files.atomic import is_stream, open_descriptor

__all__ = ["LineLog"]


class LineLog:
    """A file that grows by whole lines.

    Parameters
    ----------
    path : path
        A pipe, a device or an open file, such as ``/dev/fd/3``, is written to from where it is.
    appends : bool
        Add to a file; otherwise replace it.

    Raises
    ------
    FormatError
        The file cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str], *, appends: bool = False) -> None:
        self.path = os.fspath(path)
        descriptor = open_descriptor(path)
        try:
            if descriptor is not None:
                self._file = io.FileIO(os.dup(descriptor), "w")
            else:
                self._file = io.FileIO(os.fspath(path), "a" if appends and not is_stream(path) else "w")
        except OSError as error:
            raise cannot_open(FormatError, f"{self.path}: cannot write: {error.strerror or error}", error) from error

    def write(self, line: bytes) -> None:
        """Write a line and its end in one step; raises OSError."""
        data = memoryview(line + b"\n")
        while data:
            data = data[self._file.write(data) :]

    def close(self) -> None:
        """Close the file."""
        self._file.close()
