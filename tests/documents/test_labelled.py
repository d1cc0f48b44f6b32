"""Lines with labels: words, counts and rows as fastText reads them, and rows of one line trained as one."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from embed.documents.labelled import read_labelled
from embed.errors import CorpusError
from embed.text import _labelled
from embed.vectors._texts import Texts
from embed.vocabulary.ngrams import SubwordScheme

SETTINGS: dict[str, Any] = {
    "prefix": b"__label__",
    "min_count": 1,
    "min_label_count": 0,
    "scheme": None,
    "word_ngrams": 1,
    "buckets": 0,
}
TEXT = (
    "__label__a straße w1 w1 日本語\tw2\n\n  \nw1 without a label\n__label__b __label__a w2\vw3\fw4\rw1\0w5\n"
    "__label__c w1 </s> w9 __label__a w7\n__label__c " + "x" * 40 + " w1 w1 w2 last"
).encode()


def test_words_and_labels_are_counted_and_ranked() -> None:
    dictionary, lines = read_labelled(TEXT, **SETTINGS)
    assert dictionary.words[0] == b"w1"
    assert dictionary.labels == [b"__label__a", b"__label__c", b"__label__b"]
    assert dictionary.counts[0] == TEXT.split().count(b"w1") + 1  # one stands before a NUL
    assert dictionary.words.count(b"</s>") == 1
    assert dictionary.tokens == dictionary.counts.sum()
    few, _ = read_labelled(TEXT, **{**SETTINGS, "min_count": 3, "min_label_count": 2})
    assert few.labels == [b"__label__a", b"__label__c"]
    assert set(few.words) == {b"w1", b"</s>", b"w2"}
    assert len(lines.label_offsets) == 6


@pytest.mark.parametrize("scheme", [None, SubwordScheme(2, 4, 500)])
@pytest.mark.parametrize("word_ngrams", [1, 3])
def test_rows_are_those_that_a_prediction_finds(scheme: SubwordScheme | None, word_ngrams: int) -> None:
    buckets = 500 if scheme or word_ngrams > 1 else 0
    settings = {**SETTINGS, "min_count": 2, "scheme": scheme, "word_ngrams": word_ngrams, "buckets": buckets}
    dictionary, lines = read_labelled(TEXT, **settings)
    words, count = dictionary.words, len(dictionary.words)
    ngrams = None if scheme is None else (2, 4)
    rows = np.eye(count + buckets, dtype=np.float32)
    entries = words + dictionary.labels
    numbers, dim = rows.view(np.uint8), count + buckets
    texts = Texts(entries, count, ngrams, buckets, word_ngrams, None, None, False, b"__label__", dim, numbers, None)
    begins, ends, offsets, labels = texts.labels_of_lines(TEXT)
    assert offsets.tolist() == lines.label_offsets.tolist()
    assert labels.tolist() == lines.labels.tolist()
    for number, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
        line = TEXT[begin:end]
        mean = texts.line(line.rstrip(b"\n"))  # which adds a line break
        if not line.endswith(b"\n"):
            continue
        found = np.zeros(count + buckets)
        of_line = slice(lines.offsets[number], lines.offsets[number + 1])
        found[lines.rows[of_line]] = lines.counts[of_line]
        np.testing.assert_allclose(found / found.sum(), mean, atol=1e-6)
    assert lines.often.tolist() == np.minimum(np.bincount(lines.rows, minlength=count + buckets), 2).tolist()


def test_rows_of_one_line_are_trained_as_one() -> None:
    """The vector of each line, and its change by a step, are the same with and without the replacement."""
    random = np.random.default_rng(0)
    offsets, rows = np.array([0, 4, 6, 9]), np.array([0, 3, 1, 4, 1, 0, 5, 1, 6], np.int32)
    weights = np.array([1, 2, 1, 3, 1, 1, 1, 2, 4], np.float32)
    place = np.array([0, 1, 2, -1, -1, -1, -1], np.int32)
    kept_rows, kept_weights = rows.copy(), weights.copy()
    ends, single, owner, share = _labelled.fold_single_rows(offsets, kept_rows, kept_weights, place, 3)
    assert single.tolist() == [3, 4, 5, 6]
    assert owner.tolist() == [3, 3, 4, 4]
    trained = random.normal(size=(5, 7))

    def unfolded() -> Any:
        every = np.empty((7, 7))
        every[:3] = trained[:3]
        every[single] = share[:, None] * trained[owner]
        return every

    for line in range(3):
        before, step = unfolded(), random.normal(size=7)
        whole, folded = slice(offsets[line], offsets[line + 1]), slice(ends[line], ends[line + 1])
        np.testing.assert_allclose(
            kept_weights[folded] @ trained[kept_rows[folded]], weights[whole] @ before[rows[whole]], rtol=1e-6
        )
        before[rows[whole]] += np.outer(weights[whole], step)
        trained[kept_rows[folded]] += np.outer(kept_weights[folded], step)
        np.testing.assert_allclose(unfolded(), before, rtol=1e-5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "no words"),
        (b"words alone\n", "no labels, which begin with '__label__'"),
        (b"__label__a", "no words"),
        (b"__label__a __label__b", "no words"),
        (b"a </s> __label__a", "no line of the text has both"),
        (b"\xff\xfe\n", "no labels"),
    ],
)
def test_texts_without_examples_are_told(text: bytes, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read_labelled(text, **SETTINGS)


def test_known_words_are_kept() -> None:
    dictionary, _ = read_labelled(TEXT, **{**SETTINGS, "min_count": 3}, known=[b"w5", b"new", b"w1"])
    assert {b"w5", b"new"} <= set(dictionary.words)
    assert dictionary.counts[0] == TEXT.split().count(b"w1") + 2


@pytest.mark.parametrize("threads", [2, 3, 7, 100])
@pytest.mark.parametrize(
    "text", [TEXT, b"__label__a w1", b"\n\n__label__a w1\n", b"__label__a w1\n" * 20 + b"__label__b w2 w1"]
)
def test_threads_read_the_same(text: bytes, threads: int) -> None:
    settings = {**SETTINGS, "scheme": SubwordScheme(2, 4, 3), "word_ngrams": 2, "buckets": 3, "min_label_count": 1}
    one, lines = read_labelled(text, **settings)
    other, found = read_labelled(text, **settings, threads=threads)
    assert (other.words, other.labels, other.tokens) == (one.words, one.labels, one.tokens)
    np.testing.assert_array_equal(other.counts, one.counts)
    for field in fields(lines):
        expected, array = getattr(lines, field.name), getattr(found, field.name)
        assert array.dtype == expected.dtype
        np.testing.assert_array_equal(array, expected)
