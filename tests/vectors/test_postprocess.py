"""Centring, removal of directions, PCA, their specification, SIF weights and unit length."""

from __future__ import annotations

import numpy as np
import pytest

from embed.errors import ConfigError
from embed.vectors import WordVectors, postprocess
from embed.vectors.ngram_rows import Subwords
from embed.vectors.pruning import prune_ngrams
from embed.vocabulary.ngrams import SubwordScheme

SCHEME = SubwordScheme(3, 4, 50)


def sample(words: int = 300, dim: int = 8, *, counts: bool = True) -> WordVectors:
    rng = np.random.default_rng(3)
    spread = np.array([9, 5, 3, 2, 1, 1, 0.5, 0.1])[:dim]
    rotation, _ = np.linalg.qr(rng.normal(size=(dim, dim)))
    matrix = (rng.normal(size=(words, dim)) * spread) @ rotation + 2
    return WordVectors(
        [f"word{i}" for i in range(words)],
        matrix.astype(np.float32),
        counts=np.arange(words, 0, -1) if counts else None,
        subwords=Subwords(SCHEME, rng.normal(size=(50, dim)).astype(np.float32)),
    )


@pytest.fixture(params=[64, 4 << 20])
def vectors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> WordVectors:
    """Vectors, worked on in many blocks or in one."""
    monkeypatch.setattr(postprocess, "BLOCK_BYTES", request.param)
    return sample()


def test_centred_vectors_have_mean_zero_and_unknown_words_move_too(vectors: WordVectors) -> None:
    found = postprocess.center(vectors)
    np.testing.assert_allclose(found.matrix.mean(axis=0), 0, atol=1e-5)
    mean = vectors.matrix.mean(axis=0)
    np.testing.assert_allclose(found.vector("unknown"), vectors.vector("unknown") - mean, atol=1e-5)
    assert found.words == vectors.words
    assert found.counts.tolist() == vectors.counts.tolist()


def test_the_directions_of_largest_variance_are_gone(vectors: WordVectors) -> None:
    found = postprocess.all_but_the_top(vectors, 2)
    moved = vectors.matrix - vectors.matrix.mean(axis=0)
    _, _, directions = np.linalg.svd(moved, full_matrices=False)
    np.testing.assert_allclose(found.matrix @ directions[:2].T, 0, atol=1e-4)
    np.testing.assert_allclose(found.matrix @ directions[2:].T, moved @ directions[2:].T, atol=1e-4)
    np.testing.assert_allclose(
        postprocess.all_but_the_top(vectors, 0).matrix, postprocess.center(vectors).matrix, atol=1e-5
    )


def test_pca_keeps_the_largest_variances_in_order_and_a_fixed_sign(vectors: WordVectors) -> None:
    found = postprocess.pca(vectors, 3)
    moved = vectors.matrix - vectors.matrix.mean(axis=0)
    left, singular, directions = np.linalg.svd(moved, full_matrices=False)
    expected = left[:, :3] * singular[:3]
    signs = np.sign(directions[np.arange(3), np.abs(directions[:3]).argmax(axis=1)])
    np.testing.assert_allclose(found.matrix, expected * signs, atol=2e-4)
    assert found.dim == 3
    assert found.vector("unknown").shape == (3,)
    whole = postprocess.pca(vectors, vectors.dim)
    np.testing.assert_allclose(whole.matrix @ whole.matrix.T, moved @ moved.T, rtol=1e-4, atol=1e-2)


def test_sif_weights_follow_the_share_of_the_tokens(vectors: WordVectors) -> None:
    found = postprocess.sif(vectors, 1e-3)
    share = vectors.counts / vectors.counts.sum()
    np.testing.assert_allclose(found.matrix, vectors.matrix * (1e-3 / (1e-3 + share))[:, None], rtol=1e-6)
    np.testing.assert_array_equal(found.vector("unknown"), vectors.vector("unknown"))
    for a in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ConfigError, match="a must be a number above 0"):
            postprocess.sif(vectors, a)
    with pytest.raises(ConfigError, match="need word counts"):
        postprocess.sif(sample(counts=False))


def test_unit_length_leaves_zeros_and_answers() -> None:
    vectors = WordVectors(["a", "b", "zero"], [[3, 4], [1e-30, 0], [0, 0]])
    assert postprocess.unit_length(vectors).matrix.tolist() == [[np.float32(0.6), np.float32(0.8)], [1, 0], [0, 0]]
    many = sample()
    assert [w for w, _ in postprocess.unit_length(many).nearest("word3")] == [w for w, _ in many.nearest("word3")]


def test_ngrams_without_a_row_stay_zeros() -> None:
    pruned = prune_ngrams(sample(20), 10)
    found = postprocess.center(pruned)
    np.testing.assert_array_equal(found.subwords.kept, pruned.subwords.kept)
    share = np.isin(SCHEME.buckets_of("words"), pruned.subwords.kept).mean()
    assert 0 < share < 1
    moved = pruned.vector("words") - share * pruned.matrix.mean(axis=0)
    np.testing.assert_allclose(found.vector("words"), moved, atol=1e-5)


@pytest.mark.parametrize("value", [-1, 8, 1.5, True, "2"])
def test_numbers_out_of_bounds_name_the_parameter(value: object) -> None:
    with pytest.raises(ConfigError, match="components must be a whole number from 0 to 7"):
        postprocess.all_but_the_top(sample(), value)
    with pytest.raises(ConfigError, match="dim must be a whole number from 1 to 8"):
        postprocess.pca(sample(), 0 if value == 8 else value)


def test_a_specification_is_its_steps_from_left_to_right(vectors: WordVectors) -> None:
    def after(*steps: str) -> WordVectors:
        found = vectors
        for step in steps:
            found = postprocess.postprocess(found, step)
        return found

    for specification in ("center", "abtt:2", "pca:3", "abtt:2,pca:4", "pca:5,abtt:1", "abtt:1,pca:6,abtt,center"):
        once, in_turn = postprocess.postprocess(vectors, specification), after(*specification.split(","))
        np.testing.assert_allclose(once.matrix, in_turn.matrix, atol=2e-4)
        np.testing.assert_allclose(once.vector("unknown"), in_turn.vector("unknown"), atol=2e-4)
    assert postprocess.postprocess(vectors, "none") is vectors
    wide = WordVectors(["a", "b", "c", "d", "e"], np.random.default_rng(1).normal(size=(5, 250)))
    np.testing.assert_array_equal(  # without k, one direction for each hundred dimensions
        postprocess.postprocess(wide, "abtt").matrix, postprocess.postprocess(wide, "abtt:2").matrix
    )


@pytest.mark.parametrize(
    ("specification", "said"),
    [
        ("", "postprocess must be center"),
        ("Center", "must be center"),
        ("center,", "must be center"),
        ("abtt:-1", "must be center"),
        ("pca", "must be center"),
        ("pca:1e2", "must be center"),
        ("none,center", "must be center"),
        ("abtt:8", "'abtt:8' must remove from 0 to 7 of 8 dimensions"),
        ("pca:0", "'pca:0' must keep from 1 to 8 of 8"),
        ("pca:4,pca:5", "'pca:5' must keep from 1 to 4 of 4"),
        (",".join(["center"] * 9), "has 9 steps"),
        (None, "must be a string"),
    ],
)
def test_a_specification_that_is_wrong_names_the_step(specification: object, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        postprocess.postprocess(sample(), specification)


@pytest.mark.parametrize(("specification", "least"), [("center", 2), ("pca:2", 2), ("abtt:3", 5), ("abtt:1,abtt:2", 5)])
def test_too_few_words_are_refused_before_every_vector_is_zero(specification: str, least: int) -> None:
    assert postprocess.postprocess(sample(least), specification).matrix.any()
    with pytest.raises(ConfigError, match=f"nothing of {least - 1} word.* at least {least}"):
        postprocess.postprocess(sample(least - 1), specification)
