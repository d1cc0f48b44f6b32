"""How the threads share the tokens of a stretch, and which of them have replicas of frequent rows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from embed.config import TrainConfig
from embed.engine.problem import RowFactors, Tags
from embed.model.parameters import Parameters
from embed.training.backends import problem
from embed.training.backends.hogwild import Chunks
from embed.training.backends.task import Variant
from embed.training.schedule import Schedule
from embed.training.train import train
from embed.vocabulary.vocabulary import Vocabulary

LARGEST, SMALLEST = 1 << 15, 1 << 10


class Recorder:
    """A worker that only records what it is asked to train."""

    loss = 0.0

    def __init__(self) -> None:
        self.chunks: list[range] = []

    def run(self, epoch: int, first: int, last: int, *_: Any) -> None:
        self.chunks.append(range(first, last))


@pytest.mark.parametrize("threads", [1, 2, 16])
@pytest.mark.parametrize("tokens", [10, 700_000, 3_000_000])
def test_chunks_cover_a_stretch_and_become_smaller(tokens: int, threads: int) -> None:
    task: Any = SimpleNamespace(threads=threads)
    stretch = range(5, tokens)
    recorder: Any = Recorder()
    Chunks(task, stretch, 0, Schedule(TrainConfig(epochs=1), tokens)).work(recorder, 0)
    assert [p for chunk in recorder.chunks for p in (chunk.start, chunk.stop)][1:-1:2] == [
        chunk.start for chunk in recorder.chunks[1:]
    ]
    assert (recorder.chunks[0].start, recorder.chunks[-1].stop) == (5, tokens)
    sizes = [len(chunk) for chunk in recorder.chunks]
    assert sizes == sorted(sizes, reverse=True)
    assert max(sizes) <= LARGEST
    assert sizes[-1] <= SMALLEST
    # no thread has more to do than a fourth of what is left for each
    left = [tokens - chunk.start for chunk in recorder.chunks]
    assert all(size <= max(rest / threads / 4, SMALLEST) for size, rest in zip(sizes, left, strict=True))


@pytest.mark.parametrize(
    ("has_documents", "tokens", "expected"), [(False, 1 << 19, 0), (True, 1 << 19, 64), (True, 1 << 17, 0)]
)
def test_documents_have_replicas_from_fewer_tokens_on(has_documents: bool, tokens: int, expected: int) -> None:
    tags = Tags(np.array([0, 1]), np.zeros(1, np.int32)) if has_documents else None
    task: Any = SimpleNamespace(
        tokens=tokens,
        threads=2,
        config=TrainConfig(),
        variant=Variant(tags=tags),
        corpus=SimpleNamespace(vocabulary=range(1000)),
    )
    assert problem._replicated_words(task) == expected


def _task(**changes: Any) -> Any:
    """Return a task of CBOW with n-grams for two threads, of which "inging" has most of its rows in other words."""
    config = TrainConfig(objective="cbow", subword=True, buckets=500, dim=20)
    words = Vocabulary(["the", "singing", "ringing", "inging"], np.array([90, 50, 40, 1]))
    values: dict[str, Any] = {
        "tokens": 1 << 22,
        "threads": 2,
        "config": config,
        "subsample": 1.0,
        "variant": Variant(),
        "parameters": Parameters.initial(words, config),
        "corpus": SimpleNamespace(vocabulary=words, counts=words.counts),
    }
    return SimpleNamespace(**values | changes)


def test_rows_that_blocks_change_most_often_have_replicas(monkeypatch: pytest.MonkeyPatch) -> None:
    task = _task()
    monkeypatch.setattr(problem, "_REPLICATED_ROWS", 5)
    found = problem.replicated_rows(task)
    rows, offsets = task.parameters.rows, task.parameters.row_offsets
    shared = set(rows[offsets[1] : offsets[2]]) & set(rows[offsets[2] : offsets[3]])
    assert len(found) == len(set(found)) == 5
    assert set(found) <= shared


@pytest.mark.parametrize(
    "changes",
    [
        {"threads": 1},
        {"threads": 3},
        {"tokens": 1 << 20},
        {"config": TrainConfig(objective="sg", subword=True, buckets=500, dim=20)},
        {"config": TrainConfig(objective="cbow", subword=True, buckets=500, dim=20, deterministic=True)},
        {"variant": Variant(factors=RowFactors(inputs=np.ones(504, np.float32)))},
    ],
    ids=str,
)
def test_rows_of_n_grams_have_no_replicas_without_need(changes: dict[str, Any]) -> None:
    assert len(problem.replicated_rows(_task(**changes))) == 0


def test_two_threads_learn_in_replicas_what_one_learns_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problem, "_REPLICATED_FROM", 0)
    monkeypatch.setattr(problem, "_REPLICATED_ROWS", 30)
    sentences = [[f"word{(i * 7 + j * j) % 20}" for j in range(40)] for i in range(200)]
    losses = {}
    for threads in (1, 2):
        records: list[float] = []
        settings: dict[str, Any] = {"objective": "cbow", "subword": True, "buckets": 500, "dim": 20, "min_count": 1}
        model = train(
            sentences,
            callbacks=[lambda record, _, seen=records: seen.append(record.loss)],
            **settings,
            subsample=0.0,
            epochs=8,
            threads=threads,
        )
        assert np.isfinite(model.parameters.inputs).all()
        losses[threads] = records
    assert losses[2][-1] < 0.9 * losses[2][0]
    assert losses[2][-1] == pytest.approx(losses[1][-1], rel=0.2)
