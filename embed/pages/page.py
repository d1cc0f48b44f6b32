"""Fill the templates of pages: styles and scripts in the page, data escaped, nothing from the network."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import embed
from embed.errors import MissingExtraError

__all__ = ["POLICY", "file_text", "template"]

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:"
)
"""The content security policy of a page in a file: it runs what it holds and loads nothing."""


@cache
def file_text(name: str) -> str:
    """Return a style sheet, a script or a template of this folder."""
    return files("embed.pages").joinpath(name).read_text(encoding="utf-8")


def template(name: str) -> Any:
    """Return a Jinja template of this folder, which escapes whatever is filled in.

    Raises
    ------
    MissingExtraError
        Jinja, which comes with Bokeh, is not installed.
    """
    try:
        import jinja2
    except ImportError as error:
        raise MissingExtraError("pages need Bokeh: pip install 'train-embeddings[report]'") from error
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.globals |= {
        "version": embed.__version__,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "raw": _raw,
    }
    return environment.from_string(file_text(name))


def _raw(text: str) -> Any:
    """Mark text as HTML of our own, which is not escaped."""
    from markupsafe import Markup

    return Markup(text)
