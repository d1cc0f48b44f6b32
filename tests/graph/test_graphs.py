"""Graphs from files and objects to vectors of their nodes; hostile ones are refused in a sentence."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse import coo_array, csr_array

import embed
from embed import train_graph
from embed.cli import main
from embed.config.graph import NOT_FOR_GRAPHS, SUBSAMPLE
from embed.errors import AdviceWarning, ConfigError, CorpusError
from embed.graph.reading import read_graph
from embed.graph.train import run_graph
from tests.graph.edges import edges_of

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "graphs.md"
FAST: dict[str, Any] = {"dim": 16, "threads": 1, "progress": False, "walks": 4, "walk_length": 20}


class _NetworkX:
    """What is asked of a graph of networkx."""

    def __init__(self, edges: list[tuple[Any, Any, Any]], nodes: list[Any], *, directed: bool = False) -> None:
        self.nodes, self._edges, self._directed = nodes, edges, directed

    def is_directed(self) -> bool:
        return self._directed

    def edges(self, data: str, default: float) -> Iterator[tuple[Any, Any, Any]]:
        assert data == "weight"
        return ((a, b, default if weight is None else weight) for a, b, weight in self._edges)


def _both_ways(edges: dict[tuple[Any, Any], float]) -> dict[tuple[Any, Any], float]:
    return {**edges, **{(b, a): weight for (a, b), weight in edges.items()}}


WANTED = _both_ways({("a", "b"): 2.0, ("b", "c"): 0.5, ("a", "d"): 1.0})


def test_a_list_of_edges(tmp_path: Path) -> None:
    lines = "# a comment of any length\n%\na b 2\n\nb\tc 5e-1\n  a d  \n"
    (tmp_path / "g.edges").write_text(lines)
    (tmp_path / "g.txt.gz").write_bytes(gzip.compress(lines.encode()))
    for name in ("g.edges", "g.txt.gz"):
        graph = read_graph(tmp_path / name)
        assert edges_of(graph) == WANTED
        assert repr(graph) == "<Graph: 4 nodes, 3 edges, undirected, weighted>"
    assert edges_of(read_graph(tmp_path / "g.edges", directed=True)) == dict(list(WANTED.items())[:3])


def test_edges_between_numbers_are_no_vectors(tmp_path: Path) -> None:
    (tmp_path / "g.txt").write_text("2 1\n0 1\n1 2\n")
    assert read_graph(tmp_path / "g.txt").edges == 2
    (tmp_path / "g.txt").write_text("".join(f"{number} {number + 1} 0.5\n" for number in range(99)))
    assert read_graph(tmp_path / "g.txt").edges == 99


def test_tables_of_edges(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text('w,from,to\n2,a,b\n0.5,b,"c"\n1,a,d\n')
    (tmp_path / "g.jsonl").write_text(
        "".join(json.dumps({"from": a, "to": b, "w": w}) + "\n" for a, b, w in [("a", "b", 2), ("b", "c", 0.5)])
    )
    assert edges_of(read_graph(tmp_path / "g.csv", columns=("from", "to", "w"))) == WANTED
    assert set(edges_of(read_graph(tmp_path / "g.csv", columns=["from", "to"])).values()) == {1.0}
    assert len(edges_of(read_graph(tmp_path / "g.jsonl", columns=("from", "to", "w")))) == 4
    columns = {"from": ["a", "b", "a"], "to": ["b", "c", "d"], "w": [2, 0.5, 1]}
    assert edges_of(read_graph(columns, columns=("from", "to", "w"))) == WANTED
    (tmp_path / "g.csv").write_text("from,to\na,\n")
    with pytest.raises(CorpusError, match=r"g\.csv, row 1, column 'to': there is no value"):
        read_graph(tmp_path / "g.csv", columns=("from", "to"))


def test_edges_in_memory_have_any_nodes() -> None:
    graph = read_graph([(1, ("x", 2)), [1, "1", 3.0], (np.int64(1), "1")])
    assert edges_of(graph) == _both_ways({(1, ("x", 2)): 1.0, (1, "1"): 4.0})
    assert edges_of(read_graph(np.array([[0, 1], [1, 2], [2, 1]]))) == _both_ways({(0, 1): 1.0, (1, 2): 1.0})


def test_a_graph_of_networkx() -> None:
    edges = [("a", "b", 2.0), ("b", "c", None), ("c", "a", 2.0)]
    graph = read_graph(_NetworkX(edges, ["c", "b", "a", "alone"]))
    assert list(graph.nodes) == ["c", "b", "a", "alone"]
    assert edges_of(graph) == _both_ways({("a", "b"): 2.0, ("b", "c"): 1.0, ("c", "a"): 2.0})
    assert graph.isolated == 1
    directed = read_graph(_NetworkX(edges, list("abc"), directed=True))
    assert edges_of(directed) == {("a", "b"): 2.0, ("b", "c"): 1.0, ("c", "a"): 2.0}
    assert read_graph(_NetworkX(edges, list("abc"), directed=True), directed=False).edges == 3


def test_a_sparse_matrix() -> None:
    matrix = csr_array(np.array([[0, 2, 0], [0, 9, 0.5], [0, 0, 0]]))
    assert edges_of(read_graph(matrix)) == _both_ways({(0, 1): 2.0, (1, 2): 0.5})
    assert edges_of(read_graph(coo_array(matrix), directed=True)) == {(0, 1): 2.0, (1, 2): 0.5}
    symmetric = read_graph(csr_array(np.array([[0, True], [True, False]])))
    assert symmetric.weights is None
    with pytest.raises(CorpusError, match="as many rows as columns"):
        read_graph(csr_array((2, 3)))


@pytest.mark.parametrize("kind", ["array", "matrix"])
@pytest.mark.parametrize("form", ["bsr", "coo", "csc", "csr", "dia", "dok", "lil"])
def test_every_sparse_matrix_of_scipy(form: str, kind: str) -> None:
    make = getattr(sparse, f"{form}_{kind}")
    dense = np.array([[7, 2, 0, 0], [0, 0, 0.5, 0], [0, 3, 0, 0], [0, 0, 0, 0]])
    directed = read_graph(make(dense), directed=True)
    assert edges_of(directed) == {(0, 1): 2.0, (1, 2): 0.5, (2, 1): 3.0}
    assert directed.isolated == 1
    assert edges_of(read_graph(make(dense))) == _both_ways({(0, 1): 2.0, (1, 2): 3.5})
    assert edges_of(read_graph(make(dense.astype(np.int8)), directed=True)) == {(0, 1): 2.0, (2, 1): 3.0}
    with pytest.raises(CorpusError, match=r"the edge from 1 to 2 has the weight -0\.5"):
        read_graph(make(dense * [[1], [-1], [1], [1]]))


def test_entries_of_a_matrix_that_are_there_twice_zero_or_no_number() -> None:
    twice = coo_array(([1.0, 2.0, 0.0, 0.5], ([0, 0, 1, 2], [1, 1, 2, 0])), shape=(3, 3))
    assert edges_of(read_graph(twice)) == _both_ways({(0, 1): 3.0, (2, 0): 0.5})
    for wrong in (np.nan, np.inf):
        with pytest.raises(CorpusError, match=f"the edge from 0 to 1 has the weight {wrong}"):
            read_graph(csr_array(np.array([[0, wrong], [0, 0]])))
    with pytest.raises(CorpusError, match="must hold numbers, not complex128"):
        read_graph(csr_array(np.array([[0, 1j], [0, 0]])))
    with pytest.raises(CorpusError, match="as many rows as columns"):
        read_graph(coo_array(np.array([0, 1])))


def test_loops_zero_weights_and_repeated_edges() -> None:
    graph = read_graph([("a", "a", 5), ("a", "b", 1), ("b", "a", 2), ("b", "c", 0), ("c", "d", 1)])
    assert edges_of(graph) == _both_ways({("a", "b"): 3.0, ("c", "d"): 1.0})


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([("a", "b", -1)], "the edge from 'a' to 'b' has the weight -1: weights must be finite and at least 0"),
        ([("a", "b", float("inf"))], "has the weight inf"),
        ([("a", "b", float("nan"))], "edge 1 has the weight nan, which is not a number"),
        ([("a", "b", "x")], "edge 1 has the weight 'x', which is not a number"),
        ([("a", "b", 1e308), ("a", "b", 1e308)], "not finite"),
        ([("a", "a")], "the graph has no edge between two nodes"),
        ([("a", "b", 0)], "the graph has no edge between two nodes"),
        (iter(()), "the graph has no edge between two nodes"),
        ([("a",)], "edge 1 must be two nodes, or two nodes and a weight, not ('a',)"),
        ([("a", "b"), 5], "edge 2 must be two nodes, or two nodes and a weight, not 5"),
        ([("a", ["b"])], "edge 1: ['b'] is not hashable"),
        ([("a", float("nan"))], "edge 1: nan is not equal to itself"),
        (5, "a graph must be files of edges"),
        (b"x", "a graph must be files of edges"),
        ({"x": [1]}, "the graph is a table with the columns"),
        (csr_array((3, 3)), "the graph has no edge between two nodes"),
    ],
)
def test_what_is_no_graph_is_refused(source: Any, message: str) -> None:
    with pytest.raises(CorpusError, match=re.escape(message)):
        read_graph(source)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the corpus is empty"),
        ("# a b\n", "there is no edge"),
        ("a b\nc\n", "edge 2 has 1 field ('c'), not two nodes"),
        ("a b\na b 1 2 3\n", "edge 2 has 5 fields ('a b 1 2')"),
        ("a,b\n", "edge 1 has 1 field ('a,b')"),
        ("a b \x1b[31mred\n", "a line has the weight '\\x1b[31mred', which is not a number"),
        ("a b nan\n", "is not a number"),
        ("a b -2\n", "weights must be finite and at least 0"),
        ("a b inf\n", "weights must be finite and at least 0"),
        ("\x1b[31m <script>\n<script> \x1b[31m -1\n", "the edge from '<script>' to '\\x1b[31m' has the weight -1"),
    ],
)
def test_lines_that_are_no_edges_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "g.txt").write_text(text)
    with pytest.raises(CorpusError, match=re.escape(message)) as raised:
        read_graph(tmp_path / "g.txt")
    assert "\x1b" not in str(raised.value)


def test_a_table_needs_the_names_of_its_columns(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text("a,b\n")
    with pytest.raises(CorpusError, match=r"g\.csv: a \.csv file is a table: name the columns"):
        read_graph(tmp_path / "g.csv")
    with pytest.raises(ConfigError, match="columns must be two names"):
        read_graph(tmp_path / "g.csv", columns=["a"])
    with pytest.raises(ConfigError, match="columns must be two names"):
        read_graph(tmp_path / "g.csv", columns="ab")
    with pytest.raises(ConfigError, match="delimiter needs columns"):
        read_graph(tmp_path / "g.csv", delimiter=",")


def test_nodes_with_huge_names_and_numbers(tmp_path: Path) -> None:
    long = "9" * 10_000
    (tmp_path / "g.txt").write_text(f"{long} 18446744073709551616\n{long} -1\n")
    assert set(read_graph(tmp_path / "g.txt").nodes) == {long, "18446744073709551616", "-1"}


def _communities(count: int = 5, size: int = 8) -> list[tuple[Any, Any]]:
    """Return cliques that hang together by one edge each."""
    cliques = [[(group, number) for number in range(size)] for group in range(count)]
    edges = [(a, b) for clique in cliques for a in clique for b in clique if a < b]
    return edges + [(cliques[group - 1][0], cliques[group][0]) for group in range(count)]


def test_nodes_of_a_community_are_nearest() -> None:
    vectors = train_graph(_communities(), **{**FAST, "walks": 20, "epochs": 2, "p": 2, "q": 0.5})
    for group in range(5):
        for number in range(1, 8):
            found = {other for other, _ in vectors.nearest((group, number), 5)}
            assert all(other[0] == group for other in found)  # type: ignore[index]
    again = train_graph(_communities(), **{**FAST, "walks": 20, "epochs": 2, "p": 2, "q": 0.5})
    assert again.items == vectors.items
    assert np.array_equal(again.matrix, vectors.matrix)


def test_nodes_without_edges_are_told() -> None:
    graph = _NetworkX([("a", "b", 1), ("b", "c", 1)], ["a", "b", "c", "alone"])
    with pytest.warns(AdviceWarning, match="1 of 4 nodes have no edges: their vectors stay untrained"):
        vectors = train_graph(graph, **FAST)
    assert set(vectors) == {"a", "b", "c", "alone"}


def test_hubs_are_subsampled_by_the_number_of_visited_nodes() -> None:
    edges = [(0, node) for node in range(1, 50)] + [(node, node + 1) for node in range(1, 49)]
    with pytest.warns(AdviceWarning, match="1 of 51 nodes"):
        model, _ = run_graph([*edges, ("alone", "alone")], None, {**FAST, "walks": 100})
    assert model.config.subsample == SUBSAMPLE / 50
    model, _ = run_graph(edges, None, {**FAST, "subsample": 0})
    assert model.config.subsample == 0


def test_a_run_resumes_from_its_checkpoint(tmp_path: Path) -> None:
    whole = train_graph(_communities(), epochs=3, **FAST)

    def stop(record: Any, _: Any) -> bool:
        return bool(record.epoch == 1)

    folder = str(tmp_path / "ck")
    train_graph(_communities(), epochs=3, checkpoint=folder, checkpoint_every="epoch", callbacks=[stop], **FAST)
    resumed = train_graph(_communities(), epochs=3, resume=folder, **FAST)
    assert np.array_equal(resumed.matrix, whole.matrix)
    with pytest.raises(ConfigError, match="cannot resume"):
        train_graph(_communities(), epochs=3, resume=folder, **{**FAST, "walks": 5})


@pytest.mark.parametrize("name", NOT_FOR_GRAPHS)
def test_parameters_of_text_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} does not apply to the nodes of a graph|must be"):
        train_graph([(1, 2)], **{name: 1})  # type: ignore[misc]


def test_unknown_and_foreign_names() -> None:
    with pytest.raises(ConfigError, match="unknown parameter 'walk_lenght'"):
        train_graph([(1, 2)], walk_lenght=5)  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match="set subword=False"):
        train_graph([(1, 2)], embed.TrainConfig(subword=True))


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edges, out = tmp_path / "g.txt", tmp_path / "v.txt"
    edges.write_text("".join(f"{a[0]}-{a[1]} {b[0]}-{b[1]}\n" for a, b in _communities()))
    command = ["graph", str(edges), "-o", str(out), "--dim", "16", "--walks", "4", "--walk-length", "20", "--p", "2"]
    assert main([*command, "--epochs", "4", "--threads", "1", "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    vectors = embed.load(out)
    assert len(vectors) == 40
    assert vectors.counts is None
    assert vectors.nearest("2-3", 1)[0][0].startswith("2-")
    card = json.loads((tmp_path / "v.txt.json").read_text())
    assert card["provenance"]["decisions"]["graph"] == {
        **{"walks": 4, "walk_length": 20, "p": 2.0, "q": 1.0},
        **{"directed": False, "nodes": 40, "edges": 145},
    }
    assert main(["graph", str(edges), "-o", str(edges)])
    assert edges.read_text().startswith("0-0 0-1\n")


def test_the_command_reads_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edges, out = tmp_path / "g.csv", tmp_path / "v.embed"
    edges.write_text("x,y,z\na b,<script>,1\na b,\x1b[31m,2\n")
    assert main(["graph", str(edges), "-o", str(out), "--columns", "x,y,z", "--dim", "16", "--threads", "1"]) == 0
    assert "\x1b" not in capsys.readouterr().err
    assert set(embed.load(out).words) == {"a b", "<script>", "\x1b[31m"}


@pytest.mark.skipif(not DOCUMENT.is_file(), reason="the guide is not part of the wheel")
def test_the_example_of_the_guide_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (snippet,) = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(snippet, str(DOCUMENT), "exec"), names)
    assert names["again"].items == names["nodes"].items
    assert {node[0] for node, _ in names["found"]} == {"A"}
