"""fastText's n-grams, to the byte. The golden values come from fastText itself (get_subwords)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embed.errors import ConfigError, FormatError
from embed.vocabulary.ngrams import SubwordScheme

FASTTEXT = {
    "the": {"<th": 1151151, "<the": 409726, "<the>": 1648960, "the": 861980, "the>": 60934, "he>": 816280},
    "日本語": {
        "<日本": 758587, "<日本語": 4581, "<日本語>": 524609, "日本語": 35559,
        "日本語>": 928923, "本語>": 1674355,
    },
    "straße": {
        "<st": 1131652, "<str": 64706, "<stra": 922521, "<straß": 931, "str": 1748752, "stra": 102627,
        "straß": 1121005, "straße": 610456, "tra": 963910, "traß": 733376, "traße": 90303, "traße>": 1020947,
        "raß": 1840342, "raße": 1392329, "raße>": 1151573, "aße": 910809, "aße>": 31141, "ße>": 679512,
    },
}  # fmt: skip
SCHEME = SubwordScheme(3, 6, 2_000_000)


@pytest.mark.parametrize("word", FASTTEXT)
def test_n_grams_and_buckets_are_those_of_fasttext(word: str) -> None:
    assert SCHEME.ngrams(word) == list(FASTTEXT[word])
    buckets = SCHEME.buckets_of(word)
    assert buckets.dtype == np.int32
    assert buckets.tolist() == list(FASTTEXT[word].values())


def test_short_n_grams() -> None:
    assert SubwordScheme(1, 2, 10).ngrams("é") == ["<é", "é", "é>"]
    assert SubwordScheme(1, 1, 10).ngrams("<>") == ["<", ">"]  # its own brackets, not the boundaries
    assert SubwordScheme(1, 3, 10).ngrams("") == ["<>"]
    assert SubwordScheme(3, 3, 10).ngrams("") == []
    assert SubwordScheme(3, 3, 10).buckets_of("").tolist() == []
    assert SubwordScheme(3, 3, 10).ngrams("aaaa") == ["<aa", "aaa", "aaa", "aa>"]  # duplicates are kept


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.integers(1, 5),
    st.integers(0, 4),
    st.integers(1, 2**31 - 1),
)
def test_the_compiled_hash_agrees_with_the_definition(word: str, min_n: int, more: int, buckets: int) -> None:
    scheme = SubwordScheme(min_n, min_n + more, buckets)

    def fnv(text: str) -> int:
        value = 2166136261
        for byte in text.encode():
            value ^= byte if byte < 128 else byte | 0xFFFFFF00
            value = value * 16777619 & 0xFFFFFFFF
        return value

    assert scheme.buckets_of(word).tolist() == [fnv(ngram) % buckets for ngram in scheme.ngrams(word)]


def test_rows_of_a_vocabulary() -> None:
    words = ["the", "</s>", "x", "straße"]
    offsets, rows = SCHEME.rows(words)
    assert (offsets.dtype, rows.dtype) == (np.int64, np.int32)
    assert offsets[0] == 0
    assert offsets[-1] == len(rows)
    for number, word in enumerate(words):
        own = [] if word == "</s>" else (SCHEME.buckets_of(word) + len(words)).tolist()
        assert rows[offsets[number] : offsets[number + 1]].tolist() == [number, *own]
    empty_offsets, empty_rows = SCHEME.rows([])
    assert empty_offsets.tolist() == [0]
    assert len(empty_rows) == 0


def test_row_numbers_fit_32_bits() -> None:
    limit = 2**31 - 1
    offsets, rows = SubwordScheme(3, 3, limit - 1).rows(["abc"])
    assert rows.min() >= 0
    assert len(rows) == offsets[-1] == 4
    with pytest.raises(ConfigError, match="more than 2,147,483,647 rows"):
        SubwordScheme(3, 3, limit - 1).rows(["a", "b"])


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ((0, 3, 5), "min_n"),
        ((4, 3, 5), "max_n"),
        ((3, 6, 0), "buckets"),
        ((3, 6, 2**31), "buckets"),
        ((3, 6.0, 5), "max_n"),
    ],
)
def test_bounds(values: tuple[int, int, int], name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        SubwordScheme(*values)


def test_lone_surrogates_are_refused() -> None:
    with pytest.raises(FormatError, match="UTF-8"):
        SCHEME.buckets_of("a\udc80")
    with pytest.raises(FormatError, match="UTF-8"):
        SCHEME.rows(["a\udc80"])
