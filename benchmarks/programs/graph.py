"""What a fresh process does with a graph: make one, hide edges, train vectors of nodes, and find the hidden edges."""

from __future__ import annotations

import importlib
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embed.graph import train_graph

SHARED: dict[str, Any] = {"walks": 10, "walk_length": 80, "dim": 128, "window": 10}
"""What all programs are told: the settings of node2vec."""
_HIDDEN = 0.2
_SMALL_WORLD, _HEAVIEST = 2.5, 30.0
"""The exponent of the degrees, and the largest over the mean."""

Int64s = NDArray[np.int64]


def made_up_graph(nodes: int, communities: int, degree: int, mixed: float, seed: int) -> tuple[Int64s, Int64s]:
    """Return edges (sources, targets) of a graph with communities and a few nodes of many edges.

    A degree-corrected block model (Karrer & Newman, Physical Review E 83, 2011): both ends of an edge are drawn by the
    weights of the nodes, the second one in the community of the first but for a share of `mixed`.
    """
    draw = np.random.default_rng(seed)
    weights = draw.pareto(_SMALL_WORLD, nodes) + 1
    weights = np.minimum(weights, weights.mean() * _HEAVIEST)
    community, wanted = draw.integers(0, communities, nodes), nodes * degree // 2
    sources = draw.choice(nodes, wanted * 3 // 2, p=weights / weights.sum())
    targets = draw.choice(nodes, len(sources), p=weights / weights.sum())
    inside = draw.random(len(sources)) >= mixed
    for each in range(communities):
        members = np.flatnonzero(community == each)
        edges = np.flatnonzero(inside & (community[sources] == each))
        if len(members):
            targets[edges] = draw.choice(members, len(edges), p=weights[members] / weights[members].sum())
    first, second = np.minimum(sources, targets), np.maximum(sources, targets)
    keys = draw.permutation(np.unique((first * nodes + second)[first != second]))[:wanted]
    return keys // nodes, keys % nodes


def ours(
    *, p: float, q: float, threads: int, seed: int, nodes: int, subsample: float | None, **graph: Any
) -> dict[str, Any]:
    """Train with the defaults of `train_graph`, from the file of edges to the vectors; `subsample` is for one node."""
    more = {} if subsample is None else {"subsample": subsample / nodes}

    def train(path: str) -> tuple[Sequence[Any], Any]:
        vectors = train_graph(path, **SHARED, **more, p=p, q=q, threads=threads, seed=seed, progress=False)
        return vectors.items, vectors.matrix

    return _measured(train, seed, nodes=nodes, **graph)


def pecanpy(*, p: float, q: float, threads: int, seed: int, **graph: Any) -> dict[str, Any]:
    """Train as pecanpy's command does: its fastest mode for the parameters, and gensim."""
    modes, word2vec = importlib.import_module("pecanpy.pecanpy"), importlib.import_module("gensim.models.word2vec")

    def train(path: str) -> tuple[Sequence[Any], Any]:
        kind = modes.FirstOrderUnweighted if p == q == 1 else modes.SparseOTF
        found = kind(p=p, q=q, workers=threads, verbose=False, random_state=seed)
        found.read_edg(path, weighted=False, directed=False)
        found.preprocess_transition_probs()
        walks = found.simulate_walks(num_walks=SHARED["walks"], walk_length=SHARED["walk_length"])
        settings = {"vector_size": SHARED["dim"], "window": SHARED["window"], "min_count": 0, "epochs": 1}
        model = word2vec.Word2Vec(walks, sg=1, workers=threads, seed=seed, **settings)
        return model.wv.index_to_key, model.wv.vectors

    return _measured(train, seed, **graph)


def fastnode2vec(*, p: float, q: float, threads: int, seed: int, **graph: Any) -> dict[str, Any]:
    """Train with fastnode2vec, which walks while gensim trains."""
    module = importlib.import_module("fastnode2vec")

    def train(path: str) -> tuple[Sequence[Any], Any]:
        edges = [tuple(line.split()) for line in Path(path).read_text("utf-8").splitlines()]
        found = module.Graph(edges, directed=False, weighted=False)
        settings = {name: SHARED[name] for name in ("walk_length", "dim", "window")}
        model = module.Node2Vec(found, p=p, q=q, workers=threads, seed=seed, **settings)
        model.train(epochs=SHARED["walks"], verbose=False)
        return model.wv.index_to_key, model.wv.vectors

    return _measured(train, seed, **graph)


def _measured(
    train: Callable[[str], tuple[Sequence[Any], Any]], seed: int, *, nodes: int, communities: int, degree: int
) -> dict[str, Any]:
    """Train on four fifths of the edges, and say how well the rest is told from pairs that are no edges."""
    sources, targets = made_up_graph(nodes, communities, degree, 0.25, seed)
    draw = np.random.default_rng(seed)
    order = draw.permutation(len(sources))
    hidden, shown = order[: int(len(order) * _HIDDEN)], order[int(len(order) * _HIDDEN) :]
    known = np.zeros(nodes, bool)
    known[sources[shown]] = known[targets[shown]] = True
    hidden = hidden[known[sources[hidden]] & known[targets[hidden]]]
    pairs = np.sort(draw.choice(np.flatnonzero(known), (4 * len(hidden) + 100, 2)), axis=1)
    is_free = (pairs[:, 0] != pairs[:, 1]) & ~np.isin(pairs[:, 0] * nodes + pairs[:, 1], sources * nodes + targets)
    others = pairs[is_free][: len(hidden)]
    with tempfile.TemporaryDirectory() as folder:
        path, toy = (str(Path(folder) / name) for name in ("graph.edg", "toy.edg"))
        _write(path, sources[shown], targets[shown])
        _write(toy, np.array([0, 1, 2]), np.array([1, 2, 0]))
        train(toy)  # what is compiled on first use is not counted
        clock, processor = time.perf_counter(), time.process_time()
        names, matrix = train(path)
        spent, seconds = time.perf_counter() - clock, time.process_time() - processor
    rows = np.full(nodes, -1)
    rows[[int(name) for name in names]] = np.arange(len(names))
    units = np.asarray(matrix) / np.linalg.norm(matrix, axis=1, keepdims=True)
    scores = [
        (units[rows[first]] * units[rows[second]]).sum(axis=1)
        for first, second in ((sources[hidden], targets[hidden]), (others[:, 0], others[:, 1]))
    ]
    return {"seconds": seconds, "figures": {"AUC": _area(*scores)}, "wall": spent}


def _write(path: str, sources: Int64s, targets: Int64s) -> None:
    lines = (f"{a}\t{b}\n" for a, b in zip(sources.tolist(), targets.tolist(), strict=True))
    Path(path).write_text("".join(lines), "utf-8")


def _area(wanted: NDArray[Any], others: NDArray[Any]) -> float:
    """Return the area under the ROC curve: the share of pairs in which the wanted one scores higher."""
    below = np.searchsorted(np.sort(others), wanted, "left") + np.searchsorted(np.sort(others), wanted, "right")
    return float(below.mean() / (2 * len(others)))
