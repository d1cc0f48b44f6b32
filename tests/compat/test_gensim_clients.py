"""Programs that were written for gensim, unchanged, on our stand-ins.

They are not among the developer tools (two of them ask for NumPy 1); tests/requirements-clients.txt lists them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.compat.gensim import FastText, KeyedVectors, Word2Vec

HOW = "it is not installed: make test-clients"
TOPICS = {"fruit": ["apple", "pear", "plum", "fig"], "metal": ["iron", "zinc", "lead", "tin"]}


def _sentences() -> list[list[str]]:
    random = np.random.default_rng(1)
    return [list(random.permutation(TOPICS[topic])) for _ in range(400) for topic in TOPICS]


@pytest.mark.filterwarnings("ignore")
def test_node2vec_walks_a_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    models = pytest.importorskip("gensim.models")
    networkx = pytest.importorskip("networkx", reason=HOW)
    node2vec = pytest.importorskip("node2vec", reason=HOW)
    monkeypatch.setattr(models, "Word2Vec", Word2Vec)
    two_cliques = networkx.disjoint_union(networkx.complete_graph(8), networkx.complete_graph(8))
    two_cliques.add_edge(0, 8)
    walks = node2vec.Node2Vec(two_cliques, dimensions=16, walk_length=20, num_walks=30, seed=1, quiet=True)
    model = walks.fit(window=5, min_count=1, workers=1, seed=1, epochs=5)
    assert type(model) is Word2Vec
    assert len(model.wv) == 16
    own = [int(node) < 8 for node, _ in model.wv.most_similar("3", topn=7)]
    assert sum(own) >= 6
    edges = pytest.importorskip("node2vec.edges").HadamardEmbedder(keyed_vectors=model.wv)
    assert edges[("1", "2")].shape == (16,)


@pytest.mark.filterwarnings("ignore")
def test_wefe_measures_bias(monkeypatch: pytest.MonkeyPatch) -> None:
    models = pytest.importorskip("wefe.word_embedding_model", reason=HOW)
    metrics = pytest.importorskip("wefe.metrics", reason=HOW)
    query = pytest.importorskip("wefe.query", reason=HOW)
    monkeypatch.setattr(models, "BaseKeyedVectors", KeyedVectors)
    model = Word2Vec(_sentences(), vector_size=16, min_count=1, workers=1, epochs=5, sg=1)
    fruit, metal = TOPICS["fruit"], TOPICS["metal"]
    asked = query.Query([fruit[:2], metal[:2]], [fruit[2:], metal[2:]], ["fruit", "metal"], ["fruit", "metal"])
    result = metrics.WEAT().run_query(asked, models.WordEmbeddingModel(model.wv, "ours"))
    assert result["weat"] > 0.5
    assert result["effect_size"] > 1.5


def test_gensim_evaluations_scores_categories(tmp_path: Path) -> None:
    methods: Any = pytest.importorskip("gensim_evaluations.methods", reason=HOW)
    categories = tmp_path / "categories.txt"
    categories.write_text("".join(f": {topic}\n{' '.join(words)}\n" for topic, words in TOPICS.items()))
    sentences = _sentences()
    plain = Word2Vec(sentences, vector_size=16, min_count=1, workers=1, epochs=20, sg=1)
    subword = FastText(sentences, vector_size=16, min_count=1, workers=1, epochs=20, sg=1, bucket=1000)
    for vectors, ft in ((plain.wv, False), (subword.wv, True)):
        assert methods.Topk(str(categories), vectors, k=3, ft=ft)[0] > 0.9


def test_our_own_functions_read_the_stand_ins_files(tmp_path: Path) -> None:
    model = Word2Vec(_sentences(), vector_size=16, min_count=1, workers=1)
    model.save(tmp_path / "model.embed")
    np.testing.assert_array_equal(embed.load_model(tmp_path / "model.embed").vectors.matrix, model.wv.vectors)
