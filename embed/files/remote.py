"""Read remote inputs: ``https://`` with the standard library, ``s3://``, ``gs://`` ... with smart_open.

Both only transfer the bytes; the first bytes decide the compression, as for files. A remote input has no
fingerprint, because a second read may be expensive and may return other bytes.

Rejected: smart_open for ``https://``, too (an extra for what Python brings along).
"""

from __future__ import annotations

import base64
import importlib
import io
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from embed.errors import CorpusError, EmbedError, MissingExtraError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["is_remote", "open_remote", "shown_url"]

SILENT_SECONDS = 60.0
"""The timeout for a connection, and for the next bytes."""
SLOW_SECONDS, SLOW_BYTES = 60.0, 1 << 12
"""Fewer bytes than this in as many seconds of waiting are an error."""

_HEADERS = {"User-Agent": "train-embeddings"}  # some servers turn away programs without a name
_AFTER_AUTHORITY = re.compile("[/?#]")
_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)  # two letters or more: C: is a drive


def is_remote(path: str) -> bool:
    """Return whether `path` is a URL."""
    return _URL.match(path) is not None


def shown_url(url: str) -> str:
    """Remove what may be secret from a URL: user, password and query; return other paths unchanged."""
    if not is_remote(url):
        return url
    scheme, _, rest = url.partition("://")
    authority = _AFTER_AUTHORITY.split(rest, maxsplit=1)[0]
    port = authority.rpartition("@")[2].partition(":")[2]
    if port and not port.isdigit():  # a password with a character that should have been escaped
        authority = rest[: rest.rfind("@") + 1] or authority
    host = authority.rpartition("@")[2]
    path, query, _ = rest[len(authority) :].partition("?")
    return f"{scheme}://{host}{path}{query and '?...'}"


def open_remote(url: str, error_type: type[EmbedError] = CorpusError) -> BinaryIO:
    """Open a URL for reading its raw bytes.

    Raises
    ------
    MissingExtraError
        The scheme is not http or https, and smart_open, or the package that it needs for the scheme, is not installed.
    EmbedError
        The object does not exist or may not be read, or the scheme is unknown; of class `error_type`. Reading raises
        the same class.
    """
    shown = shown_url(url)
    if url.lower().startswith(("http:", "https:")):
        try:
            return cast(BinaryIO, _Remote(_requested(url), url, error_type))
        except Exception as error:  # of the network, the address, or the protocol
            raise _unreadable(url, error, error_type) from None  # its traceback would show the whole URL
    try:
        smart_open = importlib.import_module("smart_open")
    except ImportError as error:
        raise MissingExtraError(
            f"reading {shown:.200} needs smart_open; install it with: pip install 'train-embeddings[remote]'"
        ) from error
    try:
        source = smart_open.open(url, "rb", compression="disable")
    except ImportError as error:
        raise MissingExtraError(
            f"reading {shown:.200} needs another package; install it with: pip install '{_needed(error)}'"
        ) from error
    except Exception as error:  # each scheme has exceptions of its own
        raise _unreadable(url, error, error_type) from None  # its traceback would show the whole URL
    return cast(BinaryIO, _Remote(source, url, error_type))


class _Remote(io.RawIOBase):
    """The bytes of a URL; every failure becomes an error that names the URL."""

    def __init__(self, source: Any, url: str, error_type: type[EmbedError]) -> None:
        self._source, self._url, self._error_type = source, url, error_type
        # read1 returns what has arrived: a read of the full size would hang on a server that trickles
        self._read: Callable[[int], bytes] = source.read1 if hasattr(source, "read1") else source.read
        self._waited, self._came = 0.0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        began = time.monotonic()
        try:
            data = self._read(len(view))
            if not data and getattr(self._source, "length", None):  # of a response: what its header promised
                raise OSError(f"the connection ended {self._source.length:,} bytes before the end")
        except Exception as error:  # each scheme has exceptions of its own
            raise _unreadable(self._url, error, self._error_type) from None
        self._watch(time.monotonic() - began, len(data))
        view[: len(data)] = data
        return len(data)

    def _watch(self, waited: float, came: int) -> None:
        self._waited += waited
        self._came += came
        if self._waited > SLOW_SECONDS:
            if came and self._came < SLOW_BYTES:
                raise self._error_type(
                    f"cannot read {shown_url(self._url):.200}: the server sent {self._came:,} bytes in "
                    f"{self._waited:.0f} seconds; try again later, or download the file first"
                )
            self._waited, self._came = 0.0, 0

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()


def _requested(url: str) -> Any:
    """Return the open response of a server of http or https; a user and password in the URL are sent to it."""
    import urllib.parse  # only now: they take as long to import as many a command runs
    import urllib.request

    scheme, _, rest = url.partition("://")
    user, at, _ = (authority := _AFTER_AUTHORITY.split(rest, maxsplit=1)[0]).rpartition("@")
    request = urllib.request.Request(f"{scheme}://{rest[len(user) + len(at) :]}", headers=_HEADERS)
    if not request.host:
        raise ValueError("it names no host")
    if at:
        given = urllib.parse.unquote_to_bytes(user if ":" in authority else f"{user}:")
        request.add_unredirected_header("Authorization", f"Basic {base64.b64encode(given).decode()}")
    return urllib.request.urlopen(request, timeout=SILENT_SECONDS)


def _unreadable(url: str, error: Exception, error_type: type[EmbedError]) -> EmbedError:
    shown = f"cannot read {shown_url(url):.200}"
    if "timeout" in type(error).__name__.lower() or "timed out" in str(error).lower():
        return error_type(
            f"{shown}: the server did not answer for {SILENT_SECONDS:g} seconds; try again later, or download the file "
            "first"
        )
    reason = " ".join(str(error).split()) or type(error).__name__
    for secret in sorted(_secrets(url), key=len, reverse=True):
        reason = reason.replace(secret, "...")
    return error_type(f"{shown}: {reason:.300}")


def _needed(error: ImportError) -> str:
    """Return the package and extra that smart_open's error recommends."""
    named = re.search(r"smart_open\[\w+\]", str(error))
    return named[0] if named else "smart_open[all]"


def _secrets(url: str) -> set[str]:
    """Return what `shown_url` removes, whole and in the pieces in which another library may quote it."""
    visible = shown_url(url).removesuffix("?...").partition("://")[2]
    whole_rest = url.partition("://")[2]
    user, _, query = whole_rest.partition(visible) if visible else (whole_rest, "", "")
    whole = {user.removesuffix("@"), query.removeprefix("?")}
    return {part for text in whole for part in (text, *re.split(r"[:/@?&=#]", text)) if len(part) > 1}
