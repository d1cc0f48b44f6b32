"""Starts a worker in a fresh process and reads what it prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

from benchmarks.installed import TREE

__all__ = ["BenchmarkError", "Job", "parse_result", "run"]

# Linear algebra libraries start a thread per processor unless told otherwise; the threads under test are ours to set.
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")
_SHOWN_LINES = 8


class BenchmarkError(RuntimeError):
    """A measurement could not be taken."""


@dataclass(frozen=True)
class Job:
    """What a worker is to do: a name from `worker.JOBS`, and its JSON-able arguments."""

    name: str
    settings: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the request as the worker reads it."""
        return json.dumps({"job": self.name, "settings": self.settings})


def run(job: Job) -> dict[str, Any]:
    """Do a job in a fresh process and return its result; raises BenchmarkError if it fails."""
    environment = {**os.environ, **dict.fromkeys(_THREAD_VARIABLES, "1")}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.worker", job.to_json()],
        cwd=TREE,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stderr.strip().splitlines()[-_SHOWN_LINES:])
        raise BenchmarkError(f"{job.name} failed with status {done.returncode}:\n{tail}")
    return parse_result(job.name, done.stdout)


def parse_result(name: str, output: str) -> dict[str, Any]:
    """Return the result in a worker's output, one JSON object; raises BenchmarkError for anything else."""
    try:
        result = json.loads(output)
    except ValueError:
        result = None
    if not isinstance(result, dict):
        raise BenchmarkError(f"{name} printed {output[:200]!r} instead of one JSON object")
    return result
