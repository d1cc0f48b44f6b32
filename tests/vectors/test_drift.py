"""The drift of words between two slices: without bias, with intervals that cover it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import embed
from embed.cli import main
from embed.errors import ConfigError
from embed.vectors import Replicates, WordVectors
from embed.vectors.drift import Drift

WORDS = [f"w{number}" for number in range(600)]
MOVED, DIM = 40, 12
TRUTH = np.random.default_rng(1).normal(size=(len(WORDS), DIM))


def slice_of(seed: int, count: int = 6, noise: float = 0.6, moves: bool = False, turns: bool = True) -> Replicates:
    """Return replicates with noise, each turned in a way of its own; the first words may be others."""
    rng = np.random.default_rng(seed)
    truth, members = TRUTH.copy(), []
    if moves:
        truth[:MOVED] = np.random.default_rng(2).normal(size=(MOVED, DIM))
    for _ in range(count):
        turn = np.linalg.qr(rng.normal(size=(DIM, DIM)))[0] if turns else np.eye(DIM)
        members.append(WordVectors(WORDS, (truth + noise * rng.normal(size=truth.shape)) @ turn))
    return Replicates(members)


def test_words_that_moved_come_first() -> None:
    found = embed.drift(slice_of(3), slice_of(4, moves=True))
    assert len(found) == len(WORDS)
    assert {one.word for one in found[:30]} <= set(WORDS[:MOVED])
    assert [one.low for one in found] == sorted((one.low for one in found), reverse=True)


def test_the_estimate_has_no_bias_and_its_interval_covers_the_truth() -> None:
    found = embed.drift(slice_of(3), slice_of(4))
    values = np.array([one.value for one in found])
    assert abs(values.mean()) < 3 * values.std() / np.sqrt(len(values)) + 0.002
    assert (values < 0).any()
    assert np.mean([one.low <= 0 <= one.high for one in found]) > 0.95
    # one training each: 1 - cosine, which noise alone makes large
    single = embed.drift(slice_of(3)[0], slice_of(4)[0])
    assert np.mean([one.value for one in single]) > 0.15
    assert all(np.isnan(one.low) for one in single)


def test_the_interval_covers_the_drift_of_moved_words() -> None:
    def found(seed: int, count: int) -> list[Drift]:
        a, b = slice_of(seed, count, moves=True, turns=False), slice_of(seed + 1, count, turns=False)
        return embed.drift(a, b, WORDS[:MOVED], same_space=True)

    truth = {one.word: one.value for one in found(50, 60)}
    covered = [one.low <= truth[one.word] <= one.high for seed in range(10, 18, 2) for one in found(seed, 6)]
    assert 0.88 < np.mean(covered) <= 1


def test_the_formula_is_that_of_its_description() -> None:
    a, b = slice_of(3, turns=False), slice_of(4, 4, turns=False)
    (found,) = embed.drift(a, b, ["w5"], same_space=True)

    def mean_distance(one: Replicates, other: Replicates) -> float:
        units = [[member.unit(["w5"])[0].astype(float) for member in side] for side in (one, other)]
        pairs = [
            1 - u @ v for i, u in enumerate(units[0]) for j, v in enumerate(units[1]) if one is not other or i != j
        ]
        return float(np.mean(pairs))

    expected = mean_distance(a, b) - (mean_distance(a, a) + mean_distance(b, b)) / 2
    assert found.value == pytest.approx(expected, abs=1e-6)


def test_words_that_a_slice_did_not_train_are_left_out() -> None:
    a, b = slice_of(3), slice_of(4)
    same = [WordVectors(WORDS, np.concatenate([TRUTH[:1], each.matrix[1:]])) for each in slice_of(4, turns=False)]
    assert "w0" not in {one.word for one in embed.drift(slice_of(3, turns=False), Replicates(same), same_space=True)}
    assert [one.word for one in embed.drift(a, b, ["w3", "nothing"])] == ["w3"]
    assert {one.word for one in embed.drift(a, b, top=3)} == {"w0", "w1", "w2"}
    with pytest.raises(ConfigError, match="no word is in both slices"):
        embed.drift(a, b, ["nothing"])


def test_what_gives_no_interval_is_refused() -> None:
    with pytest.raises(ConfigError, match="a has 2 replicates, and an interval needs at least 3"):
        embed.drift(slice_of(3, 2), slice_of(4))
    with pytest.raises(ConfigError, match="b must be Replicates or WordVectors"):
        embed.drift(slice_of(3), [1, 2])  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="12 and of 3 dimensions"):
        embed.drift(slice_of(3), WordVectors(WORDS, np.ones((600, 3))))


def test_the_command_prints_the_drift(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(tmp_path / name) for name in ("a.replicates", "b.replicates")]
    slices = slice_of(3), slice_of(4, moves=True)
    for path, replicates in zip(paths, slices, strict=True):
        replicates.save(path)
    assert main(["drift", *paths, "-n", "4"]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    best = embed.drift(*slices)[:4]
    assert [Drift(word, *map(float, numbers)) for word, *numbers in lines] == [
        Drift(each.word, *(round(end, 4) for end in each[1:])) for each in best
    ]
    assert main(["drift", *paths, "w0", "nothing", "--json"]) == 5
    told = capsys.readouterr()
    assert json.loads(told.out)["word"] == "w0"
    assert "'nothing' is not a word of both slices" in told.err
