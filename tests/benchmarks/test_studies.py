"""The studies: what tells results apart, going on after an interruption, the budget, choices, tests and pages.

The benchmarks live in the source tree and are never installed, so there is nothing to test where only the package is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("benchmarks", reason="the benchmarks are in the source tree only")

from benchmarks import cli, smoke
from benchmarks.lib import processes
from benchmarks.lib.processes import BenchmarkError, Job
from benchmarks.lib.scoring import STEPS
from benchmarks.studies import command, runner, study, subword, tables
from benchmarks.studies.analysis import difference, pareto, standing
from benchmarks.studies.held_out_words import hold_out
from benchmarks.studies.place import SIMD_PATH, Place, Store
from benchmarks.studies.runner import Runner
from benchmarks.studies.setting import MAIN, Run, Setting, Text, unknown

PAGES = Path(command.__file__).resolve().parents[2] / "docs" / "studies"


def _made_up(seed: int, of: Any) -> dict[str, Any]:
    """Return a result as a worker reports it, its figures from the settings."""
    rate = of.get("input_lr", of.get("alpha", of.get("lr", 0.5))) or 0.5
    figures = {"google": 30 + 10 * rate + 0.1 * seed, "wordsim353": 60 - rate, "simlex999": 30.0 + 0.05 * seed}
    return {
        "seconds": 2.0,
        "cpu_seconds": 1.0 + rate,
        "amount": 100,
        "words": 10,
        "figures": figures,
        "items": dict.fromkeys(figures, 300),
        "steps": {name: dict(figures) for name in STEPS},
    }


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Do nothing in the workers, and list what they are told."""
    done: list[Job] = []

    def run(job: Job) -> dict[str, Any]:
        done.append(job)
        given = job.settings.get("config", job.settings.get("settings", {}))
        return _made_up(job.settings.get("seed", given.get("seed", 1)), given)

    monkeypatch.setattr(processes, "run", run)
    return done


@pytest.fixture
def text(tmp_path: Path) -> Text:
    path = tmp_path / "text.txt"
    path.write_text("a b c d\n" * 20, encoding="utf-8")
    return Text.read(path, "a text", smoke.planted_sets(tmp_path))


def _place(folder: Path, text: Text) -> Place:
    return Place.make(folder, {MAIN: text}, {"command": "python -m benchmarks study", SIMD_PATH: "avx2"}, 30_000)


A = study.ours("a", objective="cbow", lr=0.05, input_lr=0.1)
B = study.ours("b", objective="cbow", lr=0.05, input_lr=0.2)


def test_keys_tell_contents_apart_and_nothing_else(text: Text, tmp_path: Path) -> None:
    key = Run(A, 1).key(text, "1")
    assert key == Run(A.but("another name"), 1).key(text, "1")
    default, rates = study.ours("defaults", objective="cbow"), {"lr": 0.05, "input_lr": 0.4}
    assert Run(default, 1).key(text, "1") == Run(default.but("said", **rates), 1).key(text, "1")
    assert key != Run(A, 2).key(text, "1")
    assert key != Run(A, 1).key(text, "2")
    assert key != Run(B, 1).key(text, "1")
    assert key != Run(Setting("a", A.values, steps=("mean removed",)), 1).key(text, "1")
    other = tmp_path / "other.txt"
    other.write_text("a b c\n" * 20, encoding="utf-8")
    assert key != Run(A, 1).key(Text.read(other, "a text", text.sets), "1")
    assert key != Run(A, 1).key(Text.read(Path(text.path), "a text", text.sets[:1]), "1")
    assert key == Run(A, 1).key(Text.read(Path(text.path), "the text", text.sets), "1")


def test_a_line_that_was_cut_short_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    Store(path).add({"key": "x", "n": 1})
    with open(path, "a", encoding="utf-8") as file:
        file.write('{"key": "y", "n"')
    store = Store(path)
    assert "x" in store.records
    assert "y" not in store.records
    store.add({"key": "y", "n": 2})
    assert [json.loads(line)["n"] for line in path.read_text(encoding="utf-8").splitlines()] == [1, 2]
    assert len(Store(path).records) == 2
    path.write_text("nonsense\n", encoding="utf-8")
    with pytest.raises(BenchmarkError, match="line 1"):
        Store(path)


def test_a_study_goes_on_where_it_was(text: Text, tmp_path: Path, jobs: list[Job]) -> None:
    stages = [lambda place: [Run(A, 1), Run(B, 1), Run(A.but("again"), 1)]]
    assert Runner(_place(tmp_path / "out", text)).perform(stages)
    assert len([job for job in jobs if job.name == "ours.quality"]) == 2
    jobs.clear()
    assert Runner(_place(tmp_path / "out", text)).perform(stages)
    assert jobs == []
    place = Place.open(tmp_path / "out")
    assert place.records(A, [1, 2])[1]["figures"]["google"] == pytest.approx(31.1)
    assert str(tmp_path) not in (tmp_path / "out" / "study.json").read_text(encoding="utf-8")  # kept in the tree


def test_what_diverged_is_not_repeated_and_what_failed_is(text: Text, tmp_path: Path, monkeypatch: Any) -> None:
    errors = iter(["x\nDivergenceError: it diverged", "MemoryError: no room"])

    def run(job: Job) -> dict[str, Any]:
        if job.name == "ours.encode":
            return {}
        raise BenchmarkError(next(errors))

    monkeypatch.setattr(processes, "run", run)
    place = _place(tmp_path / "out", text)
    made = Runner(place)
    assert made.perform([lambda place: [Run(A, 1), Run(B, 1)]])
    assert place.record(A, 1)["failed"] == "DivergenceError: it diverged"  # type: ignore[index]
    assert place.record(B, 1) is None
    assert "no room" in made.notices[0]
    assert "diverged" in tables.single(place, [A, B], ["google"])


def test_standing_is_the_mean_robust_score() -> None:
    found = standing({"a": {"x": 1.0, "y": 5.0}, "b": {"x": 3.0, "y": 5.0, "z": 9.0}})
    assert found == pytest.approx({"a": -0.5 / 1.4826, "b": 0.5 / 1.4826})  # y is the same for both, a has no z
    assert standing({}) == {}
    later = standing({"a": {"x": 1.0}, "b": {"x": 3.0}, "c": {"x": 5.0}}, ["a", "b"])
    assert later == pytest.approx({"a": -1 / 1.4826, "b": 1 / 1.4826, "c": 3 / 1.4826})  # c moves nobody
    usual = {str(value): {"x": float(value), "y": 10.0 - value} for value in range(9)}
    outlier = standing({**usual, "lost": {"x": -500.0, "y": -20.0}})
    assert outlier["8"] == pytest.approx(outlier["0"], abs=0.6)  # x and y still weigh about the same


def test_paired_and_unpaired_differences() -> None:
    ours, other = {1: 10.0, 2: 20.0, 3: 31.0}, {1: 9.0, 2: 18.0, 3: 30.0, 4: 0.0}
    paired = difference(ours, other, paired=True)
    assert paired is not None
    # differences 1, 2, 1: mean 4/3, standard error 1/3, t(0.975, 2) = 4.302653
    assert (paired.mean, paired.low, paired.high) == pytest.approx((4 / 3, 4 / 3 - 1.4342, 4 / 3 + 1.4342), abs=1e-4)
    assert paired.p == pytest.approx(0.0572, abs=1e-4)
    assert paired.verdict == "no difference"
    welch = difference(ours, other, paired=False)
    assert welch is not None
    scipy_stats = pytest.importorskip("scipy.stats")
    result = scipy_stats.ttest_ind(list(ours.values()), list(other.values()), equal_var=False)
    assert welch.p == pytest.approx(result.pvalue)
    assert (welch.low, welch.high) == pytest.approx(tuple(result.confidence_interval(0.95)))
    assert difference({1: 1.0}, other, paired=True) is None
    assert pareto({"slow": (3, 5), "fast": (1, 2), "worse": (2, 1), "same": (3, 4)}) == ["fast", "slow"]
    same = difference({1: 2.0, 2: 3.0}, {1: 1.0, 2: 2.0}, paired=True)
    assert same is not None
    assert (same.mean, same.verdict, same.p) == (1, "better", 0)


@pytest.mark.parametrize("name", ["cbow", "subword", "fasttext", "small", "structured"])
def test_a_page_is_made_of_nothing_and_of_everything(
    name: str, text: Text, tmp_path: Path, jobs: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / f"{name}.md"
    original = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    page.write_text(original, encoding="utf-8")
    texts = {MAIN: text}
    if name in ("subword", "fasttext"):
        texts |= {MAIN + subword.HELD_OUT: text, subword.GERMAN: text, subword.GERMAN + subword.HELD_OUT: text}
    place = Place.make(tmp_path / "out", texts, {"command": "python -m benchmarks study", SIMD_PATH: "avx2"}, 30_000)
    made = command.STUDIES[name](seeds=2)
    command.render(made, place, page, [])
    assert "Not measured yet." in page.read_text(encoding="utf-8")
    assert Runner(place).perform(made.stages())
    command.render(made, place, page, ["this was left out."])
    rendered = page.read_text(encoding="utf-8")
    markers = [line for line in original.splitlines() if line.startswith("<!--")]
    assert [line for line in rendered.splitlines() if line.startswith("<!--")] == markers
    measured = {"subword": "held-out", "fasttext": "german-tests", "structured": "ngrams-tests-1"}.get(name, "tests")
    assert "Not measured yet." not in rendered.partition(f"<!-- {measured}:begin")[0]
    assert "this was left out." in rendered
    assert "±" in rendered
    # every part that the study makes has its place, and the other way round
    assert {line.split()[1] for line in markers if ":begin" in line} == {
        f"{part}:begin" for part in (*made.bodies(place, tmp_path / name), "notices", "command")
    }


def test_no_run_begins_after_the_budget(text: Text, tmp_path: Path, jobs: list[Job], monkeypatch: Any) -> None:
    now = iter([0.0, 10.0, 20.0, 70.0, 80.0, 90.0])
    monkeypatch.setattr(runner.time, "monotonic", lambda: next(now))
    strange = A.but("strange", no_such_parameter=True)
    made = Runner(_place(tmp_path / "out", text), budget=60)
    assert not made.perform([lambda _: [Run(strange, 1), Run(A, 1), Run(B, 1)]])
    assert [job.name for job in jobs] == ["ours.encode", "ours.quality"]
    assert "strange: left out" in made.notices[0]
    assert "no_such_parameter" in str(unknown(strange))


@pytest.mark.parametrize("name", command.STUDIES)
def test_the_results_in_the_tree_still_make_a_page(name: str, tmp_path: Path) -> None:
    page = tmp_path / f"{name}.md"
    original = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    page.write_text(original, encoding="utf-8")
    results = Path(command.__file__).parents[1] / "results" / name
    given = ["study", name, "--render-only", "--out", str(results), "--page", str(page)]
    assert cli.main(given) == 0
    parts = [text.partition("<!-- facts:end")[0] for text in (original, page.read_text(encoding="utf-8"))]
    assert parts[0] == parts[1]


def test_words_held_out_are_gone_and_their_pairs_asked(tmp_path: Path) -> None:
    source = tmp_path / "text.txt"
    source.write_text("Haus hund katze baum maus und\n" * 30, encoding="utf-8")
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("haus\thund\t1\nkatze\tbaum\t2\nmaus\thund\t3\n", encoding="utf-8")
    made = hold_out(source, [("pairs", str(pairs))], tmp_path / "made", "main")
    left = set(made.path.read_text(encoding="utf-8").split())
    gone = {"Haus", "hund", "katze", "baum", "maus", "und"} - left
    assert len(gone) == made.words == 1  # a quarter of five
    assert made.removed == 30
    ((name, path),) = made.sets
    assert name == "pairs held out"
    asked = [line.split("\t")[:2] for line in Path(path).read_text(encoding="utf-8").splitlines()]
    (word,) = gone
    assert asked
    assert all(word.casefold() in pair for pair in asked)
    again = hold_out(source, [("pairs", str(pairs))], tmp_path / "again", "main")
    assert again.path.read_text(encoding="utf-8") == made.path.read_text(encoding="utf-8")
