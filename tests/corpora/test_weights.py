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
    with pytest.raises(ConfigError, match="weight_column does not apply to items"):
        embed.train_items([["a", "b"]], weight_column="n")
    with pytest.raises(ConfigError, match="weight_column does not apply to documents"):
        embed.train_documents(["a b", "c d"], weight_column="n")
