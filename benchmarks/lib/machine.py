"""The machine under the benchmarks: what it is, how busy, and what it says of this process's time and memory."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PARTS = ("RssAnon", "RssShmem", "RssFile")
"""Of the resident size in Linux: private memory, shared memory without a file, pages of mapped files."""
_DISTRIBUTIONS = ("train-embeddings", "numpy", "scipy", "gensim", "fasttext-community")
_STATUS, _MAPS = Path("/proc/self/status"), Path("/proc/self/smaps")
_KILO = 1024
_SAMPLE_SECONDS = 0.02


def describe() -> dict[str, str]:
    """Return date, processor, SIMD path, load, system and versions, by name: figures mean nothing without them."""
    from embed.config import TrainConfig
    from embed.engine.machine import simd

    facts = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _processor(),
        "processors usable": str(TrainConfig().thread_count()),
        "SIMD path": simd(),
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


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


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
        span = f"{min(self._seen):.1f} to {max(self._seen):.1f} on {os.cpu_count()} processors"
        return [f"Load average after each row: {span}; the benchmarks alone make 1 to 2."]


class Clock:
    """A context manager that takes wall and processor seconds; all threads of the process count towards the latter."""

    def __enter__(self) -> Clock:
        self._started = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        wall, cpu = self._started
        self.seconds, self.cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu

    def times(self) -> dict[str, float]:
        """Return both, as a job reports them."""
        return {"seconds": self.seconds, "cpu_seconds": self.cpu_seconds}


def status_bytes(text: str | None = None) -> dict[str, int]:
    """Return the memory lines of /proc/self/status (or of `text`) in bytes; empty where there is none."""
    if text is None:
        text = _STATUS.read_text(encoding="utf-8") if _STATUS.is_file() else ""
    pairs = (line.split(":", 1) for line in text.splitlines() if line.endswith(" kB"))
    return {name: int(value.split()[0]) * _KILO for name, value in pairs}


def peak_bytes() -> int | None:
    """Return the largest resident size this process has had; None where the system does not tell."""
    peak = status_bytes().get("VmHWM")  # unlike getrusage it does not start from the parent's
    if peak is not None:
        return peak
    try:
        import resource
    except ImportError:
        return None
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * _KILO


def resident_bytes_of_files(folder: Path, text: str | None = None) -> int | None:
    """Return how much of the mapped files in `folder` is resident; None where the system does not tell."""
    if text is None:
        if not _MAPS.is_file():
            return None
        text = _MAPS.read_text(encoding="utf-8", errors="replace")
    total, inside = 0, False
    for line in text.splitlines():
        first = line.split(maxsplit=1)[0]
        if not first.endswith(":"):  # the head of a map: addresses, permissions, offset, device, inode, path
            fields = line.split(maxsplit=5)
            inside = len(fields) == 6 and Path(fields[5]).is_relative_to(folder)
        elif inside and first == "Rss:":
            total += int(line.split()[1]) * _KILO
    return total


class Sampler:
    """Looks at the `PARTS` of the resident size every so often and keeps the peak of each; a context manager."""

    def __init__(self) -> None:
        self.peaks: dict[str, int] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        self._look()
        while not self._end.wait(_SAMPLE_SECONDS):
            self._look()

    def _look(self) -> None:
        now = status_bytes()
        self.peaks.update({part: max(self.peaks.get(part, 0), now[part]) for part in PARTS if part in now})

    def __enter__(self) -> Sampler:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._end.set()
        self._thread.join()
        self._look()
