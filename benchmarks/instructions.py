"""Instructions a token, counted by callgrind: a guard against regressions that no load of the machine can disturb.

A count is the same on every run, but belongs to a SIMD path (callgrind knows none beyond AVX2) and to a compiler: it is
judged only beside a record of the same two. It says nothing about caches, so a better time may cost more of them.

Rejected: ``perf stat`` (no counters in most virtual machines, and it counts the interpreter's start as well).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.installed import TREE
from benchmarks.instructions_run import CONFIGS
from benchmarks.lib.bounds import NONE, bound_of
from benchmarks.lib.options import option
from benchmarks.lib.processes import BenchmarkError
from benchmarks.lib.report import Section
from benchmarks.programs import peak
from embed.engine import _kernels
from embed.engine.machine import SIMD_VARIABLE
from embed.files.atomic import atomic_write_text

RECORD = Path(__file__).with_name("instructions.json")
_TOOL, _PATH = "valgrind", "avx2"
_FUNCTION = re.compile(rb"__pyx_pw_5embed_5_core_6Worker_\d+run(?=\0)")
"""Worker.run as Cython names it, by the order of the methods."""
_TOTALS = re.compile(r"^totals: (\d+)$", re.MULTILINE)
_SHOWN = 300

DEFINITIONS = (
    "Instructions of the training loop for each token of the corpus, before subsampling: {words:,} made-up words, "
    "{tokens:,} tokens, dim {dim}, one epoch, one thread, SIMD path {path}, counted by callgrind.",
    "change: against the record, which was made with: {recorded}. At most 3 % more are allowed; a deliberate change is "
    "recorded with --record.",
)


@dataclass(frozen=True)
class Settings:
    """What is counted; `record` makes the counts the new record."""

    words: int = 500
    tokens: int = 4_000
    dim: int = 100
    record: bool = option(False, "make these the record")


def available() -> bool:
    """Return whether instructions can be counted here."""
    return shutil.which(_TOOL) is not None and _PATH in _kernels.simd_names()


def run(settings: Settings) -> Section:
    """Count and compare; raises BenchmarkError without the tool."""
    if not available():
        raise BenchmarkError(f"counting instructions needs {_TOOL} and a processor with {_PATH}")
    counts = {name: total / settings.tokens for name, total in split(_totals(settings), tuple(CONFIGS)).items()}
    made = {
        "compiler": _compiler(),
        "settings": [settings.words, settings.tokens, settings.dim],
        "per_token": {name: round(count, 1) for name, count in counts.items()},
    }
    if settings.record:
        atomic_write_text(RECORD, json.dumps(made, indent=2) + "\n")
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else {}
    rows = compare(made, record)
    texts = {"words": settings.words, "tokens": settings.tokens, "dim": settings.dim, "path": _PATH}
    recorded = record.get("compiler", "nothing yet")
    return Section(
        "instructions",
        "Instructions a token",
        tuple(line.format(**texts, recorded=recorded) for line in DEFINITIONS),
        ("model", "instructions", "recorded", "change", "verdict"),
        rows,
        tuple(row[-1] for row in rows),
        {"rows": made},
    )


def compare(made: dict[str, Any], record: dict[str, Any]) -> tuple[tuple[str, ...], ...]:
    """Return the rows: model, count, recorded count, change, verdict; no verdict on another compiler or problem."""
    same = all(made[name] == record.get(name) for name in ("compiler", "settings"))
    bound = bound_of("instructions", "change")
    assert bound is not None
    rows = []
    for name, count in made["per_token"].items():
        recorded = record.get("per_token", {}).get(name)
        if recorded is None:
            rows.append((name, f"{count:,.0f}", NONE, NONE, NONE))
            continue
        change = 100 * (count / recorded - 1)
        verdict = bound.verdict(change) if same else NONE
        rows.append((name, f"{count:,.0f}", f"{recorded:,.0f}", f"{change:+.1f} %", verdict))
    return tuple(rows)


def split(totals: list[int], names: tuple[str, ...]) -> dict[str, int]:
    """Return the sum of each name's calls: all make the same number of them, one name after the other."""
    calls, rest = divmod(len(totals), len(names))
    if rest or not calls:
        raise BenchmarkError(
            f"callgrind saw {len(totals)} calls of the training loop, which {len(names)} models cannot share"
        )
    return {name: sum(totals[place * calls : (place + 1) * calls]) for place, name in enumerate(names)}


def _totals(settings: Settings) -> list[int]:
    """Return the instructions of each call of the core's training loop."""
    function = _function()
    problem = {"words": settings.words, "tokens": settings.tokens, "dim": settings.dim}
    with tempfile.TemporaryDirectory(prefix="embed-instructions-") as folder:
        command = [
            *(_TOOL, "--tool=callgrind", f"--callgrind-out-file={folder}/out"),
            *(f"--toggle-collect={function}", f"--dump-after={function}"),
            *(sys.executable, "-m", "benchmarks.instructions_run", json.dumps(problem)),
        ]
        environment = {**os.environ, SIMD_VARIABLE: _PATH, "PYTHONHASHSEED": "0"}
        print("counting instructions", file=sys.stderr)
        done = subprocess.run(command, cwd=TREE, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchmarkError(f"{_TOOL} failed with status {done.returncode}: {done.stderr.strip()[-_SHOWN:]}")
        profiles = sorted(Path(folder).glob("out.*"), key=lambda path: int(path.suffix[1:]))
        return [int(_TOTALS.findall(path.read_text(encoding="utf-8"))[-1]) for path in profiles]


def _function() -> str:
    from embed import _core

    found = _FUNCTION.search(Path(_core.__file__).read_bytes())
    if found is None:
        raise BenchmarkError(f"{_core.__file__} has no symbol for the training loop: it was stripped")
    return found[0].decode()


def _compiler() -> str:
    command = peak.compiler()
    if command is None:
        return "unknown"
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.partition("\n")[0].strip()
