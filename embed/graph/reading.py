"""Read the edges of a graph: from lists of edges in files, and from the objects of other packages.

A list of edges has an edge a line: two nodes and, if it likes, a weight, between white space. Lines whose first word is
``#`` or ``%`` are comments. Such a list is read as text is, by the compiled encoder: nodes are its words. A file with
other separators or with a header is a table, whose columns are named.

Rejected: guessing whether a first line is a header (a node may be called "source"), importing networkx or SciPy to
recognise their classes (their methods are enough).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embed.arguments import iterable, plain, shown
from embed.corpora import TextCorpus
from embed.corpora.columns import Tables, column_names, is_paths, place
from embed.corpora.files import Source, find_files
from embed.corpora.recognise import JSON_ENDINGS, SEPARATORS, ending_of
from embed.errors import ConfigError, CorpusError
from embed.files.inputs import Input
from embed.graph.graph import Graph
from embed.messages import listed, option
from embed.text.encoding import encode

__all__ = ["read_graph"]

_COMMENTS = ("#", "%")
_FEWEST, _MOST = 2, 3
"""Fields of an edge."""
_WEIGHT = "weight"
"""The attribute of an edge that networkx's functions read."""


def read_graph(
    source: Any,
    *,
    directed: bool | None = None,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    threads: int | None = None,
) -> Graph:
    """Read a graph.

    Parameters
    ----------
    source : Graph, path or list of paths, graph of networkx, sparse matrix of SciPy, table, or iterable of edges
        Files are lists of edges or, with `columns`, tables. A graph of networkx has its weights in the attribute
        ``weight``, 1 where an edge has none. The entry (i, j) of a matrix is the weight of the edge from node i to
        node j. An edge of an iterable is (node, node) or (node, node, weight).
    directed : bool or None
        None: as a graph of networkx says; no for everything else.
    columns : sequence of str, optional
        The columns of a table that hold the two nodes of an edge and, if there is a third, its weight.
    delimiter : str, optional
        As for :class:`embed.corpora.ColumnCorpus`.
    threads : int, optional
        The threads that read.

    Raises
    ------
    CorpusError
        The source cannot be read, is no graph, or has an edge or a weight that is none.
    ConfigError
        `columns` are not two or three names.
    """
    if isinstance(source, Graph):
        return source
    if columns is not None:
        names = _checked_columns(columns)
        return _from_edges(_table_edges(source, names, delimiter), bool(directed))
    if delimiter is not None:
        raise ConfigError(f"{option('delimiter')} needs columns; name those of the edges with {option('columns')}")
    if is_paths(source):
        return _from_files(source, bool(directed), threads)
    if hasattr(source, "tocoo"):  # before tables: a matrix of keys is a mapping, too
        return _from_matrix(source, bool(directed))
    if (names_there := column_names(source)) is not None:
        raise CorpusError(
            f"the graph is a table with the columns {listed(names_there)}; name those of the edges with "
            f"{option('columns')}"
        )
    if callable(getattr(source, "is_directed", None)) and callable(getattr(source, "edges", None)):
        is_directed = bool(source.is_directed()) if directed is None else directed
        edges = source.edges(data=_WEIGHT, default=1)
        return _from_edges(edges, is_directed, source.nodes)
    if isinstance(source, (str, bytes)) or not iterable(source):
        raise CorpusError(
            f"a graph must be files of edges, a graph of networkx, a sparse matrix or an iterable of edges, not "
            f"{shown(source)}"
        )
    return _from_edges(source, bool(directed))


def _checked_columns(columns: Any) -> list[str]:
    names = list(columns) if isinstance(columns, (list, tuple)) else []
    if not _FEWEST <= len(names) <= _MOST or not all(isinstance(name, str) for name in names):
        raise ConfigError(
            f"{option('columns')} must be two names, of the nodes of an edge, or three with that of the weight, not "
            f"{shown(columns)}"
        )
    return names


# files


def _from_files(source: Source, directed: bool, threads: int | None) -> Graph:
    files = find_files(source)
    for file in files:
        if (ending := ending_of(file.path)) in (*SEPARATORS, *JSON_ENDINGS, ".parquet"):
            raise CorpusError(
                f"{file.name}: a {ending} file is a table: name the columns of the edges with {option('columns')}, or "
                "give lines of two nodes and a weight in a file with another ending"
            )
    with encode(_Edges(files), min_count=1, threads=threads) as encoded:
        words = encoded.vocabulary.words
        ids, offsets = np.asarray(encoded.ids), np.asarray(encoded.offsets)
        firsts = offsets[:-1]
        comments = np.array([id for id, word in enumerate(words) if word in _COMMENTS], np.int32)
        is_edge = ~np.isin(ids[firsts], comments)
        firsts, sizes = firsts[is_edge], np.diff(offsets)[is_edge]
        _check_sizes(sizes, firsts, ids, words)
        if not len(firsts):
            raise CorpusError(f"{files[0].name}: there is no edge: each line needs two nodes")
        pairs = np.stack([ids[firsts], ids[firsts + 1]])
        is_node = np.zeros(len(words), bool)
        is_node[pairs] = True
        numbers = np.cumsum(is_node) - 1
        weights = None
        if (has_weight := sizes == _MOST).any():
            weights = np.ones(len(firsts))
            weights[has_weight] = _numbers(ids[firsts[has_weight] + 2], words)
        nodes = [words[id] for id in np.flatnonzero(is_node)]
        sources, targets = numbers[pairs].astype(np.int64)
    return Graph(nodes, sources, targets, weights, directed=directed)


class _Edges(TextCorpus):
    """Lists of edges, which look like vectors or tables to whoever looks for running text."""

    def check(self, file: Input) -> None:
        """Accept any text."""


def _check_sizes(sizes: NDArray[np.int64], firsts: NDArray[np.int64], ids: NDArray[np.int32], words: list[str]) -> None:
    wrong = np.flatnonzero((sizes < _FEWEST) | (sizes > _MOST))
    if len(wrong):
        edge, size = int(wrong[0]), int(sizes[wrong[0]])
        first = int(firsts[edge])
        fields = " ".join(words[id] for id in ids[first : first + min(size, _MOST + 1)])
        raise CorpusError(
            f"edge {edge + 1:,} has {size:,} field{'s' * (size != 1)} ({fields!r:.60}), not two nodes or two nodes and "
            f"a weight; if the file is a table, name its columns with {option('columns')}"
        )


def _numbers(ids: NDArray[np.int32], words: list[str]) -> NDArray[np.float64]:
    """Return the numbers that words stand for; each word is read once."""
    distinct, where = np.unique(ids, return_inverse=True)
    values = np.array([_number(words[id], "a line") for id in distinct])
    return values[where]


def _number(value: Any, where: str) -> float:
    number = plain(value, float)
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            number = None
    if type(number) is not float or math.isnan(number):
        raise CorpusError(f"{where} has the weight {shown(value)}, which is not a number")
    return number


def _table_edges(table: Any, names: Sequence[str], delimiter: str | None) -> Iterator[tuple[Any, ...]]:
    for where, row, values in Tables(table, names, delimiter=delimiter).rows():
        if (empty := next((number for number, value in enumerate(values) if value in (None, "")), None)) is not None:
            missing = names[empty]
            raise CorpusError(f"{place(where, row, missing)}: there is no value")
        yield values


# objects


def _from_edges(edges: Iterable[Any], directed: bool, nodes: Iterable[Hashable] = ()) -> Graph:
    numbers: dict[Hashable, int] = {}
    for node in nodes:
        numbers.setdefault(node, len(numbers))
    sources, targets, weights = [], [], []
    is_weighted = False
    for number, edge in enumerate(edges, 1):
        parts = tuple(edge) if not isinstance(edge, (str, bytes)) and iterable(edge) else ()
        if not _FEWEST <= len(parts) <= _MOST:
            raise CorpusError(f"edge {number:,} must be two nodes, or two nodes and a weight, not {shown(edge)}")
        sources.append(_numbered(parts[0], numbers, number))
        targets.append(_numbered(parts[1], numbers, number))
        if len(parts) == _MOST:
            is_weighted = True
            weights.append(_number(parts[2], f"edge {number:,}"))
        else:
            weights.append(1.0)
    return Graph(
        list(numbers),
        np.array(sources, np.int64),
        np.array(targets, np.int64),
        np.array(weights) if is_weighted else None,
        directed=directed,
    )


def _numbered(node: Hashable, numbers: dict[Hashable, int], edge: int) -> int:
    try:
        found = numbers.setdefault(node, len(numbers))
    except TypeError:
        raise CorpusError(f"edge {edge:,}: {shown(node)} is not hashable: use a tuple as the node") from None
    if node != node:
        raise CorpusError(f"edge {edge:,}: {shown(node)} is not equal to itself: leave it out")
    return found


def _from_matrix(matrix: Any, directed: bool) -> Graph:
    entries = matrix.tocoo()
    if len(entries.shape) != 2 or entries.shape[0] != entries.shape[1]:
        raise CorpusError(f"the matrix of a graph must have as many rows as columns, not the shape {entries.shape}")
    weights = np.asarray(entries.data)
    if weights.dtype.kind not in "biuf":
        raise CorpusError(f"the matrix of a graph must hold numbers, not {weights.dtype}")
    return Graph(
        range(entries.shape[0]),
        np.asarray(entries.row, np.int64),
        np.asarray(entries.col, np.int64),
        weights.astype(np.float64),
        directed=directed,
    )
