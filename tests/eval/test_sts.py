"""How alike sentences are: readers, both kinds of vectors, and what people judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

import embed
from embed.errors import AdviceWarning, ConfigError, FormatError
from embed.eval import Sts, compare_tasks, evaluate_task
from embed.vectors.ngram_rows import Subwords
from embed.vocabulary.ngrams import SubwordScheme

RNG = np.random.default_rng(7)
WORDS = [f"word{number}" for number in range(30)]
MATRIX = RNG.normal(size=(30, 5)).astype(np.float32)
PAIRS = [(" ".join(RNG.choice(WORDS, 4)), " ".join(RNG.choice(WORDS, 5)).capitalize() + ".") for _ in range(40)]
SCORES = RNG.integers(0, 6, size=40).astype(float)


class Plain:
    """Vectors that make no sentences."""

    def __init__(self) -> None:
        self.words, self.matrix = WORDS, MATRIX

    def can_compose(self, word: str) -> bool:
        return False

    def vector(self, word: str) -> NDArray[np.float32]:
        raise KeyError(word)


def _short(path: Path, extra: str = "") -> Path:
    lines = [f"{score}\t{a}\t{b}" for score, (a, b) in zip(SCORES, PAIRS, strict=True)]
    path.write_bytes(("\n".join(lines) + "\n" + extra).encode())
    return path


def _cosines(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return np.einsum("ij,ij->i", units[::2], units[1::2]).astype(np.float64)


def test_own_sentences_are_scored(tmp_path: Path) -> None:
    vectors = embed.WordVectors(WORDS, MATRIX, counts=np.arange(30, 0, -1))
    rows = embed.sentence_vectors([text for pair in PAIRS for text in pair], vectors)
    report = evaluate_task(vectors, "sts", _short(tmp_path / "set.tsv"), resamples=50)
    (result,) = report.results
    scores = {name: (covered, everything) for name, covered, everything in result.scores}
    assert scores["Spearman"][1].value == pytest.approx(100 * stats.spearmanr(_cosines(rows), SCORES)[0], abs=1e-3)
    assert scores["Pearson"][0].value == pytest.approx(100 * stats.pearsonr(_cosines(rows), SCORES)[0], abs=1e-3)
    assert scores["Pearson"][1].low < scores["Pearson"][1].value < scores["Pearson"][1].high
    assert (result.items, result.covered, result.composed) == (40, 40, 0)
    assert "SIF weights" in report.table()


def test_other_vectors_are_averaged(tmp_path: Path) -> None:
    units = MATRIX / np.linalg.norm(MATRIX, axis=1, keepdims=True)
    rows = np.array(
        [sum(units[WORDS.index(word)] for word in text.lower().strip(".").split()) for pair in PAIRS for text in pair]
    )
    (result,) = evaluate_task(Plain(), Sts(), _short(tmp_path / "set.tsv"), resamples=20).results
    assert result.headline.value == pytest.approx(100 * stats.spearmanr(_cosines(rows), SCORES)[0], abs=1e-3)


def test_the_benchmarks_columns_are_read(tmp_path: Path) -> None:
    path = tmp_path / "sts-dev.csv"
    rows = [
        f'main\tnews\t2012\t{i}\t{score}\t{a} "{i}\t{b}' + "\tsource" * (i % 2)
        for i, (score, (a, b)) in enumerate(zip(SCORES, PAIRS, strict=True))
    ]
    path.write_bytes(("\ufeff" + "\r\n".join(rows) + "\r\n").encode())
    found = Sts().read(path)
    assert found.scores.tolist() == SCORES.tolist()
    assert found.pairs[0] == (f'{PAIRS[0][0]} "0', PAIRS[0][1])
    assert found.name == "sts-dev"


def test_a_header_and_pairs_without_a_score_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "set.tsv"
    path.write_text("score\tone\ttwo\n\n4.5\tword1\tword2\n\tword1\tword3\n")
    found = Sts().read(path)
    assert found.pairs == (("word1", "word2"),)
    assert found.notes == ("1 lines without a score were skipped",)


def test_pairs_are_covered_composed_or_missing(tmp_path: Path) -> None:
    subwords = Subwords(SubwordScheme(3, 4, 50), RNG.normal(size=(50, 5)).astype(np.float32))
    vectors = embed.WordVectors(WORDS, MATRIX, subwords=subwords)
    path = _short(tmp_path / "set.tsv", "3\tunknown\tword1\n2\t!\tword1\n")
    with pytest.warns(AdviceWarning, match="1 of 84 texts have no word with a vector"):
        (result,) = evaluate_task(vectors, Sts(weighting="mean"), path, resamples=20).results
    assert (result.items, result.covered, result.composed) == (42, 40, 1)


def test_two_models_are_compared_on_the_same_pairs(tmp_path: Path) -> None:
    vectors = embed.WordVectors(WORDS, MATRIX, counts=np.arange(30, 0, -1))
    report = compare_tasks(vectors, vectors, "sts", _short(tmp_path / "set.tsv"), resamples=20)
    assert {row.measure for row in report.rows} == {"Spearman", "Pearson"}
    assert all(row.difference.value == 0 for row in report.rows)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no scored pairs"),
        (b"score\tone\ttwo\n", "no scored pairs"),
        (b"word1 word2 3\n", "line 1: expected a score and two sentences"),
        (b"1\ta\tb\n2\ta\n", "line 2: expected a score"),
        (b"1\ta\tb\nhigh\ta\tb\n", "line 2: the score must be a finite number, not 'high'"),
        (b"1\ta\tb\nnan\ta\tb\n", "line 2: the score must be a finite number, not 'nan'"),
        (b"1\ta\tb\n1e999\ta\tb\n", "line 2: the score must be a finite number"),
        (b"\x00\x01\xff\xfe", "set.tsv"),
        (b"1\tcaf\xe9\tb\n", "set.tsv"),
    ],
)
def test_what_is_no_set_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "set.tsv").write_bytes(content)
    with pytest.raises(FormatError, match=said):
        Sts().read(tmp_path / "set.tsv")


def test_a_missing_file_and_a_wrong_weighting_are_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"none\.tsv"):
        Sts().read(tmp_path / "none.tsv")
    with pytest.raises(ConfigError, match="weighting"):
        Sts(weighting="idf")
