"""Programs that were written for gensim, unchanged, on our stand-ins: installed under gensim's names.

They are not among the developer tools; tests/requirements-clients.txt lists them. Of the large ones, the module that
calls gensim is imported alone, without its package's other dependencies. The calls that programs outside the package
index make are made here as they make them.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import embed
from embed.compat import gensim
from embed.compat.gensim import FastText, KeyedVectors, Word2Vec

HOW = "it is not installed: make test-clients"
TOPICS = {"fruit": ["apple", "pear", "plum", "fig"], "metal": ["iron", "zinc", "lead", "tin"]}
NODES = 16

pytestmark = pytest.mark.filterwarnings("ignore")


def _sentences() -> list[list[str]]:
    random = np.random.default_rng(1)
    return [list(random.permutation(TOPICS[topic])) for _ in range(400) for topic in TOPICS]


def _edges() -> list[tuple[int, int]]:
    """Return the edges of two cliques of eight nodes that one edge joins."""
    halves = [[(a, b) for a in range(first, first + 8) for b in range(first, a)] for first in (0, 8)]
    return [*halves[0], *halves[1], (0, 8)]


def _graph() -> Any:
    networkx = pytest.importorskip("networkx", reason=HOW)
    return networkx.Graph(sorted(_edges()))


def _parted(vector: Callable[[int], Any]) -> float:
    """Return how much more alike the nodes of one clique are than those of two (difference of mean cosines)."""
    rows = np.array([vector(node) for node in range(NODES)], np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = rows @ rows.T
    return float(cosines[:8, :8].mean() - cosines[:8, 8:].mean())


class Programs:
    """Imports programs, which import the stand-ins as gensim."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self._roots: set[str] = set()

    def package(self, name: str) -> Any:
        """Import a package as a whole."""
        self._forget(name)
        return pytest.importorskip(name, reason=HOW)

    def module(self, name: str, **stubs: Any) -> Any:
        """Import a module alone; its packages are empty but for `stubs`, modules or names by their dotted names."""
        root = name.split(".")[0]
        self._forget(root)
        found = importlib.util.find_spec(root)
        if found is None:
            pytest.skip(HOW)
        folder = Path(next(iter(found.submodule_search_locations or ())))
        parts = name.split(".")[:-1]
        for end in range(1, len(parts) + 1):
            self.stub(".".join(parts[:end])).__path__ = [str(folder.joinpath(*parts[1:end]))]
        for stub, content in stubs.items():
            vars(self.stub(stub.replace("__", "."))).update(content)
        return importlib.import_module(name)

    def stub(self, name: str, **content: Any) -> ModuleType:
        """Return the module of this name, a new one if it is not imported."""
        if name not in sys.modules:
            self._monkeypatch.setitem(sys.modules, name, ModuleType(name))
            vars(sys.modules[name]).update(content)
        return sys.modules[name]

    def end(self) -> None:
        """Forget the programs, which have our classes."""
        for root in self._roots:
            self._forget(root)

    def _forget(self, root: str) -> None:
        self._roots.add(root)
        for name in [name for name in sys.modules if name.split(".")[0] == root]:
            del sys.modules[name]


@pytest.fixture
def programs(without_gensim: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Programs]:
    gensim.install()
    found = Programs(monkeypatch)
    yield found
    found.end()


@pytest.fixture
def old_programs(without_gensim: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Programs]:
    gensim.install(version=3)
    found = Programs(monkeypatch)
    yield found
    found.end()


# graphs


def test_node2vec_walks_a_graph(programs: Programs) -> None:
    node2vec = programs.package("node2vec")
    walks = node2vec.Node2Vec(_graph(), dimensions=16, walk_length=20, num_walks=30, seed=1, quiet=True)
    model = walks.fit(window=5, min_count=1, workers=1, seed=1, epochs=5)
    assert type(model) is Word2Vec
    assert _parted(lambda node: model.wv[str(node)]) > 0.3
    edges = importlib.import_module("node2vec.edges").HadamardEmbedder(keyed_vectors=model.wv)
    assert edges[("1", "2")].shape == (16,)


def test_pecanpy_embeds_a_graph(programs: Programs, tmp_path: Path) -> None:
    # nptyping 2.5 needs NumPy 1
    programs.stub("nptyping", **dict.fromkeys(("Bool", "Float32", "UInt32", "UInt64"), Any), **_SUBSCRIPTED)
    pecanpy = programs.package("pecanpy").pecanpy
    (tmp_path / "edges").write_text("".join(f"{a}\t{b}\n" for a, b in _edges()))
    graph = pecanpy.SparseOTF(p=1, q=1, workers=1, random_state=1)
    graph.read_edg(str(tmp_path / "edges"), weighted=False, directed=False)
    rows = graph.embed(dim=16, num_walks=20, walk_length=20, window_size=3, epochs=30)
    assert _parted(lambda node: rows[graph.nodes.index(str(node))]) > 0.3


class _Subscripted:
    def __class_getitem__(cls, item: Any) -> Any:
        return Any


_SUBSCRIPTED = {"NDArray": _Subscripted, "Shape": _Subscripted}


def test_fastnode2vec_walks_while_it_trains(programs: Programs) -> None:
    fastnode2vec = programs.package("fastnode2vec")
    graph = fastnode2vec.Graph(_edges(), directed=False, weighted=False)
    model = fastnode2vec.Node2Vec(graph, dim=16, walk_length=20, window=3, sample=0)
    assert isinstance(model, Word2Vec)
    model.train(epochs=200, verbose=False)
    assert _parted(lambda node: model.wv[node]) > 0.3


def test_graspologic_embeds_a_graph_without_a_seed(programs: Programs) -> None:
    graph = _graph()

    def renamed(graph: Any, **_: Any) -> tuple[Any, dict[Any, str]]:
        names = {node: str(node) for node in graph.nodes}
        found = importlib.import_module("networkx").relabel_nodes(graph, names)
        importlib.import_module("networkx").set_edge_attributes(found, 1.0, "weight")
        return found, names

    module = programs.module("graspologic.embed.n2v", graspologic__utils={"remap_node_ids": renamed})
    rows, nodes = module.node2vec_embed(
        graph, num_walks=20, walk_length=20, dimensions=16, window_size=3, workers=1, iterations=30, random_seed=None
    )
    assert _parted(lambda node: rows[list(nodes).index(node)]) > 0.2


@pytest.mark.parametrize(
    ("name", "arguments", "least"),
    [
        ("node_embedding.neighbourhood.deepwalk.DeepWalk", {"window_size": 3}, 0.4),
        ("node_embedding.neighbourhood.node2vec.Node2Vec", {"window_size": 3}, 0.4),
        ("node_embedding.neighbourhood.walklets.Walklets", {"window_size": 2}, 0.4),
        ("node_embedding.structural.role2vec.Role2Vec", {}, -1),
    ],
)
def test_karateclub_embeds_nodes(name: str, arguments: dict[str, Any], least: float, programs: Programs) -> None:
    module, _, cls = f"karateclub.{name}".rpartition(".")
    graph = _graph()
    folder = importlib.util.find_spec("karateclub")
    if folder is not None:
        programs.module("karateclub.utils.walker")
    model = getattr(programs.module(module), cls)(dimensions=16, workers=1, epochs=30, **arguments)
    model.fit(graph)
    rows = model.get_embedding()
    assert len(rows) == NODES
    assert _parted(lambda node: rows[node]) > least


def test_karateclub_embeds_graphs_as_documents(programs: Programs) -> None:
    networkx = pytest.importorskip("networkx", reason=HOW)
    model = programs.module("karateclub.graph_embedding.graph2vec").Graph2Vec(
        dimensions=16, workers=1, epochs=20, min_count=1
    )
    graphs = [kind(nodes) for kind in (networkx.cycle_graph, networkx.complete_graph) for nodes in range(5, 11)]
    model.fit(graphs)
    assert model.get_embedding().shape == (12, 16)
    assert model.infer(graphs[:2]).shape == (2, 16)


def test_pyrdf2vec_adds_walks(programs: Programs) -> None:
    base = programs.module(
        "pyrdf2vec.embedders.embedder", pyrdf2vec__typings=dict.fromkeys(("Embeddings", "Entities", "SWalk"), object)
    )
    programs.stub("pyrdf2vec.embedders").__dict__["Embedder"] = base.Embedder
    model = importlib.import_module("pyrdf2vec.embedders.word2vec").Word2Vec(vector_size=16, workers=1, sample=0)
    model.fit([[("http://a#x", "p", "http://b#y")] * 5, [("http://a#x", "q", "http://c#z")] * 5])
    model.fit([[("http://n#n", "p", "http://a#x")] * 5], is_update=True)
    assert np.array(model.transform(["http://a#x", "http://n#n"])).shape == (2, 16)
    subword = importlib.import_module("pyrdf2vec.embedders.fasttext").FastText(vector_size=16, workers=1, bucket=50)
    with pytest.raises(NotImplementedError, match="n-grams than those of their letters"):
        subword.fit([[("http://a#x", "p", "http://b#y")] * 5])


def test_the_calls_of_graphembedding(programs: Programs) -> None:
    """shenweichen/GraphEmbedding, which is not in the package index: DeepWalk with hs=1, Node2Vec with hs=0."""
    random = np.random.default_rng(1)
    walks = [[int(first + node) for node in random.integers(8, size=12)] for _ in range(60) for first in (0, 8)]
    for hs in (0, 1):
        model = importlib.import_module("gensim.models").Word2Vec(
            sentences=walks, min_count=0, vector_size=16, sg=1, hs=hs, workers=1, window=5, epochs=20, sample=0
        )
        assert _parted(lambda node, model=model: model.wv[node]) > 0.3


# items, molecules, texts


def test_librecommender_trains_and_retrains_items(programs: Programs, tmp_path: Path) -> None:
    names = ("evaluation", "recommendation", "utils", "utils.misc", "utils.save_load", "utils.validate")
    needed = ("print_metrics", "recommend_from_embedding", "time_block", "save_default_recs", "save_params")
    stubs = {f"libreco.{name}".replace(".", "__"): dict.fromkeys((*needed, "check_fitting")) for name in names}
    base = programs.module("libreco.bases.gensim_base", libreco__bases__embed_base={"EmbedBase": object}, **stubs)
    programs.stub("libreco.bases").__dict__["GensimBase"] = base.GensimBase
    programs.stub("libreco.algorithms").__path__ = [str(Path(base.__file__).parents[1] / "algorithms")]
    cls = importlib.import_module("libreco.algorithms.item2vec").Item2Vec
    model = cls.__new__(cls)
    vars(model).update(embed_size=16, window_size=3, seed=42, workers=1, norm_embed=False, n_items=8, n_users=40)
    random = np.random.default_rng(1)
    model.user_consumed = {user: [4 * (user % 2) + int(item) for item in random.permutation(4)] for user in range(40)}
    model.data = model.get_data()
    model.gensim_model = model.build_model()
    model.gensim_model.train(model.data, total_examples=model.gensim_model.corpus_count, epochs=20)
    model.set_embeddings()
    assert model.item_embeds_np.shape == (8, 16)
    model.gensim_model.save(tmp_path / "m_gensim.pkl")
    model.rebuild_model(tmp_path, "m")
    assert len(model.gensim_model.wv) == 8


def test_spec2vec_trains_and_makes_vectors_of_spectra(programs: Programs, tmp_path: Path) -> None:
    programs.stub("matchms")
    building = programs.module("spec2vec.model_building", spec2vec__Document={"Document": object})
    random = np.random.default_rng(1)
    documents = [[f"peak@{peak}" for peak in random.integers(0, 50, 20)] for _ in range(40)]
    path = tmp_path / "spec.model"
    model = building.train_new_word2vec_model(
        documents, iterations=[2, 4], filename=str(path), workers=1, vector_size=16, sample=0
    )
    assert path.is_file()
    assert (tmp_path / "spec_iter_2.model").is_file()
    pytest.importorskip("numba", reason=HOW)
    spectrum = type("Spectrum", (), {"words": documents[0], "weights": [1.0] * 20})
    operations = importlib.import_module("spec2vec.vector_operations")
    assert operations.calc_vector(model, spectrum, 0.5, 5).any()


@pytest.mark.parametrize("package", ["keybert", "bertopic"])
def test_keybert_and_bertopic_know_our_vectors(package: str, programs: Programs) -> None:
    base = programs.module(f"{package}.backend._base").BaseEmbedder
    programs.stub(f"{package}.backend").__dict__["BaseEmbedder"] = base
    backend = importlib.import_module(f"{package}.backend._gensim").GensimBackend
    vectors = Word2Vec(_sentences(), vector_size=16, min_count=1, workers=1, sample=0).wv
    rows = backend(vectors).embed(["apple pear", "unheard"])
    np.testing.assert_allclose(rows[0], (vectors["apple"] + vectors["pear"]) / 2, rtol=1e-5)


class _Texts:
    """A corpus as scattertext's, of words that a parser would give."""

    def get_parsed_docs(self) -> list[Any]:
        def word(text: str) -> Any:
            return type("Word", (), {"lower_": text, "is_punct": False})

        documents = [["new york is big", "the new york times"], ["graph trees and minors", "a graph of trees"]]
        return [
            type("Document", (), {"sents": [list(map(word, text.split())) for text in texts]}) for texts in documents
        ] * 20

    def get_category_names_by_row(self) -> list[str]:
        return ["city", "trees"] * 20

    def get_categories(self) -> list[str]:
        return ["city", "trees"]

    def get_num_categories(self) -> int:
        return 2


def test_scattertext_trains_words_and_phrases(programs: Programs) -> None:
    module = programs.module(
        "scattertext.representations.Word2VecFromParsedCorpus", scattertext__ParsedCorpus={"ParsedCorpus": _Texts}
    )
    model = module.Word2VecFromParsedCorpus(_Texts()).train(epochs=2, super_epochs=1)
    assert model.wv["york"].shape == (100,)
    added = module.GensimPhraseAdder(3).add_phrases(_Texts())
    assert [type(phrases) for phrases in added.phrases] == [gensim.Phrases] * 3


def test_scattertext_projects_categories(old_programs: Programs) -> None:
    module = old_programs.module(
        "scattertext.representations.Doc2VecBuilder", scattertext__ParsedCorpus={"ParsedCorpus": _Texts}
    )
    models = importlib.import_module("gensim.models")
    builder = module.Doc2VecBuilder(models.Doc2Vec(vector_size=16, min_count=1, workers=1, epochs=2))
    builder.train(_Texts())
    assert builder.project().shape == (2, 16)


def test_wefe_measures_bias(programs: Programs) -> None:
    models, metrics, query = (programs.package(f"wefe.{name}") for name in ("word_embedding_model", "metrics", "query"))
    model = Word2Vec(_sentences(), vector_size=16, min_count=1, workers=1, epochs=5, sg=1)
    fruit, metal = TOPICS["fruit"], TOPICS["metal"]
    asked = query.Query([fruit[:2], metal[:2]], [fruit[2:], metal[2:]], ["fruit", "metal"], ["fruit", "metal"])
    result = metrics.WEAT().run_query(asked, models.WordEmbeddingModel(model.wv, "ours"))
    assert result["weat"] > 0.5
    assert result["effect_size"] > 1.5


def test_gensim_evaluations_scores_categories(programs: Programs, tmp_path: Path) -> None:
    methods: Any = programs.package("gensim_evaluations.methods")
    categories = tmp_path / "categories.txt"
    categories.write_text("".join(f": {topic}\n{' '.join(words)}\n" for topic, words in TOPICS.items()))
    sentences = _sentences()
    plain = Word2Vec(sentences, vector_size=16, min_count=1, workers=1, epochs=20, sg=1)
    subword = FastText(sentences, vector_size=16, min_count=1, workers=1, epochs=20, sg=1, bucket=1000)
    for vectors, ft in ((plain.wv, False), (subword.wv, True)):
        assert methods.Topk(str(categories), vectors, k=3, ft=ft)[0] > 0.9


# programs for gensim 3


def test_mol2vec_trains_and_sums_words(old_programs: Programs, tmp_path: Path) -> None:
    chem = old_programs.stub("rdkit.Chem", AllChem=None, PandasTools=None)
    old_programs.stub("rdkit", Chem=chem)
    features = old_programs.module("mol2vec.features")
    (tmp_path / "corpus").write_text("a b c d\nc d e f\n" * 30)
    features.train_word2vec_model(
        str(tmp_path / "corpus"), str(tmp_path / "m"), vector_size=16, window=3, min_count=1, n_jobs=1, method="cbow"
    )
    model = importlib.import_module("gensim.models.word2vec").Word2Vec.load(tmp_path / "m")
    rows = features.sentences2vec([["a", "b"], ["c", "zz"]], model, unseen="a")
    np.testing.assert_allclose(rows[1], model.wv["c"] + model.wv["a"], rtol=1e-6)
    assert features.sentences2vec([["a", "zz"]], model).shape == (1, 16)


def test_biovec_makes_vectors_of_proteins(old_programs: Programs, tmp_path: Path) -> None:
    old_programs.stub("pyfasta", Fasta=lambda _: {f"r{number}": "AGAMQSASMKLVF" * 3 for number in range(9)})
    module = old_programs.module("biovec.models.prot_vec")
    model = module.ProtVec("x", corpus_fname=str(tmp_path / "corpus"), size=16, window=5, workers=1)
    vectors = model.to_vecs("AGAMQSASM")
    assert [vector.shape for vector in vectors] == [(16,)] * 3
    model.save(str(tmp_path / "m"))
    np.testing.assert_array_equal(module.load_protvec(str(tmp_path / "m"))["AGA"], model["AGA"])


def test_deepwalk_trains_by_the_tree(old_programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    import collections

    monkeypatch.setattr(collections, "Mapping", dict, raising=False)  # it was written for Python 3.9
    old_programs.stub("six", string_types=(str,))
    cls = old_programs.module("deepwalk.skipgram").Skipgram
    model = cls(sentences=[["1", "2", "3"], ["2", "3", "4"]] * 20, size=16, window=2, min_count=0, workers=1)
    assert (model.hs, model.sg, model.vector_size) == (1, 1, 16)


def test_cade_aligns_slices_of_time(old_programs: Programs, tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("a b c d e f\n" * 60)
    (tmp_path / "new.txt").write_text("a b x c d f\n" * 60)
    (tmp_path / "all.txt").write_text("a b c d e f\n" * 60 + "a b x c d f\n" * 60)
    cade = old_programs.module("cade.cade").CADE(
        size=16, siter=2, diter=2, min_count=1, workers=1, opath=str(tmp_path / "model")
    )
    cade.train_compass(str(tmp_path / "all.txt"), overwrite=True)
    for name in ("old", "new"):
        part = cade.train_slice(str(tmp_path / f"{name}.txt"), save=True)
        rows = [cade.compass.wv.vocab[word].index for word in part.wv.index2word]
        np.testing.assert_array_equal(part.syn1neg, cade.compass.syn1neg[rows])
        assert len(part.wv.vocab) == 6


def test_the_calls_of_dna2vec(old_programs: Programs, tmp_path: Path) -> None:
    """pnpnpn/dna2vec, which is not in the package index: it trains, saves text, and reads it as a model."""
    word2vec = importlib.import_module("gensim.models.word2vec")
    matutils = importlib.import_module("gensim.matutils")
    assert word2vec.FAST_VERSION >= 0
    random = np.random.default_rng(1)
    words = [[str(word) for word in random.choice(["AC", "GT", "ACG", "TTA"], 20)] for _ in range(40)]
    model = word2vec.Word2Vec(words, sg=0, size=16, window=3, min_count=1, workers=1, iter=2)
    model.wv.save_word2vec_format(tmp_path / "all", binary=False)
    read = word2vec.Word2Vec.load_word2vec_format(tmp_path / "all", binary=False)
    assert sorted(map(len, read.vocab.keys())) == [2, 2, 3, 3]
    assert read.vector_size == 16
    assert np.dot(matutils.unitvec(read["AC"]), matutils.unitvec(read["AC"])) == pytest.approx(1)


def test_our_own_functions_read_the_stand_ins_files(tmp_path: Path) -> None:
    model = Word2Vec(_sentences(), vector_size=16, min_count=1, workers=1)
    model.save(tmp_path / "model.embed")
    np.testing.assert_array_equal(embed.load_model(tmp_path / "model.embed").vectors.matrix, model.wv.vectors)
    assert isinstance(model.wv, KeyedVectors)
