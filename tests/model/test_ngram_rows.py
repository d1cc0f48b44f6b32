"""Only buckets that an n-gram of the vocabulary falls in have rows, and nothing else changes by that."""

from __future__ import annotations

import dataclasses
import itertools
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed import Model, formats
from embed.checkpoints import checkpoint_file
from embed.compat.gensim import FastText
from embed.compat.gensim.fasttext_vectors import FastTextKeyedVectors
from embed.config import TrainConfig
from embed.errors import ConfigError, MissingWordError
from embed.formats import fasttext_bin, fasttext_model
from embed.formats.fasttext_file import Arguments, FastTextFile
from embed.formats.quantized import save_quantized
from embed.model.parameters import Parameters
from embed.training.continue_training import model_of, transfer
from embed.vectors.alignment import turned
from embed.vectors.pruning import prune_ngrams
from embed.vectors.quantize import quantizer
from embed.vocabulary.ngrams import SubwordScheme
from embed.vocabulary.vocabulary import Vocabulary

TEXT = [["night", "nightly", "day"], ["daily", "night", "today"], ["day", "nightly", "straße"]] * 40
SETTINGS: dict[str, Any] = {"dim": 16, "min_count": 1, "epochs": 2, "threads": 1, "subsample": 0, "subword": True}
BIG = 2_000_000


def trained(hash_count: int = 0, **settings: Any) -> Model:
    return embed.train(TEXT, **SETTINGS, hash_count=hash_count, **settings)


def test_rows_begin_and_learn_as_they_did_among_all(monkeypatch: pytest.MonkeyPatch) -> None:
    few = trained(buckets=500)
    empty = Parameters.empty.__func__  # type: ignore[attr-defined]

    def whole(cls: type[Parameters], vocabulary: Vocabulary, config: TrainConfig, *_: Any, **__: Any) -> Parameters:
        return empty(cls, vocabulary, config, np.arange(500, dtype=np.int32))

    monkeypatch.setattr(Parameters, "empty", classmethod(whole))
    every = trained(buckets=500)
    words = len(few.vocabulary)
    assert every.input.shape == (words + 500, 16)
    assert few.input.shape == (words + len(few.parameters.buckets), 16)
    assert len(few.parameters.buckets) < 150
    np.testing.assert_array_equal(few.vectors.matrix, every.vectors.matrix)
    np.testing.assert_array_equal(few.input, every.input[np.append(np.arange(words), words + few.parameters.buckets)])
    assert [record.loss for record in few.history] == [record.loss for record in every.history]


@pytest.mark.parametrize("hash_count", [0, 2])
@pytest.mark.parametrize("kind", ["vectors", "model", "int8"])
def test_files_hold_no_other_rows(kind: str, hash_count: int, tmp_path: Path) -> None:
    model, path = trained(hash_count, buckets=BIG), tmp_path / "m.embed"
    if kind == "model":
        embed.save_model(model, path)
    elif kind == "vectors":
        embed.save(model.vectors, path)
    else:
        save_quantized(model.vectors, path, quantizer("int8"))
    assert path.stat().st_size < 60_000
    found = embed.load(path)
    for word in ("night", "daynight", "straßen"):
        np.testing.assert_allclose(found[word], model.vectors[word], atol=0 if kind != "int8" else 0.01)
    if kind == "model":
        again = embed.load_model(path)
        np.testing.assert_array_equal(again.input, model.input)
        np.testing.assert_array_equal(again.parameters.buckets, model.parameters.buckets)


def test_ngrams_that_were_never_trained_count_as_zeros_in_an_unknown_word() -> None:
    vectors = trained(buckets=BIG).vectors
    assert vectors.subwords is not None
    ngrams = vectors.subwords.scheme.ngrams("nightqqq")
    found = vectors.subwords.rows_of(vectors.subwords.scheme.buckets_of("nightqqq"))
    np.testing.assert_array_equal(found >= 0, ["q" not in ngram for ngram in ngrams])
    mean = vectors.subwords.matrix[found[found >= 0]].sum(axis=0) / len(found)
    np.testing.assert_allclose(vectors["nightqqq"], mean, rtol=1e-5)
    assert not vectors.can_compose("qqqq")
    with pytest.raises(MissingWordError, match="'qqqq' is not in the vocabulary and shares no n-gram with it"):
        vectors.vector("qqqq")


@pytest.mark.parametrize("postprocess", ["none", "abtt:1"])
@pytest.mark.parametrize("hash_count", [0, 2])
def test_every_path_gives_an_unknown_word_the_vector_of_a_table_with_a_row_for_each_bucket(
    hash_count: int, postprocess: str, tmp_path: Path
) -> None:
    model = trained(hash_count, buckets=300, postprocess=postprocess)
    vectors, bare = model.vectors, "floret" if hash_count else "fasttext"
    assert vectors.subwords is not None
    table = np.zeros((300, 16), np.float32)
    table[vectors.subwords.kept] = vectors.subwords.matrix
    embed.save_model(model, tmp_path / "model.embed")
    embed.save(vectors, tmp_path / "vectors.embed")
    embed.save(vectors, tmp_path / "bare", format=bare)
    embed.save(embed.load(tmp_path / "bare"), tmp_path / "again.embed")
    paths = {path.name: embed.load(path) for path in sorted(tmp_path.iterdir())} | {"memory": vectors}
    paths["turned"] = turned(vectors, np.eye(16))
    if not hash_count:
        paths["pruned"] = prune_ngrams(vectors)
        paths["gensim"] = FastTextKeyedVectors.from_word_vectors(vectors)
        paths["back from gensim"] = paths["gensim"].to_word_vectors()
    for word in ("nightqqq", "straßen", "daynight", "neu"):
        mean = table[vectors.subwords.scheme.buckets_of(word)].mean(axis=0)
        assert mean.any()
        for name, found in paths.items():
            np.testing.assert_allclose(found[word], mean, atol=2e-6, err_msg=f"{name}, {word}")
    save_quantized(vectors, tmp_path / "int8.embed", quantizer("int8"))
    np.testing.assert_allclose(embed.load(tmp_path / "int8.embed")["nightqqq"], vectors["nightqqq"], atol=0.01)


def test_what_a_pruned_file_of_fasttext_leaves_out_stays_left_out(tmp_path: Path) -> None:
    rows = np.random.default_rng(1).normal(size=(2 + 3, 4)).astype(np.float32)
    scheme, pairs = SubwordScheme(3, 3, 50), np.array([[9, 2], [31, 0], [40, 1]], np.int32)
    arguments = Arguments(4, 5, 5, 1, 5, 1, 3, 3, 50, 3, 3, 100, 1e-4)
    words, counts = [b"night", b"day"], np.array([2, 1])
    file = FastTextFile(12, arguments, words, counts, 0, 3, pairs, rows, np.zeros((2, 4), np.float32))
    vectors = fasttext_model.to_vectors(file)
    letters = "abcdefghijklmnop"
    word = next(
        "".join(word) for word in itertools.permutations(letters, 5) if 9 in scheme.buckets_of("".join(word)).tolist()
    )
    places = dict(pairs.tolist())
    buckets = scheme.buckets_of(word).tolist()
    kept = [2 + places[bucket] for bucket in buckets if bucket in places]
    assert len(kept) < len(buckets)
    expected = rows[kept].mean(axis=0)
    embed.save(vectors, tmp_path / "v.embed")
    save_quantized(vectors, tmp_path / "q.embed", quantizer("int8"))
    for found in (vectors, embed.load(tmp_path / "v.embed"), turned(vectors, np.eye(4))):
        np.testing.assert_allclose(found[word], expected, atol=1e-6)
    np.testing.assert_allclose(embed.load(tmp_path / "q.embed")[word], expected, atol=0.05)
    shorter = expected * len(kept) / len(buckets)
    with pytest.warns(embed.errors.AdviceWarning, match=r"f\.bin: n-grams without a row count as zeros here"):
        formats.save(vectors, tmp_path / "f.bin", "fasttext")
    np.testing.assert_allclose(embed.load(tmp_path / "f.bin")[word], shorter, atol=1e-6)
    with pytest.warns(embed.errors.AdviceWarning, match="FastTextKeyedVectors: n-grams without a row count as zeros"):
        found = FastTextKeyedVectors.from_word_vectors(vectors)
    np.testing.assert_allclose(found[word], shorter, atol=1e-6)


@pytest.mark.parametrize(("ending", "hash_count"), [("bin", 0), ("floret", 2)])
def test_formats_that_need_every_row_give_the_same_vectors_back(ending: str, hash_count: int, tmp_path: Path) -> None:
    vectors, path = trained(hash_count, buckets=300).vectors, tmp_path / f"v.{ending}"
    formats.save(vectors, path, "fasttext" if ending == "bin" else "floret")
    found = formats.load(path)
    for word in ("daynight", "straßen", "nightqqq"):
        np.testing.assert_allclose(found[word], vectors[word], rtol=1e-5, atol=1e-7)
    for word in ("qqqq", "xyz", "jjjjj"):
        assert found.can_compose(word) == vectors.can_compose(word)


def test_what_is_read_from_a_file_with_every_row_keeps_them_all(tmp_path: Path) -> None:
    model = trained(buckets=300)
    rows = np.random.default_rng(1).normal(size=(len(model.vocabulary) + 300, 16)).astype(np.float32)
    file = dataclasses.replace(fasttext_model.from_model(model), input=rows)
    fasttext_bin.write(file, tmp_path / "m.bin")
    np.testing.assert_array_equal(embed.load_model(tmp_path / "m.bin").input, rows)


@pytest.mark.parametrize("hash_count", [0, 2])
@pytest.mark.parametrize("vocabulary", ["old", "union"])
def test_new_words_bring_the_rows_of_their_ngrams(vocabulary: str, hash_count: int) -> None:
    model = trained(hash_count, buckets=BIG)
    new = [["midnight", "night", "day"]] * 40
    found = embed.continue_training(model, new, vocabulary=vocabulary, epochs=1, threads=1)
    old, buckets = model.parameters.buckets, found.parameters.buckets
    assert np.isin(old, buckets).all()
    assert (len(buckets) > len(old)) == (vocabulary == "union")
    words = Vocabulary([*model.vocabulary.words, "midnight"], np.append(model.vocabulary.counts, 1))
    rest = transfer(model, words, model.config)
    places = rest.own_rows + np.searchsorted(rest.buckets, old)
    np.testing.assert_array_equal(rest.inputs[places, :16], model.input[model.parameters.own_rows :])
    assert len(rest.buckets) > len(old)
    assert rest.inputs.any(axis=1).all()


def test_vectors_without_a_model_are_trained_further(tmp_path: Path) -> None:
    model = trained(buckets=BIG)
    embed.save(model.vectors, tmp_path / "v.embed")
    with pytest.warns(embed.errors.AdviceWarning, match="vectors without output rows"):
        found = model_of(str(tmp_path / "v.embed"))
    np.testing.assert_array_equal(found.parameters.buckets, model.parameters.buckets)
    np.testing.assert_allclose(found.vectors.matrix, model.vectors.matrix, atol=1e-6)


def test_memory_is_that_of_the_ngrams(tmp_path: Path) -> None:
    vocabulary = Vocabulary(["night", "day"], np.array([2, 1]))
    for buckets in (50, BIG, 1 << 30):
        parameters = Parameters.initial(vocabulary, TrainConfig(dim=16, subword=True, buckets=buckets))
        assert len(parameters.inputs) <= 2 + 25
        np.testing.assert_array_equal(parameters.rows[parameters.row_offsets[:-1]], [0, 1])


def test_a_checkpoint_with_every_row_is_refused_and_stays(tmp_path: Path) -> None:
    path, small = tmp_path / "c.ckpt", {"input": np.zeros((5, 16), np.float32), "output": np.zeros((3, 16), np.float32)}
    checkpoint_file.write(path, {}, {**small, "input": np.zeros((9, 16), np.float32)}, 16)
    with pytest.raises(ConfigError, match=r"c\.ckpt: an earlier version wrote it, with a row for every n-gram bucket"):
        checkpoint_file.read_into(path, small, 16)


def test_words_too_short_for_ngrams(tmp_path: Path) -> None:
    with warnings.catch_warnings(action="ignore", category=embed.errors.AdviceWarning):
        model = embed.train([["a", "b"]] * 50, **{**SETTINGS, "min_n": 5, "max_n": 6})
    assert model.vectors.subwords is None
    embed.save_model(model, tmp_path / "m.embed")
    assert embed.load_model(tmp_path / "m.embed").vectors.words == model.vectors.words
    assert embed.load(tmp_path / "m.embed").subwords is None


def test_gensims_stand_in_has_a_row_for_each_bucket_and_small_files(tmp_path: Path) -> None:
    model = FastText(TEXT, vector_size=16, min_count=1, epochs=1, bucket=5_000, workers=1, seed=3)
    assert model.wv.vectors_ngrams.shape == (5_000, 16)
    model.save(str(tmp_path / "m"))
    model.wv.save(str(tmp_path / "v"))
    assert (tmp_path / "m").stat().st_size < 60_000
    assert (tmp_path / "v").stat().st_size < 60_000
    again = FastText.load(str(tmp_path / "m"))
    np.testing.assert_array_equal(again.wv.vectors_ngrams, model.wv.vectors_ngrams)
    np.testing.assert_array_equal(again.wv["daynight"], model.wv["daynight"])
    np.testing.assert_array_equal(type(model.wv).load(str(tmp_path / "v"))["daynight"], model.wv["daynight"])
