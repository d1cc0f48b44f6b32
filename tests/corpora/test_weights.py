"""Rows of a table that count more than once, or less."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.cli import main
from embed.corpora import ColumnCorpus, open_corpus
from embed.corpora.columns import times_read
from embed.errors import ConfigError, CorpusError


def read(*rows: tuple[str | None, Any]) -> list[str]:
    table = {"text": [text for text, _ in rows], "weight": [weight for _, weight in rows]}
    return [" ".join(words) for words in ColumnCorpus(table, "text", weight_column="weight")]


def test_a_row_is_read_as_often_as_its_weight_says() -> None:
    assert read(("a", 2), ("b", 0), ("c", 1), ("d", "3")) == ["a", "a", "c", "d", "d", "d"]
    assert read(("a\nb c", 2), (None, 7), ("d", np.float32(1))) == ["a", "a", "b c", "b c", "d"]


def test_fractions_add_up() -> None:
    assert read(*((f"w{number}", 0.5) for number in range(4))) == ["w0", "w2"]
    weights = np.random.default_rng(1).uniform(0, 3, 5000)
    found = Counter(read(*((str(number), weight) for number, weight in enumerate(weights))))
    times = np.array([found[str(number)] for number in range(5000)])
    assert abs(times.sum() - weights.sum()) <= 0.5
    assert (np.abs(times - weights) < 1).all()
    assert abs(times[weights < 0.3].mean() - weights[weights < 0.3].mean()) < 0.05
    assert sum(times_read(0.1 * number, 0.1) for number in range(1000)) == 100


@pytest.mark.parametrize("wrong", [-1, "much", None, True, float("nan"), float("inf"), 2e6, [1]])
def test_what_is_no_weight_is_an_error(wrong: Any) -> None:
    with pytest.raises(
        CorpusError, match=r"row 2, column 'weight': a weight must be a number from 0 to 1,000,000, not"
    ):
        read(("a", 1), ("b", wrong))


def test_weights_count_in_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "table.csv"
    path.write_text("text,n\nthe red cat,6\na blue dog,2.5\nno such words,0\n")
    settings: dict[str, Any] = {"dim": 16, "epochs": 1, "min_count": 3, "threads": 1, "progress": False}
    model = embed.train(path, column="text", weight_column="n", **settings)
    assert dict(zip(model.vocabulary.words, model.vocabulary.counts.tolist(), strict=True)) == {
        **dict.fromkeys(("the", "red", "cat"), 6),
        **dict.fromkeys(("a", "blue", "dog"), 3),
    }
    flags = ["--dim", "16", "--epochs", "1", "--min-count", "3", "--quiet", "--column", "text", "--weight-column", "n"]
    assert main(["train", str(path), "-o", str(tmp_path / "o.txt"), *flags]) == 0
    assert set(embed.load(tmp_path / "o.txt")) == set(model.vocabulary.words)
    assert main(["train", str(path), "-o", str(tmp_path / "o.txt"), *flags[:-1], "m", "--column", "text"]) != 0
    assert "there is no column 'm'" in capsys.readouterr().err


def test_a_weight_needs_a_table_of_text() -> None:
    with pytest.raises(ConfigError, match=r"weight_column .*needs a column of texts"):
        open_corpus("corpus.txt", weight_column="n")
    with pytest.raises(ConfigError, match="weight_column needs the column of the sequences"):
        embed.train_items([["a", "b"]], weight_column="n")
    with pytest.raises(ConfigError, match="weight_column='n' needs a column of texts"):
        embed.train_documents(["a b", "c d"], weight_column="n")


SETTINGS: dict[str, Any] = {"dim": 16, "epochs": 3, "threads": 1, "progress": False}


def test_items_of_weight_two_train_as_if_they_were_there_twice() -> None:
    baskets = [["tea", 3], [3, ("a", 1), "tea"], None, ["milk", "tea"], ["gone"]]
    table = {"basket": baskets, "n": [1, 2, 9, 2.5, 0]}
    weighted = embed.train_items(table, column="basket", weight_column="n", **SETTINGS)
    repeated = embed.train_items([baskets[0], *[baskets[1]] * 2, *[baskets[3]] * 3], **SETTINGS)
    assert list(weighted) == list(repeated)
    assert "gone" not in weighted
    assert weighted.counts is not None
    np.testing.assert_array_equal(weighted.counts, repeated.counts)
    np.testing.assert_array_equal(weighted.matrix, repeated.matrix)
    once = {"basket": [iter(["tea", 3])], "n": [2]}
    counts = embed.train_items(once, column="basket", weight_column="n", **SETTINGS).counts
    np.testing.assert_array_equal(counts, [2, 2])
    with pytest.raises(CorpusError, match=r"row 2, column 'n': a weight must be a number"):
        embed.train_items({"basket": baskets, "n": [1, -1, 1, 1, 1]}, column="basket", weight_column="n", **SETTINGS)


@pytest.mark.parametrize("objective", ["dbow", "sg", "cbow"])
def test_documents_of_weight_two_train_as_if_they_were_there_twice(objective: Any) -> None:
    draw = np.random.default_rng(1)
    texts = [[f"w{word}" for word in draw.integers(0, 12, 8)] for _ in range(5)]
    settings: dict[str, Any] = {**SETTINGS, "objective": objective, "min_count": 1, "subsample": 0.0}
    table = {"text": texts, "id": list("abcde"), "n": [1, 2, 1, 3.4, 1]}
    weighted = embed.train_documents(table, column="text", id_column="id", weight_column="n", **settings)
    again = [0, 1, 1, 2, 3, 3, 3, 4]
    repeated = embed.train_documents([texts[one] for one in again], ["abcde"[one] for one in again], **settings)
    assert weighted.documents.ids == repeated.documents.ids
    np.testing.assert_array_equal(weighted.documents.matrix, repeated.documents.matrix)
    more = embed.documents.continue_documents(
        weighted, {"text": texts[:2], "n": [0, 1]}, column="text", weight_column="n"
    )
    assert list(more.documents.ids) == [*"abcde", 5, 6]


def test_a_document_of_weight_zero_keeps_its_place() -> None:
    table = {"text": ["a b a b", "c d", None, "a a b"], "n": [2, 0, -1, 1]}
    documents = list(embed.documents.open_documents(table, column="text", weight_column="n"))
    assert [(document.tags, document.times) for document in documents] == [((0,), 2), ((1,), 0), ((2,), 1), ((3,), 1)]
    settings: dict[str, Any] = {**SETTINGS, "min_count": 1, "postprocess": "none", "subsample": 0.0}
    model = embed.train_documents(table, column="text", weight_column="n", **settings)
    assert model.documents.ids == [0, 1, 2, 3]
    assert model.documents.matrix.any(axis=1).tolist() == [True, False, False, True]
    with pytest.raises(CorpusError, match=r"row 2, column 'n': a weight must be a number"):
        embed.train_documents({**table, "n": [1, "x", 1, 1]}, column="text", weight_column="n", **settings)


def test_the_command_weights_documents(tmp_path: Path) -> None:
    path, out = tmp_path / "table.csv", tmp_path / "m.embed"
    path.write_text("text,n\nthe red cat,6\na blue dog,2\n")
    flags = ["--column", "text", "--weight-column", "n", "--dim", "16", "--epochs", "1", "--quiet"]
    assert main(["documents", "train", str(path), "-o", str(out), *flags]) == 0
    counts = embed.DocumentModel.load(out).model.vocabulary.counts
    assert counts.tolist() == [6, 6, 6, 2, 2, 2]
