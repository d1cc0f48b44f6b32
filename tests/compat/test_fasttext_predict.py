"""Classifiers that fastText trained: labels, probabilities, rows and scores are its own."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed.compat import fasttext as ours
from embed.compat.errors import ArgumentError
from embed.errors import ConfigError, CorpusError, EmbedError, FormatError
from embed.formats.fasttext_classifier import read_classifier

WORDS = [f"w{number}" for number in range(280)] + ["straße", "日本語", "naïve", "__labels", "a" * 70]
KEPT = {"thread": 1, "verbose": 0, "dim": 11, "epoch": 3, "lr": 0.5}
NGRAMS = {"minn": 2, "maxn": 4, "bucket": 3000, "wordNgrams": 3}
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {
    "softmax": ({}, None),
    "hs": ({"loss": "hs", **NGRAMS}, None),
    "ova": ({"loss": "ova", "minn": 3, "maxn": 3, "bucket": 500}, None),
    "ns": ({"loss": "ns", "wordNgrams": 2, "bucket": 1000}, None),
    "prefix": ({"label": "#", "minCount": 3, **NGRAMS}, None),
    "one label": ({"loss": "hs", "minCountLabel": 100}, None),
    "quantised": (NGRAMS, {}),
    "norms": ({"loss": "hs", **NGRAMS}, {"qnorm": True, "dsub": 3}),
    "output": ({"loss": "ova", **NGRAMS}, {"qnorm": True, "qout": True}),
    "pruned": (NGRAMS, {"qnorm": True, "cutoff": 700}),
    "pruned words": ({}, {"cutoff": 256}),
}
LABELS = 300
"""More than the 256 rows that quantising the output needs."""


def _examples(prefix: str) -> list[str]:
    random = np.random.default_rng(7)
    lines = []
    for _ in range(1200):
        # the first label is frequent, so that the tree is deep, and words tell something about labels
        label = int(random.geometric(0.15) - 1) if random.random() < 0.5 else int(random.integers(LABELS))
        label = min(label, LABELS - 1)
        chosen = [WORDS[(7 * label + int(k)) % len(WORDS)] for k in random.integers(0, 30, random.integers(1, 12))]
        second = [f"{prefix}{(label + 1) % LABELS}"] if random.random() < 0.2 else []
        lines.append(" ".join([f"{prefix}{label}", *second, *chosen]))
    return lines


@pytest.fixture(scope="module", params=KINDS, ids=str)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ours.FastText, Path]:
    fasttext = pytest.importorskip("fasttext", reason="fasttext-community is not installed")
    settings, quantisation = KINDS[request.param]
    folder = tmp_path_factory.mktemp("classifier")
    text = folder / "labelled.txt"
    text.write_text("\n".join([*_examples(settings.get("label", "__label__")), "", "w1 without a label", "__label__0"]))
    theirs = fasttext.train_supervised(str(text), **{**KEPT, **settings})
    if quantisation is not None:
        theirs.quantize(input=str(text), **quantisation)
    path = folder / ("model.ftz" if theirs.is_quantized() else "model.bin")
    theirs.save_model(str(path))
    return fasttext.load_model(str(path)), ours.load_model(path), text


def _texts() -> list[str]:
    random = np.random.default_rng(3)
    texts = [" ".join(WORDS[int(k)] for k in random.integers(0, len(WORDS), 1 + n % 14)) for n in range(60)]
    return [
        *texts,
        "",
        "   ",
        "nothing known here",
        "unbekannte straßen 日本",
        "w1\tw2\vw3\fw4\rw5\0w6",
        "w1 __label__0 w2 __label__unknown w3",
        "w1 #3 w2",
        "w1 </s> w2 w3",
        "ein\u00a0wort " + "b" * 5000,
        "w7 " * 3000,
    ]


def _close(found: Any, expected: Any) -> None:
    """Compare labels and probabilities; labels whose probabilities are within a rounding error may change places."""
    assert len(found[0]) == len(expected[0])
    np.testing.assert_allclose(found[1], expected[1], atol=1e-5)
    for label, other, share in zip(found[0], expected[0], expected[1], strict=True):
        assert label == other or np.isclose(np.asarray(expected[1]), share, atol=2e-6).sum() > 1


@pytest.mark.parametrize("k", [1, 3, -1, 1000])
@pytest.mark.parametrize("threshold", [0.0, 0.02])
def test_labels_and_probabilities_are_the_same(both: tuple[Any, ours.FastText, Path], k: int, threshold: float) -> None:
    theirs, own, _ = both
    texts = _texts()
    expected = [theirs.predict(text, k=k, threshold=threshold) for text in texts]
    for text, wanted in zip(texts, expected, strict=True):
        found = own.predict(text, k=k, threshold=threshold)
        assert type(found[0]) is tuple
        assert found[1].dtype == wanted[1].dtype
        _close(found, wanted)
    labels, probabilities = own.predict(texts, k, threshold, threads=1)
    assert [type(row) for row in labels] == [list] * len(texts)
    assert {row.dtype for row in probabilities} == {np.dtype(np.float32)}
    for row, shares, wanted in zip(labels, probabilities, expected, strict=True):
        _close((row, shares), wanted)
    assert sum(len(row) for row in labels) > 0


def test_words_labels_and_lines_are_the_same(both: tuple[Any, ours.FastText, Path]) -> None:
    theirs, own, _ = both
    assert own.labels == own.get_labels() == theirs.get_labels()
    assert own.words == theirs.words
    np.testing.assert_array_equal(own.get_labels(include_freq=True)[1], theirs.get_labels(include_freq=True)[1])
    for word in ["w1", "straße", "</s>", "unheard", "", "__label__1", "#1"]:
        assert own.get_word_id(word) == theirs.get_word_id(word), word
        assert (word in own) == (word in theirs)
        assert own.get_subwords(word)[1].tolist() == theirs.get_subwords(word)[1].tolist()
    for label in theirs.labels:
        assert own.get_label_id(label) == theirs.get_label_id(label)
    assert own.get_label_id("w1") == own.get_label_id("unheard") == -1
    texts = _texts()
    for text in texts:
        assert own.get_line(text) == theirs.get_line(text)
        np.testing.assert_allclose(own.get_sentence_vector(text), theirs.get_sentence_vector(text), atol=1e-6)
    assert own.get_line(texts) == tuple(theirs.get_line(texts))
    for row in (0, 5):
        np.testing.assert_array_equal(own.get_input_vector(row), theirs.get_input_vector(row))


@pytest.mark.parametrize("k", [1, 2])
def test_scores_are_the_same(both: tuple[Any, ours.FastText, Path], k: int) -> None:
    theirs, own, text = both
    for threshold in (0.0, 0.1):
        np.testing.assert_allclose(own.test(text, k, threshold), theirs.test(str(text), k, threshold), atol=1e-3)
        expected = theirs.test_label(str(text), k, threshold)
        found = own.test_label(text, k, threshold)
        assert set(found) == set(expected)
        wrong = sum(
            not np.isclose(found[label][name], expected[label][name], equal_nan=True)
            for label in found
            for name in expected[label]
        )
        assert wrong <= 0.01 * len(found)  # a label on the edge of the threshold or of two labels


def test_curves_are_the_same(both: tuple[Any, ours.FastText, Path]) -> None:
    theirs, own, text = both
    meters = own.get_meter(text, 3), theirs.get_meter(str(text), 3)
    for label in [None, *own.labels[:4]]:
        curves = [meter.precision_recall_curve(label) for meter in meters]
        for found, expected in zip(*curves, strict=True):
            assert abs(len(found) - len(expected)) <= 0.01 * len(expected)  # scores that are equal but for rounding
        for share in (0.0, 0.3, 0.8):
            for name in ("precision_at_recall", "recall_at_precision"):
                found, expected = (getattr(meter, name)(share, label) for meter in meters)
                assert math.isclose(found, expected, abs_tol=5e-3)
    for found, expected in zip(*(meter.score_vs_true(own.labels[0]) for meter in meters), strict=True):
        np.testing.assert_allclose(np.sort(found), np.sort(expected), atol=1e-5)
    with pytest.raises(ConfigError, match="is no label of the model"):
        meters[0].score_vs_true("w1")


def test_the_compiled_part_answers_alike(both: tuple[Any, ours.FastText, Path]) -> None:
    theirs, own, _ = both
    for text in ("w1 w2\n", "w1 w2", "w1\nw2", "\n", ""):
        expected, found = (model.f.predict(text, 2, 0.0, "strict") for model in (theirs, own))
        _close(list(zip(*found, strict=True))[::-1] or ((), ()), list(zip(*expected, strict=True))[::-1] or ((), ()))
    labels, shares = own.f.multilinePredict(["w1\n", ""], 1, 0.0, "strict")
    assert labels == theirs.f.multilinePredict(["w1\n", ""], 1, 0.0, "strict")[0]
    assert [len(row) for row in shares] == [1, 0]


def test_threads_and_batches_change_nothing(both: tuple[Any, ours.FastText, Path]) -> None:
    _, own, _ = both
    texts = _texts() * 120
    labels, probabilities = own.predict(texts, k=2, threads=1)
    again, shares = own.predict(texts, k=2, threads=3)
    assert again == labels
    np.testing.assert_array_equal(np.concatenate(shares), np.concatenate(probabilities))
    assert own.predict([]) == ([], [])


# our own side


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    fasttext = pytest.importorskip("fasttext", reason="fasttext-community is not installed")
    folder = tmp_path_factory.mktemp("small")
    (folder / "text.txt").write_text("__label__plant oak elm oak\n__label__metal iron zinc\n" * 40)
    model = fasttext.train_supervised(str(folder / "text.txt"), dim=16, lr=1.0, epoch=20, thread=1, verbose=0)
    model.save_model(str(folder / "model.bin"))
    return folder / "model.bin"


def test_a_classifier_of_our_own(small: Path) -> None:
    classifier = read_classifier(small)
    assert set(classifier.labels) == {"__label__plant", "__label__metal"}
    assert repr(classifier) == "<Classifier: 2 labels x 16 dimensions>"
    (first, second), only = classifier.predict(["oak elm", "zinc"], k=2)[0], classifier.predict("zinc")[0]
    assert first[0] == "__label__plant"
    assert first[1] > 0.9 > second[1]
    assert [label for label, _ in only] == ["__label__metal"]
    for wrong in (5, ["a", 5], ["a\nb"]):
        with pytest.raises(ConfigError):
            classifier.predict(wrong)


def test_mistakes_are_told(small: Path, tmp_path: Path) -> None:
    model = ours.load_model(small)
    for wrong, message in (
        ({"text": "a\nb"}, "predict takes one line"),
        ({"text": ["a", "a\nb"]}, "predict takes one line"),
        ({"text": "a", "k": 0}, "k must be a whole number of at least 1"),
        ({"text": "a", "k": -2}, "k must be"),
        ({"text": "a", "threshold": math.nan}, "threshold"),
        ({"text": "a\udc80"}, "lone surrogates"),
    ):
        with pytest.raises(ValueError, match=message) as caught:
            model.predict(**wrong)
        assert isinstance(caught.value, EmbedError)
    for wrong in ({"text": 5}, {"text": ("a", "b")}, {"text": "a", "k": "x"}, {"text": "a", "threshold": "x"}):
        with pytest.raises(ArgumentError):
            model.predict(**wrong)
    with pytest.raises(ConfigError, match="on_unicode_error must be one of"):
        model.predict("oak", on_unicode_error="surrogateescape")
    with pytest.raises(CorpusError):
        model.test(tmp_path / "none.txt")
    (tmp_path / "none.txt").write_text("no label\n")
    lines, precision, recall = model.test(tmp_path / "none.txt")
    assert lines == 0
    assert math.isnan(precision)
    assert math.isnan(recall)
    vectors = ours.train_unsupervised([["a", "b"]] * 50, dim=16, minCount=1, bucket=50, t=0.0, thread=1, verbose=0)
    with pytest.raises(FormatError, match="word vectors and no classifier"):
        vectors.predict("a")
