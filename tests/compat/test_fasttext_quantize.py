"""Classifiers that are quantised as by fastText: as small, as good, and read and predicted alike by both."""

from __future__ import annotations

import inspect
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed.compat import fasttext as ours
from embed.errors import ConfigError, CorpusError, EmbedError, FormatError
from embed.formats.fasttext_file import Quantised

LABELS, WORDS = 260, 500
SMALL: dict[str, Any] = {"dim": 11, "lr": 0.5, "epoch": 8, "thread": 1, "verbose": 0}
NGRAMS: dict[str, Any] = {"wordNgrams": 2, "minn": 2, "maxn": 3, "bucket": 1500}
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({}, {}),
    "hs, lengths apart": ({"loss": "hs", **NGRAMS}, {"qnorm": True, "dsub": 3}),
    "ova, labels too": ({"loss": "ova", **NGRAMS}, {"qnorm": True, "qout": True}),
    "ns, fewer rows": ({"loss": "ns", **NGRAMS}, {"cutoff": 900}),
    "fewer words": ({}, {"cutoff": 300, "qnorm": True}),
    "fewer rows, trained on": (NGRAMS, {"cutoff": 700, "retrain": True, "qnorm": True, "qout": True, "dsub": 4}),
}


def _lines(seed: int, count: int) -> list[str]:
    """Return lines whose words are often among the ten of their label, and always one of them."""
    random = np.random.default_rng(seed)
    lines = []
    for _ in range(count):
        label = int(random.integers(LABELS)) if random.random() < 0.3 else int(random.integers(8))
        own = (7 * label + random.integers(0, 10, 5)) % WORDS
        chosen = np.where(random.random(5) < 0.6, own, random.integers(0, WORDS, 5))
        lines.append(f"__label__{label} " + " ".join(f"w{word}" for word in [own[0], *chosen]))
    return lines


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("quantize")
    every = [f"__label__{label} w{7 * label % WORDS} w{label}" for label in range(LABELS)]
    rare = [f"__label__{word % LABELS} w{word}" for word in range(WORDS)]
    (path / "train.txt").write_text("\n".join([*_lines(0, 1500), *every, *rare]) + "\n")
    (path / "test.txt").write_text("\n".join(_lines(1, 500)) + "\n")
    return path


@pytest.fixture(scope="module", params=KINDS, ids=str)
def trained(request: pytest.FixtureRequest, folder: Path) -> tuple[Path, dict[str, Any]]:
    settings, quantisation = KINDS[request.param]
    number = list(KINDS).index(request.param)
    path = folder / f"{number}.bin"
    theirs = pytest.importorskip("fasttext", reason="fasttext-community is not installed")
    trainer: Any = (ours, theirs)[number % 2]  # theirs has rows for buckets without an n-gram
    trainer.train_supervised(str(folder / "train.txt"), **SMALL, **settings).save_model(str(path))
    given = {"input": str(folder / "train.txt")} if quantisation.get("retrain") else {}
    return path, {**given, **quantisation}


def test_fasttext_reads_the_file_and_predicts_the_same(
    folder: Path, trained: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    fasttext = pytest.importorskip("fasttext", reason="fasttext-community is not installed")
    path, settings = trained
    model = ours.load_model(path)
    before = model.test(folder / "test.txt")[1]
    model.quantize(**settings, lr=0.5, thread=1, verbose=0)
    assert model.is_quantized()
    model.save_model(tmp_path / "m.ftz")
    again, theirs = ours.load_model(tmp_path / "m.ftz"), fasttext.load_model(str(tmp_path / "m.ftz"))
    assert theirs.is_quantized()
    assert theirs.words == model.words == again.words
    assert theirs.labels == model.labels == again.labels
    texts = [line.split(" ", 1)[1] for line in _lines(2, 20)] + ["unheard", "", "w1 unheard w2", "w3 " * 30]
    for text in texts:
        expected = theirs.predict(text, k=4)
        for own in (model, again):
            found = own.predict(text, k=4)
            np.testing.assert_allclose(found[1], expected[1], atol=1e-5)
            assert found[0] == expected[0] or min(abs(np.diff(expected[1]))) < 2e-6
    # the same classifier, quantised by fastText
    peer = fasttext.load_model(str(path))
    peer.quantize(**settings, lr=0.5, thread=1, verbose=0)
    peer.save_model(str(tmp_path / "peer.ftz"))
    assert (tmp_path / "m.ftz").stat().st_size == (tmp_path / "peer.ftz").stat().st_size
    if not settings.get("retrain"):
        assert model.words == peer.words
    found, wanted = (one.test(str(folder / "test.txt"))[1] for one in (model, peer))
    assert found > wanted - 1.96 * math.sqrt(2 * wanted * (1 - wanted) / 500)
    assert found > 0.8 * before


def test_any_number_of_threads_gives_the_same_bits(folder: Path, trained: tuple[Path, dict[str, Any]]) -> None:
    path, settings = trained
    if settings.get("retrain"):
        settings = {**settings, "retrain": False}
    written = []
    for threads, seed in ((1, 0), (3, 0), (3, 1)):
        model = ours.load_model(path)
        model.quantize(**settings, thread=threads, seed=seed)
        model.save_model(folder / "bits.ftz")
        written.append((folder / "bits.ftz").read_bytes())
    assert written[0] == written[1] != written[2]


def test_training_the_rows_that_are_left_makes_up_for_the_others(folder: Path) -> None:
    scores = {}
    for name, settings in {"left": {}, "trained on": {"retrain": True, "input": folder / "train.txt"}}.items():
        model = ours.train_supervised(folder / "train.txt", **SMALL, **NGRAMS)
        model.quantize(cutoff=256, epoch=4, lr=0.5, verbose=0, **settings)
        scores[name] = model.test(folder / "train.txt")[1]
        assert model.epoch == (4 if settings else 8)
    assert scores["trained on"] > scores["left"] + 0.02


def test_buckets_without_an_n_gram_stay_zeros(folder: Path) -> None:
    model = ours.train_supervised(folder / "train.txt", **SMALL, wordNgrams=2, bucket=30_000)
    inputs = model.get_input_matrix()
    empty = np.flatnonzero(~inputs.any(axis=1))
    assert len(empty) > 10_000
    for qnorm in (False, True):
        own = ours.train_supervised(folder / "train.txt", **SMALL, wordNgrams=2, bucket=30_000)
        own.quantize(qnorm=qnorm)
        assert not own.get_input_vector(int(empty[0])).any()
        assert isinstance(own._file.input, Quantised)
        assert not own._file.input[empty].any()
        assert np.abs(own._file.input[:WORDS] - inputs[:WORDS]).mean() < 0.25 * np.abs(inputs[:WORDS]).mean()
        with pytest.raises(FormatError, match="quantised"):
            own.get_input_matrix()


def test_fewer_distinct_rows_than_centroids_are_kept_exactly(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("__label__a x y\n__label__b y z\n" * 9)
    model = ours.train_supervised(tmp_path / "t.txt", **SMALL, wordNgrams=2, bucket=400)
    before = model.predict("x y z", k=2)
    model.quantize(dsub=20)
    np.testing.assert_allclose(model.predict("x y z", k=2)[1], before[1], atol=1e-6)


def test_arguments_and_defaults_are_those_of_fasttext() -> None:
    module = pytest.importorskip("fasttext.FastText", reason="fasttext-community is not installed")
    theirs = inspect.signature(module._FastText.quantize).parameters
    own = inspect.signature(ours.FastText.quantize).parameters
    assert list(own)[:-1] == list(theirs)
    assert [own[name].default for name in theirs] == [theirs[name].default for name in theirs]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"retrain": True}, ConfigError, "retrain needs a text"),
        ({"retrain": True, "cutoff": 300, "input": "none.txt"}, CorpusError, "none.txt"),
        ({"cutoff": 255}, ConfigError, "255 rows are too few to quantise, which needs 256: raise cutoff"),
        ({"dsub": 0}, ConfigError, "dsub must be at least 1"),
        ({"cutoff": -1}, ConfigError, "cutoff must be at least 0"),
        ({"cutoff": "x"}, EmbedError, "cutoff must be a whole number"),
        ({"seed": -1}, ConfigError, "seed must be at least 0"),
        ({"lr": math.nan}, ConfigError, "lr must be"),
    ],
)
def test_mistakes_are_told_and_change_nothing(
    folder: Path, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    model = ours.train_supervised(folder / "train.txt", **{**SMALL, "epoch": 1})
    with pytest.raises(error, match=message) as caught:
        model.quantize(**changes)
    assert isinstance(caught.value, EmbedError)
    assert not model.is_quantized()


def test_models_that_cannot_be_quantised_are_told(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("__label__a x y\n__label__b y z\n" * 9)
    model = ours.train_supervised(tmp_path / "t.txt", **SMALL)
    with pytest.raises(ValueError, match="4 rows are too few to quantise, which needs 256: leave so small"):
        model.quantize()
    model = ours.train_supervised(tmp_path / "t.txt", **SMALL, wordNgrams=2, bucket=400)
    with pytest.raises(ConfigError, match="2 labels are too few to quantise, which needs 256: leave qout out"):
        model.quantize(qout=True)
    model.quantize()
    with pytest.raises(FormatError, match="quantised already"):
        model.quantize()
    words = ours.train_unsupervised(
        [["a", "b", "c"]] * 30, dim=16, minCount=1, maxn=0, t=0, thread=1, verbose=0, epoch=1
    )
    with pytest.raises(ValueError, match="word vectors"):
        words.quantize()
