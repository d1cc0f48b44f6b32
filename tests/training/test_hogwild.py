"""How the threads share the tokens of a stretch, and which of them have replicas of frequent rows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from embed.config import TrainConfig
from embed.engine.problem import Tags
from embed.training.backends import problem
from embed.training.backends.hogwild import Chunks
from embed.training.backends.task import Variant
from embed.training.schedule import Schedule

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
