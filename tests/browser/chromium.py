"""Start Debian's Chromium with selenium, and serve folders to it; for the tests of pages and their benchmark."""

from __future__ import annotations

import functools
import http.server
import importlib.util
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["missing", "serving", "started"]

_FLAGS = (
    "--headless=new",
    "--no-sandbox",  # Chromium refuses to start as root without it
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PROGRAM, _DRIVER = "chromium", "chromedriver"


def missing() -> str | None:
    """Return what is not installed, as a reason to skip; None if a browser can be started."""
    if importlib.util.find_spec("selenium") is None:
        return "needs selenium"
    if shutil.which(_PROGRAM) is None or shutil.which(_DRIVER) is None:
        return "needs Debian's chromium and chromium-driver"
    return None


def started(profile: Path, *flags: str) -> Any:
    """Start a browser with an empty folder for its profile; it logs its console and its network."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for flag in (*_FLAGS, *flags, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=shutil.which(_DRIVER)))


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder on the loopback interface until the block ends; yield its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
