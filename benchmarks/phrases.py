"""How fast phrases are learnt and joined, on one thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.contest import Contest, section_of
from benchmarks.corpus import TextSource
from benchmarks.processes import Job
from benchmarks.report import Section

__all__ = ["ROWS", "PhraseBenchmark", "run"]

ROWS = ("learn", "join")

DEFINITIONS = (
    "One pass, the defaults of both, which are the same. learn: tokens of the file per second, up to a model that is "
    "ready to be applied (gensim: read by `LineSentence`, frozen). join: tokens per second of applying it to sentences "
    "that are lists of str in memory, to new lists.",
)


@dataclass(frozen=True)
class PhraseBenchmark:
    """How much to do."""

    rows: Sequence[str] = ROWS
    runs: int = 5
    tokens: int = 3_000_000
    judged: bool = True


def run(source: TextSource, settings: PhraseBenchmark) -> Section:
    """Measure."""
    text = source.text(settings.tokens)
    given = {"path": str(text.path)}
    return section_of(
        "phrases",
        "Phrases, 1 thread",
        [*DEFINITIONS, f"Text: {text.description}."],
        [
            Contest(name, "gensim", Job(f"{name}_ours", given), Job(f"{name}_gensim", given), "gensim")
            for name in settings.rows
        ],
        settings.runs,
        judged=settings.judged,
    )
