"""Odd calls of gensim's stand-in: each ends in one sentence, of a class that code for gensim catches."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.compat.gensim import FastText, KeyedVectors, LineSentence, Phrases, Word2Vec
from embed.errors import ConfigError, CorpusError, EmbedError, FormatError

SENTENCES = [["human", "interface", "computer"], ["graph", "trees", "minors"]] * 20
SMALL: dict[str, Any] = {"vector_size": 16, "min_count": 1, "workers": 1, "epochs": 1, "sample": 0}


@pytest.mark.parametrize("model", [Word2Vec, FastText])
@pytest.mark.parametrize(
    "once", [lambda: (s for s in SENTENCES), lambda: map(list, SENTENCES), lambda: iter(SENTENCES), lambda: zip("ab")]
)
def test_sentences_that_can_be_read_once_are_refused_as_such(model: Any, once: Callable[[], Any]) -> None:
    """All but generators were read to their end while words were counted, and the corpus was called empty."""
    with pytest.raises(TypeError, match=f"a {type(once()).__name__} can be read only once"):
        model(once(), **SMALL)
    waiting = model(**SMALL)
    waiting.build_vocab(SENTENCES)
    sentences = iter(SENTENCES)
    assert waiting.train(sentences, total_examples=waiting.corpus_count, epochs=1)[1] == 120
    with pytest.raises(TypeError, match="read to its end"):
        waiting.train(sentences, total_examples=waiting.corpus_count, epochs=1)


def test_no_word_that_is_frequent_enough_is_said_with_the_most_frequent_one() -> None:
    with pytest.raises(RuntimeError, match=r"occurs min_count=100 times: lower min_count.*'human', occurs 20 times"):
        Word2Vec(SENTENCES, vector_size=16, min_count=100, workers=1)
    with pytest.raises(RuntimeError, match="trim_rule"):
        Word2Vec(SENTENCES, trim_rule=lambda *_: 1, **SMALL)
    with pytest.raises(RuntimeError, match="call build_vocab first"):
        Word2Vec(**SMALL).train(SENTENCES, total_examples=1, epochs=1)
    with pytest.raises(RuntimeError, match="the corpus is empty"):
        Word2Vec([], **SMALL)


def test_a_text_file_is_split_at_all_white_space_of_unicode(tmp_path: Path) -> None:
    """`corpus_file` was split at ASCII white space alone, and a line of no-break spaces was one word."""
    spaces = [chr(code) for code in range(0x110000) if chr(code).isspace() and chr(code) != "\n"]
    path = tmp_path / "text.txt"
    path.write_bytes("".join(f"a{space}ab\u200b{space}b\n" for space in spaces).encode() * 3)
    expected = {word: 3 * len(spaces) for word in ("a", "ab\u200b", "b")}
    for more in ({}, {"max_vocab_size": 1000}):
        model = Word2Vec(corpus_file=path, **SMALL, **more)
        assert {word: model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key} == expected
        assert model.corpus_total_words == 9 * len(spaces)
    same = Word2Vec(LineSentence(path), **SMALL)
    assert same.wv.index_to_key == model.wv.index_to_key
    np.testing.assert_array_equal(same.wv.vectors, model.wv.vectors)


def test_words_that_cannot_be_counted_are_named() -> None:
    for word, message in (("\ud83d", "a lone surrogate"), ("x" * 2_000_000, "longer than")):
        with pytest.raises(CorpusError, match=message):
            Word2Vec([["a", word, "b"]] * 10, **SMALL)


def test_a_file_object_in_place_of_a_path_is_told_so(tmp_path: Path) -> None:
    model = Word2Vec(SENTENCES, **SMALL)
    for wrong in (io.BytesIO(), None, 5):
        for call in (
            model.save,
            model.wv.save,
            model.wv.save_word2vec_format,
            Phrases(SENTENCES).save,
            Word2Vec.load,
            KeyedVectors.load,
            KeyedVectors.load_word2vec_format,
            Phrases.load,
        ):
            with pytest.raises(TypeError, match="path") as caught:
                call(wrong)
            assert isinstance(caught.value, EmbedError)


def test_iterators_are_read_once_by_the_own_interface() -> None:
    found = embed.train(iter(SENTENCES), dim=16, min_count=1, epochs=2, threads=1, progress=False)
    assert len(found.vocabulary) == 6
    with pytest.raises(CorpusError, match="at least 100 times"):
        embed.train(SENTENCES, dim=16, min_count=100, progress=False)


@pytest.mark.parametrize("name", ["vector_size", "epochs", "window", "alpha", "negative", "seed", "workers"])
def test_arguments_that_are_no_numbers_are_named_as_gensim_does(name: str) -> None:
    with pytest.raises(TypeError, match=f"{name} must be a number, not 'many'"):
        Word2Vec(**{name: "many"})


def test_bounds_are_told_by_gensims_names() -> None:
    for name, value in (("vector_size", 0), ("ns_exponent", float("nan")), ("negative", -1)):
        with pytest.raises(ConfigError, match=rf"^{name} must be"):
            Word2Vec(**{name: value})


def test_a_callback_that_is_none_is_told_before_training() -> None:
    model = Word2Vec(**SMALL)
    model.build_vocab(SENTENCES)
    with pytest.raises(TypeError, match="the callback object has no on_train_begin: derive it from CallbackAny2Vec"):
        model.train(SENTENCES, total_examples=40, epochs=1, callbacks=[object()])


def test_word_pairs_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    vectors = Word2Vec(SENTENCES, **SMALL).wv
    with pytest.raises(FormatError, match="cannot read the word pairs") as caught:
        vectors.evaluate_word_pairs(tmp_path / "nothing.tsv")
    assert isinstance(caught.value, FileNotFoundError)
    (tmp_path / "latin.tsv").write_bytes("caf\xe9\ttea\t1\n".encode("latin-1"))
    with pytest.raises(FormatError, match="set encoding, such as encoding='latin-1'"):
        vectors.evaluate_word_pairs(tmp_path / "latin.tsv")
    with pytest.raises(EmbedError, match="one of the lists is empty") as empty:
        vectors.n_similarity([], ["human"])
    assert isinstance(empty.value, ZeroDivisionError)
