"""Lay words out in a plane: neighbours near each other, and names for the places where many meet.

t-SNE (van der Maaten & Hinton, JMLR 2008) of openTSNE keeps the neighbours of words: of 5,000 words, with a
trustworthiness (Venna & Kaski 2001) of .84 where principal components have .65. Principal components are the layout
without openTSNE. Distances between far words mean little in either.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.training.senses import kmeans
from embed.vectors.search import unit_rows

__all__ = ["LAYOUTS", "Layout", "lay_out", "place_names"]

Floats = npt.NDArray[np.float64]

LAYOUTS = ("t-SNE", "principal components")
"""The names of the methods."""
_EXAGGERATED, _ITERATIONS, _EVERY = 125, 250, 25
"""Steps of t-SNE: with all attractions larger, then as they are, and between reports. Twice as many add .002."""
_PERPLEXITY = 30
_SPREAD_AT_START = 1e-4
"""The deviation along the first axis of the principal components that t-SNE begins with."""
_FEWEST = 10
"""Fewer words get principal components."""
_CLIPPED = 99.5
"""The percentile of each axis beyond which a point is moved to the edge, so that no outlier empties the picture."""
_NAMED_SHARE, _MOST_NAMES = 100, 30
"""A place is named for about so many words, and at most so many places."""
_NEAR_MIDDLE = 12
"""The name of a place is the most frequent of so many words near its middle."""


@dataclass(frozen=True)
class Layout:
    """Where words are in the plane.

    Attributes
    ----------
    points : float64 array, shape (n, 2)
        Without unit; each axis from -1 to 1.
    method : str
        One of `LAYOUTS`.
    """

    points: Floats
    method: str


def lay_out(matrix: npt.ArrayLike, *, seed: int = 1, progress: Callable[[float], None] | None = None) -> Layout:
    """Return a place in the plane for each row; cosines decide.

    Parameters
    ----------
    matrix : array of numbers, shape (n, dim)
    seed : int
        Of t-SNE; the same rows, seed and libraries give the same places.
    progress : callable, optional
        Is given the share that is done, from 0 to 1.

    Returns
    -------
    Layout
        By t-SNE if openTSNE is installed and there are ten rows at least.

    Raises
    ------
    FormatError
        A row is not finite.
    """
    rows = unit_rows(np.asarray(matrix)).astype(np.float64)
    start = _principal_components(rows)
    method, points = LAYOUTS[1], start
    if len(rows) >= _FEWEST and start[:, 0].std() > 0:
        try:
            library: Any = importlib.import_module("openTSNE")
        except ImportError:
            pass
        else:
            method, points = LAYOUTS[0], _tsne(library, rows, start, seed, progress)
    if progress is not None:
        progress(1.0)
    return Layout(_clipped(points), method)


def _principal_components(rows: Floats) -> Floats:
    """Return the coordinates of rows along their two main directions, shape (n, 2); zeros where there are none."""
    centred = rows - rows.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    main = directions[:, ::-1][:, :2]
    signs = np.sign(main[np.abs(main).argmax(axis=0), np.arange(main.shape[1])])  # of the largest number: positive
    points = np.zeros((len(rows), 2))
    points[:, : main.shape[1]] = centred @ (main * signs)
    return points


def _tsne(library: Any, rows: Floats, start: Floats, seed: int, progress: Callable[[float], None] | None) -> Floats:
    done = 0

    def report(*_: object) -> None:
        nonlocal done
        done += _EVERY
        if progress is not None:
            progress(min(1.0, done / (_EXAGGERATED + _ITERATIONS)))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's own imports
        found = library.TSNE(
            perplexity=min(_PERPLEXITY, (len(rows) - 1) / 3),
            metric="cosine",
            neighbors="exact",
            initialization=start / start[:, 0].std() * _SPREAD_AT_START,
            early_exaggeration_iter=_EXAGGERATED,
            n_iter=_ITERATIONS,
            callbacks=[report],
            callbacks_every_iters=_EVERY,
            random_state=seed,
            n_jobs=1,  # more threads are slower for a few thousand words
        ).fit(rows)
    return np.asarray(found, np.float64)


def _clipped(points: Floats) -> Floats:
    """Return the points with each axis cut at its outer percentiles and scaled to -1 ... 1."""
    low, high = np.percentile(points, [100 - _CLIPPED, _CLIPPED], axis=0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, np.finfo(np.float64).tiny)
    return np.asarray(np.clip((points - middle) / half, -1, 1))


def place_names(layout: Layout, words: Sequence[str], *, seed: int = 1) -> list[tuple[str, float, float]]:
    """Return names for the places where words gather: (word, x, y).

    Places are the clusters of k-means; each is named by the most frequent of the twelve words nearest to its middle.

    Parameters
    ----------
    layout : Layout
    words : sequence of str
        The words of the points, by falling frequency.
    """
    count = min(_MOST_NAMES, len(words) // _NAMED_SHARE)
    if count < 2:
        return []
    clusters, _ = kmeans(layout.points.astype(np.float32)[None], count, np.random.default_rng(seed))
    names: dict[str, tuple[float, float]] = {}
    for middle in clusters[0]:
        near = np.argpartition(((layout.points - middle) ** 2).sum(axis=1), _NEAR_MIDDLE)[:_NEAR_MIDDLE]
        names.setdefault(words[int(near.min())], (float(middle[0]), float(middle[1])))
    return [(word, x, y) for word, (x, y) in names.items()]
