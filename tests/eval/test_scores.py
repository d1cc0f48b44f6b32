"""Scores against slow twins: ranks and correlations, analogies, missing words, case, intervals."""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from embed.errors import AdviceWarning, ConfigError, FormatError
from embed.eval import AnalogySet, SimilaritySet, analogy, evaluate
from embed.eval.analogy import AnalogyResult, answer
from embed.eval.bootstrap import Statistic, estimate, estimate_difference
from embed.eval.shares import accuracy
from embed.eval.similarity import SimilarityResult, average_ranks, cosines, pearson, spearman
from embed.eval.space import Space


class Plain:
    """The least that an evaluation needs."""

    def __init__(
        self,
        words: Sequence[str],
        matrix: NDArray[np.float32],
        composed: dict[str, NDArray[np.float32]] | None = None,
    ) -> None:
        self.words = list(words)
        self.matrix = matrix
        self.composed = composed or {}

    def can_compose(self, word: str) -> bool:
        return word in self.composed

    def vector(self, word: str) -> NDArray[np.float32]:
        return self.composed[word]


def _random(words: Sequence[str], dim: int = 8, seed: int = 3) -> Plain:
    return Plain(words, np.random.default_rng(seed).standard_normal((len(words), dim)).astype(np.float32))


def _similarity(vectors: Plain, test: SimilaritySet, **settings: Any) -> SimilarityResult:
    (result,) = evaluate(vectors, test, **settings).results
    assert isinstance(result, SimilarityResult)
    return result


def _analogies(vectors: Plain, test: AnalogySet, **settings: Any) -> AnalogyResult:
    (result,) = evaluate(vectors, test, **settings).results
    assert isinstance(result, AnalogyResult)
    return result


# --- ranks and correlations ---------------------------------------------------------------------------------


@pytest.mark.parametrize("distinct", [1, 2, 5, 1000])
def test_average_ranks_are_scipys(distinct: int) -> None:
    values = np.random.default_rng(distinct).integers(0, distinct, 200).astype(float)
    np.testing.assert_array_equal(average_ranks(values), stats.rankdata(values))


def test_correlations_are_scipys() -> None:
    generator = np.random.default_rng(5)
    x = generator.integers(0, 30, 100).astype(float)
    y = x + generator.integers(0, 40, 100)
    one = np.ones((1, 100))
    assert spearman(x, y)(one)[0] == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)
    assert pearson(x, y)(one)[0] == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-12)


def test_weights_stand_for_repeated_pairs() -> None:
    generator = np.random.default_rng(6)
    x = generator.integers(0, 9, 40).astype(float)
    y = generator.standard_normal(40)
    weights = generator.multinomial(40, np.full(40, 1 / 40), size=25)
    rank_correlation = spearman(x, y)(weights.astype(float))
    correlation = pearson(x, y)(weights.astype(float))
    for i, counts in enumerate(weights):
        x_drawn, y_drawn = np.repeat(x, counts), np.repeat(y, counts)
        assert rank_correlation[i] == pytest.approx(stats.spearmanr(x_drawn, y_drawn).statistic, abs=1e-12)
        assert correlation[i] == pytest.approx(stats.pearsonr(x_drawn, y_drawn).statistic, abs=1e-12)


# --- similarity ---------------------------------------------------------------------------------------------

_NAMES = [f"w{i}" for i in range(12)]
_PAIRS = [(a, b, float((7 * i) % 11)) for i, (a, b) in enumerate(itertools.combinations(_NAMES, 2))]


def _cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    x, y = a.astype(float), b.astype(float)
    return float(x @ y / np.sqrt((x @ x) * (y @ y)))


def test_similarity_reports_covered_and_all_pairs() -> None:
    vectors = _random(_NAMES[:9])
    test = SimilaritySet.from_pairs("s", _PAIRS)
    result = _similarity(vectors, test)
    row = dict(zip(vectors.words, vectors.matrix, strict=True))
    covered = [(a, b, score) for a, b, score in _PAIRS if a in row and b in row]
    gold, cosine = [s for *_, s in covered], [_cosine(row[a], row[b]) for a, b, _ in covered]
    assert (result.pairs, result.covered, result.composed) == (66, 36, 0)
    assert result.spearman.value == pytest.approx(100 * stats.spearmanr(gold, cosine).statistic, abs=1e-6)
    assert result.pearson.value == pytest.approx(100 * stats.pearsonr(gold, cosine).statistic, abs=1e-4)
    filled = [_cosine(row[a], row[b]) if a in row and b in row else 0.0 for a, b, _ in _PAIRS]
    expected = stats.spearmanr([s for *_, s in _PAIRS], filled).statistic
    assert result.spearman_all.value == pytest.approx(100 * expected, abs=1e-6)
    assert result.spearman_all.items == 66


def test_similarity_composes_missing_words() -> None:
    everything = _random(_NAMES)
    row = dict(zip(everything.words, everything.matrix, strict=True))
    vectors = Plain(_NAMES[:9], everything.matrix[:9], {w: row[w] for w in _NAMES[9:11]})
    result = _similarity(vectors, SimilaritySet.from_pairs("s", _PAIRS))
    # 36 pairs among nine words, 9 * 2 + 1 with a composed word, 11 with the word that stays unknown.
    assert (result.covered, result.composed) == (36, 19)
    filled = [_cosine(row[a], row[b]) if _NAMES[11] not in (a, b) else 0.0 for a, b, _ in _PAIRS]
    expected = stats.spearmanr([s for *_, s in _PAIRS], filled).statistic
    assert result.spearman_all.value == pytest.approx(100 * expected, abs=1e-6)
    assert result.spearman == _similarity(Plain(_NAMES[:9], everything.matrix[:9]), _TEST_66).spearman


_TEST_66 = SimilaritySet.from_pairs("s", _PAIRS)


@pytest.mark.parametrize(("vocabulary", "asked"), [("abcd", "new"), ("ABCD", "New")])
def test_a_composed_word_is_spelled_like_the_vocabulary(vocabulary: str, asked: str) -> None:
    """A lower-cased vocabulary gets the lower-cased word, a cased one the word as written."""
    vectors = _random(list(vocabulary))
    vectors.composed[asked] = vectors.matrix[0]
    result = _similarity(vectors, SimilaritySet.from_pairs("s", [("New", "b", 1.0)]))
    assert (result.covered, result.composed) == (0, 1)


def test_a_hidden_word_is_missing_not_composed() -> None:
    """A model may well answer for its own words: that is no composition."""
    vectors = _random(_NAMES)
    vectors.composed = dict(zip(vectors.words, vectors.matrix, strict=True))
    vectors.composed["new"] = vectors.matrix[0]
    test = SimilaritySet.from_pairs("s", [*_PAIRS, ("new", "w0", 1.0)])
    assert _similarity(vectors, test).composed == 1
    result = _similarity(vectors, test, similarity_top=9)
    assert (result.covered, result.composed) == (36, 1)
    plain = Plain(vectors.words, vectors.matrix, {"new": vectors.matrix[0]})
    assert result == _similarity(plain, test, similarity_top=9)


def test_similarity_top_restricts_similarity_only() -> None:
    vectors = _random(_NAMES)
    assert _similarity(vectors, _TEST_66, top=3).covered == 66
    assert _similarity(vectors, _TEST_66, similarity_top=9).covered == 36


def test_undefined_scores_are_none() -> None:
    vectors = _random(_NAMES)
    constant = _similarity(vectors, SimilaritySet.from_pairs("s", [(a, b, 1.0) for a, b, _ in _PAIRS]))
    assert constant.spearman.value is None
    with pytest.warns(AdviceWarning, match="cover no item"):
        nothing = _similarity(vectors, SimilaritySet.from_pairs("s", [("x", "y", 1.0), ("x", "z", 2.0)]))
    assert (nothing.covered, nothing.spearman.value, nothing.spearman_all.value) == (0, None, None)


# --- analogies ----------------------------------------------------------------------------------------------


def _twin(vectors: Plain, question: tuple[str, ...], method: str, top: int | None, fold: bool) -> bool | None:
    """Answer one question in float64, word by word; None if a word is missing."""
    words = vectors.words[:top]
    spell = [word.casefold() if fold else word for word in words]
    a, b, c, d = (word.casefold() if fold else word for word in question)
    if not {a, b, c, d} <= set(spell):
        return None
    rows = vectors.matrix[: len(words)].astype(float)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    to_a, to_b, to_c = (rows @ rows[spell.index(word)] for word in (a, b, c))
    product = (1 + to_b) / 2 * (1 + to_c) / 2 / ((1 + to_a) / 2 + 1e-3)
    score = to_b - to_a + to_c if method == "3cosadd" else product
    allowed = [i for i in range(len(words)) if spell[i] not in (a, b, c)]
    return spell[max(allowed, key=lambda i: score[i])] == d


def _planted(seed: int) -> tuple[Plain, AnalogySet]:
    """Pairs (a, b) in two sections with a common offset and noise, in mixed case, and words beside them."""
    generator = np.random.default_rng(seed)
    words, rows, sections = [], [], {}
    for section in ("capital", "gram1"):
        offset = generator.standard_normal(16)
        pairs = []
        for i in range(9):
            base = generator.standard_normal(16)
            pairs.append((f"{section}{i}x", f"{section}{i}y"))
            words += pairs[-1]
            rows += [base, base + offset + 0.8 * generator.standard_normal(16)]
        sections[section] = [(*first, *second) for first, second in itertools.permutations(pairs, 2)]
    for i in range(0, len(words), 2):  # another spelling of half of them
        words.append(words[i].upper())
        rows.append(rows[i] + 0.5 * generator.standard_normal(16))
    for i in range(300):
        words.append(f"other{i}")
        rows.append(generator.standard_normal(16))
    order = generator.permutation(len(words))
    matrix = (np.array(rows)[order] * generator.uniform(0.2, 5, (len(words), 1))).astype(np.float32)
    return Plain([words[i] for i in order], matrix), AnalogySet.from_sections("planted", sections)


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("top", [None, 320])
@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
def test_analogies_are_the_slow_twins(method: str, top: int | None, fold: bool) -> None:
    vectors, test = _planted(seed=11)
    space = Space(vectors, fold_case=fold).restrict(top)
    answers = analogy.answer(space, test, method=method)
    slow = [_twin(vectors, question, method, top, fold) for question in test.questions]
    assert answers.covered.tolist() == [one is not None for one in slow]
    assert answers.correct.tolist() == [one is True for one in slow]
    right = sum(one is True for one in slow)
    assert 8 < right < sum(one is not None for one in slow) - 8
    if top:
        assert any(one is None for one in slow)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, test = _planted(seed=12)
    whole = analogy.answer(Space(vectors, fold_case=True), test, method="3cosadd")
    monkeypatch.setattr(analogy, "_LARGEST_BLOCK", 7)
    monkeypatch.setattr(analogy, "_LEAST_BLOCK", 7)
    monkeypatch.setattr(analogy, "_AT_ONCE", 3)
    pieces = analogy.answer(Space(vectors, fold_case=True), test, method="3cosadd")
    np.testing.assert_array_equal(pieces.correct, whole.correct)
    assert whole.correct.any()


def test_sections_and_totals_add_up() -> None:
    vectors, test = _planted(seed=13)
    result = _analogies(vectors, test, top=320)
    assert result.semantic is not None
    assert result.syntactic is not None
    assert [part.name for part in result.sections] == ["capital", "gram1"]
    for whole, part in (("capital", result.semantic), ("gram1", result.syntactic)):
        section = next(one for one in result.sections if one.name == whole)
        assert (part.questions, part.covered_questions, part.correct) == (
            section.questions,
            section.covered_questions,
            section.correct,
        )
    total = result.total
    assert total.questions == len(test) == 144
    assert total.correct == sum(part.correct for part in result.sections)
    assert 0 < total.covered_questions < total.questions
    assert total.covered.value == pytest.approx(100 * total.correct / total.covered_questions)
    assert total.all.value == pytest.approx(100 * total.correct / total.questions)


def test_a_set_without_gram_sections_has_no_semantic_total() -> None:
    test = AnalogySet.from_sections("msr", {"JJ_JJR": [("w0", "w1", "w2", "w3")]})
    result = _analogies(_random(_NAMES), test)
    assert (result.semantic, result.syntactic) == (None, None)
    assert result.total.covered_questions == 1


def test_a_given_word_is_never_the_answer() -> None:
    """Even when the question expects one, or when the other words lie further away."""
    vectors = Plain(["a", "b", "c", "far"], np.array([[1, 0], [1, 0.1], [1, 0.2], [-1, 0]], dtype=np.float32))
    test = AnalogySet.from_sections("s", {"s": [("a", "b", "c", "c"), ("a", "b", "c", "far")]})
    for method in ("3cosadd", "3cosmul"):
        answers = analogy.answer(Space(vectors, fold_case=True), test, method=method)
        assert answers.correct.tolist() == [False, True]


def test_rows_of_zeros_are_harmless() -> None:
    vectors = _random(_NAMES)
    vectors.matrix[3] = 0
    report = evaluate(vectors, [_TEST_66, AnalogySet.from_sections("a", {"s": [("w3", "w1", "w2", "w4")]})])
    assert report.scores["s"] is not None
    assert report.scores["a"] in (0.0, 100.0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38])
def test_vectors_that_are_not_finite_are_named(bad: float) -> None:
    vectors = _random(_NAMES)
    vectors.matrix[5, 2] = bad
    with pytest.raises(FormatError, match=r"'w5' \(row 5\)"):
        evaluate(vectors, _TEST_66)
    with pytest.raises(FormatError, match=r"'w5' \(row 5\)"):
        evaluate(vectors, AnalogySet.from_sections("a", {"s": [("w0", "w1", "w2", "w3")]}))


def test_words_without_rows_are_an_error() -> None:
    with pytest.raises(ConfigError, match="12 words but 11 rows"):
        evaluate(Plain(_NAMES, np.ones((11, 2), dtype=np.float32)), _TEST_66)


def test_memory_stays_far_below_questions_times_words(tmp_path: Path) -> None:
    """8,000 questions over 60,000 mapped words: the product would take 1.9 GB."""
    words = [f"w{i}" for i in range(60_000)]
    matrix = np.lib.format.open_memmap(tmp_path / "m.npy", mode="w+", dtype=np.float32, shape=(60_000, 16))
    matrix[:] = np.random.default_rng(1).standard_normal(matrix.shape)
    pairs = [(words[2 * i], words[2 * i + 1]) for i in range(400)]
    questions = [(*pairs[i], *pairs[(i + j) % 400]) for i in range(400) for j in range(1, 21)]
    test = AnalogySet.from_sections("many", {"s": questions})
    space = Space(Plain(words, matrix), fold_case=True)
    tracemalloc.start()
    try:
        answers = analogy.answer(space, test, method="3cosmul")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answers.covered.all()
    assert peak < 200e6


# --- intervals ----------------------------------------------------------------------------------------------


def _mean(values: NDArray[np.float64]) -> Statistic:
    return lambda weights: weights @ values / weights.sum(axis=1)


def test_the_interval_covers_the_truth_at_its_confidence() -> None:
    generator = np.random.default_rng(17)
    hits = 0
    for trial in range(400):
        sample = generator.standard_normal(60)
        score = estimate(_mean(sample), 60, items=60, resamples=300, seed=trial, confidence=0.9)
        assert score.low is not None
        assert score.high is not None
        hits += score.low < 0 < score.high
    # 0.9 with a standard error of 0.015; the percentile interval is known to be a little short.
    assert 0.84 < hits / 400 < 0.94


def test_intervals_repeat_with_the_seed_and_change_with_it() -> None:
    vectors = _random(_NAMES)
    first, again, other = (_similarity(vectors, _TEST_66, seed=seed).spearman for seed in (1, 1, 2))
    assert first == again
    assert first.value == other.value
    assert (first.low, first.high) != (other.low, other.high)


def test_related_questions_do_not_shrink_the_interval() -> None:
    """Each cluster of 20 questions is all right or all wrong: the interval is that of 50 units, not 1,000."""
    generator = np.random.default_rng(19)
    correct = np.repeat(generator.random(50) < 0.5, 20)
    statistic, units = accuracy(correct, np.repeat(np.arange(50), 20))
    assert units == 50
    score = estimate(statistic, units, items=1000, resamples=4000, seed=1, confidence=0.95)
    share = correct.mean()
    half = 100 * 1.96 * np.sqrt(share * (1 - share) / 50)
    assert score.low is not None
    assert score.high is not None
    assert (score.high - score.low) / 2 == pytest.approx(half, rel=0.08)


def test_clusters_are_questions_of_one_section_with_one_first_pair() -> None:
    questions = {
        "s": [("a", "b", "c", "d"), ("A", "b", "e", "f"), ("c", "d", "a", "b")],
        "t": [("a", "b", "c", "d")],
    }
    vectors = _random(_NAMES)
    numbers = analogy.clusters(Space(vectors, fold_case=True), AnalogySet.from_sections("x", questions))
    assert numbers.tolist() == [0, 0, 1, 2]


def test_too_few_units_give_no_interval() -> None:
    score = estimate(_mean(np.array([1.0, 0.0])), 2, items=2, resamples=100, seed=1, confidence=0.95)
    assert (score.value, score.low, score.high) == (50.0, None, None)


def test_no_resamples_give_no_interval() -> None:
    result = _similarity(_random(_NAMES), _TEST_66, resamples=0)
    assert result.spearman.value is not None
    assert (result.spearman.low, result.spearman.high) == (None, None)


def test_p_values_under_no_difference_are_spread_evenly() -> None:
    generator = np.random.default_rng(23)
    small = 0
    for trial in range(300):
        a, b = generator.standard_normal((2, 80))
        found = estimate_difference(_mean(a), _mean(b), 80, items=80, resamples=300, seed=trial, confidence=0.95)
        assert found.p is not None
        small += found.p < 0.2
    # 0.2 with a standard error of 0.023
    assert 0.13 < small / 300 < 0.27


@pytest.mark.parametrize(
    "wrong",
    [
        {"top": 0},
        {"top": True},
        {"top": 2.5},
        {"similarity_top": -1},
        {"method": "3cosdiv"},
        {"resamples": -1},
        {"seed": -1},
        {"confidence": 1.0},
        {"confidence": 0.0},
    ],
)
def test_settings_out_of_bounds_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        evaluate(_random(_NAMES), _TEST_66, **wrong)


# --- ties ---------------------------------------------------------------------------------------------------


def test_a_word_is_as_similar_to_itself_as_any_other() -> None:
    """In float32 the length of a unit vector is 1 to within rounding, which ranked such pairs by accident."""
    matrix = (np.random.default_rng(5).standard_normal((200, 37)) * 3).astype(np.float32)
    words = [f"w{i}" for i in range(200)]
    pairs = [(word, word, 10.0) for word in words] + [(words[0], words[1], 1.0)]
    found = cosines(Space(Plain(words, matrix), fold_case=False), SimilaritySet.from_pairs("self", pairs))
    assert set(found.values[:200].tolist()) == {1.0}
    assert average_ranks(found.values).tolist() == [101.5] * 200 + [1.0]


def test_scores_and_cosines_that_differ_by_rounding_share_their_rank() -> None:
    assert average_ranks(np.array([0.1 + 0.2, 0.3, 0.5])).tolist() == [1.5, 1.5, 3]
    assert average_ranks(np.array([1e-12, 2e-12, 3e-12])).tolist() == [1, 2, 3]
    matrix = np.random.default_rng(8).standard_normal((4, 50)).astype(np.float32)
    matrix[2] = np.float32(1 / 3) * matrix[1]  # the same direction, to within rounding
    twins = Plain(["a", "b", "c", "d"], matrix)
    test = SimilaritySet.from_pairs("twins", [("a", "b", 1), ("a", "c", 2), ("a", "d", 3)])
    values = cosines(Space(twins, fold_case=False), test).values
    assert values[0] == values[1] != values[2]


def test_of_words_with_one_score_the_most_frequent_answers() -> None:
    rows = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1], [0, 1, 1]], np.float32)
    test = AnalogySet.from_sections("ties", {"s": [("a", "b", "c", "first"), ("a", "b", "c", "second")]})
    answers = answer(Space(Plain(["a", "b", "c", "first", "second"], rows), fold_case=False), test, method="3cosadd")
    assert answers.correct.tolist() == [True, False]


def test_any_of_several_answers_is_right_and_one_of_them_makes_a_question_covered() -> None:
    rows = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1]], np.float32)
    words = ["a", "b", "c", "d"]
    questions = (("a", "b", "c", "unknown"), ("a", "b", "c", "a"), ("a", "b", "c", "gone"))
    test = AnalogySet("several", questions, ("s",) * 3, (("d", "x"), ("D",), ("lost",)))
    answers = answer(Space(Plain(words, rows), fold_case=True), test, method="3cosadd")
    assert answers.covered.tolist() == [True, True, False]
    assert answers.correct.tolist() == [True, True, False]
