"""What a worker does to learn what a training run needs."""

from __future__ import annotations

from typing import Any

from benchmarks.memory_use import Sampler, peak_bytes, resident_bytes_of_files
from embed.config import TrainConfig
from embed.corpora import TextCorpus
from embed.text.encoding import encode
from embed.training.trainer import Trainer

__all__ = ["memory_ours"]


def memory_ours(*, path: str, config: dict[str, Any]) -> dict[str, Any]:
    """Encode, train, make the word vectors; return bytes."""
    settings = TrainConfig(**config)
    with Sampler() as sampler, encode(TextCorpus(path), min_count=settings.min_count) as encoded:
        trainer = Trainer(encoded, settings)
        model = trainer.run(progress=False)
        words = len(model.vectors)
        mapped = resident_bytes_of_files(encoded.directory)
        if mapped is None:  # after a whole pass every page has been read
            mapped = encoded.ids.nbytes + encoded.offsets.nbytes
        parameters = model.parameters
        return {
            "peak": peak_bytes(),
            "matrices": parameters.inputs.nbytes + parameters.outputs.nbytes,
            "mapped": mapped,
            "parts": dict(sampler.peaks),
            "words": words,
            "rows": len(parameters.inputs),
            "tokens": len(encoded.ids),
        }
