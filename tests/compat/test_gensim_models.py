"""The models of embed.compat.gensim: what continuing, saving, locking and the two gradients mean."""

from __future__ import annotations

import copy
import io
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.compat.gensim import FastText, KeyedVectors, Word2Vec, load_facebook_model, save_facebook_model
from embed.compat.gensim.errors import ArgumentError, NotReadyError, SentencesError, WrongKindError
from embed.errors import AdviceWarning, ConfigError, FormatError
from embed.vocabulary.huffman import HuffmanTree

FRUIT, METAL = ["apple", "pear", "plum", "fig"], ["iron", "zinc", "lead", "tin"]


def sentences(count: int = 200) -> list[list[str]]:
    random = np.random.default_rng(1)
    return [list(random.permutation(topic)) for _ in range(count) for topic in (FRUIT, METAL)]


def small(**arguments: Any) -> Word2Vec:
    return Word2Vec(sentences(), **{"vector_size": 16, "min_count": 1, "workers": 1, "epochs": 10, **arguments})


@pytest.mark.parametrize(
    "arguments", [{"sg": 1}, {}, {"gradient": "historic"}, {"hs": 1, "negative": 0}, {"cbow_mean": 0}]
)
def test_topics_are_learnt(arguments: dict[str, Any]) -> None:
    model = small(epochs=40, alpha=0.1, **arguments)
    assert {word for word, _ in model.wv.most_similar("plum", topn=3)} == set(FRUIT) - {"plum"}


def test_the_exact_gradient_is_the_default_and_the_historic_one_is_asked_for() -> None:
    default, exact, historic = small(), small(gradient="exact"), small(gradient="historic")
    np.testing.assert_array_equal(default.wv.vectors, exact.wv.vectors)
    assert not np.allclose(exact.wv.vectors, historic.wv.vectors)
    with pytest.raises(ConfigError, match="gradient"):
        small(gradient="other")


def test_the_core_trains_as_embed_train_does() -> None:
    model = small(sg=1, alpha=0.03, min_alpha=0.001, negative=4, sample=0, seed=7)
    ours = embed.train(
        sentences(), objective="sg", dim=16, min_count=1, lr=0.03, min_lr=0.001, negatives=4, subsample=0, seed=7,
        threads=1, epochs=10,
    )  # fmt: skip
    np.testing.assert_array_equal([model.wv[word] for word in ours.vocabulary], ours.vectors.matrix)


def test_many_calls_of_train_draw_anew_each_time() -> None:
    model = small(epochs=1)
    parts = []
    for _ in range(3):
        before = model.wv.vectors.copy()
        model.train(sentences(), total_examples=1, epochs=1, start_alpha=1e-4, end_alpha=1e-4)
        parts.append(model.wv.vectors - before)
    assert model.epochs_trained == 4
    assert not np.allclose(parts[0], parts[1], atol=1e-7)


def test_update_keeps_what_was_learnt() -> None:
    for model in (small(), FastText(sentences(), vector_size=16, min_count=1, bucket=100, workers=1)):
        old = {word: model.wv[word].copy() for word in FRUIT}
        outputs = model.syn1neg[model.wv.get_index("fig")].copy()
        model.build_vocab([["fig", "grape"], ["grape", "fig"]], update=True)
        for word, vector in old.items():
            np.testing.assert_array_equal(model.wv[word], vector)
        np.testing.assert_array_equal(model.syn1neg[model.wv.get_index("fig")], outputs)
        assert model.wv.get_vecattr("fig", "count") == 202
        assert model.wv.get_vecattr("grape", "count") == 2
        assert "grape" in model.wv.key_to_index
        model.train([["fig", "grape"]] * 50, total_examples=50, epochs=2)
    with pytest.raises(NotReadyError, match="needs a vocabulary to add to"):
        Word2Vec().build_vocab(sentences(), update=True)


def test_vectors_may_be_changed_and_replaced() -> None:
    model = small(sample=0)
    model.wv.vectors[0] = 5
    assert model.parameters is not None
    assert (model.parameters.inputs[0, :16] == 5).all()
    model.wv.vectors = np.ones((8, 16), np.float32)
    model.train(sentences(1), total_examples=2, epochs=1, start_alpha=1e-6, end_alpha=1e-6)
    np.testing.assert_allclose(model.wv.vectors, 1, atol=1e-3)
    model.wv.add_vector("more", np.zeros(16))
    with pytest.raises(NotReadyError, match="build_vocab"):
        model.train(sentences(1), total_examples=2, epochs=1)


def test_a_copied_model_trains_by_itself() -> None:
    for model in (small(), FastText(sentences(), vector_size=16, min_count=1, bucket=50, workers=1)):
        copied = copy.deepcopy(model)
        before = model.wv.vectors.copy()
        copied.train(sentences(), total_examples=400, epochs=1)
        assert not np.allclose(copied.wv.vectors, before)
        np.testing.assert_array_equal(model.wv.vectors, before)


def test_locked_vectors_stay() -> None:
    model = small()
    before = model.wv.vectors.copy()
    model.wv.vectors_lockf = np.ones(8, np.float32)
    model.wv.vectors_lockf[3] = 0
    model.train(sentences(), total_examples=400, epochs=1)
    changed = (model.wv.vectors != before).any(axis=1)
    assert changed.tolist() == [row != 3 for row in range(8)]


def test_intersect_takes_vectors_over_and_locks_them(tmp_path: Path) -> None:
    other = KeyedVectors(16)
    other.add_vectors(["fig", "grape"], np.ones((2, 16)))
    for binary in (False, True):
        other.save_word2vec_format(tmp_path / "v", binary=binary)
        model = small()
        assert model.wv.intersect_word2vec_format(tmp_path / "v", binary=binary) == 1
        model.train(sentences(20), total_examples=40, epochs=1)
        np.testing.assert_array_equal(model.wv["fig"], 1)


@pytest.mark.parametrize("sg", [0, 1])
def test_negative_sampling_and_hierarchical_softmax_learn_at_once(sg: int) -> None:
    both = small(hs=1, negative=5, sg=sg, sample=0)
    assert both.syn1.any()
    assert both.syn1neg.any()
    assert not both.syn1[-1].any()  # a tree of 8 words has 7 nodes
    one = small(sg=sg, sample=0)
    assert both.get_latest_training_loss() > 1.5 * one.get_latest_training_loss()
    assert not np.allclose(both.wv.vectors, one.wv.vectors)


def test_a_lock_factor_slows_a_row_down() -> None:
    moved = []
    for factor in (1.0, 0.5, 0.1):
        model = small(sg=1, sample=0)
        before = model.wv.vectors.copy()
        model.wv.vectors_lockf = np.ones(8, np.float32)
        model.wv.vectors_lockf[3] = factor
        model.train(sentences(20), total_examples=40, epochs=1, start_alpha=1e-3, end_alpha=1e-3)
        moved.append(np.linalg.norm(model.wv.vectors - before, axis=1)[[2, 3]])
    (free, full), (same, half), (_, tenth) = moved
    assert same == pytest.approx(free, rel=0.05)
    assert [half / full, tenth / full] == pytest.approx([0.5, 0.1], rel=0.1)  # its gradient shrinks later
    model.wv.vectors_lockf[3] = -1
    with pytest.raises(ConfigError, match="lock factors must be finite"):
        model.train(sentences(20), total_examples=40, epochs=1)


@pytest.mark.parametrize("workers", [1, 2])
def test_locked_n_grams_stay(workers: int) -> None:
    model = FastText(sentences(), vector_size=16, min_count=1, bucket=50, workers=workers)
    words, n_grams = model.wv.vectors_vocab.copy(), model.wv.vectors_ngrams.copy()
    model.wv.vectors_ngrams_lockf = (np.arange(50) % 3 > 0).astype(np.float32)
    model.train(sentences(), total_examples=400, epochs=1)
    changed = (model.wv.vectors_ngrams != n_grams).any(axis=1)
    assert not changed[::3].any()
    assert changed.sum() > 10
    assert (model.wv.vectors_vocab != words).any(axis=1).all()


def test_huffman_paths_are_short_for_frequent_words_and_unique() -> None:
    counts = np.array([50, 20, 10, 5, 3, 2], np.int64)
    tree = HuffmanTree.from_counts(counts)
    lengths = np.diff(tree.offsets)
    assert (np.diff(lengths) >= 0).all()
    assert (2.0 ** -lengths.astype(float)).sum() == 1  # Kraft: no path is missing and none is double
    assert int((lengths * counts).sum()) == 50 * 1 + 20 * 2 + 10 * 3 + 5 * 4 + 3 * 5 + 2 * 5


def test_saved_models_go_on_as_if_they_had_not_been(tmp_path: Path) -> None:
    for model in (
        small(sg=1),
        small(hs=1, negative=0),
        FastText(sentences(), vector_size=16, min_count=1, bucket=50, workers=1),
    ):
        path = tmp_path / "model.embed"
        model.save(path)
        loaded = type(model).load(path)
        assert str(loaded) == str(model)
        np.testing.assert_array_equal(loaded.wv.vectors, model.wv.vectors)
        for either in (model, loaded):
            either.train(sentences(), total_examples=400, epochs=2)
        np.testing.assert_array_equal(loaded.wv.vectors, model.wv.vectors)
        assert loaded.wv.get_vecattr("fig", "count") == 200
    with pytest.raises(WrongKindError, match="FastText"):
        Word2Vec.load(tmp_path / "model.embed")
    with pytest.raises(AttributeError, match="on the class"):
        model.load(tmp_path / "model.embed")


class _Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (os.abort, ())


def test_pickles_are_refused_and_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "old.model"
    path.write_bytes(pickle.dumps(_Bomb()))
    for kind in (Word2Vec, FastText, KeyedVectors):
        with pytest.raises(FormatError, match="save_word2vec_format"):
            kind.load(path)
    with pytest.raises(FileNotFoundError):
        Word2Vec.load(tmp_path / "missing")


def test_fasttext_files_go_there_and_back(tmp_path: Path) -> None:
    model = FastText(sentences(), vector_size=16, min_count=1, bucket=50, workers=1, sg=1)
    save_facebook_model(model, tmp_path / "model.bin")
    loaded = load_facebook_model(tmp_path / "model.bin")
    for word in ("fig", "figs", "никогда"):
        np.testing.assert_array_equal(loaded.wv[word], model.wv[word])
    np.testing.assert_array_equal(loaded.syn1neg, model.syn1neg)
    assert loaded.gradient == "historic"
    loaded.train(sentences(), total_examples=400, epochs=1)


def test_a_fasttext_file_of_two_losses_holds_one(tmp_path: Path) -> None:
    model = FastText(sentences(), vector_size=16, min_count=1, bucket=50, workers=1, hs=1, negative=5)
    with pytest.warns(AdviceWarning, match=r"m\.bin: fastText's layout holds the output vectors of one loss"):
        save_facebook_model(model, tmp_path / "m.bin")
    loaded = load_facebook_model(tmp_path / "m.bin")
    assert (loaded.hs, loaded.negative) == (1, 0)
    np.testing.assert_array_equal(loaded.syn1, model.syn1)


def test_callbacks_see_every_epoch() -> None:
    seen: list[Any] = []

    class Watch:
        def __getattr__(self, event: str) -> Any:
            return lambda model: seen.append((event, model.get_latest_training_loss()))

    small(epochs=2, callbacks=[Watch()])
    assert [event for event, _ in seen] == [
        "on_train_begin", "on_epoch_begin", "on_epoch_end", "on_epoch_begin", "on_epoch_end", "on_train_end",
    ]  # fmt: skip
    losses = [loss for _, loss in seen]
    assert losses[0] == 0 < losses[2] < losses[4] == losses[5]


def test_old_names_warn_and_unknown_ones_are_errors() -> None:
    with (
        pytest.warns(DeprecationWarning, match="size is now called vector_size: use vector_size"),
        pytest.warns(DeprecationWarning, match="iter is now called epochs: use epochs"),
    ):
        model = Word2Vec(size=7, iter=3)
    assert (model.vector_size, model.epochs) == (7, 3)
    with pytest.warns(DeprecationWarning, match="sentences"):
        model.build_vocab(sentences=sentences())
    with pytest.raises(ArgumentError, match="'siez'"):
        Word2Vec(siez=7)


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        (SentencesError, {"sentences": ["a sentence", "another"]}),
        (TypeError, {"sentences": [[1, [2]], [3]]}),
        (ArgumentError, {"sentences": (words for words in [["a"]])}),
        (ArgumentError, {"corpus_file": "nowhere.txt"}),
        (ArgumentError, {"sentences": [["a"]], "corpus_file": __file__}),
        (NotReadyError, {"sentences": [["a"]], "min_count": 2}),
        (ConfigError, {"sentences": [["a", "b"]], "min_count": 1, "hs": 0, "negative": 0}),
        (ConfigError, {"window": 0}),
        (ConfigError, {"null_word": 1}),
        (ConfigError, {"sentences": [["a", "b"]], "min_count": 1, "alpha": 0.01, "min_alpha": 0.02}),
    ],
)
def test_bad_arguments_are_told(error: type[Exception], arguments: dict[str, Any]) -> None:
    with pytest.raises(error):
        Word2Vec(**{"workers": 1, **arguments})


def test_corpus_files_and_sentences_train_alike(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("\n".join(" ".join(words) for words in sentences()) + "\n")
    from_file = Word2Vec(corpus_file=path, vector_size=16, min_count=1, workers=1, epochs=10)
    model = small()
    assert (from_file.corpus_count, from_file.corpus_total_words) == (400, 1600)
    assert (model.corpus_count, model.corpus_total_words) == (400, 1600)
    np.testing.assert_array_equal(from_file.wv.vectors, model.wv.vectors)
    path.write_text("a b\nb a")
    assert Word2Vec().scan_vocab(corpus_file=path) == (4, 2)


def test_trim_rules_and_limits_choose_the_words() -> None:
    model = Word2Vec(vector_size=4, min_count=2)
    model.build_vocab([["a"] * 5, ["b"] * 3, ["c"] * 3, ["d"]], trim_rule=lambda w, n, m: {"a": 1, "d": 2}.get(w, 0))
    assert model.wv.index_to_key == ["b", "c", "d"]
    model = Word2Vec(vector_size=4, min_count=1, max_final_vocab=2)
    model.build_vocab([["a"] * 5, ["b"] * 3, ["c"] * 3, ["d"]])
    assert model.wv.index_to_key == ["a"]  # b and c are equally frequent: both or neither
    model = Word2Vec(vector_size=4, min_count=1, sorted_vocab=0)
    model.build_vocab([["rare", "often", "often"]])
    assert model.wv.index_to_key == ["rare", "often"]


def test_predictions_fit_the_context() -> None:
    model = small(epochs=30)
    predicted = model.predict_output_word(["apple", "pear", "plum"], topn=8)
    assert predicted is not None
    assert predicted[0][0] in FRUIT
    assert sum(probability for _, probability in predicted) == pytest.approx(1)
    assert model.predict_output_word(["unheard"]) is None


def test_a_line_sentence_reads_files_and_handles(tmp_path: Path) -> None:
    from embed.compat.gensim import LineSentence, PathLineSentences

    assert list(LineSentence(io.BytesIO("a b\nć\n".encode()))) == [["a", "b"], ["ć"]]
    (tmp_path / "1.txt").write_text("a b c\n")
    (tmp_path / "2.txt").write_text("d\ne\n")
    assert list(LineSentence(tmp_path / "1.txt", max_sentence_length=2)) == [["a", "b"], ["c"]]
    assert list(PathLineSentences(tmp_path, limit=1)) == [["a", "b", "c"], ["d"]]
