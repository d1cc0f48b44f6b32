"""Classifiers that we train: as good as fastText's, in files that it reads, with its arguments."""

from __future__ import annotations

import inspect
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed.compat import fasttext as ours
from embed.compat.fasttext.arguments import SECOND_NAMES
from embed.errors import ConfigError, CorpusError, DivergenceError, EmbedError

LOSSES = ["softmax", "hs", "ova", "ns"]
TOPICS = {
    "metal": ["iron", "zinc", "copper", "tin", "ore"],
    "plant": ["oak", "elm", "fern", "moss", "leaf"],
    "water": ["river", "lake", "sea", "pond", "rain"],
}
KEPT: dict[str, Any] = {"dim": 16, "lr": 0.5, "epoch": 12, "thread": 1, "verbose": 0}
NGRAMS: dict[str, Any] = {"wordNgrams": 2, "minn": 2, "maxn": 3, "bucket": 800}


def _lines(seed: int, count: int, prefix: str = "__label__") -> list[str]:
    """Return lines sorted by label, of whose words half belong to the topic and half to any."""
    random = np.random.default_rng(seed)
    every = [word for words in TOPICS.values() for word in words]
    lines = []
    for topic, words in TOPICS.items():
        for _ in range(count):
            chosen = [random.choice(words if random.random() < 0.5 else every) for _ in range(8)]
            lines.append(f"{prefix}{topic} " + " ".join([*chosen, f"w{random.integers(1000)}"]))
    return lines


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("supervised")
    (path / "train.txt").write_text("\n".join(_lines(0, 150)) + "\n")
    (path / "test.txt").write_text("\n".join(_lines(1, 100)) + "\n")
    return path


@pytest.mark.parametrize("settings", [{}, NGRAMS], ids=["words", "n-grams"])
@pytest.mark.parametrize("loss", LOSSES)
def test_each_loss_learns_and_fasttext_predicts_the_same(
    folder: Path, tmp_path: Path, loss: str, settings: dict[str, Any]
) -> None:
    model = ours.train_supervised(str(folder / "train.txt"), loss=loss, **KEPT, **settings)
    lines, precision, recall = model.test(folder / "test.txt")
    assert lines == 300
    assert precision == recall > 0.85
    assert (model.model, model.loss, model.wordNgrams) == ("supervised", loss, settings.get("wordNgrams", 1))
    model.save_model(tmp_path / "m.bin")
    again = ours.load_model(tmp_path / "m.bin")
    fasttext = pytest.importorskip("fasttext", reason="fasttext-community is not installed")
    theirs = fasttext.load_model(str(tmp_path / "m.bin"))
    assert theirs.words == model.words == again.words
    assert theirs.labels == model.labels
    for text in ["iron elm iron ore", "river rain", "unknown words", "w1 oak w2 moss w3", ""]:
        expected = theirs.predict(text, k=3)
        for own in (model, again):
            found = own.predict(text, k=3)
            np.testing.assert_allclose(found[1], expected[1], atol=1e-5)
            assert found[0] == expected[0] or len(set(np.round(expected[1], 4))) < 3


@pytest.mark.parametrize("loss", LOSSES)
def test_accuracy_is_that_of_fasttext(folder: Path, tmp_path: Path, loss: str) -> None:
    fasttext = pytest.importorskip("fasttext", reason="fasttext-community is not installed")
    shuffled = tmp_path / "shuffled.txt"  # fastText trains in the order of the file
    lines = (folder / "train.txt").read_text().splitlines()
    shuffled.write_text("\n".join(np.random.default_rng(0).permutation(lines)) + "\n")
    theirs = fasttext.train_supervised(str(shuffled), loss=loss, **KEPT, **NGRAMS).test(str(folder / "test.txt"))
    own = ours.train_supervised(shuffled, loss=loss, **KEPT, **NGRAMS).test(folder / "test.txt")
    assert own[1] > theirs[1] - 1.96 * math.sqrt(2 * 0.9 * 0.1 / 300)


def test_one_thread_gives_the_same_bits_and_several_learn_as_well(folder: Path) -> None:
    first, second = (ours.train_supervised(folder / "train.txt", seed=3, **KEPT, **NGRAMS) for _ in range(2))
    np.testing.assert_array_equal(first.get_input_matrix(), second.get_input_matrix())
    other = ours.train_supervised(folder / "train.txt", seed=4, **KEPT, **NGRAMS)
    assert not np.array_equal(first.get_input_matrix(), other.get_input_matrix())
    threads = ours.train_supervised(folder / "train.txt", **{**KEPT, **NGRAMS, "thread": 3})
    assert threads.test(folder / "test.txt")[1] > 0.85
    assert threads.thread == 3


def test_lines_with_several_labels(tmp_path: Path) -> None:
    lines = [f"#a #b both{k % 3} x\n#a one{k % 3} x\n#b two{k % 3} x\n" for k in range(60)]
    (tmp_path / "text.txt").write_text("".join(lines))
    model = ours.train_supervised(tmp_path / "text.txt", loss="ova", label_prefix="#", **{**KEPT, "epoch": 60})
    assert model.labels == ["#a", "#b"]
    assert set(model.predict("both1 x", k=-1, threshold=0.5)[0]) == {"#a", "#b"}
    assert model.predict("two1 x", k=-1, threshold=0.5)[0] == ("#b",)
    assert model.label == "#"
    assert model.get_line("#a #c word")[1] == ["#a"]


def test_words_begin_with_pretrained_vectors(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "words.vec"
    path.write_text("3 16\n" + "\n".join(f"{word} " + " ".join(["5"] * 16) for word in ("iron", "gold", "once")) + "\n")
    lines = [*_lines(0, 40), "__label__metal once once"]
    (tmp_path / "text.txt").write_text("\n".join(lines) + "\n")
    settings = {**KEPT, "epoch": 1, "lr": 1e-6, "minCount": 2, "pretrainedVectors": str(path)}
    model = ours.train_supervised(tmp_path / "text.txt", **settings)
    for word in ("iron", "gold", "once"):
        np.testing.assert_allclose(model[word], 5, atol=1e-3)
    assert np.abs(model["elm"]).max() < 0.1
    assert model.pretrainedVectors == str(path)
    with pytest.raises(ConfigError, match="16 dimensions: set dim=16"):
        ours.train_supervised(tmp_path / "text.txt", **{**settings, "dim": 8})


def test_parameters_and_defaults_are_those_of_fasttext() -> None:
    module = pytest.importorskip("fasttext.FastText", reason="fasttext-community is not installed")
    own = inspect.signature(ours.train_supervised).parameters
    source = inspect.getsource(module.train_supervised)
    named = source.split("arg_names = [")[1].split("]")[0]
    assert list(own)[:25] == [name.strip(' "') for name in named.replace("\n", "").split(",") if name.strip()]
    expected = {**module.unsupervised_default, "lr": 0.1, "minCount": 1, "minn": 0, "maxn": 0, "loss": "softmax"}
    for name in set(own) - {"input", "thread", "other_names"}:
        assert own[name].default == expected[name], name


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loss": "hinge"}, "loss must be one of"),
        ({"lr": 0}, "lr must be greater than 0, not 0"),
        ({"epoch": 0}, "epoch must be at least 1"),
        ({"wordNgrams": 0}, "wordNgrams must be"),
        ({"minn": 4, "maxn": 2}, "maxn must be"),
        ({"bucket": 2**31}, "bucket must be"),
        ({"wordngrams": 2}, "has no argument 'wordngrams'"),
        ({"wordNgrams": 2, "word_ngrams": 3}, "are the same argument"),
        ({"dim": 10**6}, "dim must be"),
    ],
)
def test_mistakes_are_told(folder: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        ours.train_supervised(folder / "train.txt", **{"verbose": 0, **changes})
    assert isinstance(caught.value, EmbedError)


def test_texts_that_do_not_do_are_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError):
        ours.train_supervised(tmp_path / "none.txt", verbose=0)
    (tmp_path / "words.txt").write_text("no label here\n")
    with pytest.raises(CorpusError, match="no labels, which begin with '__label__'"):
        ours.train_supervised(tmp_path / "words.txt", verbose=0)
    (tmp_path / "long.txt").write_bytes(b"__label__a " + b"x" * (2 << 20) + b"\n")
    with pytest.raises(CorpusError, match="a word is longer than 1,048,576 bytes"):
        ours.train_supervised(tmp_path / "long.txt", verbose=0)
    with pytest.raises(TypeError, match="file path"):
        ours.train_supervised(5)
    with pytest.raises(DivergenceError, match="lower lr, which is 1e"):
        ours.train_supervised(folder / "train.txt", **{**KEPT, "lr": 1e30})


def test_every_second_name_is_known(folder: Path) -> None:
    second = {"min_count": 2, "word_ngrams": 2, "lr_update_rate": 9, "label_prefix": "__", "pretrained_vectors": ""}
    assert set(second) == set(SECOND_NAMES)
    model = ours.train_supervised(folder / "train.txt", bucket=100, **KEPT, **second)
    assert (model.minCount, model.wordNgrams, model.lrUpdateRate, model.label) == (2, 2, 9, "__")


def test_programs_that_name_fasttexts_module_find_the_class(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """``fasttext.FastText`` is a module of fastText with the class ``_FastText``, which programs name and silence."""
    monkeypatch.setattr(ours.FastText, "eprint", lambda *_: None, raising=False)
    assert isinstance(ours.train_supervised(folder / "train.txt", **KEPT), ours.FastText._FastText)
