"""What do several workers cost in quality, and how many bytes do they send?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.lib.bounds import NONE
from benchmarks.lib.corpus import TextSource
from benchmarks.lib.options import option, positive
from benchmarks.lib.report import Section
from benchmarks.lib.scoring import STANDARD_SETS, load, score
from embed.config.presets import resolve
from embed.corpora import TextCorpus
from embed.text.encoding import encode
from embed.training.backends.crew import Handle, LocalCrew
from embed.training.trainer import Trainer

MODELS: dict[str, dict[str, Any]] = {
    "skip-gram": {"objective": "sg"},
    "cbow": {"objective": "cbow"},
    "n-grams": {"objective": "sg", "subword": True},
    "default": {},
}
_DEFINITIONS = (
    "All workers are trained one after the other in this process, with the code of a cluster (--cluster simulate).",
    "S: tokens of a worker between two merges. Scores in percent points, with the range over seeds.",
    "bytes: what a worker sends a token, the changes to their owners and the merged rows to all.",
)


@dataclass(frozen=True)
class Settings:
    """What to measure."""

    sets: Sequence[tuple[str, str]] = option(tuple(STANDARD_SETS), "more test sets", metavar="[NAME=]PATH")
    models: Sequence[str] = option(("skip-gram", "cbow"), "what to train", choices=tuple(MODELS))
    workers: Sequence[int] = option((1, 4, 16), "numbers of workers", type=positive)
    between: int | None = option(None, "tokens of a worker between two merges (default: as the package chooses)")
    seeds: int = option(3, "runs of each")
    dim: int = option(100, "length of the vectors")
    top: int = option(30_000, "words that answer analogies")


class _Counting(LocalCrew):
    """Counts the bytes that workers would send to others."""

    sent = 0

    def call(self, worker: int, method: str, *arguments: Any, results: int = 1) -> list[Handle]:
        found = super().call(worker, method, *arguments, results=results)
        if method in ("lanes.changes", "lanes.merge"):
            for owner, changes in enumerate(found):  # a worker for each lane, so each owns the part with its number
                size = sum(rows.nbytes + values.nbytes for rows, values in changes.values())
                self.sent += size * (owner != worker) if method == "lanes.changes" else size * (len(self.members) - 1)
        return found


def run(source: TextSource, settings: Settings) -> Section:
    """Train with each number of workers and score."""
    tests = load(settings.sets)
    rows: list[tuple[str, ...]] = []
    data: dict[str, Any] = {}
    with encode(TextCorpus(source.text(None).path), min_count=5) as text:
        size = text.vocabulary.total, len(text.vocabulary)
        for model in settings.models:
            for workers in settings.workers:
                found, sent = [], 0.0
                for seed in range(1, settings.seeds + 1):
                    own = {"workers": workers, "merge_tokens": settings.between} if workers > 1 else {}
                    given = {"dim": settings.dim, "seed": seed, "threads": 1, **MODELS[model], **own}
                    crew = _Counting() if workers > 1 else None
                    trainer = Trainer(text, resolve(None, given, size), crew=crew)
                    vectors = trainer.run().vectors
                    found.append(score(vectors, tests, settings.top).figures)
                    sent = crew.sent / (text.tokens * trainer.config.epoch_count()) if crew else 0.0
                name = f"{model}, {workers}"
                data[name] = {"scores": found, "bytes": sent}
                rows.append(
                    (name, f"{sent:.0f}", *(_range([one[key] for one in found]) for key, _ in settings.sets), NONE)
                )
    head = ("model, workers", "bytes", *(name for name, _ in settings.sets), "least")
    return Section("cluster", "Several workers", _DEFINITIONS, head, tuple(rows), tuple(row[-1] for row in rows), data)


def _range(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{np.mean(known):.1f} ({min(known):.1f} to {max(known):.1f})" if known else "-"
