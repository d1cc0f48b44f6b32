"""Ours against a peer, in turns: rates, ratios, verdicts, and the processors that a pair needs."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

pytest.importorskip("benchmarks", reason="the benchmarks are in the source tree only")

from benchmarks import (
    contest,
    cores,
    processes,
    speed,
)
from benchmarks.contest import Contest, Outcome
from benchmarks.floors import MET, MISSED
from benchmarks.processes import BenchmarkError, Job


def _outcome(ours: list[float], peer: list[float], *, amounts: tuple[int, int] = (6000, 6000)) -> Outcome:
    made = Contest("cbow", "gensim", Job("train_ours"), Job("train_gensim"))
    return Outcome(
        made,
        tuple({"seconds": seconds, "amount": amounts[0]} for seconds in ours),
        tuple({"seconds": seconds, "amount": amounts[1]} for seconds in peer),
    )


def test_row_of_a_contest() -> None:
    cells = _outcome([1, 2, 1], [3, 6, 1]).cells("speed", judged=True)
    assert cells == (
        *("cbow", "gensim", "6,000"),
        *("6,000", "3,000 to 6,000", "2,000", "1,000 to 6,000"),
        *("3.00", "1.00 to 3.00", ">= 2.5", MET),
    )
    assert len(cells) == len(contest.HEAD)
    assert _outcome([1], [2]).cells("speed", judged=True)[-1] == MISSED
    assert _outcome([1], [2]).cells("speed", judged=False)[-2:] == ("-", "-")


def test_unequal_work_is_remarked() -> None:
    assert _outcome([1], [1]).remarks() == []
    (remark,) = _outcome([1], [1], amounts=(6000, 5000)).remarks()
    assert "6,000" in remark
    assert "5,000" in remark


def test_turns_alternate(monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[str] = []

    def run(job: Job) -> dict[str, float]:
        turns.append(job.name)
        return {"seconds": float(len(turns)), "amount": 10}

    monkeypatch.setattr(processes, "run", run)
    outcome = contest.hold(Contest("cbow", "gensim", Job("ours"), Job("peer")), runs=3, judged=False)
    assert turns == ["ours", "peer"] * 3
    assert [result["seconds"] for result in outcome.ours] == [1, 3, 5]


def test_a_pair_without_its_processors_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    given = iter([False, True, False, True])
    seconds = iter(range(1, 100))
    monkeypatch.setattr(processes, "run", lambda job: {"seconds": float(next(seconds)), "amount": 10})
    monkeypatch.setattr(contest, "cores", SimpleNamespace(wait_for=bool, are_given=lambda processors: next(given)))
    outcome = contest.hold(Contest("threads", "1 thread", Job("two"), Job("one"), processors=2), runs=2, judged=True)
    assert [result["seconds"] for result in outcome.ours] == [3, 7]
    assert "2 pair(s)" in outcome.remarks()[0]


def test_pairs_are_not_repeated_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "run", lambda job: {"seconds": 1.0, "amount": 10})
    monkeypatch.setattr(contest, "cores", SimpleNamespace(wait_for=bool, are_given=lambda processors: False))
    outcome = contest.hold(Contest("threads", "1 thread", Job("two"), Job("one"), processors=2), runs=2, judged=True)
    assert (len(outcome.ours), outcome.repeated) == (2, 4)


def test_processors_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    loops = iter([1.0, 2.0, 1.0, 1.05])  # alone, two at once; and again
    monkeypatch.setattr(cores, "_seconds", lambda n: next(loops))
    monkeypatch.setattr(cores, "_PAUSE", 0.0)
    assert cores.wait_for(2)
    monkeypatch.setattr(cores, "_seconds", float)
    monkeypatch.setattr(cores, "_PATIENCE", 0.0)
    assert not cores.wait_for(2)


def test_one_processor_is_always_given() -> None:
    assert cores.are_given(1)
    assert cores._seconds(1) > 0


def test_a_run_that_took_no_time_is_no_rate() -> None:
    with pytest.raises(BenchmarkError, match="--tokens"):
        _ = _outcome([0.0], [1.0]).our_rate


def test_a_missing_peer_skips_its_row_and_says_so() -> None:
    made = Contest("cbow", "gensim", Job("train_ours"), Job("train_gensim"), needs="no_such_module")
    section = contest.section_of("speed", "Speed", [], [made], 1, judged=True)
    assert section.rows == ()
    assert section.definitions[-1] == "cbow: skipped, no_such_module is not installed."
    assert section.missed == 1  # a floor that nobody looked at is not met
    assert contest.section_of("speed", "Speed", [], [made], 1, judged=False).missed == 0


def test_programs_are_told_the_same() -> None:
    rows = {row.name: row for row in speed.contests("b", "a", speed.SpeedSettings())}
    assert tuple(rows) == speed.ROWS
    ours, gensim = rows["cbow"].ours.settings, rows["cbow"].peer.settings
    assert (ours["config"]["objective"], gensim["settings"]["sg"]) == ("cbow", 0)
    for mine, theirs in {
        "dim": "vector_size",
        "window": "window",
        "negatives": "negative",
        "threads": "workers",
    }.items():
        assert ours["config"][mine] == gensim["settings"][theirs]
    subword, fasttext = rows["subword"].ours.settings, rows["subword"].peer.settings
    assert subword["path"] == fasttext["path"] == "a"
    names = {"buckets": "bucket", "min_n": "minn", "max_n": "maxn", "subsample": "t", "min_count": "minCount"}
    for mine, theirs in names.items():
        assert subword["config"][mine] == fasttext["settings"][theirs]
    threads = rows["skip-gram-threads"]
    assert (threads.ours.settings["config"]["threads"], threads.peer.settings["config"]["threads"]) == (2, 1)
