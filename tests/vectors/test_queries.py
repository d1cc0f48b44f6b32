"""Words that are asked for in another spelling than the text had: one rule for look-ups, questions and test sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import embed
from embed.corpora import TextCorpus
from embed.corpora.normal_form import Form
from embed.errors import ConfigError, MissingWordError
from embed.eval import AnalogySet, SimilaritySet, compare, evaluate
from embed.vectors import WordVectors

WORDS = ["café", "น้ำ", "bar", "tea", "Tea", "می‌خواهم"]
MATRIX = np.random.default_rng(1).normal(size=(len(WORDS), 4)).astype(np.float32)
DECOMPOSED = "cafe\u0301"


@pytest.fixture
def vectors() -> WordVectors:
    return WordVectors(WORDS, MATRIX)


@pytest.mark.parametrize("query", [DECOMPOSED, "ca\u00adfé", "café\u200b", "\ufeffcafé", "ｃａｆé"])
def test_a_word_is_found_in_another_spelling(vectors: WordVectors, query: str) -> None:
    np.testing.assert_array_equal(vectors[query], vectors["café"])
    assert vectors.index(query) == 0
    assert vectors.can_compose(query)
    assert vectors.nearest(query) == vectors.nearest("café")
    assert vectors.nearest_batch([query]) == vectors.nearest_batch(["café"])
    assert vectors.analogy(query, "bar", "tea") == vectors.analogy("café", "bar", "tea")
    assert vectors.similarity(query, "bar") == vectors.similarity("café", "bar")
    assert query not in vectors  # the vocabulary, as it is
    assert vectors[:3].index(query) == 0


def test_a_word_as_it_is_written_comes_first() -> None:
    both = WordVectors(["café", DECOMPOSED], MATRIX[:2])
    assert both.index(DECOMPOSED) == 1
    assert both.index("café") == 0


def test_case_is_folded_only_where_the_words_are_known_to_be_in_lower_case(vectors: WordVectors) -> None:
    with pytest.raises(MissingWordError):
        vectors.index("BAR")
    lower = WordVectors(WORDS, MATRIX, form=Form(lowercase=True))
    assert lower.index("BAR") == 2
    assert lower.index("Tea") == 4  # as it is written, since it is there
    assert lower.index("TEA") == 3
    assert lower.index("CAFE\u0301") == 0


def test_a_model_knows_how_its_text_was_read(tmp_path: Path) -> None:
    path = tmp_path / "corpus.txt"
    path.write_text("Das Café und der Tee\n" * 60, encoding="utf-8")
    options = {"min_count": 1, "dim": 16, "epochs": 1, "threads": 1, "progress": False, "subsample": 0.0}
    model = embed.train(path, tokenizer="words", lowercase=True, subword=True, buckets=1000, **options)
    assert model.vectors.form == Form(normal=True, lowercase=True)
    assert model.averaged_vectors().form == model.vectors.form
    np.testing.assert_array_equal(model.vectors["CAFE\u0301"], model.vectors["café"])
    np.testing.assert_array_equal(model.vectors["UNBEKANNTE\u0301"], model.vectors["unbekannté"])
    embed.save_model(model, tmp_path / "model.embed")
    embed.save(model.vectors, tmp_path / "vectors.embed")
    embed.save(embed.load(tmp_path / "vectors.embed"), tmp_path / "copy.embed")
    for name in ("model", "vectors", "copy"):
        loaded = embed.load(tmp_path / f"{name}.embed")
        assert loaded.form == model.vectors.form
        np.testing.assert_array_equal(loaded["CAFE\u0301"], model.vectors["café"])


def test_suggestions_are_like_the_normal_form() -> None:
    lower = WordVectors(["éléphant", "tea"], MATRIX[:2], form=Form(normal=True, lowercase=True))
    with pytest.raises(MissingWordError, match="did you mean 'éléphant'"):
        lower.vector("E\u0301LE\u0301PHANTS")


PAIRS = [(DECOMPOSED, "bar", 3.0), ("tea", "bar", 2.0), ("น้\u2060ำ", "tea", 1.0), ("nothing", "tea", 0.5)]


def test_test_sets_are_covered_in_another_spelling(vectors: WordVectors) -> None:
    plain = SimilaritySet.from_pairs("s", [("café", "bar", 3.0), *PAIRS[1:2], ("น้ำ", "tea", 1.0), PAIRS[3]])
    odd = SimilaritySet.from_pairs("s", PAIRS)
    expected, found = evaluate(vectors, plain), evaluate(vectors, odd)
    assert found.scores == expected.scores
    assert found.results[0].to_dict() == expected.results[0].to_dict()
    assert found.results[0].to_dict()["covered"] == 3
    assert "looked up 2 words in another spelling" in found.table()
    assert "another spelling" not in expected.table()
    analogies = AnalogySet.from_sections("a", {"x": [(DECOMPOSED, "bar", "tea", "น้ำ")]})
    assert evaluate(vectors, analogies).results[0].to_dict()["covered"] == 1
    assert compare(vectors, vectors, odd, shared_vocabulary=True).rows[0].a.items == 3
    decomposed = WordVectors([DECOMPOSED, *WORDS[1:]], MATRIX)  # each model has the words in a spelling of its own
    for models in ((vectors, decomposed), (decomposed, vectors)):
        comparison = compare(*models, odd, shared_vocabulary=False)
        assert comparison.rows[0].a == comparison.rows[0].b
        assert comparison.rows[0].a.items == 3


def test_vectors_of_unknown_form_are_scored_as_before() -> None:
    class Plain:
        words, matrix = WORDS, MATRIX

        def can_compose(self, word: str) -> bool:
            return False

        def vector(self, word: str) -> np.ndarray:
            raise KeyError(word)

    result = evaluate(Plain(), SimilaritySet.from_pairs("s", PAIRS)).results[0].to_dict()
    assert result["covered"] == 1


def test_a_corpus_made_by_the_caller_says_in_which_form_its_words_are(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("Hello, World! Hello, Peter!\n" * 50)
    options = {"min_count": 1, "dim": 16, "epochs": 1, "threads": 1}
    model = embed.train(TextCorpus(path, tokenizer="words", lowercase=True), **options)
    assert model.vectors.form == Form(normal=True, lowercase=True)
    assert model.vectors.index("HELLO") == model.vectors.index("hello")
    assert model.config.tokenizer == "words"
    with pytest.raises(ConfigError, match="make the corpus with tokenizer='words'"):
        embed.train(TextCorpus(path), tokenizer="words", **options)
