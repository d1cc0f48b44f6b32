"""What programs for gensim rely on besides words: other tokens, no seed, scalars, steps that they override, the log."""

from __future__ import annotations

import inspect
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.compat import gensim as ours
from embed.compat.gensim import Doc2Vec, FastText, FastTextKeyedVectors, KeyedVectors, Phrases, TaggedDocument, Word2Vec
from embed.compat.gensim.errors import ArgumentError, NotReadyError
from embed.errors import ConfigError, EmbedError, FormatError

SMALL: dict[str, Any] = {"vector_size": 16, "min_count": 1, "workers": 1, "sample": 0, "epochs": 2}
WALKS = [[1, 2, 3, 12], [2, 12, 5, 1]] * 20


def test_numbers_are_tokens_and_train_as_their_names_do(tmp_path: Path) -> None:
    walks = [np.array(walk) for walk in WALKS]
    model = Word2Vec(walks, **SMALL)
    named = Word2Vec([list(map(str, walk)) for walk in WALKS], **SMALL)
    assert model.wv.index_to_key == [int(key) for key in named.wv.index_to_key]
    np.testing.assert_array_equal(model.wv.vectors, named.wv.vectors)
    np.testing.assert_array_equal(model.wv[12], named.wv["12"])
    assert model.wv.most_similar(12, topn=2) == [(int(key), c) for key, c in named.wv.most_similar("12", topn=2)]
    assert 12 in model.wv
    assert 4 not in model.wv.key_to_index
    model.save(tmp_path / "m")
    loaded = Word2Vec.load(tmp_path / "m")
    assert loaded.wv.index_to_key == model.wv.index_to_key
    assert loaded.train(WALKS, total_examples=40, epochs=1)[0] == 160
    loaded.build_vocab([[7, 7]], update=True)
    assert loaded.wv.index_to_key[-1] == 7
    assert set(embed.load(tmp_path / "m").words) == {"1", "2", "3", "5", "12"}
    model.wv.save(tmp_path / "kv")
    assert KeyedVectors.load(tmp_path / "kv").index_to_key == model.wv.index_to_key


def test_tokens_are_any_keys_of_a_dict(tmp_path: Path) -> None:
    nodes = [("a", 1), frozenset("xy"), 3, "3", b"3", "\x000"]
    model = Word2Vec([nodes, [3.0, True, 1]] * 10, trim_rule=None, **SMALL)
    assert set(model.wv.index_to_key) == {*nodes, 1}
    assert model.wv.get_vecattr(3, "count") == 20
    assert ("a", 1) in model.wv
    assert ("b", 1) not in model.wv
    assert model.wv.get_vector(("a", 1)).shape == (16,)
    counted = Word2Vec(max_vocab_size=100, **SMALL)
    counted.build_vocab([nodes] * 2)
    assert set(counted.wv.index_to_key) == set(nodes)
    counted.build_vocab([nodes] * 3, trim_rule=lambda word, *_: 2 if word == 3 else 1)
    assert counted.wv.index_to_key == [3]
    with pytest.raises(FormatError, match=r"cannot save the key .*: keys in a file are strings or whole numbers"):
        model.save(tmp_path / "m")
    documents = [TaggedDocument(walk, [row]) for row, walk in enumerate(WALKS)]
    found = Doc2Vec(documents, **SMALL)
    assert found.infer_vector([1, 2]).any()
    with pytest.raises(FormatError, match="duplicate word '3'"):
        Word2Vec([[3, "3"]] * 5, **SMALL).save(tmp_path / "m")


@pytest.mark.parametrize("token", [None, float("nan"), ["a"], {}, np.zeros(2)])
def test_missing_values_and_what_is_not_hashable_are_named(token: Any) -> None:
    with pytest.raises(TypeError, match=r"sentence 2, word 2 is .*, but a word is a string, a whole number or another"):
        Word2Vec([["a", 1], ["b", token]], **SMALL)
    with pytest.raises(TypeError, match="word 1 is int"):
        FastText([[1, 2]], **SMALL)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [([9], "index"), ([1, 2], "'02' is not how"), (["x"], "indices"), ([0], "invalid literal"), (5, "int")],
)
def test_keys_of_a_file_that_are_not_numbers_are_refused(rows: Any, reason: str, tmp_path: Path) -> None:
    from embed.formats import _safetensors

    vectors = KeyedVectors(2)
    vectors.add_vectors(["a", 2, "02"], [[1, 2], [3, 4], [5, 6]])
    vectors.save(tmp_path / "v")
    arrays, metadata = _safetensors.read_mapped(tmp_path / "v")
    _safetensors.write(tmp_path / "bad", arrays, {**metadata, "number_keys": json.dumps({"rows": rows})})
    with pytest.raises(FormatError, match=f"damaged: the keys that are whole numbers .*{reason}"):
        KeyedVectors.load(tmp_path / "bad")


def test_no_seed_draws_one_that_the_log_tells(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    first, second = (Word2Vec(WALKS, seed=None, **SMALL) for _ in range(2))
    assert first.seed is None
    assert not np.array_equal(first.wv.vectors, second.wv.vectors)
    told = [int(line.rpartition(" ")[2]) for line in caplog.messages if line.startswith("seed is None: drew the seed")]
    assert told == [first.seed_of_draws(), second.seed_of_draws()]
    np.testing.assert_array_equal(Word2Vec(WALKS, seed=told[0], **SMALL).wv.vectors, first.wv.vectors)
    first.seed = None  # fastnode2vec sets it after the constructor
    first.train(WALKS, total_examples=40, epochs=1)
    first.save(tmp_path / "m")
    assert Word2Vec.load(tmp_path / "m").seed is None
    FastText([["a", "b"]] * 5, seed=None, bucket=10, **SMALL)
    Doc2Vec([TaggedDocument(["a", "b"], [0])] * 5, seed=None, **SMALL).infer_vector(["a"])


def test_scalars_are_numpys() -> None:
    vectors = Word2Vec(WALKS, hs=1, **SMALL).wv
    for scalar in (
        vectors.similarity(1, 2),
        vectors.distance(1, 2),
        vectors.n_similarity([1], [2, 3]),
        vectors.relative_cosine_similarity(1, 2, topn=2),
        vectors.rank_by_centrality([1, 2, 3])[0][0],
    ):
        assert type(scalar) is np.float32
        assert isinstance(scalar.item(), float)
    assert type(vectors.most_similar(1)[0][1]) is float


def test_words_know_their_way_in_the_tree() -> None:
    vectors = Word2Vec(WALKS, hs=1, **SMALL).wv
    codes = {tuple(vectors.get_vecattr(key, "code").tolist()) for key in vectors.index_to_key}
    assert len(codes) == len(vectors)
    assert {vectors.get_vecattr(key, "point")[0] for key in vectors.index_to_key} == {len(vectors) - 2}
    with pytest.raises(KeyError, match="no attribute 'code'"):
        Word2Vec(WALKS, **SMALL).wv.get_vecattr(1, "code")


# steps of the training that subclasses override


class Walker(Word2Vec):
    """Makes its walks while it trains, as fastnode2vec does."""

    def _do_train_job(self, sentences: Any, alpha: float, inits: Any) -> tuple[int, int]:
        return super()._do_train_job([[word, word + 1] * 3 for (word,) in sentences], alpha, inits)


class Doubling(Word2Vec):
    def _scan_vocab(self, sentences: Any, progress_per: int, trim_rule: Any) -> tuple[int, int]:
        return super()._scan_vocab([list(sentence) * 2 for sentence in sentences], progress_per, trim_rule)


def test_sentences_that_a_subclass_hands_on_are_trained(caplog: pytest.LogCaptureFixture) -> None:
    arguments = {**SMALL, "epochs": 1, "batch_words": 5}
    walker, plain = Walker(**arguments), Word2Vec(**arguments)
    for model in (walker, plain):
        model.build_vocab([[number] for number in range(9)])
    assert walker.train([[number] for number in range(8)] * 5, total_examples=40, epochs=1) == (240, 240)
    plain.train([[n, n + 1] * 3 for n in range(8)] * 5, total_examples=40, epochs=1)
    np.testing.assert_array_equal(walker.wv.vectors, plain.wv.vectors)
    assert not caplog.records
    walker.train([[1]] * 9, total_examples=9, epochs=2)
    assert "Walker._do_train_job is called once for each sentence, not once in each of the 2 epochs" in caplog.text
    assert Doubling([["a", "b"]] * 5, **SMALL).corpus_total_words == 20


def test_steps_that_do_not_exist_are_refused() -> None:
    def hands_nothing(self: Any, sentences: Any, alpha: float, inits: Any) -> tuple[int, int]:
        return 1, 1

    def other_rate(self: Any, sentences: Any, alpha: float, inits: Any) -> tuple[int, int]:
        return Word2Vec._do_train_job(self, sentences, alpha / 2, inits)

    for step in ("_do_train_epoch", "init_weights", "_worker_loop"):
        with pytest.raises(NotImplementedError, match=rf"Mine\.{step} overrides a step of gensim's training that this"):
            type("Mine", (Word2Vec,), {step: lambda *_: None})()
    with pytest.raises(NotImplementedError, match=r"Mine\._do_train_job overrides"):
        type("Mine", (Doc2Vec,), {"_do_train_job": hands_nothing})()
    with pytest.raises(NotReadyError, match=r"Mine\._do_train_job does not call super\(\)\._do_train_job"):
        type("Mine", (Word2Vec,), {"_do_train_job": hands_nothing})(WALKS, **SMALL)
    with pytest.raises(ConfigError, match=r"Mine\._do_train_job hands on the learning rate 0\.0125"):
        type("Mine", (Word2Vec,), {"_do_train_job": other_rate})(WALKS, **SMALL)
    with pytest.raises(EmbedError, match="is a part of train: call train"):
        Word2Vec(**SMALL)._do_train_job(WALKS, 0.025, None)


def test_ngrams_of_ones_own_are_refused() -> None:
    """pyRDF2Vec's FastText was trained with the n-grams of letters, and asked for others."""
    model = FastText(bucket=10, **SMALL)
    model.wv = type("Mine", (FastTextKeyedVectors,), {"recalc_char_ngram_buckets": lambda self: None})(16, bucket=10)
    with pytest.raises(NotImplementedError, match=r"Mine\.recalc_char_ngram_buckets gives words other n-grams"):
        model.build_vocab([["a", "b"]] * 5)


def test_a_bag_of_words_needs_no_window() -> None:
    """karateclub's Graph2Vec gives 0."""
    documents = [TaggedDocument(["a", "b", "c"], [row]) for row in range(5)]
    assert Doc2Vec(documents, dm=0, window=0, **SMALL).dv.vectors.shape == (5, 16)
    with pytest.raises(ConfigError, match="window must be at least 1"):
        Doc2Vec(documents, window=0, **SMALL)


class Rated(Word2Vec):
    def __init__(self, rate: float, walks: Any = None) -> None:
        super().__init__(walks, alpha=rate, **SMALL)


def test_a_subclass_is_saved_as_its_stand_in(tmp_path: Path) -> None:
    model = Rated(0.1, WALKS)
    model.save(tmp_path / "m")
    for cls in (Word2Vec, Rated):
        loaded = cls.load(tmp_path / "m")
        assert type(loaded) is cls
        assert loaded.alpha == 0.1
        np.testing.assert_array_equal(loaded.wv.vectors, model.wv.vectors)


# the log


def test_what_gensim_logs_is_logged_at_info(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    caplog.set_level(logging.INFO)
    model = Word2Vec(**SMALL)
    model.build_vocab([["a", "b", "c"]] * 30, progress_per=10)
    model.train([["a", "b", "c"]] * 30, total_examples=30, epochs=1)
    model.save(tmp_path / "m")
    Word2Vec.load(tmp_path / "m")
    model.wv.save_word2vec_format(tmp_path / "v")
    KeyedVectors.load_word2vec_format(tmp_path / "v")
    Phrases([["a", "b"]] * 30, progress_per=10).export_phrases()
    Doc2Vec([TaggedDocument(["a", "b"], [0])] * 30, **SMALL)
    by_logger: dict[str, str] = {}
    for record in caplog.records:
        by_logger[record.name] = by_logger.get(record.name, "") + record.getMessage() + "\n"
    of_words = by_logger["gensim.models.word2vec"]
    for part in (
        "created Word2Vec<vocab=0",
        "PROGRESS: at sentence #20, processed 60 words, keeping 3 word types",
        "collected 3 word types from a corpus of 90 raw words and 30 sentences",
        "retains 3 unique words (100.00% of original 3, drops 0)",
        "leaves 90 word corpus (100.00% of original 90, drops 0)",
        "sample=0 downsamples 0 most-common words",
        "estimated required memory for 3 words and 16 dimensions: 384 bytes",
        "resetting layer weights",
        "training model with 1 workers on 3 vocabulary",
        "EPOCH 0: training on 90 raw words (90 effective words)",
        f"saved {tmp_path / 'm'}",
        "loaded Word2Vec<vocab=3",
    ):
        assert part in of_words, part
    assert "storing 3x16 projection weights" in by_logger["gensim.models.keyedvectors"]
    assert "loaded (3, 16) matrix of type float32" in by_logger["gensim.models.keyedvectors"]
    assert "PROGRESS: at sentence #10, processed 20 words and 3 word types" in by_logger["gensim.models.phrases"]
    assert "1 unique tags from a corpus of 30 examples and 60 words" in by_logger["gensim.models.doc2vec"]


def test_arguments_that_gensim_takes_and_ignores() -> None:
    with pytest.raises(ArgumentError, match="seed must be a number"):
        Word2Vec(seed="many")  # type: ignore[arg-type]


def test_arguments_are_gensims() -> None:
    """A program that gives an argument by its name, or in gensim's order, gets past every signature."""
    gensim = pytest.importorskip("gensim.models")
    from gensim.models import fasttext, phrases, word2vec

    pairs = [
        (gensim.Word2Vec, Word2Vec),
        (gensim.FastText, FastText),
        (gensim.Doc2Vec, Doc2Vec),
        (gensim.KeyedVectors, KeyedVectors),
        (fasttext.FastTextKeyedVectors, FastTextKeyedVectors),
        (phrases.Phrases, Phrases),
        (phrases.FrozenPhrases, ours.FrozenPhrases),
        (word2vec.LineSentence, ours.LineSentence),
        (word2vec.PathLineSentences, ours.PathLineSentences),
        (word2vec.Text8Corpus, ours.models.word2vec.Text8Corpus),
    ]
    others = {"get_vector", "load"}  # the name of their first argument differs
    for theirs, own in pairs:
        for name in [name for name in vars(theirs) if not name.startswith("_") or name == "__init__"]:
            wanted, found = getattr(theirs, name), getattr(own, name, None)
            if name in others or found is None or not callable(wanted):
                continue
            arguments = [
                name
                for name, parameter in inspect.signature(wanted).parameters.items()
                if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
            ]
            assert [name for name in inspect.signature(found).parameters if name in arguments] == arguments, (own, name)
