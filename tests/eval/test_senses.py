"""Senses: the measures against scikit-learn, the readers on made-up files, and the evaluations on made-up models."""

from __future__ import annotations

import json
import lzma
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from embed.errors import AdviceWarning, ConfigError, FormatError
from embed.eval import (
    ContextSet,
    InductionSet,
    SenseReport,
    evaluate_scws,
    evaluate_sense_induction,
    load_induction_sets,
    load_scws,
    make_pseudo_words,
)
from embed.eval.senses.clusterings import MEASURES, adjusted_rand_index, paired_f_score, purity, v_measure
from embed.eval.senses.in_context import ContextPair
from embed.eval.senses.induction import Context

DATASET = """bank.n 5
He sat on the\tof the river
she robbed the\tof England
\tcharges interest
a steep\tof mud
the 2nd\t
plant.v 1
they\ttrees .
"""
KEY = """bank.n bank.n.1 shore
bank.n bank.n.2 money/4 shore/1.5
bank.n bank.n.3 money
bank.n bank.n.4 shore money
plant.v plant.v.1 grow
"""
SCWS_LINE = "1\tBank\tn\tmoney\tn\tOn the <b> Bank </b> of the Rhine .\tmuch <b>money</b> here\t2.5\t2.0\t3.0\n"


def _folder(home: Path, dataset: str = DATASET, key: str = KEY) -> Path:
    home.mkdir(exist_ok=True)
    (home / "dataset.txt").write_text(dataset, encoding="utf-8")
    (home / "key.txt").write_text(key, encoding="utf-8")
    return home


def _by_neighbour(word: str, contexts: Sequence[Context]) -> list[int | None]:
    """Choose sense 1 beside money, sense 0 elsewhere; know nothing but banks."""
    return [int("interest" in right or "robbed" in left) if word == "bank" else None for left, right in contexts]


# --- measures -----------------------------------------------------------------------------------------------------


def test_measures_equal_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="needs the extra sklearn")
    draw = np.random.default_rng(1)
    for items in (1, 2, 3, 10, 40):
        for groups in (1, 2, 5, 40):
            gold, found = (draw.integers(0, groups, items).tolist() for _ in range(2))
            assert adjusted_rand_index(gold, found) == pytest.approx(metrics.adjusted_rand_score(gold, found))
            assert v_measure(gold, found) == pytest.approx(metrics.v_measure_score(gold, found))
            (_, fp), (fn, tp) = metrics.pair_confusion_matrix(gold, found)
            assert paired_f_score(gold, found) == pytest.approx(2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 1)


def test_measures_of_equal_and_unrelated_groupings() -> None:
    for measure in MEASURES.values():
        assert measure(["a", "b", "a"], [7, None, 7]) == pytest.approx(1)
        assert measure([], []) == 1
    assert adjusted_rand_index([0, 0, 1, 1], [0, 0, 0, 0]) == 0
    assert v_measure([0, 0, 1, 1], [0, 0, 0, 0]) == 0
    assert v_measure([0, 0, 1, 1], [0, 1, 0, 1]) == pytest.approx(0)
    assert paired_f_score([0, 0, 1, 1], [0, 0, 0, 0]) == pytest.approx(4 / 8)
    assert purity([0, 0, 1, 2], [0, 0, 0, 1]) == 3 / 4


# --- induction ----------------------------------------------------------------------------------------------------


def test_a_folder_is_read_with_its_targets_contexts_and_weights(tmp_path: Path) -> None:
    (test,) = load_induction_sets(_folder(tmp_path / "made-up"))
    assert test.name == "made-up"
    assert [one.name for one in test.instances] == ["bank.n.1", "bank.n.2", "bank.n.3", "bank.n.4", "plant.v.1"]
    first, second, third, both, verb = test.instances
    assert first.context == (("he", "sat", "on", "the"), ("of", "the", "river"))
    assert second.senses == (("money", 4.0), ("shore", 1.5))
    assert (second.sense, both.sense) == ("money", None)
    assert third.context == ((), ("charges", "interest"))
    assert (verb.word, verb.part_of_speech, verb.target) == ("plant", "v", "plant.v")
    assert test.notes == ("1 contexts without a sense in the key were left out",)


def test_a_folder_of_folders_and_compressed_files_are_read(tmp_path: Path) -> None:
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        for file, text in (("dataset.txt", DATASET), ("key.txt", KEY)):
            (folder / f"{file}.xz").write_bytes(lzma.compress(text.replace("\n", "\r\n").encode("utf-8-sig")))
    first, second = load_induction_sets(tmp_path)
    assert (first.name, second.name) == ("a", "b")
    assert first.instances == second.instances == load_induction_sets(_folder(tmp_path / "c"))[0].instances


@pytest.mark.parametrize(
    ("dataset", "key", "message"),
    [
        ("", KEY, "dataset.txt has no contexts"),
        (DATASET, "\n", "key.txt has no instances"),
        ("\0", KEY, "dataset.txt, line 1: a NUL character"),
        ("bank.n\n", KEY, "dataset.txt, line 1: expected a target and the number of its contexts"),
        ("bank.n -3\n", KEY, "dataset.txt, line 1: expected a target and the number of its contexts"),
        ("bank.n 2\na\tb\n", KEY, r"the file ends 1 contexts too early for 'bank\.n'"),
        ("bank.n 1\nno tab\n", KEY, "dataset.txt, line 2: expected the texts to the left and to the right"),
        ("bank.n 1\na\tb\tc\n", KEY, "dataset.txt, line 2: expected the texts to the left and to the right"),
        ("bank.n 1\na\tb\nbank.n 1\na\tb\n", KEY, "dataset.txt, line 3: duplicate target 'bank.n'"),
        (DATASET, "bank.n bank.n.1\n", "key.txt, line 1: expected a target, an instance and its senses"),
        (DATASET, "bank.n bank.n.6 x\n", "key.txt, line 1: the instance 'bank.n.6' is none of the 5 contexts"),
        (DATASET, "tree.n tree.n.1 x\n", "key.txt, line 1: the instance 'tree.n.1' is none of the 0 contexts"),
        (DATASET, "bank.n plant.v.1 x\n", "key.txt, line 1: the instance 'plant.v.1' is none of the 5 contexts"),
        (DATASET, KEY + "bank.n bank.n.1 x\n", "key.txt, line 6: duplicate instance 'bank.n.1'"),
        (DATASET, "bank.n bank.n.1 x/nan\n", "key.txt, line 1: the weight of a sense must be a positive number"),
        (DATASET, "bank.n bank.n.1 x/-1\n", "key.txt, line 1: the weight of a sense must be a positive number"),
    ],
)
def test_a_malformed_set_is_refused_with_file_and_line(tmp_path: Path, dataset: str, key: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        load_induction_sets(_folder(tmp_path / "set", dataset, key))


def test_a_missing_file_or_folder_is_refused(tmp_path: Path) -> None:
    (_folder(tmp_path / "set") / "key.txt").unlink()
    with pytest.raises(FormatError, match=r"set has no key\.txt"):
        load_induction_sets(tmp_path / "set")
    with pytest.raises(ConfigError, match="absent is no folder"):
        load_induction_sets(tmp_path / "absent")


def test_induction_averages_over_targets_and_counts_unknown_words_as_one_sense(tmp_path: Path) -> None:
    (test,) = load_induction_sets(_folder(tmp_path / "made-up"))
    result = evaluate_sense_induction(_by_neighbour, test, resamples=50)
    assert (result.items, result.covered, result.senses) == (4, 3, 2.0)
    assert result.covered_scores["ARI"].value == pytest.approx(100)
    assert result.scores["ARI"].value == pytest.approx(100)  # one occurrence, in one group
    alike = evaluate_sense_induction(lambda _, contexts: [3] * len(contexts), test, resamples=50)
    assert alike.covered_scores["ARI"].value == pytest.approx(50)  # the mean of 0 and of 1
    assert alike.headline is alike.scores["ARI"]
    assert "1 instances without one strongest sense were left out" in alike.table()
    unknown = evaluate_sense_induction(lambda _, contexts: [None] * len(contexts), test, resamples=50)
    assert (unknown.covered, unknown.senses, unknown.covered_scores["ARI"].value) == (0, None, None)
    assert unknown.scores == alike.scores


def test_induction_refuses_what_it_cannot_score(tmp_path: Path) -> None:
    (test,) = load_induction_sets(_folder(tmp_path / "made-up"))
    with pytest.raises(ConfigError, match="the senses of 'bank' must be 3, one for each context, not 1"):
        evaluate_sense_induction(lambda _, contexts: [1], test)
    with pytest.raises(ConfigError, match="no instance with one strongest sense"):
        evaluate_sense_induction(_by_neighbour, InductionSet("x", test.instances[3:4]))
    with pytest.raises(ConfigError, match="resamples must be"):
        evaluate_sense_induction(_by_neighbour, test, resamples=-1)


# --- words in context ---------------------------------------------------------------------------------------------


def test_scws_is_read_with_its_contexts(tmp_path: Path) -> None:
    path = tmp_path / "ratings.txt"
    path.write_bytes(SCWS_LINE.encode())
    test = load_scws(path)
    assert test.name == "scws"
    contexts = (("on", "the"), ("of", "the", "rhine")), (("much",), ("here",))
    assert test.pairs == (ContextPair(("Bank", "money"), contexts, 2.5),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no pairs"),
        ("bank\tmoney\t3\n", "line 1: expected the columns of SCWS"),
        (SCWS_LINE + SCWS_LINE.replace("<b> Bank </b>", "Bank"), "line 2: column 6 must mark its word once"),
        (SCWS_LINE.replace("much", "<b>a</b>"), "line 1: column 7 must mark its word once.* it has 2 marked words"),
        (SCWS_LINE.replace("2.5", "nan"), "line 1: the mean rating must be a finite number, not 'nan'"),
        (SCWS_LINE.replace("Bank\tn", "\tn"), "line 1: columns 2 and 4 must hold the two words"),
    ],
)
def test_a_malformed_file_of_pairs_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "ratings.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=message):
        load_scws(path)


def test_scws_correlates_covered_and_all_pairs() -> None:
    nothing: Context = ((), ())
    test = ContextSet("x", tuple(ContextPair(("a", "b"), (nothing, nothing), float(rating)) for rating in range(6)))
    result = evaluate_scws(lambda pairs: [None, *(pair.rating**2 for pair in pairs[1:])], test, resamples=50)
    assert (result.items, result.covered) == (6, 5)
    assert result.covered_scores["Spearman"].value == pytest.approx(100)
    assert result.scores["Spearman"].value == pytest.approx(100)
    with pytest.raises(ConfigError, match="must be 6, one for each pair, not 1"):
        evaluate_scws(lambda _: [1.0], test)
    with pytest.raises(ConfigError, match="not finite"):
        evaluate_scws(lambda _: [float("nan")] * 6, test)
    with pytest.warns(AdviceWarning, match="cover no item of the set 'x'"):
        evaluate_scws(lambda _: [None] * 6, test)


# --- pseudo-words -------------------------------------------------------------------------------------------------


def test_pseudo_words_join_two_words_and_remember_which_it_was() -> None:
    text = [["a", "dog", "barks"], ["a", "cat", "and", "a", "dog"], ["cat", "sleeps"], ["cat"]]
    joint = make_pseudo_words(text, pairs=1, least=2, most=3)
    (pair,) = joint.pairs
    assert sorted(pair) == ["cat", "dog"] or "a" in pair
    (word,) = joint.words
    assert list(joint) == [[word if token in pair else token for token in sentence] for sentence in text]
    test = joint.test_set()
    assert [one.sense for one in test.instances] == [token for sentence in text for token in sentence if token in pair]
    assert {one.word for one in test.instances} == {word}
    assert all(one.context[0] + (word,) + one.context[1] in map(tuple, joint) for one in test.instances)
    few = make_pseudo_words(text, pairs=1, least=2, most=3).test_set(2)
    assert len(few) == 2
    assert set(few.instances) <= set(test.instances)

    def peek(_: str, contexts: Sequence[Context]) -> list[int | None]:
        gold = {one.context: one.sense for one in test.instances}
        return [int(gold[context] == pair[0]) for context in contexts]

    assert evaluate_sense_induction(peek, test, resamples=0).scores["ARI"].value == pytest.approx(100)


def test_pseudo_words_of_a_bad_text_are_refused() -> None:
    text = [["a", "b"], ["a", "b"]]
    with pytest.raises(ConfigError, match="0 words have 800 to 8,000 occurrences, too few for 100 pairs"):
        make_pseudo_words(text)
    with pytest.raises(ConfigError, match="can be iterated only once"):
        make_pseudo_words(iter(text), pairs=1, least=1)
    with pytest.raises(ConfigError, match="most must be a whole number of at least 3"):
        make_pseudo_words(text, least=3, most=2)
    joint = make_pseudo_words(text, pairs=1, least=1)
    text.pop()
    with pytest.raises(ConfigError, match="the text has changed"):
        joint.test_set()


# --- reports ------------------------------------------------------------------------------------------------------


def test_a_report_has_the_same_scores_in_every_form(tmp_path: Path) -> None:
    (test,) = load_induction_sets(_folder(tmp_path / "made-up"))
    report = SenseReport("m", (evaluate_sense_induction(_by_neighbour, test, resamples=20),))
    assert report.scores == {"made-up": pytest.approx(100)}
    read = json.loads(report.to_json())
    assert read["results"][0]["ARI"]["covered"]["value"] == pytest.approx(100)
    for text in (report.table(), report.to_markdown()):
        assert "made-up" in text
        assert "3 / 4" in text
        assert "bootstrap over target words" in text
