"""The study of replicates: what is counted of neighbours, and that stored models are not trained again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("benchmarks", reason="the benchmarks are in the source tree only")

from benchmarks import replicates, smoke
from benchmarks.lib.corpus import TextSource

WORDS = 40


def cosines(*nearest: range) -> np.ndarray:
    """Return cosines of which the named words are the highest, in each model."""
    found = np.tile(np.linspace(0.0, 0.1, WORDS, dtype=np.float32), (len(nearest), 1))
    for row, words in zip(found, nearest, strict=True):
        row[list(words)] += 0.5
    return found


def test_shared_neighbours_are_counted() -> None:
    found = replicates._Band()
    draws = cosines(range(10), range(10), range(5, 15), range(10))
    replicates._measure(draws, cosines(range(10), range(8, 18)), found)
    assert found.draws == [pytest.approx((3 * 1.0 + 3 * 0.5) / 6)]
    assert found.seeds == [pytest.approx(0.2)]
    assert found.in_all == [0.5]  # 5 to 9, of 0 to 9
    assert found.in_one == [0.0]
    assert sorted(found.widths) == [2, 3, 4]
    assert found.widths[2] == [pytest.approx(0, abs=1e-6)]  # both give every cosine alike
    assert found.shares == {1: [1.0], 2: [0.5]}  # the mean of the third and fourth has 5 to 14
    # 5 to 9 are the same in all, so that no interval has an inside; of 0 to 4, the third is far from the others
    assert found.covered == [0.5, 0.5, 0.0, 0.5]


def test_the_tables_are_of_what_is_stored(tmp_path: Path) -> None:
    source = TextSource(tmp_path, synthetic=20_000, vocabulary=300)
    chosen = {
        "replicates": 2,
        "seeds": 2,
        "words": 3,
        "sets": smoke.planted_sets(tmp_path),
        "store": str(tmp_path / "s"),
    }
    made = replicates.run(source, replicates.Settings(sizes=(20_000,), models=("skip-gram",), **chosen))
    neighbours, enough, scores = made
    assert {row[1] for row in neighbours.rows} == {"skip-gram (2)"}
    assert all(len(row) == len(section.head) for section in made for row in section.rows)
    assert [row[2] for row in enough.rows] == ["1", "2"]
    assert float(enough.rows[1][4]) == pytest.approx(12.706 * np.sqrt(1.5) / 1.96, abs=0.01)
    assert [row[2] for row in scores.rows] == ["pairs", "questions"]
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "s").iterdir()}
    again = replicates.run(source, replicates.Settings(sizes=(20_000,), models=("skip-gram",), **chosen))
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "s").iterdir()} == before
    assert [section.rows for section in again] == [section.rows for section in made]
