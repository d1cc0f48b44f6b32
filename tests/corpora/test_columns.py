"""Columns as corpora: every kind of table gives the same sentences, and what has no such column is told."""

from __future__ import annotations

import bz2
import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.cli import main
from embed.corpora import ColumnCorpus, open_corpus, rows
from embed.errors import ConfigError, CorpusError, MissingExtraError
from embed.text.encoding import encode

COLUMNS: dict[str, list[Any]] = {"id": [1, 2, 3], "text": ["One line\nand another", None, "the Last"]}
SENTENCES = [["One", "line"], ["and", "another"], ["the", "Last"]]


TEXT_FILES = {
    "csv": b'id,text\r\n1,"One line\nand another"\r\n2,\r\n3,the Last\r\n',
    "csv.gz": gzip.compress(b'\xef\xbb\xbfid,text\n1,"One line\nand another"\n\n2,""\n3,the Last', mtime=0),
    "jsonl": b'{"id": 1, "text": "One line\\nand another"}\n\n{"text": null}\n{"text": ["the", "Last"]}',
    "ndjson.bz2": bz2.compress(b'{"text": "One line"}\r\n{"text": "and another\\n"}\r\n{"text": "the Last"}\r\n'),
    "TSV": b"text\tid\nOne line\t1\nand another\t2\nthe Last\t3\n",
}


class Dataset:
    """What the data sets of ``datasets`` have in common with us."""

    column_names = tuple(COLUMNS)

    def __getitem__(self, key: str) -> list[Any]:
        return COLUMNS[key]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True))


class Stream:
    """A streamed data set: rows, and columns that are not known before."""

    column_names = None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(Dataset())


def _table(kind: str, folder: Path) -> Any:
    if kind == "dataset":
        return Dataset()
    if kind == "stream":
        return Stream()
    if kind in TEXT_FILES:
        path = folder / f"table.{kind}"
        path.write_bytes(TEXT_FILES[kind])
        return path
    library = pytest.importorskip("pyarrow" if kind in ("parquet", "files") else kind)
    if kind in ("pandas", "polars"):
        return library.DataFrame(COLUMNS)
    table = library.table(COLUMNS)
    if kind == "pyarrow":
        return table
    parquet = pytest.importorskip("pyarrow.parquet")
    if kind == "parquet":
        parquet.write_table(table, folder / "all.parquet")
        return folder / "all.parquet"
    for row in range(3):
        parquet.write_table(table.slice(row, 1), folder / f"part{row}.parquet")
    return str(folder / "*.parquet")


@pytest.mark.parametrize("kind", ["dataset", "stream", "pyarrow", "pandas", "polars", "parquet", "files", *TEXT_FILES])
def test_every_kind_of_table_gives_the_same_sentences(kind: str, tmp_path: Path) -> None:
    corpus = ColumnCorpus(_table(kind, tmp_path), "text")
    assert [sentence for sentence in corpus if sentence] == SENTENCES
    assert [sentence for sentence in corpus if sentence] == SENTENCES, "the second pass"


def test_tokenizer_and_case_apply() -> None:
    corpus = open_corpus(Dataset(), column="text", tokenizer="words", lowercase=True)  # type: ignore[arg-type]
    assert list(corpus) == [["one", "line"], ["and", "another"], ["the", "last"]]


def test_lists_of_words_are_sentences() -> None:
    rows = [{"words": ["One line", "More"]}, {"words": ("b",)}]
    assert list(ColumnCorpus(rows, "words")) == [["One line", "More"], ["b"]]
    assert list(ColumnCorpus(rows, "words", lowercase=True)) == [["one line", "more"], ["b"]]


def test_many_batches_of_a_parquet_file_are_all_read(tmp_path: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    texts = [f"word{number}" for number in range(3000)]
    parquet.write_table(pyarrow.table({"text": texts}), tmp_path / "long.parquet")
    assert list(ColumnCorpus(tmp_path / "long.parquet", "text")) == [[text] for text in texts]


def test_a_column_trains() -> None:
    model = embed.train(ColumnCorpus(Dataset(), "text"), dim=16, min_count=1, epochs=1, threads=1, progress=False)
    assert set(model.vectors) == {"One", "line", "and", "another", "the", "Last"}


def test_a_table_without_a_column_named_is_an_error() -> None:
    with pytest.raises(CorpusError, match="columns id, text; name the text column, for example with column='text'"):
        embed.train(Dataset(), progress=False)


def test_rows_without_a_column_named_are_no_sentences_of_column_names() -> None:
    with pytest.raises(CorpusError, match="sentence 1 is dict"):
        embed.train(Stream(), progress=False)  # type: ignore[arg-type]


def test_missing_texts_and_arrays_of_words_in_data_frames() -> None:
    pandas = pytest.importorskip("pandas")
    assert list(ColumnCorpus(pandas.DataFrame({"text": ["a b", float("nan"), None]}), "text")) == [["a", "b"]]
    frame = pandas.DataFrame({"text": pandas.array(["a b", pandas.NA], dtype="string")})
    assert list(ColumnCorpus(frame, "text")) == [["a", "b"]]
    assert list(ColumnCorpus([{"text": np.array(["a", "b"])}], "text")) == [["a", "b"]]


def test_a_missing_column_is_an_error() -> None:
    with pytest.raises(CorpusError, match="there is no column 'texts'; name one of: id, text"):
        ColumnCorpus(Dataset(), "texts")
    with pytest.raises(
        CorpusError, match="no row has the column 'texts'; name one of those in the first row: id, text"
    ):
        list(ColumnCorpus(Stream(), "texts"))
    with pytest.raises(CorpusError, match="row 1 must be a mapping with the column 'text', not list"):
        list(ColumnCorpus([["no", "mapping"]], "text"))


def test_values_other_than_text_are_an_error() -> None:
    with pytest.raises(CorpusError, match="row 1, column 'id' is int"):
        list(ColumnCorpus(Dataset(), "id"))


def test_files_other_than_parquet_are_an_error(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "x.parquet").write_bytes(b"PAR1 and nothing")
    with pytest.raises(CorpusError, match=r"x\.parquet: cannot read as Parquet"):
        ColumnCorpus(tmp_path / "x.parquet", "text")
    with pytest.raises(CorpusError, match="does not exist"):
        ColumnCorpus(tmp_path / "y.parquet", "text")


def test_a_missing_extra_is_a_helpful_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'train-embeddings\[parquet\]'"):
        ColumnCorpus(tmp_path / "x.parquet", "text")


# files of rows


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.csv", b"", "x.csv: the header line is missing"),
        ("x.csv", b"id,text\n1,a\n2\n", "x.csv: row 2 has 1 fields, but there are 2 columns"),
        ("x.csv", b"id,text\n1,a,b\n", "x.csv: row 1 has 3 fields, but there are 2 columns"),
        ("x.csv", b'id,text\n1,"a\n2,b\n', "x.csv, line 3: malformed CSV: unexpected end of data"),
        ("x.csv", b'id,text\n1,"a"b\n', "x.csv, line 2: "),
        ("x.csv", b"text,text\na,b\n", "x.csv: 2 columns are named 'text'"),
        ("x.csv", b"id,text\n1,\xff\n", "x.csv: byte 10 .* is not valid UTF-8"),
        ("x.tsv", b"id,text\n1,a\n", "there is no column 'text'; name one of: id,text"),
        ("x.jsonl", b'{"text": "a"}\n{"text": \n', "x.jsonl, line 2: not JSON"),
        ("x.jsonl", b'["a"]\n', "x.jsonl, row 1: expected a JSON object, not str"),
        (
            "x.jsonl",
            b'{"texts": "a"}\n',
            "x.jsonl: no row has the column 'text'; name one of those in the first row: texts",
        ),
        ("x.jsonl", b'{"text": "a"}\n{"text": 3}\n', "x.jsonl, row 2, column 'text' is int"),
        ("x.json", b'[{"text": "a"}, {"text": "b"}', "x.json: the file is cut short after row 2 of its JSON array"),
        ("x.json", b'[{"text": "a"}, {"text" "b"}]', "x.json, row 2: not JSON"),
        ("x.json", b'[{"text": "a"}] {"text": ', "x.json, row 2: not JSON"),
        ("x.json", b'{\n "text": "a",\n "b": 1 2\n}\n', "x.json, row 1: not JSON"),
        ("x.csv", b"id;text\n1;a\n", r"name one of: id;text; or pass delimiter=';', if ';' separates the fields"),
        ("x.csv", b"id\ttext\n1\ta\n", "pass delimiter='tab', if .* separates the fields"),
        ("x.tab", b"id,text\n1,a\n", "pass delimiter=',', if ',' separates the fields"),
        ("x.txt", b"some prose, and more\n", "x.txt: there is no column 'text'; name one of: some prose, and more"),
        ("x.jsonl", b'{"text": ' + b"[" * 100_000 + b"\n", "x.jsonl, line 1: not JSON"),
        ("x.jsonl", b'{"text": "\\ud800"}\n', "x.jsonl, row 1, column 'text': .* a lone surrogate"),
        ("x.jsonl", b'{"text": ["a", "\\ud800"]}\n', "x.jsonl, row 1, column 'text', word 2: "),
        ("x.csv.gz", gzip.compress(b"id,text\n1,a\n" * 99, mtime=0)[:-9], "x.csv.gz: the gzip data"),
    ],
)
def test_damaged_rows_are_an_error(name: str, content: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError, match=told), encode(ColumnCorpus(tmp_path / name, "text"), min_count=1):
        pass


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl"])
def test_a_row_that_never_ends_is_an_error(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "LONGEST_ROW", 1 << 20)
    for more in (b"a" * 80, b'a\n","'):  # one field, and ever more of them
        (tmp_path / name).write_bytes(b'text\n"' + more * (1 << 18))
        with pytest.raises(CorpusError, match=r"x\.(csv: a row is longer than|jsonl(: a row|, line 1: not JSON))"):
            list(ColumnCorpus(tmp_path / name, "text"))


def test_long_fields_and_invalid_bytes_are_read_if_asked(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"id,text\n1," + b"word " * 100_000 + b"\xff\n")
    (sentence,) = open_corpus(tmp_path / "x.csv", column="text", decode_errors="skip")
    assert sentence == ["word"] * 100_000


def test_a_column_of_a_file_trains_and_continues(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(TEXT_FILES["csv"])
    settings: dict[str, Any] = {"column": "text", "min_count": 1, "epochs": 1, "threads": 1, "progress": False}
    model = embed.train(tmp_path / "x.csv", dim=16, **settings)
    expected = embed.train(SENTENCES, dim=16, **settings | {"column": None})
    assert model.input.tobytes() == expected.input.tobytes()
    more = embed.continue_training(model, [{"text": "the new"}], vocabulary="union", **settings)  # type: ignore[list-item]
    assert set(more.vectors) == {*model.vectors, "new"}
    with embed.encode(SENTENCES, min_count=1) as encoded, pytest.raises(ConfigError, match="with an encoded corpus"):
        embed.train(encoded, column="text")


def test_the_commands_take_a_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.csv").write_bytes(b"id,text\n" + b"1,new york is new\n" * 30)
    corpus, column = str(tmp_path / "x.csv"), ["--column", "text"]
    flags = ["--dim", "16", "--epochs", "1", "--quiet", "--encoded", str(tmp_path / "enc")]
    for _ in range(2):
        assert main(["train", corpus, *column, "-o", str(tmp_path / "v.txt"), *flags]) == 0
        assert (tmp_path / "v.txt").read_text().startswith("3 16\nnew ")
    capsys.readouterr()
    assert main(["info", "--corpus", corpus, *column, "--dim", "16", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["words"] == 3
    assert main(["phrases", corpus, *column, "--phrase-threshold", "0.01", "--apply", str(tmp_path / "joined")]) == 0
    assert "york_is" in capsys.readouterr().out
    assert (tmp_path / "joined").read_text().splitlines()[0] == "new_york is_new"
    assert main(["train", corpus, "--column", "texts", "-o", str(tmp_path / "v.txt"), *flags]) == CorpusError.exit_code
    assert "there is no column 'texts'; name one of: id, text" in capsys.readouterr().err
    assert main(["info", *column]) == ConfigError.exit_code


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.json", b'{"text": "one two"}\n{"text": "three"}\n'),
        ("x.json", b'[{"text": "one two"}, {"text": null}, {"other": 1}, {"text": "three"}]'),
        ("x.json", b'\xef\xbb\xbf[\n  {\n    "text": "one two"\n  },\n  {\n    "text": "three"\n  }\n]\n'),
        ("x.json", b'{\n  "text": "one two"\n}\n{\n  "text": "three"\n}\n'),
        ("x.json.gz", gzip.compress(b'[{"text": "one two"}, {"text": "three"}]', mtime=0)),
        ("x.jsonl", b'{"other": 1}\n\n{"text": "one two"}\n{"text": "three", "other": 2}\n'),
        ("x.csv", b'id,text\n1,"one two"\n2,three\n'),
        ("x.tab", b"id\ttext\n1\tone two\n2\tthree\n"),
        ("pipe", b"id,text\n1,one two\n2,three\n"),
        ("pipe", b'{"text": "one two"}\n{"text": "three"}\n'),
    ],
)
def test_files_are_read_by_name_and_content(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    assert list(ColumnCorpus(tmp_path / name, "text")) == [["one", "two"], ["three"]]


@pytest.mark.parametrize("chunk", [1, 7, 1 << 18])
def test_an_array_of_json_is_read_a_value_at_a_time(
    chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = [
        {"text": f"row {number} " + "x" * (97 * number % 1000), "n": [number, {"a": "]},{"}]} for number in range(60)
    ]
    (tmp_path / "x.json").write_text(json.dumps(values))
    monkeypatch.setattr("embed.corpora.text.CHUNK_BYTES", chunk)
    assert [words[1] for words in ColumnCorpus(tmp_path / "x.json", "text")] == [str(number) for number in range(60)]


@pytest.mark.parametrize(
    ("delimiter", "character"), [(";", ";"), ("tab", "\t"), ("\\t", "\t"), ("|", "|"), ("\t", "\t")]
)
def test_the_delimiter_can_be_given(delimiter: str, character: str, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(f'id{character}text\n1{character}"one{character}two"\n')
    (sentence,) = ColumnCorpus(tmp_path / "x.csv", "text", delimiter=delimiter)
    assert "".join(sentence) == f"one{character}two".replace("\t", "")


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n", 1])
def test_an_invalid_delimiter_is_an_error(delimiter: Any, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("text\na\n")
    with pytest.raises(ConfigError, match="delimiter must be one character, such as ';', or 'tab'"):
        ColumnCorpus(tmp_path / "x.csv", "text", delimiter=delimiter)


def test_a_delimiter_needs_a_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.csv").write_bytes(b"id;text\n" + b"1;a few words\n" * 30)
    with pytest.raises(ConfigError, match="needs a column; name the text column with column"):
        open_corpus(tmp_path / "x.csv", delimiter=";")
    command = [
        "train",
        str(tmp_path / "x.csv"),
        "-o",
        str(tmp_path / "v.txt"),
        "--quiet",
        "--dim",
        "16",
        "--epochs",
        "1",
    ]
    assert main([*command, "--column", "text"]) == CorpusError.exit_code
    assert "pass --delimiter ';'" in capsys.readouterr().err
    assert main([*command, "--column", "text", "--delimiter", ";"]) == 0


HALF = "\ud83d"


@pytest.mark.parametrize(("policy", "expected"), [("replace", [["a", "b\ufffd"], ["\ufffd"]]), ("skip", [["a", "b"]])])
def test_halves_of_surrogate_pairs_obey_decode_errors(policy: str, expected: list[list[str]], tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(f'{{"text": "a b{ascii(HALF)[1:-1]}"}}\n{{"text": "{ascii(HALF)[1:-1]}"}}\n')
    found = open_corpus(tmp_path / "x.jsonl", column="text", decode_errors=policy)
    assert [words for words in found if words] == expected
    assert [words for words in open_corpus([["a", f"b{HALF}"], [HALF]], decode_errors=policy) if words] == expected
    rows = [{"text": f"a b{HALF}"}, {"text": [HALF]}]
    assert [words for words in open_corpus(rows, column="text", decode_errors=policy) if words] == expected


def test_a_lone_surrogate_in_a_sentence_is_an_error() -> None:
    told = r"sentence 2, word 3: 'c\\ud83d' holds a lone surrogate.*decode_errors='replace'"
    with pytest.raises(CorpusError, match=told):
        embed.train([["a", "b"], ["a", "b", f"c{HALF}"]], min_count=1)
