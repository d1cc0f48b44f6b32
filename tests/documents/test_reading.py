"""Documents: every kind of source gives words and tags, and what is no document is refused in one sentence."""

from __future__ import annotations

import gzip
import io
import json
from collections import namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed.documents import Document, open_documents
from embed.errors import AdviceWarning, ConfigError, CorpusError

Tagged = namedtuple("Tagged", "words tags")
ROWS: list[dict[str, Any]] = [
    {"id": "a", "text": "The First, and a line\nmore", "topic": ["x", "y"]},
    {"id": "b", "text": None, "topic": None},
    {"id": "c", "text": "the third", "topic": ["y"]},
]
WORDS = [["the", "first", "and", "a", "line", "more"], [], ["the", "third"]]
CSV = 'id,text,topic\r\na,"The First, and a line\nmore",x | y\r\nb,,\r\nc,the third,y\r\n'


def _pairs(source: Any, **options: Any) -> list[tuple[list[str], tuple[Any, ...]]]:
    return [(document.words, document.tags) for document in open_documents(source, **options)]


def _table(kind: str, folder: Path) -> Any:
    columns = {name: [row[name] for row in ROWS] for name in ROWS[0]}
    if kind == "mapping":
        return columns
    if kind == "rows":
        return ROWS
    path = folder / f"table.{kind}"
    if kind == "csv":
        path.write_text(CSV, encoding="utf-8", newline="")
    elif kind == "jsonl.gz":
        path.write_bytes(gzip.compress("\n".join(map(json.dumps, ROWS)).encode()))
    elif kind == "parquet":
        pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pyarrow.table(columns), path)
    else:
        return pytest.importorskip(kind).DataFrame(columns)
    return path


@pytest.mark.parametrize("kind", ["mapping", "rows", "csv", "jsonl.gz", "parquet", "pandas", "polars"])
def test_every_kind_of_table_gives_the_same_documents(kind: str, tmp_path: Path) -> None:
    documents = open_documents(_table(kind, tmp_path), column="text", id_column="id", tag_column="topic")
    for _ in range(2):
        assert [document.words for document in documents] == WORDS
        assert [document.tags for document in documents] == [("a", "x", "y"), ("b",), ("c", "y")]
    numbered = open_documents(_table(kind, tmp_path), column="text", tag_column="topic")
    assert [document.tags for document in numbered] == [(0, "x", "y"), (1,), (2, "y")]


def test_each_line_is_a_document_and_keeps_its_place(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_bytes(b"\xef\xbb\xbfOne Line\r\n\r\n" + b"word " * 30_000 + b"\nthe end")
    found = _pairs(path)
    assert [tags for _, tags in found] == [(0,), (1,), (2,), (3,)]
    assert [words if len(words) < 9 else len(words) for words, _ in found] == [
        ["one", "line"],
        [],
        30_000,
        ["the", "end"],
    ]
    assert _pairs(path, tags=["a", ["b", "c"], ("d", 1), 7])[1:] == [
        ([], ("b", "c")),
        (found[2][0], (("d", 1),)),
        (["the", "end"], (7,)),
    ]
    assert _pairs(path, tokenizer="whitespace", lowercase=False)[0] == (["One", "Line"], (0,))


def test_a_last_line_cut_at_white_space_is_one_document(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_bytes(b"word " * 60_000)
    assert [len(words) for words, _ in _pairs(tmp_path / "long.txt")] == [60_000]


def test_standard_input_is_one_document_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a b\n\nc\n")))
    documents = open_documents("-")
    assert [document.words for document in documents] == [["a", "b"], [], ["c"]]
    with pytest.raises(CorpusError, match="standard input can be read only once"):
        list(documents)


def test_each_file_of_a_folder_is_a_document(tmp_path: Path) -> None:
    for name, content in {"b.txt": "Two\nlines", "deep/a.txt": "", "deep/.hidden": "x", "a.txt": "one"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    wanted = [(["one"], ("a.txt",)), (["two", "lines"], ("b.txt",)), ([], ("deep/a.txt",))]
    assert _pairs(tmp_path) == wanted
    assert _pairs(f"{tmp_path}/") == wanted
    assert _pairs(str(tmp_path / "*" / "*.txt")) == [([], ("deep/a.txt",))]
    documents = open_documents(tmp_path)
    assert documents.corpus is not None
    assert len(list(documents)) == 3
    assert documents.corpus.bytes_read == documents.corpus.total_bytes == 12


def test_each_article_of_a_dump_is_a_document(tmp_path: Path) -> None:
    pytest.importorskip("mwparserfromhell")
    page = "<page><title>{0}</title><ns>0</ns><revision><text>About ''{0}''.\n\nMore</text></revision></page>"
    (tmp_path / "dump.xml").write_text(f"<mediawiki>{page.format('Ape')}{page.format('Bee')}</mediawiki>")
    assert _pairs(tmp_path / "dump.xml") == [(["about", "ape", "more"], ("Ape",)), (["about", "bee", "more"], ("Bee",))]


def test_items_are_texts_words_and_documents() -> None:
    items = ["Don't Panic", ["Two words", "B"], Document(["Kept"], ("k", "k")), Tagged(["Low"], ["t", 3]), []]
    assert _pairs(items) == [
        (["don't", "panic"], (0,)),
        (["two words", "b"], (1,)),
        (["Kept"], ("k",)),
        (["low"], ("t", 3)),
        ([], (4,)),
    ]
    assert _pairs(iter([Tagged(["a"], "one tag"), Tagged(["b"], np.array([5]))])) == [
        (["a"], ("one tag",)),
        (["b"], (5,)),
    ]
    assert [type(tag) for _, tags in _pairs(["a", "b"], tags=np.array([4, 2])) for tag in tags] == [int, int]


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([b"bytes"], "document 0 is b'bytes' .bytes., but a document is a text, a list of words"),
        (["a", 3], "document 1 is 3 .int."),
        ([{"text": "a"}], "document 0 is {'text': 'a'}"),
        ([["a", ""]], "document 0, word 2 is an empty string"),
        ([["a", 3]], "document 0, word 2 is int"),
        (["\ud800"], "document 0: .* holds a lone surrogate"),
        ([Document("abc", ("a",))], "document 0 is 'abc'"),  # type: ignore[arg-type]
        ([Tagged(["a"], [])], "document 0 has no tags"),
        ([Tagged(["a"], [[1]])], "document 0: the tag .1. is not hashable"),
        ([Tagged(["a"], float("nan"))], "document 0: the tag nan is not equal to itself"),
        (b"bytes", "documents must be a path or an iterable"),
        (3, "documents must be a path or an iterable"),
        ({"text": ["a"], "id": [1]}, "a table with the columns text, id; name the column of the texts"),
        ("no such file", "there is no file 'no such file'; to pass a text instead of a path, put it into a list"),
    ],
)
def test_what_is_no_document_is_refused(items: Any, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        list(open_documents(items))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"text": "a", "id": None}], "row 1, column 'id': the id is missing"),
        ([{"text": "a", "id": float("nan")}], "row 1, column 'id': the id is missing"),
        ([{"text": "a"}, {"text": "b"}], "row 1, column 'id': the id is missing"),
        ([{"text": "a", "id": ["b"]}], "is no id; name a column of several tags with tag_column"),
        ([{"text": 3, "id": 1}], "row 1, column 'text' is 3 .int., but a document is"),
        ([{"text": "a", "id": 1, "tag": {}}], "row 1, column 'tag': the tag {} is not hashable"),
        ({"text": ["a", "b"], "id": ["c"], "tag": ["", ""]}, "column 'id' ends after row 1; make all columns as long"),
    ],
)
def test_a_malformed_row_is_refused(rows: Any, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        list(open_documents(rows, column="text", id_column="id", tag_column="tag"))


def test_a_table_without_the_column_of_ids_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(CSV)
    with pytest.raises(CorpusError, match=r"t\.csv: there is no column 'name'; name one of: id, text, topic"):
        open_documents(tmp_path / "t.csv", column="text", id_column="name")
    with pytest.raises(CorpusError, match="no row has the column 'topics'; name one of those in the first row: id"):
        list(open_documents(ROWS, column="text", id_column="id", tag_column="topics"))


def test_a_number_as_a_tag_is_no_number_of_a_row() -> None:
    rows = [{"text": "a", "id": "i", "tag": [1, "x"]}]
    with pytest.raises(CorpusError, match="the tag 1 is a number, as are the ids of rows without a column of ids"):
        list(open_documents(rows, column="text", tag_column="tag"))
    assert _pairs(rows, column="text", id_column="id", tag_column="tag") == [(["a"], ("i", 1, "x"))]


def test_rows_that_repeat_an_id_share_a_row_and_are_told() -> None:
    table = {"text": ["a", "b", "c", "d"], "id": [-1, -2, "-1", -1]}
    with pytest.warns(AdviceWarning, match="1 of 4 rows repeat an id of the column 'id': the rows of an id share one"):
        assert [tags for _, tags in _pairs(table, column="text", id_column="id")] == [(-1,), (-2,), ("-1",), (-1,)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"id_column": "id"}, "id_column='id' needs a column of texts; name it with column='text'"),
        ({"delimiter": ";"}, "delimiter=';' needs a column of texts"),
        ({"column": 3}, "column must be a string, not 3"),
        ({"tags": "ab"}, "tags must be a list with an item for each document, not 'ab'"),
        ({"tags": ["a"], "column": "text", "tag_column": "t"}, "tags and tag_column both name the tags"),
        ({"decode_errors": "ignore"}, "decode_errors must be one of"),
        ({"tokenizer": "letters"}, "tokenizer must be"),
    ],
)
def test_contradicting_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        list(open_documents(["a"], **options))


def test_tags_are_as_many_as_documents() -> None:
    with pytest.raises(CorpusError, match="tags ends after 1 items, but there are more documents"):
        _pairs(["a", "b"], tags=["x"])
    with pytest.raises(CorpusError, match=r"tags has more items than there are documents \(1\)"):
        _pairs(["a"], tags=["x", "y"])
    with pytest.raises(ConfigError, match="document 0 has tags of its own; leave tags out"):
        _pairs([Document(["a"], ("x",))], tags=["y"])


def test_binary_and_damaged_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_bytes(bytes(range(256)) * 40)
    with pytest.raises(CorpusError, match=r"b\.txt"):
        list(open_documents(tmp_path / "b.txt"))
    (tmp_path / "c.txt").write_bytes(b"a text\nb\xff\n")
    with pytest.raises(CorpusError, match=r"c\.txt: byte 8 .* is not valid UTF-8"):
        list(open_documents(tmp_path / "c.txt"))
    assert [words for words, _ in _pairs(tmp_path / "c.txt", decode_errors="skip")] == [["a", "text"], ["b"]]
    (tmp_path / "d.csv").write_bytes(b"text,id\na,b,c\n")
    with pytest.raises(CorpusError, match="row 1 has 3 fields, but there are 2 columns"):
        list(open_documents(tmp_path / "d.csv", column="text"))
