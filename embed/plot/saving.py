"""Save a picture as a page, as SVG or as PNG."""

from __future__ import annotations

import importlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from embed.arguments import file_path
from embed.errors import ConfigError, MissingExtraError
from embed.files.atomic import atomic_write, atomic_write_text
from embed.plot.bokeh import bokeh

__all__ = ["ENDINGS", "save"]

ENDINGS = (".html", ".svg", ".png")
"""The extensions of pictures, which decide the format."""
_WIDTH = 800
"""The width of a picture in pixels; a page makes it as wide as its window."""
_BROWSER = (
    "--headless=new",
    "--no-sandbox",  # Chromium refuses to start as root without it; the page is our own
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NO_BROWSER = "SVG and PNG need Chromium and its driver: install chromium and chromium-driver, or save as .html"


def save(figure: Any, path: str | os.PathLike[str]) -> None:
    """Write a picture, whole or not at all.

    Parameters
    ----------
    figure : bokeh.plotting.figure
    path : path
        Its extension, one of `ENDINGS`, decides the format. A page holds all that it needs; SVG and PNG are drawn by
        Chromium, through selenium.

    Raises
    ------
    ConfigError
        The extension is another one.
    MissingExtraError
        Bokeh is not installed, or for SVG and PNG selenium or Chromium.
    FormatError
        The file cannot be written.
    """
    path = file_path("path", path)
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise ConfigError(f"{path}: the extension of a picture must be one of {', '.join(ENDINGS)}")
    if ending == ".html":
        page = bokeh("embed").file_html(figure, bokeh("resources").INLINE, title="")
        atomic_write_text(path, page)
        return
    export = bokeh("io.export")
    with _browser() as driver, _fixed_width(figure):
        if ending == ".svg":
            data = export.get_svg(figure, driver=driver)[0].encode()
        else:
            with tempfile.TemporaryDirectory() as folder:
                picture = Path(folder) / "picture.png"
                export.export_png(figure, filename=picture, webdriver=driver)
                data = picture.read_bytes()
    with atomic_write(path) as file:
        file.write(data)


@contextmanager
def _fixed_width(figure: Any) -> Iterator[None]:
    """Give a figure a width of its own instead of that of its place."""
    before = figure.sizing_mode, figure.width
    figure.sizing_mode, figure.width = "fixed", _WIDTH
    try:
        yield
    finally:
        figure.sizing_mode, figure.width = before


@contextmanager
def _browser() -> Iterator[Any]:
    try:
        webdriver: Any = importlib.import_module("selenium.webdriver")
        failures: Any = importlib.import_module("selenium.common.exceptions")
    except ImportError as error:
        raise MissingExtraError("SVG and PNG need selenium: pip install selenium, or save as .html") from error
    program = shutil.which("chromedriver")  # left to itself, selenium looks for it on the network
    if program is None:
        raise MissingExtraError(_NO_BROWSER)
    options = webdriver.ChromeOptions()
    for flag in _BROWSER:
        options.add_argument(flag)
    try:
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=program))
    except failures.WebDriverException as error:
        raise MissingExtraError(_NO_BROWSER) from error
    try:
        yield driver
    finally:
        driver.quit()
