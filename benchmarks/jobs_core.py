"""What a worker does with our trainer over a corpus that is already encoded, and with the bare processor."""

from __future__ import annotations

import os
import time
from typing import Any

from benchmarks import peak
from benchmarks.memory_use import peak_bytes
from embed import formats
from embed.config import TrainConfig
from embed.engine.machine import SIMD_VARIABLE
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.made_up import zipf_corpus
from embed.training.train import train
from embed.training.trainer import Trainer

__all__ = ["all_in_ours", "flops_ours", "memory_zipf", "peak_core", "rate_ours", "rate_zipf"]

_COUNTING_DIM = 16
_FLOPS = 6
"""A pair of vectors needs three multiply-adds a number: the score, and the update of either side."""


def _rate(encoded: EncodedCorpus, settings: TrainConfig) -> tuple[dict[str, Any], Trainer]:
    """Train; return the seconds of the epochs as the trainer records them, and the tokens."""
    trainer = Trainer(encoded, settings)
    trainer.run(progress=False)
    result = {
        "seconds": sum(record.seconds for record in trainer.history),
        "amount": len(encoded.ids) * settings.epoch_count(),
        "words": len(encoded.vocabulary),
        "loss": trainer.history[-1].loss,
        "simd_path": trainer.provenance.simd_path,
    }
    return result, trainer


def rate_ours(*, directory: str, config: dict[str, Any], simd: str | None = None) -> dict[str, Any]:
    """Train on an encoded corpus, on a SIMD path of choice."""
    if simd is not None:
        os.environ[SIMD_VARIABLE] = simd
    with EncodedCorpus.open(directory) as encoded:
        return _rate(encoded, TrainConfig(**config))[0]


def rate_zipf(*, words: int, tokens: int, config: dict[str, Any]) -> dict[str, Any]:
    """Train on made-up tokens."""
    with zipf_corpus(words, tokens) as encoded:
        return _rate(encoded, TrainConfig(**config))[0]


def flops_ours(*, directory: str, config: dict[str, Any]) -> dict[str, Any]:
    """Train; the amount is the floating-point operations that the vectors of one epoch need, padding not counted.

    Skip-gram: pairs x (negatives + 1) x 6 dim. CBOW: windows x (negatives + 1) x 6 dim, and 2 dim for each
    context (one addition into the mean, one of the update). The contexts are the pairs of a skip-gram run with the
    same seed.
    """
    settings = TrainConfig(**{**config, "epochs": 1})
    with EncodedCorpus.open(directory) as encoded:
        result, trainer = _rate(encoded, settings)
        flops = trainer.examples * (settings.negatives + 1) * _FLOPS * settings.dim
        if settings.objective == "cbow":
            counting = settings.replace(objective="sg", dim=_COUNTING_DIM)
            flops += _rate(encoded, counting)[1].examples * 2 * settings.dim
    return {**result, "tokens": result["amount"], "examples": trainer.examples, "amount": flops}


def peak_core(*, program: str) -> dict[str, Any]:
    """Run the compiled loop of multiply-adds."""
    flops, seconds = peak.measure(program)
    return {"amount": int(flops), "seconds": seconds}


def all_in_ours(*, path: str, output: str, config: dict[str, Any]) -> dict[str, Any]:
    """Text file to saved vectors, in word2vec's text format."""
    started = time.perf_counter()
    model = train(path, TrainConfig(**config), progress=False)
    formats.save(model.vectors, output)
    seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "amount": model.provenance.tokens * model.config.epoch_count(),
        "words": len(model.vocabulary),
    }


def memory_zipf(*, words: int, tokens: int, config: dict[str, Any]) -> dict[str, Any]:
    """Train on made-up tokens; return bytes."""
    with zipf_corpus(words, tokens) as encoded:
        result, trainer = _rate(encoded, TrainConfig(**config))
        parameters = trainer.parameters
        return {
            **result,
            "peak": peak_bytes(),
            "matrices": parameters.inputs.nbytes + parameters.outputs.nbytes,
            "mapped": encoded.ids.nbytes + encoded.offsets.nbytes,
        }
