"""The commands about documents: train, infer, nearest, labels, codes; what they print where, and what they refuse."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.cli import main
from embed.documents import DocumentModel

TOPICS = {"sport": "goal match team cup league coach", "sea": "ship wave sail harbour tide anchor"}
COUNT = 60
NEW = ["the match and the cup", "", "zzz", "A harbour, a tide!"]


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def texts() -> list[tuple[str, str, str]]:
    """Return (id, topic, text) of documents that have words of their topic alone."""
    draw = random.Random(3)
    topics = list(TOPICS)
    return [
        (f"d{number}", topic := topics[number % 2], " ".join(draw.choices(TOPICS[topic].split(), k=20)))
        for number in range(COUNT)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of documents, a model of them, and new texts."""
    folder = tmp_path_factory.mktemp("documents")
    with open(folder / "table.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "topic", "text"), *texts()])
    (folder / "keywords.tsv").write_text("ball\tgoal Match\nwater\tship wave xyz\n", encoding="utf-8")
    (folder / "bad.tsv").write_text("ball goal\n", encoding="utf-8")
    (folder / "unknown.tsv").write_text("ball\txyz\n", encoding="utf-8")
    (folder / "new.txt").write_text("\n".join(NEW) + "\n", encoding="utf-8")
    source = (folder / "table.csv", "--column", "text", "--id-column", "id", "--tag-column", "topic")
    settings = ("--objective", "sg", "--dim", "16", "--epochs", "20", "--subsample", "0", "--min-count", "1")
    assert run("documents", "train", *source, "-o", folder / "m.embed", *settings, "--threads", 1, "--quiet") == 0
    return folder


@pytest.fixture(autouse=True)
def _here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def answers(out: str) -> list[list[str]]:
    return [line.split("\t") for line in out.splitlines()]


def test_train_writes_a_model_and_a_run_card() -> None:
    model = DocumentModel.load("m.embed")
    assert set(model.documents.ids) == {*(name for name, _, _ in texts()), *TOPICS}
    card = json.loads(Path("m.embed.json").read_text(encoding="utf-8"))
    assert card["config"]["objective"] == "sg"
    assert card["config"]["tokenizer"] == "words"


def test_lines_and_files_train_with_parameters_of_a_toml_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "texts").mkdir()
    for name, _, text in texts():
        (tmp_path / "texts" / name).write_text(text, encoding="utf-8")
    (tmp_path / "run.toml").write_text("dim = 16\nepochs = 2\nsubsample = 0.0\n", encoding="utf-8")
    arguments = (
        "documents",
        "train",
        tmp_path / "texts",
        "-o",
        tmp_path / "m.embed",
        "--config",
        tmp_path / "run.toml",
    )
    assert run(*arguments, "--epochs", 3, "--threads", 1) == 0
    assert "60 documents, 16 dimensions: " in capsys.readouterr().err
    model = DocumentModel.load(tmp_path / "m.embed")
    assert sorted(map(str, model.documents.ids)) == sorted(name for name, _, _ in texts())
    assert (model.config.objective, model.config.epochs, model.config.lowercase) == ("dbow", 3, True)


def test_more_documents_join_a_model_whose_words_stay(tmp_path: Path) -> None:
    arguments = ("--continue-from", "m.embed", "--freeze", "all", "-o", tmp_path / "more.embed", "--threads", 1)
    assert run("documents", "train", "new.txt", *arguments, "--quiet") == 0
    before, after = DocumentModel.load("m.embed"), DocumentModel.load(tmp_path / "more.embed")
    assert len(after.documents) == len(before.documents) + len(NEW)
    np.testing.assert_array_equal(after.words.matrix, before.words.matrix)
    np.testing.assert_array_equal(after.documents.matrix[-len(NEW) :], before.infer(NEW))


def test_nearest_of_a_document_and_of_texts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = {name: topic for name, topic, _ in texts()} | {name: name for name in TOPICS}
    assert run("documents", "nearest", "m.embed", "d0", "sea", "-n", 3) == 0
    found = answers(capsys.readouterr().out)
    assert [(asked, topic[document]) for asked, document, _ in found] == [("d0", "sport")] * 3 + [("sea", "sea")] * 3
    assert run("documents", "nearest", "m.embed", "--text", NEW[0], "-n", 2) == 0
    found = answers(capsys.readouterr().out)
    assert [(asked, topic[document]) for asked, document, _ in found] == [("0", "sport")] * 2
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("\n".join(NEW).encode())))
    assert run("documents", "nearest", "m.embed", "-n", 1, "--json") == 0
    told = capsys.readouterr()
    found_json: list[dict[str, Any]] = json.loads(told.out)
    assert [(each["asked"], topic[each["nearest"][0]["id"]]) for each in found_json] == [(0, "sport"), (3, "sea")]
    assert "text 1 has no word of the vocabulary" in told.err


def test_ids_that_are_numbers_of_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.txt").write_text("\n".join(text for _, _, text in texts()), encoding="utf-8")
    settings = ("--dim", 16, "--epochs", 2, "--subsample", 0, "--threads", 1, "--quiet")
    assert run("documents", "train", tmp_path / "t.txt", "-o", tmp_path / "m.embed", *settings) == 0
    assert run("documents", "nearest", tmp_path / "m.embed", "7", "-n", 1, "--json") == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["asked"] == "7"
    assert type(answer["nearest"][0]["id"]) is int


def test_infer_writes_the_same_vectors_in_every_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("v.npy", "v.jsonl.gz", "v.txt", "v.embed"):
        assert run("documents", "infer", "m.embed", "new.txt", "-o", tmp_path / name, "--threads", 1) == 0
        assert "2 of 4 texts have no word with a vector: their vectors are zero" in capsys.readouterr().err
    rows = np.load(tmp_path / "v.npy")
    assert (rows.dtype, rows.shape) == (np.float32, (4, 16))
    assert rows.any(axis=1).tolist() == [True, False, False, True]
    model = DocumentModel.load("m.embed")
    np.testing.assert_array_equal(rows, model.infer(NEW))
    lines = [json.loads(line) for line in gzip.decompress((tmp_path / "v.jsonl.gz").read_bytes()).splitlines()]
    assert [line["id"] for line in lines] == [0, 1, 2, 3]
    np.testing.assert_allclose([line["vector"] for line in lines], rows, rtol=1e-5)
    for name in ("v.txt", "v.embed"):
        vectors = embed.load(tmp_path / name)
        assert vectors.words == ["0", "1", "2", "3"]
        np.testing.assert_allclose(vectors.matrix, rows, rtol=1e-5)


def test_infer_takes_ids_of_a_table_and_writes_codes(tmp_path: Path) -> None:
    table = ("table.csv", "--column", "text", "--id-column", "id")
    assert run("documents", "infer", "m.embed", *table, "-o", tmp_path / "v.embed", "--epochs", 5, "--quiet") == 0
    assert embed.load(tmp_path / "v.embed").words == [name for name, _, _ in texts()]
    assert run("documents", "infer", "m.embed", *table, "-o", tmp_path / "c.npy", "--codes") == 0
    codes = np.load(tmp_path / "c.npy")
    assert (codes.dtype, codes.shape) == (np.uint8, (COUNT, 2))
    assert run("documents", "infer", "m.embed", *table, "-o", tmp_path / "c.npy", "--codes", "--bits", 8) == 0
    assert np.load(tmp_path / "c.npy").shape == (COUNT, 1)


def test_labels_find_their_documents(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    topic = {name: topic for name, topic, _ in texts()} | {name: name for name in TOPICS}
    assert run("documents", "labels", "m.embed", "keywords.tsv", "-n", 5) == 0
    told = capsys.readouterr()
    assert [(label, topic[one]) for label, one, _ in answers(told.out)] == [("ball", "sport")] * 5 + [
        ("water", "sea")
    ] * 5
    assert "water: no vector for the keywords xyz" in told.err
    assert run("documents", "labels", "m.embed", "keywords.tsv", "--all", "--json") == 0
    given = {each["id"]: each["label"] for each in json.loads(capsys.readouterr().out)}
    assert given == {one: {"sport": "ball", "sea": "water"}[topic[one]] for one in topic}
    assert run("documents", "labels", "m.embed", "keywords.tsv", "new.txt") == 0
    assert [(one, label) for one, label, _ in answers(capsys.readouterr().out)] == [
        ("0", "ball"),
        ("1", ""),
        ("2", ""),
        ("3", "water"),
    ]
    assert run("documents", "labels", "m.embed", "keywords.tsv", "--report") == 0
    assert capsys.readouterr().out.startswith("label     documents  examples")
    assert run("documents", "labels", "m.embed", "keywords.tsv", "-n", 1, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert [(each["label"], topic[each["nearest"][0]["id"]]) for each in report["labels"]] == [
        ("ball", "sport"),
        ("water", "sea"),
    ]


def test_codes_and_their_ids(tmp_path: Path) -> None:
    output = ("-o", tmp_path / "c.npy", "--ids", tmp_path / "ids.txt")
    model = DocumentModel.load("m.embed")
    assert run("documents", "codes", "m.embed", *output) == 0
    np.testing.assert_array_equal(np.load(tmp_path / "c.npy"), model.codes())
    assert run("documents", "codes", "m.embed", *output, "--bits", 8) == 0
    np.testing.assert_array_equal(np.load(tmp_path / "c.npy"), model.codes(8))
    assert (tmp_path / "ids.txt").read_text(encoding="utf-8").splitlines() == model.documents.ids


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nearest", "m.embed", "nobody"], 5, "no vector for the document 'nobody'"),
        (["nearest", "m.embed", "--text", "zzz"], 2, "the text has no word of the vocabulary; give a longer one"),
        (["nearest", "m.embed", "d0", "--text", "a"], 2, "give either IDs or --text, not both"),
        (["nearest", "table.csv", "d0"], 4, "table.csv: not a model of documents"),
        (["nearest", "missing.embed", "d0"], 4, "missing.embed: there is no such file"),
        (["infer", "m.embed", "new.txt", "-o", "v.csv"], 4, "v.csv: "),
        (["infer", "m.embed", "new.txt", "-o", "v.npy", "--bits", 8], 2, "--bits has no effect without --codes"),
        (["codes", "m.embed", "-o", "c.npy", "--bits", 100], 2, "bits"),
        (["infer", "m.embed", "new.txt", "-o", "v.txt", "--codes"], 4, "v.txt: codes are written to .npy"),
        (["infer", "m.embed", "new.txt", "-o", "new.txt"], 2, "new.txt"),
        (["infer", "m.embed", "missing.txt", "-o", "v.npy"], 3, "corpus file 'missing.txt' does not exist"),
        (["infer", "m.embed", "new.txt", "-o", "v.npy", "--id-column", "id"], 2, "--id-column id needs a column of"),
        (["infer", "m.embed", "table.csv", "--column", "text", "--id-column", "topic", "-o", "v.txt"], 4, "'sport' is"),
        (["labels", "m.embed", "bad.tsv"], 3, "bad.tsv, line 1: expected a label, a tab and keywords, not 'ball goal'"),
        (["labels", "m.embed", "unknown.tsv"], 2, "no keyword of the label 'ball' has a vector"),
        (["labels", "m.embed", "keywords.tsv", "new.txt", "--all"], 2, "SOURCE and --all exclude each other"),
        (["labels", "m.embed", "missing.tsv"], 3, "missing.tsv: there is no such file"),
        (["codes", "m.embed", "-o", "c.txt"], 4, "c.txt: codes are written to .npy"),
        (["codes", "m.embed", "-o", "m.embed.npy", "--ids", "m.embed"], 2, "m.embed"),
        (["train", "new.txt", "-o", "new.bin"], 4, "new.bin"),
        (["train", "new.txt", "-o", "n.embed", "--patience", "1"], 2, "unrecognized arguments: --patience"),
        (["train", "table.csv", "-o", "n.embed", "--id-column", "id"], 2, "--id-column id needs a column of texts"),
        (["train", "new.txt", "-o", "n.embed", "--freeze", "all"], 2, "name it with --continue-from"),
        (["train", "new.txt", "-o", "m.embed", "--continue-from", "m.embed"], 2, "m.embed"),
        (["train", "new.txt", "-o", "n.embed", "--continue-from", "new.txt"], 4, "new.txt: not a model of documents"),
        (["train", "table.csv", "-o", "n.embed", "--column", "name"], 3, "there is no column 'name'; name one of: id"),
        (["train", "table.csv", "-o", "table.csv", "--column", "text"], 2, "table.csv"),
    ],
)
def test_failures_are_a_sentence_and_leave_no_file(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path.name: path.read_bytes() for path in Path().iterdir()}
    try:
        found: object = run("documents", *arguments)
    except SystemExit as stopped:
        found = stopped.code
    told = capsys.readouterr()
    assert (found, told.out) == (code, "")
    assert message in told.err
    assert "Traceback" not in told.err
    assert {path.name: path.read_bytes() for path in Path().iterdir()} == before


def test_an_empty_source_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.txt").touch()
    assert run("documents", "infer", "m.embed", tmp_path / "empty.txt", "-o", tmp_path / "v.npy") == 3
    assert "there are no documents; name a source that has some" in capsys.readouterr().err
    assert not (tmp_path / "v.npy").exists()


def test_ids_that_are_no_distinct_words_are_refused_as_they_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ['{"id": 7, "text": "ship"}', '{"id": "7", "text": "wave"}', "no JSON"]
    (tmp_path / "new.jsonl").write_text("\n".join(lines), encoding="utf-8")
    source = (tmp_path / "new.jsonl", "--column", "text", "--id-column", "id")
    assert run("documents", "infer", "m.embed", *source, "-o", tmp_path / "v.txt") == 4
    assert "the id '7' is that of several documents" in capsys.readouterr().err
    assert not (tmp_path / "v.txt").exists()
