"""Threads that cannot be started, parts that fail and signals at any moment: all leave, nothing hangs."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed.checkpoints.checkpoint_folder import checkpoints_in
from embed.config import TrainConfig
from embed.corpora import SyntheticCorpus
from embed.engine.threads import shared_out, together
from embed.errors import ThreadError
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode
from embed.training.backends.deterministic import round_tiles
from embed.training.train import train
from embed.training.trainer import Trainer
from tests.torture.ending import Injected, failing_starts

WATCHDOG_SECONDS = 120
SMALL: dict[str, Any] = {"dim": 16, "min_count": 1, "threads": 6, "epochs": 1, "objective": "sg"}


@pytest.fixture(scope="module")
def encoded() -> Iterator[EncodedCorpus]:
    with encode(SyntheticCorpus(seed=3, sentences=60), min_count=1) as corpus:
        yield corpus


def within_time(work: Callable[[], object]) -> None:
    """Run `work` in a thread, so that a hang fails the test and not the whole run."""
    failures: list[BaseException] = []

    def watched() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=watched, daemon=True)
    thread.start()
    thread.join(WATCHDOG_SECONDS)
    assert not thread.is_alive(), "it hangs"
    if failures:
        raise failures[0]


# the threads of any work


class Meeting:
    """Parts that wait for one another, until they are told to leave."""

    def __init__(self, parts: int) -> None:
        self.barrier = threading.Barrier(parts)
        self.inside = 0

    def take_part(self, part: int) -> None:
        self.inside += 1
        try:
            self.barrier.wait()
        except threading.BrokenBarrierError:
            pass
        finally:
            self.inside -= 1


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("failure", [RuntimeError("can't start new thread"), Injected(), MemoryError()])
def test_a_start_that_fails_lets_all_leave(failure: BaseException, after: bool, monkeypatch: Any) -> None:
    expected = ThreadError if isinstance(failure, RuntimeError) else type(failure)
    for number in range(5):
        meeting = Meeting(5)
        with failing_starts(number, failure, after=after), pytest.raises(expected):
            together(meeting.take_part, 5, halt=meeting.barrier.abort, watch=lambda: None)
        assert meeting.inside == 0


def test_a_part_that_fails_lets_the_others_leave() -> None:
    for failing in range(4):
        meeting = Meeting(4)

        def work(part: int, meeting: Meeting = meeting, failing: int = failing) -> None:
            if part == failing:
                raise ZeroDivisionError
            meeting.take_part(part)

        with pytest.raises(ZeroDivisionError):
            together(work, 4, halt=meeting.barrier.abort, watch=lambda: None)
        assert meeting.inside == 0


def test_a_watch_that_fails_lets_all_leave() -> None:
    meeting = Meeting(4)  # of whom three come
    with pytest.raises(Injected):
        together(meeting.take_part, 3, halt=meeting.barrier.abort, watch=Injected.throw)
    assert meeting.inside == 0


def test_work_is_shared_out_among_the_threads_that_there_are() -> None:
    for number in range(5):
        with failing_starts(number, RuntimeError("can't start new thread")):
            assert shared_out(lambda item: item * item, range(50), 5) == [item * item for item in range(50)]
    assert shared_out(str, [], 5) == []


def test_a_failure_of_shared_work_is_raised_when_nobody_works_any_more() -> None:
    at_work = itertools.count()
    halted = []

    def work(item: int) -> int:
        next(at_work)
        if item == 7:
            raise Injected
        return item

    with pytest.raises(Injected):
        shared_out(work, range(1000), 4, halt=lambda: halted.append(1))
    seen = next(at_work)
    assert seen < 1000
    assert next(at_work) == seen + 1


# the threads of a training


@pytest.mark.parametrize("deterministic", [False, True])
def test_a_training_whose_threads_cannot_be_started_says_how_many_could(
    deterministic: bool, encoded: EncodedCorpus
) -> None:
    def check() -> None:
        for number in range(6):
            given = f"only {number} of 6 threads" if number else "none of 6 threads"
            with (
                failing_starts(number, RuntimeError("can't start new thread")),
                pytest.raises(ThreadError, match=f"{given} could be started.*threads={max(number, 1)}"),
            ):
                train(encoded, **SMALL, deterministic=deterministic, progress=False)

    within_time(check)


@pytest.mark.parametrize("deterministic", [False, True])
def test_a_thousand_failures_between_starts_hang_nothing(deterministic: bool, encoded: EncodedCorpus) -> None:
    trainer = Trainer(encoded, TrainConfig(**SMALL, deterministic=deterministic))

    def check() -> None:
        failures = (RuntimeError("can't start new thread"), Injected(), MemoryError())
        for repeat, number, failure, after in itertools.product(range(14), range(6), failures, (False, True)):
            with failing_starts(number, failure, after=after), pytest.raises((ThreadError, Injected, MemoryError)):
                trainer.stretch(0, trainer.tokens)
            if repeat == 0:
                assert trainer.stretch(0, trainer.tokens) >= trainer.tokens  # as if nothing had been

    within_time(check)


def test_a_worker_that_fails_does_not_keep_the_others_waiting(encoded: EncodedCorpus) -> None:
    trainer = Trainer(encoded, TrainConfig(**SMALL, deterministic=True))

    class Failing:
        loss = 0.0

        def run_rounds(self, *arguments: Any) -> None:
            raise Injected

    def check() -> None:
        workers = list(trainer._backend._workers)
        for number in range(round_tiles(trainer.tokens)):  # the others have nothing to do
            trainer._backend._workers = [*workers[:number], Failing(), *workers[number + 1 :]]  # type: ignore[list-item]
            with pytest.raises(Injected):
                trainer.stretch(0, trainer.tokens)

    within_time(check)


@pytest.mark.parametrize("more", [{}, {"held_out": 0.2, "patience": 1}, {"deterministic": True}])
def test_copies_and_the_held_out_pass_do_with_fewer_threads(
    more: dict[str, Any], encoded: EncodedCorpus, tmp_path: Path
) -> None:
    settings = {**SMALL, "threads": 2, "epochs": 2, "deterministic": True, **more}

    def content(**checkpoints: Any) -> list[bytes]:
        model = train(encoded, **settings, progress=False, **checkpoints)
        return [np.asarray(matrix).tobytes() for matrix in model.parameters.matrices().values()]

    expected = content()
    every = {"checkpoint_every": "epoch"}
    refused = RuntimeError("can't start new thread")
    with failing_starts(0, refused, but={"together"}):
        assert content(checkpoint=tmp_path, **every) == expected
    assert len(checkpoints_in(tmp_path)) == 2
