"""Replicates: each is the training of its draw to the bit, one model is in memory, and a killed run resumes."""

from __future__ import annotations

import json
import os
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.checkpoints.checkpoint_folder import checkpoints_in, replicate_folder
from embed.errors import CheckpointWarning, ConfigError, CorpusError, FormatError
from embed.model import EpochRecord, Model
from embed.text.drawn_corpus import times_drawn
from embed.vectors import Replicates

# The counts of the words are so far apart that a draw leaves them in their order.
TEXT = [
    [word for word, every in (("a", 1), ("b", 2), ("c", 4), ("d", 8), ("e", 16)) for _ in range(3) if i % every == 0]
    for i in range(256)
]
SMALL: dict[str, Any] = {
    "dim": 16,
    "epochs": 2,
    "min_count": 1,
    "threads": 1,
    "subsample": 0.01,
    "buckets": 100,
    "progress": False,
}
SG = {**SMALL, "objective": "sg"}


@pytest.mark.parametrize(
    "settings",
    [
        {"objective": "sg"},
        {"objective": "cbow", "loss": "hs"},
        {"subword": True, "structured": True},
        {"objective": "cbow", "deterministic": True, "threads": 2, "held_out": 0.1},
    ],
)
def test_each_replicate_is_the_training_of_a_text_of_its_draw(settings: dict[str, Any], tmp_path: Path) -> None:
    found = embed.replicate(TEXT, replicates=3, seed=7, **{**SMALL, **settings})
    for number, member in enumerate(found):
        times = times_drawn(len(TEXT), 7 + number)
        path = tmp_path / "drawn.txt"
        lines = [" ".join(sentence) for sentence, often in zip(TEXT, times, strict=True) for _ in range(often)]
        path.write_text("\n".join(lines))
        expected = embed.train(path, seed=7 + number, **{**SMALL, **settings})
        assert expected.vocabulary.words == found.words  # else the test would compare other rows
        np.testing.assert_array_equal(member.matrix, expected.vectors.matrix)
        if member.subwords is not None and expected.vectors.subwords is not None:
            np.testing.assert_array_equal(member.subwords.matrix, expected.vectors.subwords.matrix)
        assert [epoch["loss"] for epoch in found.cards[number]["epochs"]] == [each.loss for each in expected.history]
    assert (found[0].matrix != found[1].matrix).any()


def test_seeds_and_counts(tmp_path: Path) -> None:
    first, second = (embed.replicate(TEXT, replicates=2, seed=5, **SG) for _ in range(2))
    np.testing.assert_array_equal(first[1].matrix, second[1].matrix)
    assert [card["config"]["seed"] for card in first.cards] == [5, 6]
    assert [card["provenance"]["decisions"]["replicate"] for card in first.cards] == [1, 2]
    tokens = [card["provenance"]["tokens"] for card in first.cards]
    assert tokens[0] != tokens[1]
    assert first.counts is not None
    assert first.counts.sum() == sum(map(len, TEXT))  # those of the whole text
    with embed.encode(TEXT, min_count=1) as encoded:
        third = embed.replicate(encoded, replicates=2, seed=6, **SG)
        assert len(encoded.ids)
    np.testing.assert_array_equal(third[0].matrix, first[1].matrix)  # the same seed, and the same draw


def test_what_follows_from_the_size_of_the_text_is_the_same_for_all() -> None:
    open_settings = {name: value for name, value in SMALL.items() if name not in ("epochs", "subsample")}
    found = embed.replicate(TEXT, replicates=3, **open_settings)
    configs = [{**card["config"], "seed": 0} for card in found.cards]
    assert configs[0] == configs[1] == configs[2]
    assert len({card["provenance"]["decisions"]["subsample"] for card in found.cards}) == 1


def test_a_folder_is_written_while_one_model_is_in_memory(tmp_path: Path) -> None:
    path, alive = tmp_path / "some.replicates", []

    def note(record: EpochRecord, model: Model) -> None:
        if record.epoch == 1:
            assert all(parameters() is None for parameters in alive)
            alive.append(weakref.ref(model.parameters))
            assert not path.exists()

    found = embed.replicate(TEXT, replicates=3, output=path, callbacks=[note], **SG)
    assert len(alive) == 3
    in_memory = embed.replicate(TEXT, replicates=3, **SG)
    for one, other in zip(found, in_memory, strict=True):
        np.testing.assert_array_equal(one.matrix, other.matrix)
    assert [card["config"] for card in Replicates.load(path).cards] == [card["config"] for card in in_memory.cards]


class Killed(Exception):
    """What ends a run in the middle."""


def test_a_killed_run_resumes_the_replicates_it_has_finished(tmp_path: Path) -> None:
    path, folder = tmp_path / "some.replicates", tmp_path / "checkpoints"
    settings = {**SG, "epochs": 3, "checkpoint": folder, "checkpoint_every": "epoch", "output": path}
    trained: list[tuple[int, int]] = []

    def note(record: EpochRecord, model: Model) -> None:
        trained.append((model.config.seed, record.epoch))
        if trained[-1] == (2, 3) and len(trained) == 6:
            raise Killed

    with pytest.raises(Killed):
        embed.replicate(TEXT, replicates=3, callbacks=[note], **settings)
    assert os.listdir(tmp_path) == ["checkpoints"]  # no half a folder of replicates
    assert len(checkpoints_in(replicate_folder(folder, 1))) == 1  # of a finished replicate the last alone
    with pytest.raises(ConfigError, match=r"holds checkpoints of replicates: resume them with resume="):
        embed.replicate(TEXT, replicates=3, **settings)
    trained.clear()
    resumed = embed.replicate(TEXT, replicates=3, resume=folder, callbacks=[note], **settings)
    assert trained == [(2, 3), (3, 1), (3, 2), (3, 3)]
    for one, other in zip(resumed, embed.replicate(TEXT, replicates=3, **{**SG, "epochs": 3}), strict=True):
        np.testing.assert_array_equal(one.matrix, other.matrix)
    trained.clear()
    more = embed.replicate(TEXT, replicates=4, resume=folder, callbacks=[note], **settings)
    assert {seed for seed, _ in trained} == {4}
    np.testing.assert_array_equal(more[2].matrix, resumed[2].matrix)


def test_only_its_own_checkpoints_are_resumed(tmp_path: Path) -> None:
    single, folder = tmp_path / "single", tmp_path / "replicates"
    embed.train(TEXT, checkpoint=single, **SG)
    for more in ({"checkpoint": single}, {"resume": single}):
        with pytest.raises(ConfigError, match="holds checkpoints of a single run, not of replicates"):
            embed.replicate(TEXT, replicates=2, **more, **SG)
    with pytest.warns(CheckpointWarning, match="has no checkpoint yet"):
        embed.replicate(TEXT, replicates=2, checkpoint=folder, resume=folder, **SG)
    with pytest.raises(ConfigError, match=r"cannot resume from .*replicate-001.*dim is 16 in the checkpoint, 24 here"):
        embed.replicate(TEXT, replicates=2, resume=folder, **{**SG, "dim": 24})
    with pytest.raises(ConfigError, match=r"cannot resume from .*the number of tokens of the corpus"):
        embed.replicate(TEXT[1:], replicates=2, resume=folder, **SG)
    with pytest.raises(FormatError, match="there is no checkpoint to resume from"):
        embed.replicate(TEXT, replicates=2, resume=tmp_path / "none", **SG)


def test_one_log_follows_all_replicates(tmp_path: Path) -> None:
    embed.replicate(TEXT, replicates=2, log_json=tmp_path / "log.json", **SG)
    events = [json.loads(line) for line in (tmp_path / "log.json").read_text().splitlines()]
    assert [(event["replicate"], event["of"]) for event in events if event["event"] == "replicate"] == [(1, 2), (2, 2)]
    assert [event["event"] for event in events].count("epoch") == 4
    assert [events[0]["event"], events[-1]["event"]] == ["start", "end"]


def test_what_is_of_a_single_model_is_refused(tmp_path: Path) -> None:
    for more, sentence in (
        ({"replicates": 1}, "replicates must be a whole number from 2 to 999, not 1"),
        ({"senses": 3}, "replicates have no senses: leave out senses"),
        ({"time_budget": "10s", "epochs": None}, "time_budget is for a single training: give epochs to replicates"),
    ):
        settings = {name: value for name, value in {**SG, **more}.items() if value is not None}
        with pytest.raises(ConfigError, match=sentence):
            embed.replicate(TEXT, **settings)
    with pytest.raises(CorpusError, match="a text of a single one"):
        embed.replicate([["a", "b"] * 50], **SG)
    with pytest.raises(FormatError, match=r"the extension \.vec means vectors"):
        embed.replicate(TEXT, output=tmp_path / "some.vec", **SG)
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "text.txt").write_text("a b c\n" * 9)
    with pytest.raises(ConfigError, match="would read the replicates as text"):
        embed.replicate(corpus, output=corpus / "some.replicates", **SG)
    with pytest.raises(ConfigError, match="this is a file; name a folder for the replicates"):
        embed.replicate(TEXT, output=corpus / "text.txt", **SG)
