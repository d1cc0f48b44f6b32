"""K-means of points of few numbers."""

from __future__ import annotations

import numpy as np
import pytest

from embed.vectors.k_means import k_means, nearest


def test_clusters_are_found() -> None:
    rng = np.random.default_rng(0)
    middles = np.array([[0, 0], [10, 0], [0, 10], [10, 10]], np.float32)
    points = (middles[rng.integers(4, size=1000)] + 0.1 * rng.normal(size=(1000, 2))).astype(np.float32)
    found = min((k_means(points, 4, 10, np.random.default_rng(seed)) for seed in range(5)), key=_error(points))
    assert _error(points)(found) < 0.05
    np.testing.assert_allclose(found[nearest(middles, found)], middles, atol=0.05)


@pytest.mark.parametrize("dim", [1, 2, 5])
def test_more_rounds_never_raise_the_error(dim: int) -> None:
    points = np.random.default_rng(1).normal(size=(700, dim)).astype(np.float32)
    errors = [_error(points)(k_means(points, 64, rounds, np.random.default_rng(2))) for rounds in (0, 1, 5, 20)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.9 * errors[0]


def test_equal_points_and_as_many_centroids_as_points_do() -> None:
    points = np.ones((300, 3), np.float32)
    np.testing.assert_array_equal(k_means(points, 256, 3, np.random.default_rng(0)), np.ones((256, 3)))
    few = np.arange(5, dtype=np.float32)[:, None]
    assert sorted(k_means(few, 5, 3, np.random.default_rng(0)).ravel().tolist()) == [0, 1, 2, 3, 4]
    assert nearest(few, few).tolist() == [0, 1, 2, 3, 4]
    assert len(nearest(np.empty((0, 3), np.float32), points[:1])) == 0


def _error(points: np.ndarray):
    return lambda centroids: float(((points - centroids[nearest(points, centroids)]) ** 2).sum(axis=1).mean())
