"""Counting with a bound on the words held: what is promised of the counts, and that nothing else depends on it."""

from __future__ import annotations

import random
import warnings
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embed import train
from embed.corpora import TextCorpus
from embed.errors import AdviceWarning
from embed.text import _text
from embed.text import bounded_counting as count_bound
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode
from embed.text.phrases.phrase_model import PhraseSettings

LIMIT = 100


@pytest.fixture
def few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a small vocabulary hold no more than LIMIT words while it is counted."""
    monkeypatch.setattr(count_bound, "LEAST_WORDS", LIMIT)
    monkeypatch.setattr(count_bound, "WORDS_PER_ENTRY", 1)


def skewed(tokens: int, seed: int) -> list[list[str]]:
    """Return sentences of words by Zipf's law, short and long ones, many of them seen once."""
    draw = random.Random(seed)
    words = [f"{'verylongword' * (rank % 3)}{rank}" for rank in (int(1 / (1 - draw.random())) for _ in range(tokens))]
    source = iter(words)
    return [sentence for _ in range(tokens) if (sentence := list(islice(source, draw.randint(1, 30))))]


def text_of(sentences: list[list[str]], path: Path) -> TextCorpus:
    path.write_text("".join(" ".join(sentence) + "\n" for sentence in sentences))
    return TextCorpus(str(path))


def decoded(encoded: EncodedCorpus) -> list[list[str]]:
    words = encoded.vocabulary.words
    return [[words[id] for id in encoded.ids[a:b]] for a, b in zip(encoded.offsets, encoded.offsets[1:], strict=False)]


def check_promises(encoded: EncodedCorpus, sentences: list[list[str]], held: int) -> None:
    exact = Counter(word for sentence in sentences for word in sentence)
    tokens = exact.total()
    counts = dict(zip(encoded.vocabulary.words, encoded.vocabulary.counts.tolist(), strict=True))
    assert 0 <= encoded.count_error <= 2 * tokens / held
    assert all(exact[word] - encoded.count_error <= count <= exact[word] for word, count in counts.items())
    assert Counter(word for sentence in decoded(encoded) for word in sentence) == counts
    assert encoded.raw_tokens == tokens


@pytest.mark.filterwarnings("ignore::embed.errors.AdviceWarning")
@pytest.mark.usefixtures("few_words")
@pytest.mark.parametrize("seed", range(5))
def test_counts_are_never_too_high_and_too_low_by_no_more_than_stated(seed: int) -> None:
    sentences = skewed(30_000, seed)
    with encode(sentences, min_count=1, max_vocab=LIMIT) as encoded:
        assert encoded.count_error > 0
        check_promises(encoded, sentences, LIMIT)
        exact = Counter(word for sentence in sentences for word in sentence)
        assert {word for word, count in exact.items() if count > encoded.count_error} <= set(encoded.vocabulary.words)


@given(st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=40), min_size=1, max_size=60), st.integers(1, 40))
def test_the_promises_hold_for_any_text_and_any_bound(rows: list[list[int]], limit: int) -> None:
    sentences = [[f"word{number}" * (1 + number % 4) for number in row] for row in rows]
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings(action="ignore", category=AdviceWarning):
        patch.setattr(count_bound, "LEAST_WORDS", limit)
        patch.setattr(count_bound, "WORDS_PER_ENTRY", 0)
        with encode(sentences, min_count=1, max_vocab=100) as encoded:
            check_promises(encoded, sentences, limit)


@pytest.mark.filterwarnings("ignore::embed.errors.AdviceWarning")
@pytest.mark.usefixtures("few_words")
def test_a_word_that_was_never_forgotten_has_its_exact_count_and_all_its_places() -> None:
    sentences = [["often", f"once{number}", "often"] for number in range(5000)]
    with encode(sentences, min_count=2, max_vocab=10) as encoded:
        assert encoded.vocabulary.words == ["often"]
        assert encoded.vocabulary.counts.tolist() == [10_000]
        assert decoded(encoded) == [["often", "often"]] * 5000


def ever_new(words: int) -> Iterator[list[str]]:
    return ([f"new{number}"] for number in range(words))


@pytest.mark.filterwarnings("ignore::embed.errors.AdviceWarning")
@pytest.mark.usefixtures("few_words")
def test_ever_new_words_do_not_fill_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    class Watched(_text.TokenCounter):  # type: ignore[misc]
        def moved(self) -> np.ndarray[tuple[int], np.dtype[np.int32]] | None:
            sizes.append(len(self))
            return super().moved()

    monkeypatch.setattr(_text, "TokenCounter", Watched)
    with encode(ever_new(300_000), min_count=1, max_vocab=10) as encoded:
        assert len(encoded.vocabulary) == 10
        assert encoded.count_error <= 2 * 300_000 / LIMIT
    assert 1 < max(sizes) <= LIMIT + 1  # the entry for words forgotten
    assert len(sizes) > 3


@pytest.mark.parametrize("phrases", [None, PhraseSettings(passes=2, min_count=3, threshold=1.0)])
def test_a_bound_that_is_not_reached_changes_nothing(phrases: PhraseSettings | None) -> None:
    sentences = skewed(5000, 1)
    with warnings.catch_warnings(action="error"):
        with encode(sentences, min_count=2, max_vocab=10**6, phrases=phrases) as bound:
            pass_through = decoded(bound)
            vocabulary, error = bound.vocabulary, bound.count_error
        with encode(sentences, min_count=2, phrases=phrases) as exact:
            assert decoded(exact) == pass_through
            assert exact.vocabulary == vocabulary
    assert error == 0


@pytest.mark.filterwarnings("ignore::embed.errors.AdviceWarning")
@pytest.mark.usefixtures("few_words")
@pytest.mark.parametrize("phrases", [None, PhraseSettings(passes=2, min_count=3, threshold=1.0)])
def test_files_of_any_chunks_and_lists_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phrases: PhraseSettings | None
) -> None:
    sentences = skewed(20_000, 2)
    found = []
    for corpus, chunk in ((sentences, None), (iter(sentences), None), ("text", 1 << 18), ("text", 777)):
        if chunk is not None:
            monkeypatch.setattr("embed.corpora.text.CHUNK_BYTES", chunk)
        source = text_of(sentences, tmp_path / "text.txt") if corpus == "text" else corpus
        with encode(source, min_count=2, max_vocab=40, phrases=phrases) as encoded:
            found.append((encoded.vocabulary.words, encoded.vocabulary.counts.tolist(), encoded.ids.tolist()))
            assert encoded.count_error > 0
    assert found[0] == found[1] == found[2] == found[3]


@pytest.mark.filterwarnings("ignore::embed.errors.AdviceWarning")
@pytest.mark.usefixtures("few_words")
def test_words_around_a_dropped_word_are_not_a_phrase() -> None:
    sentences = [["left", f"once{number}", "right"] for number in range(2000)] + [["true", "pair"]] * 200
    settings = PhraseSettings(min_count=2, threshold=0.1)
    with encode(sentences, min_count=2, max_vocab=40, phrases=settings) as encoded:
        assert set(encoded.vocabulary.words) == {"left", "right", "true_pair"}


@pytest.mark.usefixtures("few_words")
def test_the_count_error_is_reported_stored_and_in_the_run_card(tmp_path: Path) -> None:
    text = text_of(skewed(20_000, 3), tmp_path / "text.txt")
    for _ in range(2):  # made, and used again
        with pytest.warns(
            AdviceWarning, match="rare words were dropped: counts may be too low by up to .*; raise max_vocab"
        ):
            encoded = encode(text, min_count=2, max_vocab=40, directory=tmp_path / "kept")
        error = encoded.count_error
        encoded.close()
        assert error > 0
    with pytest.warns(AdviceWarning, match="rare words were dropped"):
        model = train(
            str(tmp_path / "text.txt"), dim=16, epochs=1, min_count=2, max_vocab=40, threads=1, progress=False
        )
    assert model.provenance is not None
    assert model.provenance.decisions["count_error"] == error
    assert not list((tmp_path / "kept").glob("*.moves"))


def test_the_bound_is_set_once_before_the_text() -> None:
    counter = _text.TokenCounter(10)
    counter.feed(b"a ")
    with pytest.raises(ValueError, match="before the first token"):
        counter.bound(5)
    with pytest.raises(ValueError, match="at least 1"):
        _text.TokenCounter(10).bound(0)


@pytest.mark.parametrize("limit", [None, 40, 200])
@pytest.mark.parametrize("parts", [1, 2, 5])
def test_joined_tables_keep_the_promises(limit: int | None, parts: int) -> None:
    sentences = skewed(4000, seed=parts)
    exact = Counter(word for sentence in sentences for word in sentence)
    whole = _text.TokenCounter(10_000)
    if limit is not None:
        whole.bound(limit)
    for part in range(parts):
        counter = _text.TokenCounter(10_000)
        if limit is not None:
            counter.bound(limit)
        for sentence in sentences[part::parts]:
            counter.add_sentence(sentence)
        counter.take()
        counter.moved()
        utf8, ends, counts, floors = counter.table()
        whole.join_table(utf8, ends, counts, floors, counter.tokens, counter.error)
    tokens, error = exact.total(), whole.error
    assert whole.tokens == tokens
    assert len(whole) <= (limit or len(exact)) + 1
    ranked = whole.rank(1, _text.MAX_WORDS)
    found = dict(zip(whole.words(ranked), whole.counts(ranked).tolist(), strict=True))
    if limit is None:
        assert found == exact
    assert error <= 2 * tokens / (limit or 1)
    assert all(exact[word] - error <= count <= exact[word] for word, count in found.items())
    assert all(word in found for word, count in exact.items() if count > error)


def test_tables_that_do_not_fit_together_are_refused() -> None:
    counter = _text.TokenCounter(10_000)
    with pytest.raises(ValueError, match="each word needs an end, a count and a floor"):
        counter.join_table(np.zeros(3, np.uint8), np.array([2]), np.array([1]), np.array([0]), 1, 0)
