"""The labels of the lines of a text, from the command line."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from embed.cli import main
from embed.formats import fasttext_bin
from embed.formats.fasttext_file import LOSSES, NEWEST_VERSION, SUPERVISED, Arguments, FastTextFile

LABELS = ["__label__plant", "__label__\x1b[1mmetal\t"]


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write a classifier in which "oak" is a plant and "iron" a metal."""
    softmax = next(number for number, name in LOSSES.items() if name == "softmax")
    arguments = Arguments(2, 5, 5, 1, 5, 1, softmax, SUPERVISED, 0, 0, 0, 100, 1e-4)
    words = [b"oak", b"iron", *(label.encode() for label in LABELS)]
    rows, output = np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32) * 4
    file = FastTextFile(NEWEST_VERSION, arguments, words, np.array([1, 1, 1, 1]), 2, 4, None, rows, output)
    monkeypatch.chdir(tmp_path)
    fasttext_bin.write(file, "model.bin")
    Path("t.txt").write_bytes(b"oak oak\n\nnothing known\niron \xff\noak iron\n")
    return "model.bin"


def test_a_line_of_text_is_a_line_of_labels(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", model, "t.txt"]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert lines[:3] == ["__label__plant\t0.9820", "", ""]
    assert lines[3].endswith("\t0.9820")
    assert "\x1b" not in lines[3]
    assert lines[3].count("\t") == 1
    assert len(lines) == 6


def test_all_labels_of_standard_input_as_json(
    model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"iron\n\n"), closed=False))
    assert main(["predict", model, "-k", "all", "--json"]) == 0
    found = [json.loads(line)["labels"] for line in capsys.readouterr().out.splitlines()]
    assert [entry["label"] for entry in found[0]] == LABELS[::-1]
    assert found[0][0]["probability"] == pytest.approx(0.982, abs=1e-4)
    assert found[1] == []
    assert main(["predict", model, "t.txt", "-k", "2", "--threshold", "0.5", "--json"]) == 0
    assert [len(json.loads(line)["labels"]) for line in capsys.readouterr().out.splitlines()] == [1, 0, 0, 1, 2]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["-k", "0"], "at least 1, or all, not '0'"),
        (["-k", "x"], "at least 1, or all, not 'x'"),
        (["--threshold", "x"], "invalid float"),
    ],
)
def test_wrong_flags_are_told(model: str, flags: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["predict", model, "t.txt", *flags])
    assert said in capsys.readouterr().err


def test_a_threshold_that_is_no_number_is_told(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", model, "t.txt", "--threshold", "nan"]) == 2
    assert "threshold must be" in capsys.readouterr().err


def test_a_file_without_a_classifier_is_refused(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "t.txt", "t.txt"]) == 4
    assert "t.txt" in capsys.readouterr().err
    file = fasttext_bin.read(model)
    words = FastTextFile(
        file.version,
        Arguments(2, 5, 5, 1, 5, 1, 2, 2, 0, 0, 0, 100, 1e-4),
        file.words[:2],
        file.counts[:2],
        0,
        4,
        None,
        np.asarray(file.input),
        np.asarray(file.output),
    )
    fasttext_bin.write(words, "words.bin")
    assert main(["predict", "words.bin", "t.txt"]) == 4
    assert "words.bin: the file holds word vectors and no classifier" in capsys.readouterr().err
