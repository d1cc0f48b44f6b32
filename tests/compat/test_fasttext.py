"""The interface of fastText's Python package: its answers, its files, its defaults."""

from __future__ import annotations

import inspect
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed.compat import fasttext as ours
from embed.compat.errors import ArgumentError
from embed.compat.fasttext.arguments import SECOND_NAMES
from embed.errors import ConfigError, CorpusError, EmbedError, FormatError
from embed.formats import fasttext_bin
from embed.formats.fasttext_file import FastTextFile

WORDS = ["die", "straße", "日本語", "lang", "wörter", "auch", "nach", "sind", "x"]
TEXTS = ["die", "straße", "日本語", "</s>", "unbekannt", "日本", "ß", "a", ""]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("text") / "corpus.txt"
    lines = [" ".join(WORDS[i] for i in rng.integers(0, len(WORDS), 12)) for _ in range(100)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def model(corpus: Path) -> ours.FastText:
    return ours.train_unsupervised(corpus, dim=16, bucket=200, epoch=2, thread=1, t=0.0, verbose=0)


def unit(vector: Any) -> Any:
    length = float(np.linalg.norm(vector))
    return np.asarray(vector) / (length or 1)


# fastText's own package beside it


@pytest.fixture(scope="module")
def both(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ours.FastText]:
    fasttext = pytest.importorskip("fasttext", reason="fasttext-community is not installed")
    theirs = fasttext.train_unsupervised(
        str(corpus), dim=16, bucket=200, minCount=1, epoch=1, thread=1, verbose=0, minn=2, maxn=4
    )
    path = tmp_path_factory.mktemp("model") / "theirs.bin"
    theirs.save_model(str(path))
    return theirs, ours.load_model(path)


def test_words_and_rows_are_the_same(both: tuple[Any, ours.FastText]) -> None:
    theirs, own = both
    assert own.words == own.get_words() == own.labels == theirs.words
    np.testing.assert_array_equal(own.get_words(include_freq=True)[1], theirs.get_words(include_freq=True)[1])
    for text in TEXTS:
        names, rows = own.get_subwords(text)
        expected = theirs.get_subwords(text)
        assert names == expected[0], text
        assert rows.tolist() == expected[1].tolist(), text
        assert own.get_word_id(text) == theirs.get_word_id(text)
        assert own.get_subword_id(text) == theirs.get_subword_id(text)
        assert (text in own) == (text in theirs)
    np.testing.assert_array_equal(own.get_input_matrix(), theirs.get_input_matrix())
    np.testing.assert_array_equal(own.get_output_matrix(), theirs.get_output_matrix())
    np.testing.assert_array_equal(own.get_input_vector(3), theirs.get_input_vector(3))
    assert own.get_dimension() == theirs.get_dimension() == 16
    assert own.is_quantized() is theirs.is_quantized() is False


def test_vectors_are_the_same(both: tuple[Any, ours.FastText]) -> None:
    theirs, own = both
    matrix = theirs.get_input_matrix()
    for text in TEXTS:
        rows = theirs.get_subwords(text)[1]
        expected = matrix[rows].mean(axis=0) if len(rows) else np.zeros(16)
        np.testing.assert_allclose(own.get_word_vector(text), expected, atol=1e-6)
        np.testing.assert_array_equal(own[text], own.get_word_vector(text))
        # fasttext-community scales vectors to length 1
        np.testing.assert_allclose(unit(own[text]), unit(theirs.get_word_vector(text)), atol=1e-6)
    for sentence in ("die straße", "die  unbekannt\tnach\u00a0x", "", " a "):
        np.testing.assert_allclose(own.get_sentence_vector(sentence), theirs.get_sentence_vector(sentence), atol=1e-6)


def test_questions_have_the_same_answers(both: tuple[Any, ours.FastText]) -> None:
    theirs, own = both
    for question in (("die",), ("unbekannt",), ("日本語", 3)):
        expected = theirs.get_nearest_neighbors(*question)
        found = own.get_nearest_neighbors(*question)
        assert [word for _, word in found] == [word for _, word in expected]
        np.testing.assert_allclose([score for score, _ in found], [score for score, _ in expected], atol=1e-5)
    expected = theirs.get_analogies("die", "nach", "lang", 3)
    found = own.get_analogies("die", "nach", "lang", 3)
    assert [word for _, word in found] == [word for _, word in expected]
    np.testing.assert_allclose([score for score, _ in found], [score for score, _ in expected], atol=1e-5)


def test_files_go_both_ways(both: tuple[Any, ours.FastText], model: ours.FastText, tmp_path: Path) -> None:
    fasttext = pytest.importorskip("fasttext")
    both[0].save_model(str(tmp_path / "theirs.bin"))
    both[1].save_model(tmp_path / "ours.bin")
    assert (tmp_path / "theirs.bin").read_bytes() == (tmp_path / "ours.bin").read_bytes()
    model.save_model(tmp_path / "trained.bin")
    theirs = fasttext.load_model(str(tmp_path / "trained.bin"))
    assert theirs.words == model.words
    for word in [*WORDS, "unbekannt"]:
        np.testing.assert_allclose(unit(theirs.get_word_vector(word)), unit(model[word]), atol=1e-6)


@pytest.mark.parametrize(
    "quantisation",
    [{}, {"qnorm": True, "dsub": 3}, {"cutoff": 350, "qnorm": True}],
    ids=["plain", "norms", "pruned"],
)
def test_a_quantised_classifier(tmp_path: Path, quantisation: dict[str, Any]) -> None:
    fasttext = pytest.importorskip("fasttext", reason="fasttext-community is not installed")
    rng = np.random.default_rng(1)
    text = tmp_path / "labelled.txt"
    text.write_text(
        "".join(f"__label__{i % 2} " + " ".join(f"w{k}" for k in rng.integers(0, 300, 20)) + "\n" for i in range(100))
    )
    settings = {"dim": 7, "bucket": 400, "minn": 2, "maxn": 3, "epoch": 1, "thread": 1, "verbose": 0}
    theirs = fasttext.train_supervised(str(text), **settings)
    theirs.quantize(input=str(text), **quantisation)
    theirs.save_model(str(tmp_path / "a.ftz"))
    own = ours.load_model(tmp_path / "a.ftz")
    own.save_model(tmp_path / "b.ftz")
    assert (tmp_path / "a.ftz").read_bytes() == (tmp_path / "b.ftz").read_bytes()
    assert own.is_quantized()
    assert own.model == "supervised"
    assert sorted(own.labels) == ["__label__0", "__label__1"]
    for word in [*theirs.words[:50], "w9999", "unheard"]:
        assert own.get_subwords(word)[1].tolist() == theirs.get_subwords(word)[1].tolist()
        np.testing.assert_allclose(unit(own[word]), unit(theirs.get_word_vector(word)), atol=1e-5)
    np.testing.assert_allclose(own.vectors[theirs.words[3]], own[theirs.words[3]], atol=1e-6)
    assert len(own.get_nearest_neighbors("w9999", 3)) == 3
    assert own.vectors.subwords is not None
    assert (own.vectors.subwords.kept is not None) == ("cutoff" in quantisation)
    for word in ("w9999", "w1w2"):
        np.testing.assert_allclose(own.vectors[word], own[word], atol=1e-6)
    with pytest.raises(FormatError, match="the matrix is quantised"):
        own.get_input_matrix()
    np.testing.assert_allclose(own.get_sentence_vector("w1 w9999"), theirs.get_sentence_vector("w1 w9999"), atol=1e-6)


def test_parameters_and_defaults_are_those_of_fasttext() -> None:
    module = pytest.importorskip("fasttext.FastText", reason="fasttext-community is not installed")
    own = inspect.signature(ours.train_unsupervised).parameters
    named = inspect.getsource(module.train_unsupervised).split("arg_names = [")[1].split("]")[0]
    assert list(own)[:20] == [name.strip(' "') for name in named.replace("\n", "").split(",") if name.strip()]
    shared = set(own) & set(module.unsupervised_default) - {"thread"}
    assert shared == set(own) - {"input", "thread", "gradient", "other_names"}
    for name in shared:
        assert own[name].default == module.unsupervised_default[name], name


# training


def test_training_learns_and_says_what_it_did(model: ours.FastText, tmp_path: Path) -> None:
    assert sorted(model.words) == sorted(WORDS)
    assert (model.model, model.loss, model.dim, model.ws, model.epoch) == ("skipgram", "ns", 16, 5, 2)
    assert (model.minCount, model.neg, model.bucket, model.minn, model.maxn, model.t) == (5, 5, 200, 3, 6, 0.0)
    assert repr(model) == "<FastText skipgram: 9 words x 16 dimensions>"
    assert model.get_input_matrix().shape == (9 + 200, 16)
    assert np.abs(model.get_output_matrix()).max() > 0
    model.save_model(tmp_path / "m.bin")
    again = ours.load_model(tmp_path / "m.bin")
    np.testing.assert_array_equal(again["straße"], model["straße"])
    np.testing.assert_array_equal(again["unbekannt"], model["unbekannt"])


@pytest.mark.parametrize("changes", [{"maxn": 0}, {"bucket": 0}])
def test_words_only(corpus: Path, changes: dict[str, int]) -> None:
    model = ours.train_unsupervised(str(corpus), "cbow", dim=16, epoch=1, thread=1, verbose=0, t=0.0, **changes)
    assert model.model == "cbow"
    assert model.get_subwords("die") == (["die"], [model.get_word_id("die")])
    assert not model["unbekannt"].any()
    with pytest.raises(FormatError, match="the model has no n-grams"):
        model.get_subword_id("die")


def test_the_historic_gradient_is_another_training(corpus: Path, model: ours.FastText) -> None:
    settings: dict[str, Any] = {"dim": 16, "bucket": 200, "epoch": 2, "thread": 1, "t": 0.0, "verbose": 0}
    again = ours.train_unsupervised(corpus, **settings)
    np.testing.assert_array_equal(again.get_input_matrix(), model.get_input_matrix())
    historic = ours.train_unsupervised(corpus, gradient="historic", **settings)
    assert not np.allclose(historic.get_input_matrix(), model.get_input_matrix())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loss": "hs"}, "loss must be 'ns'.*not 'hs'"),
        ({"model": "supervised"}, "model must be one of 'skipgram', 'cbow', not 'supervised'"),
        ({"wordNgrams": 2}, "wordNgrams must be 1"),
        ({"dim": 0}, "dim must be at least 1"),
        ({"minn": 5, "maxn": 3}, "minn is 5 but maxn is 3"),
        ({"gradient": "wrong"}, "gradient must be one of"),
    ],
)
def test_what_is_not_here_is_refused(corpus: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ours.train_unsupervised(corpus, **changes)


def test_mistakes_are_told(model: ours.FastText, tmp_path: Path) -> None:
    with pytest.raises(CorpusError):
        ours.train_unsupervised(tmp_path / "none.txt", verbose=0)
    with pytest.raises(FormatError, match="no such file"):
        ours.load_model(tmp_path / "none.bin")
    with pytest.raises(ConfigError, match="line break"):
        model.get_sentence_vector("a\nb")
    with pytest.raises(ConfigError, match="ind must be a row from 0 to 208, not 209"):
        model.get_input_vector(209)
    assert model.get_word_id("a\udc80") == -1


def test_a_sentence_is_the_mean_of_unit_vectors(model: ours.FastText) -> None:
    expected = (unit(model["die"]) + unit(model["unbekannt"])) / 2
    np.testing.assert_allclose(model.get_sentence_vector("die unbekannt"), expected, atol=1e-6)
    assert math.isclose(float(np.linalg.norm(model.get_sentence_vector("die"))), 1, rel_tol=1e-6)


def test_words_that_are_not_utf8_are_found_by_their_rows(model: ours.FastText, tmp_path: Path) -> None:
    model.save_model(tmp_path / "m.bin")
    file: FastTextFile = fasttext_bin.read(tmp_path / "m.bin")
    file.words[0] = b"\xff"
    broken = ours.FastText(file)
    assert broken.words[0] == "\ufffd"
    assert broken.get_word_id("\ufffd") == -1


# odd calls: each ends as fastText's would, in a sentence, or does what was meant


def test_fasttexts_second_names_and_positions_are_its_own(corpus: Path) -> None:
    """Arguments after minCount could not be given by position, and second names ended in a TypeError of Python's."""
    theirs = pytest.importorskip("fasttext", reason="fasttext-community is not installed")
    assert set(SECOND_NAMES) <= set(inspect.getsource(theirs.FastText.read_args).split('"'))
    positional = (corpus, "cbow", 0.1, 16, 3, 1, 2, 0, 2, 3, 4, 1, "ns", 50, 1, 100, 0.0, "__label__", 0, "")
    model = ours.train_unsupervised(*positional)
    assert (model.model, model.ws, model.minCount, model.minn, model.neg, model.bucket) == ("cbow", 3, 2, 2, 4, 50)
    assert (model.lr, model.thread, model.verbose, model.label) == (0.1, 1, 0, "__label__")
    assert (model.wordNgrams, model.lrUpdateRate, model.minCountLabel, model.pretrainedVectors) == (1, 100, 0, "")
    kept = {"dim": 16, "epoch": 1, "thread": 1, "verbose": 0, "bucket": 50, "t": 0.0}
    second = ours.train_unsupervised(corpus, min_count=2, word_ngrams=1, lr_update_rate=9, label_prefix="#", **kept)
    assert second.minCount == 2
    assert second.label == "#"
    with pytest.raises(TypeError, match="no argument 'mincount'"):
        ours.train_unsupervised(corpus, mincount=2, **kept)
    with pytest.raises(TypeError, match="min_count and minCount are the same argument"):
        ours.train_unsupervised(corpus, minCount=3, min_count=2, **kept)
    with pytest.raises(ConfigError, match="continue_training"):
        ours.train_unsupervised(corpus, pretrained_vectors="v.vec", **kept)


def test_sentences_in_memory_train_as_well() -> None:
    kept = {"dim": 16, "minCount": 1, "epoch": 1, "thread": 1, "verbose": 0, "bucket": 50, "t": 0.0}
    assert sorted(ours.train_unsupervised([["a", "b"]] * 50, **kept).words) == ["a", "b"]
    for wrong in (None, b"text", 5, [["a", 1]]):
        with pytest.raises((TypeError, CorpusError)) as caught:
            ours.train_unsupervised(wrong, **kept)
        assert isinstance(caught.value, EmbedError)


@pytest.mark.parametrize("name", ["minn", "maxn", "bucket", "minCount", "dim", "lr", "ws", "epoch", "thread", "t"])
@pytest.mark.parametrize("value", ["x", [1], float("nan")])
def test_arguments_of_another_type_are_named(corpus: Path, name: str, value: object) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        ours.train_unsupervised(corpus, **{"verbose": 0, name: value})
    assert isinstance(caught.value, EmbedError)


@pytest.mark.parametrize("word", [None, 3, 1.5, ["the"], b"\xff"])
def test_a_word_that_is_none_is_told_so(model: ours.FastText, word: Any) -> None:
    for ask in (
        model.get_word_vector,
        model.get_word_id,
        model.get_subwords,
        model.get_subword_id,
        model.get_sentence_vector,
        model.get_nearest_neighbors,
        model.__getitem__,
        lambda text: model.get_analogies("die", text, "auch"),
        ours.tokenize,
    ):
        with pytest.raises(ArgumentError):
            ask(word)
    assert word not in model


def test_other_odd_calls_end_in_a_sentence(model: ours.FastText) -> None:
    for call in (
        lambda: model.get_nearest_neighbors("die", k="x"),
        lambda: model.get_nearest_neighbors("die", k=0),
        lambda: model.get_input_vector("die"),
        lambda: model.get_input_vector(-1),
        lambda: model.get_words(on_unicode_error="surrogateescape"),
        lambda: model.save_model(None),
        lambda: ours.load_model(None),
        lambda: model.predict("die"),
        lambda: model.quantize(),
        lambda: ours.train_supervised("x.txt"),
        lambda: ours.skipgram("x.txt", "out"),
    ):
        with pytest.raises(EmbedError):
            call()
    with pytest.raises(AttributeError, match="no 'seed'"):
        _ = model.seed


def test_bytes_are_words_labels_are_words_and_text_is_split_as_by_fasttext(model: ours.FastText) -> None:
    np.testing.assert_array_equal(model.get_word_vector("straße".encode()), model.get_word_vector("straße"))
    assert model.get_labels() == model.words
    assert model.get_labels(include_freq=True)[1].sum() == model.get_words(include_freq=True)[1].sum()
    theirs = pytest.importorskip("fasttext", reason="fasttext-community is not installed")
    for text in ("a b  c", "a\nb", "\n", "", "x\ty\vz\n\n"):
        assert ours.tokenize(text) == theirs.tokenize(text)
    assert (ours.EOS, ours.BOW, ours.EOW) == (theirs.EOS, theirs.BOW, theirs.EOW)


def test_words_that_are_no_utf8_show_as_they_are_asked_for(model: ours.FastText, tmp_path: Path) -> None:
    file = model._file
    words = [b"caf\xe9", *file.words[1:]]
    fasttext_bin.write(replace(file, words=words), tmp_path / "m.bin")
    odd = ours.load_model(tmp_path / "m.bin")
    assert odd.get_words()[0] == "caf\ufffd"
    assert odd.get_words(on_unicode_error="ignore")[0] == "caf"
    with pytest.raises(ValueError, match="on_unicode_error='replace'"):
        odd.get_words(on_unicode_error="strict")
    shown = [word for _, word in odd.get_nearest_neighbors("die", k=8, on_unicode_error="ignore")]
    assert "caf" in shown


@pytest.mark.parametrize(
    ("name", "value"),
    [("ws", 0), ("epoch", 0), ("neg", 0), ("thread", 0), ("t", -1.0), ("bucket", -1), ("minn", -1), ("minn", 7)],
)
def test_bounds_are_told_by_fasttexts_names(corpus: Path, name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=rf"^{name} (?:must be|is {value})"):
        ours.train_unsupervised(corpus, verbose=0, **{name: value})


def test_no_neighbours_are_no_question(model: ours.FastText) -> None:
    with pytest.raises(ConfigError, match=r"^k must be a whole number of at least 1, not 0"):
        model.get_nearest_neighbors("die", k=0)


def test_matrices_are_replaced_and_shortened(both: tuple[Any, ours.FastText], tmp_path: Path) -> None:
    util = pytest.importorskip("fasttext.util", reason="fasttext-community is not installed")
    fasttext = pytest.importorskip("fasttext")
    path = str(tmp_path / "m.bin")
    both[0].save_model(path)
    theirs, own = util.reduce_model(fasttext.load_model(path), 7), ours.load_model(path)
    assert own["die"].shape == (16,)
    assert ours.util.reduce_model(own, 7) is own
    assert own.get_dimension() == 7
    spread = [float(model.get_input_matrix().var(axis=0).sum()) for model in (own, theirs)]
    assert spread[0] > 0.999 * spread[1]  # fastText takes its components in any order
    largest = np.linalg.svd(both[1].get_input_matrix() - both[1].get_input_matrix().mean(axis=0), compute_uv=False)
    assert spread[0] == pytest.approx((largest[:7] ** 2).sum() / 210, rel=1e-3)
    own.save_model(path)
    again = ours.load_model(path)
    np.testing.assert_array_equal(again["unbekannt"], own["unbekannt"])
    assert again.vectors.dim == 7
    with pytest.raises(ConfigError, match="target_dim must be a whole number from 1 to 7"):
        ours.util.reduce_model(own, 8)
    inputs, outputs = own.get_input_matrix(), own.get_output_matrix()
    for wrong, message in (
        ((inputs[:-1], outputs), "must have 210 and 10 rows, not 209 and 10"),
        ((inputs, outputs[:, :5]), "as many columns"),
        ((inputs[0], outputs), "two-dimensional"),
    ):
        with pytest.raises(ConfigError, match=message):
            own.set_matrices(*wrong)
