"""A real browser: Debian's Chromium, driven by selenium. Without them the tests skip; `make test-browser` has both."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.browser.chromium import missing, serving, started

_SECONDS = 60
"""The longest that a page may take for what a test waits for."""


class Browser:
    """A window, and what it has written to its console and asked of the network since the last `open`."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, address: str | Path, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Open a page by its address or file, in a window of a size and colour scheme."""
        self.messages()
        self.requests()
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.driver.get(address.as_uri() if isinstance(address, Path) else address)

    def run(self, script: str, *arguments: object) -> Any:
        """Run a script and return what it returns."""
        return self.driver.execute_script(script, *arguments)

    def wait(self, script: str, *arguments: object) -> Any:
        """Run a script until it returns something true, and return that."""
        from selenium.webdriver.support.ui import WebDriverWait

        return WebDriverWait(self.driver, _SECONDS, 0.05).until(lambda _: self.run(script, *arguments))

    def type(self, selector: str, text: str) -> None:
        """Replace what stands in an input, and press Enter."""
        field = self.driver.find_element("css selector", selector)
        field.clear()
        field.send_keys(text, "\n")

    def texts(self, selector: str) -> list[str]:
        """Return the texts of the elements that a selector finds."""
        found: list[str] = self.run(
            "return [...document.querySelectorAll(arguments[0])].map((each) => each.textContent)", selector
        )
        return found

    def messages(self) -> list[str]:
        """Return the errors on the console."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def requests(self) -> list[str]:
        """Return the addresses that were asked for; data that is in the page counts as none."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
        return [address for address in sent if not address.startswith(("data:", "blob:"))]


def _driver(tmp_path_factory: pytest.TempPathFactory, *flags: str) -> Any:
    if (reason := missing()) is not None:
        pytest.skip(f"{reason}: make test-browser")
    return started(tmp_path_factory.mktemp("profile"), *flags)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser with WebGL in software."""
    driver = _driver(tmp_path_factory, "--enable-unsafe-swiftshader")
    yield Browser(driver)
    driver.quit()


@pytest.fixture
def browser_without_webgl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser that draws on plain canvases alone."""
    driver = _driver(tmp_path_factory, "--disable-3d-apis")
    yield Browser(driver)
    driver.quit()


@pytest.fixture
def page_server() -> Iterator[Callable[[Path], str]]:
    """A function that serves a folder on the loopback interface and returns its address."""
    with ExitStack() as servers:
        yield lambda folder: servers.enter_context(serving(folder))
