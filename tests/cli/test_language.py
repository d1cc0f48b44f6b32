"""What the command says names flags: no keyword, call or constant of Python's reaches who typed a command."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import embed
from embed.cli import main
from embed.config.train import parameters
from embed.vectors import WordVectors

PYTHON = re.compile(r"\b[a-z_]+=|\b\w+\(\)|\b(?:True|False|None)\b|\bembed\.\w|<class|\bconfig\b")
_NAMES = {name for name, _, _ in parameters()} | {
    *(
        "time_budget",
        "checkpoint_every",
        "checkpoint_keep",
        "resume_anyway",
        "on_bad_word",
        "encoded_dir",
        "similarity_top",
    ),
    *("save_model", "continue_from", "decode_errors"),
}
SNAKE = re.compile(r"(?<![\w/-])(" + "|".join(sorted(name for name in _NAMES if "_" in name)) + r")\b")

TEXT = "the cat sat on the mat and the dog sat on the rug\n" * 40
QUICK = ("--dim", "16", "--epochs", "1", "--min-count", "1", "--threads", "1", "--quiet")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "t.txt").write_text(TEXT, encoding="utf-8")
    (folder / "latin1.txt").write_bytes("größe maß\n".encode("latin-1") * 20)
    (folder / "nul.txt").write_bytes(b"a b c\0 d\n" * 20)
    (folder / "one.txt").write_text("word\n", encoding="utf-8")
    (folder / "bad.toml").write_text("hash_count = 2\nmin_n = 0\n", encoding="utf-8")
    (folder / "unclear.txt").write_text("cat dog 8.5 1.25\nking queen 7.25 2.5\nmat rug 3 2.75\n", encoding="utf-8")
    matrix = np.random.default_rng(0).standard_normal((4, 4)).astype(np.float32)
    embed.save(WordVectors(["New York", "a", "b", "c"], matrix), folder / "spaces.embed")
    (folder / "twice.vec").write_text("2 2\na 1 2\na 3 4\n", encoding="utf-8")
    (folder / "latin1.vec").write_bytes("2 2\ngröße 1 2\nb 3 4\n".encode("latin-1"))
    train = ["train", str(folder / "t.txt"), "-o", str(folder / "v.txt"), *QUICK]
    assert main([*train, "--checkpoint", str(folder / "ck"), "--save-model", str(folder / "m.embed")]) == 0
    return folder


TRAIN = ("train", "t.txt", "-o", "out.txt", *QUICK)

FAILURES: list[tuple[tuple[str, ...], str]] = [
    ((*TRAIN, "--dim", "0"), "--dim must be"),
    ((*TRAIN, "--lr", "nan"), "--lr must be"),
    ((*TRAIN, "--min-lr", "0.5", "--lr", "0.1"), "--min-lr is 0.5 but --lr is 0.1"),
    ((*TRAIN, "--no-subword", "--hash-count", "2"), "--hash-count is 2 but --subword is off: set --subword"),
    ((*TRAIN, "--composition", "sum", "--no-subword"), "--composition is 'sum' but --subword is off"),
    ((*TRAIN, "--position-weights", "--objective", "sg"), "--position-weights is on but --objective is 'sg'"),
    ((*TRAIN, "--structured", "--objective", "cbow"), "--structured is on but --objective is 'cbow'"),
    ((*TRAIN, "--min-n", "6", "--max-n", "3", "--subword"), "--min-n is 6 but --max-n is 3"),
    ((*TRAIN, "--postprocess", "pca:101"), "--postprocess: 'pca:101' must keep"),
    ((*TRAIN, "--patience", "2"), "--patience is 2 but --held-out is 0"),
    ((*TRAIN, "--config", "bad.toml"), r"bad\.toml: min_n must be"),
    ((*TRAIN, "--phrases", "1", "--phrase-score", "npmi", "--phrase-threshold", "3"), "--phrase-threshold must be"),
    ((*TRAIN, "--time-budget", "soon"), "."),
    ((*TRAIN, "--time-budget", "1m"), "--epochs and --time-budget"),
    ((*TRAIN, "--checkpoint", "ck"), "--resume ck"),
    ((*TRAIN, "--checkpoint", "new", "--checkpoint-every", "soon"), "--checkpoint-every must be"),
    ((*TRAIN, "--checkpoint", "new", "--checkpoint-keep", "0"), "--checkpoint-keep must be"),
    ((*TRAIN, "--resume", "ck", "--epochs", "3"), r"run \(--epochs is .*to resume anyway, give --resume-anyway"),
    ((*TRAIN, "--resume", "ck", "--dim", "20"), r"a different run \(--dim is"),
    ((*TRAIN, "--resume", "ck", "--objective", "sg", "--no-subword"), r"a different run \(--subword is on"),
    (("train", "latin1.txt", "-o", "out.txt", *QUICK), "--decode-errors replace"),
    (("train", "nul.txt", "-o", "out.txt", *QUICK), "--decode-errors replace"),
    (("train", "one.txt", "-o", "out.txt", *QUICK, "--min-count", "5"), "."),
    (
        ("train", "t.txt", "-o", "out.txt", "--quiet", "--continue-from", "m.embed", "--freeze", "old"),
        "--vocabulary union",
    ),
    (("train", "t.txt", "-o", "out.nonsense", *QUICK), "."),
    (("phrases", "latin1.txt"), "--decode-errors replace"),
    (("phrases", "t.txt", "--phrases", "0"), "--phrases must be"),
    (("info", "--corpus", "t.txt", "--dim", "0"), "--dim must be"),
    (("info", "nofile.vec"), "no such file"),
    (("convert", "spaces.embed", "ny.bin"), "write it with --escape"),
    ((*TRAIN[:4], "--continue-from", "latin1.vec"), "train-embeddings convert --decode-errors replace"),
    ((*TRAIN[:4], "--continue-from", "twice.vec"), "train-embeddings convert --keep-first"),
    (("convert", "spaces.embed", "x.npz", "--postprocess", "pca:9"), "--postprocess: 'pca:9' must keep from 1 to 4"),
    (("convert", "spaces.embed", "x.npz", "--dim", "0"), "--dim must be at least 1"),
    (("convert", "spaces.embed", "ny.nonsense"), "set --to to one of"),
    (("convert", "spaces.embed", "ny.npz", "--to", "nonsense"), "--to must be one of"),
    (("convert", "spaces.embed", "x.npz", "--postprocess", "top"), "--postprocess must be center, abtt"),
    (("convert", "spaces.embed", "x.npz", "--sif", "-1"), "--sif must be"),
    (("convert", "spaces.embed", "x.npz", "--to", "floret"), "."),
    (("convert", "latin1.vec", "x.npz"), "."),
    (("quantize", "spaces.embed", "q.embed", "--method", "pq", "--bytes", "99"), "."),
    (("evaluate", "v.txt", "unclear.txt"), "--columns 1,2,4"),
    (("evaluate", "v.txt", "nothing"), "unknown test set"),
    (("compare", "v.txt", "v.txt", "unclear.txt"), "--columns 1,2,4"),
    (("nearest", "v.txt", "zebra"), "not in the vocabulary"),
    (("curve", "v.txt"), "."),
]


@pytest.mark.parametrize(("arguments", "said"), FAILURES, ids=[" ".join(words)[:60] for words, _ in FAILURES])
def test_a_failure_speaks_the_language_of_the_command_line(
    arguments: tuple[str, ...],
    said: str,
    files: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(files)
    assert main(list(arguments)) != 0
    told = capsys.readouterr().err
    (line,) = [line for line in told.splitlines() if "warning:" not in line]
    assert re.search(said, line), line
    assert not PYTHON.search(told), told
    if "toml" not in line:
        assert not SNAKE.search(told), told


def test_advice_speaks_it_too(files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(files)
    flags = ("--dim", "8", "--lr", "0.5", "--window", "60", "--subsample", "0.003")
    assert main(["train", "t.txt", "-o", "advised.txt", *QUICK, *flags]) == 0
    assert main(["train", "t.txt", "-o", "more.txt", "--quiet", "--continue-from", "v.txt", "--epochs", "1"]) == 0
    told = capsys.readouterr().err
    assert "warning: --dim is 8" in told
    assert "warning: --subsample is 0.003, which keeps" in told
    assert "--save-model stores one" in told
    assert not PYTHON.search(told), told
    assert not SNAKE.search(told), told


def test_the_same_failures_speak_python_in_python(files: Path) -> None:
    for call, said in (
        (lambda: embed.train(files / "latin1.txt", progress=False), "decode_errors='replace'"),
        (lambda: embed.save(embed.load(files / "spaces.embed"), files / "ny.bin"), "on_bad_word='escape'"),
        (lambda: embed.TrainConfig(hash_count=2), "subword=True"),
        (lambda: embed.train(files / "t.txt", checkpoint=files / "ck", progress=False), "resume="),
        (lambda: embed.eval.load_set(files / "unclear.txt"), r"columns=\(1, 2, 4\)"),
    ):
        with pytest.raises(embed.EmbedError, match=said):
            call()
    assert json.loads((files / "v.txt.json").read_text(encoding="utf-8"))
