"""Vectors of one training turned into the space of another: the turn, the precision, dictionaries, merging, keeping."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import embed
from embed.choices import PartnerMeasure
from embed.cli import main
from embed.errors import AdviceWarning, ConfigError, FormatError, MissingWordError
from embed.vectors import WordVectors
from embed.vectors.alignment import turn_between
from embed.vectors.ngram_rows import Subwords
from embed.vocabulary.ngrams import SubwordScheme

WORDS = [f"w{number}" for number in range(400)]
DIM = 12


def spaces(noise: float = 0.2, words: list[str] = WORDS) -> tuple[WordVectors, WordVectors, np.ndarray]:
    """Return the same words in two spaces, with noise in each, and the turn between them."""
    rng = np.random.default_rng(1)
    truth, turn = rng.normal(size=(len(words), DIM)), np.linalg.qr(rng.normal(size=(DIM, DIM)))[0]
    a, b = (truth + noise * rng.normal(size=truth.shape) for _ in range(2))
    return WordVectors(words, a @ turn.T), WordVectors(words, b), turn


def test_the_turn_is_found_and_keeps_lengths_and_angles() -> None:
    a, b, turn = spaces(noise=0)
    found = embed.align(a, b)
    np.testing.assert_allclose(found.turn, turn, atol=1e-6)
    np.testing.assert_allclose(found.vectors.matrix, b.matrix, atol=1e-5)
    assert (found.pairs, found.tested, found.searched) == (400, 80, 400)
    assert [(each.measure, each.k, each.value) for each in found.precision] == [
        ("CSLS", 1, 1.0), ("CSLS", 5, 1.0), ("cosine", 1, 1.0), ("cosine", 5, 1.0)
    ]  # fmt: skip
    noisy = embed.align(*spaces(0.5)[:2]).vectors
    np.testing.assert_allclose(noisy.norms, spaces(0.5)[0].norms, rtol=1e-5)


def test_no_orthogonal_matrix_is_nearer_than_the_turn() -> None:
    a, b, _ = spaces(0.5)
    rows = np.repeat(np.arange(400)[:, None], 2, axis=1)
    turn = turn_between(a.matrix, b.matrix, rows)
    least = ((a.unit() @ turn - b.unit()) ** 2).sum()
    rng = np.random.default_rng(2)
    for size in (1e-3, 1e-1):
        for _ in range(20):
            skew = size * rng.normal(size=(DIM, DIM))
            other = turn @ np.linalg.qr(np.eye(DIM) + skew - skew.T)[0]
            assert ((a.unit() @ other - b.unit()) ** 2).sum() > least


def test_the_precision_is_that_of_words_held_out() -> None:
    rng = np.random.default_rng(3)
    a, b = (WordVectors(WORDS, rng.normal(size=(400, 100))) for _ in range(2))
    unrelated = embed.align(a, b).precision  # 100 dimensions fit 320 pairs well, and say nothing of the others
    assert all(each.value < 0.1 and each.low < each.k / 400 < each.high for each in unrelated)
    some = embed.align(*spaces(0.9)[:2], seed=2).precision
    assert some != embed.align(*spaces(0.9)[:2]).precision
    for each in some:
        assert each.low < each.value < each.high
    assert some[0].value < some[1].value
    for hits in (0, 40, 79):
        interval = stats.binomtest(hits, 80).proportion_ci(method="wilson")
        assert embed.vectors.alignment._share(hits, 80)[1:] == pytest.approx((interval.low, interval.high), abs=1e-6)


def test_csls_is_that_of_its_paper() -> None:
    a, b, _ = spaces(0.9)
    found = embed.align(a, b)
    is_tested = np.isin(np.arange(400), np.unique(embed.vectors.alignment._held_out(rows_of(400), 20_000, 1).nonzero()))
    turn = turn_between(a.matrix, b.matrix, rows_of(400)[~is_tested])
    cosines = WordVectors(WORDS, a.matrix @ turn).unit() @ b.unit().T
    here, there = (np.sort(each, axis=1)[:, -10:].mean(axis=1) for each in (cosines, cosines.T))
    csls = 2 * cosines - here[:, None] - there[None, :]
    for scores, precision in ((csls, found.precision[0]), (cosines, found.precision[2])):
        hits = scores[is_tested].argmax(axis=1) == np.flatnonzero(is_tested)
        assert precision.value == pytest.approx(hits.mean())


def test_partners_are_those_of_the_measure() -> None:
    a, b, _ = spaces(0.6)
    b = WordVectors([f"mot {number}" for number in range(400)], b.matrix)
    found = embed.align(a, b, [(f"w{number}", f"mot {number}") for number in range(400)], top=300)
    cosines = WordVectors(WORDS, a.matrix @ found.turn).unit() @ b.unit()[:300].T
    here = np.sort(cosines, axis=1)[:, -10:].mean(axis=1)
    there = np.sort(cosines[:300], axis=0)[-10:].mean(axis=0)
    csls = 2 * cosines - here[:, None] - there
    measures: list[tuple[PartnerMeasure, np.ndarray]] = [("CSLS", csls), ("cosine", cosines)]
    for measure, scores in measures:
        for row in (0, 7, 350):  # the last one is searched for, not among
            best = np.argsort(-scores[row])[:3]
            partners = found.partners(f"w{row}", 3, measure=measure)
            assert [word for word, _ in partners] == [f"mot {one}" for one in best]
            np.testing.assert_allclose([score for _, score in partners], scores[row, best], atol=1e-5)
    assert len(found.partners("w0", 1000)) == found.searched == 300
    with pytest.raises(MissingWordError, match="w400"):
        found.partners("w400")
    wrong: Any = "csls"
    with pytest.raises(ConfigError, match="measure must be 'CSLS' or 'cosine'"):
        found.partners("w0", measure=wrong)


def test_pairs_to_test_are_not_fitted_to() -> None:
    rng = np.random.default_rng(3)
    a, b = (WordVectors(WORDS, rng.normal(size=(400, 100))) for _ in range(2))
    tested = [(word, word) for word in WORDS[:50]]
    wrong = embed.align(a, b, test=[*tested, ("w1", "nothing"), ("w399", "w0")], top=399)
    assert (wrong.pairs, wrong.tested, wrong.unknown) == (399, 50, 2)
    assert all(each.value < 0.1 for each in wrong.precision)  # fitted to, they find each other
    assert np.mean([wrong.partners(word, 1)[0][0] == word for word in WORDS[:50]]) > 0.5
    a, b, _ = spaces(0.1)
    several = embed.align(a, b, test=[("w0", "w5"), ("w0", "w0"), ("w1", "w7")])
    assert (several.tested, several.precision[0].value) == (2, 0.5)
    refused: list[tuple[Any, str]] = [
        ([("w0", "x")], "test has no pair of words that are among the first 20,000 of both"),
        ([(word, word) for word in WORDS], "test has the words of all pairs"),
        ([3], "test must be pairs of words"),
    ]
    for pairs, reason in refused:
        with pytest.raises(ConfigError, match=reason):
            embed.align(a, b, test=pairs)


def test_refining_finds_the_pairs_that_a_doubtful_dictionary_lacks() -> None:
    a, b, turn = spaces(0.2)
    rng = np.random.default_rng(8)
    doubtful = [(f"w{row}", f"w{row if row % 2 else rng.integers(400)}") for row in range(60)]
    tested = [(word, word) for word in WORDS[100:]]
    once = embed.align(a, b, doubtful, test=tested)
    refined = embed.align(a, b, doubtful, test=tested, refine=5)
    assert once.precision[0].value < 0.9 * refined.precision[0].value
    assert refined.precision[0].value > 0.95
    np.testing.assert_allclose(refined.turn, turn, atol=0.05)
    np.testing.assert_allclose(refined.turn @ refined.turn.T, np.eye(DIM), atol=1e-9)
    few = embed.align(a, b, [*doubtful, ("w50", "w50")], refine=1, test=tested[:1], top=200)
    assert few.turn.shape == (DIM, DIM)
    with pytest.raises(ConfigError, match="refine must be"):
        embed.align(a, b, refine=-1)


def rows_of(count: int) -> np.ndarray:
    return np.repeat(np.arange(count)[:, None], 2, axis=1)


def test_a_dictionary_gives_the_pairs(tmp_path: Path) -> None:
    a, b, turn = spaces(0)
    b = WordVectors([f"mot {number}" for number in range(400)], b.matrix)
    path = tmp_path / "pairs.txt"
    path.write_text("".join(f"w{number}\tmot {number}\n" for number in range(399)) + "\nw7\tmot 8\nw7\tnone\n")
    found = embed.align(a, b, path)
    np.testing.assert_allclose(found.turn, turn, atol=0.1)  # one pair is wrong
    assert (found.pairs, found.unknown) == (400, 1)
    assert found.precision[0].value > 0.95  # either partner of w7 counts
    with pytest.raises(ConfigError, match="at least two pairs"):
        embed.align(a, b)
    for wrong in ([("w1",)], ["w1"], [("w1", 2)], 3):
        with pytest.raises(ConfigError, match="pairs must be"):
            embed.align(a, b, wrong)  # type: ignore[arg-type]
    path.write_text("w1 mot 1\n")
    with pytest.raises(FormatError, match=r"pairs\.txt, line 1: 3 words"):
        embed.align(a, b, path)


def test_what_cannot_be_aligned_is_named() -> None:
    a, b, _ = spaces()
    with pytest.raises(ConfigError, match="12 and of 3 dimensions have no common space"):
        embed.align(a, WordVectors(WORDS, np.ones((400, 3))))
    with pytest.warns(AdviceWarning, match="5 pairs do not decide a turn of 12 dimensions"):
        assert embed.align(a, b[:5]).precision == ()


def test_n_grams_turn_with_the_words() -> None:
    scheme = SubwordScheme(3, 4, 50)
    a, b, turn = spaces(0)
    table = np.random.default_rng(5).normal(size=(50, DIM)).astype(np.float32)
    a = WordVectors(WORDS, a.matrix, subwords=Subwords(scheme, table))
    found = embed.align(a, b).vectors
    np.testing.assert_allclose(found.vector("unknown"), a.vector("unknown") @ turn, atol=1e-5)


def test_some_words_are_kept() -> None:
    a, _, _ = spaces()
    kept = a.keep(["w9", "w3", "nothing", "w3"])
    assert kept.words == ["w3", "w9"]
    np.testing.assert_array_equal(kept.matrix, a.matrix[[3, 9]])
    assert WordVectors(["x", "y"], np.eye(2), counts=[3, 2]).keep(["y"]).counts.tolist() == [2]  # type: ignore[union-attr]
    with pytest.raises(ConfigError, match="none of 1 words is in the vocabulary"):
        a.keep(["nothing"])


def test_vectors_of_one_space_are_merged() -> None:
    first = WordVectors(["x", "y"], np.eye(2), counts=[3, 2])
    both = first.merge(WordVectors(["z", "y"], [[1, 1], [5, 5]], counts=[9, 8]))
    assert both.words == ["x", "y", "z"]
    assert both.matrix.tolist() == [[1, 0], [0, 1], [1, 1]]
    assert both.counts is not None
    assert both.counts.tolist() == [3, 2, 9]
    assert first.merge(WordVectors(["z"], [[1, 1]])).counts is None
    assert first.merge(first).words == ["x", "y"]
    a, b, _ = spaces()
    with pytest.warns(AdviceWarning, match=r"400 words in both is -?0\.\d+, as if .* different spaces.*embed\.align"):
        a.merge(b)
    assert len(embed.align(a, b).vectors.merge(b)) == 400
    with pytest.raises(ConfigError, match="2 and of 12 dimensions cannot be merged"):
        first.merge(a)


def test_the_command_aligns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b, _ = spaces(0.1)
    paths = [str(tmp_path / name) for name in ("a.embed", "b.embed", "o.embed")]
    a.save(paths[0])
    b.save(paths[1])
    assert main(["align", *paths[:2], "-o", paths[2]]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "400 pairs; 80 held out, among 400 words"
    assert told[2].split() == ["CSLS", "1", "1.000", "[0.954,", "1.000]"]
    turned = embed.load(paths[2])
    assert np.einsum("ij,ij->i", turned.unit(), b.unit()).mean() > 0.95
    assert main(["align", *paths[:2], "--json", "--top", "300"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["pairs"], facts["searched"], facts["precision"][0]["measure"]) == (300, 300, "CSLS")
    assert main(["align", *paths[:2], "-o", paths[1]]) != 0
    (tmp_path / "test.txt").write_text("w3 w3\nw4 w4\nw5 nothing\n")
    assert main(["align", *paths[:2], "--test", str(tmp_path / "test.txt")]) == 0
    out = capsys.readouterr()
    assert out.out.startswith("400 pairs; 2 held out, among 400 words\n")
    assert "pairs left out: 1, because a word has no vector, or is to be tested" in out.err
    asked = ["w3", "\x1b[31mno", "w4", "-n", "2", "--measure", "cosine"]
    assert main(["align", *paths[:2], *asked]) == MissingWordError.exit_code
    out = capsys.readouterr()
    lines = [line.split("\t") for line in out.out.splitlines()]
    assert [line[0] for line in lines] == ["w3", "w3", "w4", "w4"]
    assert [lines[0][1], lines[2][1]] == ["w3", "w4"]
    assert float(lines[0][2]) > 0.95
    assert "\x1b" not in out.err
    assert main(["align", *paths[:2], "w3", "-n", "1", "--json"]) == 0
    told_of = json.loads(capsys.readouterr().out)
    assert (told_of["word"], told_of["measure"], told_of["partners"][0]["word"]) == ("w3", "CSLS", "w3")
