"""Classifiers from the command line: train, test, quantise."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from embed.cli import main
from embed.compat import fasttext
from embed.formats import fasttext_bin

TOPICS = {"metal": ["iron", "zinc", "ore"], "pl\x1b[1mant": ["oak", "elm", "fern"]}
SHORT = ["--dim", "12", "--epochs", "8", "--lr", "0.5", "--threads", "1", "--seed", "3"]


@pytest.fixture(autouse=True)
def _texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for name, count in (("train.txt", 200), ("test.txt", 50)):
        lines = [
            f"__label__{topic} " + " ".join([*random.choice(words, 3), f"w{random.integers(400)}"])
            for topic, words in TOPICS.items()
            for _ in range(count)
        ]
        Path(name).write_text("\n".join(lines) + "\nno label here\n")


def run(*words: object) -> int:
    return main([*map(str, words)])


def test_a_classifier_is_trained_tested_and_quantised(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("classify", "train", "train.txt", "-o", "m.bin", *SHORT, "--word-ngrams", 2, "--buckets", 900) == 0
    assert "2 labels, 12 dimensions: m.bin" in capsys.readouterr().err
    settings = {"dim": 12, "epoch": 8, "lr": 0.5, "thread": 1, "seed": 3, "wordNgrams": 2, "bucket": 900, "verbose": 0}
    same = fasttext.train_supervised("train.txt", **settings)
    same.save_model("same.bin")
    assert Path("m.bin").read_bytes() == Path("same.bin").read_bytes()
    assert run("classify", "test", "m.bin", "test.txt") == 0
    lines, precision, recall = same.test("test.txt")
    shown = dict(line.split("\t") for line in capsys.readouterr().out.splitlines())
    assert shown == {"lines": str(lines), "precision": f"{precision:.4f}", "recall": f"{recall:.4f}", "f1": shown["f1"]}
    assert precision > 0.95

    assert run("classify", "quantize", "m.bin", "m.ftz", "--qnorm", "--cutoff", 300, "--seed", 0) == 0
    assert "300 rows of words and n-grams, 2 labels: m.ftz" in capsys.readouterr().err
    same.quantize(qnorm=True, cutoff=300)
    same.save_model("same.ftz")
    assert Path("m.ftz").read_bytes() == Path("same.ftz").read_bytes()
    retraining = ["--retrain", "train.txt", "--epochs", 2, "--lr", 0.3, "--threads", 1, "--quiet"]
    assert run("classify", "quantize", "m.bin", "r.ftz", "--cutoff", 300, *retraining) == 0
    assert fasttext_bin.read("r.ftz").arguments.epochs == 2
    assert capsys.readouterr() == ("", "")
    assert run("predict", "r.ftz", "test.txt") == 0
    assert capsys.readouterr().out.startswith("__label__metal\t")


def test_the_scores_of_each_label(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("classify", "train", "train.txt", "-o", "m.bin", *SHORT, "--quiet") == 0
    assert capsys.readouterr() == ("", "")
    Path("odd.txt").write_text("__label__metal iron\n__label__metal oak\n__label__none zinc\n")
    assert run("classify", "test", "m.bin", "odd.txt", "--labels", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["lines"], found["precision"], found["recall"]) == (2, 0.5, 0.5)
    assert [entry["label"] for entry in found["labels"]] == fasttext.load_model("m.bin").labels
    by_label = {entry.pop("label"): entry for entry in found["labels"]}
    assert by_label["__label__metal"] == {"precision": 1.0, "recall": 0.5, "f1": 0.6667}
    assert by_label["__label__pl\x1b[1mant"]["recall"] is None
    assert run("classify", "test", "m.bin", "odd.txt", "--labels", "-k", "all", "--threshold", "0.5") == 0
    out = capsys.readouterr().out
    assert "label\tprecision\trecall\tf1" in out.splitlines()
    assert "\x1b" not in out
    assert run("classify", "test", "m.bin", "test.txt", "-k", "all") == 0
    assert "precision\t0.5000" in capsys.readouterr().out


def test_words_begin_with_vectors(capsys: pytest.CaptureFixture[str]) -> None:
    Path("v.vec").write_text("2 12\niron" + " 5" * 12 + "\ngold" + " 5" * 12 + "\n")
    short = ["--vectors", "v.vec", "--epochs", 1, "--lr", 1e-6, "--threads", 1]
    assert run("classify", "train", "train.txt", "-o", "m.bin", "--dim", 12, *short) == 0
    np.testing.assert_allclose(fasttext.load_model("m.bin")["gold"], 5, atol=1e-3)
    assert run("classify", "train", "train.txt", "-o", "n.bin", "--dim", 8, *short) == 2
    assert "set --dim 12, not 8" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("train", "none.txt", "-o", "m.bin"), 3, "none.txt"),
        (("train", "train.txt", "-o", "m.npz"), 4, "the extension .npz means the format 'npz'"),
        (("train", "train.txt", "-o", "train.txt"), 4, "the extension .txt"),
        (("train", "train.txt", "-o", "m.bin", "--lr", "0"), 2, "--lr must be greater than 0"),
        (("train", "train.txt", "-o", "m.bin", "--min-n", "4", "--max-n", "2"), 2, "--max-n must be at least --min-n"),
        (("train", "train.txt", "-o", "m.bin", "--label-prefix", "#"), 3, "no labels, which begin with '#'"),
        (("test", "train.txt", "train.txt"), 4, "train.txt"),
        (("quantize", "train.txt", "m.ftz"), 4, "train.txt"),
        (("quantize", "m", "m.ftz", "--retrain", "train.txt"), 2, "set --cutoff"),
        (("quantize", "m", "m.ftz", "--epochs", "2"), 2, "--epochs is for training: name a text with --retrain"),
        (("quantize", "m", "m.ftz", "--dsub", "0"), 2, "--dsub must be at least 1"),
        (("test", "-", "-"), 2, "standard input"),
    ],
)
def test_mistakes_are_told(words: tuple[str, ...], code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("classify", *words) == code
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_the_classifier_does_not_overwrite_what_it_reads(capsys: pytest.CaptureFixture[str]) -> None:
    Path("train.bin").write_bytes(Path("train.txt").read_bytes())
    assert run("classify", "train", "train.bin", "-o", "train.bin") == 2
    assert "is also an input" in capsys.readouterr().err


def test_flags_of_fasttext_are_led_to_ours(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run("classify", "train", "train.txt", "-o", "m.bin", "--wordNgrams", "2")
    assert "did you mean --word-ngrams?" in capsys.readouterr().err
