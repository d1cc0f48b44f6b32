"""The vectors of the lines of a text, from the command line."""

from __future__ import annotations

import gzip
import io
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import embed
from embed.cli import main
from embed.vectors import sentences

LINES = ["Word1 word2.", "", "word3 word3 word1", "nothing known", "word0 word2 word9"] * 3


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rng = np.random.default_rng(2)
    vectors = embed.WordVectors([f"word{n}" for n in range(10)], rng.normal(size=(10, 4)) + 1, counts=range(10, 0, -1))
    vectors.save(tmp_path / "v.embed")
    (tmp_path / "t.txt").write_text("\n".join(LINES) + "\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sentences, "BATCH_TEXTS", 4)
    return tmp_path


@pytest.fixture
def expected(files: Path) -> np.ndarray:
    with pytest.warns(embed.errors.AdviceWarning):
        return embed.sentence_vectors(LINES, embed.load("v.embed"))


def read(path: str) -> np.ndarray:
    if path.endswith(".npy"):
        return np.load(path)
    data = Path(path).read_bytes()
    text = (gzip.decompress(data) if path.endswith(".gz") else data).decode()
    assert text.endswith("\n")
    split = json.loads if ".jsonl" in path else lambda line: line.split("\t")
    return np.array([split(line) for line in text.splitlines()], np.float32)


@pytest.mark.parametrize("out", ["out.npy", "out.tsv", "out.jsonl", "out.tsv.gz"])
def test_every_format_holds_the_same_numbers(
    out: str, files: Path, expected: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["embed-text", "v.embed", "t.txt", "-o", out]) == 0
    np.testing.assert_allclose(read(out), expected, atol=1e-6)
    said = capsys.readouterr().err
    assert said.count("warning") == 1
    assert "6 of 15 texts have no word with a vector" in said


@pytest.mark.parametrize("removed", ["0", "1"])
def test_standard_input_becomes_lines(
    removed: str, files: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbfword1 word2\r\nWORD3")))
    assert main(["embed-text", "v.embed", "--weighting", "mean", "--remove-common", removed]) == 0
    found = np.array([line.split(b"\t") for line in capfdbinary.readouterr().out.splitlines()], np.float32)
    rows = embed.sentence_vectors(
        ["word1 word2", "word3"], embed.load("v.embed"), weighting="mean", remove_common=int(removed)
    )
    np.testing.assert_allclose(found, rows, atol=1e-6)


def test_an_empty_text_gives_no_rows(files: Path) -> None:
    (files / "empty.txt").write_text("")
    assert main(["embed-text", "v.embed", "empty.txt", "-o", "out.npy"]) == 0
    assert np.load("out.npy").shape == (0, 4)
    assert main(["embed-text", "v.embed", "empty.txt", "-o", "out.tsv", "--remove-common", "0"]) == 0
    assert Path("out.tsv").read_bytes() == b""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["v.embed", "t.txt", "-o", "out.bin"], r"out\.bin: the vectors of texts are written to \.npy"),
        (["v.embed", "t.txt", "-o", "out.npy", "--format", "tsv"], "agrees with --format"),
        (["v.embed", "t.txt", "-o", "out.npy.gz"], "which may be compressed"),
        (["v.embed", "t.txt", "--remove-common", "5"], "--remove-common must be a whole number from 0 to 4"),
        (["v.embed", "t.txt", "--sif-a", "0"], "--sif-a must be a number above 0"),
        (["v.txt", "t.txt"], "v.txt: SIF weights need word counts.* give --weighting mean"),
        (["v.embed", "nul.txt"], "NUL"),
        (["v.embed", "latin.txt"], "not valid UTF-8|UTF-8"),
        (["v.embed", "missing.txt"], r": missing\.txt: there is no such file$"),
        (["v.embed", "v.embed"], "."),
        (["v.embed", "t.txt", "-o", "t.txt"], "."),
    ],
)
def test_a_failure_is_one_sentence_and_writes_nothing(
    arguments: list[str], said: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    embed.load("v.embed").save("v.txt")
    (files / "nul.txt").write_bytes(b"word1\0word2\n")
    (files / "latin.txt").write_bytes(b"word1 caf\xe9\n")
    before = sorted(path.name for path in files.iterdir())
    assert main(["embed-text", *arguments]) != 0
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert re.search(said, line), line
    assert sorted(path.name for path in files.iterdir()) == before
