"""Find the workers that a run asks for."""

from __future__ import annotations

import importlib.util

from embed.config.run import RunOptions
from embed.config.train import TrainConfig
from embed.errors import ConfigError, MissingExtraError
from embed.messages import option
from embed.training.backends.crew import Crew, LocalCrew

__all__ = ["check_cluster", "crew_of", "refuse_cluster"]

_SIMULATE = "simulate"


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
        for name in ("workers", "merge_tokens"):
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


def crew_of(options: RunOptions, config: TrainConfig) -> tuple[Crew | None, TrainConfig]:
    """Return the workers of a run, none if it is one of this process, and the configuration with their number.

    Raises
    ------
    ClusterError
        The cluster cannot be reached, or has too few processors.
    """
    if options.cluster is None:
        return None, config
    if options.cluster == _SIMULATE:
        config = config.replace(workers=config.workers or 2)
        return LocalCrew(config.threads or 1), config
    from embed.training.backends.ray_crew import RayCrew

    crew = RayCrew(options.cluster, config.workers, config.threads)
    return crew, config.replace(workers=crew.workers)


def refuse_cluster(options: RunOptions, what: str) -> None:
    """Raise ConfigError if a cluster is asked for something that it does not train."""
    if options.cluster is not None:
        raise ConfigError(f"{option('cluster')} trains words, not {what}: leave it out")
