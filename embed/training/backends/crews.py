"""Find the workers that a run asks for."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterable
from typing import Any

from embed.config.run import RunOptions
from embed.config.train import TrainConfig
from embed.corpora.dealing import deal
from embed.errors import ConfigError, MissingExtraError
from embed.messages import option
from embed.text.encoded_corpus import EncodedCorpus
from embed.training.backends.crew import Crew, LocalCrew
from embed.training.backends.sharded import ShardedCorpus, read_shards, why_unshared
from embed.training.progress import Progress

__all__ = ["check_cluster", "crew_of", "read_on_cluster", "refuse_cluster", "silence_ray"]

_SIMULATE = "simulate"
_SHARES = 8
"""For each lane, at most: the more, the less workers wait for the last, and the more tables of words are joined."""
_LOSSES_FOR_RAY = r"^(A worker died or was killed|Raylet is terminated|The node with node id)"
"""What Ray prints if a worker or a machine is lost, by the page and on standard output; our warnings say so, too."""


def check_cluster(options: RunOptions, config: TrainConfig) -> None:
    """Check what a run says of a cluster, before any work.

    Raises
    ------
    ConfigError
        There are `workers` without a cluster, or the model cannot be trained on one.
    MissingExtraError
        Ray is not installed.
    """
    if options.cluster is None:
        for name in ("workers", "lanes", "merge_tokens"):
            if (value := getattr(config, name)) is not None:
                hint = f"; threads of one machine are {option('threads', value)}" if name == "workers" else ""
                raise ConfigError(
                    f"{option(name)} is {value}, but there is no cluster: name it with {option('cluster')}, such as "
                    f"{option('cluster', 'auto')}{hint}"
                )
        return
    for name, value in (("loss", "hs"), ("senses", config.senses)):
        if value and getattr(config, name) == value:
            raise ConfigError(f"{option(name, value)} is not for clusters: leave out one of them")
    if options.cluster != _SIMULATE and importlib.util.find_spec("ray") is None:
        raise MissingExtraError(
            f"{option('cluster')} needs Ray here and on all machines of the cluster: pip install "
            "'train-embeddings[cluster]'"
        )


def crew_of(options: RunOptions, config: TrainConfig, corpus: EncodedCorpus) -> tuple[Crew | None, TrainConfig]:
    """Return the workers of a run, none if it is one of this process, and the configuration.

    The configuration names the numbers of workers and lanes. Workers that have read the corpus train it.

    Raises
    ------
    ClusterError
        The cluster cannot be reached, or has too few processors.
    """
    if isinstance(corpus, ShardedCorpus):
        crew, workers = corpus.crew, corpus.shards.size
    elif options.cluster is None:
        return None, config
    else:
        crew, workers = _new_crew(options.cluster, config)
    return crew, config.replace(workers=workers, lanes=config.lanes or workers)


def read_on_cluster(
    source: Any,
    corpus: Iterable[Any],
    options: RunOptions,
    config: TrainConfig,
    progress: Progress,
    count: Callable[[int, int], object],
) -> ShardedCorpus | None:
    """Read a text on the workers of a run; return None if it has to be read here.

    Parameters
    ----------
    source
        As for :func:`embed.train`.
    corpus : iterable
        The reader of `source`.
    options : RunOptions
    config : TrainConfig
    progress : Progress
    count : callable
        Called with the tokens and bytes that have been read.

    Raises
    ------
    ClusterError
        The cluster cannot be reached, has too few processors, or its workers keep dying.
    CorpusError
        As :func:`embed.text.encoding.encode` does.
    """
    has_bounded_phrases = config.phrases and config.max_vocab is not None  # a pair needs words that stay
    is_here = options.encoded_dir is not None or options.weight_column is not None or has_bounded_phrases
    if options.cluster is None or is_here:
        return None
    crew, workers = _new_crew(options.cluster, config)
    try:
        # what a bounded table drops must not depend on who has read what, nor on how many read
        lanes = config.lanes or workers
        is_fixed = lanes == 1 or config.max_vocab is not None
        shares = deal(source, corpus, lanes, 1 if is_fixed else _SHARES)
        why = "it is not in files that they can divide" if shares is None else why_unshared(crew, shares, workers)
        if shares is not None and not why:
            return read_shards(crew, corpus, shares, config, (options.column, options.delimiter), count)
    except BaseException:
        crew.close()
        raise
    crew.close()
    progress.note("sent", f"the text is read here, and sent to the workers: {why}", reason=why)
    return None


def _new_crew(cluster: str, config: TrainConfig) -> tuple[Crew, int]:
    """Return new workers and their number."""
    if cluster == _SIMULATE:
        return LocalCrew(config.threads or 1), config.workers or min(2, config.lanes or 2)
    silence_ray()
    from embed.training.backends.ray_crew import RayCrew

    crew = RayCrew(cluster, config.workers, config.threads, config.lanes)
    return crew, crew.size


def silence_ray() -> None:
    """Let Ray not print losses of workers and machines, of which we warn; to be called before it is imported."""
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", _LOSSES_FOR_RAY)


def refuse_cluster(options: RunOptions, what: str) -> None:
    """Raise ConfigError if a cluster is asked for something that it does not train."""
    if options.cluster is not None:
        raise ConfigError(f"{option('cluster')} trains words, not {what}: leave it out")
