"""Whether the machine gives as many processors as it shows: a host that others share takes one away now and then.

Two threads then run like one, for seconds or minutes, and nothing in the guest tells of it. So a loop is timed alone,
and side by side with itself.
"""

from __future__ import annotations

import subprocess
import sys
import time

__all__ = ["are_given", "wait_for"]

_LOOP = "import time\nt = time.perf_counter()\nfor _ in range(6_000_000): pass\nprint(time.perf_counter() - t)"
_LEAST_SPEED = 0.85
"""Of each loop side by side, over one alone."""
_PATIENCE, _PAUSE = 60.0, 2.0
"""Seconds to wait for the processors, and between two looks."""


def are_given(processors: int) -> bool:
    """Tell whether so many processors run at full speed at once; one always does."""
    return processors == 1 or _seconds(1) / _seconds(processors) >= _LEAST_SPEED


def wait_for(processors: int) -> bool:
    """Wait until so many processors are given; returns whether they are, after a minute at most."""
    started = time.monotonic()
    while not are_given(processors):
        if time.monotonic() - started > _PATIENCE:
            return False
        time.sleep(_PAUSE)
    return True


def _seconds(loops: int) -> float:
    """Return how long the slowest of some loops takes that run at once."""
    started = [
        subprocess.Popen([sys.executable, "-S", "-c", _LOOP], stdout=subprocess.PIPE, text=True) for _ in range(loops)
    ]
    return max(float(process.communicate()[0]) for process in started)
