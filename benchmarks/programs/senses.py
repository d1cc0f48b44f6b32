"""What a fresh process does with senses: cluster the contexts of words, the baseline, and score the choices."""

from __future__ import annotations

import importlib
import math
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import embed
from embed.errors import AdviceWarning
from embed.eval import (
    ContextPair,
    SenseResult,
    evaluate_scws,
    evaluate_sense_induction,
    load_induction_sets,
    load_scws,
    make_pseudo_words,
)
from embed.eval.senses.induction import Context
from embed.vectors.search import unit_rows

REACH = 10
"""Words to each side that make a context."""
CONTEXTS, SAMPLE = 1_500, 20_000
"""Contexts of a word to cluster, and of the text to whiten by."""
SIF_A, WHITENING, SAME = 1e-3, 0.75, 0.3
"""A word of share p weighs a / (a + p) (Arora, Liang & Ma 2017); the power of the whitening; clusters whose centers
have at least this cosine are one sense."""

Float32s = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int32]
_NONE = -1
_LEAST_CONTEXTS = 50


def clusters(*, path: str, folder: str, seed: int, dim: int, senses: int, pseudo: dict[str, int]) -> dict[str, Any]:
    """Train one vector a word, cluster the contexts of each target word by k-means, and choose the nearest center."""
    encoded = embed.encode(embed.TextCorpus(path))
    started = time.process_time()
    with warnings.catch_warnings(action="ignore", category=AdviceWarning):
        model = embed.train(encoded, subword=False, structured=False, dim=dim, seed=seed, threads=1, progress=False)
    seconds = time.process_time() - started
    joint = make_pseudo_words(embed.TextCorpus(path), seed=seed, **pseudo).test_set(CONTEXTS)
    figures: dict[str, float] = {}
    for name, weighs in (("k-means", False), ("weighted k-means", True)):
        space = _Contexts.of(model, encoded, weighs, seed)
        tests = [(test, senses, space.occurrences) for test in load_induction_sets(Path(folder) / "wsi")]
        for test, count, learned in [*tests, (joint, 2, None)]:
            choose = _chooser(space, count, seed, learned)
            found = evaluate_sense_induction(choose, test, resamples=0)
            figures[f"{name}, {test.name} ARI"] = _value(found) / 100
    pairs = load_scws(next((Path(folder) / "scws").glob("ratings*")))
    figures["one vector, scws"] = _value(evaluate_scws(_cosines(model.vectors), pairs, resamples=0))
    return {"seconds": seconds, "figures": figures}


def _value(result: SenseResult) -> float:
    """Return the main score on all items, NaN if it is undefined."""
    return math.nan if result.headline.value is None else result.headline.value


def _cosines(vectors: embed.WordVectors) -> Callable[[Sequence[ContextPair]], list[float | None]]:
    """Return the similarity that one vector a word has for pairs in any context."""

    def similarity(pairs: Sequence[ContextPair]) -> list[float | None]:
        words = [[word.lower() for word in pair.words] for pair in pairs]
        return [vectors.similarity(a, b) if a in vectors and b in vectors else None for a, b in words]

    return similarity


def _chooser(
    space: _Contexts, senses: int, seed: int, learned: Callable[[str, int], Ids] | None
) -> Callable[[str, Sequence[Context]], list[int | None]]:
    """Return a model of senses: clusters of the learned contexts of a word, or else of those that are asked for."""
    kmeans = importlib.import_module("sklearn.cluster").KMeans

    def choose(word: str, contexts: Sequence[Context]) -> list[int | None]:
        asked = space.ids_of(contexts)
        ids = asked if learned is None else learned(word, seed)
        if len(ids) < max(senses, _LEAST_CONTEXTS):
            return [None] * len(contexts)
        found = kmeans(senses, n_init=2, random_state=seed).fit(space.vectors(ids))
        chosen: list[int | None] = space.merged(found.cluster_centers_)[found.predict(space.vectors(asked))].tolist()
        return chosen

    return choose


@dataclass(frozen=True)
class _Contexts:
    """Vectors of contexts: the direction of the sum of the input rows of the words around.

    Weighted, a word counts by its share of the text and the inverse of its distance, and the sum is whitened by the
    contexts of the text.
    """

    encoded: embed.EncodedCorpus
    rows: Float32s
    places: Float32s
    mean: Float32s
    whitening: Float32s | None

    @classmethod
    def of(cls, model: embed.Model, encoded: embed.EncodedCorpus, weighs: bool, seed: int) -> _Contexts:
        words, dim = len(model.vocabulary.words), model.config.dim
        rows, distance = np.array(model.parameters.inputs[:words, :dim]), _distances()
        if not weighs:
            return cls(encoded, rows, np.ones(len(distance), np.float32), np.zeros(dim, np.float32), None)
        shares = np.asarray(model.vocabulary.counts, np.float64) / encoded.ids.size
        rows *= (SIF_A / (SIF_A + shares)).astype(np.float32)[:, None]
        plain = cls(encoded, rows, (1 / np.abs(distance)).astype(np.float32), np.zeros(dim, np.float32), None)
        drawn = np.random.default_rng(seed).integers(0, encoded.ids.size, SAMPLE)
        sample = plain.vectors(plain.around(drawn))
        mean = sample.mean(axis=0)
        _, sizes, directions = np.linalg.svd(sample - mean, full_matrices=False)
        scales = np.maximum(sizes, 1e-6 * sizes[0]) ** -WHITENING
        return cls(encoded, rows, plain.places, mean, (directions.T * scales) @ directions)

    def ids_of(self, contexts: Sequence[Context]) -> Ids:
        """Return the words of contexts, shape (n, 2 x REACH), -1 where there is none."""
        index = self.encoded.vocabulary.get
        ids = np.full((len(contexts), 2 * REACH), _NONE, np.int32)
        for row, (left, right) in zip(ids, contexts, strict=True):
            before, after = ([index(word, _NONE) for word in side] for side in (left[-REACH:], right[:REACH]))
            row[REACH - len(before) : REACH + len(after)] = [*before, *after]
        return ids

    def around(self, positions: npt.NDArray[np.int64]) -> Ids:
        """Return the words around positions of the text, of the same sentence."""
        ids, offsets = self.encoded.ids, self.encoded.offsets
        sentence = np.searchsorted(offsets, positions, "right") - 1
        places = positions[:, None] + _distances()
        inside = (places >= offsets[sentence][:, None]) & (places < offsets[sentence + 1][:, None])
        return np.where(inside, ids[np.clip(places, 0, ids.size - 1)], _NONE).astype(np.int32)

    def occurrences(self, word: str, seed: int) -> Ids:
        """Return the words around some occurrences of a word."""
        number = self.encoded.vocabulary.get(word)
        positions = np.flatnonzero(self.encoded.ids == number) if number is not None else np.empty(0, np.int64)
        drawn = np.random.default_rng(seed).permutation(positions)[:CONTEXTS]
        return self.around(np.sort(drawn))

    def vectors(self, ids: Ids) -> Float32s:
        """Return the vectors of contexts, of length 1, shape (n, dim)."""
        sparse = importlib.import_module("scipy.sparse")
        known = ids != _NONE
        weights = np.broadcast_to(self.places, ids.shape)[known]
        ends = np.concatenate([[0], known.sum(axis=1).cumsum()])
        sums = unit_rows(sparse.csr_matrix((weights, ids[known], ends), (len(ids), len(self.rows))) @ self.rows)
        return sums if self.whitening is None else unit_rows((sums - self.mean) @ self.whitening)

    def merged(self, centers: Float32s) -> npt.NDArray[np.int64]:
        """Return the sense of each center; near ones are one sense, if contexts are whitened."""
        if self.whitening is None:
            return np.arange(len(centers))
        cluster = importlib.import_module("sklearn.cluster").AgglomerativeClustering
        settings = {"metric": "cosine", "linkage": "average", "distance_threshold": 1 - SAME}
        senses: npt.NDArray[np.int64] = cluster(n_clusters=None, **settings).fit_predict(centers)
        return senses


def _distances() -> npt.NDArray[np.int64]:
    """Return the places around a position: -REACH to REACH without 0."""
    return np.delete(np.arange(-REACH, REACH + 1), REACH)
