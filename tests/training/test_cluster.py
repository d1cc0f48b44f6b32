"""Lanes of a cluster, trained in this process: the bits of one worker, the same bits whatever dies, and the errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.config.train import TrainConfig
from embed.corpora import SyntheticCorpus
from embed.errors import ClusterError, ClusterWarning, ConfigError
from embed.model.model import Model
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode
from embed.text.part_corpus import PartCorpus, parts
from embed.training.backends.cluster import merge_tokens
from embed.training.backends.crew import Facts, Handle, LocalCrew, WorkerLost, advise_of_differences
from embed.training.backends.lanes import lane_seed
from embed.training.trainer import Trainer

SMALL: dict[str, Any] = {"dim": 16, "min_count": 1, "threads": 1, "epochs": 2, "merge_tokens": 1024}
KINDS: dict[str, dict[str, Any]] = {
    "skip-gram": {"objective": "sg"},
    "cbow": {"objective": "cbow"},
    "n-grams": {"subword": True, "buckets": 500, "structured": True},
    "positions": {"objective": "cbow", "position_weights": True},
    "sums": {"objective": "sg", "subword": True, "buckets": 500, "composition": "sum"},
}


@pytest.fixture(scope="module")
def encoded() -> Iterator[EncodedCorpus]:
    with encode(SyntheticCorpus(seed=5, sentences=400), min_count=1) as corpus:
        yield corpus


class Dying(LocalCrew):
    """Loses the workers of `deaths` at those calls, counted from 0: before they are done, or after."""

    def __init__(self, deaths: dict[int, str], threads: int = 1) -> None:
        super().__init__(threads)
        self.deaths, self.calls = deaths, 0

    def call(self, worker: int, method: str, *arguments: Any, results: int = 1) -> list[Handle]:
        when = self.deaths.get(self.calls)
        self.calls += 1
        if when == "before":
            self.members.pop(worker, None)
        found = super().call(worker, method, *arguments, results=results)
        if when == "after":
            del self.members[worker]
            raise WorkerLost
        if when == "everyone":
            self.members.clear()
            raise WorkerLost
        return found


class Changing(LocalCrew):
    """Counts who trains; workers leave for good, or come, before the training of a lane with these numbers.

    Parameters
    ----------
    leaves : dict of int
        The worker that leaves: number of the training -> worker.
    comes : dict of int
        How many workers there may be from then on.
    late : int or None
        The worker that is done only when there is nothing else to do, or when others have trained so many lanes.
    """

    def __init__(
        self, leaves: dict[int, int] | None = None, comes: dict[int, int] | None = None, late: int | None = None
    ) -> None:
        super().__init__()
        self.leaves, self.comes, self.late = leaves or {}, comes or {}, late
        self.trainers: list[int] = []
        self.waiting: Any = None
        self.patience = 0

    def join(self, wanted: int, *, waits: bool = False) -> list[int]:
        return super().join(wanted if waits or not self.leaves or not self.workers else 0)

    def call(self, worker: int, method: str, *arguments: Any, results: int = 1) -> list[Handle]:
        if method == "lanes.train":
            self._most = self.comes.get(len(self.trainers), self._most)
            if (lost := self.leaves.get(len(self.trainers))) is not None and len(self.members) > 1:
                self.members.pop(lost, None)
            self.trainers.append(worker)
        found = super().call(worker, method, *arguments, results=results)
        if method == "lanes.train" and worker == self.late:
            [self.waiting], self.patience = found, 5
        return found

    def wait(self, handles: Any, seconds: float, count: int | None = None) -> bool:
        if not any(handle is self.waiting for handle in handles):
            return True
        self.patience -= seconds > 0  # asked once more, when there is nothing else to do
        return len(handles) > 1 or self.patience < 0


def trained(encoded: EncodedCorpus, crew: LocalCrew | None, **settings: Any) -> Model:
    return Trainer(encoded, TrainConfig(**{**SMALL, **settings}), crew=crew).run()


def same(one: Model, other: Model) -> bool:
    pairs = zip(one.parameters.matrices().values(), other.parameters.matrices().values(), strict=True)
    losses = zip(one.history, other.history, strict=True)
    return all(np.array_equal(a, b) for a, b in pairs) and all(
        a.loss == pytest.approx(b.loss, rel=1e-9) for a, b in losses
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("deterministic", [False, True])
def test_single_worker_lands_on_the_bits_of_one_machine(encoded: EncodedCorpus, kind: str, deterministic: bool) -> None:
    settings = {**KINDS[kind], "deterministic": deterministic}
    assert same(trained(encoded, LocalCrew(), workers=1, **settings), trained(encoded, None, **settings))


@pytest.mark.parametrize("kind", KINDS)
def test_workers_learn_as_much_as_one(kind: str) -> None:
    settings = {**KINDS[kind], "epochs": 8}
    with encode(SyntheticCorpus(seed=6, sentences=2000), min_count=1) as text:
        one, four = trained(text, None, **settings), trained(text, LocalCrew(), workers=4, **settings)
    before, theirs, ours = (model.history[epoch].loss or 0 for model, epoch in ((one, 0), (one, -1), (four, -1)))
    assert 0 < ours < before - 0.9 * (before - theirs)


def test_every_token_is_trained_once_an_epoch(encoded: EncodedCorpus) -> None:
    settings = {"objective": "sg", "window_kind": "fixed", "subsample": 0, "epochs": 1}
    one = Trainer(encoded, TrainConfig(**{**SMALL, **settings}))
    four = Trainer(encoded, TrainConfig(**{**SMALL, **settings}, workers=2, lanes=4), crew=LocalCrew())
    one.run()
    four.run()
    assert one.examples == four.examples


@pytest.mark.parametrize("kind", KINDS)
def test_same_bits_for_any_number_of_workers(encoded: EncodedCorpus, kind: str) -> None:
    settings = {**KINDS[kind], "epochs": 1, "merge_tokens": 512}
    expected = trained(encoded, LocalCrew(), workers=4, **settings)
    for workers in (1, 3):
        assert same(trained(encoded, LocalCrew(), workers=workers, lanes=4, **settings), expected)


def test_workers_with_threads_train_any_lane(encoded: EncodedCorpus) -> None:
    settings = {"objective": "sg", "deterministic": True, "lanes": 4, "subword": True, "buckets": 500}
    one, two = (trained(encoded, LocalCrew(threads), workers=threads, **settings) for threads in (1, 2))
    assert same(one, two)


def test_slow_worker_trains_fewer_lanes(encoded: EncodedCorpus) -> None:
    settings = {"objective": "sg", "lanes": 6}
    even, late = Changing(), Changing(late=1)
    expected = trained(encoded, even, workers=2, **settings)
    assert same(trained(encoded, late, workers=2, **settings), expected)
    assert len(even.trainers) == len(late.trainers) > 12
    assert [even.trainers[-6:].count(worker) for worker in (0, 1)] == [3, 3]
    assert [late.trainers[:6].count(worker) for worker in (0, 1)] == [3, 3]  # the other one has no text yet
    assert [late.trainers[-6:].count(worker) for worker in (0, 1)] == [5, 1]


def test_worker_that_comes_takes_lanes(encoded: EncodedCorpus) -> None:
    settings = {"objective": "sg", "lanes": 5}
    expected = trained(encoded, LocalCrew(), workers=5, **settings)
    crew = Changing(comes={2: 2, 7: 4})
    assert same(trained(encoded, crew, workers=1, **settings), expected)
    rounds = [sorted(crew.trainers[first : first + 5]) for first in (0, 5, 10)]
    assert rounds == [[0] * 5, [0, 0, 0, 1, 1], [0, 0, 1, 2, 3]]


@pytest.mark.parametrize("at", [0, 1, 3, 6, 10])
def test_lanes_of_workers_that_leave_are_taken_by_others(encoded: EncodedCorpus, at: int) -> None:
    settings = {"objective": "sg", "lanes": 4}
    expected = trained(encoded, LocalCrew(), workers=4, **settings)
    crew = Changing(leaves={at: 1, at + 4: 0})
    with pytest.warns(ClusterWarning, match=r"worker [12] has died; its last tokens are trained again"):
        assert same(trained(encoded, crew, workers=3, **settings), expected)
    assert crew.trainers[-4:] == [2] * 4


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_run_resumes_with_other_workers(encoded: EncodedCorpus, tmp_path: Path, workers: int) -> None:
    settings = {**SMALL, "cluster": "simulate", "objective": "sg", "progress": False}
    expected = embed.train(encoded, workers=4, **settings)
    folder = {"checkpoint": tmp_path / "ck", "checkpoint_every": "epoch"}
    embed.train(encoded, workers=4, **settings, **folder, callbacks=[lambda record, model: record.epoch == 1])
    again = embed.train(encoded, workers=workers, **settings, **folder, resume=tmp_path / "ck")
    assert np.array_equal(again.input, expected.input)
    assert (again.config.workers, again.config.lanes) == (workers, 4)


@pytest.mark.parametrize("when", ["before", "after", "everyone"])
def test_same_bits_whatever_dies(encoded: EncodedCorpus, when: str) -> None:
    settings = {"objective": "sg", "workers": 3}
    whole = Dying({})
    expected = trained(encoded, whole, **settings)
    calls = whole.calls
    assert calls > 60
    for at in range(0, calls - 4, 7):  # the last calls fetch the result, of any worker
        crew = Dying({at: when, at + 9: when})
        with pytest.warns(ClusterWarning, match="has died"):
            assert same(trained(encoded, crew, **settings), expected), at


def test_single_worker_that_dies_is_trained_again(encoded: EncodedCorpus) -> None:
    expected = trained(encoded, None, objective="cbow")
    for at in (0, 1, 2, 5, 9):
        with pytest.warns(ClusterWarning, match="worker . has died"):
            assert same(trained(encoded, Dying({at: "before"}), objective="cbow", workers=1), expected)


def test_workers_that_keep_dying_end_the_run(encoded: EncodedCorpus) -> None:
    crew = Dying(dict.fromkeys(range(40, 4000), "before"))
    with (
        pytest.warns(ClusterWarning),
        pytest.raises(ClusterError, match=r"workers have died \d+ times without a merge"),
    ):
        trained(encoded, crew, objective="sg", workers=2)


def test_deterministic_workers_have_any_number_of_threads(encoded: EncodedCorpus) -> None:
    settings = {"objective": "sg", "deterministic": True, "workers": 2}
    one, three = (trained(encoded, LocalCrew(threads), **settings) for threads in (1, 3))
    assert same(one, three)


def test_text_with_fewer_sentences_than_workers_is_refused() -> None:
    with pytest.raises(ClusterError, match=r"cannot cut 2 sentences into 3 parts: lower lanes or workers"):
        embed.train([["a", "b"], ["b", "c"]], min_count=1, cluster="simulate", workers=3, progress=False)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"workers": 2}, "workers is 2, but there is no cluster"),
        ({"lanes": 2}, "lanes is 2, but there is no cluster"),
        (
            {"cluster": "simulate", "workers": 3, "lanes": 2},
            "lanes is 2, but there are 3 workers, of which each trains",
        ),
        ({"merge_tokens": 4096}, "merge_tokens is 4096, but there is no cluster"),
        ({"cluster": "simulate", "loss": "hs"}, "loss='hs' is not for clusters"),
        ({"cluster": "simulate", "senses": 2}, "senses=2 is not for clusters"),
        ({"cluster": "simulate", "time_budget": "9s"}, "time_budget is for one machine"),
    ],
)
def test_what_does_not_belong_to_a_cluster_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        embed.train([["a", "b"], ["b", "c"]] * 50, min_count=1, progress=False, **settings)


def test_run_that_merged_elsewhere_is_not_resumed(encoded: EncodedCorpus) -> None:
    trainer = Trainer(encoded, TrainConfig(**SMALL, objective="sg", workers=2), crew=LocalCrew())
    with pytest.raises(ConfigError, match=r"cannot resume at token 1,000 of the epoch"):
        trainer.stretch(1000, 2000)


def test_parts_cover_the_text(encoded: EncodedCorpus) -> None:
    for count in (1, 2, 7, 100):
        cut = parts(encoded, encoded.tokens, count)
        texts = [PartCorpus(encoded, part.start, part.stop) for part in cut]
        assert np.array_equal(np.concatenate([text.ids for text in texts]), encoded.ids)
        assert sum(text.sentences for text in texts) == encoded.sentences
        assert all(text.offsets[0] == 0 and text.offsets[-1] == text.tokens > 0 for text in texts)


def test_workers_that_differ_are_told() -> None:
    alike = [Facts(embed.__version__, "avx2", "one"), Facts(embed.__version__, "avx2", "two")]
    advise_of_differences(alike)
    with pytest.warns(ClusterWarning, match=r"differ in instruction set \(avx2 on two, avx512 on three\)"):
        advise_of_differences([*alike, Facts(embed.__version__, "avx512", "three")])
    with pytest.warns(ClusterWarning, match=r"differ in version \(0\.0\.1 on one\), so the bits depend on which"):
        advise_of_differences([Facts("0.0.1", "avx2", "one")])


def test_lanes_draw_apart_and_the_first_as_the_run() -> None:
    assert lane_seed(7, 0) == 7
    assert len({lane_seed(seed, lane) for seed in range(20) for lane in range(20)}) == 400


@pytest.mark.parametrize(
    ("tokens", "workers", "expected"),
    [
        (1000, 16, 1000),
        (20_000, 16, 10_000),
        (1 << 20, 1, 65_536),
        (1 << 20, 2, 131_072),
        (1 << 20, 4, 87_382),
        (1 << 20, 64, 65_536),
        (419_430_401, 16, 4_152_777),
    ],
)
def test_merges_follow_from_the_text_and_the_workers(tokens: int, workers: int, expected: int) -> None:
    assert merge_tokens(tokens, workers) == expected
