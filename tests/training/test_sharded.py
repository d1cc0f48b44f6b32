"""A text that the workers read: the vectors of one that is read here, whatever dies, and the errors."""

from __future__ import annotations

import errno
import gzip
import itertools
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.config.train import TrainConfig
from embed.corpora import SyntheticCorpus, TextCorpus, dealing
from embed.corpora.dealing import deal
from embed.errors import AdviceWarning, ClusterError, ClusterWarning, CorpusError, FormatError
from embed.merging import merger
from embed.model.model import Model
from embed.text import bounded_counting, shard
from embed.text.encoded_folder import writing
from embed.text.encoding import encode
from embed.training.backends import lanes, sharded
from embed.training.backends.crew import Handle, LocalCrew, WorkerLost
from embed.training.backends.sharded import ShardedCorpus, read_shards
from embed.training.trainer import Trainer

SMALL: dict[str, Any] = {"dim": 16, "min_count": 1, "threads": 1, "epochs": 1, "merge_tokens": 1024, "objective": "sg"}
pytestmark = pytest.mark.filterwarnings("ignore::embed.errors.PoorVectorsWarning")


class Dying(LocalCrew):
    """Loses the worker that is called as these calls, counted from 0; counts the calls of each method."""

    def __init__(self, deaths: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.deaths, self.calls, self.methods = deaths, 0, list[str]()

    def call(self, worker: int, method: str, *arguments: Any, results: int = 1) -> list[Handle]:
        number, self.calls = self.calls, self.calls + 1
        self.methods.append(f"shard.{arguments[1]}" if method == "shard" else method)
        if number in self.deaths:
            self.members.pop(worker).close()
            raise WorkerLost
        return super().call(worker, method, *arguments, results=results)


class Dangerous(Dying):
    """Loses a worker with a probability at each call, before the call or after it, at most `most`; others come late."""

    def __init__(self, seed: int, probability: float, most: int) -> None:
        super().__init__()
        self.draw, self.probability, self.left = random.Random(seed), probability, most

    def call(self, worker: int, method: str, *arguments: Any, results: int = 1) -> list[Handle]:
        draw = self.draw.random() if self.left and self.members else 1.0
        if draw < self.probability / 2:
            self.lose(worker)
        found = super().call(worker, method, *arguments, results=results)
        if self.probability / 2 <= draw < self.probability:
            self.lose(worker)
        return found

    def start(self, count: int) -> None:
        super().start(count)
        self._most = count + 1

    def join(self, wanted: int, *, waits: bool = False) -> list[int]:
        return super().join(wanted if waits or not self.workers or self.draw.random() < 0.3 else 0)

    def lose(self, worker: int) -> None:
        """Lose a worker that is alive: often the one that is called."""
        lost = worker if worker in self.members and self.draw.random() < 0.5 else self.draw.choice([*self.members])
        self.left -= 1
        self.members.pop(lost).close()
        if lost == worker:
            raise WorkerLost


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of files: large, empty, with a last line that does not end, compressed."""
    lines = [" ".join(words) for words in SyntheticCorpus(seed=5, sentences=300)]
    found = tmp_path / "text"
    found.mkdir()
    (found / "a.txt").write_text("\n".join(lines[:180]) + "\n")
    (found / "b.txt").write_text("")
    (found / "c.txt").write_text("\n\n" + "\n".join(lines[180:250]))
    (found / "d.txt.gz").write_bytes(gzip.compress("\n".join(lines[250:]).encode()))
    return found


def trained(source: Any, **settings: Any) -> Model:
    return embed.train(source, progress=False, cluster="simulate", **{**SMALL, **settings})


def same(one: Model, other: Model) -> bool:
    pairs = zip(one.parameters.matrices().values(), other.parameters.matrices().values(), strict=True)
    return (
        all(np.array_equal(a, b) for a, b in pairs)
        and one.vocabulary == other.vocabulary
        and one.provenance == other.provenance
        and [(record.loss, record.held_out_loss) for record in one.history]
        == [(record.loss, record.held_out_loss) for record in other.history]
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"workers": 1},
        {"workers": 2, "held_out": 0.1},
        {"workers": 3, "min_count": None},
        {"workers": 5, "tokenizer": "words", "lowercase": True, "max_vocab": 200},
    ],
)
def test_same_vectors_as_of_a_text_read_here(folder: Path, tmp_path: Path, settings: dict[str, Any]) -> None:
    here = trained(str(folder), **settings, encoded_dir=tmp_path / "encoded")
    assert same(trained(str(folder), **settings), here)


PHRASES: dict[str, Any] = {"phrases": 2, "phrase_threshold": 0.05, "phrase_min_count": 2}


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("connectors", ["none", "english"])
def test_same_phrases_as_of_a_text_read_here(tmp_path: Path, workers: int, connectors: str) -> None:
    lines = ["new york is the state of the art in new york city", "york is new", "a state of mind of new york", ""]
    text = tmp_path / "text"
    text.write_text("\n".join(lines[number % 7 % 4] for number in range(200)))
    settings = {**PHRASES, "workers": workers, "phrase_connectors": connectors}
    here = trained(str(text), **settings, encoded_dir=tmp_path / "encoded")
    assert same(trained(str(text), **settings), here)
    assert max(word.count("_") for word in here.vocabulary.words) > 1


def read(crew: LocalCrew, folder: Path, workers: int, shares: int = 1, **settings: Any) -> ShardedCorpus:
    corpus, config = TextCorpus(str(folder)), TrainConfig(**{**SMALL, "workers": workers, **settings})
    dealt = deal(str(folder), corpus, workers, shares)
    assert dealt is not None
    crew.start(workers)
    return read_shards(crew, corpus, dealt, config, (None, None), lambda tokens, size: None)


def trained_by(crew: LocalCrew, folder: Path, workers: int, shares: int = 1, **settings: Any) -> Model:
    with read(crew, folder, workers, shares) as corpus:
        return Trainer(corpus, TrainConfig(**{**SMALL, **settings}, workers=workers), crew=crew).run()


def test_workers_read_their_own_shards_alone(folder: Path) -> None:
    crew = Dying()
    with read(crew, folder, 3) as corpus, encode(TextCorpus(str(folder)), min_count=1) as here:
        assert len(corpus.ids) == 0
        assert (corpus.tokens, corpus.sentences, corpus.first_pair()) == (
            here.tokens,
            here.sentences,
            here.first_pair(),
        )
        assert corpus.fingerprint == here.fingerprint
        assert corpus.boundary_near(here.tokens / 2) == here.boundary_near(here.tokens / 2)
        end = corpus.end(int(here.offsets[-40]))
        assert np.array_equal(end.ids, here.ids[here.offsets[-40] :])
        assert np.array_equal(end.offsets[-40:], here.offsets[-40:])
    assert crew.methods.count("shard.count") == crew.methods.count("shard.encode") == 3


def test_same_vectors_whatever_dies_while_reading(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharded, "_BLOCK_TOKENS", 500)
    whole = Dying()
    expected = trained_by(whole, folder, 3)
    assert whole.methods.count("text.add") > 1
    for at in range(0, whole.methods.index("begin") + 3, 5):
        with pytest.warns(ClusterWarning, match=r"worker \d+ has died"):
            assert same(trained_by(Dying((at, at + at % 5 + 1)), folder, 3), expected), at


class Slow(LocalCrew):
    """Has a worker, the last one, whose first share is counted when so many have been taken; 0 if it is not late."""

    def __init__(self, shares: int) -> None:
        super().__init__()
        self.shares, self.takers = shares, list[int]()
        self.late: Any = None

    def call(self, worker: int, method: str, *arguments: Any, results: int = 1) -> list[Handle]:
        found = super().call(worker, method, *arguments, results=results)
        if method == "shard" and arguments[1] == "count":
            self.takers.append(worker)
            if self.shares > 0 and self.late is None and worker == len(self.members) - 1:
                [self.late] = found
        return found

    def wait(self, handles: Any, seconds: float, count: int | None = None) -> bool:
        return self.late is None or len(self.takers) == self.shares or handles[0] is not self.late


def test_shares_of_a_slow_worker_are_read_by_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dealing, "_LEAST_BYTES", 1)
    expected = trained_by(LocalCrew(), folder, 3)
    crew = Slow(12)
    assert same(trained_by(crew, folder, 3, shares=4), expected)
    assert (len(crew.takers), crew.takers.count(2)) == (12, 1)
    even = Slow(0)  # nobody is late
    assert same(trained_by(even, folder, 3, shares=4), expected)
    assert [even.takers.count(lane) for lane in range(3)] == [4, 4, 4]


@pytest.mark.filterwarnings("ignore::embed.errors.ClusterWarning")
def test_same_phrases_whatever_dies_while_reading(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dealing, "_LEAST_BYTES", 1)
    whole = Dying()
    with read(whole, folder, 3, 2, **PHRASES) as corpus:
        expected = corpus.vocabulary
    assert any("_" in word for word in expected.words)
    for at in range(0, len(whole.methods), 3):
        with read(Dying((at, at + 2)), folder, 3, 2, **PHRASES) as corpus:
            assert corpus.vocabulary == expected, at


@pytest.mark.filterwarnings("ignore::embed.errors.ClusterWarning")
def test_two_hundred_deaths_change_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merger, "_WAVE_BYTES", 40_000)
    monkeypatch.setattr(lanes, "_CENTERS", 300)
    monkeypatch.setattr(lanes, "_LEAST_CENTERS", 100)
    monkeypatch.setattr(dealing, "_LEAST_BYTES", 1)
    whole = Dying()
    lanes_of = {3: {}, 2: {"lanes": 5, "held_out": 0.1}}
    expected = {workers: trained_by(whole, folder, workers, **more) for workers, more in lanes_of.items()}
    assert whole.methods.count("lanes.take") > whole.methods.count("lanes.adopt")  # in several waves
    deaths = 0
    for seed in itertools.count():
        crew, workers = Dangerous(seed, 0.1, 10), 3 - seed % 2
        assert same(trained_by(crew, folder, workers, seed % 3 + 1, **lanes_of[workers]), expected[workers]), seed
        deaths += 10 - crew.left
        if deaths >= 200:
            break


def test_workers_that_keep_dying_end_the_reading(folder: Path) -> None:
    with pytest.warns(ClusterWarning), pytest.raises(ClusterError, match=r"have died \d+ times while they read"):
        read(Dying(tuple(range(1, 4000))), folder, 2)


@pytest.mark.parametrize("where", ["count_tokens", "renumber"])
def test_full_disk_of_a_worker_ends_the_run(folder: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    found, calls = getattr(shard, where), itertools.count()

    def full(*arguments: Any, **more: Any) -> Any:
        if next(calls) == 1:
            with writing(arguments[0].parent):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return found(*arguments, **more)

    monkeypatch.setattr(shard, where, full)
    crew = LocalCrew()
    with pytest.raises(FormatError, match=r"^cannot write the encoded corpus to \S+: No space left on device$"):
        read(crew, folder, 3)
    crew.close()


def test_file_that_changes_meanwhile_is_noticed(folder: Path) -> None:
    class Changing(Dying):
        def leave(self, worker: int) -> None:
            (folder / "a.txt").write_text("other words\n" * 2000)
            super().leave(worker)

    with pytest.warns(ClusterWarning), pytest.raises(ClusterError, match="share 1 of the text, read again after"):
        read(Changing((6,)), folder, 3)  # when the first worker is to encode


def bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_counting, "LEAST_WORDS", 100)
    monkeypatch.setattr(bounded_counting, "WORDS_PER_ENTRY", 1)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_bound_on_the_words_holds_over_all_workers(folder: Path, monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    bounded(monkeypatch)
    with encode(TextCorpus(str(folder)), min_count=1) as exact:
        counts = dict(zip(exact.vocabulary.words, exact.counts.tolist(), strict=True))
    with pytest.warns(AdviceWarning, match="more distinct words than the counting table holds"):
        corpus = read(LocalCrew(), folder, workers, max_vocab=50)
    with corpus:
        assert 0 < corpus.count_error <= 2 * corpus.raw_tokens / 100
        assert corpus.raw_tokens == sum(counts.values())
        assert len(corpus.vocabulary) <= 50
        assert corpus.tokens == corpus.vocabulary.total
        for word, count in zip(corpus.vocabulary.words, corpus.counts.tolist(), strict=True):
            assert counts[word] - corpus.count_error <= count <= counts[word]
        model = Trainer(corpus, TrainConfig(**SMALL, workers=workers, subsample=0), crew=corpus.crew).run()
    assert model.history[0].loss


@pytest.mark.parametrize(
    "change",
    [lambda path: path.unlink(), lambda path: path.write_text("another text\n")],
    ids=["missing", "other"],
)
def test_text_that_workers_do_not_see_is_read_here(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: Callable[[Path], object]
) -> None:
    expected = trained(str(folder), workers=2)
    content = (folder / "a.txt").read_bytes()
    found = sharded.why_unshared

    def away(*arguments: Any) -> str:
        change(folder / "a.txt")
        why = found(*arguments)
        (folder / "a.txt").write_bytes(content)
        return why

    monkeypatch.setattr("embed.training.backends.crews.why_unshared", away)
    log = tmp_path / "log.jsonl"
    assert same(trained(str(folder), workers=2, log_json=log), expected)
    [event] = [json.loads(line) for line in log.read_text().splitlines() if '"sent"' in line]
    assert event["reason"].startswith(str(folder / "a.txt"))


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "there are no tokens in 0 bytes of 1 file"), ("\n \n", "there are no tokens in 3 bytes of 1 file")],
)
def test_text_without_tokens_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "text").write_text(content)
    with pytest.raises(CorpusError, match=message):
        trained(str(tmp_path / "text"), workers=2)


def test_too_few_sentences_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("a b\nb a\n")
    with pytest.raises(ClusterError, match="cannot cut 2 sentences into 3 parts"):
        trained(str(tmp_path / "text"), workers=3)


def test_tables_are_read_by_the_workers(tmp_path: Path) -> None:
    for number in range(3):
        rows = (" ".join(words) for words in SyntheticCorpus(seed=number, sentences=60))
        (tmp_path / f"{number}.csv").write_text("\n".join(["text", *rows]) + "\n")
    source = [str(tmp_path / f"{number}.csv") for number in range(3)]
    here = trained(source, workers=2, column="text", encoded_dir=tmp_path / "encoded")
    there = trained(source, workers=2, column="text")
    assert np.array_equal(there.input, here.input)
