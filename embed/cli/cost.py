"""Estimate time and memory of a training run, for ``info``."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

from embed.cli.flags import given_parameters
from embed.cli.vector_flags import reading_options
from embed.config.defaults import BY_SIZE
from embed.config.presets import resolve
from embed.config.train import TrainConfig, as_flags
from embed.errors import ConfigError

if TYPE_CHECKING:
    from embed.training.cost import Estimate

__all__ = ["asked_for", "cost"]

_MEGA = 1e6
_BANDWIDTH = 1.25e9
"""Bytes a second of a network of 10 Gbit/s."""


def asked_for(arguments: argparse.Namespace) -> bool:
    """Return whether the arguments describe a run."""
    of_vectors = set() if arguments.vectors is None else set(reading_options(arguments))  # dim is in both
    return bool(
        arguments.corpus
        or arguments.tokens
        or arguments.vocab
        or arguments.column
        or arguments.delimiter
        or arguments.preset
        or given_parameters(arguments).keys() - of_vectors
    )


def cost(arguments: argparse.Namespace) -> dict[str, Any]:
    """Estimate time and memory of training on a corpus, or on given numbers of tokens and words.

    Raises
    ------
    ConfigError
        There is neither a corpus nor both numbers, or there are a corpus and a number.
    CorpusError
        The corpus cannot be read.
    """
    given = given_parameters(arguments)
    config = resolve(arguments.preset, given)
    numbers = (arguments.tokens, arguments.vocab)
    if arguments.column is not None and not arguments.corpus:
        raise ConfigError("--column needs --corpus; name the text with --corpus")
    if arguments.vectors is not None:
        raise ConfigError(f"{arguments.vectors}: to estimate the cost of training on a text, name it with --corpus")
    if any(numbers) if arguments.corpus else not all(numbers):
        raise ConfigError("to estimate the cost of training, give either --corpus, or both --tokens and --vocab")

    from embed.corpora import open_configured
    from embed.engine.machine import available_memory
    from embed.text.encoding import encode
    from embed.training.cost import estimate
    from embed.training.examples import advise_of_few_kept
    from embed.vocabulary.sampling import gentle_threshold

    facts: dict[str, Any] = {}
    if arguments.corpus:
        text = open_configured(arguments.corpus, config, column=arguments.column, delimiter=arguments.delimiter)
        started = time.perf_counter()
        with encode(
            text, min_count=config.min_count, max_vocab=config.max_vocab, threads=config.thread_count()
        ) as encoded:
            facts["seconds of reading"] = round(time.perf_counter() - started, 1)
            tokens, words = len(encoded.ids), len(encoded.vocabulary)
            config = resolve(arguments.preset, given, (tokens, words))
            counts = encoded.vocabulary.counts
            if "subsample" not in given:
                config = config.replace(subsample=gentle_threshold(counts, config.subsample_threshold()))
            advise_of_few_kept(counts, config.subsample_threshold())
            found = estimate(config, tokens, encoded.vocabulary, encoded.sentences)
    else:
        tokens, words = arguments.tokens, arguments.vocab
        config = resolve(arguments.preset, given, (tokens, words))
        found = estimate(config, tokens, words)
    facts |= {
        "tokens": tokens,
        "words": words,
        "parameters": as_flags(
            {name: getattr(config, name) for name in BY_SIZE if getattr(config, name) != getattr(TrainConfig(), name)}
        ),
        "epochs": config.epoch_count(),
        "threads": config.thread_count(),
        "tokens per second": round(found.tokens_per_second),
        "seconds of training": round(found.seconds, 1),
        "MB of matrices": _megabytes(found.matrices),
        "MB of vocabulary": _megabytes(found.vocabulary),
        "MB of composed vectors": _megabytes(found.composed),
        "MB in all": _megabytes(found.memory),
        "MB of encoded corpus on disk": _megabytes(found.corpus),
    }
    if config.workers is not None or config.lanes is not None:
        facts |= _of_cluster(config, tokens, found)
    available = available_memory()
    if available is not None:
        facts["MB available"] = _megabytes(available)
        facts["fits"] = "yes" if found.memory < available else "no"
    return facts


def _of_cluster(config: TrainConfig, tokens: int, found: Estimate) -> dict[str, Any]:
    """Return what several workers need, each of them a machine like this one."""
    from embed.merging.cost import merge_cost
    from embed.model.parameters import stride_of
    from embed.training.backends.cluster import merge_tokens

    stride, lanes = stride_of(config.dim), config.lanes or config.workers or 1
    workers = config.workers or lanes
    between = config.merge_tokens or merge_tokens(-(-tokens // lanes), lanes)
    merges = config.epoch_count() * -(-tokens // (lanes * between))
    rows = found.matrices // (stride * 4)
    one = merge_cost(rows, stride, workers, config.thread_count(), _BANDWIDTH, lanes)
    training, merging = found.seconds * -(-lanes // workers) / lanes, merges * one.seconds
    return {
        "workers": workers,
        "lanes": lanes,
        "tokens between merges": between,
        "merges": merges,
        "MB sent by a worker a merge": _megabytes(round(one.sent)),
        "bytes sent a token": round(one.sent * workers / (lanes * between), 1),
        "MB beside the model": _megabytes(round(one.memory)),
        "seconds of training by workers": round(training, 1),
        "seconds of merging at 10 Gbit/s": round(merging, 1),
        "bottleneck": "training" if training > merging else "network" if one.network > one.arithmetic else "arithmetic",
    }


def _megabytes(size: int) -> float:
    return round(size / _MEGA, 1)
