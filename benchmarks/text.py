"""How fast text and vectors are handled, on one thread: counting and encoding, writing and reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.contest import Contest, section_of
from benchmarks.corpus import TextSource
from benchmarks.processes import Job
from benchmarks.processes import run as run_job
from benchmarks.report import Section

__all__ = ["ROWS", "TextSettings", "run"]

ROWS = ("encode", "write", "read")

_MIN_COUNT = 5

DEFINITIONS = (
    "encode: tokens of the text per second. Ours counts, writes the encoded corpus and orders the vocabulary; gensim's "
    "`scan_vocab` only counts.",
    "write, read: numbers per second in word2vec's text format, made-up vectors. Both read the file that ours wrote.",
)


@dataclass(frozen=True)
class TextSettings:
    """How much to do; `words` and `dim` are those of the made-up vectors."""

    rows: Sequence[str] = ROWS
    runs: int = 5
    tokens: int = 5_000_000
    words: int = 50_000
    dim: int = 100
    judged: bool = True


def run(source: TextSource, settings: TextSettings) -> Section:
    """Measure."""
    text = source.text(settings.tokens)
    folder = text.path.parent
    shape = {"words": settings.words, "dim": settings.dim}
    ours, theirs = str(folder / "ours.txt"), str(folder / "gensim.txt")
    scan = {"path": str(text.path), "min_count": _MIN_COUNT}
    rows = {
        "encode": (Job("encode_ours", scan), Job("scan_gensim", scan)),
        "write": (Job("write_ours", {"path": ours, **shape}), Job("write_gensim", {"path": theirs, **shape})),
        "read": (Job("read_ours", {"path": ours}), Job("read_gensim", {"path": ours})),
    }
    if "read" in settings.rows:
        run_job(rows["write"][0])  # the file to read
    return section_of(
        "text",
        "Text and vector files, 1 thread",
        [*DEFINITIONS, f"Text: {text.description}. Vectors: {settings.words:,} words x {settings.dim}."],
        [Contest(name, "gensim", *rows[name], "gensim") for name in settings.rows],
        settings.runs,
        judged=settings.judged,
    )
