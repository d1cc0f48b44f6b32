"""What a training run needs besides its two matrices and the mapped corpus."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import processes
from benchmarks.corpus import TextSource
from benchmarks.floors import FLOOR_DIM, floor_of
from benchmarks.memory_use import PARTS
from benchmarks.processes import Job
from benchmarks.programs import our_config
from benchmarks.report import Section

__all__ = ["ROWS", "MemorySettings", "cells", "rest_of", "run"]

ROWS = ("skip-gram", "subword")
_HEAD = ("row", "rows + words", "peak", "matrices", "mapped", "rest", *PARTS, "floor", "verdict")
_MEGA = 1e6
_NONE = "-"

DEFINITIONS = (
    "Million bytes of one process that encodes, trains for one epoch and makes the word vectors.",
    "peak: largest resident size. matrices: input and output rows, padded. mapped: pages of the encoded corpus that "
    "are resident at the end; the system takes them back when it needs them. rest: peak less both.",
    "RssAnon, RssShmem, RssFile: the peak of each part of the resident size, sampled (Linux): private memory, shared "
    "memory without a file, pages of mapped files (libraries, the encoded corpus). They need not peak together.",
    "The rest holds the interpreter, the libraries, the vocabulary, and for subwords the composed word vectors.",
)


@dataclass(frozen=True)
class MemorySettings:
    """How much to do; `tokens` None takes the whole text."""

    rows: Sequence[str] = ROWS
    tokens: int | None = None
    dim: int = FLOOR_DIM
    buckets: int = 2_000_000
    threads: int | None = None
    judged: bool = True


def run(source: TextSource, settings: MemorySettings) -> Section:
    """Measure."""
    text = source.text(settings.tokens)
    results = {}
    for row in settings.rows:
        results[row] = processes.run(_job(row, str(text.path), settings))
        print(f"memory of {row}: {rest_of(results[row]):,.0f} MB besides the matrices and the corpus", file=sys.stderr)
    rows = tuple(cells(row, result, settings.judged) for row, result in results.items())
    return Section(
        "memory",
        f"Memory, dim {settings.dim}",
        (*DEFINITIONS, f"Text: {text.description}."),
        _HEAD,
        rows,
        tuple(row[-1] for row in rows),
        {"rows": results},
    )


def rest_of(result: dict[str, Any]) -> float:
    """Return million bytes besides the matrices and the mapped corpus."""
    if result["peak"] is None:
        raise processes.BenchmarkError("this system does not tell the peak of the resident size")
    return float(result["peak"] - result["matrices"] - result["mapped"]) / _MEGA


def cells(row: str, result: dict[str, Any], judged: bool) -> tuple[str, ...]:
    """Return one row of the table."""
    rest = rest_of(result)
    floor = floor_of("memory", row, "rest") if judged else None
    parts = result["parts"]
    return (
        row,
        f"{result['rows']:,} + {result['words']:,}",
        *(_millions(result[name]) for name in ("peak", "matrices", "mapped")),
        f"{rest:,.0f}",
        *(_millions(parts[part]) if part in parts else _NONE for part in PARTS),
        *((_NONE, _NONE) if floor is None else (str(floor), floor.verdict(rest))),
    )


def _job(row: str, path: str, settings: MemorySettings) -> Job:
    config = our_config(
        subword=row == "subword",
        buckets=settings.buckets,
        dim=settings.dim,
        epochs=1,
        threads=settings.threads,
    )
    return Job("memory_ours", {"path": path, "config": config})


def _millions(size: int) -> str:
    return f"{size / _MEGA:,.0f}"
