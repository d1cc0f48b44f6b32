"""Tasks on top of vectors: readers, the linear model, spans, and what vectors that know the answer score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from embed.choices import TextWeighting
from embed.errors import AdviceWarning, ConfigError, FormatError
from embed.eval import Classify, Tag, compare_tasks, evaluate_task, load_folder
from embed.eval.tasks.labelled import read_labelled
from embed.eval.tasks.linear import fit, standardised
from embed.eval.tasks.spans import counts
from embed.eval.tasks.task import TaskResult

KINDS = ("DET", "NOUN", "VERB")


class Plain:
    """Words whose vectors say their kind, in two of six dimensions."""

    def __init__(self, words: list[str], *, noise: float = 0.1) -> None:
        self.words = words
        generator = np.random.default_rng(1)
        self.matrix = noise * generator.standard_normal((len(words), 6)).astype(np.float32)
        for row, word in zip(self.matrix, words, strict=True):
            row[KINDS.index(_kind(word))] += 1

    def can_compose(self, word: str) -> bool:
        return False

    def vector(self, word: str) -> NDArray[np.float32]:
        raise KeyError(word)


def _kind(word: str) -> str:
    return {"d": "DET", "n": "NOUN", "v": "VERB"}[word[0].lower()]


def _write(path: Path, sentences: list[list[str]]) -> Path:
    path.write_text("\n\n".join("\n".join(f"{word} {_kind(word)}" for word in one) for one in sentences) + "\n")
    return path


SENTENCES = [[f"d{i % 3}", f"n{i % 7}", f"v{i % 5}", f"D{i % 2}", f"n{(3 * i) % 7}"] for i in range(30)]
WORDS = sorted({word.lower() for sentence in SENTENCES for word in sentence})


def test_vectors_that_know_the_labels_get_all_of_them_right(tmp_path: Path) -> None:
    train, test = _write(tmp_path / "train.txt", SENTENCES[:20]), _write(tmp_path / "test.txt", SENTENCES[20:])
    (result,) = evaluate_task(Plain(WORDS), Tag(train=train), test, resamples=20).results
    assert result.headline.value == 100
    (folded,) = evaluate_task(Plain(WORDS), "tag", train, resamples=20).results
    assert folded.headline.value == 100
    assert folded.headline.items == 100


def test_a_reader_of_conll_u_skips_comments_ranges_and_empty_nodes(tmp_path: Path) -> None:
    rest = "\t_" * 6
    path = tmp_path / "a.conllu"
    path.write_text(
        f"# text = im Haus\n1-2\tim\t_\t_{rest}\n1\tin\tin\tADP{rest}\n2\tdem\tder\tDET{rest}\n"
        f"2.1\tx\tx\tX{rest}\n3\t#\tHaus\tNOUN{rest}\n\n"
    )
    found = read_labelled(path)
    assert found.words == (("in", "dem", "#"),)
    assert found.labels == (("ADP", "DET", "NOUN"),)


def test_a_reader_of_conll_takes_a_hash_for_a_word(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("-DOCSTART- -X- O\n\n# # B-NP\n5 CD I-NP\n")
    assert read_labelled(path).labels == (("B-NP", "I-NP"),)
    assert read_labelled(path, 2).labels == (("#", "CD"),)
    path.write_text("a DT B-NP\nb NN\n")
    with pytest.raises(FormatError, match="line 2: expected 3 columns"):
        read_labelled(path)


def test_spans_count_as_in_conlleval() -> None:
    gold = ["B-NP", "I-NP", "O", "I-VP", "B-VP", "I-NP"]
    right, both = counts([["B-NP", "I-NP", "O", "I-VP", "I-VP", "I-NP"]], [gold])
    assert right.tolist() == [2 * 2]
    assert both.tolist() == [3 + 4]


TEXTS = "".join(f"{kind}\tThe {kind[0].lower()}{i % 3}, x{i}!\n" for i in range(12) for kind in KINDS)


@pytest.mark.parametrize("weighting", ["mean", "sif"])
def test_texts_are_classified_by_their_words(tmp_path: Path, weighting: TextWeighting) -> None:
    path = tmp_path / "texts.tsv"
    path.write_text(TEXTS + "NOUN\tunknown words\n")
    (result,) = evaluate_task(Plain(WORDS), Classify(weighting=weighting), path, resamples=20).results
    assert isinstance(result, TaskResult)
    name, covered, everything = result.scores[0]
    assert name == "accuracy"
    assert (covered.value, covered.items, everything.items) == (100, 36, 37)
    assert result.to_dict()["kind"] == "classify"
    assert result.to_dict()["covered"] == 36


def test_a_text_without_a_label_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "texts.tsv"
    path.write_text("good\tall right\nno tab here\n")
    with pytest.raises(FormatError, match="line 2: expected a label, a tab and a text"):
        evaluate_task(Plain(WORDS), "classify", path)


def test_the_linear_model_is_that_of_scikit_learn() -> None:
    sklearn = pytest.importorskip("sklearn.linear_model")
    generator = np.random.default_rng(3)
    rows = generator.standard_normal((40, 5)).astype(np.float32)
    ids = generator.integers(0, 40, size=(400, 3))
    labels = (rows[ids].sum(axis=(1, 2)) + generator.standard_normal(400) > 0) + 1 * (ids[:, 1] < 9)
    model = fit(rows, ids, labels, c=0.5)
    features = rows[ids].reshape(400, -1)
    other = sklearn.LogisticRegression(C=0.5, tol=1e-8, max_iter=1000).fit(features, labels)
    expected = other.coef_.reshape(3, 3, 5).transpose(2, 1, 0).reshape(5, 9)
    np.testing.assert_allclose(model._weights, expected, atol=3e-3)
    assert (model.predict(rows, ids) == other.predict(features)).mean() > 0.99


def test_features_are_standardised_over_the_training_data() -> None:
    rows = np.random.default_rng(1).standard_normal((6, 3)).astype(np.float32)
    weights = np.array([0, 1, 2, 3, 4, 5])
    scaled = np.repeat(standardised(rows, weights), weights, axis=0)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(scaled.std(axis=0), 1, atol=1e-6)


def test_a_comparison_is_paired_and_counts_what_both_cover(tmp_path: Path) -> None:
    train, test = _write(tmp_path / "train.txt", SENTENCES[:20]), _write(tmp_path / "test.txt", SENTENCES[20:])
    few = Plain([word for word in WORDS if not word.startswith("n")])
    covered, everything = compare_tasks(few, Plain(WORDS), Tag(train=train), test, resamples=200).rows
    assert covered.difference.value == 0
    assert covered.difference.items == 30
    assert everything.difference.items == 50
    assert everything.a.value is not None
    assert everything.a.value <= 100
    assert everything.b.value == 100


def test_a_folder_is_scored_file_by_file_and_other_files_are_named(tmp_path: Path) -> None:
    _write(tmp_path / "a.txt", SENTENCES)
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.4\n\0\0")
    with pytest.warns(AdviceWarning, match="skipped b.pdf, which is no test set"):
        report = evaluate_task(Plain(WORDS), Tag(folds=2, window=0), tmp_path, resamples=0)
    assert [result.name for result in report.results] == ["a"]
    (tmp_path / "a.txt").write_text("cat\tdog\t3.5\ncar\ttree\t0.5\n")
    with pytest.warns(AdviceWarning, match="skipped b.pdf"):
        assert [one.name for one in load_folder(tmp_path)] == ["a"]
    with pytest.raises(ConfigError, match="no folder"):
        load_folder(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no columns"),
        (b"word\n\nword\n", "has no columns"),
        (b"a DT\r\nb\r\n", "line 2: expected 2 columns"),
        (b"a\tDT\nb\t\n", "line 2: expected 2 columns"),
        (b"a \xff\n", "line 1: not UTF-8"),
        (b"a DT\n\nb DT\n\nc DT\n", "1 different labels"),
        (b"a DT\nb NN\n", "only 1 sentences"),
    ],
)
def test_a_file_that_is_no_set_is_refused_in_one_sentence(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=message):
        evaluate_task(Plain(WORDS), Tag(folds=2), path)


def test_files_with_a_byte_order_mark_and_carriage_returns_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfd1 DET\r\nn1 NOUN\r\n\r\nv1 VERB\r\n")
    assert read_labelled(path).words == (("d1", "n1"), ("v1",))
