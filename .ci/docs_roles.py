"""A hook of mkdocs: docstrings have Sphinx's roles, as in ``:func:`embed.train```; the site shows only the name."""

from __future__ import annotations

import re
from typing import Any

ROLE = re.compile(r":(?:class|func|meth|mod|attr|data|exc):<code>(~?)([^<]*)</code>")


def on_page_content(html: str, **_: Any) -> str:
    """Return the page without roles; after a ``~`` only the last part of a dotted name is left, as Sphinx has it."""
    return ROLE.sub(lambda role: f"<code>{role[2].rpartition('.')[2] if role[1] else role[2]}</code>", html)
