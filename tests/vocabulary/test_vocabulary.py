"""The vocabulary: order, look-up, and its text file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embed.errors import ConfigError, CorpusError, FormatError, MissingWordError
from embed.vocabulary.vocabulary import Vocabulary


def test_order_by_count_then_by_utf8_bytes() -> None:
    vocabulary = Vocabulary.from_counts(["b", "a", "é", "\U0001f642", "\uffee", "Z", "ab"], [2, 2, 2, 2, 2, 2, 9])
    assert vocabulary.words == ["ab", "Z", "a", "b", "é", "\uffee", "\U0001f642"]
    assert vocabulary.counts.tolist() == [9, 2, 2, 2, 2, 2, 2]
    assert vocabulary.counts.dtype == np.int64
    assert vocabulary.total == 21


def test_limits() -> None:
    words, counts = ["a", "b", "c", "d"], [1, 2, 3, 3]
    assert Vocabulary.from_counts(words, counts, min_count=2).words == ["c", "d", "b"]
    assert Vocabulary.from_counts(words, counts, max_vocab=2).words == ["c", "d"]
    with pytest.raises(CorpusError, match="none of the 4 words"):
        Vocabulary.from_counts(words, counts, min_count=4)
    for bad in ({"min_count": 0}, {"max_vocab": 0}, {"min_count": 1.5}, {"min_count": True}):
        with pytest.raises(ConfigError, match=next(iter(bad))):
            Vocabulary.from_counts(words, counts, **bad)  # type: ignore[arg-type]


def test_look_up() -> None:
    vocabulary = Vocabulary.from_counts(["Berlin", "Paris", "Rom"], np.array([5, 4, 3]))
    assert len(vocabulary) == 3
    assert list(vocabulary) == ["Berlin", "Paris", "Rom"]
    assert vocabulary["Paris"] == 1
    assert vocabulary.get("Oslo") is None
    assert vocabulary.get("Oslo", 7) == 7
    assert vocabulary.known(["Rom", "Oslo", "Berlin", "Rom"]) == [2, 0, 2]
    found = vocabulary.ids(["Rom", "Oslo", "Berlin", "Rom"])
    assert (found.dtype, found.tolist()) == (np.int32, [2, -1, 0, 2])
    assert vocabulary.ids([]).tolist() == []
    assert "Rom" in vocabulary
    assert "Oslo" not in vocabulary
    with pytest.raises(MissingWordError, match="did you mean 'Berlin'"):
        vocabulary["berlin"]
    with pytest.raises(ValueError, match="read-only"):
        vocabulary.counts[0] = 1
    assert vocabulary == Vocabulary.from_counts(["Rom", "Paris", "Berlin"], [3, 4, 5])
    assert vocabulary != Vocabulary.from_counts(["Rom", "Paris", "Berlin"], [3, 4, 6])
    assert vocabulary != ["Berlin", "Paris", "Rom"]


@pytest.mark.parametrize(
    ("words", "counts", "message"),
    [
        (["a"], [1, 2], "1 words but 2 counts"),
        (["a", "a"], [1, 2], "duplicate word 'a'"),
        (["a"], [0], "count of 'a'"),
        ([""], [1], "non-empty str"),
        ([3], [1], "must be a non-empty str"),
    ],
)
def test_words_and_counts_must_fit(words: list[str], counts: list[int], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Vocabulary.from_counts(words, counts)


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=" \t\n\r\v\f"), min_size=1, max_size=8)


@given(st.dictionaries(WORDS, st.integers(1, 2**63 - 1), min_size=1, max_size=20))
def test_save_and_load_give_the_same(tmp_path_factory: pytest.TempPathFactory, counts: dict[str, int]) -> None:
    path = tmp_path_factory.getbasetemp() / "vocabulary.txt"
    vocabulary = Vocabulary.from_counts(list(counts), counts.values())
    vocabulary.save(path)
    assert Vocabulary.load(path) == vocabulary


def test_the_file_is_word2vecs(tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text("something older")
    Vocabulary.from_counts(["b", "a"], [1, 2]).save(path)
    assert path.read_bytes() == b"a 2\nb 1\n"
    path.write_bytes(b"</s> 0001\r\nx 7")  # another program's order and line ends
    assert Vocabulary.load(path) == Vocabulary.from_counts(["x", "</s>"], [7, 1])
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("word", ["new york", "tab\t", "line\nend", "\r"])
def test_words_with_white_space_cannot_be_written(tmp_path: Path, word: str) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text("older")
    with pytest.raises(FormatError, match="contains white space"):
        Vocabulary.from_counts(["a", word], [1, 1]).save(path)
    with pytest.raises(FormatError, match="UTF-8"):
        Vocabulary.from_counts(["a\ud800"], [1]).save(path)
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(FormatError, match="cannot write"):
        Vocabulary.from_counts(["a"], [1]).save(tmp_path / "no" / "folder")


@pytest.mark.parametrize(
    "line",
    [b"word", b"word  3", b" 3", b"two words 3", b"word three", b"word -3", b"word 3.0", b"",
     b"w\tx 3", b"word 0", b"\xff 3", b"a 4", b"word 9223372036854775808", b"word " + b"9" * 5000],
)  # fmt: skip
def test_malformed_lines_are_named(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "vocab.txt"
    path.write_bytes(b"a 5\n" + line + b"\nb 1\n")
    with pytest.raises(FormatError, match=r"vocab\.txt, line 2: ") as caught:
        Vocabulary.load(path)
    assert len(str(caught.value)) < len(str(path)) + 250


def test_missing_and_empty_files(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="cannot read"):
        Vocabulary.load(tmp_path / "missing")
    (tmp_path / "empty").touch()
    with pytest.raises(FormatError, match="is empty"):
        Vocabulary.load(tmp_path / "empty")
