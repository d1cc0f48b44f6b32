"""Train vectors of the nodes of a graph on random walks."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any, Unpack

from embed.config.graph import GRAPH_DEFAULTS, NOT_FOR_GRAPHS, SUBSAMPLE, GraphKeywords, WalkConfig
from embed.config.run import RunOptions
from embed.config.train import TrainConfig
from embed.errors import ConfigError, advise
from embed.graph.graph import Graph
from embed.graph.reading import read_graph
from embed.graph.walks import walk
from embed.items import ItemVectors, items_of
from embed.model.model import Model
from embed.text.encoded_corpus import EncodedCorpus
from embed.training.progress import Progress
from embed.training.run import run
from embed.training.train import FreshStart

__all__ = ["run_graph", "train_graph"]


def train_graph(source: Any, config: TrainConfig | None = None, **settings: Unpack[GraphKeywords]) -> ItemVectors:
    """Train vectors of the nodes of a graph: node2vec (Grover & Leskovec, KDD 2016), or DeepWalk with `p` = `q` = 1.

    Parameters
    ----------
    source : path or list of paths, graph of networkx, sparse matrix of SciPy, table, or iterable of edges
        Lists of edges, compressed or not: two nodes and, if there is one, a weight on a line, between white space; or,
        with `columns`, tables. Nodes of a list are strings, of a matrix the numbers of its rows, of everything else any
        hashable objects. An edge that is given twice is one edge, whose weight is the sum. Weights are at least 0, and
        an edge of weight 0 is none. An edge from a node to itself is left out.
    config : TrainConfig, optional
        All training parameters; :data:`embed.config.graph.GRAPH_DEFAULTS` are then ignored.
    **settings
        `walks` begin at each node, each of `walk_length` nodes. `p` and `q` are node2vec's: having come from t, a walk
        goes on to x with probability in proportion to the weight of the edge, times 1/p if x is t, 1/q if no edge leads
        from t to x. `directed`: follow edges only from the first node to the second (default: as a graph of networkx
        says, else not). `columns`: the names of the columns of a table that hold the two nodes and the weight; with
        `delimiter` as for :func:`embed.train`. Options of the run and training parameters are as for
        :func:`embed.train`; with `encoded_dir`, the walks are stored and used again.

    Returns
    -------
    ItemVectors
        Of all nodes, the most visited first. Those of a node without edges are untrained.

    Raises
    ------
    ConfigError
        A parameter is unknown, out of bounds, or does not apply to nodes.
    CorpusError
        The graph cannot be read, or has no edges, or a weight is negative or no number.
    """
    model, graph = run_graph(source, config, settings)
    return items_of(model, graph.nodes)


def run_graph(
    source: Any, config: TrainConfig | None, settings: GraphKeywords, progress: Progress | None = None
) -> tuple[Model, Graph]:
    """Train as :func:`train_graph` does; return the model, whose words are the numbers of the nodes, and the graph."""
    how, rest = WalkConfig.split(settings)
    columns = rest.pop("columns", None)
    options, given = RunOptions.split(rest)
    for name in NOT_FOR_GRAPHS:
        if name in given or getattr(options, name, None) is not None:
            raise ConfigError(f"{name} does not apply to the nodes of a graph: leave it out")
    start = _GraphStart(source, how, columns, config, options, given)
    model = run(start, source, options, progress)
    assert start.graph is not None
    return model, start.graph


class _GraphStart(FreshStart):
    """A run that walks through a graph and starts with untrained vectors.

    Attributes
    ----------
    graph : Graph or None
        None until it is read.
    """

    def __init__(
        self,
        source: Any,
        how: WalkConfig,
        columns: Any,
        config: TrainConfig | None,
        options: RunOptions,
        given: dict[str, Any],
    ) -> None:
        super().__init__(None, config, options, given, GRAPH_DEFAULTS)
        self.graph: Graph | None = None
        self._how, self._columns = how, columns
        if config is not None and config.subword:
            raise ConfigError("nodes have no letters: set subword=False in the configuration")

    def resuming(self, config: TrainConfig) -> None:
        """Adopt what the run to resume chose by the size of its graph, too."""
        super().resuming(config)
        if self._base is None:
            self._given.setdefault("subsample", config.subsample)

    def decisions(self) -> dict[str, Any]:
        """Return how the walks go, for the run card."""
        graph = {} if self.graph is None else {"nodes": len(self.graph.nodes), "edges": self.graph.edges}
        directed = {} if self.graph is None else {"directed": self.graph.directed}
        return {**super().decisions(), "graph": {**asdict(self._how), **directed, **graph}}

    def read(self, corpus: Any, options: RunOptions, progress: Progress) -> AbstractContextManager[EncodedCorpus]:
        """Read the graph and walk through it."""
        config = self.config(None)
        threads = config.thread_count()
        with progress.timing("reading"):
            self.graph = read_graph(
                corpus,
                directed=self._how.directed,
                columns=self._columns,
                delimiter=options.delimiter,
                threads=threads,
            )
        isolated = self.graph.isolated
        self._defaults = {**self._defaults, "subsample": SUBSAMPLE / (len(self.graph.nodes) - isolated)}
        if isolated:
            advise(f"{isolated:,} of {len(self.graph.nodes):,} nodes have no edges: their vectors stay untrained")
        with progress.counting("walking") as count:
            return walk(
                self.graph, self._how, seed=config.seed, threads=threads, directory=options.encoded_dir, progress=count
            )
