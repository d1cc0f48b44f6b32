"""What a training run needs besides its two matrices and the mapped corpus."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.lib import processes
from benchmarks.lib.bounds import NONE
from benchmarks.lib.contest import judged_cells
from benchmarks.lib.corpus import TextSource
from benchmarks.lib.machine import PARTS
from benchmarks.lib.options import option
from benchmarks.lib.processes import BenchmarkError, Job
from benchmarks.lib.report import Section
from benchmarks.programs import our_config

_HEAD = ("row", "rows + words", "peak", "matrices", "mapped", "rest", *PARTS, "at most", "hoped for", "")
_MEGA = 1e6
_STREAM = "stream"

DEFINITIONS = (
    "Million bytes of one process that encodes, trains for one epoch and makes the word vectors. stream: of one that "
    "counts and encodes so many made-up tokens from a pipe; what it needs does not grow with them.",
    "peak: largest resident size. matrices: input and output rows, padded. mapped: pages of the encoded corpus that "
    "are resident at the end; the system takes them back when it needs them. rest: peak less both.",
    "RssAnon, RssShmem, RssFile: the peak of each part of the resident size, sampled (Linux): private memory, shared "
    "memory without a file, pages of mapped files (libraries, the encoded corpus). They need not peak together.",
    "The rest holds the interpreter, the libraries, the vocabulary, and for subwords the composed word vectors.",
)


@dataclass(frozen=True)
class Settings:
    """How much to do; `tokens` None takes the whole text."""

    rows: Sequence[str] = option(("skip-gram", "subword", _STREAM), "(default: all)")
    tokens: int | None = option(None, "use the first so many tokens (default: all)")
    dim: int = option(100, "length of a vector")
    threads: int | None = option(None, "worker threads (default: all processors)")
    buckets: int = 2_000_000
    stream_words: int = 100_000
    stream_tokens: tuple[int, ...] = (50_000_000, 100_000_000, 200_000_000)
    judged: bool = True


def run(source: TextSource, settings: Settings) -> Section:
    """Measure."""
    text = source.text(settings.tokens)
    shape = {"buckets": settings.buckets, "dim": settings.dim, "threads": settings.threads, "epochs": 1}
    jobs: list[tuple[str, str, Job]] = []
    for name in settings.rows:
        if name == _STREAM:
            for tokens in settings.stream_tokens:
                made_up = {"words": settings.stream_words, "tokens": tokens, "threads": settings.threads}
                jobs.append((name, f"{name}, {tokens:,} tokens", Job("ours.stream", made_up)))
        else:
            config = our_config(subword=name == "subword", **shape)
            jobs.append((name, name, Job("ours.memory", {"path": str(text.path), "config": config})))
    rows, verdicts, results = [], [], {}
    for name, label, job in jobs:
        result = results[label] = processes.run(job)
        print(f"memory of {label}: {rest_of(result):,.0f} MB besides matrices and corpus", file=sys.stderr)
        cells, verdict = row_of(name, result, settings.judged)
        rows.append((label, *cells[1:]))
        verdicts.append(verdict)
    definitions = (*DEFINITIONS, f"Text: {text.description}.")
    title = f"Memory, dim {settings.dim}"
    return Section("memory", title, definitions, _HEAD, tuple(rows), tuple(verdicts), {"rows": results})


def rest_of(result: dict[str, Any]) -> float:
    """Return million bytes besides the matrices and the mapped corpus."""
    if result["peak"] is None:
        raise BenchmarkError("this system does not tell the peak of the resident size")
    return float(result["peak"] - result["matrices"] - result["mapped"]) / _MEGA


def row_of(name: str, result: dict[str, Any], judged: bool) -> tuple[tuple[str, ...], str]:
    """Return one row of the table, and its verdict."""
    rest, parts = rest_of(result), result["parts"]
    bounds, verdict = judged_cells("memory", name, rest, judged)
    sizes = [result[name] / _MEGA for name in ("peak", "matrices", "mapped")] + [rest]
    cells = (*(f"{size:,.0f}" for size in sizes), *(f"{parts[p] / _MEGA:,.0f}" if p in parts else NONE for p in PARTS))
    return (name, f"{result['rows']:,} + {result['words']:,}", *cells, *bounds), verdict
