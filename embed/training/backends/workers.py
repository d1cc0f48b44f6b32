"""Make the workers of a task: the only place that turns corpus, configuration and parameters into core arguments."""

from __future__ import annotations

from embed import _core
from embed.errors import FormatError
from embed.training.backends.task import Task
from embed.vocabulary.huffman import HuffmanTree
from embed.vocabulary.sampling import alias_table, keep_probabilities, noise_distribution, thresholds

__all__ = ["make_workers", "replicated_words"]

# Windows of a block that noise is drawn for before it is dealt again (docs/decisions/0003).
_WORD_NOISE_WINDOWS, _SUBWORD_NOISE_WINDOWS = 8, 16
# With several threads, this many of the most frequent words have replicas in each, if each thread has this many tokens
# per epoch: replicas are averaged, so their words learn as from one thread's part (docs/decisions/0018).
_REPLICATED_WORDS, _REPLICATED_FROM = 64, 1 << 20
# Learning rate of the weights of places (position_weights) over that of the output rows (docs/objectives.md).
_PLACE_RATIO = 0.001


def replicated_words(task: Task) -> int:
    """Return the number of words with replicas of their rows in each thread."""
    if task.threads == 1 or len(task.frozen) or task.tokens < _REPLICATED_FROM * task.threads:
        return 0
    return min(_REPLICATED_WORDS, len(task.corpus.vocabulary))


def make_workers(
    task: Task, seed: int, *, spread: int = 0, replicated_words: int = 0, like: _core.Worker | None = None
) -> list[_core.Worker]:
    """Return a worker for each thread.

    Parameters
    ----------
    task : Task
    seed : int
        Of all draws.
    spread, replicated_words, like
        As for :class:`embed._core.Worker`.

    Raises
    ------
    FormatError
        The corpus does not match its vocabulary.
    """
    config, corpus, parameters = task.config, task.corpus, task.parameters
    counts = corpus.vocabulary.counts
    keep = thresholds(keep_probabilities(counts, task.subsample))
    noise = alias_table(noise_distribution(counts, config.noise_exponent))
    tree = HuffmanTree.from_counts(counts) if config.loss == "hs" else HuffmanTree.none()
    workers: list[_core.Worker] = []
    try:
        for _ in range(task.threads):
            worker = _core.Worker(
                ids=corpus.ids,
                offsets=corpus.offsets,
                keep_thresholds=keep,
                noise_table=noise,
                inputs=parameters.inputs,
                outputs=parameters.outputs,
                sides=config.sides(),
                places=parameters.places,
                place_ratio=0.0 if len(task.frozen) else _PLACE_RATIO,
                row_offsets=parameters.row_offsets,
                rows=parameters.rows,
                dim=config.dim,
                cbow=config.objective == "cbow",
                gradient_power=config.gradient_power(),
                sums=config.composition == "sum",
                window=config.window,
                fixed_window=config.window_kind == "fixed",
                negatives=config.negatives if config.loss == "ns" else 0,
                noise_windows=_SUBWORD_NOISE_WINDOWS if config.subword else _WORD_NOISE_WINDOWS,
                seed=seed,
                replicated_words=replicated_words,
                replica_share=1 / task.threads,
                spread=spread,
                path=task.simd_path,
                path_offsets=tree.offsets,
                path_rows=tree.nodes,
                path_labels=tree.labels,
                frozen=task.frozen,
                like=workers[0] if workers else like,
            )
            workers.append(worker)
    except ValueError as error:
        raise FormatError(f"cannot train on the encoded corpus {corpus.directory}: {error}") from error
    return workers
