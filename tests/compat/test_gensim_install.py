"""Programs import the stand-ins under gensim's names, those of gensim 4 and those of gensim 3."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed.compat import gensim as ours
from embed.errors import ConfigError
from embed.eval.sets import load_set

TEXTS = [["human", "interface", "computer"], ["graph", "trees"], ["graph", "minors", "trees"]] * 30
SMALL: dict[str, Any] = {"min_count": 1, "workers": 1, "seed": 2, "sample": 0}


def _run(program: str) -> dict[str, Any]:
    names: dict[str, Any] = {"texts": TEXTS, "small": SMALL}
    exec(program, names)
    return names


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("from gensim.models import Word2Vec", "Word2Vec"),
        ("from gensim.models.word2vec import Word2Vec", "Word2Vec"),
        ("from gensim.models.word2vec import LineSentence", "LineSentence"),
        ("from gensim.models.fasttext import FastText", "FastText"),
        ("from gensim.models.fasttext import FastTextKeyedVectors", "FastTextKeyedVectors"),
        ("from gensim.models.fasttext import load_facebook_model", "load_facebook_model"),
        ("from gensim.models.doc2vec import Doc2Vec, TaggedDocument", "TaggedDocument"),
        ("from gensim.models.keyedvectors import KeyedVectors", "KeyedVectors"),
        ("from gensim.models.phrases import Phraser", "Phraser"),
        ("from gensim.models.callbacks import CallbackAny2Vec", "CallbackAny2Vec"),
    ],
)
def test_import_lines_of_programs_give_our_classes(without_gensim: None, line: str, name: str) -> None:
    with ours.install():
        assert _run(line)[name] is getattr(ours, name)
    assert "gensim" not in sys.modules


def test_a_program_runs_unchanged(without_gensim: None, tmp_path: Path) -> None:
    found = importlib.util.find_spec("embed")
    assert found is not None
    with ours.install():
        spec = importlib.util.find_spec("gensim")
        assert spec is not None
        assert (spec.origin or "").startswith(str(Path(found.origin or "").parent))
        program = """
import gensim
from gensim import utils
from gensim.models.basemodel import BaseTopicModel
from gensim.models.keyedvectors import Word2VecKeyedVectors
from gensim.test.utils import common_texts
model = gensim.models.Word2Vec(common_texts, vector_size=16, min_count=1, workers=1, sample=0)
kind = isinstance(model.wv, Word2VecKeyedVectors)
version, fast = gensim.__version__, gensim.models.word2vec.FAST_VERSION
words = utils.simple_preprocess("Les_é 42 Été,naïf a _b", deacc=True)
"""
        names = _run(program)
    assert names["kind"]
    assert names["version"] == ours.__version__ == "4.4.0"
    assert names["fast"] >= 0
    assert len(names["model"].wv) == 12
    assert names["words"] == ["les_e", "ete", "naif"]


@pytest.mark.parametrize(
    "line",
    [
        "import gensim.corpora",
        "import gensim.downloader as api",
        "from gensim import corpora",
        "from gensim.models import LdaModel",
        "from gensim.models.ldamodel import LdaModel",
    ],
)
def test_what_has_no_stand_in_is_refused_by_name(without_gensim: None, line: str) -> None:
    ours.install()
    with pytest.raises(ModuleNotFoundError, match=r"gensim\.\w.* has no stand-in: .* install gensim and import single"):
        exec(line)


def test_install_refuses_a_gensim_that_programs_may_have(without_gensim: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gensim", sys)
    with pytest.raises(ConfigError, match=r"gensim is imported already, and .* before anything imports gensim"):
        ours.install()
    monkeypatch.delitem(sys.modules, "gensim")
    assert ours.install() is ours.install(version=4)
    with pytest.raises(ConfigError, match=r"names of gensim 4: call embed\.compat\.gensim\.uninstall"):
        ours.install(version=3)
    ours.uninstall()
    ours.uninstall()
    with pytest.raises(ConfigError, match="version must be 4 or 3, not 2"):
        ours.install(version=2)  # type: ignore[arg-type]


def test_helpers_of_sub_modules(without_gensim: None, tmp_path: Path) -> None:
    with ours.install():
        utils, matutils = importlib.import_module("gensim.utils"), importlib.import_module("gensim.matutils")
        word2vec, glove = (
            importlib.import_module(f"gensim.{n}") for n in ("models.word2vec", "scripts.glove2word2vec")
        )
        test_utils = importlib.import_module("gensim.test.utils")
    path = tmp_path / "text"
    utils.save_as_line_sentence([["a", "b"], ["ç"]] * 3, path)
    assert list(word2vec.Text8Corpus(path, max_sentence_length=4)) == [
        ["a", "b", "ç", "a"],
        ["b", "ç", "a", "b"],
        ["ç"],
    ]
    assert matutils.unitvec([3, 4]).tolist() == [0.6, 0.8]
    assert utils.to_utf8(b"\xe7", encoding="latin-1") == "ç".encode()
    (tmp_path / "glove").write_text("a 1 2\nb 3 4\n")
    assert glove.glove2word2vec(tmp_path / "glove", tmp_path / "w2v") == (2, 2)
    assert (tmp_path / "w2v").read_text().startswith("2 2\n")
    with test_utils.temporary_file("x") as name:
        assert Path(name).parent.is_dir()
    with pytest.raises(NotImplementedError, match=r"'nothing\.txt' is not among gensim's test data: install gensim"):
        test_utils.datapath("nothing.txt")


def test_files_that_come_with_gensim_are_found_all_the_same(without_gensim: None) -> None:
    """With the stand-ins installed, the test sets by name were said to need gensim, which was there."""
    if importlib.util.find_spec("gensim") is None:
        pytest.skip("gensim is not installed")
    with ours.install():
        path = importlib.import_module("gensim.test.utils").datapath("questions-words.txt")
        assert len(load_set("google").questions) > 19_000
    assert Path(path).is_file()


# gensim 3


@pytest.fixture
def gensim3(without_gensim: None) -> Any:
    ours.install(version=3)
    return importlib.import_module("gensim")


def test_old_names_of_vectors_read_and_write_the_new_ones(gensim3: Any) -> None:
    assert gensim3.__version__.startswith("3.")
    vectors = gensim3.models.KeyedVectors(2)
    for row, word in enumerate(("a", "b")):
        vectors.vocab[word] = gensim3.models.word2vec.Vocab(index=row, count=9 - row)
        vectors.index2word.append(word)
    vectors.syn0 = np.array([[3, 4], [0, 1]], np.float32)
    assert (vectors.vocab["b"].count, vectors.vocab["b"].index, sorted(vectors.vocab)) == (8, 1, ["a", "b"])
    assert vectors.word_vec("a", use_norm=True).tolist() == pytest.approx([0.6, 0.8])
    assert vectors["a"].tolist() == [3, 4]
    vectors.vocab["a"].count = 20
    assert vectors.get_vecattr("a", "count") == 20
    assert not hasattr(vectors.vocab["a"], "depth")
    vectors.init_sims(replace=True)
    assert vectors.syn0[0].tolist() == pytest.approx([0.6, 0.8])
    # a selection of words, as programs for gensim 3 make it
    chosen = {"b": vectors.vocab["b"]}
    chosen["b"].index = 0
    vectors.vectors, vectors.index2entity, vectors.vocab = vectors.vectors[1:], np.array(["b"]), chosen
    vectors.vectors_norm = None
    assert (len(vectors), vectors.vocab["b"].count) == (1, 8)
    assert vectors.wv.similar_by_vector(np.array([0.0, 1.0]), topn=1) == [("b", pytest.approx(1))]
    with pytest.raises(KeyError):
        vectors.vocab["a"]


def test_old_names_of_models(gensim3: Any, tmp_path: Path) -> None:
    words = gensim3.models.Word2Vec(sentences=TEXTS, size=16, iter=2, **SMALL)
    assert words.vector_size == 16
    assert words.iter == words.epochs == 2
    assert "graph" in words
    np.testing.assert_array_equal(words["graph"], words.wv.syn0[words.vocab["graph"].index])
    assert words.most_similar("graph", topn=1) == words.wv.most_similar("graph", topn=1)
    assert words.trainables.syn1neg.shape == (6, 16)
    words.train(sentences=TEXTS, total_examples=words.corpus_count, epochs=words.iter)
    words.save(tmp_path / "m")
    assert gensim3.models.Word2Vec.load(tmp_path / "m").wv.vocab["graph"].count == 60
    assert ours.Word2Vec.load(tmp_path / "m").wv.get_vecattr("graph", "count") == 60
    words.wv.save_word2vec_format(tmp_path / "v")
    assert set(gensim3.models.Word2Vec.load_word2vec_format(tmp_path / "v").vocab) == set(words.vocab)
    words.delete_temporary_training_data(replace_word_vectors_with_normalized=True)
    np.testing.assert_allclose(np.linalg.norm(words.wv.syn0, axis=1), 1, rtol=1e-5)
    with pytest.raises(AttributeError, match="'Word2Vec' object has no attribute 'nothing'"):
        words.nothing  # noqa: B018
    with pytest.raises(AttributeError, match="there are no inner nodes"):
        words.syn1  # noqa: B018
    subword = gensim3.models.FastText(TEXTS, size=16, iter=1, bucket=50, **SMALL)
    assert "unheard" in subword
    assert subword.wv.vocab["graph"].count == 60


def test_output_vectors_stay_where_a_program_asks_for_it(gensim3: Any) -> None:
    """CADE aligns models of slices of time by that, with a version of gensim of its own."""
    for more in ({}, {"hs": 1}, {"hs": 1, "negative": 0}):
        model = gensim3.models.Word2Vec(TEXTS, size=16, iter=1, **SMALL, **more)
        outputs = model.syn1neg.copy() if model.negative else model.syn1.copy()
        inputs = model.syn0.copy()
        model.learn_hidden = False
        model.train(TEXTS, total_examples=90, epochs=2)
        np.testing.assert_array_equal(model.syn1neg if model.negative else model.syn1, outputs)
        assert not np.array_equal(model.syn0, inputs)


def test_old_names_of_documents_and_phrases(gensim3: Any) -> None:
    tagged = [gensim3.models.doc2vec.TaggedDocument(words, [f"d{row}"]) for row, words in enumerate(TEXTS)]
    model = gensim3.models.Doc2Vec(documents=tagged, size=16, iter=2, **SMALL)
    assert model.docvecs.vectors_docs.shape == model.docvecs.doctag_syn0.shape == (90, 16)
    assert model.docvecs.index_to_doctag(3) == "d3"
    assert "d3" in model.docvecs.doctags
    np.testing.assert_array_equal(model["d3"], model.docvecs["d3"])
    assert model.infer_vector(["graph"], steps=3).shape == (16,)
    assert model.docvecs.similarity_unseen_docs(model, ["graph"], ["trees"], steps=2) <= 1
    phrases = gensim3.models.Phrases(TEXTS, min_count=1, threshold=0.1, delimiter=b" ", common_terms=["the"])
    assert {phrase for phrase, _ in phrases.export_phrases(TEXTS)} == {"human interface", "graph minors"}
    assert phrases.connector_words == {"the"}
    assert gensim3.models.phrases.Phraser(phrases)[["graph", "minors"]] == ["graph minors"]


def test_old_names_are_errors_that_name_the_new_ones_otherwise() -> None:
    model = ours.Word2Vec(TEXTS, vector_size=16, **SMALL)
    for name in ("vocab", "index2word", "vectors_norm"):
        with pytest.raises(AttributeError, match="was"):
            getattr(model.wv, name)
