"""Serve a local page that asks vectors questions.

The page talks to this process alone, over the loopback interface (:mod:`embed.pages.handlers`).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from embed.arguments import whole_number
from embed.errors import ConfigError, MissingExtraError
from embed.pages.exhibit import exhibits
from embed.pages.page import template

__all__ = ["serve"]

_LOOPBACK, _LAST_PORT = "127.0.0.1", 65535


def serve(
    paths: Sequence[str],
    *,
    port: int = 0,
    opened: Callable[[str], None] = lambda _: None,
    reading: Mapping[str, Any] | None = None,
) -> None:
    """Serve a page about vectors until the process is interrupted.

    Parameters
    ----------
    paths : sequence of path
        Vectors or models; a file of labels after the model of documents that it belongs to.
    port : int
        0 takes any free one.
    opened : callable
        Is given the address of the page as soon as it answers.
    reading : mapping
        Keywords of :func:`embed.load`.

    Raises
    ------
    ConfigError
        The port is taken or not allowed, or labels have no documents.
    FormatError
        A file cannot be read.
    MissingExtraError
        Bokeh, which brings the server, is not installed.
    """
    try:
        from tornado.httpserver import HTTPServer

        from embed.pages.handlers import Asked, application
    except ImportError as error:
        raise MissingExtraError("the page needs Bokeh: pip install 'train-embeddings[report]'") from error
    page, port = template("explore.jinja"), whole_number("port", port, 0, _LAST_PORT)
    try:
        place = socket.create_server((_LOOPBACK, port))
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(
            f"cannot listen on port {port} ({reason}); choose another port, or 0 for a free one"
        ) from error
    with place:
        number = place.getsockname()[1]
        asked = Asked(exhibits(paths, reading or {}))
        hosts = {f"{name}:{number}" for name in (_LOOPBACK, "localhost")}

        async def run() -> None:
            listening = HTTPServer(application(asked, page, hosts))
            place.setblocking(False)
            listening.add_sockets([place])
            asked.prepare()
            opened(f"http://{_LOOPBACK}:{number}/")
            try:
                await asyncio.Event().wait()
            finally:
                listening.stop()

        try:
            asyncio.run(run())
        finally:
            asked.close()
