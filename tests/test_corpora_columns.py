"""Columns as corpora: every kind of table gives the same sentences, and what has no such column is told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.corpora import ColumnCorpus, open_corpus
from embed.errors import CorpusError, MissingExtraError

COLUMNS: dict[str, list[Any]] = {"id": [1, 2, 3], "text": ["One line\nand another", None, "the Last"]}
SENTENCES = [["One", "line"], ["and", "another"], ["the", "Last"]]


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


@pytest.mark.parametrize("kind", ["dataset", "stream", "pyarrow", "pandas", "polars", "parquet", "files"])
def test_every_kind_of_table_gives_the_same_sentences(kind: str, tmp_path: Path) -> None:
    corpus = ColumnCorpus(_table(kind, tmp_path), "text")
    assert list(corpus) == SENTENCES
    assert list(corpus) == SENTENCES, "the second pass"


def test_tokenizer_and_case_apply() -> None:
    corpus = open_corpus(Dataset(), column="text", tokenizer="words", lowercase=True)  # type: ignore[arg-type]
    assert list(corpus) == [["one", "line"], ["and", "another"], ["the", "last"]]


def test_lists_of_words_are_sentences_as_they_are() -> None:
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
    with pytest.raises(CorpusError, match="columns id, text: name one"):
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


def test_a_column_that_is_not_there_is_told() -> None:
    with pytest.raises(CorpusError, match="there is no column 'texts'; the columns are id, text"):
        ColumnCorpus(Dataset(), "texts")
    with pytest.raises(CorpusError, match="row 1 has no column 'texts'"):
        list(ColumnCorpus(Stream(), "texts"))
    with pytest.raises(CorpusError, match="row 1 has no column 'text'"):
        list(ColumnCorpus([["no", "mapping"]], "text"))


def test_values_that_are_no_texts_are_told() -> None:
    with pytest.raises(CorpusError, match="row 1 of the column 'id' is int"):
        list(ColumnCorpus(Dataset(), "id"))


def test_files_that_are_no_parquet_are_told(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "x.parquet").write_bytes(b"PAR1 and nothing")
    with pytest.raises(CorpusError, match=r"x\.parquet: cannot be read as Parquet"):
        ColumnCorpus(tmp_path / "x.parquet", "text")
    with pytest.raises(CorpusError, match="does not exist"):
        ColumnCorpus(tmp_path / "y.parquet", "text")


def test_a_missing_extra_is_a_helpful_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'train-embeddings\[parquet\]'"):
        ColumnCorpus(tmp_path / "x.parquet", "text")
