"""The benchmarks: arithmetic, tables, bounds, parsing; no time decides. ``make bench-smoke`` runs all the commands."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("benchmarks", reason="the benchmarks are in the source tree only")

from benchmarks import chart, classifiers, cli, cluster, contests, instructions, memory, quality, scaling, smoke
from benchmarks.lib import contest, machine, processes, report
from benchmarks.lib.bounds import HOPED, MET, MISSED, TABLE, Bound, bound_of
from benchmarks.lib.contest import Contest, Outcome, hold, section_of
from benchmarks.lib.corpus import TextSource, limited
from benchmarks.lib.documents import sets_in
from benchmarks.lib.figures import mean_interval, summarise
from benchmarks.lib.processes import BenchmarkError, Job, parse_result
from benchmarks.lib.report import Section
from benchmarks.lib.scoring import named_sets
from benchmarks.lib.seeds import figures_of
from benchmarks.programs import DOCUMENT_MODELS, MODELS, documents
from benchmarks.programs.senses import LEVERS
from embed.config.presets import resolve
from embed.corpora import SyntheticCorpus
from embed.text.encoding import encode
from embed.training.trainer import Trainer

PAIR = Contest("gensim", Job("ours.rate"), Job("gensim.rate"), processors=2)


def test_figures() -> None:
    assert summarise([3.0, 1.0, 8.0]) == summarise([3.0, 1.0, 8.0]).__class__(3, 4, 1, 8, (3, 1, 8))
    for wrong in ([], [1.0, float("nan")]):
        with pytest.raises(ValueError, match="finite"):
            summarise(wrong)
    # t(0.975, 2) = 4.302653, standard error 1 / sqrt(3)
    assert mean_interval([1.0, 2.0, 3.0]) == pytest.approx((2 - 2.4841377, 2 + 2.4841377))
    assert mean_interval([1.0]) is None


def test_bounds_and_verdicts() -> None:
    assert [Bound(12, 16).verdict(value) for value in (11.99, 12, 15.99, 16)] == [MISSED, MET, MET, HOPED]
    assert [Bound(500, most=True).verdict(value) for value in (500, 501)] == [MET, MISSED]
    assert Bound(12, 16).cells() == (">= 12", ">= 16")
    assert Bound(500, most=True).cells() == ("<= 500", "-")
    assert bound_of("speed", "cbow") == Bound(2.5)
    assert bound_of("quality", "subword", "rarewords") == Bound(46)
    assert bound_of("text", "write") is bound_of("quality", "default", "google") is None


def test_bytes_that_workers_send_are_counted() -> None:
    given: dict[str, Any] = {"dim": 16, "objective": "sg", "epochs": 1, "min_count": 1, "threads": 1, "workers": 2}
    crew = cluster._Counting()
    with encode(SyntheticCorpus(seed=1, sentences=300), min_count=1) as text:
        given |= {"merge_tokens": 1 << 16}  # one merge
        Trainer(text, resolve(None, given, (text.tokens, len(text.vocabulary))), crew=crew).run()
        rows = 2 * len(text.vocabulary)
    # each worker sends the changes of half of the rows, and the other half merged
    assert rows * 2 * 16 < crew.sent <= 2 * rows * (2 * 16 + 8)


def test_every_row_of_the_table_can_be_run(tmp_path: Path) -> None:
    assert set(TABLE["quality"]) <= set(quality.MODELS)
    assert set(TABLE) == {
        *contests.COMMANDS,
        "memory",
        "quality",
        "defaults",
        "instructions",
        "growth",
        "labels",
        "classifiers",
        "graph",
        "parity",
        "retrieval",
        "senses",
    }
    settings = contests.Settings(tokens=3_000, gensim_tokens=1_000, fasttext_tokens=2_000, all_in_tokens=1_000)
    texts = contests.Texts(TextSource(tmp_path, synthetic=3_000, vocabulary=200), settings)
    for command in contests.COMMANDS:
        for row, declared in TABLE[command].items():
            if row == "memory" or declared["against"] == "AVX-512":  # no contest; not every processor has it
                continue
            made = contests.contest_of(command, row, texts, settings)
            ours, other = made.ours.settings.get("config", {}), made.peer.settings
            if command == "compat":
                mine, its = dict(made.ours.settings), dict(made.peer.settings)
                assert (mine.pop("package"), its.pop("package")) == ("embed.compat.gensim", "gensim.models")
                assert mine == its
                continue
            if command == "documents":
                assert DOCUMENT_MODELS[declared["model"]][0].items() <= ours.items()
                assert made.ours.settings["path"] == other["path"]
                continue
            if "model" in declared:
                assert {**MODELS[declared["model"]], "dim": declared["dim"]}.items() <= ours.items()
            if declared["against"] == "gensim" and "model" in declared:
                theirs = (other["settings"]["vector_size"], other["settings"]["sg"], other["settings"]["workers"])
                assert theirs == (ours["dim"], int(ours["objective"] == "sg"), ours["threads"])
                assert made.ours.settings["directory"] == other["directory"]
            if declared["against"] == "fastText":
                names = {
                    "buckets": "bucket",
                    "min_n": "minn",
                    "max_n": "maxn",
                    "subsample": "t",
                    "min_count": "minCount",
                }
                assert all(ours[mine] == other["settings"][their] for mine, their in names.items())
            if declared["against"] in ("1 thread", "free-running"):
                name, values = (
                    ("threads", (2, 1)) if declared["against"] == "1 thread" else ("deterministic", (True, False))
                )
                mine, its = (ours, other["config"]) if "model" in declared else (dict(made.ours.settings), dict(other))
                assert (mine.pop(name), its.pop(name)) == values
                assert mine == its


@pytest.mark.parametrize("lever", LEVERS)
def test_a_lever_of_senses_moves_something(lever: str) -> None:
    for name, value in LEVERS[lever].items():
        module, _, constant = name.rpartition(".")
        assert getattr(importlib.import_module(module), constant) != value


def _outcome(ours: list[float], peer: list[float], amounts: tuple[int, int] = (6000, 6000)) -> Outcome:
    sides = [tuple({"seconds": s, "amount": n} for s in side) for side, n in zip((ours, peer), amounts, strict=True)]
    return Outcome(*sides)


def test_an_outcome_is_taken_pair_by_pair() -> None:
    # the machine was slower during the second pair: the ratio of the medians would be 2.4
    outcome = _outcome([1, 2, 1], [3, 6, 1])
    assert outcome.cells() == ("6k", "3k to 6k", "2k", "1k to 6k", "3.00", "1.00 to 3.00")
    assert outcome.remarks(same_work=True) == []
    assert "5,000" in _outcome([1], [1], (6000, 5000)).remarks(same_work=True)[0]
    with pytest.raises(BenchmarkError, match="--tokens"):
        _ = _outcome([0.0], [1.0]).rates


def test_turns_alternate_and_a_pair_without_its_processors_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    given, turns = iter([False, True, False, True]), list[str]()
    monkeypatch.setattr(contest, "wait_for", bool)
    monkeypatch.setattr(contest, "are_given", lambda processors: next(given))
    monkeypatch.setattr(processes, "run", lambda job: turns.append(job.name) or {"seconds": len(turns), "amount": 10})
    outcome = hold("threads", PAIR, 2, judged=True)
    assert turns == ["ours.rate", "gensim.rate"] * 4
    assert [result["seconds"] for result in outcome.ours] == [3, 7]
    assert "2 pair(s)" in outcome.remarks(same_work=True)[0]
    monkeypatch.setattr(contest, "are_given", lambda processors: False)
    assert hold("threads", PAIR, 2, judged=True).repeated == 4  # and no more


def test_a_row_that_cannot_be_measured_is_missed_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contest, "wait_for", bool)
    monkeypatch.setattr(contest, "are_given", bool)
    monkeypatch.setattr(processes, "run", lambda job: {"seconds": 1.0, "amount": 10})
    pairs = {"cbow": Contest("gensim", Job("a"), Job("b"), needs="no_such_module"), "cbow-threads": PAIR}
    section = section_of("speed", "Speed", [], [], list(pairs), pairs.__getitem__, 1, judged=True)
    assert [(row[0], row[-1]) for row in section.rows] == [("cbow-threads", "✗")]
    assert section.missed == 2
    assert section.remarks[-1] == "cbow: not measured, no_such_module is not installed."
    assert section_of("speed", "Speed", [], [], list(pairs), pairs.__getitem__, 1, judged=False).missed == 0


def test_what_a_fresh_process_prints(tmp_path: Path) -> None:
    for output in ("", "hello\n", "[1]", '{"seconds": 1}\n{"seconds": 2}'):
        with pytest.raises(BenchmarkError, match=r"ours\.rate printed"):
            parse_result("ours.rate", output)
    assert parse_result("ours.rate", '{"seconds": 1.5, "peak_rss": null}\n') == {"seconds": 1.5, "peak_rss": None}
    with pytest.raises(BenchmarkError, match=r"ours\.encode failed with status 1:\n(?s:.*)nowhere\.txt"):
        processes.run(Job("ours.encode", {"path": str(tmp_path / "nowhere.txt"), "min_count": 5}))


def test_rows_of_quality(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = [{"google": 36.0, "rarewords": None}, {"google": 39.0, "rarewords": 50.0}]
    results = [{"seconds": 11.0, "figures": figure} for figure in figures]
    google, rare, seconds = quality.rows_of("skip-gram", results, judged=True)
    assert google[:5] == ("skip-gram", "google", "37.5", "36.0", "39.0")
    assert google[-2:] == (">= 37", MET)
    assert set(rare[2:]) == {"-"}  # a set with too few covered items has no score
    assert (seconds[1:3], seconds[-1]) == (("seconds", "11.0"), "-")
    monkeypatch.setattr(processes, "run", lambda job: {"seconds": 1.0, "figures": {"google": 1.0}})
    source = TextSource(tmp_path, synthetic=100, vocabulary=200)
    section = quality.run(source, quality.Settings(models=["skip-gram"], seeds=2))
    assert section.missed == 0  # a short text is not judged
    path = tmp_path / "en_rw.tsv"
    path.touch()
    assert named_sets([str(path)])[-1] == ("en_rw", str(path))
    for wrong, message in ((f"google={path}", "NAME=PATH"), ("rarewords=nowhere", "no file")):
        with pytest.raises(BenchmarkError, match=message):
            named_sets([wrong])


def test_memory_as_the_system_tells_it() -> None:
    status = "Name:\tpython\nVmHWM:\t     2048 kB\nRssAnon:\t  1024 kB\nThreads:\t2\n"
    assert machine.status_bytes(status) == {"VmHWM": 2 << 20, "RssAnon": 1 << 20}
    maps = (
        "7f00-7f10 r--s 00000000 08:01 12 /tmp/a corpus/ids.i32\nSize: 64 kB\nRss:  40 kB\n"
        "7f10-7f20 rw-p 00000000 00:00 0 \nRss: 4 kB\n"
        "7f20-7f30 r--s 00000000 08:01 13 /tmp/a corpus/offsets.i64\nRss: 8 kB\nVmFlags: rd sh\n"
        "7f30-7f40 r-xp 00000000 08:01 14 /usr/lib/libc.so\nRss: 16 kB\n"
    )
    assert machine.resident_bytes_of_files(Path("/tmp/a corpus"), maps) == 48 << 10
    result = {
        "peak": 900e6,
        "matrices": 500e6,
        "mapped": 99e6,
        "rows": 2_000,
        "words": 1_000,
        "parts": {"RssAnon": 1e6},
    }
    cells, verdict = memory.row_of("subword", result, judged=True)
    assert cells[2:9] == ("900", "500", "99", "301", "1", "-", "-")
    assert (cells[-3:], verdict) == (("<= 300", "-", "✗"), MISSED)


def test_texts(tmp_path: Path) -> None:
    assert [len(piece) for piece in limited([["a"] * 10_001, [], ["b", "c"]], None)] == [10_000, 1, 2]
    assert list(limited([["a", "b"], ["c", "d"], ["e"]], 3)) == [["a", "b"], ["c"]]
    original = tmp_path / "original.txt"
    original.write_text("a b c\nd e\n", encoding="utf-8")
    source = TextSource(tmp_path, str(original))
    text = source.text(12, repeat=True)
    assert text.path.read_text(encoding="utf-8") == "a b c\nd e\na b c\nd e\na b\n"
    assert (text.tokens, "5 distinct" in text.description) == (12, True)
    assert source.text(12, repeat=True) is text
    assert source.text(12).tokens == source.text().tokens == 5
    assert TextSource(tmp_path, synthetic=1_000, vocabulary=200).text().tokens == 1_000


def test_results_go_into_a_document(tmp_path: Path) -> None:
    section = Section("goals", "Goals", ("Meaning.",), ("row", "ratio"), (("cbow", "a|b"),), (MET,), {}, ("A remark.",))
    assert report.to_text(section).splitlines()[-2:] == ["Meaning.", "A remark."]
    results, document = tmp_path / "a.json", tmp_path / "a.md"
    markers = "".join(f"<!-- {name}:begin -->\nold\n<!-- {name}:end -->\n" for name in ("goals", "goals-avx2"))
    document.write_text(f"before\n{markers}after\n", encoding="utf-8")
    for path, own in (("avx2", "goals-avx2"), ("avx512", "goals"), ("avx512", "goals")):
        results.write_text(report.to_json([section], {"SIMD path": path}), encoding="utf-8")
        assert report.refresh(results, document) == [own]
        text = document.read_text(encoding="utf-8")
        lines = "| row | ratio |\n| --- | --- |\n| cbow | a\\|b |\n\n- A remark.\n"
        assert f"<!-- {own}:begin -->\n{lines}- Measured on: SIMD path {path}.\n<!-- {own}:end -->" in text
    assert "old" not in text
    assert text.startswith("before\n")
    document.write_text("nothing", encoding="utf-8")
    with pytest.raises(BenchmarkError, match="no markers for goals"):
        report.refresh(results, document)
    assert document.read_text(encoding="utf-8") == "nothing"


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in (
        [],
        ["speed", "--runs", "0"],
        ["speed", "--rows", "glove"],
        ["text", "--corpus", "a", "--synthetic", "5"],
    ):
        with pytest.raises(SystemExit):
            cli.main(wrong)
        assert "usage" in capsys.readouterr().err
    assert cli.main(["text", "--corpus", str(tmp_path / "nowhere.txt")]) == cli.FAILED_STATUS
    assert capsys.readouterr().err.startswith("benchmarks: ")
    common = ["--synthetic", "20_000", "--tokens", "20_000", "--runs", "2", "--output", str(tmp_path)]
    assert cli.main(["speed", "--rows", "skip-gram-threads", "--dim", "16", *common]) == 0
    row = json.loads((tmp_path / report.JSON_NAME).read_text(encoding="utf-8"))["sections"]["speed"]["rows"]
    sides = [row["skip-gram-threads"][side]["per_second"]["values"] for side in ("ours", "peer")]
    assert row["skip-gram-threads"]["ratio"]["values"] == pytest.approx([a / b for a, b in zip(*sides, strict=True)])
    assert (tmp_path / report.MARKDOWN_NAME).read_text(encoding="utf-8").startswith("# Benchmarks")


def test_scaling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    series = scaling.points("dim", "sg", scaling.Settings(dim=(50, 200)))
    first, second = scaling.cells(series, [summarise([2.0]), summarise([5.0, 7.0])])
    assert first == ("dim", "50", "skip-gram", "2.00", "2.00 to 2.00", "1,500,000", "1.00", "1.00")
    assert second[3:] == ("6.00", "5.00 to 7.00", "500,000", "4.00", "3.00")
    monkeypatch.setattr(processes, "run", lambda job: {"seconds": job.settings["tokens"] / 1e6})
    section = scaling.run(scaling.Settings(rows=["tokens"], runs=2, tokens=(1_000_000, 10_000_000)))
    assert [len(point["seconds"]["values"]) for point in section.data["axes"]["tokens"]] == [2, 1, 2, 1]
    pytest.importorskip("matplotlib", reason="only the charts need matplotlib")
    results, picture = tmp_path / "a.json", tmp_path / "a.svg"
    results.write_text(report.to_json([section], {}), encoding="utf-8")
    chart.draw(results, picture)
    assert picture.read_text(encoding="utf-8").startswith("<?xml")


def test_a_classifier_by_two_threads_beside_one(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, given = [], iter([False, True])

    def run(job: Job) -> dict[str, Any]:
        threads = job.settings["settings"]["thread"]
        seen.append((job.settings["seed"], threads))
        return {"seconds": 4.0 if threads == 1 else 5.0, "clock": 6 / threads, "figures": {"accuracy": 70.0 + threads}}

    monkeypatch.setattr(classifiers, "are_given", lambda _: next(given))
    monkeypatch.setattr(classifiers, "sets_in", lambda _: [SimpleNamespace(name="few")])
    monkeypatch.setattr(processes, "run", lambda job: {"ours": {}} if job.name == "classifiers.answers" else run(job))
    section = classifiers.run(classifiers.Settings("", seeds=1, models=(), quantised=(), threads=("ova",)))
    assert seen == [(1, 1), (1, 2)] * 2
    assert [row[:3] for row in section.rows] == [
        ("few, ova by two threads", "clock", "2.00"),
        ("few, ova by two threads", "work", "0.80"),
        ("few, ova by two threads", "above", "1.00"),
    ]
    assert section.verdicts == ("hoped for", "missed", "hoped for")


def test_the_speed_is_drawn_from_the_newest_table_of_the_document(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="only the charts need matplotlib")
    document, picture = tmp_path / "a.md", tmp_path / "a.svg"
    head = "| row | against | ours/s | spread | other/s | spread | ratio | spread |\n| --- | --- | --- |\n"
    document.write_text(
        "".join(
            f"<!-- {name}:begin -->\n{head}| cbow-100 | gensim | {ours} | 1 to 9M | 500k | 1 | {ratio} | 3 to 9 |\n\n"
            f"- Measured on: date {date} 03:26 UTC, processor A B, processors usable 2, SIMD path {simd}, other 1.\n"
            f"<!-- {name}:end -->\n"
            for name, ours, ratio, date, simd in (
                ("goals", "3.5M", "7.00", "2026-01-01", "avx512"),
                ("goals-avx2", "2.5M", "5.00", "2026-02-01", "avx2"),
            )
        ),
        encoding="utf-8",
    )
    chart.draw(document, picture)
    drawn = picture.read_text(encoding="utf-8")
    assert "train-embeddings 2.50  (5.0 times)" in drawn
    assert "A B with AVX2, 2026-02-01" in drawn
    (tmp_path / "b.md").write_text("# Nothing\n", encoding="utf-8")
    for source, message in (("nowhere.json", "holds no results"), ("b.md", "holds no goals"), ("c.md", "cannot read")):
        with pytest.raises(BenchmarkError, match=message):
            chart.draw(tmp_path / source, picture)


def test_instructions_beside_their_record() -> None:
    assert instructions.split([1, 2, 3, 4], ("a", "b")) == {"a": 3, "b": 7}
    with pytest.raises(BenchmarkError, match="cannot share"):
        instructions.split([1, 2, 3], ("a", "b"))
    made = {"compiler": "cc 1", "settings": [1], "per_token": {"cbow": 102.9, "sg": 104.0, "new": 1.0}}
    record = {"compiler": "cc 1", "settings": [1], "per_token": {"cbow": 100.0, "sg": 100.0}}
    assert [row[-2:] for row in instructions.compare(made, record)] == [("+2.9 %", MET), ("+4.0 %", MISSED), ("-", "-")]
    other = instructions.compare(made, {**record, "compiler": "cc 2"})
    assert [row[-1] for row in other] == ["-"] * 3
    assert set(json.loads(instructions.RECORD.read_text(encoding="utf-8"))["per_token"]) == set(instructions.CONFIGS)


def test_sets_of_documents_and_their_scores(tmp_path: Path) -> None:
    home = smoke.planted_documents(tmp_path)
    (one,) = sets_in(str(home))
    assert (one.name, list(one.parts)) == ("planted", ["train", "test"])
    assert [len(column) for column in one.read("test")] == [60, 60]
    assert one.keywords_of()["b"] == ["b0", "b1", "b2"]
    assert sets_in(str(home / "planted"))[0].read() == one.read()
    (home / "planted" / "test.tsv").write_text("a\tthe \u2028 text\nno tab\n", encoding="utf-8")
    with pytest.raises(BenchmarkError, match="a line has no tab"):
        one.read()
    with pytest.raises(BenchmarkError, match=r"holds no train\.tsv"):
        sets_in(str(tmp_path / "nowhere"))
    assert documents.area_under_roc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])) == 0.75
    run = {"seconds": 3.0, "figures": {"AUC": 0.94, "accuracy": 0.66}}
    auc, accuracy, seconds = figures_of("labels", "20news", [run, run])
    assert (auc[-2:], accuracy[-2:], seconds[2]) == ((">= 0.93", MET), (">= 0.67", MISSED), "3.0")
