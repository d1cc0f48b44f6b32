"""Going on with training, for every objective and both policies for the vocabulary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed import formats
from embed.cli import main
from embed.errors import AdviceWarning, ConfigError, CorpusError, FormatError
from embed.formats.model_file import load_model, save_model
from embed.model import Model
from embed.text.encoding import encode_with
from embed.training.continue_training import continue_training, transfer
from embed.training.train import train
from embed.vectors import WordVectors
from embed.vocabulary.vocabulary import Vocabulary


def _drawn(words: list[str], sentences: int, seed: int) -> list[list[str]]:
    draw = np.random.default_rng(seed)
    return [[words[i] for i in draw.integers(0, len(words), 11)] for _ in range(sentences)]


A_WORDS, B_WORDS = ([f"{kind}{i}" for i in range(7)] for kind in "ab")
OLD = _drawn(A_WORDS, 300, 1) + _drawn(B_WORDS, 300, 2)
# a word that behaves as those of "a" do, and one that is too rare
NEW = [*_drawn([*A_WORDS, "anew"], 600, 3), ["rare", "a0"]]
SMALL: dict[str, Any] = {
    "window_kind": "dynamic",
    "dim": 16,
    "epochs": 3,
    "min_count": 5,
    "threads": 1,
    "buckets": 500,
    "subsample": 0.0,
}
MODELS = [
    {"objective": objective, "gradient": gradient, "subword": subword}
    for objective in ("sg", "cbow")
    for gradient in ("exact", "sqrt", "historic")
    for subword in (False, True)
] + [{"subword": True, "hash_count": 2}, {"subword": True, "composition": "sum"}]
MODELS += [{"subword": False, "objective": "cbow", "position_weights": True}]
MODELS += [{"subword": subword, "structured": True} for subword in (False, True)]


@pytest.mark.parametrize("deterministic", [False, True])
@pytest.mark.parametrize("settings", MODELS, ids=lambda settings: "-".join(map(str, settings.values())))
def test_old_words_can_be_frozen(settings: dict[str, Any], deterministic: bool) -> None:
    start = train(OLD, **SMALL, **settings)
    more: dict[str, Any] = {"vocabulary": "union", "freeze": "old", "epochs": 10, "deterministic": deterministic}
    if settings.get("hash_count"):
        with pytest.raises(ConfigError, match="cannot use freeze='old' with a floret table"):
            continue_training(start, NEW, **more)
        return
    further = continue_training(start, NEW, **more)
    for word in start.vocabulary:
        assert further.vectors[word].tobytes() == start.vectors[word].tobytes()
        assert _output_rows(further, word).tobytes() == _output_rows(start, word).tobytes()
    assert further.parameters.position_weights.tobytes() == start.parameters.position_weights.tobytes()
    if not deterministic:  # rounds learn from a text of so few words too slowly
        near, far = (np.mean([further.vectors.similarity("anew", f"{kind}{i}") for i in range(7)]) for kind in "ab")
        assert near > far + 0.2
    assert further.run_card()["provenance"]["decisions"]["continued_from"]["freeze"] == "old"


def _output_rows(model: Model, word: str) -> np.ndarray:
    """Return the output rows of a word, one or two."""
    sides = model.config.sides()
    first = model.vocabulary[word] * sides
    return model.output[first : first + sides]


def test_weights_of_places_are_gone_on_with(tmp_path: Path) -> None:
    settings = {**SMALL, "objective": "cbow", "position_weights": True, "window": 3}
    start = train(OLD, **settings)
    assert np.ptp(start.parameters.position_weights[:, :16]) > 0
    save_model(start, tmp_path / "model.embed")
    loaded = load_model(tmp_path / "model.embed")
    np.testing.assert_array_equal(loaded.parameters.position_weights, start.parameters.position_weights)
    wider, narrower = (transfer(loaded, loaded.vocabulary, start.config.replace(window=window)) for window in (5, 2))
    np.testing.assert_array_equal(wider.position_weights[2:8], start.parameters.position_weights)
    assert (wider.position_weights[[0, 1, 8, 9], :16] == 1).all()
    np.testing.assert_array_equal(narrower.position_weights, start.parameters.position_weights[1:5])
    further = continue_training(loaded, NEW, vocabulary="union", window=4)
    assert not np.array_equal(further.parameters.position_weights[1:7], start.parameters.position_weights)


@pytest.mark.parametrize("subword", [False, True])
def test_continuing_structured_models_trains_both_output_rows(tmp_path: Path, subword: bool) -> None:
    start = train(OLD, **SMALL, structured=True, subword=subword)
    assert start.output.shape == (2 * len(start.vocabulary), 16)
    left, right = start.output[::2], start.output[1::2]
    assert not np.allclose(left, right, atol=0.01)
    save_model(start, tmp_path / "model.embed")
    loaded = load_model(tmp_path / "model.embed")
    np.testing.assert_array_equal(loaded.output, start.output)
    assert embed.load(tmp_path / "model.embed")["a1"].tobytes() == start.vectors["a1"].tobytes()
    further = continue_training(tmp_path / "model.embed", NEW, vocabulary="union", epochs=1)
    assert further.config.structured
    with pytest.raises(ConfigError, match="cannot change structured of a model from True to False"):
        continue_training(loaded, NEW, structured=False)
    with pytest.raises(FormatError, match="has one output row a word, and structured skip-gram two"):
        save_model(start, tmp_path / "model.bin", format="fasttext")


def _counts(sentences: list[list[str]], word: str) -> int:
    return sum(sentence.count(word) for sentence in sentences)


@pytest.mark.parametrize("vocabulary", ["old", "union"])
@pytest.mark.parametrize("settings", MODELS, ids=lambda settings: "-".join(map(str, settings.values())))
def test_every_model_can_be_gone_on_with(settings: dict[str, Any], vocabulary: str) -> None:
    start = train(OLD, **SMALL, **settings)
    before = start.input.copy()
    further = continue_training(start, NEW, vocabulary=vocabulary, epochs=10)
    np.testing.assert_array_equal(start.input, before)
    assert "rare" not in further.vocabulary
    counts = dict(zip(further.vocabulary.words, further.vocabulary.counts.tolist(), strict=True))
    if vocabulary == "old":
        assert further.vocabulary == start.vocabulary
    else:
        assert set(further.vocabulary) == {*start.vocabulary, "anew"}
        assert counts["anew"] == _counts(NEW, "anew")
        assert counts["a1"] == _counts(OLD, "a1") + _counts(NEW, "a1")
        assert list(counts.values()) == sorted(counts.values(), reverse=True)
        near, far = (np.mean([further.vectors.similarity("anew", f"{kind}{i}") for i in range(7)]) for kind in "ab")
        assert near > far
    assert not np.array_equal(further.vectors["a1"], start.vectors["a1"])
    assert further.config.seed == start.config.seed + 3
    assert further.run_card()["provenance"]["decisions"]["continued_from"]["vocabulary"] == vocabulary


@pytest.mark.parametrize("settings", MODELS, ids=lambda settings: "-".join(map(str, settings.values())))
def test_known_words_start_from_their_vectors_and_new_ones_afresh(settings: dict[str, Any]) -> None:
    start = train(OLD, **SMALL, **settings)
    with encode_with(start.vocabulary, NEW, new_words_from=5) as encoded:
        vocabulary = encoded.vocabulary
    parameters = transfer(start, vocabulary, start.config)
    matrix = parameters.word_matrix()
    for word in start.vocabulary:
        np.testing.assert_array_equal(matrix[vocabulary[word]], start.vectors[word])
        rows = _output_rows(Model(start.config, vocabulary, parameters), word)
        np.testing.assert_array_equal(rows, _output_rows(start, word))
    new = vocabulary["anew"]
    assert not _output_rows(Model(start.config, vocabulary, parameters), "anew").any()
    if not settings["subword"]:
        assert 0 < np.abs(matrix[new]).max() <= 0.5 / 16


@pytest.mark.parametrize("vocabulary", ["old", "union"])
def test_vectors_can_be_gone_on_with(tmp_path: Path, vocabulary: str) -> None:
    start = train(OLD, **SMALL)
    path = tmp_path / "vectors.txt"
    formats.save(start.vectors, path)
    with (
        pytest.warns(AdviceWarning, match=r"input_lr is 0\.0"),
        pytest.warns(AdviceWarning, match="vectors without output rows: these start at zero"),
    ):
        frozen = continue_training(path, NEW, vocabulary=vocabulary, input_lr=0.0, threads=1, epochs=1)
    for word in start.vocabulary:  # a rate of 0 teaches the output rows alone
        np.testing.assert_array_equal(frozen.vectors[word], start.vectors[word])
    assert frozen.output.any()
    further = continue_training(frozen, NEW, input_lr=0.05)
    assert not np.array_equal(further.vectors["a1"], start.vectors["a1"])


def test_counts_that_vectors_lack_come_from_the_new_text() -> None:
    vectors = WordVectors(["a1", "never"], np.eye(2, 16, dtype=np.float32))
    with pytest.warns(AdviceWarning, match="without output rows"):
        further = continue_training(vectors, NEW, threads=1)
    assert further.vocabulary == Vocabulary(["a1", "never"], np.array([_counts(NEW, "a1") + 1, 1]))


def test_a_fasttext_model_can_be_gone_on_with(tmp_path: Path) -> None:
    start = train(OLD, **SMALL, subword=True, gradient="historic")
    path = tmp_path / "model.bin"
    save_model(start, path, "fasttext")
    further = continue_training(path, NEW, vocabulary="union", min_count=5, threads=1)
    assert "anew" in further.vocabulary


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"vocabulary": "new"}, "vocabulary must be 'old' or 'union', not 'new'"),
        ({"freeze": "all"}, "freeze must be one of 'none', 'old', 'outputs', not 'all'"),
        ({"freeze": "old"}, "nothing would learn: freeze is 'old', and vocabulary 'old' adds no word"),
        ({"dim": 20}, "cannot change dim of a model from 16 to 20"),
        ({"composition": "sum"}, "cannot change composition of a model from 'mean' to 'sum'"),
        ({"subword": True}, "cannot change subword of a model from False to True"),
    ],
)
def test_what_cannot_be_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        continue_training(train(OLD, **SMALL), NEW, **settings)


def test_to_freeze_all_there_is_says_so() -> None:
    with pytest.raises(CorpusError, match="freeze is 'old', and the text has no new word that occurs 5 times"):
        continue_training(train(OLD, **SMALL), OLD, vocabulary="union", freeze="old")


def test_the_command_goes_on_with_a_model(tmp_path: Path) -> None:
    model, text, out = tmp_path / "model.embed", tmp_path / "new.txt", tmp_path / "further.embed"
    save_model(train(OLD, **SMALL), model)
    text.write_text("\n".join(map(" ".join, NEW)), encoding="utf-8")
    flags = ["--continue-from", str(model), "--vocabulary", "union", "--epochs", "2", "--quiet"]
    assert main(["train", str(text), "--save-model", str(out), *flags]) == 0
    further = load_model(out)
    assert "anew" in further.vocabulary
    assert further.config.epochs == 2
    assert main(["train", str(text), "--save-model", str(out), *flags, "--freeze", "old"]) == 0
    assert load_model(out).vectors["a1"].tobytes() == embed.load(model)["a1"].tobytes()
    assert embed.load(out)["anew"].shape == (16,)


@pytest.mark.parametrize("settings", [MODELS[0], MODELS[-3], MODELS[-1], {"loss": "hs"}, {"subword": True}], ids=str)
def test_output_rows_can_be_frozen(settings: dict[str, Any]) -> None:
    start = train(OLD, **SMALL, **settings)
    found = continue_training(start, NEW, freeze="outputs", epochs=2)
    np.testing.assert_array_equal(found.output, start.output)
    np.testing.assert_array_equal(found.parameters.position_weights, start.parameters.position_weights)
    assert found.vocabulary.words == start.vocabulary.words
    moved = (found.vectors.vectors(A_WORDS) != start.vectors.vectors(A_WORDS)).any(axis=1)
    assert moved.all()
    if not settings.get("subword"):
        np.testing.assert_array_equal(found.vectors.vectors(B_WORDS), start.vectors.vectors(B_WORDS))
    if settings.get("loss") != "hs":
        wider = continue_training(start, NEW, freeze="outputs", vocabulary="union", epochs=2)
        rows = [wider.vocabulary[word] for word in start.vocabulary.words]
        shape = (len(wider.vocabulary), -1)
        np.testing.assert_array_equal(
            wider.output.reshape(shape)[rows], start.output.reshape(len(start.vocabulary), -1)
        )
        assert wider.output.reshape(shape)[wider.vocabulary["anew"]].any()


def test_slices_with_frozen_output_rows_share_a_space() -> None:
    """Di Carlo et al. (2019): words whose use is the same in both slices stay; a word that moved is found."""
    compass = train([*OLD, *_drawn([*A_WORDS, "swap"], 200, 5), *_drawn([*B_WORDS, "swap"], 200, 6)], **SMALL)
    texts = (
        (_drawn([*A_WORDS, "swap"], 300, 7) + _drawn(B_WORDS, 300, 8)),
        (_drawn(A_WORDS, 300, 9) + _drawn([*B_WORDS, "swap"], 300, 10)),
    )
    slices = [
        embed.replicate(text, replicates=4, start=compass, freeze="outputs", epochs=10, progress=False)
        for text in texts
    ]
    first, *others = embed.drift(*slices, same_space=True)
    assert first.word == "swap"
    assert first.low > max(one.high for one in others)


def test_frozen_outputs_need_a_model(tmp_path: Path) -> None:
    with (
        pytest.warns(AdviceWarning, match="without output rows"),
        pytest.raises(ConfigError, match="nothing would learn: freeze is 'outputs'"),
    ):
        continue_training(WordVectors(A_WORDS, np.eye(7, 16)), NEW, freeze="outputs")
    with pytest.raises(ConfigError, match="freeze='outputs' has no effect without a model"):
        embed.replicate(NEW, freeze="outputs")
    (tmp_path / "text.txt").write_text("a b c\n")
    assert main(["train", str(tmp_path / "text.txt"), "-o", str(tmp_path / "o.txt"), "--freeze", "outputs"]) != 0
