"""gensim reads our files, we read gensim's, and both answer questions alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embed import formats
from embed.vectors import WordVectors

models = pytest.importorskip("gensim.models", reason="gensim is not installed")

# gensim leaves a file open, and calls functions that it has itself deprecated.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:Call to deprecated:DeprecationWarning"),
]

SPECIAL = [0.0, -0.0, 1e-45, -1e-45, 1.1754942e-38, 1.1754944e-38, 1.0, 0.1, 1e-5, 123456789.0, 1e30]
ODD_WORDS = [
    "a",
    "日本語",
    "no\u00a0break",
    "\u2028",
    "\x85",
    "\ufeffbom",
    "1",
    "nan",
    "\\",
    '"q"',
    "[",
    "😀",
]


def bits(matrix: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(matrix).view(np.uint32)


@pytest.mark.parametrize("binary", [False, True])
def test_gensim_reads_the_same_numbers_and_we_read_gensims(tmp_path: Path, binary: bool) -> None:
    rng = np.random.default_rng(1)
    numbers = rng.normal(size=(len(ODD_WORDS), 60)).astype(np.float32)
    numbers[:, : len(SPECIAL)] = SPECIAL
    numbers[0, 20], numbers[1, 20] = np.float32(7.0385307e-26), np.float32(-7.0385307e-26)
    vectors = WordVectors(ODD_WORDS, numbers)
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    formats.save(vectors, ours, "binary" if binary else "text")
    loaded = models.KeyedVectors.load_word2vec_format(str(ours), binary=binary)
    assert loaded.index_to_key == ODD_WORDS
    np.testing.assert_array_equal(bits(loaded.vectors), bits(numbers))
    loaded.save_word2vec_format(str(theirs), binary=binary)
    found = formats.load(theirs, "binary" if binary else "text")
    assert found.words == ODD_WORDS
    np.testing.assert_array_equal(bits(found.matrix), bits(numbers))
    if not binary:
        formats.save(vectors, ours, "glove")
        loaded = models.KeyedVectors.load_word2vec_format(str(ours), binary=False, no_header=True)
        np.testing.assert_array_equal(bits(loaded.vectors), bits(numbers))


def test_neighbours_agree_with_gensim() -> None:
    vectors = WordVectors(
        [f"w{i}" for i in range(500)], np.random.default_rng(5).normal(size=(500, 20)).astype(np.float32)
    )
    theirs = models.KeyedVectors(20)
    theirs.add_vectors(vectors.words, np.array(vectors.matrix))
    expected = theirs.most_similar("w3", topn=10)
    found = vectors.nearest("w3", n=10)
    assert [word for word, _ in found] == [word for word, _ in expected]
    np.testing.assert_allclose([s for _, s in found], [s for _, s in expected], atol=1e-6)
    expected = theirs.most_similar(positive=["w1", "w2"], negative=["w3"], topn=10)
    found = vectors.analogy("w3", "w1", "w2", n=10)
    assert [word for word, _ in found] == [word for word, _ in expected]
    expected = theirs.most_similar_cosmul(positive=["w1", "w2"], negative=["w3"], topn=10)
    found = vectors.analogy("w3", "w1", "w2", n=10, method="3cosmul")
    assert [word for word, _ in found] == [word for word, _ in expected]
    np.testing.assert_allclose([s for _, s in found], [s for _, s in expected], rtol=0.01)  # its epsilon is 1e-6
    assert vectors.odd_one_out(vectors.words[:6]) == theirs.doesnt_match(vectors.words[:6])
