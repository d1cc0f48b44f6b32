"""What the numbers were measured on; without it they mean nothing a week later."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["LoadWatch", "describe"]

_DISTRIBUTIONS = ("train-embeddings", "numpy", "scipy", "gensim", "fasttext-community")


def describe() -> dict[str, str]:
    """Return processor, SIMD path, load, system and versions, by name."""
    from embed.config import TrainConfig
    from embed.engine.machine import simd_path

    facts = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _processor(),
        "processors usable": str(TrainConfig().thread_count()),
        "SIMD path": simd_path(),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
    }
    if hasattr(os, "getloadavg"):
        facts["load average before"] = f"{os.getloadavg()[0]:.2f}"
    for name in _DISTRIBUTIONS:
        try:
            facts[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            facts[name] = "not installed"
    return facts


class LoadWatch:
    """Remembers how busy the machine was: figures from a machine that others use at the same time say little."""

    def __init__(self) -> None:
        self._seen: list[float] = []

    def look(self) -> None:
        """Take down the load average of the last minute, where the system tells it."""
        if hasattr(os, "getloadavg"):
            self._seen.append(os.getloadavg()[0])

    def sentences(self) -> list[str]:
        """Return what a reader must know of it: nothing, or one sentence."""
        if not self._seen:
            return []
        low, high = min(self._seen), max(self._seen)
        return [
            f"Load average after each row: {low:.1f} to {high:.1f} on {os.cpu_count()} processors; the benchmarks "
            "alone make 1 to 2."
        ]


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
