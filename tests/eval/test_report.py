"""Reports and comparisons: three views that agree, the protocol in each, the paired test."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from embed.errors import AdviceWarning, ConfigError
from embed.eval import AnalogySet, Comparison, SimilaritySet, compare, evaluate


class Plain:
    def __init__(self, words: list[str], matrix: NDArray[np.float32]) -> None:
        self.words = words
        self.matrix = matrix

    def can_compose(self, word: str) -> bool:
        return False

    def vector(self, word: str) -> NDArray[np.float32]:
        raise KeyError(word)


NAMES = [f"w{i}" for i in range(24)]
TRUTH = np.random.default_rng(1).standard_normal((24, 10))


def _noisy(noise: float, seed: int = 2, words: list[str] = NAMES) -> Plain:
    added = noise * np.random.default_rng(seed).standard_normal(TRUTH.shape)
    return Plain(list(words), (TRUTH + added).astype(np.float32)[: len(words)])


def _similarity() -> SimilaritySet:
    unit = TRUTH / np.linalg.norm(TRUTH, axis=1, keepdims=True)
    cosine = unit @ unit.T
    pairs = itertools.combinations(range(len(NAMES)), 2)
    return SimilaritySet.from_pairs("pairs|x", [(NAMES[i], NAMES[j], float(cosine[i, j])) for i, j in pairs])


def _analogies() -> AnalogySet:
    pairs = [(NAMES[i], NAMES[i + 1]) for i in range(0, 12, 2)]
    sections = {
        name: [(*a, *b) for a, b in itertools.permutations(part, 2)]
        for name, part in (("family", pairs[:3]), ("gram1", pairs[3:]))
    }
    return AnalogySet.from_sections("questions", sections)


SETS = [_similarity(), _analogies()]


def test_the_three_views_show_the_same_scores_and_protocol() -> None:
    report = evaluate(_noisy(1.0), SETS, name="mine", top=20, resamples=200, seed=7)
    data = json.loads(report.to_json())
    assert data == json.loads(json.dumps(report.to_dict()))
    assert data["vectors"] == {"name": "mine", "words": 24, "dim": 10}
    protocol = data["protocol"]
    assert (protocol["top"], protocol["seed"], protocol["resamples"], protocol["method"]) == (
        20,
        7,
        200,
        "3cosadd",
    )
    similarity, analogies = data["results"]
    value = similarity["spearman"]["covered"]["value"]
    assert report.scores["pairs|x"] == value
    assert 0 < value < 100
    assert analogies["items"] == 12
    assert [section["name"] for section in analogies["sections"]] == ["family", "gram1"]
    for text in (report.table(), report.to_markdown()):
        assert f"{value:.1f}" in text
        for sentence in protocol["description"]:
            assert sentence in text
        for word in ("20 most frequent", "folded", "3CosAdd", "200 resamples", "seed 7", "questions as wrong"):
            assert word in text


def test_the_protocol_reports_the_settings() -> None:
    report = evaluate(_noisy(1.0), SETS, method="3cosmul", fold_case=False, similarity_top=24, resamples=0)
    text = report.table()
    assert "3CosMul" in text
    assert "as written" in text
    assert "among all words" in text
    assert "among the 24 most frequent" in text
    assert "resamples" not in text


def test_the_text_table_is_aligned_and_sections_are_optional() -> None:
    report = evaluate(_noisy(1.0), SETS)
    lines = report.table(sections=True).splitlines()
    head = next(i for i, line in enumerate(lines) if line.startswith("set"))
    ends = {line.rindex("/") for line in lines[head:] if " / " in line}
    assert len(ends) >= 1
    assert all(line == line.rstrip() for line in lines)
    assert "family" in "\n".join(lines)
    assert "family" not in report.table()
    assert "syntactic" in report.table()


def test_markdown_rows_have_equal_columns() -> None:
    text = evaluate(_noisy(1.0), SETS).to_markdown()
    rows = [line.replace("\\|", "") for line in text.splitlines() if line.startswith("|")]
    assert len(rows) > 6
    assert len({row.count("|") for row in rows}) == 1
    assert "pairs\\|x" in text


HOSTILE = "v\x1b[31m|x\n| owned | 1 |<b>_it_</b> [l](u) `c` $m$ \u202e\x9b\udcff"


def test_names_are_data_in_every_view() -> None:
    similarity = SimilaritySet(HOSTILE, (("w1", "w2"), ("w3", "w4")), (1.0, 2.0), ("a\tb", "c\nd", "<i>"), ("e\x1bf",))
    sets = [similarity, AnalogySet.from_sections("s\n" + HOSTILE, {HOSTILE: [("w1", "w2", "w3", "w4")]})]
    report = evaluate(_noisy(1.0), sets, name=HOSTILE)
    comparison = compare(_noisy(1.0), _noisy(2.0), sets, names=(HOSTILE, HOSTILE))
    plain = len(evaluate(_noisy(1.0), _analogies(), name="x").to_markdown().splitlines())
    for text in (report.table(sections=True), report.to_markdown(), comparison.table(), comparison.to_markdown()):
        assert all(line.isprintable() for line in text.splitlines())
        assert "\\x1b[31m" in text.replace("\\\\", "\\").replace("\\[", "[")
    markdown = report.to_markdown()
    assert len({line.replace("\\|", "").count("|") for line in markdown.splitlines() if line.startswith("|")}) == 1
    assert "<" not in markdown.replace("&lt;", "")
    assert not re.search(r"(?<!\\)[`$]|(?<!\\)\[l", markdown)
    assert len(markdown.splitlines()) < plain + 8
    for view in (report, comparison):
        text = view.to_json()
        assert json.loads(text) == view.to_dict()
        assert all(line.isprintable() for line in text.splitlines())


def test_a_name_with_inner_underscores_is_unchanged() -> None:
    sets = AnalogySet.from_sections("JJ_JJR-x.y", {"gram1-a_b": [("w1", "w2", "w3", "w4")]})
    text = evaluate(_noisy(1.0), sets, name="path/to/my_vectors.txt").to_markdown()
    assert "path/to/my_vectors.txt" in text
    assert "JJ_JJR-x.y" in text


def test_the_columns_of_a_file_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "rated.csv"
    path.write_text("Word 1,Word 2,Human (mean),1,2\nw1,w2,1,0,2\nw3,w4,2,2,NA\nw5,w6,NA,,\n", encoding="utf-8")
    said = ("rated: read from Word 1, Word 2, Human (mean).", "rated: skipped 1 pair without a score.")
    report = evaluate(_noisy(1.0), path)
    comparison = compare(_noisy(1.0), _noisy(2.0), path)
    assert report.notes == comparison.notes == said
    for view in (report, comparison):
        assert json.loads(view.to_json())["notes"] == list(said)
        assert said[1] in view.table()
        assert said[1] in view.to_markdown()
    chosen = evaluate(_noisy(1.0), path, columns=("Word 1", "Word 2", 5))
    assert chosen.notes[0] == "rated: read from Word 1, Word 2, 2."


@pytest.mark.parametrize("test", [("x", "y", 1.0), ("x", "y", "z", "w")])
def test_an_uncovered_set_causes_a_warning(test: tuple[Any, ...]) -> None:
    made = SimilaritySet.from_pairs("far", [test]) if len(test) == 3 else AnalogySet.from_sections("far", {"s": [test]})  # type: ignore[list-item]
    with pytest.warns(AdviceWarning, match="the vectors cover no item of the set 'far'") as caught:
        evaluate(_noisy(1.0), made)
    assert caught[0].filename == __file__
    with pytest.warns(AdviceWarning, match="cover no item of the set 'far'"):
        compare(_noisy(1.0), _noisy(2.0), made)


# --- comparisons --------------------------------------------------------------------------------------------


def _row(found: Comparison, name: str, on: str = "covered", part: str = "total") -> Any:
    (row,) = (row for row in found.rows if (row.set, row.on, row.part) == (name, on, part))
    return row


def test_a_better_model_wins_and_the_sign_follows_the_order() -> None:
    good, bad = _noisy(0.3), _noisy(3.0)
    row = _row(compare(bad, good, SETS), "pairs|x")
    assert row.difference.value == pytest.approx(row.b.value - row.a.value)
    assert row.difference.low > 0
    assert row.difference.p < 0.01
    back = _row(compare(good, bad, SETS), "pairs|x")
    assert back.difference.value == pytest.approx(-row.difference.value)
    assert back.difference.p == row.difference.p


def test_a_model_does_not_differ_from_itself() -> None:
    vectors = _noisy(1.0)
    for row in compare(vectors, vectors, SETS).rows:
        assert row.difference.value == 0
        assert row.difference.p == 1.0
        assert (row.difference.low, row.difference.high) == (0.0, 0.0)


def test_scores_are_those_of_evaluate_when_the_vocabularies_agree() -> None:
    a, b = _noisy(1.0, seed=4), _noisy(1.0, seed=5)
    found = compare(a, b, SETS, top=20)
    for side, vectors in (("a", a), ("b", b)):
        scores = evaluate(vectors, SETS, top=20).scores
        for name, value in scores.items():
            assert getattr(_row(found, name), side).value == pytest.approx(value, abs=1e-9)


def test_the_paired_interval_is_shorter_than_two_separate_ones() -> None:
    """Two models that differ little: their scores move together over the pairs."""
    a = _noisy(1.0, seed=4)
    b = Plain(a.words, a.matrix + 0.05 * _noisy(1.0, seed=6).matrix)
    row = _row(compare(a, b, SETS[0]), "pairs|x")
    assert row.difference.high - row.difference.low < 0.5 * (row.a.high - row.a.low)


def test_both_models_are_restricted_to_shared_words() -> None:
    a, b = _noisy(1.0), _noisy(1.0, words=NAMES[:20])
    shared = compare(a, b, SETS)
    assert shared.shared == 20
    row = _row(shared, "pairs|x")
    assert (row.difference.items, row.of) == (190, 276)
    assert row.a.items == row.b.items == 190
    assert _row(shared, "pairs|x", on="all").difference.items == 276
    assert "restricted to the 20 shared words" in shared.table()
    # With A cut, a pair that only A knows is missing for both.
    cut = Plain(a.words[:20], a.matrix[:20])
    assert _row(shared, "pairs|x", on="all").a == _row(compare(cut, b, SETS), "pairs|x", on="all").a


def test_without_the_cut_only_items_covered_by_both_are_compared() -> None:
    a, b = _noisy(1.0), _noisy(1.0, words=NAMES[:20])
    own = compare(a, b, SETS, shared_vocabulary=False)
    assert own.shared is None
    assert _row(own, "pairs|x").difference.items == 190
    everything = _row(own, "pairs|x", on="all")
    assert everything.a.value > everything.b.value
    assert "each model's own" in own.table()


def test_top_means_the_same_words_for_both_whatever_their_order() -> None:
    a = _noisy(1.0)
    order = np.random.default_rng(8).permutation(24)
    shuffled = Plain([a.words[i] for i in order], a.matrix[order])
    for first, second in ((a, shuffled), (shuffled, a)):
        found = compare(first, second, SETS, top=16, similarity_top=16)
        for row in found.rows:
            assert row.difference.value == pytest.approx(0, abs=1e-9)
        assert _row(found, "pairs|x").difference.items == 120


def test_a_cased_and_a_lower_cased_model_share_words_when_case_is_folded() -> None:
    a = _noisy(1.0)
    cased = Plain([word.upper() for word in a.words], a.matrix)
    assert compare(a, cased, SETS).shared == 24
    with pytest.warns(AdviceWarning, match="cover no item"):
        assert compare(a, cased, SETS, fold_case=False).shared == 0


def test_models_without_shared_words_cause_a_warning() -> None:
    a = _noisy(1.0)
    other = Plain([f"z{i}" for i in range(24)], a.matrix)
    with pytest.warns(AdviceWarning, match="cover no item"):
        found = compare(a, other, SETS)
    assert found.shared == 0
    row = _row(found, "questions")
    assert (row.difference.items, row.difference.value, row.difference.p) == (0, None, None)
    assert json.loads(found.to_json())["shared_words"] == 0
    assert "0 / 12" in found.table()


def test_the_views_of_a_comparison_agree() -> None:
    found = compare(_noisy(0.3), _noisy(3.0), SETS, names=("old", "new"), top=20, seed=5, resamples=300)
    data = json.loads(found.to_json())
    assert (data["a"], data["b"]) == ({"name": "old", "words": 24}, {"name": "new", "words": 24})
    assert len(data["rows"]) == len(found.rows) == 2 + 6
    difference = data["rows"][0]["difference"]["value"]
    for text in (found.table(), found.to_markdown()):
        assert f"{difference:+.1f}" in text
        assert "old" in text
        for sentence in data["protocol"]["description"]:
            assert sentence in text
        for word in ("paired bootstrap", "300 resamples", "seed 5", "20 most frequent"):
            assert word in text


# replicates


def test_scores_of_runs_are_means_and_their_intervals_cover_the_runs() -> None:
    runs = [_noisy(1.5, seed=seed) for seed in range(6)]
    other = _noisy(1.0, seed=99)
    found = compare(other, runs, SETS, names=("one", "six"), resamples=2000)
    single = [compare(other, run, SETS, resamples=2000) for run in runs]
    for name in ("pairs|x", "questions"):
        row, rows = _row(found, name), [_row(each, name) for each in single]
        assert row.a == rows[0].a
        assert row.b.value == pytest.approx(np.mean([each.b.value for each in rows]))
        assert row.difference.value == pytest.approx(np.mean([each.difference.value for each in rows]))
        # the mixture of the resamples of all runs
        assert row.difference.low < np.mean([each.difference.low for each in rows])
        assert row.difference.high > np.mean([each.difference.high for each in rows])
    assert "B = six (24 words, 6 replicates)" in found.table()
    assert "cover texts and training runs, too" in found.to_markdown()
    assert "do not cover" not in found.table()
    assert found.to_dict()["b"] == {"name": "six", "words": 24, "replicates": 6}
    assert found.to_dict()["a"] == {"name": "one", "words": 24}
    assert compare(other, runs[:1], SETS).rows == compare(other, runs[0], SETS).rows


def test_runs_of_the_same_texts_are_paired() -> None:
    runs = [_noisy(1.5, seed=seed) for seed in range(6)]
    same = _row(compare(runs, runs, SETS), "pairs|x").difference
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_runs_with_other_words_are_refused() -> None:
    for runs in ([_noisy(1.0), _noisy(1.0, words=NAMES[::-1])], []):
        with pytest.raises(ConfigError, match="needs the same words in all of them, and at least one"):
            compare(_noisy(1.0), runs, SETS)
