"""What a worker does with our package: train, train and score, count and encode."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.clock import Clock
from benchmarks.scoring import load, score
from benchmarks.steps import STEPS
from embed.config import TrainConfig
from embed.corpora import TextCorpus
from embed.text.encoding import encode
from embed.training.trainer import Trainer

__all__ = ["encode_ours", "quality_ours", "train_ours"]


def train_ours(*, path: str, config: dict[str, Any]) -> dict[str, Any]:
    """Train and return the seconds of the training phase, as the trainer itself records them."""
    settings = TrainConfig(**config)
    started = time.perf_counter()
    with encode(TextCorpus(path), min_count=settings.min_count) as encoded:
        trainer = Trainer(encoded, settings)
        prepared = time.perf_counter() - started
        trainer.run(progress=False)
        return {
            "seconds": sum(record.seconds for record in trainer.history),
            "amount": len(encoded.ids) * settings.epoch_count(),
            "prepare_seconds": prepared,
            "words": len(encoded.vocabulary),
            "simd_path": trainer.provenance.simd_path,
        }


def quality_ours(
    *,
    path: str,
    encoded_dir: str,
    config: dict[str, Any],
    sets: list[list[str]],
    top: int,
    steps: list[str] | None = None,
) -> dict[str, Any]:
    """Train and score; the vectors after each of `steps` (see `steps.STEPS`) are scored as well."""
    settings = TrainConfig(**config)
    tests = load(sets)
    with encode(TextCorpus(path), min_count=settings.min_count, directory=encoded_dir) as encoded:
        with Clock() as clock:
            model = Trainer(encoded, settings).run(progress=False)
        return {
            **clock.times(),
            "amount": len(encoded.ids) * settings.epoch_count(),
            "words": len(encoded.vocabulary),
            "loss": model.history[-1].loss,
            **score(model.vectors, tests, top).to_dict(),
            "steps": {name: score(STEPS[name](model), tests, top).figures for name in steps or ()},
        }


def encode_ours(*, path: str, min_count: int, directory: str | None = None) -> dict[str, Any]:
    """Count and encode, into a directory that is kept or a temporary one."""
    started = time.perf_counter()
    with encode(TextCorpus(path), min_count=min_count, directory=directory) as encoded:
        return {"seconds": time.perf_counter() - started, "amount": encoded.raw_tokens}
