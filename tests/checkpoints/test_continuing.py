"""Continued training with checkpoints: it goes on to the same bits, from the same start and from no other."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import embed
from embed.checkpoints.checkpoint_folder import checkpoints_in, read
from embed.cli import main
from embed.errors import ConfigError
from embed.model import Model
from embed.training.time_budget import MOST_EPOCHS
from embed.vectors import WordVectors

OLD = [[f"{kind}{(i * j) % 7}" for j in range(1, 20)] for i in range(80) for kind in ("a", "b")]
NEW = [[f"{kind}{(i * j) % 9}" for j in range(1, 20)] for i in range(150) for kind in ("b", "c")]
SMALL: dict[str, Any] = {
    "window_kind": "dynamic",
    "dim": 18,
    "min_count": 1,
    "threads": 1,
    "buckets": 300,
    "subsample": 0.01,
}
OFTEN: dict[str, Any] = {"checkpoint_every": "1700 tokens", "checkpoint_keep": 1000}


def _content(model: Model) -> tuple[bytes, bytes, list[tuple[float, float | None]]]:
    losses = [(record.loss, record.held_out_loss) for record in model.history]
    return model.input.tobytes(), model.output.tobytes(), losses


def _each(folder: Path, step: int) -> Iterator[tuple[Path, Path]]:
    """Yield checkpoints of a folder, each with a folder that has it alone."""
    for path in checkpoints_in(folder)[::step]:
        alone = folder.parent / path.stem
        alone.mkdir()
        shutil.copy(path, alone / path.name)
        yield path, alone


@pytest.mark.parametrize("vocabulary", ["old", "union"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"objective": "cbow", "subword": True},
        {"deterministic": True, "threads": 2},
        {"held_out": 0.2, "patience": 1, "min_delta": 100},
    ],
    ids=str,
)
def test_resuming_continued_run_gives_the_same_bits(settings: dict[str, Any], vocabulary: str, tmp_path: Path) -> None:
    start = embed.train(OLD, **SMALL | settings, epochs=2)
    expected = embed.continue_training(start, NEW, vocabulary=vocabulary, epochs=3)
    watched = embed.continue_training(
        start, NEW, vocabulary=vocabulary, epochs=3, checkpoint=tmp_path / "kept", **OFTEN
    )
    assert _content(watched) == _content(expected)
    places = set()
    for path, alone in _each(tmp_path / "kept", 2):
        resumed = embed.continue_training(start, NEW, vocabulary=vocabulary, epochs=3, resume=alone)
        assert _content(resumed) == _content(expected), read(path).place
        assert resumed.run_card()["provenance"]["decisions"] == watched.run_card()["provenance"]["decisions"]
        places.add(read(path).place)
    assert len(places) > 1


def _never() -> Iterator[list[str]]:
    raise AssertionError("the corpus has been read")
    yield


def test_resuming_from_another_model_is_refused_before_reading(tmp_path: Path) -> None:
    first, second = (embed.train(OLD, **SMALL, epochs=2, lr=lr) for lr in (0.02, 0.03))
    settings: dict[str, Any] = {"epochs": 1, "seed": 5, "lr": 0.01}
    embed.continue_training(first, NEW, checkpoint=tmp_path, **settings)
    with pytest.raises(ConfigError, match=r"a different run \(continued_from\.digest is '"):
        embed.continue_training(second, _never(), resume=tmp_path, **settings)
    with pytest.raises(ConfigError, match=r"continued_from\.vocabulary is 'old' in the checkpoint, 'union' here"):
        embed.continue_training(first, _never(), vocabulary="union", resume=tmp_path, resume_anyway=True, **settings)
    with pytest.raises(ConfigError, match=r"\(lr is 0\.01 in the checkpoint, 0\.02 here\); .*resume_anyway=True"):
        embed.continue_training(first, _never(), resume=tmp_path, **settings | {"lr": 0.02})
    # a continued run does not resume as a run of its own, nor the other way round
    with pytest.raises(ConfigError, match=r"continued_from\.digest is '.*' in the checkpoint, not set here"):
        embed.train(_never(), first.config, resume=tmp_path, resume_anyway=True, **settings)
    embed.train(OLD, **SMALL, epochs=1, checkpoint=tmp_path / "own")
    with pytest.raises(ConfigError, match=r"continued_from\.digest is not set in the checkpoint, "):
        embed.continue_training(first, _never(), resume=tmp_path / "own", epochs=1, seed=1, lr=None)


@pytest.mark.filterwarnings("ignore:the file has vectors without output rows")
def test_resuming_run_that_started_from_vectors(tmp_path: Path) -> None:
    trained = embed.train(OLD, **SMALL, epochs=2).vectors
    other = WordVectors(trained.words, trained.matrix * 2, counts=trained.counts)
    expected = embed.continue_training(trained, NEW, epochs=2, threads=1, checkpoint=tmp_path / "kept", **OFTEN)
    for _, alone in _each(tmp_path / "kept", 4):
        assert _content(embed.continue_training(trained, NEW, epochs=2, threads=1, resume=alone)) == _content(expected)
    with pytest.raises(ConfigError, match=r"continued_from\.digest"):
        embed.continue_training(other, NEW, epochs=2, threads=1, resume=tmp_path / "kept")


def test_the_command_continues_with_checkpoints_and_a_budget(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, sentences in (("old", OLD), ("new", NEW)):
        (tmp_path / f"{name}.txt").write_text("\n".join(map(" ".join, sentences)), encoding="utf-8")
    model, out = str(tmp_path / "m.embed"), tmp_path / "v.txt"
    flags = ["--threads", "1", "--quiet"]
    first = ["train", str(tmp_path / "old.txt"), "--save-model", model, "--objective", "sg", "--dim", "16"]
    assert main([*first, *flags]) == 0
    again = ["train", str(tmp_path / "new.txt"), "--continue-from", model, "-o", str(out), *flags]
    again += ["--checkpoint", str(tmp_path / "kept"), "--resume", str(tmp_path / "kept"), "--time-budget", "1h"]
    assert main([*again, "--checkpoint-every", "epoch", "--checkpoint-keep", "99"]) == 0
    expected = out.read_bytes()
    for path in checkpoints_in(tmp_path / "kept")[7:]:
        path.unlink()
    out.unlink()
    assert main(again) == 0
    assert out.read_bytes() == expected
    assert read(checkpoints_in(tmp_path / "kept")[-1]).place.epoch == MOST_EPOCHS
    assert "kept has no checkpoint yet" in capsys.readouterr().err
