"""The stand-in for lbl2vec: its constructor, its rule for examples, its data frames, its files, gensim's models."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed.documents import Document
from embed.errors import AdviceWarning, ConfigError, FormatError, MissingExtraError

pytest.importorskip("pandas", reason="needs the extra lbl2vec")

from embed.compat import lbl2vec
from embed.compat.lbl2vec import Lbl2Vec

WORDS = {topic: [f"{topic}{number}" for number in range(12)] for topic in ("sport", "space", "food")}
KEYWORDS = [words[:3] for words in WORDS.values()]
SMALL: dict[str, Any] = {
    "vector_size": 16,
    "min_count": 1,
    "epochs": 30,
    "window": 5,
    "sample": 0,
    "workers": 1,
    "verbose": False,
}


def _documents(count: int = 90) -> Iterator[Document]:
    draw = random.Random(2)
    for number in range(count):
        topic = list(WORDS)[number % 3]
        yield Document([*draw.choices(WORDS[topic], k=12), "the", "and"], (f"{topic} {number}",))


@pytest.fixture(scope="module")
def fitted() -> Lbl2Vec:
    model = Lbl2Vec(KEYWORDS, _documents(), label_names=list(WORDS), min_num_docs=10, **SMALL)
    model.fit()
    return model


def test_predictions_are_frames_of_keys_labels_and_scores(fitted: Lbl2Vec) -> None:
    frame = fitted.predict_model_docs()
    assert list(frame.columns) == ["doc_key", "most_similar_label", "highest_similarity_score", *WORDS]
    assert frame["doc_key"].tolist() == [document.tags[0] for document in _documents()]
    scores = frame[list(WORDS)].to_numpy()
    assert frame["highest_similarity_score"].to_numpy() == pytest.approx(scores.max(axis=1))
    right = [key.split()[0] == label for key, label in zip(frame["doc_key"], frame["most_similar_label"], strict=True)]
    assert np.mean(right) > 0.95
    some = fitted.predict_model_docs(["food 2", "sport 0"])
    assert some["doc_key"].tolist() == ["food 2", "sport 0"]
    assert some[list(WORDS)].to_numpy() == pytest.approx(scores[[2, 0]])
    new = fitted.predict_new_docs([Document(WORDS["space"], ("new",))], multiprocessing=True)
    assert new.loc[0, ["doc_key", "most_similar_label"]].tolist() == ["new", "space"]


def test_the_labels_have_their_documents_and_centroids(fitted: Lbl2Vec) -> None:
    labels = fitted.labels
    assert labels["label_name"].tolist() == list(WORDS)
    assert labels["description_keywords"].tolist() == KEYWORDS
    for row in labels.itertuples():
        assert len(row.doc_keys) == len(row.doc_similarity_scores) == len(row.doc_vectors) == 10
        assert row.doc_similarity_scores == sorted(row.doc_similarity_scores, reverse=True)
        np.testing.assert_allclose(row.label_vector_from_docs, np.mean(row.doc_vectors, axis=0), rtol=1e-5)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [0]),  # the best score is no larger than itself, but one document is the least
        ({"min_num_docs": 3}, [0, 2, 1]),
        ({"similarity_threshold": 0.4}, [0, 2]),
        ({"similarity_threshold": 0.4, "min_num_docs": 3}, [0, 2, 1]),
        ({"similarity_threshold": -1, "num_docs": 3}, [0, 2, 1]),
        ({"similarity_threshold_offset": 0.55}, [0, 2]),
        ({"min_num_docs": 9}, [0, 2, 1, 3]),
    ],
)
def test_threshold_and_numbers_choose_documents_as_in_lbl2vec(settings: dict[str, Any], expected: list[int]) -> None:
    model = Lbl2Vec([["a"]], _documents(), **settings)
    rows, scores = model._nearest(np.array([0.9, 0.3, 0.5, -0.5], np.float32))
    assert rows.tolist() == expected
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)


def test_one_label_has_a_column_of_its_own(fitted: Lbl2Vec) -> None:
    one = Lbl2Vec(KEYWORDS[:1], doc2vec_model=fitted.doc2vec_model)
    one.fit()
    assert list(one.predict_model_docs().columns) == ["doc_key", "label_0_similarity"]


def test_outliers_are_dropped_and_unknown_keywords_named(fitted: Lbl2Vec) -> None:
    pytest.importorskip("sklearn", reason="needs the extra lbl2vec")
    model = Lbl2Vec([[*KEYWORDS[0], "x y"]], doc2vec_model=fitted.doc2vec_model, min_num_docs=90, clean_outliers=True)
    with pytest.warns(AdviceWarning, match="'label_0' has keywords without a vector, which are left out: x y"):
        model.fit()
    row = model.labels.iloc[0]
    assert 0 < len(row["cleaned_doc_vectors"]) <= len(row["doc_vectors"]) == 90


def test_a_model_comes_back_from_its_files(fitted: Lbl2Vec, tmp_path: Path) -> None:
    path = str(tmp_path / "labels")
    fitted.save(path)
    again = Lbl2Vec.load(path)
    assert again.predict_model_docs().equals(fitted.predict_model_docs())
    for column in ("label_name", "description_keywords", "doc_keys", "doc_similarity_scores"):
        assert again.labels[column].tolist() == fitted.labels[column].tolist()
    assert (again.min_num_docs, again.epochs, again.verbose) == (10, 30, False)
    again.fit()  # of the loaded model
    assert again.predict_model_docs().equals(fitted.predict_model_docs())


def test_files_of_another_kind_are_refused(fitted: Lbl2Vec, tmp_path: Path) -> None:
    path = str(tmp_path / "labels")
    (tmp_path / "labels.p").write_bytes(b"\x80\x04.")
    with pytest.raises(FormatError, match=r"a pickle of lbl2vec, which is not read"):
        Lbl2Vec.load(path)
    fitted.save(path)
    fitted.doc2vec_model.words.save(path + lbl2vec.LABELS)
    with pytest.raises(FormatError, match=r"not labels that Lbl2Vec\.save wrote"):
        Lbl2Vec.load(path)
    with pytest.raises(FormatError, match="nowhere"):
        Lbl2Vec.load(str(tmp_path / "nowhere"))


def test_gensims_model_gives_words_documents_and_inference() -> None:
    doc2vec = pytest.importorskip("gensim.models.doc2vec", reason="needs the extra gensim")
    tagged = [doc2vec.TaggedDocument(document.words, list(document.tags)) for document in _documents()]
    trained = doc2vec.Doc2Vec(
        tagged, dm=0, dbow_words=1, vector_size=16, min_count=1, epochs=60, window=5, sample=0, workers=1, seed=3
    )
    model = Lbl2Vec(KEYWORDS, doc2vec_model=trained, label_names=list(WORDS), min_num_docs=10)
    model.fit()
    frame = model.predict_model_docs()
    right = [key.split()[0] == label for key, label in zip(frame["doc_key"], frame["most_similar_label"], strict=True)]
    assert np.mean(right) > 0.9
    assert model.predict_new_docs(tagged[:2])["doc_key"].tolist() == ["sport 0", "space 1"]
    with pytest.raises(ConfigError, match="no format without pickle"):
        model.save("nowhere")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Lbl2Vec(KEYWORDS), "give either tagged_documents to train on, or a trained doc2vec_model"),
        (lambda: Lbl2Vec(KEYWORDS, [], doc2vec_model=1), "give either"),
        (lambda: Lbl2Vec(["a"], []), "keywords_list must be a list of lists of words, not 'a'"),  # type: ignore[list-item]
        (lambda: Lbl2Vec([[3]], []), "a keyword must be a string"),  # type: ignore[list-item]
        (lambda: Lbl2Vec([], []), "at least one"),
        (lambda: Lbl2Vec(KEYWORDS, [], label_names=["a"]), "1 names, 3 lists"),
        (lambda: Lbl2Vec(KEYWORDS, [], label_names=["a", "a", "b"]), "distinct names"),
        (lambda: Lbl2Vec(KEYWORDS, [], min_num_docs=0), "min_num_docs must be a whole number of at least 1"),
        (lambda: Lbl2Vec(KEYWORDS, []).predict_model_docs(), r"call fit\(\) first"),
        (lambda: Lbl2Vec(KEYWORDS, doc2vec_model=3).fit(), "must be a DocumentModel or gensim's Doc2Vec, not 3"),
    ],
)
def test_wrong_arguments_are_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        call()


def test_wrong_documents_are_refused(fitted: Lbl2Vec) -> None:
    with pytest.raises(ConfigError, match="there is no document with the key 'x'"):
        fitted.predict_model_docs(["x"])
    with pytest.raises(ConfigError, match="document 0 must have words and tags"):
        fitted.predict_new_docs(["a text"])


def test_a_missing_extra_is_a_helpful_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.delitem(sys.modules, "embed.compat.lbl2vec")
    with pytest.raises(MissingExtraError, match=r"pip install 'train-embeddings\[lbl2vec\]'"):
        import embed.compat.lbl2vec  # noqa: F401
