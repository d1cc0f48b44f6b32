"""Inputs that lie elsewhere (``s3://``, ``gs://``, ``https://`` ...), as bytes from smart_open.

smart_open only moves the bytes: what is compressed is told by the first ones, as for files. Such an input has no
fingerprint, because reading it twice may be dear and gives no promise of the same bytes.

Rejected: urllib for http alone (no resuming, no object stores), a list of the schemes that smart_open knows (it grows).
"""

from __future__ import annotations

import importlib
import io
import re
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from embed.errors import CorpusError, MissingExtraError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["is_remote", "open_remote"]

_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)  # two letters or more: C: is a drive


def is_remote(path: str) -> bool:
    """Return whether `path` is a URL."""
    return _URL.match(path) is not None


def open_remote(url: str) -> BinaryIO:
    """Open a URL for reading its bytes as they are.

    Raises
    ------
    MissingExtraError
        smart_open, or what it needs for this scheme, is not installed.
    CorpusError
        There is no such object, it may not be read, or the scheme is not known; also while reading.
    """
    try:
        smart_open = importlib.import_module("smart_open")
    except ImportError as error:
        raise MissingExtraError(
            f"{url:.200} lies elsewhere; to read it: pip install 'train-embeddings[remote]'"
        ) from error
    try:
        source = smart_open.open(url, "rb", compression="disable")
    except ImportError as error:
        raise MissingExtraError(
            f"{url:.200}: smart_open needs one more package for this scheme, such as pip install 'smart_open[s3]'"
        ) from error
    except Exception as error:  # each scheme has exceptions of its own
        raise _unreadable(url, error) from error
    return cast(BinaryIO, _Remote(source, url))


class _Remote(io.RawIOBase):
    """The bytes of a URL; whatever goes wrong on the way is a CorpusError that names it."""

    def __init__(self, source: Any, url: str) -> None:
        self._source, self._url = source, url

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        try:
            data = self._source.read(len(view))
        except Exception as error:  # each scheme has exceptions of its own
            raise _unreadable(self._url, error) from error
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()


def _unreadable(url: str, error: Exception) -> CorpusError:
    return CorpusError(f"cannot read {url:.200}: {' '.join(str(error).split()) or type(error).__name__:.200}")
