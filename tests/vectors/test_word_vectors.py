"""Look-up, neighbours, analogies and vectors of unknown words."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from pathlib import Path

import numpy as np
import pytest

from embed.errors import ConfigError, FormatError, MissingWordError
from embed.vectors import WordVectors
from embed.vectors.ngram_rows import Subwords
from embed.vocabulary import spelling
from embed.vocabulary.ngrams import SubwordScheme
from embed.vocabulary.spelling import close_spellings

DIM = 12


@pytest.fixture
def vectors() -> WordVectors:
    rng = np.random.default_rng(7)
    words = ["the", "king", "queen", "man", "woman", *(f"word{i}" for i in range(200))]
    return WordVectors(words, rng.normal(size=(len(words), DIM)).astype(np.float32))


def cosines(vectors: WordVectors, query: np.ndarray) -> np.ndarray:
    matrix = vectors.matrix.astype(np.float64)
    return matrix @ query / np.linalg.norm(matrix, axis=1) / np.linalg.norm(query)


def by_brute_force(vectors: WordVectors, scores: np.ndarray, exclude: list[str], n: int) -> list[str]:
    order = sorted(range(len(scores)), key=lambda row: (-scores[row], row))
    return [vectors.words[row] for row in order if vectors.words[row] not in exclude][:n]


# look-up


def test_behaves_like_a_mapping(vectors: WordVectors) -> None:
    assert len(vectors) == 205
    assert vectors.dim == DIM
    assert "king" in vectors
    assert "King" not in vectors
    assert list(vectors) == vectors.words == list(vectors.keys())
    assert vectors.index("queen") == 2
    np.testing.assert_array_equal(vectors["queen"], vectors.matrix[2])
    np.testing.assert_array_equal(vectors[["man", "the"]], vectors.matrix[[3, 0]])
    assert vectors[[]].shape == (0, DIM)
    assert vectors.get("nobody") is None
    np.testing.assert_array_equal(dict(vectors)["man"], vectors.matrix[3])
    assert next(iter(vectors.items()))[0] == "the"


def test_numpy_takes_it_as_its_matrix(vectors: WordVectors) -> None:
    assert np.shares_memory(np.asarray(vectors), vectors.matrix)
    assert np.asarray(vectors, dtype=np.float64).dtype == np.float64
    assert not np.shares_memory(np.array(vectors), vectors.matrix)


def test_the_matrix_is_not_copied_and_cannot_be_changed_through_it() -> None:
    padded = np.ones((3, 16), np.float32)
    vectors = WordVectors(["a", "b", "c"], padded[:, :5])
    assert np.shares_memory(vectors.matrix, padded)
    with pytest.raises(ValueError, match="read-only"):
        vectors["a"][0] = 2
    padded[0, 0] = 1  # the owner still can


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int32, ">f4"])
def test_other_numbers_become_float32(dtype: str) -> None:
    vectors = WordVectors(["a", "b"], np.array([[1, 2], [3, 4]], dtype=dtype))
    assert vectors.matrix.dtype == np.float32
    assert vectors.matrix.dtype.isnative
    assert vectors.matrix.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("words", "matrix", "message"),
    [
        (["a", "b", "a"], np.ones((3, 2)), r"duplicate word 'a' \(rows 0 and 2\)"),
        (["a", "b"], np.ones((3, 2)), r"matrix of shape \(2, dim\).*not \(3, 2\)"),
        (["a"], np.ones(2), r"not \(2,\)"),
        ([], np.ones((0, 2)), "at least one word"),
        (["a"], np.ones((1, 0)), "one dimension"),
        (["a", 5], np.ones((2, 2)), "word 1 is 5"),
        (["a", "b"], np.array([[1, 2], [np.nan, 1]]), "'b' .row 1. holds NaN"),
        (["a", "b"], np.array([[1, -np.inf], [1, 1]]), "'a' .row 0."),
        (["a"], np.array([[1e39, 1]]), "overflows float32"),
        (["a"], np.array([["x", "y"]]), "real numbers"),
        (["a"], np.array([[1j, 1]]), "real numbers"),
    ],
)
def test_word_vectors_refuse_bad_words_and_matrices(words: list[str], matrix: np.ndarray, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        WordVectors(words, matrix)


def test_counts_must_fit() -> None:
    assert WordVectors(["a", "b"], np.ones((2, 2)), counts=[5, 3]).counts.tolist() == [5, 3]
    with pytest.raises(FormatError, match="2 words need 2 counts"):
        WordVectors(["a", "b"], np.ones((2, 2)), counts=[5])


def test_a_mapped_matrix_is_read_at_the_first_query_only(tmp_path: Path) -> None:
    path = tmp_path / "matrix"
    matrix = np.array([[1, 0], [0, 1], [np.nan, 0]], np.float32)
    matrix.tofile(path)
    vectors = WordVectors(["a", "b", "c"], np.memmap(path, np.float32, "r", shape=(3, 2)))
    assert vectors["a"].tolist() == [1, 0]
    with pytest.raises(FormatError, match="'c'"):
        vectors.nearest("a")


# missing words


def test_a_missing_word_suggests_close_spellings(vectors: WordVectors) -> None:
    for word, hint in [("quen", "'queen'"), ("KING", "'king'"), ("Woman", "'woman'"), ("quene", "'queen'")]:
        with pytest.raises(MissingWordError, match=f"{word}.*did you mean.*{hint}"):
            vectors[word]
    with pytest.raises(KeyError, match=r"'zzzzzzzz' is not in the vocabulary$"):
        vectors.vectors(["king", "zzzzzzzz"])
    with pytest.raises(MissingWordError, match=r"^'' is not in the vocabulary$"):
        vectors.vector("")


def test_words_are_suggested_when_the_message_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [f"token{i}" for i in range(100_000)]
    vectors = WordVectors(words, np.ones((len(words), 1), np.float32))
    asked: list[str] = []
    original = spelling.close_spellings
    monkeypatch.setattr(spelling, "close_spellings", lambda word, *of: asked.append(word) or original(word, *of))
    assert vectors.get("tokem99999") is None
    with pytest.raises(MissingWordError) as caught:
        vectors["tokem99999"]
    assert not asked
    assert "'token99999'" in str(caught.value)
    assert "'token99999'" in str(caught.value)
    assert asked == ["tokem99999"]


def test_the_error_can_be_copied_and_sent(vectors: WordVectors) -> None:
    with pytest.raises(MissingWordError) as caught:
        vectors["quen"]
    here, there = multiprocessing.Pipe()
    with here, there:
        here.send(caught.value)
        received = there.recv()
    for other in (copy.copy(caught.value), received):
        assert str(other) == str(caught.value)
    assert len(pickle.dumps(caught.value)) < 1000


def test_close_spellings_of_other_scripts_and_of_nonsense() -> None:
    words = ["слово", "слова", "東京", "a"]
    index = {word: row for row, word in enumerate(words)}
    assert close_spellings("словр", words, index) == ["слово", "слова"]
    assert close_spellings("東亰", words, index) == ["東京"]
    assert close_spellings("x" * 10_000, words, index) == []


# similarity and neighbours


def test_similarity_is_the_cosine(vectors: WordVectors) -> None:
    expected = cosines(vectors, vectors["king"].astype(np.float64))[vectors.index("queen")]
    assert vectors.similarity("king", "queen") == pytest.approx(expected, abs=1e-7)
    assert vectors.similarity("king", "king") == pytest.approx(1)
    assert WordVectors(["a", "b"], [[0, 0], [1, 1]]).similarity("a", "b") == 0


def test_nearest_to_a_word_a_vector_and_a_list(vectors: WordVectors) -> None:
    scores = cosines(vectors, vectors["king"].astype(np.float64))
    found = vectors.nearest("king", n=7)
    assert [word for word, _ in found] == by_brute_force(vectors, scores, ["king"], 7)
    for word, score in found:
        assert score == pytest.approx(scores[vectors.index(word)], abs=1e-6)
        assert type(score) is float
    for query in (vectors["king"], vectors["king"].tolist(), vectors["king"] * 1e-30, vectors["king"] * 1e30):
        assert vectors.nearest(query, n=1)[0][0] == "king"
        assert vectors.nearest(query, n=1)[0][1] == pytest.approx(1)
    both = vectors.unit(["king", "man"]).astype(np.float64).sum(axis=0)
    expected = by_brute_force(vectors, cosines(vectors, both), ["king", "man"], 5)
    assert [word for word, _ in vectors.nearest(["king", "man"], n=5)] == expected
    mixed = [word for word, _ in vectors.nearest(["king", vectors["man"]], n=len(vectors))]
    assert set(mixed) == set(vectors.words) - {"king"}  # the vector does not say which word it is
    third = "king", "man", by_brute_force(vectors, cosines(vectors, both), ["king", "man"], 1)[0]
    assert {word for word, _ in vectors.nearest(vectors[["king", "man"]], n=3)} == set(third)


def test_top_restricts_the_answers_not_the_query(vectors: WordVectors) -> None:
    found = vectors.nearest("word150", n=100, top=20)
    assert len(found) == 20
    assert {word for word, _ in found} == set(vectors.words[:20])
    assert len(vectors.nearest("king", n=100, top=20)) == 19
    assert vectors.nearest("king", top=10**9) == vectors.nearest("king")
    assert vectors.nearest("the", top=1) == []


def test_among_restricts_the_answers_to_words_of_a_list(vectors: WordVectors) -> None:
    every = vectors.nearest("king", n=300)
    some = ["word9", "queen", "nobody", "word3", "king", "queen"]
    expected = [(word, pytest.approx(score, abs=1e-6)) for word, score in every if word in some]
    assert vectors.nearest("king", among=some) == expected
    assert vectors.nearest("king", among=iter(some), n=1) == expected[:1]
    assert {word for word, _ in vectors.nearest("king", among=some, top=3)} == {"queen"}
    assert vectors.nearest("king", among=["king"]) == []
    assert vectors.nearest("king", among=["word9"], top=2) == []
    assert vectors.nearest_batch(["king", "queen"], among=some)[0] == expected
    everything = vectors.analogy("man", "king", "woman", n=300)
    assert [word for word, _ in vectors.analogy("man", "king", "woman", among=some)] == [
        word for word, _ in everything if word in some
    ]
    for wrong in ([], ["nobody"], "queen", 5, [5]):
        with pytest.raises(ConfigError):
            vectors.nearest("king", among=wrong)


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
def test_least_leaves_out_smaller_scores(vectors: WordVectors, method: str) -> None:
    every = vectors.nearest("king", n=300)
    for n in (2, 300):
        assert vectors.nearest("king", n, least=every[4][1]) == every[: min(n, 5)]
        assert (
            vectors.nearest_batch(["king"], n, least=0.2)[0]
            == [(word, pytest.approx(score, abs=1e-6)) for word, score in every if score >= 0.2][:n]
        )
    assert vectors.nearest("king", least=1.01) == []
    found = vectors.analogy("man", "king", "woman", n=300, method=method)
    assert vectors.analogy("man", "king", "woman", n=300, method=method, least=found[7][1]) == found[:8]
    for wrong in (float("nan"), "much", True):
        with pytest.raises(ConfigError, match="least must be"):
            vectors.nearest("king", least=wrong)


def test_ties_come_in_the_order_of_the_rows() -> None:
    vectors = WordVectors([f"w{i}" for i in range(50)], np.ones((50, 3), np.float32))
    assert [word for word, _ in vectors.nearest("w3", n=5)] == ["w0", "w1", "w2", "w4", "w5"]
    assert [[word for word, _ in found] for found in vectors.nearest_batch(["w0", "w9"], n=2)] == [
        ["w1", "w2"],
        ["w0", "w1"],
    ]


def test_zero_rows_have_cosine_zero_and_are_no_query() -> None:
    vectors = WordVectors(["a", "zero", "b"], [[1, 0], [0, 0], [-1, 0]])
    assert vectors.nearest("a") == [("zero", 0.0), ("b", -1.0)]
    for query in ("zero", np.zeros(2), ["a", "b"]):
        with pytest.raises(ConfigError, match="zero vector"):
            vectors.nearest(query)
    with pytest.raises(ConfigError, match="query 1 is the zero vector"):
        vectors.nearest_batch(["a", "zero"])


def test_huge_and_tiny_vectors_keep_their_direction() -> None:
    vectors = WordVectors(["a", "b", "c"], [[3e38, 0], [1e-44, 0], [0, 1]])
    assert vectors.nearest("a") == [("b", 1.0), ("c", 0.0)]
    assert vectors.similarity("a", "b") == 1


def test_batches_answer_like_single_queries(vectors: WordVectors, monkeypatch: pytest.MonkeyPatch) -> None:
    words = vectors.words[:40]
    expected = [vectors.nearest(word, n=4, top=100) for word in words]
    for score_bytes in (1, 3 * 4 * 100, 1 << 20):
        monkeypatch.setattr("embed.vectors.word_vectors.SCORE_BYTES", score_bytes)
        found = vectors.nearest_batch(words, n=4, top=100)
        assert [[word for word, _ in one] for one in found] == [[word for word, _ in one] for one in expected]
        np.testing.assert_allclose(
            [[score for _, score in one] for one in found],
            [[score for _, score in one] for one in expected],
            atol=1e-6,
        )
    assert [found[0][0] for found in vectors.nearest_batch(vectors.matrix[:3], n=1)] == words[:3]
    assert vectors.nearest_batch([]) == []


@pytest.mark.parametrize(
    ("query", "options", "message"),
    [
        ("king", {"n": 0}, "n must be a whole number of at least 1, not 0"),
        ("king", {"n": 2.5}, "n must be"),
        ("king", {"n": True}, "n must be"),
        ("king", {"top": 0}, "top must be"),
        ([], {}, "empty"),
        (np.ones(3), {}, "12 numbers, not an array of shape"),
        (np.full(DIM, np.nan), {}, "finite"),
        (5, {}, "must be a word, a vector, or a list"),
        (None, {}, "must be a word, a vector, or a list"),
    ],
)
def test_bad_queries_name_what_is_allowed(
    vectors: WordVectors, query: object, options: dict[str, int], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        vectors.nearest(query, **options)


# analogies


def test_3cosadd_is_the_formula(vectors: WordVectors) -> None:
    unit = {word: vectors.unit([word])[0].astype(np.float64) for word in vectors.words}
    scores = cosines(vectors, unit["king"] - unit["man"] + unit["woman"])
    expected = by_brute_force(vectors, scores, ["man", "king", "woman"], 6)
    found = vectors.analogy("man", "king", "woman", n=6)
    assert [word for word, _ in found] == expected
    assert found[0][1] == pytest.approx(scores[vectors.index(expected[0])], abs=1e-6)
    assert vectors.analogy(positive=["king", "woman"], negative=["man"], n=6) == found


def test_3cosmul_is_the_formula(vectors: WordVectors) -> None:
    def shifted(word: str) -> np.ndarray:
        return (cosines(vectors, vectors[word].astype(np.float64)) + 1) / 2

    scores = shifted("king") * shifted("woman") / (shifted("man") + 1e-3)
    expected = by_brute_force(vectors, scores, ["man", "king", "woman"], 6)
    found = vectors.analogy("man", "king", "woman", n=6, method="3cosmul")
    assert [word for word, _ in found] == expected
    assert found[0][1] == pytest.approx(scores[vectors.index(expected[0])], rel=1e-5)
    assert len(vectors.analogy("man", "king", "woman", n=50, method="3cosmul", top=10)) == 7


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
def test_a_planted_analogy_is_found(method: str) -> None:
    male, female, royal, common = np.eye(4)
    vectors = WordVectors(
        ["man", "woman", "king", "queen", "other"],
        np.array([male + common, female + common, male + royal, female + royal, common - royal]),
    )
    assert vectors.analogy("man", "king", "woman", n=1, method=method)[0][0] == "queen"
    assert vectors.analogy("man", "woman", "king", n=1, method=method)[0][0] == "queen"


def test_incomplete_analogies_are_refused(vectors: WordVectors) -> None:
    for arguments in (
        {},
        {"a": "man", "b": "king"},
        {"negative": ["man"]},
        {"a": "man", "positive": ["king"]},
    ):
        with pytest.raises(ConfigError, match="needs either the three words a, b and c"):
            vectors.analogy(**arguments)
    with pytest.raises(ConfigError, match="'3cosadd' or '3cosmul', not 'x'"):
        vectors.analogy("man", "king", "woman", method="x")
    with pytest.raises(ConfigError, match="zero vector"):
        vectors.analogy(positive=["man"], negative=["man"])
    with pytest.raises(MissingWordError, match="did you mean 'woman'"):
        vectors.analogy("man", "king", "womann")


def test_odd_one_out() -> None:
    vectors = WordVectors(["a", "b", "c", "far"], [[1, 0.1], [1, 0], [30, -1], [-1, 5]])
    assert vectors.odd_one_out(["a", "far", "b", "c"]) == "far"
    with pytest.raises(ConfigError, match="at least 3"):
        vectors.odd_one_out(["a", "b"])


# unknown words


@pytest.fixture
def subword_vectors() -> WordVectors:
    scheme = SubwordScheme(3, 6, 1000)
    rng = np.random.default_rng(3)
    ngrams = rng.normal(size=(1000, DIM)).astype(np.float32)
    words = ["run", "runner", "tree"]
    rows = [ngrams[scheme.buckets_of(word)].mean(axis=0) for word in words]
    return WordVectors(words, np.array(rows), subwords=Subwords(scheme, ngrams))


def test_unknown_words_are_the_mean_of_their_ngrams(subword_vectors: WordVectors) -> None:
    scheme, ngrams = subword_vectors.subwords.scheme, subword_vectors.subwords.matrix
    expected = np.zeros(DIM)
    rows = scheme.buckets_of("running")
    assert len(rows) == 7 + 6 + 5 + 4
    for row in rows:
        expected += ngrams[row]
    np.testing.assert_allclose(subword_vectors["running"], expected / len(rows), rtol=1e-6)
    assert "running" not in subword_vectors
    assert subword_vectors.can_compose("running")
    assert subword_vectors.vector("running").dtype == np.float32
    np.testing.assert_array_equal(
        subword_vectors[["tree", "running"]], [subword_vectors["tree"], subword_vectors["running"]]
    )
    np.testing.assert_array_equal(subword_vectors["run"], subword_vectors.matrix[0])
    alone, batched = subword_vectors.nearest("running"), subword_vectors.nearest_batch(["running", "run"])[0]
    assert [word for word, _ in batched] == [word for word, _ in alone]
    assert {word for word, _ in alone} == set(subword_vectors.words)
    assert len(subword_vectors.analogy("run", "running", "tree", n=10)) == 1


def test_words_without_ngrams_are_missing(subword_vectors: WordVectors) -> None:
    for word in ("", "\ud800abc"):
        assert not subword_vectors.can_compose(word)
        assert subword_vectors.get(word) is None
        with pytest.raises(MissingWordError, match="no n-gram"):
            subword_vectors[word]
        with pytest.raises(MissingWordError, match="no n-gram"):
            subword_vectors.subwords.compose(word)


def test_ngram_rows_must_fit() -> None:
    scheme = SubwordScheme(3, 6, 10)
    with pytest.raises(FormatError, match="10 buckets"):
        Subwords(scheme, np.ones((9, 4), np.float32))
    with pytest.raises(FormatError, match="4 dimensions, but the words have 2"):
        WordVectors(["a"], np.ones((1, 2)), subwords=Subwords(scheme, np.ones((10, 4), np.float32)))
