"""Senses of words in a training: they tell pseudo-words apart, and survive kills, files and more training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage

import embed
from embed.config.train import TrainConfig
from embed.errors import AdviceWarning, ConfigError, FormatError
from embed.model.model import Model
from embed.training.senses import kmeans, merged

SETTINGS: dict[str, Any] = {
    "senses": 3, "sense_min_count": 60, "dim": 16, "epochs": 6, "min_count": 1, "threads": 1, "seed": 4, "lr": 0.1,
    "subsample": 0.0, "progress": False,
}  # fmt: skip


def text(seed: int = 0, sentences: int = 600) -> list[list[str]]:
    """Return sentences about one of two topics; the word "both" occurs in either."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(sentences):
        topic = "ab"[number % 2]
        words = [f"{topic}{k}" for k in rng.integers(0, 30, 8)]
        found.append([*words[:4], "both", *words[4:]])
    return found


@pytest.fixture(scope="module")
def trained() -> Model:
    return embed.train(text(), **SETTINGS)


def chosen(model: Model, topic: str) -> int:
    """Return the sense of "both" among words of a topic."""
    senses, words = model.parameters.senses, model.vocabulary
    assert senses is not None
    context = sum(senses.contexts[words[f"{topic}{k}"]] for k in range(10))
    own = senses.of_word(words["both"])
    return int((senses.selectors[own] @ context).argmax())


def test_senses_tell_topics_apart(trained: Model) -> None:
    senses = trained.parameters.senses
    assert senses is not None
    own = senses.of_word(trained.vocabulary["both"])
    assert 2 <= own.stop - own.start <= 3
    assert senses.priors[own].sum() == pytest.approx(1, abs=0.06)
    assert chosen(trained, "a") != chosen(trained, "b")
    for topic, other in ("ab", "ba"):
        row = own.start + chosen(trained, topic)
        vector = trained.input[trained.vocabulary["both"]] + senses.vectors[row]
        near, far = (
            np.mean([vector @ trained.input[trained.vocabulary[f"{each}{k}"]] for k in range(30)])
            for each in (topic, other)
        )
        assert near > far


def test_rare_words_have_no_senses(trained: Model) -> None:
    senses = trained.parameters.senses
    assert senses is not None
    has_some = np.diff(senses.offsets) > 0
    assert not has_some[trained.vocabulary.counts < SETTINGS["sense_min_count"]].any()


def test_a_file_keeps_senses(trained: Model, tmp_path: Path) -> None:
    path = tmp_path / "model.embed"
    trained.save(path)
    loaded = embed.load_model(path).parameters.senses
    senses = trained.parameters.senses
    assert senses is not None
    assert loaded is not None
    for name in ("offsets", "vectors", "selectors", "contexts", "priors"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(senses, name), err_msg=name)
    assert embed.load(path).words == trained.vectors.words


def test_a_format_without_senses_is_refused(trained: Model, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="fastText's layout has one vector a word, and this model senses"):
        trained.save(tmp_path / "model.bin", "fasttext")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("epoch", [2, 3, 5])
@pytest.mark.parametrize("deterministic", [False, True])
def test_a_resumed_run_gives_the_same_senses(tmp_path: Path, epoch: int, deterministic: bool) -> None:
    settings = {**SETTINGS, "deterministic": deterministic}
    whole = embed.train(text(), **settings)

    def stop(record: Any, model: Model) -> bool:
        return bool(record.epoch == epoch)

    folder = tmp_path / "checkpoints"
    embed.train(text(), **settings, checkpoint=folder, callbacks=[stop])
    resumed = embed.train(text(), **settings, checkpoint=folder, resume=folder)
    np.testing.assert_array_equal(resumed.parameters.unit_matrix, whole.parameters.unit_matrix)
    np.testing.assert_array_equal(resumed.parameters.priors, whole.parameters.priors)


def test_any_number_of_threads_gives_the_same_senses_if_asked() -> None:
    one, two = (embed.train(text(), **{**SETTINGS, "threads": n, "deterministic": True}) for n in (1, 2))
    np.testing.assert_array_equal(one.parameters.unit_matrix, two.parameters.unit_matrix)


def test_training_continues_with_senses(trained: Model) -> None:
    more = [*text(seed=1), ["new", "both", "a1"] * 3]
    continued = embed.continue_training(trained, more, vocabulary="union", epochs=2, progress=False)
    before, after = trained.parameters.senses, continued.parameters.senses
    assert before is not None
    assert after is not None
    words = trained.vocabulary.words
    sizes = dict(zip(words, np.diff(before.offsets), strict=True)) | {"new": 0}
    assert [sizes[word] for word in continued.vocabulary.words] == np.diff(after.offsets).tolist()
    assert chosen(continued, "a") != chosen(continued, "b")
    own, now = (senses.of_word(model.vocabulary["both"]) for senses, model in ((before, trained), (after, continued)))
    assert (before.vectors[own] != after.vectors[now]).any()


def test_a_model_without_senses_can_get_some() -> None:
    plain = embed.train(text(), **{**SETTINGS, "senses": 0, "objective": "sg"})
    continued = embed.continue_training(plain, text(seed=1), senses=2, epochs=3, progress=False)
    assert chosen(continued, "a") != chosen(continued, "b")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"senses": 1}, "senses is 1: set it to 2 or more"),
        ({"senses": 3, "loss": "hs"}, "senses is 3 but loss is 'hs': leave one of them out"),
        ({"senses": 3, "structured": True}, "senses is 3 but structured is True: leave one"),
        ({"senses": 3, "epochs": 1}, "senses is 3 but epochs is 1: set epochs to 2 or more"),
    ],
    ids=str,
)
def test_settings_that_senses_exclude_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TrainConfig(**settings)


def test_a_time_budget_leaves_two_epochs() -> None:
    settings = {name: value for name, value in SETTINGS.items() if name != "epochs"}
    with pytest.warns(AdviceWarning, match="two epochs, the fewest with senses, take about"):
        model = embed.train(text(), **settings, time_budget=1e-3)
    assert [record.epoch for record in model.history] == [1, 2]


def test_documents_have_no_senses() -> None:
    with pytest.raises(ConfigError, match="senses does not apply to documents"):
        embed.train_documents(["a b c d"] * 5, senses=3, objective="sg")


def test_kmeans_finds_separate_clusters() -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(size=(4, 3, 8)) * 4
    points = (true[:, rng.integers(0, 3, 90)] + rng.normal(size=(4, 90, 8)) * 0.1).astype(np.float32)
    centres, sizes = kmeans(points, 3, rng)
    assert (sizes.sum(axis=1) == 90).all()
    for own, found in zip(true, centres, strict=True):
        nearest = np.linalg.norm(own[:, None] - found, axis=2).min(axis=1)
        assert nearest.max() < 0.2


def test_near_centres_are_merged() -> None:
    centres = np.array([[1, 0.1, 0], [1, 0, 0], [0, 0, 1]], np.float32)
    found = merged(centres, np.array([3, 1, 2], np.float32))
    assert sorted(found.tolist()) == [[0, 0, 1], [1, pytest.approx(0.075), 0]]
    assert len(merged(np.zeros((3, 2), np.float32), np.ones(3, np.float32))) == 3
    assert len(merged(np.array([[1, 0.1], [1, 0], [1, 0.3]], np.float32), np.ones(3, np.float32))) == 2


@pytest.mark.parametrize("count", [2, 5, 10])
def test_centres_are_merged_as_by_average_linkage(count: int) -> None:
    centres = (np.random.default_rng(count).normal(size=(count, 3)) + 1).astype(np.float32)
    units = centres / np.linalg.norm(centres, axis=1, keepdims=True)
    tree = linkage(1 - (units @ units.T)[np.triu_indices(count, 1)], "average")
    clusters = max((fcluster(tree, 0.6, "distance"), fcluster(tree, 2, "maxclust")), key=max)
    expected = [centres[clusters == cluster].mean(axis=0).tolist() for cluster in np.unique(clusters)]
    found = merged(centres, np.ones(count, np.float32))
    np.testing.assert_allclose(sorted(found.tolist()), sorted(expected), rtol=1e-5)
