"""Word vectors as columns, as gensim's objects, and in slices."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from embed.errors import ConfigError, MissingExtraError
from embed.vectors import WordVectors
from embed.vectors.ngram_rows import Subwords
from embed.vocabulary.ngrams import SubwordScheme

WORDS = ["the", "king", "new york", "Käse"]


def made(*, counts: bool = True) -> WordVectors:
    matrix = np.random.default_rng(5).normal(size=(len(WORDS), 6)).astype(np.float32)
    return WordVectors(WORDS, matrix, counts=[9, 5, 3, 1] if counts else None)


def with_ngrams() -> WordVectors:
    rows = np.ones((50, 6), np.float32)
    return WordVectors(WORDS, made().matrix, subwords=Subwords(SubwordScheme(3, 4, 50), rows))


@pytest.mark.parametrize("chosen", [slice(2), slice(1, 3), slice(None, None, -1), slice(-1, None)])
def test_a_slice_holds_the_rows_a_list_would(chosen: slice) -> None:
    vectors = made()
    part = vectors[chosen]
    assert part.words == WORDS[chosen]
    np.testing.assert_array_equal(part.matrix, vectors.matrix[chosen])
    assert part.counts is not None
    assert part.counts.tolist() == [9, 5, 3, 1][chosen]
    np.testing.assert_array_equal(part.norms, vectors.norms[chosen])
    assert np.shares_memory(part.matrix, vectors.matrix)


def test_a_slice_composes_the_words_it_left_out() -> None:
    part = with_ngrams()[:1]
    assert "king" not in part
    np.testing.assert_allclose(part["king"], np.ones(6))


def test_columns_hold_everything() -> None:
    vectors = made()
    columns = vectors.to_columns()
    assert list(columns) == ["word", "count", *(f"d{i}" for i in range(6))]
    assert columns["word"] == WORDS
    np.testing.assert_array_equal(np.stack([columns[f"d{i}"] for i in range(6)], axis=1), vectors.matrix)
    assert "count" not in made(counts=False).to_columns()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_data_frames_take_the_columns(library: str) -> None:
    frame = pytest.importorskip(library, reason=f"{library} is not installed").DataFrame(made().to_columns())
    assert frame.shape == (4, 8)
    assert list(frame["word"]) == WORDS
    np.testing.assert_array_equal(np.asarray(frame["d3"]), made().matrix[:, 3])


@pytest.mark.parametrize("counts", [True, False])
def test_gensim_and_back(counts: bool) -> None:
    pytest.importorskip("gensim", reason="gensim is not installed")
    vectors = made(counts=counts)
    theirs = vectors.to_gensim()
    assert theirs.most_similar("king", topn=3)[0][0] == vectors.nearest("king", 3)[0][0]
    back = WordVectors.from_gensim(theirs)
    assert back.words == WORDS
    np.testing.assert_array_equal(back.matrix, vectors.matrix)
    assert (back.counts is None) if vectors.counts is None else (back.counts.tolist() == [9, 5, 3, 1])
    theirs.vectors[:] = 0
    assert np.all(back.norms > 0)


def test_what_gensim_would_lose_is_refused() -> None:
    with pytest.raises(ConfigError, match="load_facebook_vectors"):
        with_ngrams().to_gensim()


def test_without_gensim_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gensim", None)
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    with pytest.raises(MissingExtraError, match=r"train-embeddings\[gensim\]"):
        made().to_gensim()


def test_a_model_is_not_its_vectors() -> None:
    with pytest.raises(ConfigError, match=r"\.wv"):
        WordVectors.from_gensim(object())
