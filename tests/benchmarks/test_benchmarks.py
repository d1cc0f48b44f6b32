"""The benchmarks: their arithmetic, tables, floors and parsing, and real rows at the smallest size.

No test looks at a time. The benchmarks live in the source tree and are never installed, so there is nothing to test
where only the package is.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("benchmarks", reason="the benchmarks are in the source tree only")

from benchmarks import (
    chart,
    cli,
    contest,
    goal_rows,
    instructions,
    kernels,
    memory,
    memory_use,
    phrases,
    processes,
    quality,
    report,
    scaling,
    smoke,
    speed,
)
from benchmarks.contest import Contest, Outcome
from benchmarks.corpus import TextSource, limited
from benchmarks.figures import mean_interval, pairwise_ratios, summarise
from benchmarks.floors import ACCEPTANCE_FLOORS, MET, MISSED, QUALITY_TOKENS, Floor, floor_of
from benchmarks.goals import HOPED, Goal
from benchmarks.jobs_core import flops_ours
from benchmarks.jobs_kernels import aligned_rows
from benchmarks.machine import LoadWatch
from benchmarks.processes import BenchmarkError, Job, parse_result
from benchmarks.programs import SHARED
from benchmarks.refresh import refresh
from benchmarks.report import Section
from benchmarks.worker import JOBS
from embed.corpora import TextCorpus
from embed.engine import _kernels
from embed.errors import CorpusError
from embed.text.encoding import encode

# figures


def test_summary_of_measurements() -> None:
    summary = summarise([3.0, 1.0, 8.0])
    assert (summary.median, summary.mean, summary.low, summary.high) == (3, 4, 1, 8)
    assert summary.values == (3, 1, 8)


@pytest.mark.parametrize("values", [[], [1.0, float("nan")], [float("inf")]])
def test_a_summary_needs_finite_measurements(values: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        summarise(values)


def test_ratios_are_taken_pair_by_pair() -> None:
    # the machine was 10 times slower during the second pair: the ratio of the medians would be 6 / 3
    summary = pairwise_ratios([30, 6, 3], [10, 2, 3])
    assert summary.values == (3, 3, 1)
    assert summary.median == 3
    with pytest.raises(ValueError, match="shorter"):
        pairwise_ratios([1, 2], [1])


def test_interval_is_students() -> None:
    interval = mean_interval([1.0, 2.0, 3.0])
    assert interval is not None
    # t(0.975, 2) = 4.302653, standard error 1 / sqrt(3)
    assert interval == pytest.approx((2 - 2.4841377, 2 + 2.4841377))
    assert mean_interval([1.0]) is None


# floors


def test_a_bound_itself_meets_the_floor() -> None:
    assert [Floor(5).verdict(value) for value in (4.99, 5, 6)] == [MISSED, MET, MET]
    assert [Floor(300, most=True).verdict(value) for value in (299, 300, 301)] == [MET, MET, MISSED]


def test_every_floor_belongs_to_a_row_that_is_measured() -> None:
    rows = {
        "speed": speed.ROWS,
        "quality": tuple(quality.MODELS),
        "memory": memory.ROWS,
        "text": ("encode", "write", "read"),
        "phrases": phrases.ROWS,
    }
    assert set(ACCEPTANCE_FLOORS) == set(rows)
    for section, floors in ACCEPTANCE_FLOORS.items():
        assert set(floors) <= set(rows[section])
    figures = {figure for floors in ACCEPTANCE_FLOORS["quality"].values() for figure in floors}
    assert figures == {*quality.STANDARD_SETS, "google syntactic", "rarewords"}


def test_floor_of_a_figure() -> None:
    assert floor_of("speed", "cbow", "ratio") == Floor(2.5)
    assert floor_of("quality", "subword", "rarewords") == Floor(46)
    assert floor_of("text", "write", "ratio") is None
    assert floor_of("quality", "gensim cbow", "google") is None


# workers


def test_every_job_is_a_function_of_its_module() -> None:
    assert len(JOBS) == 26
    for job, module in JOBS.items():
        imported = __import__(module, fromlist=[job])  # no peer is imported before its job runs
        assert callable(getattr(imported, job))


@pytest.mark.parametrize("output", ["", "hello\n", "[1]", '{"seconds": 1}\n{"seconds": 2}'])
def test_output_of_a_worker_must_be_one_object(output: str) -> None:
    with pytest.raises(BenchmarkError, match="train_ours printed"):
        parse_result("train_ours", output)


def test_result_of_a_worker() -> None:
    assert parse_result("train_ours", '{"seconds": 1.5, "peak_rss": null}\n') == {"seconds": 1.5, "peak_rss": None}


def test_a_failing_worker_tells_why(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match=r"encode_ours failed with status 1:\n(?s:.*)nowhere\.txt"):
        processes.run(Job("encode_ours", {"path": str(tmp_path / "nowhere.txt"), "min_count": 5}))


# quality


def test_rows_of_a_model() -> None:
    results = [
        {"seconds": 10.0, "figures": {"google": 36.0, "rarewords": None}},
        {"seconds": 12.0, "figures": {"google": 39.0, "rarewords": 50.0}},
    ]
    google, rare, seconds = quality.rows_of("skip-gram", results, judged=True)
    assert google[:5] == ("skip-gram", "google", "37.5", "36.0", "39.0")
    assert google[-2:] == (">= 37", MET)
    assert set(rare[2:]) == {"-"}
    assert seconds[1:3] == ("seconds", "11.0")
    assert seconds[-1] == "-"


def test_more_sets(tmp_path: Path) -> None:
    path = tmp_path / "en_rw.tsv"
    path.touch()
    assert quality.named_sets([str(path)])[-1] == ("en_rw", str(path))
    assert quality.named_sets([f"rarewords={path}"])[-1] == ("rarewords", str(path))
    with pytest.raises(BenchmarkError, match="NAME=PATH"):
        quality.named_sets([f"google={path}"])
    with pytest.raises(BenchmarkError, match="no file"):
        quality.named_sets(["rarewords=nowhere"])


def test_a_short_text_is_not_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "run", lambda job: {"seconds": 1.0, "figures": {"google": 1.0}})
    source = TextSource(tmp_path, synthetic=100, vocabulary=200)
    section = quality.run(source, quality.QualitySettings(models=["skip-gram"], seeds=2))
    assert section.missed == 0
    assert f"{QUALITY_TOKENS:,}" in section.definitions[-1]


# memory


def test_rest_is_what_is_neither_matrix_nor_corpus() -> None:
    result = {
        **{"peak": 900_000_000, "matrices": 500_000_000, "mapped": 99_000_000, "rows": 2_000, "words": 1_000},
        "parts": {"RssAnon": 1_000_000},
    }
    cells = memory.cells("subword", result, judged=True)
    assert cells[2:7] == ("900", "500", "99", "301", "1")
    assert cells[-4:] == ("-", "-", "<= 300", MISSED)


def test_status_and_maps_of_linux() -> None:
    status = "Name:\tpython\nVmHWM:\t     2048 kB\nRssAnon:\t  1024 kB\nThreads:\t2\n"
    assert memory_use.status_bytes(status) == {"VmHWM": 2 << 20, "RssAnon": 1 << 20}
    maps = (
        "7f00-7f10 r--s 00000000 08:01 12 /tmp/a corpus/ids.i32\nSize: 64 kB\nRss:  40 kB\n"
        "7f10-7f20 rw-p 00000000 00:00 0 \nRss: 4 kB\n"
        "7f20-7f30 r--s 00000000 08:01 13 /tmp/a corpus/offsets.i64\nRss: 8 kB\nVmFlags: rd sh\n"
        "7f30-7f40 r-xp 00000000 08:01 14 /usr/lib/libc.so\nRss: 16 kB\n"
    )
    assert memory_use.resident_bytes_of_files(Path("/tmp/a corpus"), maps) == 48 << 10


def test_sampler_and_peak() -> None:
    with memory_use.Sampler() as sampler:
        block = bytearray(1 << 20)
    assert len(block) == 1 << 20
    assert set(sampler.peaks) <= set(memory_use.PARTS)
    peak = memory_use.peak_bytes()
    assert peak is None or peak > 1 << 20


# texts


def test_limited_sentences_lose_nothing() -> None:
    sentences = [["a"] * 10_001, [], ["b", "c"]]
    assert [len(piece) for piece in limited(sentences, None)] == [10_000, 1, 2]
    assert list(limited([["a", "b"], ["c", "d"], ["e"]], 3)) == [["a", "b"], ["c"]]
    assert [token for piece in limited(sentences, 10_002) for token in piece][-2:] == ["a", "b"]


def test_a_short_text_is_repeated(tmp_path: Path) -> None:
    original = tmp_path / "original.txt"
    original.write_text("a b c\nd e\n", encoding="utf-8")
    source = TextSource(tmp_path, str(original))
    text = source.text(12, repeat=True)
    assert text.path.read_text(encoding="utf-8") == "a b c\nd e\na b c\nd e\na b\n"
    assert text.tokens == 12
    assert "5 distinct" in text.description
    assert source.text(12, repeat=True) is text
    assert source.text(12).tokens == source.text().tokens == 5


def test_a_synthetic_text_has_the_tokens_asked_for(tmp_path: Path) -> None:
    source = TextSource(tmp_path, synthetic=1_000, vocabulary=200)
    text = source.text()
    assert text.tokens == len(text.path.read_text(encoding="utf-8").split()) == 1_000


# reports


def test_views_of_a_section() -> None:
    section = Section(
        "speed",
        "Training speed",
        ("What it means.",),
        ("row", "against"),
        (("cbow", "a|b"),),
        (MET, MISSED),
        {"rows": {}},
    )
    assert section.missed == 1
    assert report.to_text(section).splitlines()[-1] == "What it means."
    text = report.to_markdown([section], {"processor": "fast"})
    assert "- processor: fast" in text
    assert r"| cbow | a\|b |" in text
    content = json.loads(report.to_json([section], {"processor": "fast"}))
    assert content["machine"] == {"processor": "fast"}
    assert content["sections"]["speed"]["verdicts"] == [MET, MISSED]
    assert content["sections"]["speed"]["rows"] == {}


# the command line and real runs


def test_wrong_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        [],
        ["speed", "--runs", "0"],
        ["speed", "--rows", "glove"],
        ["text", "--corpus", "a", "--synthetic", "5"],
    ):
        with pytest.raises(SystemExit):
            cli.main(arguments)
        assert "usage" in capsys.readouterr().err


def test_a_missing_corpus_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["text", "--corpus", str(tmp_path / "nowhere.txt")]) == cli.FAILED_STATUS
    assert capsys.readouterr().err.startswith("benchmarks: ")
    with pytest.raises(CorpusError):
        TextSource(tmp_path, str(tmp_path / "nowhere.txt"))


def test_a_row_of_speed_is_measured_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--synthetic", "20_000", "--tokens", "20_000", "--runs", "2", "--output", str(tmp_path)]
    assert cli.main(["speed", "--rows", "skip-gram-threads", "--dim", "16", *common]) == 0
    printed = capsys.readouterr().out
    assert "skip-gram-threads" in printed
    content = json.loads((tmp_path / report.JSON_NAME).read_text(encoding="utf-8"))
    row = content["sections"]["speed"]["rows"]["skip-gram-threads"]
    ours, peer = row["ours"], row["peer"]
    assert len(ours["runs"]) == len(peer["runs"]) == 2
    for index, ratio in enumerate(row["ratio"]["values"]):
        assert ratio == pytest.approx(ours["per_second"]["values"][index] / peer["per_second"]["values"][index])
    words = TextSource(tmp_path, synthetic=20_000).text().path.read_text(encoding="utf-8").split()
    frequent = sum(count for count in Counter(words).values() if count >= SHARED["min_count"])
    for run in (*ours["runs"], *peer["runs"]):
        assert run["amount"] == frequent  # before subsampling
        assert run["seconds"] > 0
        assert run["peak_rss"] is None or run["peak_rss"] > 1 << 20
    assert content["sections"]["speed"]["verdicts"] == ["-"]
    assert (tmp_path / report.MARKDOWN_NAME).read_text(encoding="utf-8").startswith("# Benchmarks")


def test_a_model_is_trained_and_scored(tmp_path: Path) -> None:
    source = TextSource(tmp_path, synthetic=60_000, vocabulary=1_000)
    section = quality.run(
        source,
        quality.QualitySettings(
            models=["subword"], sets=smoke.planted_sets(tmp_path), seeds=1, threads=1, epochs=2, dim=32, buckets=5_000
        ),
    )
    (result,) = section.data["models"]["subword"]
    assert result["figures"]["pairs"] > 50  # what is planted is found
    assert [row[1] for row in section.rows] == ["pairs", "questions", "seconds"]


# documents


def test_results_go_between_their_markers(tmp_path: Path) -> None:
    section = Section("goals", "Goals", ("What it means.",), ("row", "ratio"), (("cbow", "5"),))
    results, document = tmp_path / "a.json", tmp_path / "a.md"
    results.write_text(report.to_json([section], {"processor": "fast"}), encoding="utf-8")
    document.write_text("before\n<!-- goals:begin -->\nold\n<!-- goals:end -->\nafter\n", encoding="utf-8")
    for _ in range(2):  # the second time changes nothing
        assert refresh(results, document) == ["goals"]
        text = document.read_text(encoding="utf-8")
        assert text.startswith("before\n<!-- goals:begin -->\n| row | ratio |")
        assert text.endswith("- What it means.\n- Measured on: processor fast.\n<!-- goals:end -->\nafter\n")
        assert "old" not in text
    markers = "<!-- goals:begin -->\n<!-- goals:end -->\n<!-- goals-avx2:begin -->\n<!-- goals-avx2:end -->\n"
    document.write_text(markers, encoding="utf-8")
    for path, own in (("avx2", "goals-avx2"), ("avx512", "goals")):
        results.write_text(report.to_json([section], {"SIMD path": path}), encoding="utf-8")
        assert refresh(results, document) == [own]
        assert f"- Measured on: SIMD path {path}.\n<!-- {own}:end -->" in document.read_text(encoding="utf-8")
    document.write_text("nothing", encoding="utf-8")
    with pytest.raises(BenchmarkError, match="no markers for goals"):
        refresh(results, document)
    assert document.read_text(encoding="utf-8") == "nothing"


# goals


def test_verdicts_on_a_goal() -> None:
    assert [Goal(12, 16).verdict(value) for value in (11.99, 12, 15.99, 16)] == [MISSED, MET, MET, HOPED]
    ceiling = Goal(500, None, most=True)
    assert [ceiling.verdict(value) for value in (499, 500, 501)] == [MET, MET, MISSED]
    assert Goal(12, 16).cells() == (">= 12", ">= 16")
    assert ceiling.cells() == ("<= 500", "-")


def test_row_of_a_goal() -> None:
    made = Contest("cbow-100", "gensim", Job("ours"), Job("peer"))
    results = [tuple({"seconds": seconds, "amount": 12_000} for seconds in side) for side in ((1, 1, 2), (6, 5, 18))]
    outcome = Outcome(made, *results)
    cells, verdict = goal_rows.row_of(outcome, judged=True)
    assert verdict == MET
    assert cells[:4] == ("cbow-100", "gensim", "12k", "6k to 12k")
    assert cells[6:] == ("6.00", "5.00 to 9.00", ">= 5", ">= 9", "✓")
    assert goal_rows.row_of(outcome, judged=False)[0][-3:] == ("-", "-", "-")


def test_programs_of_a_goal_are_told_the_same(tmp_path: Path) -> None:
    settings = goal_rows.GoalSettings(tokens=3_000, gensim_tokens=1_000, fasttext_tokens=2_000)
    texts = goal_rows.Texts(TextSource(tmp_path, synthetic=3_000, vocabulary=200), settings)
    for name in ("cbow-300", "skip-gram-100"):
        made = goal_rows.contest_of(name, texts, settings)
        config, theirs = made.ours.settings["config"], made.peer.settings["settings"]
        assert (config["dim"], config["objective"] == "sg") == (theirs["vector_size"], bool(theirs["sg"]))
        assert made.ours.settings["directory"] == made.peer.settings["directory"]
    made = goal_rows.contest_of("subword-cbow-100-threads", texts, settings)
    ours, other = made.ours.settings["config"], made.peer.settings["config"]
    assert (ours.pop("threads"), other.pop("threads")) == (2, 1)
    assert ours == other
    assert ours["subword"]


def test_a_goal_that_cannot_be_measured_is_missed_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(job: Job) -> dict[str, float]:
        if job.name == "rate_zipf":
            raise BenchmarkError("no room")
        return {"seconds": 1.0, "amount": 10}

    monkeypatch.setattr(processes, "run", run)
    monkeypatch.setattr(contest, "cores", SimpleNamespace(wait_for=bool, are_given=bool))
    settings = goal_rows.GoalSettings(rows=["vocabulary-1m", "cbow-100-threads"], runs=1, tokens=3_000)
    section = goal_rows.run(TextSource(tmp_path, synthetic=3_000, vocabulary=200), settings)
    assert section.verdicts == (MISSED, MISSED)
    assert [row[0] for row in section.rows] == ["cbow-100-threads"]
    assert section.definitions[-1] == "vocabulary-1m: not measured, no room."


def test_flops_follow_their_formula(tmp_path: Path) -> None:
    text = TextSource(tmp_path, synthetic=20_000, vocabulary=200).text()
    directory = tmp_path / "encoded"
    encode(TextCorpus(str(text.path)), directory=directory).close()
    config = {"dim": 32, "threads": 1, "negatives": 5, "subsample": 0}
    pairs = flops_ours(directory=str(directory), config=config)
    windows = flops_ours(directory=str(directory), config={**config, "objective": "cbow"})
    assert pairs["amount"] == pairs["examples"] * 6 * 6 * 32
    assert windows["amount"] == windows["examples"] * 6 * 6 * 32 + pairs["examples"] * 2 * 32


# load


def test_the_load_is_told_where_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    loads = iter([(1.0, 0, 0), (3.25, 0, 0)])
    monkeypatch.setattr(os, "getloadavg", lambda: next(loads), raising=False)
    watch = LoadWatch()
    assert watch.sentences() == []
    watch.look()
    watch.look()
    (sentence,) = watch.sentences()
    assert "1.0 to 3.2" in sentence


# kernels


def test_work_of_a_window() -> None:
    pairs, mean = kernels.Shape("pairs", 10, 6), kernels.Shape("mean", 10, 6, mean=True)
    assert pairs.flops(100) == 10 * 6 * 6 * 100
    assert mean.flops(100) == 6 * 6 * 100 + 10 * 2 * 100
    assert pairs.bytes(100) == mean.bytes(100) == 16 * 100 * 8


def test_rows_of_a_kernel_are_aligned_and_padded() -> None:
    rows = aligned_rows(3, 50, 1)
    assert rows.shape == (3, 64)
    assert rows.ctypes.data % 64 == 0
    assert rows[:, :50].all()
    assert not rows[:, 50:].any()


def test_kernels_are_measured_on_every_path() -> None:
    section = kernels.run(kernels.KernelSettings(dims=(20,), runs=1, seconds=0.001))
    assert len(section.rows) == len(kernels.SHAPES)
    for row in section.data["rows"].values():
        assert list(row["nanoseconds"]) == _kernels.simd_paths()
        assert all(summary["median"] > 0 for summary in row["nanoseconds"].values())
    assert {len(row) for row in section.rows} == {len(section.head)}


# scaling


def test_points_of_an_axis() -> None:
    settings = scaling.ScalingSettings(threads=(1, 3))
    assert [(point.threads, point.dim) for point in scaling.points("threads", "sg", settings)] == [(1, 100), (3, 100)]
    last = scaling.points("tokens", "cbow", settings)[-1]
    assert (last.value, last.tokens, last.words, last.model) == (100_000_000, 100_000_000, 70_000, "CBOW")
    config = last.job().settings["config"]
    assert (config["objective"], config["threads"], config["epochs"]) == ("cbow", 1, 1)


def test_rows_of_an_axis() -> None:
    series = scaling.points("dim", "sg", scaling.ScalingSettings(dim=(50, 200)))
    first, second = scaling.cells(series, [summarise([2.0]), summarise([5.0, 7.0])])
    assert first == ("dim", "50", "skip-gram", "2.00", "2.00 to 2.00", "1,500,000", "1.00", "1.00")
    assert second[3:] == ("6.00", "5.00 to 7.00", "500,000", "4.00", "3.00")


def test_long_runs_are_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "run", lambda job: {"seconds": job.settings["tokens"] / 1e6})
    section = scaling.run(scaling.ScalingSettings(rows=["tokens"], runs=2, tokens=(1_000_000, 10_000_000)))
    runs = [len(point["seconds"]["values"]) for point in section.data["axes"]["tokens"]]
    assert runs == [2, 1, 2, 1]
    assert [row[-2:] for row in section.rows[:2]] == [("1.00", "1.00"), ("10.00", "10.00")]


def test_scaling_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib", reason="only the charts need matplotlib")
    monkeypatch.setattr(processes, "run", lambda job: {"seconds": 1.0})
    section = scaling.run(scaling.ScalingSettings(rows=["dim", "words"], runs=1))
    results, picture = tmp_path / "a.json", tmp_path / "a.svg"
    results.write_text(report.to_json([section], {}), encoding="utf-8")
    chart.draw(results, picture)
    assert picture.read_text(encoding="utf-8").startswith("<?xml")


def test_the_speed_is_drawn_from_the_newest_table_of_the_document(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="only the charts need matplotlib")
    document, picture = tmp_path / "a.md", tmp_path / "a.svg"
    head = "| row | against | ours/s | spread | other/s | spread | ratio | spread |\n| --- | --- | --- |\n"
    tables = [
        f"<!-- {name}:begin -->\n{head}| cbow-100 | gensim | {ours} | 1M to 9M | 500k | 1 to 2 | {ratio} | 3 to 9 |\n\n"
        f"- Measured on: date {date} 03:26 UTC, processor A B, processors usable 2, SIMD path {simd}, other 1.\n"
        f"<!-- {name}:end -->\n"
        for name, ours, ratio, date, simd in (
            ("goals", "3.5M", "7.00", "2026-01-01", "avx512"),
            ("goals-avx2", "2.5M", "5.00", "2026-02-01", "avx2"),
        )
    ]
    document.write_text("\n".join(tables), encoding="utf-8")
    chart.draw(document, picture)
    drawn = picture.read_text(encoding="utf-8")
    assert "train-embeddings 2.50  (5.0 times)" in drawn
    assert " gensim 0.50 " in drawn
    assert "A B with AVX2, 2026-02-01" in drawn


def test_a_chart_of_nothing_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Nothing\n", encoding="utf-8")
    for source, message in (("nowhere.json", "holds no results"), ("a.md", "holds no goals"), ("b.md", "cannot read")):
        with pytest.raises(BenchmarkError, match=message):
            chart.draw(tmp_path / source, tmp_path / "a.svg")


# instructions


def test_calls_are_shared_among_the_models() -> None:
    assert instructions.split([1, 2, 3, 4], ("a", "b")) == {"a": 3, "b": 7}
    for totals in ([], [1, 2, 3]):
        with pytest.raises(BenchmarkError, match="cannot share"):
            instructions.split(totals, ("a", "b"))


def test_counts_beside_their_record() -> None:
    made = {"compiler": "cc 1", "settings": [1], "per_token": {"cbow": 103.0, "sg": 104.0, "new": 1.0}}
    record = {"compiler": "cc 1", "settings": [1], "per_token": {"cbow": 100.0, "sg": 100.0}}
    assert [row[-2:] for row in instructions.compare(made, record)] == [("+3.0 %", MET), ("+4.0 %", MISSED), ("-", "-")]
    other = instructions.compare(made, {**record, "compiler": "cc 2"})
    assert [row[-2:] for row in other] == [("+3.0 %", "-"), ("+4.0 %", "-"), ("-", "-")]


def test_the_record_has_every_model() -> None:
    record = json.loads(instructions.RECORD.read_text(encoding="utf-8"))
    assert set(record["per_token"]) == set(instructions.CONFIGS)
