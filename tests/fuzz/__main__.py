"""Fuzz the readers: ``python -m tests.fuzz [--seconds TOTAL] [--findings FOLDER] [TARGET ...]``.

Each target runs in a process of its own with an equal share of the time, guided by coverage where atheris is
installed, else by mutation alone. A finding is kept as a file; the exit code is 1 if there is one. One line a target
says how many inputs were tried.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

MOST_BYTES, MOST_SECONDS, MOST_MEGABYTES = 8192, 25, 2048
"""Of one input: its size, the time it may take, and the memory (of the whole process) it may take."""
_RUNS = re.compile(r"(?:stat::number_of_executed_units:|tried)\s+(\d+)")


def main() -> int:
    """Run all targets, or those that are asked for."""
    from tests.fuzz.targets import TARGETS

    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz every reader.")
    parser.add_argument("targets", nargs="*", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=600, help="in all (default: 600)")
    parser.add_argument("--findings", type=Path, default=Path("build/fuzz"), help="where findings go")
    arguments = parser.parse_args()
    chosen = arguments.targets or list(TARGETS)
    if unknown := set(chosen) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    arguments.findings.mkdir(parents=True, exist_ok=True)
    share = max(1, round(arguments.seconds / len(chosen)))
    tried = failed = 0
    for name in chosen:
        runs, findings = _in_own_process(name, share, arguments.findings)
        tried, failed = tried + runs, failed + len(findings)
        print(f"{name}: {runs:,} inputs in {share} s, {len(findings)} findings", *findings, flush=True)
    guided = "guided by coverage" if find_spec("atheris") else "by mutation alone (atheris is not installed)"
    print(f"all: {tried:,} inputs, {failed} findings, {guided}")
    return 1 if failed else 0


def _in_own_process(name: str, seconds: int, findings: Path) -> tuple[int, list[str]]:
    """Return how many inputs were tried, and the files of the findings."""
    before = set(findings.glob(f"{name}-*"))
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.worker" if find_spec("atheris") else "tests.fuzz.mutate",
        name,
        str(seconds),
    ]
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        done = subprocess.run(
            [*command, str(findings), scratch],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    (findings / f"{name}.log").write_text(done.stdout, encoding="utf-8")
    runs = max((int(number) for number in _RUNS.findall(done.stdout)), default=0)
    new = sorted(str(path) for path in set(findings.glob(f"{name}-*")) - before)
    if done.returncode and not new:
        new = [f"(see {findings / name}.log)"]
    return runs, new


def save_finding(data: bytes, name: str, findings: Path) -> Path:
    """Keep an input under a name that its content decides."""
    path = findings / f"{name}-{hashlib.sha1(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return path


if __name__ == "__main__":
    sys.exit(main())
