"""How long until the package answers: ``--help`` and ``import embed``, beside a bare interpreter and NumPy.

The programs take turns, each in a fresh process, so that a busy machine slows all of them alike.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

from benchmarks.installed import TREE
from benchmarks.lib.options import option
from benchmarks.lib.processes import BenchmarkError
from benchmarks.lib.report import Section

PROGRAMS = {
    "bare interpreter": ("-c", "pass"),
    "import embed": ("-c", "import embed"),
    "train-embeddings --help": ("-m", "embed", "--help"),
    "import numpy": ("-c", "import numpy"),
}


@dataclass(frozen=True)
class Settings:
    """How often each program is started."""

    runs: int = option(9, "starts of each program")


def run(settings: Settings) -> Section:
    """Start every program, in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(settings.runs):
        for name, arguments in PROGRAMS.items():
            started = time.perf_counter()
            done = subprocess.run([sys.executable, *arguments], cwd=TREE, capture_output=True, text=True, check=False)
            seconds[name].append(time.perf_counter() - started)
            if done.returncode:
                raise BenchmarkError(f"{name} failed with status {done.returncode}: {done.stderr.strip()[-200:]}")
    rows = tuple(
        (name, f"{1e3 * statistics.median(taken):.0f}", f"{1e3 * min(taken):.0f}", f"{1e3 * max(taken):.0f}")
        for name, taken in seconds.items()
    )
    return Section(
        name="startup",
        title="Start-up",
        definitions=(f"Milliseconds of wall clock from start to exit of a process, {settings.runs} runs in turn.",),
        head=("program", "median", "least", "most"),
        rows=rows,
        data={"seconds": seconds},
    )
