"""What the system says about the memory of this process.

Linux splits the resident pages: anonymous ones (heap, private maps), shared ones without a file, and pages of
mapped files (libraries, the encoded corpus), which the system takes back when it needs them. Elsewhere there is
only the peak.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import TracebackType

__all__ = ["PARTS", "Sampler", "peak_bytes", "resident_bytes_of_files", "status_bytes"]

PARTS = ("RssAnon", "RssShmem", "RssFile")

_STATUS, _MAPS = Path("/proc/self/status"), Path("/proc/self/smaps")
_KILO = 1024
_SAMPLE_SECONDS = 0.02


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
    """Looks at the parts of the resident size every so often; a context manager.

    Attributes
    ----------
    peaks : dict
        The largest value of each of `PARTS` seen so far, in bytes; empty where the system does not tell.
    """

    def __init__(self) -> None:
        self.peaks: dict[str, int] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while True:
            self._look()
            if self._end.wait(_SAMPLE_SECONDS):
                return

    def _look(self) -> None:
        now = status_bytes()
        for part in PARTS:
            if part in now:
                self.peaks[part] = max(self.peaks.get(part, 0), now[part])

    def __enter__(self) -> Sampler:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()
        self._look()
