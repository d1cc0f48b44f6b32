"""What the machine offers, as far as it tells: SIMD path, the kind of memory pages, and how much memory is free."""

from __future__ import annotations

import os
import re
from pathlib import Path

from embed.engine import _kernels
from embed.errors import ConfigError

__all__ = ["SIMD_VARIABLE", "available_memory", "huge_pages", "simd_path"]

SIMD_VARIABLE = "EMBED_SIMD"

_HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")
_MEMORY = Path("/proc/meminfo")
_MEANINGS = {"always": "yes", "madvise": "yes, where asked for, as the matrices do", "never": "no"}


def simd_path() -> str:
    """Return the SIMD path in use: the best this processor has, or the one named in the variable EMBED_SIMD.

    Raises
    ------
    ConfigError
        If EMBED_SIMD names a path that this processor does not have.
    """
    paths = _kernels.simd_paths()
    wanted = os.environ.get(SIMD_VARIABLE)
    if not wanted:
        return str(paths[0])
    if wanted not in paths:
        raise ConfigError(f"{SIMD_VARIABLE} is {wanted!r}, but this processor can run only {', '.join(paths)}")
    return wanted


def huge_pages(text: str | None = None) -> str:
    """Return in words whether the matrices get huge pages; `text` stands in for what the Linux kernel says."""
    if text is None:
        text = _read(_HUGE_PAGES)
    chosen = re.search(r"\[(\w+)\]", text)
    return _MEANINGS.get(chosen[1], chosen[1]) if chosen else "unknown"


def available_memory(text: str | None = None) -> int | None:
    """Return the bytes that programs can still have, or None where the system does not tell (all but Linux)."""
    if text is None:
        text = _read(_MEMORY)
    found = re.search(r"^MemAvailable:\s*(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
