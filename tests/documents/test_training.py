"""Vectors of documents: what is planted comes out, inference, codes, files, checkpoints."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.checkpoints.checkpoint_folder import checkpoints_in
from embed.documents import Document, DocumentModel, continue_documents, train_documents
from embed.documents.bits import filter_and_rank, hamming
from embed.documents.inference import Inference
from embed.errors import ConfigError, FormatError, NoExamplesError

TOPICS = {topic: [f"{topic}{number}" for number in range(30)] for topic in ("a", "b", "c", "d")}
SMALL: dict[str, Any] = {"dim": 16, "epochs": 30, "subsample": 0, "threads": 1, "progress": False}
OBJECTIVES = ("dbow", "sg", "cbow")


def texts(count: int = 120, length: int = 40, seed: int = 1) -> list[list[str]]:
    """Return documents, document i of topic i % 4, with some words of all topics."""
    draw, shared = random.Random(seed), [f"word{number}" for number in range(40)]
    names = list(TOPICS)
    return [
        [draw.choice(TOPICS[names[i % 4]]) if draw.random() < 0.6 else draw.choice(shared) for _ in range(length)]
        for i in range(count)
    ]


@pytest.fixture(scope="module", params=OBJECTIVES)
def trained(request: pytest.FixtureRequest) -> DocumentModel:
    return train_documents(texts(), objective=request.param, window=4, **SMALL)


def test_documents_of_one_topic_are_nearest(trained: DocumentModel) -> None:
    found = [[other % 4 == i % 4 for other, _ in trained.documents.nearest(i, 5)] for i in trained.documents.ids]
    assert np.mean(found) > 0.95
    assert trained.health().problem() == ""


def test_a_new_text_finds_its_topic_and_has_the_same_bits_in_any_batch(trained: DocumentModel) -> None:
    new = texts(8, seed=5)
    together = trained.infer(new, threads=2)
    assert together.shape == (8, 16)
    assert together.dtype == np.float32
    for number, words in enumerate(new):
        np.testing.assert_array_equal(trained.infer([words], threads=1)[0], together[number])
        found = [other % 4 == number % 4 for other, _ in trained.nearest(words, 5)]
        assert sum(found) >= 4
    np.testing.assert_array_equal(trained.infer([" ".join(words) for words in new]), together)


def test_inference_changes_nothing(trained: DocumentModel) -> None:
    matrices = {name: matrix.tobytes() for name, matrix in trained.model.parameters.matrices().items()}
    trained.infer(texts(30, seed=6), threads=2)
    assert matrices == {name: matrix.tobytes() for name, matrix in trained.model.parameters.matrices().items()}


def test_a_text_without_known_words_is_zero_and_finds_nothing(trained: DocumentModel) -> None:
    found = trained.infer([[], ["unheard"], ["a1"]])
    assert not found[:2].any()
    assert found[2].any()
    with pytest.raises(ConfigError, match="no word of the vocabulary"):
        trained.nearest("unheard")
    assert trained.infer([]).shape == (0, 16)


def test_a_new_vector_starts_at_the_mean_of_the_documents_for_dbow_alone(trained: DocumentModel) -> None:
    mean = trained.model.parameters.documents[:, :16].mean(axis=0)
    assert np.abs(mean).max() > 0.05
    slow = trained.config.replace(lr=1e-4, input_lr=1e-4, epochs=1)
    found = Inference(trained.model, mean).vectors([["a1", "a2"]], slow)[0]
    np.testing.assert_allclose(found, mean if trained.config.objective == "dbow" else 0 * mean, atol=0.005)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_documents_of_one_word_are_trained(objective: str) -> None:
    words = [["a"], ["b"], ["c"], ["d"]] * 20
    model = train_documents(words, objective=objective, **{**SMALL, "epochs": 100}, lr=0.1, input_lr=0.2)
    found = [words[other] == words[i] for i in range(8) for other, _ in model.documents.nearest(i, 3)]
    assert np.mean(found) > 0.9


def test_a_saved_model_answers_alike(trained: DocumentModel, tmp_path: Path) -> None:
    trained.save(tmp_path / "model.embed")
    loaded = DocumentModel.load(tmp_path / "model.embed")
    assert loaded.documents.ids == trained.documents.ids
    assert loaded.config == trained.config
    np.testing.assert_array_equal(loaded.documents.matrix, trained.documents.matrix)
    np.testing.assert_array_equal(loaded.infer(texts(3, seed=5)), trained.infer(texts(3, seed=5)))
    with pytest.raises(FormatError, match=r"DocumentModel\.load"):
        embed.load(tmp_path / "model.embed")
    with pytest.raises(FormatError, match=r"DocumentModel\.load"):
        embed.load_model(tmp_path / "model.embed")


def test_words_have_vectors_unless_documents_learn_alone(trained: DocumentModel) -> None:
    if trained.config.objective == "dbow":
        with pytest.raises(ConfigError, match="trains no vectors of words"):
            _ = trained.words
    else:
        found = {word for word, _ in trained.words.nearest("a1", 10)}
        assert len(found & set(TOPICS["a"])) >= 8


def test_documents_are_centred_as_new_ones_are(trained: DocumentModel) -> None:
    assert trained.config.postprocess == "center"
    np.testing.assert_allclose(trained.documents.matrix.mean(axis=0), 0, atol=1e-5)
    plain = train_documents(texts(), objective=trained.config.objective, window=4, postprocess="none", **SMALL)
    mean = plain.documents.matrix.mean(axis=0)
    np.testing.assert_allclose(trained.documents.matrix, plain.documents.matrix - mean, atol=1e-5)
    new = texts(4, seed=5)
    np.testing.assert_allclose(trained.infer(new), plain.infer(new) - mean, atol=1e-5)


def test_only_model_files_of_documents_are_read(tmp_path: Path) -> None:
    words = embed.train(texts(), **SMALL, window=3, loss="ns")
    words.save(tmp_path / "words.embed")
    with pytest.raises(FormatError, match="a whole model"):
        DocumentModel.load(tmp_path / "words.embed")
    (tmp_path / "text.embed").write_text("no model")
    with pytest.raises(FormatError, match="not a model of documents"):
        DocumentModel.load(tmp_path / "text.embed")


@pytest.mark.parametrize(
    "kind",
    [*({"objective": objective, "binary": on} for objective in OBJECTIVES for on in (False, True)), {"code_bits": 12}],
    ids=str,
)
def test_the_result_does_not_depend_on_threads_in_deterministic_mode(kind: dict[str, Any]) -> None:
    settings = {**SMALL, **kind, "epochs": 3, "subsample": 0.01}
    settings["deterministic"] = True
    one, two = (train_documents(texts(60), **{**settings, "threads": threads}) for threads in (1, 2))
    np.testing.assert_array_equal(one.documents.matrix, two.documents.matrix)


def test_a_resumed_run_ends_on_the_bits_of_an_uninterrupted_one(tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(record: Any, _: Any) -> None:
        if record.epoch == 2:
            raise Stop

    settings = {**SMALL, "epochs": 4}
    whole = train_documents(texts(), **settings)
    with pytest.raises(Stop):
        train_documents(texts(), **settings, checkpoint=tmp_path, checkpoint_every="epoch", callbacks=[stop])
    assert checkpoints_in(tmp_path)
    resumed = train_documents(texts(), **settings, resume=tmp_path)
    np.testing.assert_array_equal(resumed.documents.matrix, whole.documents.matrix)
    with pytest.raises(ConfigError, match="the documents of the corpus"):
        train_documents(texts(), tags=["x", "y"] * 60, **settings, resume=tmp_path)


@pytest.mark.parametrize("postprocess", ["none", "center"])
def test_a_long_document_has_one_row_and_one_without_words_is_zero(postprocess: str) -> None:
    long = texts(1, length=12_000)[0]
    documents = [texts(1)[0], [], long, ["once"], *texts(8)]
    model = train_documents(documents, **SMALL, min_count=2, postprocess=postprocess)
    assert model.documents.ids == list(range(12))
    is_zero = ~model.documents.matrix.any(axis=1)
    assert np.flatnonzero(is_zero).tolist() == [1, 3]
    more = continue_documents(model, [[], texts(1)[0]], progress=False)
    np.testing.assert_array_equal(~more.documents.matrix.any(axis=1), [*is_zero, True, False])


def test_documents_share_the_rows_of_their_tags() -> None:
    names = list(TOPICS)
    tags = [[f"id{i}", names[i % 4]] for i in range(120)]
    model = train_documents(texts(), tags, objective="dbow", **SMALL)
    assert len(model.documents) == 124
    assert model.documents.ids[:3] == ["id0", "a", "id1"]
    assert model.documents.similarity("a", "id4") > model.documents.similarity("b", "id4")
    same = train_documents([Document(words, tuple(tag)) for words, tag in zip(texts(), tags, strict=True)], **SMALL)
    np.testing.assert_array_equal(same.documents.matrix, model.documents.matrix)


@pytest.mark.parametrize("loads", [False, True])
def test_documents_are_added_with_all_else_as_it_is(trained: DocumentModel, loads: bool, tmp_path: Path) -> None:
    if loads:
        trained.save(tmp_path / "model.embed")
    model = DocumentModel.load(tmp_path / "model.embed") if loads else trained
    new = texts(8, seed=5)
    more = continue_documents(model, new, freeze="all")
    assert more.documents.ids == list(range(128))
    np.testing.assert_array_equal(more.documents.matrix[:120], trained.documents.matrix)
    np.testing.assert_array_equal(more.documents.matrix[120:], trained.infer(new))
    more.save(tmp_path / "more.embed")
    again = DocumentModel.load(tmp_path / "more.embed")
    np.testing.assert_array_equal(again.documents.matrix, more.documents.matrix)
    with pytest.raises(ConfigError, match="each new document needs one new id"):
        continue_documents(model, new, tags=[3] * 8, freeze="all")


@pytest.mark.parametrize("loads", [False, True])
def test_documents_and_words_learn_further(trained: DocumentModel, loads: bool, tmp_path: Path) -> None:
    if loads:
        trained.save(tmp_path / "model.embed")
    model = DocumentModel.load(tmp_path / "model.embed") if loads else trained
    more = continue_documents(model, texts(20, seed=5), tags=[f"new{i}" for i in range(20)], progress=False)
    assert more.documents.ids[118:122] == [118, 119, "new0", "new1"]
    found = [
        other % 4 == i % 4
        for i in range(20)
        for other, _ in more.documents.nearest(f"new{i}", 9)
        if isinstance(other, int)
    ]
    assert np.mean(found) > 0.8
    mean = more.trained_matrix().mean(axis=0) - model.trained_matrix().mean(axis=0)
    np.testing.assert_allclose(more.documents.matrix[:120] + mean, model.documents.matrix, atol=1e-5)
    with pytest.raises(ConfigError, match="cannot change dim"):
        continue_documents(model, texts(2), dim=5)


@pytest.mark.parametrize("objective", ["dbow", "cbow"])
def test_codes_tell_topics_apart(objective: str) -> None:
    model = train_documents(
        texts(), objective=objective, binary=True, **{**SMALL, "dim": 32, "lr": 0.05, "input_lr": 0.8}
    )
    codes = np.unpackbits(model.codes(), axis=1)
    assert model.codes().shape == (120, 4)
    topic = np.arange(120) % 4
    distance = (codes[:, None] != codes).sum(axis=2)
    alike = distance[(topic[:, None] == topic) & ~np.eye(120, dtype=bool)].mean()
    assert alike + 1.5 < distance[topic[:, None] != topic].mean()
    new = texts(40, seed=9)
    inferred = np.unpackbits(model.infer_codes(new), axis=1)
    nearest = (inferred[:, None] != codes).sum(axis=2).argmin(axis=1)
    assert np.mean(nearest % 4 == np.arange(40) % 4) > 0.8


def test_vectors_and_their_codes_are_trained_together(tmp_path: Path) -> None:
    settings: dict[str, Any] = {**SMALL, "dim": 40, "code_bits": 32, "lr": 0.05, "input_lr": 0.8}
    model = train_documents(texts(), **settings)
    new, topic = texts(40, seed=9), np.arange(120) % 4
    vectors, codes = model.infer(new, threads=2), model.infer_codes(new)
    assert (vectors.shape, codes.shape, model.codes().shape) == ((40, 40), (40, 4), (120, 4))
    rows, _ = filter_and_rank(codes, vectors, model.codes(), model.documents.matrix, n=1)
    assert np.mean(topic[rows[:, 0]] == np.arange(40) % 4) > 0.8
    np.testing.assert_array_equal(model.infer([new[3]])[0], vectors[3])
    projection = np.asarray(model.model.parameters.projection)[:, :40]
    signs = np.unpackbits(model.codes(), axis=1).astype(bool)
    products = model.trained_matrix() @ projection.T
    assert (signs == (products > 0))[abs(products) > 1e-4].all()
    assert (abs(products) > 1e-4).mean() > 0.99
    with pytest.raises(ConfigError, match="trained for codes of 32 bits: leave bits out"):
        model.codes(16)

    model.save(tmp_path / "model.embed")
    loaded = DocumentModel.load(tmp_path / "model.embed")
    np.testing.assert_array_equal(loaded.codes(), model.codes())
    np.testing.assert_array_equal(loaded.infer_codes(new), codes)
    more = continue_documents(loaded, new, tags=range(120, 160), freeze="all")
    np.testing.assert_array_equal(more.codes()[120:], codes)
    further = continue_documents(loaded, new, tags=range(120, 160), epochs=2, threads=1, progress=False)
    assert further.codes().shape == (160, 4)


def test_codes_of_real_vectors_are_rotated_to_the_axes(tmp_path: Path) -> None:
    model = train_documents(texts(), objective="dbow", **SMALL)
    codes, topic = model.codes(8), np.arange(120) % 4
    assert codes.shape == (120, 1)
    assert model.codes().shape == (120, 2)
    nearest = hamming(model.infer_codes(texts(40, seed=9), 8), codes).argmin(axis=1)
    assert np.mean(topic[nearest] == np.arange(40) % 4) > 0.8
    model.save(tmp_path / "model.embed")
    np.testing.assert_array_equal(DocumentModel.load(tmp_path / "model.embed").codes(8), codes)
    with pytest.raises(ConfigError, match="bits"):
        model.codes(17)
    binary = train_documents(texts(), objective="dbow", binary=True, **SMALL)
    with pytest.raises(ConfigError, match="leave bits out"):
        binary.codes(8)


def test_parameters_that_do_not_apply_are_refused() -> None:
    for settings, message in (
        ({"held_out": 0.1}, "held_out does not apply to documents"),
        ({"encoded_dir": "somewhere"}, "encoded_dir does not apply to documents"),
        ({"objective": "dbow", "subword": True}, "leave it out"),
        ({"nonsense": 1}, "nonsense"),
        ({"phrases": 1}, "phrases does not apply to documents"),
        ({"binary": True, "postprocess": "center"}, "leave one of them out"),
        ({"binary": True, "code_bits": 8}, "code_bits is 8 but binary is True: leave one of them out"),
        ({"objective": "sg", "code_bits": 8}, "code_bits is 8 but objective is 'sg'"),
        ({"dim": 16, "code_bits": 17}, "code_bits is 17 but dim is 16: set dim to 17 or more"),
        ({"code_bits": 8, "max_norm": 0}, "max_norm is 0 but code_bits is 8: leave it out"),
        ({"code_bits": 8, "postprocess": "abtt:1"}, "set it to 'center' or 'none'"),
    ):
        with pytest.raises(ConfigError, match=message):
            train_documents(texts(), **settings)
    for settings in ({"objective": "dbow"}, {"binary": True}):
        with pytest.raises(ConfigError, match="is for documents"):
            embed.train(texts(), **settings)
    with pytest.raises(ConfigError, match="would leave nothing of 1 document"):
        train_documents(texts(1), **SMALL)
    with pytest.raises(NoExamplesError, match="the vocabulary has a single word, 'a'"):
        train_documents([["a", "b"], []] * 3, loss="hs", min_count=3, max_vocab=1, postprocess="none", **SMALL)


def test_documents_learn_with_n_grams_and_hierarchical_softmax() -> None:
    for settings in ({"objective": "cbow", "subword": True}, {"objective": "dbow", "loss": "hs"}):
        model = train_documents(texts(), **{**SMALL, **settings, "buckets": 1000})
        found = [[other % 4 == i % 4 for other, _ in model.documents.nearest(i, 5)] for i in range(40)]
        assert np.mean(found) > 0.7
