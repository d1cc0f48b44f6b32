"""The study of the defaults: alternatives, resuming, time, gains and tables; jobs return made-up scores."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("benchmarks", reason="the benchmarks are in the source tree only")

from benchmarks import chart, cli, defaults
from benchmarks.defaults import DEFAULT, Settings, Store, alternatives, gain, row_of
from benchmarks.lib import processes
from benchmarks.lib.bounds import MET, MISSED
from benchmarks.lib.corpus import TextSource
from benchmarks.lib.processes import BenchmarkError, Job
from benchmarks.lib.report import MARKDOWN_NAME, to_json

CHOSEN = {"epochs": 3, "input_lr": 0.1, "window": 5, "min_count": 5, "objective": "sg", "subword": True}
CHOSEN |= {"structured": True, "tail_scale": 1.0}


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """List the jobs instead of doing them; twice the passes are two points better."""
    done: list[Job] = []

    def run(job: Job) -> dict[str, Any]:
        done.append(job)
        given = job.settings.get("config", {})
        better = 2.0 if given.get("epochs") == 6 else 0.0
        kinds = {
            "similarity": {"a": 50 + better, "b": None},
            "all pairs": {},
            "analogies": {"c": 30 + better},
            "tags": {},
        }
        return {"cpu_seconds": 1.0 + better, "words": 99, "kinds": kinds, "config": CHOSEN}

    monkeypatch.setattr(processes, "run", run)
    return done


def _settings(folder: Path, **more: Any) -> Settings:
    return Settings(sizes=(100,), dims=(50,), store=str(folder / "runs.jsonl"), **more)


def test_alternatives_differ_from_what_was_chosen() -> None:
    found = alternatives(CHOSEN)
    assert found["twice the passes"] == {"epochs": 6}
    assert found["half the passes"] == {"epochs": 2}
    assert found["half the input rate"] == {"input_lr": 0.05}
    assert not {"window 5", "min_count 5"} & set(found)
    assert "vectors as trained" not in found
    assert alternatives({**CHOSEN, "tail_scale": 0.5})["vectors as trained"] == {"tail_scale": 1.0}
    assert {"window 10", "min_count 2", "words alone", "n-grams, not structured", "CBOW with n-grams"} <= set(found)


def test_a_study_resumes_and_runs_again_what_the_defaults_have_changed(
    tmp_path: Path, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = TextSource(tmp_path, synthetic=200, vocabulary=200)
    points, choices = defaults.run(source, _settings(tmp_path, models=["twice the passes", "window 10"]))
    assert [job.settings["config"].get("epochs") for job in jobs] == [None, 6, None]
    assert points.rows[0][:5] == ("100", "50", "3", "1.0", "50.0 (+2.0 twice the passes)")
    assert points.missed == 1
    assert choices.rows[0] == ("twice the passes", "1", "+2.0", "-", "+2.0", "-", "3.0")
    jobs.clear()
    again, _ = defaults.run(source, _settings(tmp_path, models=["twice the passes", "window 10"]))
    assert (jobs, again.rows) == ([], points.rows)
    assert defaults.run(source, _settings(tmp_path, hours=0.0))[0].rows == points.rows
    assert not jobs
    resolve = defaults.resolve
    monkeypatch.setattr(defaults, "resolve", lambda *given: resolve(*given).replace(negatives=6))
    defaults.run(source, _settings(tmp_path, models=[]))
    assert len(jobs) == 1


def test_no_run_begins_after_the_time_and_what_diverged_is_stored(
    tmp_path: Path, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = TextSource(tmp_path, synthetic=200, vocabulary=200)
    defaults.run(source, _settings(tmp_path, hours=-1.0))
    assert not jobs

    def run(job: Job) -> dict[str, Any]:
        raise BenchmarkError("x\nDivergenceError: the loss is no longer finite")

    monkeypatch.setattr(processes, "run", run)
    points, _ = defaults.run(source, _settings(tmp_path))
    assert points.rows == ()
    assert "DivergenceError" in (tmp_path / "runs.jsonl").read_text(encoding="utf-8")


def test_a_line_that_was_cut_short_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_text('{"key": "x"}\n{"key": "y", "n"', encoding="utf-8")
    store = Store(path)
    store.add({"key": "y"})
    assert [json.loads(line)["key"] for line in path.read_text(encoding="utf-8").splitlines()] == ["x", "y"]
    path.write_text("nonsense\n", encoding="utf-8")
    with pytest.raises(BenchmarkError, match="line 1"):
        Store(path)


def test_a_default_that_chooses_anew_leaves_no_alternative_of_before(tmp_path: Path) -> None:
    store = Store(tmp_path / "runs.jsonl")

    def add(model: str, epochs: int, **more: Any) -> None:
        key = f"{model} {epochs} {more}"
        store.add({"key": key, "model": model, "tokens": 9, "dim": 5, "seed": 1, "config": {"epochs": epochs, **more}})

    for model, epochs in ((DEFAULT, 3), ("twice the passes", 6), ("gensim", 5)):
        add(model, epochs)
    add(DEFAULT, 3, added_later=0)
    assert set(store.points()[9, 5]) == {DEFAULT, "twice the passes", "gensim"}
    add(DEFAULT, 4)
    assert set(store.points()[9, 5]) == {DEFAULT, "gensim"}


def test_gains_are_taken_on_the_sets_that_both_have() -> None:
    def scored(words: int = 99, **sets: float | None) -> dict[str, Any]:
        return {"cpu_seconds": 1.0, "words": words, "kinds": {"similarity": sets, "all pairs": sets}, "config": CHOSEN}

    assert gain(scored(a=2.0, b=9.0), scored(a=1.0, b=None), "similarity") == 1.0
    assert gain(scored(a=2.0), scored(b=1.0), "similarity") is None
    assert gain(scored(a=2.0), scored(a=1.0), "tags") is None
    assert gain(scored(a=2.0, words=100), scored(a=1.0), "similarity") == 1.0
    assert gain(scored(a=2.0, words=50), scored(a=1.0), "similarity") is None
    assert gain(scored(a=2.0, words=50), scored(a=1.0), "all pairs") == 1.0
    seeds = {1: scored(a=50.0), 2: scored(a=52.0)}
    better = {1: scored(a=50.5), 2: scored(a=52.7)}
    cells, verdict = row_of((100, 50), {DEFAULT: seeds, "window 10": better, "gensim": {1: scored(a=90.0)}})
    assert cells[4].startswith("51.0 (+0.6 ± 1.3 window 10")
    assert (cells[-1], verdict) == ("+0.6 ± 1.3 window 10", MET)
    assert row_of((100, 50), {DEFAULT: seeds, "window 10": {1: scored(a=51.5)}})[1] == MISSED


def test_the_command_makes_tables_and_a_chart(tmp_path: Path, jobs: list[Job]) -> None:
    sizes = [str(size) for size in range(100, 107)]
    given = ["--synthetic", "200", "--sizes", *sizes, "--dims", "50", "--store", str(tmp_path / "runs.jsonl")]
    assert cli.main(["defaults", *given, "--output", str(tmp_path)]) == 0
    assert "| twice the passes | 7 | +2.0" in (tmp_path / MARKDOWN_NAME).read_text(encoding="utf-8")
    pytest.importorskip("matplotlib", reason="only the charts need matplotlib")
    results, picture = tmp_path / "a.json", tmp_path / "a.svg"
    source = TextSource(tmp_path, synthetic=200, vocabulary=200)
    settings = dataclasses.replace(_settings(tmp_path, hours=0.0), sizes=[int(size) for size in sizes])
    results.write_text(to_json(defaults.run(source, settings), {}), encoding="utf-8")
    chart.draw(results, picture)
    drawn = picture.read_text(encoding="utf-8")
    assert all(text in drawn for text in ("processor seconds", *(f"{size} tokens" for size in sizes)))
