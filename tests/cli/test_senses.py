"""The commands about senses: senses, disambiguate, convert --senses, evaluate --senses."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import embed
from embed import SenseVectors
from embed.cli import main
from tests.senses.made_up import TOPICS, WORD, model, sentences, topic_of

NEW = sentences(40, seed=3)


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, a text, test sets and a file of words."""
    folder = tmp_path_factory.mktemp("senses")
    model().save(folder / "m.embed")
    model().vectors.save(folder / "words.embed")
    (folder / "new.txt").write_text("".join(" ".join(words) + "\n" for words in NEW), encoding="utf-8")
    found = [words for words in NEW if WORD in words]
    lines = [f"{' '.join(words[:4])}\t{' '.join(words[5:])}" for words in found]
    (folder / "wsi").mkdir()
    (folder / "wsi" / "dataset.txt").write_text("\n".join([f"{WORD}.n {len(lines)}", *lines]) + "\n", encoding="utf-8")
    keys = [f"{WORD}.n {WORD}.n.{number} {topic_of(words)}" for number, words in enumerate(found, start=1)]
    (folder / "wsi" / "key.txt").write_text("\n".join(keys) + "\n", encoding="utf-8")
    pairs = [("river", "boat", 9), ("debt", "boat", 1), ("loan", "cash", 8)]
    rated = [
        f"1\t{WORD}\tn\t{word}\tn\t{context} <b>{WORD}</b>\t<b>{word}</b>\t{rating}" for context, word, rating in pairs
    ]
    (folder / "ratings.txt").write_text("\n".join(rated) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def _here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def test_senses_prints_a_line_for_each_sense(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("senses", "m.embed", WORD, "goal", "-n", 3) == 0
    out, err = capsys.readouterr()
    lines = [line.split("\t") for line in out.splitlines()]
    expected = SenseVectors.of(model()).senses(WORD, 3)
    assert lines == [[s.name, f"{s.prior:.4f}", " ".join(word for word, _ in s.nearest)] for s in expected]
    assert err == "train-embeddings: goal: has no senses, but one vector\n"


def test_senses_prints_examples_of_a_text_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("senses", "m.embed", WORD, "--text", "new.txt", "--examples", 2, "--json") == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert [sense["name"] for sense in answer["senses"]] == ["bank#1", "bank#2"]
    assert [len(sense["nearest"]) for sense in answer["senses"]] == [10, 10]
    for sense in answer["senses"]:
        assert [f"[{WORD}]" in example["text"] for example in sense["examples"]] == [True, True]
    assert run("senses", "m.embed", WORD, "--text", "new.txt") == 0
    assert [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()] == ["bank#1"] * 4 + ["bank#2"] * 4


def test_disambiguate_marks_each_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run("disambiguate", "m.embed", "new.txt") == 0
    marked = capsys.readouterr().out.splitlines()
    assert len(marked) == len(NEW)
    of: dict[str, set[str]] = {topic: set() for topic in TOPICS}
    for line, words in zip(marked, NEW, strict=True):
        assert line.replace("#1", "").replace("#2", "").split(" ") == words
        of[topic_of(words)] |= {word for word in line.split() if "#" in word}
    assert of["river"] | of["money"] == {"bank#1", "bank#2"}
    assert [len(of[topic]) for topic in TOPICS] == [1, 1, 0, 0]
    assert run("disambiguate", "m.embed", "new.txt", "-o", tmp_path / "marked.txt.gz") == 0
    assert gzip.decompress((tmp_path / "marked.txt.gz").read_bytes()).decode().splitlines() == marked


def test_disambiguate_takes_texts_with_odd_lines(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "odd.txt").write_bytes("\ufeffriver bank#1 fish\r\n\r\n  \r\nriver  bank\tfish".encode())
    assert run("disambiguate", "m.embed", tmp_path / "odd.txt") == 0
    first, *empty, last = capsys.readouterr().out.split("\n")[:-1]
    assert (first, empty) == ("river bank#1 fish", ["", ""])
    assert last.startswith("river bank#")
    (tmp_path / "empty.txt").write_bytes(b"")
    assert run("disambiguate", "m.embed", tmp_path / "empty.txt") == 0
    assert capsys.readouterr().out == ""
    (tmp_path / "binary.txt").write_bytes(b"river \0\xff\xfe")
    assert run("disambiguate", "m.embed", tmp_path / "binary.txt", "-o", tmp_path / "out.txt") != 0
    assert not (tmp_path / "out.txt").exists()


@pytest.mark.parametrize("name", ["senses.txt", "senses.npz"])
def test_convert_writes_the_vectors_of_senses(name: str, tmp_path: Path) -> None:
    assert run("convert", "m.embed", tmp_path / name, "--senses") == 0
    vectors = embed.load(tmp_path / name)
    assert {"bank#1", "bank#2", "goal"} <= set(vectors.words)
    assert WORD not in vectors
    assert SenseVectors.from_vectors(vectors).count(WORD) == 2


def test_evaluate_scores_senses(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("evaluate", "m.embed", "wsi", "ratings.txt", "--senses", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    induced, rated = report["results"]
    assert induced["ARI"]["all"]["value"] == 100
    assert rated["covered"] == 3
    assert run("evaluate", "m.embed", "wsi", "--senses") == 0
    assert "ARI" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("senses", "m.embed", "unheard-of"), "'unheard-of'"),
        (("senses", "m.embed", WORD, "--examples", 2), "--examples has no effect without --text: give both"),
        (("senses", "words.embed", WORD), "words.embed: holds word vectors, not a whole model"),
        (("senses", "missing.embed", WORD), "missing.embed"),
        (("disambiguate", "m.embed", "missing.txt"), "missing.txt"),
        (("disambiguate", "m.embed", "new.txt", "-o", "m.embed"), "m.embed"),
        (("disambiguate", "m.embed", "new.txt", "-o", "out.npz"), "the extension .npz means vectors"),
        (("disambiguate", "m.embed", "new.txt", "-o", "new.txt"), "new.txt"),
        (("convert", "words.embed", "out.npz", "--senses"), "words.embed: holds word vectors, not a whole model"),
        (("convert", "m.embed", "out.npz", "--senses", "--average-outputs"), "exclude each other"),
        (("evaluate", "m.embed", "--senses"), "--senses needs sets: name folders of induction sets, or files of SCWS"),
        (("evaluate", "m.embed", "wsi", "--senses", "--top", 5), "--top does not apply to --senses; leave it out"),
        (
            ("evaluate", "m.embed", "wsi", "--senses", "--task", "sts"),
            "--task does not apply to --senses; leave it out",
        ),
        (("evaluate", "m.embed", "new.txt", "--senses"), "expected the columns of SCWS"),
    ],
)
def test_a_mistake_is_one_sentence(
    arguments: tuple[object, ...], message: str, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    before = sorted(path.name for path in folder.iterdir())
    assert run(*arguments) not in (0, 70)
    out, err = capsys.readouterr()
    assert message in err
    assert err.count("\n") == 1
    assert not out
    assert sorted(path.name for path in folder.iterdir()) == before
