"""Cluster points of few numbers by k-means, as product quantisation needs it: up to 256 centroids, a byte for each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from embed.engine import _kernels
from embed.engine.machine import simd

__all__ = ["MOST_CENTROIDS", "k_means", "nearest"]

Float32s = npt.NDArray[np.float32]

MOST_CENTROIDS = 256
"""The values of a byte."""


def k_means(points: Float32s, k: int, rounds: int, rng: np.random.Generator) -> Float32s:
    """Return centroids found by Lloyd's algorithm from random points.

    Parameters
    ----------
    points : float32[n, dim]
    k : int
        The number of centroids, from 1 to the smaller of n and 256.
    rounds : int
    rng : Generator
        Draws the first centroids, and a random point for each centroid that has lost its points.

    Returns
    -------
    float32[k, dim]
    """
    columns, count = _columns(points), len(points)
    centroids = points[rng.permutation(count)[:k]].astype(np.float32)
    codes = np.empty(columns.shape[1], np.uint8)
    for _ in range(rounds):
        _kernels.nearest(columns, centroids, codes, simd())
        sizes = np.bincount(codes[:count], minlength=k)
        sums = np.stack([np.bincount(codes[:count], column[:count], k) for column in columns], axis=1)
        empty = np.flatnonzero(sizes == 0)
        centroids = (sums / np.maximum(sizes, 1)[:, None]).astype(np.float32)
        centroids[empty] = points[rng.integers(count, size=len(empty))]
    return centroids


def nearest(points: Float32s, centroids: Float32s) -> npt.NDArray[np.uint8]:
    """Return the number of the centroid nearest to each point, the first of equals, uint8[n].

    Parameters
    ----------
    points : float32[n, dim]
    centroids : float32[k, dim]
        At most 256.
    """
    columns = _columns(points)
    codes = np.empty(columns.shape[1], np.uint8)
    _kernels.nearest(columns, np.ascontiguousarray(centroids, np.float32), codes, simd())
    return codes[: len(points)]


def _columns(points: Float32s) -> Float32s:
    """Return points as the kernel reads them: a column each, and zeros up to a whole step."""
    count, dim = points.shape
    columns = np.zeros((dim, -(-count // _kernels.POINTS) * _kernels.POINTS), np.float32)
    columns[:, :count] = points.T
    return columns
