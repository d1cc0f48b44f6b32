"""Declare how walks go through a graph, and what its nodes are trained with where the user leaves it open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

from embed.config.parameter import check_fields, declared, parameter
from embed.config.run import RunKeywords

__all__ = ["GRAPH_DEFAULTS", "NOT_FOR_GRAPHS", "SUBSAMPLE", "WALKS", "GraphKeywords", "WalkConfig"]

_WALKS = "walks"
_LONGEST = 1 << 20

GRAPH_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        # a node has no letters, and each gets a vector
        "subword": False,
        "min_count": 1,
        # the settings of node2vec
        "dim": 128,
        "window": 10,
        # the walks of a node are new texts, not one text read again
        "epochs": 1,
    }
)
"""The defaults of `train_graph`, in place of those for text; `subsample` is :data:`SUBSAMPLE` over the nodes."""
SUBSAMPLE = 0.25
"""With it, the walks keep three of four visits of an average node, and fewer of one with many edges
(measured: docs/graphs.md)."""
NOT_FOR_GRAPHS = (
    *("column", "preset", "time_budget", "cluster", "max_vocab"),
    *("tokenizer", "lowercase", "decode_errors", "subword", "min_n", "max_n", "buckets", "hash_count"),
    *("composition", "binary", "code_bits", "max_norm", "senses", "sense_min_count"),
    *("workers", "lanes", "merge_tokens"),
    *("phrases", "phrase_score", "phrase_threshold", "phrase_min_count", "phrase_delimiter", "phrase_max_pairs"),
    *("phrase_connectors", "min_count"),
)
"""Options and parameters that do not apply to a graph: a node has no letters, and each gets a vector of its own."""


@dataclass(frozen=True, kw_only=True)
class WalkConfig:
    """How walks go through a graph; immutable and always valid.

    Raises
    ------
    ConfigError
        At construction: a value is out of bounds or of the wrong type.
    """

    walks: int = parameter(10, "walks that begin at each node", _WALKS, low=1, high=1_000_000)
    walk_length: int = parameter(80, "nodes of a walk", _WALKS, low=2, high=_LONGEST)
    p: float = parameter(
        1.0,
        "node2vec's return parameter: a step back weighs 1/p",
        _WALKS,
        low=1e-6,
        high=1e6,
        advised=(0.01, 100),
    )
    q: float = parameter(
        1.0,
        "node2vec's in-out parameter: a step to no neighbour of the last node weighs 1/q",
        _WALKS,
        low=1e-6,
        high=1e6,
        advised=(0.01, 100),
    )
    directed: bool | None = parameter(
        None, "follow edges only from their first node to their second (default: as the graph says, else not)", _WALKS
    )

    def __post_init__(self) -> None:
        check_fields(self)

    @classmethod
    def split(cls, settings: Mapping[str, Any]) -> tuple[WalkConfig, dict[str, Any]]:
        """Return how to walk, and the other keywords."""
        names = {item.name for item in fields(cls)}
        rest = {name: value for name, value in settings.items() if name not in names}
        return cls(**{name: value for name, value in settings.items() if name in names}), rest


WALKS = {name: (details, kind) for name, details, kind in declared(WalkConfig)}
"""The parameters of walks."""


class GraphKeywords(RunKeywords, total=False):
    """Parameters of walks, options of a run and training parameters: ``**settings: Unpack[GraphKeywords]``."""

    walks: int
    walk_length: int
    p: float
    q: float
    directed: bool | None
    columns: Sequence[str] | None
