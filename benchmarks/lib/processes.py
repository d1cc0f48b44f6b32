"""Does a job in a fresh process and reads what it prints, one JSON object.

A job is a function of `benchmarks.programs`: "ours.rate" is ``rate`` in ``programs/ours.py``. A peer is imported in the
process that measures it, and nowhere else.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import Any

from benchmarks.installed import TREE, prefer_installed_embed

# Linear algebra libraries start a thread per processor unless told otherwise; the threads under test are ours to set.
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")
_SHOWN_LINES = 8


class BenchmarkError(RuntimeError):
    """A measurement could not be taken."""


@dataclass(frozen=True)
class Job:
    """What a process is to do: "PROGRAM.FUNCTION", and its JSON-able arguments."""

    name: str
    settings: dict[str, Any] = field(default_factory=dict)


def run(job: Job) -> dict[str, Any]:
    """Do a job in a fresh process and return its result; raises BenchmarkError if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.lib.processes", job.name, json.dumps(job.settings)],
        cwd=TREE,
        env={**os.environ, **dict.fromkeys(_THREAD_VARIABLES, "1")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stderr.strip().splitlines()[-_SHOWN_LINES:])
        raise BenchmarkError(f"{job.name} failed with status {done.returncode}:\n{tail}")
    return parse_result(job.name, done.stdout)


def parse_result(name: str, output: str) -> dict[str, Any]:
    """Return the result that a process printed, one JSON object; raises BenchmarkError for anything else."""
    try:
        result = json.loads(output)
    except ValueError:
        result = None
    if not isinstance(result, dict):
        raise BenchmarkError(f"{name} printed {output[:200]!r} instead of one JSON object")
    return result


def _do(name: str, settings: str) -> None:
    """Be the fresh process: whatever a job or a library prints goes to standard error."""
    prefer_installed_embed()
    from benchmarks.lib.machine import peak_bytes

    module, _, function = name.partition(".")
    with redirect_stdout(sys.stderr):
        result = getattr(importlib.import_module(f"benchmarks.programs.{module}"), function)(**json.loads(settings))
    print(json.dumps({**result, "peak_rss": peak_bytes()}, allow_nan=False), flush=True)


if __name__ == "__main__":
    _do(*sys.argv[1:])
