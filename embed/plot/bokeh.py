"""Import Bokeh, which draws the pictures and makes the pages, when a picture is asked for."""

from __future__ import annotations

from typing import Any

from embed.errors import from_extra

__all__ = ["bokeh"]


def bokeh(module: str) -> Any:
    """Return a module of Bokeh, such as ``"models"``.

    Raises
    ------
    MissingExtraError
        Bokeh is not installed.
    """
    return from_extra("report", f"bokeh.{module}", "pictures and pages need Bokeh")
