"""A run that can learn nothing is refused, one that learns little is told, and none is told without reason."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.cli import main
from embed.compat import fasttext
from embed.compat.gensim import FastText, Word2Vec
from embed.config.train import TrainConfig
from embed.errors import AdviceWarning, CorpusError, DivergenceError, NoExamplesError
from embed.model import EpochRecord
from embed.model.parameters import Parameters
from embed.training.early_stopping import Patience
from embed.training.trainer import Trainer
from embed.vocabulary.huffman import HuffmanTree
from embed.vocabulary.sampling import gentle_threshold, keep_probabilities
from embed.vocabulary.vocabulary import Vocabulary

ONE_WORD_EACH = [["alpha"], ["beta"], ["gamma"]] * 50
PAIRS = [["human", "interface"], ["graph", "trees"]] * 20
SMALL: dict[str, Any] = {"dim": 16, "epochs": 2, "min_count": 1, "threads": 1}


@pytest.mark.parametrize("settings", [{}, {"objective": "cbow"}, {"loss": "hs"}, {"deterministic": True}], ids=str)
def test_one_word_a_sentence_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(CorpusError, match="none of the 150 sentences has two words of the vocabulary; if the text has"):
        embed.train(ONE_WORD_EACH, **SMALL, **settings)


def test_the_command_writes_no_vectors_of_one_word_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.txt").write_text("alpha\nbeta\ngamma\n" * 50)
    assert main(["train", str(tmp_path / "t.txt"), "-o", str(tmp_path / "v.vec"), "--save-model", "m.embed"]) == 3
    assert "nothing to learn" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["t.txt"]


def test_one_word_has_no_tree() -> None:
    with pytest.raises(CorpusError, match="the vocabulary has a single word, 'a', and hierarchical softmax"):
        embed.train([["a"] * 10] * 9, **SMALL, loss="hs")


def test_the_tree_is_not_built_anew_for_each_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[int] = []
    build = HuffmanTree.from_counts

    def counted(counts: Any) -> HuffmanTree:
        built.append(len(counts))
        return build(counts)

    monkeypatch.setattr(HuffmanTree, "from_counts", counted)
    numbers = []
    for epochs in (2, 6):
        built.clear()
        embed.train(PAIRS, **SMALL | {"epochs": epochs}, loss="hs")
        numbers.append(len(built))
    assert numbers[0] == numbers[1] > 0


@pytest.mark.parametrize("settings", [{}, {"objective": "cbow"}, {"subword": True}, {"held_out": 0.2, "patience": 1}])
@pytest.mark.filterwarnings("ignore::embed.errors.AdviceWarning")
def test_subsampling_that_drops_every_pair_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(CorpusError, match=r"left no sentence with two words \(subsample is 1e-09"):
        embed.train(PAIRS, **SMALL, **settings, subsample=1e-9)


def test_continuing_without_a_pair_is_refused() -> None:
    model = embed.train(PAIRS, **SMALL)
    with pytest.raises(CorpusError, match="nothing to learn"):
        embed.continue_training(model, [["human"], ["graph"]], epochs=1)


@pytest.mark.parametrize("kind", [Word2Vec, FastText])
@pytest.mark.parametrize("settings", [{}, {"hs": 1, "negative": 0}], ids=["core", "dense"])
def test_gensims_stand_in_refuses_by_its_own_names(kind: Any, settings: dict[str, Any]) -> None:
    with pytest.raises(CorpusError, match="nothing to learn"):
        kind(ONE_WORD_EACH, vector_size=16, min_count=1, workers=1, **settings)
    with pytest.raises(CorpusError, match=r"\(sample is 1e-09, which keeps"):
        kind(PAIRS, vector_size=16, min_count=1, workers=1, sample=1e-9, **settings)


@pytest.mark.parametrize("kind", [Word2Vec, FastText])
@pytest.mark.parametrize("settings", [{}, {"hs": 1, "negative": 0}], ids=["core", "dense"])
def test_gensims_stand_in_goes_on_after_a_piece_without_pairs(kind: Any, settings: dict[str, Any]) -> None:
    model = kind(PAIRS, vector_size=16, min_count=1, workers=1, sample=0, **settings)
    before = model.wv.vectors.copy()
    with pytest.warns(AdviceWarning, match=r"nothing to learn.*; the vectors have not changed"):
        model.train([["human"], ["graph"]], total_examples=2, epochs=1)
    np.testing.assert_array_equal(model.wv.vectors, before)
    with pytest.warns(AdviceWarning, match=r"nothing to learn.*sample is 0\.001"):  # gensim's default
        kind([["a", "b"], ["b", "a"]], vector_size=16, min_count=1, workers=1, epochs=1, **settings)


@pytest.mark.filterwarnings("ignore:t is:embed.errors.AdviceWarning")
def test_fasttexts_stand_in_refuses_by_its_own_names() -> None:
    with pytest.raises(NoExamplesError, match=r"nothing to learn.*lower minCount"):
        fasttext.train_unsupervised(ONE_WORD_EACH, verbose=0)
    with pytest.raises(NoExamplesError, match=r"\(t is 1e-09, which keeps"):
        fasttext.train_unsupervised(PAIRS, verbose=0, t=1e-9)


def test_items_that_never_meet_are_refused() -> None:
    with pytest.raises(NoExamplesError, match="nothing to learn"):
        embed.train_items([[1], [2], [3]] * 50, min_count=1)


def test_most_tokens_dropped_is_told_from_the_first_token_on() -> None:
    with pytest.warns(AdviceWarning, match=r"subsample is 0\.001, which keeps only 6\.7% of the tokens of a text"):
        embed.train([["a", "b", "c", "d"] * 10] * 20, **SMALL, subsample=1e-3)


def test_a_mean_of_no_examples_is_none(tmp_path: Path) -> None:
    text = [["a", "b", "c", "d"]] * 40 + [["a"], ["b"], ["c"], ["d"]] * 10
    with pytest.warns(AdviceWarning, match="there is no held-out loss, and patience cannot stop the training"):
        model = embed.train(text, **{**SMALL, "epochs": 5}, held_out=0.1, patience=1)
    assert [record.held_out_loss for record in model.history] == [None] * 5
    assert all(record.loss is not None for record in model.history)
    stopping = model.run_card()["provenance"]["decisions"]["stopping"]
    assert (stopping["stopped_early"], stopping["kept_epoch"]) == (False, 5)
    json.dumps(model.run_card(), allow_nan=False)
    embed.save_model(model, tmp_path / "m.embed")
    assert embed.load_model(tmp_path / "m.embed").history == model.history


def test_patience_counts_epochs_with_a_loss_alone() -> None:
    parameters = Parameters.initial(Vocabulary(["a", "b"], np.array([2, 1])), embed.TrainConfig(dim=16))
    patience = Patience(parameters, 2, 0.0)
    for epoch, loss in enumerate([None, 3.0, None, None, 3.5, None], 1):
        patience.note(EpochRecord(epoch, None, loss, 0.1, 1.0, 1.0))
        assert not patience.is_over
    patience.note(EpochRecord(7, None, 3.1, 0.1, 1.0, 1.0))
    assert patience.is_over
    assert patience.finish()["best_epoch"] == 2


def topics(topics: int, words: int, tokens: int, seed: int) -> tuple[list[list[str]], dict[str, int]]:
    rng = np.random.default_rng(seed)
    names = ["".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), 6)) for _ in range(topics * words)]
    text = [[names[i % topics * words + k] for k in rng.integers(words, size=10)] for i in range(tokens // 10)]
    return text, {name: i // words for i, name in enumerate(names)}


@pytest.mark.parametrize(("count", "words", "tokens"), [(2, 20, 9000), (3, 60, 9000), (2, 5, 2000)])
def test_a_toy_text_learns_its_topics_with_defaults(count: int, words: int, tokens: int) -> None:
    text, topic = topics(count, words, tokens, 1)
    vectors = embed.train(text, min_count=1, threads=1).vectors
    unit = vectors.matrix / np.linalg.norm(vectors.matrix, axis=1, keepdims=True)
    of = np.array([topic[word] for word in vectors.words])
    cosines, same = unit @ unit.T, of[:, None] == of
    assert cosines[same].mean() - cosines[~same].mean() > 0.5


def test_a_threshold_that_nobody_asked_for_keeps_half_of_a_small_text_and_stays_for_others() -> None:
    for counts in (np.full(40, 200), np.arange(300, 0, -1), np.array([500, 400, 300]), np.array([7])):
        threshold = gentle_threshold(counts, 1e-4)
        assert 0 <= threshold <= 0.01
        assert np.average(keep_probabilities(counts, threshold), weights=counts) >= 0.5
    assert gentle_threshold(np.full(40, 2000), 1e-4) == 1e-4  # not a small text
    assert gentle_threshold(np.full(40_000, 1), 1e-4) == 1e-4  # all is kept
    assert gentle_threshold(np.full(40, 200), 0) == 0


@pytest.mark.filterwarnings("ignore::embed.errors.AdviceWarning")
def test_a_threshold_that_was_asked_for_stays_when_training_goes_on() -> None:
    toy = [[f"w{(7 * row + k) % 20}" for k in range(10)] for row in range(200)]

    def threshold(model: embed.Model) -> object:
        assert model.provenance is not None
        return model.provenance.decisions.get("subsample")

    given = embed.train(toy, **{**SMALL, "subsample": 1e-4})
    assert threshold(given) is None
    assert threshold(embed.continue_training(given, toy, epochs=1)) is None
    untold = embed.train(toy, **SMALL)
    assert threshold(untold) is not None
    assert threshold(embed.continue_training(untold, toy, epochs=1)) == threshold(untold)
    assert threshold(embed.continue_training(untold, toy, epochs=1, subsample=1e-4)) is None


def alarms(text: list[list[str]], **settings: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        embed.train(text, **{**SMALL, "progress": False, **settings})
    return [str(one.message) for one in told if "of untrained vectors" in str(one.message)]


@pytest.mark.parametrize("kind", ["uniform", "zipf", "toy", "tiny"])
def test_no_alarm_without_divergence(kind: str) -> None:
    for seed in range(15):
        rng = np.random.default_rng(seed)
        words, rows = {"uniform": (50, 60), "zipf": (300, 100), "toy": (12, 40), "tiny": (4, 3)}[kind]
        shares = 1 / np.arange(1, words + 1) if kind == "zipf" else np.ones(words)
        text = [[f"w{k}" for k in rng.choice(words, 8, p=shares / shares.sum())] for _ in range(rows)]
        assert not alarms(text, seed=seed, epochs=1 + seed % 3)


DIVERGES: dict[str, Any] = {"objective": "sg", "lr": 0.3, "input_lr": 0.4, "min_lr": 0.3, "epochs": 4}


def no_topics() -> list[list[str]]:
    rng = np.random.default_rng(0)
    return [[f"w{k}" for k in rng.integers(50, size=20)] for _ in range(400)]


def test_divergence_is_told_once_a_run() -> None:
    told = alarms(no_topics(), **DIVERGES)
    assert len([one for one in told if "lower the learning rates" in one]) == 1


def test_a_strict_training_ends_after_the_epoch_that_diverges() -> None:
    with embed.encode(no_topics(), min_count=1) as corpus:
        trainer = Trainer(corpus, TrainConfig(**{**SMALL, **DIVERGES}), keeps_half=True, is_strict=True)
        with pytest.raises(DivergenceError, match=r"the loss of epoch 1 is .* of untrained vectors: lower"):
            trainer.run()
    assert trainer.history == []
