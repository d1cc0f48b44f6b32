"""How people write a length of time: ``90s``, ``5m``, ``1.5h``."""

from __future__ import annotations

import re

__all__ = ["seconds_of"]

_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def seconds_of(text: str) -> float | None:
    """Return the seconds, greater than zero, that `text` says; None if it says something else."""
    match = _DURATION.fullmatch(text)
    return None if match is None else float(match[1]) * _SECONDS[match[2]] or None
