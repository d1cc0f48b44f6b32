"""Declare the training parameters as keywords, for completion in editors and for type checkers.

A static checker cannot derive them from the fields of :class:`~embed.config.TrainConfig`, which have the help, bounds
and defaults; a test compares names and types (tests/config/test_train_config.py).
"""

from __future__ import annotations

from typing import TypedDict

from embed.choices import (
    Composition,
    ContextSide,
    Gradient,
    Loss,
    Objective,
    PhraseConnectors,
    PhraseDelimiter,
    PhraseScore,
    ScheduleName,
    TextErrors,
    WindowKind,
)

__all__ = ["TrainOverrides"]


class TrainOverrides(TypedDict, total=False):
    """Any fields of TrainConfig: ``**overrides: Unpack[TrainOverrides]``."""

    objective: Objective
    gradient: Gradient | None
    loss: Loss
    subword: bool
    min_n: int
    max_n: int
    buckets: int
    hash_count: int
    composition: Composition
    dim: int
    window: int
    window_kind: WindowKind
    context_side: ContextSide
    position_weights: bool
    structured: bool
    binary: bool
    code_bits: int
    max_norm: float | None
    senses: int
    sense_min_count: int
    negatives: int
    noise_exponent: float
    epochs: int | None
    lr: float | None
    input_lr: float | None
    min_lr: float | None
    schedule: ScheduleName
    warmup: float
    subsample: float | None
    held_out: float
    patience: int | None
    min_delta: float
    min_count: int | None
    max_vocab: int | None
    phrases: int
    phrase_score: PhraseScore
    phrase_threshold: float | None
    phrase_min_count: int
    phrase_delimiter: PhraseDelimiter
    phrase_max_pairs: int
    phrase_connectors: PhraseConnectors
    tokenizer: str
    lowercase: bool
    decode_errors: TextErrors
    postprocess: str
    tail_scale: float | None
    threads: int | None
    deterministic: bool
    workers: int | None
    lanes: int | None
    merge_tokens: int | None
    seed: int
