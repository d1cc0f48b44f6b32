"""``Doc2Vec`` of embed.compat.gensim: planted topics, tags, inference, files, and the calls of its clients."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed.compat.gensim import CallbackAny2Vec, Doc2Vec, KeyedVectors, TaggedDocument, TaggedLineDocument
from embed.compat.gensim.errors import ArgumentError, NotReadyError, SentencesError
from embed.compat.gensim.model_file import KEY
from embed.documents import DocumentModel, train_documents
from embed.errors import ConfigError, EmbedError, FormatError
from embed.formats import _safetensors

MODELS: dict[str, dict[str, Any]] = {
    "dm": {},
    "dm-sum": {"dm_mean": 0},
    "dbow": {"dm": 0},
    "dbow+words": {"dm": 0, "dbow_words": 1},
    "dbow-hs": {"dm": 0, "hs": 1, "negative": 0},
    "dbow+words-both": {"dm": 0, "dbow_words": 1, "hs": 1, "negative": 5},
}
SMALL: dict[str, Any] = {"vector_size": 16, "min_count": 1, "workers": 1, "sample": 0, "epochs": 40, "alpha": 0.1}


def texts(count: int = 40, length: int = 40, seed: int = 1) -> list[list[str]]:
    """Return documents, document i of topic i % 2, with some words of both topics."""
    draw = np.random.default_rng(seed)
    own, shared = draw.integers(0, 12, (count, length)), draw.integers(0, 20, (count, length))
    is_own = draw.random((count, length)) < 0.6
    return [
        [f"{'ab'[i % 2]}{own[i, j]}" if is_own[i, j] else f"w{shared[i, j]}" for j in range(length)]
        for i in range(count)
    ]


def documents(**arguments: Any) -> list[TaggedDocument]:
    return [TaggedDocument(words, [i]) for i, words in enumerate(texts(**arguments))]


def small(corpus: Any = None, **arguments: Any) -> Doc2Vec:
    return Doc2Vec(documents() if corpus is None else corpus, **{**SMALL, **arguments})


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest) -> Doc2Vec:
    return small(**MODELS[request.param])


def test_documents_of_one_topic_are_nearest(model: Doc2Vec) -> None:
    found = [other % 2 == i % 2 for i in range(40) for other, _ in model.dv.most_similar(i, topn=5)]
    assert np.mean(found) > 0.8


def test_a_new_document_finds_its_topic_and_always_has_the_same_vector(model: Doc2Vec) -> None:
    found = []
    for i, words in enumerate(texts(20, seed=2)):  # .77 of so many have their topic, over seeds; .5 is chance
        vector = model.infer_vector(words)
        found += [other % 2 == i % 2 for other, _ in model.dv.most_similar([vector], topn=5)]
        np.testing.assert_array_equal(model.infer_vector(words), vector)
        assert not np.array_equal(model.infer_vector(words, alpha=0.01, epochs=3), vector)
    assert np.mean(found) >= 0.7
    assert not model.infer_vector(["unknown"]).any()


def test_a_file_holds_the_whole_model(model: Doc2Vec, tmp_path: Path) -> None:
    model.save(tmp_path / "m.embed")
    loaded = Doc2Vec.load(tmp_path / "m.embed")
    assert str(loaded) == str(model)
    assert loaded.dv.index_to_key == model.dv.index_to_key
    words = texts(1, seed=3)[0]
    for one, other in (
        (loaded.dv.vectors, model.dv.vectors),
        (loaded.wv.vectors, model.wv.vectors),
        (loaded.infer_vector(words), model.infer_vector(words)),
    ):
        np.testing.assert_array_equal(one, other)
    for same in (model, loaded):
        same = copy.deepcopy(same)
        same.train(documents(), total_examples=40, epochs=1)
        assert not np.array_equal(same.dv.vectors, model.dv.vectors)
    copy.deepcopy(model).infer_vector(words)  # after it has inferred: what it infers with is not copied


@pytest.mark.parametrize("name", ["dm", "dbow", "dbow-hs"])
def test_our_own_class_reads_the_file_and_infers_the_same(name: str, tmp_path: Path) -> None:
    model = small(**MODELS[name])
    model.save(tmp_path / "m.embed")
    ours = DocumentModel.load(tmp_path / "m.embed")
    assert ours.documents.ids == list(range(40))
    np.testing.assert_array_equal(ours.documents.matrix, model.dv.vectors)
    new = texts(3, seed=4)
    np.testing.assert_array_equal(ours.infer(new), [model.infer_vector(words) for words in new])


def test_the_core_trains_as_train_documents_does() -> None:
    model = small(dm=0, alpha=0.03, min_alpha=0.001, negative=4, seed=7, epochs=5)
    ours = train_documents(
        texts(), objective="dbow", gradient="historic", dim=16, min_count=1, lr=0.03, input_lr=0.03,
        max_norm=0, min_lr=0.001, negatives=4, subsample=0, seed=7, threads=1, epochs=5, window=5, postprocess="none",
        progress=False,
    )  # fmt: skip
    np.testing.assert_array_equal(model.dv.vectors, ours.documents.matrix)


def test_words_of_a_bag_of_words_keep_their_start() -> None:
    untrained = Doc2Vec(**{**SMALL, "dm": 0})
    untrained.build_vocab(documents())
    start = untrained.wv.vectors.copy()
    untrained.train(documents(), total_examples=40, epochs=2)
    np.testing.assert_array_equal(untrained.wv.vectors, start)
    assert not np.array_equal(small(dm=0, dbow_words=1, epochs=2).wv.vectors, start)


# tags


def test_ints_are_rows_and_strings_follow_them() -> None:
    corpus = [TaggedDocument(words, [i, f"topic {i % 2}"]) for i, words in enumerate(texts())]
    model = small(corpus)
    assert model.dv.index_to_key == [*range(40), "topic 0", "topic 1"]
    assert model.dv.key_to_index == {"topic 0": 40, "topic 1": 41}
    assert model.dv.get_vecattr("topic 0", "doc_count") == 20
    assert model.dv.get_vecattr("topic 1", "word_count") == 800
    found = [tag % 2 == i for i in (0, 1) for tag, _ in model.dv.most_similar(f"topic {i}", topn=8, clip_end=40)]
    assert np.mean(found) >= 0.7  # .83 over seeds; .5 is chance
    np.testing.assert_array_equal(model["topic 0"], model.dv[40])
    np.testing.assert_array_equal(model[np.int64(3)], model.dv[3])
    with pytest.raises(KeyError):
        model["topic 2"]


def test_a_document_shares_the_vector_of_its_tag() -> None:
    corpus = [TaggedDocument(words, ["ab"[i % 2]]) for i, words in enumerate(texts())]
    model = small(corpus, dm=0)
    assert model.dv.vectors.shape == (2, 16)
    for i, words in enumerate(texts(4, seed=2)):
        assert model.dv.most_similar([model.infer_vector(words)], topn=1)[0][0] == "ab"[i % 2]


def test_update_adds_tags_and_words_and_keeps_what_was_learnt(tmp_path: Path) -> None:
    corpus = [TaggedDocument(words, [i, "all"]) for i, words in enumerate(texts())]
    model = small(corpus)
    old, words = model.dv.vectors.copy(), model.wv["a1"].copy()
    more = [TaggedDocument(["a1", "new"], [41, "all", "more"])]
    model.build_vocab(more, update=True)
    assert model.dv.index_to_key == [*range(42), "all", "more"]
    np.testing.assert_array_equal(model.dv.vectors[:40], old[:40])
    np.testing.assert_array_equal(model.dv["all"], old[40])
    np.testing.assert_array_equal(model.wv["a1"], words)
    assert model.dv.get_vecattr("all", "doc_count") == 41
    model.train(more, total_examples=1, epochs=1)
    model.save(tmp_path / "m.embed")
    loaded = Doc2Vec.load(tmp_path / "m.embed")
    assert loaded.dv.key_to_index == {"all": 42, "more": 43}
    assert loaded.dv.get_vecattr("all", "doc_count") == 41


def test_tags_without_a_vector_are_left_out_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    model = small(epochs=1)
    before = model.dv.vectors.copy()
    model.train([TaggedDocument(texts()[0], [0, 99, "new"])], total_examples=1, epochs=1)
    assert "no vector" in caplog.text
    changed = (model.dv.vectors != before).any(axis=1)
    assert changed.tolist() == [True] + [False] * 39


def test_locked_documents_do_not_change() -> None:
    model = small(epochs=1)
    before = model.dv.vectors.copy()
    model.dv.vectors_lockf = np.array([0, 1] * 20, np.float32)
    model.train(documents(), total_examples=40, epochs=1)
    assert (model.dv.vectors != before).any(axis=1).tolist() == [False, True] * 20


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (["a", "list"], "document 1 is .*TaggedDocument"),
        (TaggedDocument("a text", [1]), "list of letters"),
        (TaggedDocument(["a"], "tag"), "list of tags"),
        (TaggedDocument(["a"], 3), "list of tags"),
        (TaggedDocument(["a"], [-1]), "from 0"),
        (TaggedDocument(["a"], [1.5]), "an int or a str"),
        (TaggedDocument(["a", None], [1]), "word 2"),
        (TaggedDocument(["a"], [10**15]), "number the documents"),
    ],
)
def test_what_is_no_document_is_refused_with_its_number(document: Any, message: str) -> None:
    with pytest.raises(EmbedError, match=message):
        small([TaggedDocument(["a", "b"], [0]), document])


# corpora


def test_lines_of_a_file_are_documents(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("".join(f"{' '.join(words)}\r\n" for words in [*texts(), [], ["a1", "a2"]]))
    lines = list(TaggedLineDocument(path))
    assert (lines[40], lines[41].tags) == (TaggedDocument([], [40]), [41])
    model = Doc2Vec(corpus_file=path, **SMALL)
    assert len(model.dv) == model.corpus_count == 42
    np.testing.assert_array_equal(model.dv.vectors, small(lines).dv.vectors)
    path.write_bytes(b"a b\n\xff\n")
    with pytest.raises(SentencesError, match="line 2: not UTF-8"):
        Doc2Vec(corpus_file=path, **SMALL)


def test_a_generator_cannot_be_read_twice() -> None:
    def once() -> Iterator[TaggedDocument]:
        yield from documents()

    with pytest.raises(ArgumentError, match="give a list"):
        small(once())
    model = Doc2Vec(**SMALL)
    stream = once()
    model.build_vocab(stream)
    with pytest.raises(SentencesError, match="read to its end"):
        model.train(stream, total_examples=40, epochs=1)


def test_what_cannot_be_done_is_told() -> None:
    with pytest.raises(ConfigError, match="dm_concat"):
        small(dm_concat=1)
    with pytest.raises(ConfigError, match="dv must be None"):
        small(dv=KeyedVectors(16))
    with pytest.raises(ArgumentError, match="no argument 'sg'"):
        small(sg=1)
    with pytest.raises(ConfigError, match="vector_size"):
        small(vector_size=-1)
    with pytest.raises(NotReadyError, match="build_vocab"):
        Doc2Vec(**SMALL).infer_vector(["a"])
    with pytest.raises(ArgumentError, match="split it"):
        small(epochs=1).infer_vector("a text")
    model = Doc2Vec(**SMALL)
    model.build_vocab_from_freq({"a": 3, "b": 2})
    with pytest.raises(NotReadyError, match="no tags"):
        model.train(documents(), total_examples=1, epochs=1)


# files


def test_vectors_are_written_for_word2vec(tmp_path: Path) -> None:
    model = small(epochs=1)
    both = tmp_path / "both.txt"
    model.save_word2vec_format(both, doctag_vec=True)
    found = KeyedVectors.load_word2vec_format(both)
    assert len(found) == len(model.wv) + 40
    np.testing.assert_allclose(found["*dt_7"], model.dv[7], rtol=1e-5, atol=1e-7)
    model.save_word2vec_format(both, doctag_vec=True, word_vec=False, binary=True)
    assert len(KeyedVectors.load_word2vec_format(both, binary=True)) == 40
    with pytest.raises(ConfigError, match="nothing to write"):
        model.save_word2vec_format(both, word_vec=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [("counts", {}), ("counts", {"doc_count": [1], "word_count": [1]}), ("locks", [1, 1, 1]), ("locks", "x")],
)
def test_a_damaged_state_of_documents_is_refused(name: str, value: Any, tmp_path: Path) -> None:
    path = tmp_path / "m.embed"
    small([TaggedDocument(words, [f"d{i}"]) for i, words in enumerate(texts())], epochs=1).save(path)
    arrays, metadata = _safetensors.read_mapped(path)
    content = json.loads(metadata[KEY])
    content["documents"][name] = value
    _safetensors.write(tmp_path / "bad.embed", arrays, {**metadata, KEY: json.dumps(content)})
    with pytest.raises(FormatError, match="damaged"):
        Doc2Vec.load(tmp_path / "bad.embed")


def test_older_names_and_callbacks_work(caplog: pytest.LogCaptureFixture) -> None:
    class Counts(CallbackAny2Vec):
        epochs = 0

        def on_epoch_end(self, model: Any) -> None:
            self.epochs += 1

    callback = Counts()
    with pytest.warns(DeprecationWarning, match="size"):
        model = Doc2Vec(documents(), size=16, min_count=1, epochs=3, callbacks=[callback], workers=1)
    assert callback.epochs == 3
    with pytest.warns(DeprecationWarning, match="docvecs"):
        assert model.docvecs is model.dv
    assert model.estimate_memory()["doctag_syn0"] == 40 * 16 * 4
    other = Doc2Vec(**SMALL)
    other.reset_from(model)
    assert other.dv.index_to_key == model.dv.index_to_key
    assert other.wv.index_to_key == model.wv.index_to_key


# clients, which are too heavy to install here: what they call


def test_the_calls_of_top2vec() -> None:
    for hs, negative in ((0, 5), (1, 0)):
        model = Doc2Vec(
            vector_size=16, min_count=1, window=15, sample=1e-1, negative=negative, hs=hs, epochs=40, dm=0,
            dbow_words=1, workers=1, documents=documents(),
        )  # fmt: skip
        words, found = model.wv.get_normed_vectors(), model.dv.get_normed_vectors()
        assert (words.shape, found.shape) == ((len(model.wv.key_to_index), 16), (40, 16))
        new = np.vstack([model.infer_vector(doc_words=w, alpha=0.025, min_alpha=0.01, epochs=100) for w in texts(2)])
        assert new.shape == (2, 16)
        with pytest.warns(DeprecationWarning, match="docvecs"):
            vectors = model.docvecs
        by_words = vectors.most_similar(positive=[words[model.wv.key_to_index["a1"]]], negative=[], topn=5)
        by_documents = vectors.most_similar(positive=[0, 2], negative=[1], topn=5)
        for found_of in (by_words, by_documents):
            assert sum(tag % 2 == 0 for tag, _ in found_of) >= 4


def test_the_calls_of_lbl2vec() -> None:
    corpus = documents()
    assert all(isinstance(document, TaggedDocument) for document in corpus)
    model = Doc2Vec(
        documents=corpus, epochs=40, vector_size=16, min_count=1, window=15, sample=1e-1, negative=5, workers=1,
        hs=1, dm=0, dbow_words=1,
    )  # fmt: skip
    assert isinstance(model, type(Doc2Vec()))
    known = sorted({"a1", "a2", "no word"}.intersection(model.wv.index_to_key))
    similar = model.dv.most_similar(positive=[model.wv[word] for word in known], topn=len(model.dv.index_to_key))
    assert len(similar) == 40
    assert sum(tag % 2 == 0 for tag, _ in similar[:10]) >= 9
    vectors = [model.dv.get_vector(tag) for tag, _ in similar[:10]]
    pairs = [(model.dv.index_to_key[i], model.dv.vectors[i]) for i in range(len(model.dv.vectors))]
    assert (len(vectors), len(pairs)) == (10, 40)
    assert model.infer_vector(doc_words=corpus[0].words).shape == (16,)
    assert model.similarity_unseen_docs(corpus[0].words, corpus[2].words) > model.similarity_unseen_docs(
        corpus[0].words, corpus[1].words
    )
