"""Vectors of texts: their weights, the directions that they share, and what is no text."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest

import embed
from embed.corpora.normal_form import Form
from embed.errors import AdviceWarning, ConfigError, CorpusError
from embed.vectors import WordVectors, sentences
from embed.vectors.ngram_rows import Subwords
from embed.vectors.sentences import SentenceVectors
from embed.vocabulary.ngrams import SubwordScheme

RNG = np.random.default_rng(5)
WORDS = [f"word{number}" for number in range(40)]
VECTORS = WordVectors(
    WORDS,
    RNG.normal(size=(40, 6)) + 1,
    counts=np.arange(40, 0, -1) ** 2,
    subwords=Subwords(SubwordScheme(3, 4, 50), RNG.normal(size=(50, 6)).astype(np.float32)),
)
TEXTS = [" ".join(RNG.choice([*WORDS, "unknown", "Word1"], size=size)) for size in RNG.integers(0, 9, size=50)]


@pytest.fixture(params=[7, 1 << 13], autouse=True)
def _batches(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches that cut the texts, or hold them all."""
    monkeypatch.setattr(sentences, "BATCH_TEXTS", request.param)


def sif_means(a: float) -> np.ndarray:
    """Return the weighted means word by word, as the paper defines them."""
    total = VECTORS.counts.sum()
    rows = np.zeros((len(TEXTS), 6))
    for row, text in enumerate(TEXTS):
        for word in text.lower().split():
            count = VECTORS.counts[VECTORS.index(word)] if word in VECTORS else 0
            rows[row] += a / (a + count / total) * VECTORS.vector(word) / len(text.split())
    return rows


@pytest.mark.parametrize("removed", [0, 1, 2])
def test_sif_is_the_algorithm_of_the_paper(removed: int) -> None:
    expected = sif_means(0.01)
    directions = np.linalg.svd(expected)[2][:removed]
    expected -= expected @ directions.T @ directions
    with pytest.warns(AdviceWarning, match=r"^\d+ of 50 texts have no word with a vector: their vectors are zero$"):
        found = embed.sentence_vectors(TEXTS, VECTORS, sif_a=0.01, remove_common=removed)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_array_equal(found[TEXTS.index("")], 0)


def test_later_texts_lose_the_directions_of_the_first() -> None:
    model = SentenceVectors(VECTORS).fit(TEXTS)
    assert model.common.shape == (6, 1)
    np.testing.assert_allclose(model.transform(TEXTS[:9]) @ model.common, 0, atol=1e-6)
    assert model.transform([]).shape == (0, 6)


def test_a_plain_mean_removes_nothing() -> None:
    found = embed.sentence_vectors([["word1", "word3"], ["word1"]], VECTORS, weighting="mean")
    np.testing.assert_allclose(found, [VECTORS.vectors(["word1", "word3"]).mean(axis=0), VECTORS["word1"]], rtol=1e-6)


def test_case_follows_the_vectors() -> None:
    mixed = WordVectors(["Word", "word"], [[1.0, 0], [0, 1]])
    np.testing.assert_array_equal(embed.sentence_vectors(["Word"], mixed, weighting="mean"), [[1, 0]])
    np.testing.assert_array_equal(embed.sentence_vectors(["Word"], mixed, weighting="mean", lowercase=True), [[0, 1]])


def test_a_word_weighs_as_the_spelling_that_is_found() -> None:
    lower = WordVectors(["word", "rare"], [[1.0, 0], [0, 1]], counts=[99, 1], form=Form(lowercase=True))
    found = SentenceVectors(lower, lowercase=False, remove_common=0)
    np.testing.assert_array_equal(found.transform([["WORD"]]), found.transform([["word"]]))


def test_no_texts_give_no_rows() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert embed.sentence_vectors([], VECTORS).shape == (0, 6)
    with pytest.raises(CorpusError, match="no texts to fit"):
        SentenceVectors(VECTORS).fit([])


@pytest.mark.parametrize("texts", ["one text", b"bytes", 3, None, [b"bytes"], [3], [["a", 3]], np.zeros((2, 2))])
def test_what_is_no_list_of_texts_is_refused(texts: object) -> None:
    with pytest.raises(CorpusError, match="text"):
        embed.sentence_vectors(texts, VECTORS)


@pytest.mark.parametrize(
    ("name", "value"),
    [("weighting", "idf"), ("sif_a", 0), ("sif_a", "x"), ("remove_common", 7), ("remove_common", -1), ("tokenizer", 3)],
)
def test_a_wrong_parameter_is_named(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=re.escape(name)):
        SentenceVectors(VECTORS, **{name: value})
