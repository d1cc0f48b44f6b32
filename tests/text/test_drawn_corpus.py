"""A draw of sentences: each equally often, to the bit for a seed, with the counts of what was drawn."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from embed.errors import CorpusError
from embed.text import drawn_corpus
from embed.text.drawn_corpus import DrawnCorpus, times_drawn
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode

SENTENCES = [[f"w{(i * j) % 23}" for j in range(1 + i % 9)] for i in range(300)]


@pytest.fixture(scope="module")
def encoded() -> Iterator[EncodedCorpus]:
    with encode(SENTENCES, min_count=1) as corpus:
        yield corpus


def sentences_of(corpus: EncodedCorpus) -> list[list[str]]:
    """Return the sentences of a draw."""
    assert corpus.starts is not None
    words, lengths = corpus.vocabulary.words, np.diff(corpus.offsets)
    places = zip(corpus.starts, lengths, strict=True)
    return [[words[i] for i in corpus.ids[start : start + length]] for start, length in places]


def test_a_draw_is_the_same_to_the_bit_for_a_seed() -> None:
    assert times_drawn(12, 1).tolist() == [0, 0, 0, 0, 3, 0, 2, 4, 0, 0, 2, 1]
    assert (times_drawn(1000, 1) != times_drawn(1000, 2)).any()


def test_every_sentence_is_drawn_equally_often() -> None:
    sentences, draws = 500, 400
    times = np.stack([times_drawn(sentences, seed) for seed in range(draws)])
    assert (times.sum(axis=1) == sentences).all()
    assert stats.chisquare(times.sum(axis=0)).pvalue > 0.001
    # how often one sentence is drawn is binomial: 37 % of them not at all, 37 % once, 18 % twice
    expected = stats.binom.pmf(range(5), sentences, 1 / sentences) * times.size
    observed = np.bincount(times.ravel(), minlength=6)
    assert stats.chisquare([*observed[:5], observed[5:].sum()], [*expected, times.size - expected.sum()]).pvalue > 0.001
    # and the draws of two sentences are nearly independent
    assert abs(np.corrcoef(times[:, 0], times[:, 1])[0, 1]) < 0.2


def test_blocks_of_draws_do_not_matter(monkeypatch: pytest.MonkeyPatch, encoded: EncodedCorpus) -> None:
    whole, counts = times_drawn(300, 5), DrawnCorpus(encoded, 5).counts
    monkeypatch.setattr(drawn_corpus, "_BLOCK", 7)
    np.testing.assert_array_equal(times_drawn(300, 5), whole)
    np.testing.assert_array_equal(DrawnCorpus(encoded, 5).counts, counts)


def test_a_draw_has_whole_sentences_in_the_order_of_the_text(encoded: EncodedCorpus) -> None:
    drawn = DrawnCorpus(encoded, 3)
    expected = [sentence for sentence, times in zip(SENTENCES, times_drawn(300, 3), strict=True) for _ in range(times)]
    assert sentences_of(drawn) == expected
    assert drawn.tokens == sum(map(len, expected)) != encoded.tokens
    assert drawn.sentences == 300
    assert drawn.ids is encoded.ids
    assert drawn.vocabulary is encoded.vocabulary
    words = [word for sentence in expected for word in sentence]
    assert drawn.counts.tolist() == [max(words.count(word), 1) for word in encoded.vocabulary.words]
    assert 1 <= drawn.tokens / drawn.raw_tokens == encoded.tokens / encoded.raw_tokens


def test_a_word_that_is_not_drawn_counts_once() -> None:
    with encode([["a", "b"], *[["b", "c"]] * 5], min_count=1) as corpus:
        seed = next(seed for seed in range(99) if times_drawn(6, seed)[0] == 0)
        drawn = DrawnCorpus(corpus, seed)
        assert dict(zip(corpus.vocabulary.words, drawn.counts.tolist(), strict=True)) == {"b": 6, "c": 6, "a": 1}
        assert all(first <= second for first, second in pairwise(drawn.starts))


def test_draws_differ_in_their_fingerprints(encoded: EncodedCorpus) -> None:
    prints = {DrawnCorpus(encoded, seed).fingerprint for seed in (1, 2, 1)}
    assert len(prints) == 2
    assert all(each.startswith(f"{encoded.fingerprint} drawn ") for each in prints)


def test_closing_a_draw_leaves_the_corpus_open(encoded: EncodedCorpus) -> None:
    with DrawnCorpus(encoded, 1) as drawn:
        assert repr(drawn).startswith("<DrawnCorpus: 1,")
    drawn.close()
    assert drawn.tokens == 0
    assert len(encoded.ids)
    assert encoded.directory.exists()


def test_a_text_of_one_sentence_cannot_be_drawn() -> None:
    with (
        encode([["a", "b"] * 50], min_count=1) as corpus,
        pytest.raises(CorpusError, match=r"a text of a single one: .*one sentence a line"),
    ):
        DrawnCorpus(corpus, 1)
