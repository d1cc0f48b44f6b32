"""Import Bokeh, which draws the pictures and makes the pages, when a picture is asked for."""

from __future__ import annotations

import importlib
from typing import Any

from embed.errors import MissingExtraError

__all__ = ["bokeh"]


def bokeh(module: str) -> Any:
    """Return a module of Bokeh, such as ``"models"``.

    Raises
    ------
    MissingExtraError
        Bokeh is not installed.
    """
    try:
        return importlib.import_module(f"bokeh.{module}")
    except ImportError as error:
        raise MissingExtraError("pictures and pages need Bokeh: pip install 'train-embeddings[report]'") from error
