"""Compiles peak.c with the compiler of the system: what one core could do at best on a SIMD path."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

from benchmarks.lib.processes import BenchmarkError

_SOURCE = Path(__file__).with_name("peak.c")
_PATHS: dict[str, tuple[int, tuple[str, ...]]] = {
    "avx512": (16, ("-mavx512f", "-mfma")),
    "avx2": (8, ("-mavx2", "-mfma")),
    "neon": (4, ()),
}
"""SIMD path -> (floats a vector, compiler flags)."""


def compiler() -> str | None:
    """Return the path of a C compiler, or None."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def build(folder: Path, path: str) -> Path:
    """Compile for a SIMD path; raises BenchmarkError where there is no compiler or no such path."""
    command = compiler()
    if command is None or path not in _PATHS:
        raise BenchmarkError(
            f"the multiply-add peak of {path} on {platform.machine()} needs a C compiler that knows it"
        )
    lanes, flags = _PATHS[path]
    program = folder / f"peak-{path}"
    options = ["-O2", "-std=gnu11", "-ffp-contract=fast", f"-DLANES={lanes}", *flags]
    done = subprocess.run(
        [command, *options, "-o", str(program), str(_SOURCE)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchmarkError(f"{_SOURCE.name} does not compile: {done.stderr.strip()[:300]}")
    return program


def measure(program: str | Path) -> tuple[float, float]:
    """Run it; return (floating-point operations, seconds)."""
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    try:
        flops, seconds = map(float, done.stdout.split())
    except ValueError as error:
        raise BenchmarkError(f"{program} ended with status {done.returncode} and printed {done.stdout!r}") from error
    return flops, seconds
