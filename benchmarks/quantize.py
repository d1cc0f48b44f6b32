"""What quantised vectors cost in scores: size and score before and after, for each method."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.lib.options import option
from benchmarks.lib.report import Section
from benchmarks.lib.scoring import STANDARD_SETS, load, score
from embed import formats
from embed.formats.quantized import save_quantized
from embed.vectors import WordVectors
from embed.vectors.pruning import prune_ngrams
from embed.vectors.quantize import quantizer

METHODS: dict[str, dict[str, str]] = {
    "int8": {"method": "int8"},
    "int8 by column": {"method": "int8", "scale": "column"},
    "pq": {"method": "pq"},
    "binary": {"method": "binary"},
}
"""Rows of the table: what `embed.vectors.quantize.quantizer` is told."""

DEFINITIONS = (
    "smaller: how often the file of the method fits into that of the float32 vectors (words and counts are in both), "
    "and the same of the numbers alone.",
    "Scores in percent points, and what they differ from those of the float32 vectors; analogies among the {top:,} "
    "most frequent words, similarity on the covered pairs.",
    "Of vectors with n-grams, the rows that no word of the vocabulary has are dropped by every method.",
)


@dataclass(frozen=True)
class Settings:
    """What to measure: `sets` are (name, source), see `scoring.load`."""

    vectors: str = option("", "a file in any format that can be read", required=True, metavar="PATH", type=str)
    sets: Sequence[tuple[str, str]] = option(tuple(STANDARD_SETS), "more test sets", metavar="[NAME=]PATH")
    top: int = option(30_000, "analogies among so many words")


def run(settings: Settings) -> Section:
    """Quantise, read back and score."""
    vectors = formats.load(settings.vectors)
    with tempfile.TemporaryDirectory(prefix="embed-benchmarks-") as folder:
        path = Path(folder) / "vectors.embed"
        before = _measured(path, lambda: formats.save(vectors, path), settings)
        pruned = vectors if vectors.subwords is None else prune_ngrams(vectors)
        rows = {"float32": before}
        for name, chosen in METHODS.items():
            rows[name] = _measured(path, _saver(pruned, path, chosen), settings)
    figures = [key for key in before if key not in ("file", "numbers")]
    return Section(
        "quantize",
        "Quantised vectors",
        tuple(sentence.format(top=settings.top) for sentence in DEFINITIONS),
        ("method", "MB", "file smaller", "numbers smaller", *figures),
        tuple(_row(name, measured, before, figures) for name, measured in rows.items()),
        data={"vectors": settings.vectors, "rows": rows},
    )


def _saver(vectors: WordVectors, path: Path, chosen: dict[str, str]) -> Callable[[], None]:
    return lambda: save_quantized(vectors, path, quantizer(**chosen))


def _measured(path: Path, save: Callable[[], None], settings: Settings) -> dict[str, float | None]:
    """Return the size of the file and of the numbers in it, and the scores of what is read from it."""
    save()
    sizes = formats.native.array_bytes(path)
    numbers = sum(size for name, size in sizes.items() if not name.startswith(("words.", "counts")))
    figures = score(formats.load(path), load(settings.sets), settings.top).figures
    return {"file": float(path.stat().st_size), "numbers": float(numbers), **figures}


def _row(
    name: str, measured: dict[str, float | None], before: dict[str, float | None], figures: Sequence[str]
) -> tuple[str, ...]:
    cells = [name, f"{(measured['file'] or 0) / 1e6:.1f}"]
    for size in ("file", "numbers"):
        cells.append(f"{(before[size] or 0) / (measured[size] or 1):.2f}")
    for figure in figures:
        value, old = measured[figure], before[figure]
        if value is None or old is None:
            cells.append("-")
        else:
            cells.append(f"{value:.2f}" if measured is before else f"{value:.2f} ({value - old:+.2f})")
    return tuple(cells)
