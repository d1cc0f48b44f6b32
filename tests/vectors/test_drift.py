"""The drift of words between two slices, beyond chance, with intervals that cover it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import embed
from embed.cli import main
from embed.errors import ConfigError
from embed.vectors import Replicates, WordVectors
from embed.vectors.drift import Drift

WORDS = [f"w{number}" for number in range(600)]
MOVED, DIM = 40, 12
TRUTH = np.random.default_rng(1).normal(size=(len(WORDS), DIM))


def slice_of(seed: int, count: int = 6, noise: float = 0.4, moves: bool = False, turns: bool = True) -> Replicates:
    """Return replicates that scatter around a slice, which scatters around the truth; the first words may move."""
    rng = np.random.default_rng(seed)
    truth, members = TRUTH.copy(), []
    if moves:
        truth[:MOVED] = np.random.default_rng(2).normal(size=(MOVED, DIM))
    truth = truth + noise * rng.normal(size=truth.shape)
    for _ in range(count):
        turn = np.linalg.qr(rng.normal(size=(DIM, DIM)))[0] if turns else np.eye(DIM)
        members.append(WordVectors(WORDS, (truth + noise * rng.normal(size=truth.shape)) @ turn))
    return Replicates(members)


def test_words_that_moved_come_first() -> None:
    found = embed.drift(slice_of(3), slice_of(4, moves=True))
    assert len(found) == len(WORDS)
    assert {one.word for one in found[:20]} <= set(WORDS[:MOVED])
    assert [one.low for one in found] == sorted((one.low for one in found), reverse=True)


def test_words_that_did_not_move_have_no_drift() -> None:
    """Other words of the slice, and another training, do not count as change."""
    found = [one for seed in (10, 20, 30) for one in embed.drift(slice_of(seed), slice_of(seed + 1))]
    assert abs(np.mean([one.value for one in found])) < 0.02
    assert 0.9 < np.mean([one.low <= 0 <= one.high for one in found]) <= 1
    assert np.mean([one.low > 0 for one in found]) < 0.04
    # one training each: 1 - cosine, which noise alone makes large
    single = embed.drift(slice_of(10)[0], slice_of(11)[0])
    assert np.mean([one.value for one in single]) > 0.2
    assert all(np.isnan(one.low) for one in single)


def test_the_interval_covers_the_drift_of_words_that_moved() -> None:
    rng, noise, covered = np.random.default_rng(5), 0.2, []
    means = []
    for moves in (True, False):
        exact = slice_of(1, 3, noise=0, moves=moves, turns=False)[0].matrix[:MOVED]
        drawn = exact + np.sqrt(2) * noise * rng.normal(size=(500, MOVED, DIM))  # of the slice, and of a replicate
        means.append((drawn / np.linalg.norm(drawn, axis=2)[..., None]).mean(axis=0))
    truth = dict(zip(WORDS, 0.5 * ((means[0] - means[1]) ** 2).sum(axis=1), strict=False))
    for seed in range(40, 60, 2):
        slices = [slice_of(seed + moves, noise=noise, moves=moves, turns=False) for moves in (True, False)]
        covered += [
            one.low <= truth[one.word] <= one.high for one in embed.drift(*slices, WORDS[:MOVED], same_space=True)
        ]
    assert 0.9 < np.mean(covered) <= 1


def test_the_formula_is_that_of_its_description() -> None:
    a, b = slice_of(3, turns=False), slice_of(4, 4, turns=False)
    (found,) = embed.drift(a, b, ["w5"], same_space=True)
    u, v = (np.array([member.unit(["w5"])[0] for member in side], np.float64) for side in (a, b))
    moved, covariances = u.mean(axis=0) - v.mean(axis=0), [np.cov(side.T) for side in (u, v)]
    total = covariances[0] * (1 + 1 / 6) + covariances[1] * (1 + 1 / 4)
    assert found.value == pytest.approx((moved @ moved - np.trace(total)) / 2, abs=1e-6)
    squares = []
    for covariance, count in zip(covariances, (6, 4), strict=True):
        bias = np.trace(covariance) ** 2 / (count - 1)
        factor = (count - 1) ** 2 / ((count - 2) * (count + 1))
        squares.append(factor * (np.trace(covariance @ covariance) - bias) * (1 + 1 / count) ** 2)
    squared = sum(squares) + 2 * np.trace(covariances[0] @ covariances[1]) * (1 + 1 / 6) * (1 + 1 / 4)
    variance = max(moved @ total @ moved - squared, 0) + squared / 2
    half = stats.t.ppf(0.975, 3) * np.sqrt(variance)
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half), abs=1e-5)


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
