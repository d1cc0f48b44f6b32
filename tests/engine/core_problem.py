"""A small random training problem for the tests of the core."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Literal

import numpy as np

from embed import _core
from embed.engine import _blocks, _kernels
from embed.engine.problem import (
    Matrices,
    Noise,
    Problem,
    Projection,
    RowFactors,
    Senses,
    Settings,
    Tags,
    Targets,
    Tokens,
    Units,
)
from embed.engine.reference import ReferenceWorker
from embed.vocabulary.huffman import HuffmanTree
from embed.vocabulary.sampling import alias_table, keep_probabilities, noise_distribution, thresholds

WORDS, BUCKETS, DOCUMENTS, DIM = 50, 30, 5, 20
# an empty sentence, one of one token, some that are a block or more long
SENTENCE_LENGTHS = (1, 2, 300, 0, 40, 7, _blocks.BLOCK_TOKENS, _blocks.BLOCK_TOKENS + 1)


def problem(
    *,
    subword: bool = False,
    seed: int = 0,
    subsample: float = 0.02,
    sentence_lengths: Sequence[int] = SENTENCE_LENGTHS,
    loss: Literal["ns", "hs", "both"] = "ns",
    negatives: int = 5,
    weighted: bool = False,
    factors: Literal["frozen", "between"] | None = None,
    sides: int = 1,
    sums: bool = False,
    most_tags: int = 0,
    most_senses: int = 0,
    noise_run: int = 1,
    noise_sentences: int = 1,
    bits: int = 0,
    **settings: Any,
) -> Problem:
    """Return a problem; `settings` are those of :class:`Settings`.

    Sentences have up to `most_tags` documents, which are projected to codes of `bits` bits; every second word has 2 to
    `most_senses` senses.
    """
    rng = np.random.default_rng(seed)
    offsets = np.cumsum([0, *sentence_lengths])
    ids = rng.integers(0, WORDS, offsets[-1])
    ids[ids > WORDS // 2] %= 5  # some words are frequent, so that contexts, targets and noise coincide
    counts = np.bincount(ids, minlength=WORDS) + 1
    sizes = 1 + rng.integers(0, 6, WORDS) if subword else np.ones(WORDS, np.int64)
    unit_offsets = np.concatenate([[0], np.cumsum(sizes)])
    rows = rng.integers(WORDS, WORDS + BUCKETS, unit_offsets[-1])
    rows[unit_offsets[:-1]] = np.arange(WORDS)
    noise = Noise(alias_table(noise_distribution(counts, 0.75)), negatives, 8, noise_run, noise_sentences)
    targets = Targets(
        WORDS,
        noise=None if loss == "hs" else noise,
        tree=None if loss == "ns" else HuffmanTree.from_counts(counts),
        sides=sides,
    )
    tags, count = None, WORDS + BUCKETS if subword else WORDS
    if most_tags:
        sizes = np.minimum(np.arange(len(sentence_lengths)) % (most_tags + 1), DOCUMENTS)[::-1]
        drawn = [WORDS + rng.permutation(DOCUMENTS)[:size] for size in sizes]
        tags = Tags(np.cumsum([0, *sizes]), np.concatenate(drawn).astype(np.int32))
        rows = np.concatenate([rows, count + np.arange(DOCUMENTS)])
        unit_offsets = np.concatenate([unit_offsets, unit_offsets[-1] + 1 + np.arange(DOCUMENTS)])
        count += DOCUMENTS
    senses = None
    if most_senses:
        each = (2 + np.arange(WORDS) % (most_senses - 1)) * (np.arange(WORDS) % 2)
        numbers = np.arange(2 * (each.sum() + 1))  # and one that no word uses
        senses = Senses(
            firsts=(np.cumsum(each) - each).astype(np.int32),
            sizes=each.astype(np.int32),
            count=len(numbers) // 2,
            first_vector=len(unit_offsets) - 1,
            contexts=padded(WORDS, DIM),
            reach=7,
            selector_rate=3.0,
        )
        senses.contexts[:, :DIM] = rng.normal(size=(WORDS, DIM))
        rows = np.concatenate([rows, count + numbers])
        unit_offsets = np.concatenate([unit_offsets, unit_offsets[-1] + 1 + numbers])
        count += len(numbers)
    projection = None
    if bits:
        projection = Projection(len(unit_offsets) - 1, bits, rate=0.3)
        rows = np.concatenate([rows, count + np.arange(bits)])
        unit_offsets = np.concatenate([unit_offsets, unit_offsets[-1] + 1 + np.arange(bits)])
        count += bits
    inputs = padded(count, DIM)
    outputs = padded(targets.rows, DIM)
    _kernels.fill_uniform(inputs, DIM, 0.3, 1, np.arange(len(inputs)))
    _kernels.fill_uniform(outputs, bits or DIM, 0.3, 2, np.arange(len(outputs)))
    defaults: dict[str, Any] = {"cbow": False, "window": 5, "seed": 7, "replicated_words": 10, "position_ratio": 0.7}
    chosen = Settings(**defaults | {"simd": _kernels.simd_names()[0]} | settings)
    places = padded(2 * chosen.window if weighted else 0, DIM)
    places[:, :DIM] = rng.uniform(0.5, 1.5, (len(places), DIM))
    return Problem(
        tokens=Tokens(
            ids.astype(np.int32), offsets.astype(np.int64), thresholds(keep_probabilities(counts, subsample)), tags
        ),
        units=Units(unit_offsets.astype(np.int64), rows.astype(np.int32), sums),
        targets=targets,
        matrices=Matrices(inputs, outputs, places, DIM, row_factors(factors, len(inputs), len(outputs))),
        settings=chosen,
        senses=senses,
        projection=projection,
    )


def row_factors(kind: Literal["frozen", "between"] | None, inputs: int, outputs: int) -> RowFactors:
    """Return the factors of input and output rows: two thirds of the words and all n-grams frozen, or of any value."""
    if kind is None:
        return RowFactors()
    if kind == "frozen":
        free = np.arange(WORDS) % 3 == 2
        n_grams = np.zeros(inputs - WORDS, bool)
        return RowFactors(
            np.concatenate([free, n_grams]).astype(np.float32), np.repeat(free, outputs // WORDS).astype(np.float32)
        )
    values = np.array([0.0, 0.25, 1.0, 0.5, 1.0], np.float32)
    return RowFactors(np.resize(values, inputs), np.resize(values[::-1], outputs))


def changed(before: Problem, **changes: Any) -> Problem:
    """Return the problem with some fields of its values changed, each named as where it is."""
    values = {each.name: getattr(before, each.name) for each in fields(before)}
    if noise := {name: changes.pop(name) for name in ("table", "negatives", "windows") if name in changes}:
        changes["noise"] = replace(before.targets.noise, **noise)
    for name, value in values.items():
        if value is None:  # senses, or a projection
            continue
        own = {each.name for each in fields(value) if each.init}
        values[name] = replace(value, **{key: changes.pop(key) for key in own & changes.keys()})
    assert not changes, changes
    return Problem(**values)


def padded(rows: int, dim: int) -> np.ndarray:
    """Return zeros float32[rows, dim rounded up as the core wants it]."""
    return np.zeros((rows, -(-dim // _kernels.ROW_FLOATS) * _kernels.ROW_FLOATS), np.float32)


def copied(before: Problem, simd: str | None = None) -> Problem:
    """Return the problem with copies of its matrices, for a SIMD path."""
    matrices = {name: getattr(before.matrices, name).copy() for name in ("inputs", "outputs", "position_weights")}
    return changed(before, **matrices, simd=simd or before.settings.simd)


def core_worker(before: Problem, simd: str | None = None) -> tuple[_core.Worker, Matrices]:
    """Return a worker of the core, and the copies of the matrices that it will change."""
    own = copied(before, simd)
    return _core.Worker(own), own.matrices


def run_epoch(
    worker: _core.Worker, trained: Problem, epoch: int, lr: float, slope: float = 0.0, ratio: float = 1.0
) -> int:
    """Run a core worker over the whole corpus."""
    return worker.run(epoch, 0, trained.tokens.positions, lr, slope, ratio, np.zeros(1, np.int32))


__all__ = [
    "BUCKETS",
    "DIM",
    "DOCUMENTS",
    "WORDS",
    "ReferenceWorker",
    "changed",
    "copied",
    "core_worker",
    "padded",
    "problem",
    "row_factors",
    "run_epoch",
]
