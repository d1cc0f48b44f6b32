"""Query the machine: instruction sets, huge pages, free memory."""

from __future__ import annotations

import os
import re
from pathlib import Path

from embed.engine import _kernels
from embed.errors import ConfigError

__all__ = ["SIMD_VARIABLE", "available_memory", "huge_pages", "simd"]

SIMD_VARIABLE = "EMBED_SIMD"

_HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")
_MEMORY = Path("/proc/meminfo")
_MEANINGS = {"always": "yes", "madvise": "yes, where asked for, as the matrices do", "never": "no"}


def simd() -> str:
    """Return the instruction set in use: the best of this processor, or that of the variable EMBED_SIMD.

    Raises
    ------
    ConfigError
        EMBED_SIMD names an instruction set that this processor lacks.
    """
    present = _kernels.simd_names()
    wanted = os.environ.get(SIMD_VARIABLE)
    if not wanted:
        return str(present[0])
    if wanted not in present:
        raise ConfigError(
            f"{SIMD_VARIABLE} is {wanted!r}, which this processor cannot run: set it to one of {', '.join(present)}"
        )
    return wanted


def huge_pages(text: str | None = None) -> str:
    """Describe whether the matrices get huge pages; `text` replaces the setting of the Linux kernel."""
    if text is None:
        text = _read(_HUGE_PAGES)
    chosen = re.search(r"\[(\w+)\]", text)
    return _MEANINGS.get(chosen[1], chosen[1]) if chosen else "unknown"


def available_memory(text: str | None = None) -> int | None:
    """Return the free memory in bytes, or None if unknown (except on Linux)."""
    if text is None:
        text = _read(_MEMORY)
    found = re.search(r"^MemAvailable:\s*(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
