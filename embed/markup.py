"""Make the static HTML that notebooks show of an object: text, tables and charts, without a script or a style sheet.

Words, names and titles are untrusted. Everything that becomes HTML goes through `escaped`, and the type `Html` marks
the result. Colours are those of the surrounding text (``currentColor``), so that it can be read on light and dark.
"""

from __future__ import annotations

import html
from typing import NewType

from embed.messages import printable

__all__ = ["Html", "escaped", "line", "panel", "progress_bar"]

Html = NewType("Html", str)
"""Text that is safe inside HTML."""

_PANEL = "font-size:90%;line-height:1.5;max-width:60em;overflow-x:auto"


def escaped(text: object, limit: int | None = None) -> Html:
    """Return any text as HTML in one line, cut as `printable` does."""
    return Html(html.escape(printable(str(text), limit)))


def line(*parts: Html) -> Html:
    """Return a line of a panel."""
    return Html(f"<div>{''.join(parts)}</div>")


def panel(*parts: Html) -> Html:
    """Return the parts one below the other."""
    return Html(f'<div style="{_PANEL}">{"".join(parts)}</div>')


def progress_bar(share: float | None) -> Html:
    """Return a bar that is filled to a share; None shows that the end is not known."""
    value = "" if share is None else f' value="{share:.4f}" max="1"'
    return Html(f'<progress style="width:100%;max-width:30em"{value}></progress>')
