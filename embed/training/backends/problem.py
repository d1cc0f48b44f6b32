"""Make the problem of a task: the only place where corpus, configuration and parameters become what the core trains."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from embed.config.train import TrainConfig
from embed.engine._blocks import BLOCK_TOKENS
from embed.engine.problem import (
    Matrices,
    Noise,
    Problem,
    Projection,
    RowFactors,
    Senses,
    Settings,
    Targets,
    Tokens,
    Units,
)
from embed.errors import FormatError
from embed.model.parameters import Parameters
from embed.training.backends.task import Task, Variant
from embed.vocabulary.huffman import HuffmanTree
from embed.vocabulary.sampling import alias_table, keep_probabilities, noise_distribution, thresholds

__all__ = ["problem_of", "replicated_rows", "settings_of", "targets_of", "to_measure"]

# Windows of a block that noise is drawn for before it is dealt again (docs/decisions/0003).
_WORD_NOISE_WINDOWS, _SUBWORD_NOISE_WINDOWS = 8, 16
# A document meets all noise of its blocks, so it needs more (docs/decisions/0034). Windows of DBOW, and those of means,
# can share it with the next one (docs/decisions/0039, 0040), and their documents with neighbours (0058).
_DOCUMENT_NOISE_WINDOWS, _DOCUMENT_NOISE_RUN, _DOCUMENT_NOISE_SENTENCES = 64, 2, 4
# With several threads, this many of the most frequent words have replicas in each, if each thread has this many tokens
# per epoch: replicas are averaged, so their words learn as from one thread's part (docs/decisions/0018).
_REPLICATED_WORDS, _REPLICATED_FROM = 64, 1 << 20
# With so many threads, so many of the input rows of CBOW with n-grams that blocks change most often have replicas, too
# (docs/decisions/0059).
_ROW_THREADS, _REPLICATED_ROWS = 2, 4096
# Documents, which have many passes, gain from fewer tokens on (docs/decisions/0040).
_DOCUMENTS_REPLICATED_FROM = 1 << 17
# How far the context of a position reaches in training, and the learning rate of selectors over that of the output rows
# (docs/decisions/0038).
_SENSE_REACH, _SELECTOR_RATE = 5, 1.0
# Learning rate of the position weights over that of the output rows (docs/objectives.md).
_POSITION_RATIO = 0.001


def problem_of(task: Task, spread: int = 0, replicated_rows: int = 0, *, has_senses: bool = False) -> Problem:
    """Return the problem of a task; for `spread` see :class:`embed.engine.problem.Matrices`.

    The first `replicated_rows` input rows have replicas, if vectors have several.

    With `has_senses`, the positions of words with senses choose among them.

    Raises
    ------
    FormatError
        The corpus does not match its vocabulary.
    """
    config, corpus, parameters, variant = task.config, task.corpus, task.parameters, task.variant
    keep = keep_probabilities(corpus.counts, task.subsample)
    try:
        return Problem(
            Tokens(corpus.ids, corpus.offsets, thresholds(keep), variant.tags, corpus.starts),
            Units(parameters.unit_offsets, parameters.unit_rows, sums=config.composition == "sum"),
            targets_of(config, corpus.counts, variant),
            Matrices(
                parameters.unit_matrix,
                parameters.outputs,
                parameters.position_weights,
                config.dim,
                variant.factors,
                spread=spread,
            ),
            replace(
                settings_of(config, variant, task.simd),
                replicated_words=_replicated_words(task),
                replica_share=1 / task.threads,
                replicated_rows=replicated_rows,
            ),
            senses_of(parameters) if has_senses else None,
            projection_of(config, parameters.words, parameters.document_count),
        )
    except ValueError as error:
        raise FormatError(f"cannot train on the encoded corpus {corpus.directory}: {error}") from error


def to_measure(problem: Problem, seed: int) -> Problem:
    """Return the problem for workers that only measure: with draws of `seed`, and rows in their own order."""
    return replace(
        problem,
        matrices=replace(problem.matrices, factors=RowFactors(), spread=0),
        settings=replace(problem.settings, seed=seed, replicated_words=0, replicated_rows=0),
    )


def replicated_rows(task: Task) -> NDArray[np.int32]:
    """Return the input rows that have replicas in each thread besides those of words, the most changed first, int32[N].

    A block changes a row once for each word that has the row and occurs in the block.
    """
    parameters = task.parameters
    has_replicas = task.config.objective == "cbow" and task.threads == _ROW_THREADS and _replicated_words(task) > 0
    if not has_replicas or task.variant.factors.inputs is not None:
        return np.empty(0, np.int32)
    kept = task.corpus.counts * keep_probabilities(task.corpus.counts, task.subsample)
    in_block = 1 - np.exp(-BLOCK_TOKENS * kept / kept.sum())
    changes = np.bincount(parameters.rows, np.repeat(in_block, np.diff(parameters.row_offsets)), len(parameters.inputs))
    return np.argsort(-changes, kind="stable")[:_REPLICATED_ROWS].astype(np.int32)


def settings_of(config: TrainConfig, variant: Variant, simd: str) -> Settings:
    """Return how the windows of a configuration are made and trained, without replicas."""
    is_dbow, bits = config.objective == "dbow", config.code_length()
    return Settings(
        # the mean of one document alone is the document, and windows of means are trained in batches
        cbow=config.objective == "cbow" or (is_dbow and variant.tags is not None and variant.tags.most == 1),
        context_sum=variant.context_sum,
        window=0 if is_dbow else config.window,
        fixed_window=config.window_kind == "fixed",
        context_side=sum(config.context_sides()),
        gradient_power=config.gradient_power(),
        position_ratio=_POSITION_RATIO if variant.learns_positions else 0.0,
        seed=config.seed,
        max_norm=0.0 if bits else config.longest_document(),
        code_size=config.longest_document() / math.sqrt(bits) if bits else 0.0,
        simd=simd,
    )


def targets_of(config: TrainConfig, counts: NDArray[np.int64], variant: Variant) -> Targets:
    """Return the output rows of a configuration for words with these counts, int64[V]."""
    losses = variant.losses or (config.loss,)
    noise = tree = None
    if "ns" in losses:
        windows, run, sentences = _SUBWORD_NOISE_WINDOWS if config.subword else _WORD_NOISE_WINDOWS, 1, 1
        if variant.tags is not None:
            windows = _DOCUMENT_NOISE_WINDOWS
            if config.objective != "sg":
                run, sentences = _DOCUMENT_NOISE_RUN, _DOCUMENT_NOISE_SENTENCES
        table = alias_table(noise_distribution(counts, config.noise_exponent))
        noise = Noise(table, config.negatives, windows, run, sentences)
    if "hs" in losses:
        tree = HuffmanTree.from_counts(counts)
    return Targets(len(counts), noise, tree, config.sides())


def senses_of(parameters: Parameters) -> Senses:
    """Return how positions choose among the senses of parameters that have some."""
    assert parameters.sense_offsets is not None
    return Senses(
        firsts=parameters.sense_offsets[:-1],
        sizes=parameters.sense_sizes(),
        count=len(parameters.priors),
        first_vector=parameters.words + parameters.document_count,
        contexts=parameters.contexts,
        reach=_SENSE_REACH,
        selector_rate=_SELECTOR_RATE,
    )


def projection_of(config: TrainConfig, words: int, documents: int) -> Projection | None:
    """Return the projection of so many documents to codes, if a configuration has one.

    In a pass it learns from all documents as much as a document does from itself (docs/decisions/0034).
    """
    if not config.code_bits:
        return None
    return Projection(words + documents, config.code_bits, 1 / max(documents, 1))


def _replicated_words(task: Task) -> int:
    """Return the number of words with replicas of their rows in each thread."""
    least = _REPLICATED_FROM if task.variant.tags is None else _DOCUMENTS_REPLICATED_FROM
    is_short = task.tokens < least * task.threads
    if task.threads == 1 or is_short or task.config.deterministic:
        return 0
    return min(_REPLICATED_WORDS, len(task.corpus.vocabulary))
