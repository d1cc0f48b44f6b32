"""Do several nodes, of which one is killed half way, learn what they learn undisturbed, and as much as one worker?"""

from __future__ import annotations

import importlib.util
import os
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

import embed
from benchmarks.lib.bounds import NONE
from benchmarks.lib.corpus import TextSource
from benchmarks.lib.options import option, positive
from benchmarks.lib.processes import BenchmarkError
from benchmarks.lib.report import Section
from benchmarks.lib.scoring import STANDARD_SETS, load, score
from embed.errors import ClusterWarning
from embed.model.model import Model
from embed.training.backends.crews import silence_ray

_DEFINITIONS = (
    "Nodes of a Ray cluster are started on this machine, a worker on each, which reads its own share of the text.",
    "killed: one node with its worker, with SIGKILL, after half of the epochs.",
    "same: vectors and losses of the run without a loss, to the bit; so each token was trained once an epoch.",
    "one worker: the range over seeds. Scores in percent points.",
)


@dataclass(frozen=True)
class Settings:
    """What to measure."""

    sets: Sequence[tuple[str, str]] = option(tuple(STANDARD_SETS), "more test sets", metavar="[NAME=]PATH")
    nodes: int = option(3, "nodes, each with a processor and a worker", type=positive)
    seeds: int = option(3, "runs with one worker")
    epochs: int = option(4, "passes over the text")
    dim: int = option(100, "length of the vectors")
    top: int = option(30_000, "words that answer analogies")


def run(source: TextSource, settings: Settings) -> Section:
    """Train with one worker, on nodes, and on nodes of which one is killed."""
    if importlib.util.find_spec("ray") is None:
        raise BenchmarkError("needs Ray: pip install 'train-embeddings[cluster]'")
    tests, path = load(settings.sets), str(source.text(None).path)
    given = {"objective": "sg", "dim": settings.dim, "epochs": settings.epochs, "threads": 1, "progress": False}
    alone = [embed.train(path, **given, seed=seed) for seed in range(1, settings.seeds + 1)]
    there: dict[str, Any] = {**given, "cluster": "auto", "workers": settings.nodes, "seed": 1}
    models, seconds = {}, {}
    for name in ("undisturbed", "one killed"):
        with _nodes(settings.nodes) as kill:
            began = time.perf_counter()
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always", ClusterWarning)
                calls = [_killing(kill, settings)] if name == "one killed" else []
                models[name] = embed.train(path, **there, callbacks=calls)
            seconds[name] = time.perf_counter() - began
            if calls and not any(issubclass(one.category, ClusterWarning) for one in told):
                raise BenchmarkError("no worker has died: train more than one epoch")
    is_same = _same(*models.values())
    scores = [score(model.vectors, tests, settings.top).figures for model in (*alone, *models.values())]
    figures = list(zip(*([figures[key] for figures in scores] for key, _ in settings.sets), strict=True))
    rows = [("one worker", "", "", *map(_range, zip(*figures[: settings.seeds], strict=True)), NONE)]
    for name, found in zip(models, figures[settings.seeds :], strict=True):
        verdict = NONE if name == "undisturbed" else ("same" if is_same else "missed: other vectors")
        rows.append((name, f"{seconds[name]:.0f}", verdict, *(_range([one]) for one in found), NONE))
    data = {"scores": scores, "seconds": seconds, "same": is_same}
    if not is_same:
        raise BenchmarkError("a node that was killed has changed the vectors")
    head = (f"{settings.nodes} nodes", "seconds", "vectors", *(name for name, _ in settings.sets), "least")
    return Section("nodes", "A node is killed", _DEFINITIONS, head, tuple(rows), tuple(row[-1] for row in rows), data)


@contextmanager
def _nodes(count: int) -> Iterator[Any]:
    """Start a cluster and connect to it; yield what kills one of its nodes."""
    silence_ray()
    import ray
    from ray.cluster_utils import Cluster

    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        nodes = [cluster.add_node(num_cpus=1) for _ in range(count)]
        ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
        yield lambda: cluster.remove_node(nodes[-1], allow_graceful=False)
    finally:
        ray.shutdown()
        cluster.shutdown()


def _killing(kill: Any, settings: Settings) -> Any:
    """Return a callback that kills a node soon after half of the epochs."""

    def killing(record: Any, model: Model) -> None:
        if record.epoch == max(settings.epochs // 2, 1):
            kill()

    return killing


def _same(one: Model, other: Model) -> bool:
    pairs = zip(one.parameters.matrices().values(), other.parameters.matrices().values(), strict=True)
    losses = [[record.loss for record in model.history] for model in (one, other)]
    return losses[0] == losses[1] and all(np.array_equal(a, b) for a, b in pairs)


def _range(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    return f"{known[0]:.1f}" if len(known) == 1 else f"{np.mean(known):.1f} ({min(known):.1f} to {max(known):.1f})"
