"""Do vectors of nodes find hidden edges, and how fast are they beside node2vec's other programs?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.lib import processes
from benchmarks.lib.bounds import bound_of
from benchmarks.lib.options import option
from benchmarks.lib.processes import Job
from benchmarks.lib.report import Section
from benchmarks.lib.seeds import HEAD, row_of

PEERS = ("pecanpy", "fastnode2vec")
WAYS = {"deepwalk": (1.0, 1.0), "node2vec": (0.5, 2.0)}
"""p and q."""
_DEFINITIONS = (
    "A made-up graph with communities and degrees of a heavy tail (Karrer & Newman 2011), another for each seed; a "
    "fifth of its edges is hidden. AUC: how often a hidden edge has a higher cosine than a pair that is no edge.",
    "All: 10 walks of 80 nodes from each node, dim 128, window 10, 5 negatives, one pass; ours else with the defaults "
    "of train_graph, pecanpy 2.0 as its command trains with gensim, fastnode2vec 0.0.7 as its page shows.",
    "seconds: processor time from the file of edges to the vectors, what a peer compiles on first use not counted; "
    "faster: the peer's seconds over ours, seed by seed, in turns; AUC above: ours minus the peer's.",
    "Means over seeds, with Student's interval of the mean.",
)


@dataclass(frozen=True)
class Settings:
    """What to measure."""

    nodes: int = option(5_000, "nodes of the graph")
    communities: int = option(50, "communities of the graph")
    degree: int = option(16, "edges of a node, on average")
    seeds: int = option(5, "graphs and runs of each")
    threads: int = option(1, "threads of each program")
    subsample: float | None = option(None, "ours: subsample, times the nodes (default: its own)", type=float)
    peers: Sequence[str] = option((), "run these as well, which must be installed", choices=PEERS, type=str)


def run(settings: Settings) -> Section:
    """Train each program on the same graphs, in turns."""
    rows: list[tuple[str, ...]] = []
    data: dict[str, Any] = {}
    graph = {"nodes": settings.nodes, "communities": settings.communities, "degree": settings.degree}
    for way, (p, q) in WAYS.items():
        found: dict[str, list[Any]] = {name: [] for name in ("ours", *settings.peers)}
        for seed in range(1, settings.seeds + 1):
            for name, runs in found.items():
                more = {"subsample": settings.subsample} if name == "ours" else {}
                given = {**graph, **more, "p": p, "q": q, "threads": settings.threads, "seed": seed}
                runs.append(processes.run(Job(f"graph.{name}", given)))
        data[way] = found
        for name, runs in found.items():
            label = way if name == "ours" else f"{way}, {name}"
            rows.append(row_of(label, "AUC", [one["figures"]["AUC"] for one in runs], bound_of("graph", way, "AUC"), 3))
            rows.append(row_of(label, "seconds", [one["seconds"] for one in runs], None, digits=2))
            if name != "ours":
                pairs = list(zip(found["ours"], runs, strict=True))
                ratios = [peer["seconds"] / mine["seconds"] for mine, peer in pairs]
                above = [mine["figures"]["AUC"] - peer["figures"]["AUC"] for mine, peer in pairs]
                rows.append(row_of(label, "faster", ratios, bound_of("graph", way, "faster"), digits=1))
                rows.append(row_of(label, "AUC above", above, bound_of("graph", way, "AUC above"), digits=4))
    verdicts = tuple(row[-1] for row in rows)
    return Section("graph", "Nodes of a graph", _DEFINITIONS, HEAD, tuple(rows), verdicts, data)
