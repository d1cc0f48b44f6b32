"""What a fresh process does with senses: cluster the contexts of words, the baseline, and score the choices."""

from __future__ import annotations

import importlib
import math
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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
from embed.senses import SenseVectors
from embed.vectors.search import unit_rows

REACH = 10
"""Words to each side that make a context."""
CONTEXTS, SAMPLE = 1_500, 20_000
"""Contexts of a word to cluster, and of the text to whiten by."""
Float32s = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int32]
_NONE = -1
_LEAST_CONTEXTS = 50


@dataclass(frozen=True)
class Recipe:
    """How to make vectors of contexts, and senses of their clusters.

    Attributes
    ----------
    outputs : bool
        Add up the output vectors of the words around, not their input vectors.
    sif : float
        A word of share p weighs a / (a + p) (Arora, Liang & Ma 2017); 0: all words weigh the same.
    distance : float
        A word at the distance t weighs t to the power of -`distance`.
    whitening : float
        Divide a principal direction of the contexts of the text by its spread to this power.
    directions : int or None
        Keep so many principal directions. None: all.
    senses : int
        Clusters of a word.
    same : float or None
        Clusters whose centers have at least this cosine, on average, are one sense. None: each is a sense.
    """

    outputs: bool = False
    sif: float = 0.0
    distance: float = 0.0
    whitening: float = 0.0
    directions: int | None = None
    senses: int = 5
    same: float | None = None


_BEST = Recipe(sif=1e-3, distance=1.0, whitening=0.75)
RECIPES = {
    "plain": Recipe(),
    "output vectors": Recipe(outputs=True),
    "SIF": Recipe(sif=1e-3),
    "SIF, whitened": replace(_BEST, distance=0.0),
    "SIF, whitened, 1/sqrt(distance)": replace(_BEST, distance=0.5),
    "SIF, whitened, 1/distance": _BEST,
    "the same, 32 directions": replace(_BEST, directions=32),
    "the same, 3 senses": replace(_BEST, senses=3),
    "the same, near clusters merged": replace(_BEST, same=0.4),
}
"""From k-means of mean vectors to the contexts by which training chooses senses, a step each."""

_START, _SELECTION, _TRAINING = "embed.training.senses", "embed.senses.selection", "embed.training.backends.problem"
DEFAULTS = "the defaults"
LEVERS: dict[str, dict[str, float]] = {
    "words weigh the same in contexts": {f"{_START}._WEIGHT": 1e6},
    "directions of contexts keep their spread": {f"{_START}._VARIANCE_POWER": 0.0},
    "directions divided by their spread": {f"{_START}._VARIANCE_POWER": 0.5},
    "contexts of 20 words to each side": {f"{_START}.CONTEXT_REACH": 20, f"{_SELECTION}.CONTEXT_REACH": 20},
    "contexts of 10 words in training": {f"{_TRAINING}._SENSE_REACH": 10},
    "selectors twice as sharp at first": {f"{_START}._SHARPNESS": 16.0},
    "selectors half as sharp at first": {f"{_START}._SHARPNESS": 4.0},
    "near clusters stay apart": {f"{_START}._MERGE_ABOVE": 2.0},
    "clusters merged above .2": {f"{_START}._MERGE_ABOVE": 0.2},
    "selectors learn three times as fast": {f"{_TRAINING}._SELECTOR_RATE": 3.0},
    "selectors learn at a third of the rate": {f"{_TRAINING}._SELECTOR_RATE": 1 / 3},
    "selectors stay as they begin": {f"{_TRAINING}._SELECTOR_RATE": 0.0},
}
"""What training by other settings gains: constants of the package, which no user can set, and their values."""


def clusters(*, path: str, folder: str, seed: int, dim: int, pseudo: dict[str, int]) -> dict[str, Any]:
    """Train one vector a word, cluster the contexts of each target word by k-means, and choose the nearest center."""
    encoded = embed.encode(embed.TextCorpus(path))
    started = time.process_time()
    model = _trained(encoded, seed, dim)
    seconds = time.process_time() - started
    joint = make_pseudo_words(embed.TextCorpus(path), seed=seed, **pseudo).test_set(CONTEXTS)
    tests = load_induction_sets(Path(folder) / "wsi")
    figures: dict[str, float] = {}
    for name, recipe in RECIPES.items():
        space = _Contexts.of(model, encoded, recipe, seed)
        for test in tests:
            found = evaluate_sense_induction(_chooser(space, recipe, seed, space.occurrences), test, resamples=0)
            figures[f"{name}: {test.name} ARI"] = _value(found) / 100
        two = replace(recipe, senses=2, same=None)
        found = evaluate_sense_induction(_chooser(space, two, seed, None), joint, resamples=0)
        figures[f"{name}: pseudo-words ARI"] = _value(found) / 100
    pairs = load_scws(next((Path(folder) / "scws").glob("ratings*")))
    figures["one vector a word: scws"] = _value(evaluate_scws(_cosines(model.vectors), pairs, resamples=0))
    return {"seconds": seconds, "figures": figures}


def trained(*, path: str, folder: str, seed: int, dim: int, senses: int, pseudo: dict[str, int]) -> dict[str, Any]:
    """Train senses with the defaults, one thread, and score their choices; pseudo-words have a model of their own."""
    encoded = embed.encode(embed.TextCorpus(path))
    alone = _trained(encoded, seed, dim)
    started = time.process_time()
    model = _trained(encoded, seed, dim, senses)
    seconds = time.process_time() - started
    vectors, figures = SenseVectors.of(model), dict[str, float]()
    for test in load_induction_sets(Path(folder) / "wsi"):
        found = evaluate_sense_induction(vectors.disambiguate_word, test, resamples=0)
        figures[f"{test.name} ARI"] = _value(found) / 100
    figures["pseudo-words ARI"] = _told_apart(path, seed, dim, pseudo)
    pairs = load_scws(next((Path(folder) / "scws").glob("ratings*")))
    figures["scws avgSimC"] = _value(evaluate_scws(vectors.similarities, pairs, resamples=0))
    one = _value(evaluate_scws(_cosines(alone.vectors), pairs, resamples=0))
    figures["scws above one vector"] = figures["scws avgSimC"] - one
    figures["speed beside one vector"] = model.history[-1].tokens_per_second / alone.history[-1].tokens_per_second
    return {"seconds": seconds, "figures": figures}


def lever(
    *, path: str, folder: str, seed: int, dim: int, senses: int, pseudo: dict[str, int], lever: str
) -> dict[str, Any]:
    """Train senses with a lever, one thread, and score them on what settings may be chosen by."""
    for name, value in LEVERS.get(lever, {}).items():
        module, _, constant = name.rpartition(".")
        getattr(importlib.import_module(module), constant)  # it must be there
        setattr(importlib.import_module(module), constant, value)
    encoded = embed.encode(embed.TextCorpus(path))
    started = time.process_time()
    vectors, figures = SenseVectors.of(_trained(encoded, seed, dim, senses)), dict[str, float]()
    seconds = time.process_time() - started
    for test in load_induction_sets(Path(folder) / "wsi"):
        if "2010" not in test.name:  # kept for the end
            found = evaluate_sense_induction(vectors.disambiguate_word, test, resamples=0)
            figures[f"{test.name} ARI"] = _value(found) / 100
    figures["pseudo-words ARI"] = _told_apart(path, seed, dim, pseudo)
    return {"seconds": seconds, "figures": figures}


def _told_apart(path: str, seed: int, dim: int, pseudo: dict[str, int]) -> float:
    """Return the index of pseudo-words by a model of their own, with two senses a word."""
    joint = make_pseudo_words(embed.TextCorpus(path), seed=seed, **pseudo)
    two = SenseVectors.of(_trained(embed.encode(joint), seed, dim, 2))
    return _value(evaluate_sense_induction(two.disambiguate_word, joint.test_set(), resamples=0)) / 100


def _trained(encoded: embed.EncodedCorpus, seed: int, dim: int, senses: int = 0) -> embed.Model:
    """Train words without n-grams on one thread, as senses are without more flags."""
    settings = {"subword": False, "structured": False, "senses": senses, "dim": dim, "seed": seed}
    with warnings.catch_warnings(action="ignore", category=AdviceWarning):
        return embed.train(encoded, threads=1, progress=False, **settings)


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
    space: _Contexts, recipe: Recipe, seed: int, learned: Callable[[str, int], Ids] | None
) -> Callable[[str, Sequence[Context]], list[int | None]]:
    """Return a model of senses: clusters of the learned contexts of a word, or else of those that are asked for."""
    kmeans = importlib.import_module("sklearn.cluster").KMeans

    def choose(word: str, contexts: Sequence[Context]) -> list[int | None]:
        asked = space.ids_of(contexts)
        ids = asked if learned is None else learned(word, seed)
        if len(ids) < max(recipe.senses, _LEAST_CONTEXTS):
            return [None] * len(contexts)
        found = kmeans(recipe.senses, n_init=2, random_state=seed).fit(space.vectors(ids))
        senses = _merged(found.cluster_centers_, recipe.same)
        chosen: list[int | None] = senses[found.predict(space.vectors(asked))].tolist()
        return chosen

    return choose


def _merged(centers: Float32s, same: float | None) -> npt.NDArray[np.int64]:
    """Return the sense of each center."""
    if same is None:
        return np.arange(len(centers))
    cluster = importlib.import_module("sklearn.cluster").AgglomerativeClustering
    settings = {"metric": "cosine", "linkage": "average", "distance_threshold": 1 - same}
    senses: npt.NDArray[np.int64] = cluster(n_clusters=None, **settings).fit_predict(centers)
    return senses


@dataclass(frozen=True)
class _Contexts:
    """Vectors of contexts: the direction of the sum of the vectors of the words around.

    Attributes
    ----------
    encoded : EncodedCorpus
        The text.
    rows : float32[V, dim]
    places : float32[2 x REACH]
        The weight of each place.
    mean, whitening : float32[dim], float32[dim, directions]
        The direction of a sum, less the mean, is multiplied by this matrix, and has length 1 again.
    """

    encoded: embed.EncodedCorpus
    rows: Float32s
    places: Float32s
    mean: Float32s
    whitening: Float32s

    @classmethod
    def of(cls, model: embed.Model, encoded: embed.EncodedCorpus, recipe: Recipe, seed: int) -> _Contexts:
        words, dim = len(model.vocabulary.words), model.config.dim
        rows = np.array((model.parameters.outputs if recipe.outputs else model.parameters.inputs)[:words, :dim])
        if recipe.sif:
            shares = np.asarray(model.vocabulary.counts, np.float64) / encoded.ids.size
            rows *= (recipe.sif / (recipe.sif + shares)).astype(np.float32)[:, None]
        places = (np.abs(_distances().astype(np.float64)) ** -recipe.distance).astype(np.float32)
        plain = cls(encoded, rows, places, np.zeros(dim, np.float32), np.eye(dim, dtype=np.float32))
        if not recipe.whitening:
            return plain
        drawn = np.random.default_rng(seed).integers(0, encoded.ids.size, SAMPLE)
        sample = plain.vectors(plain.around(drawn))
        mean = sample.mean(axis=0)
        _, spreads, directions = np.linalg.svd(sample - mean, full_matrices=False)
        scales = np.maximum(spreads, 1e-6 * spreads[0]) ** -recipe.whitening
        return cls(encoded, rows, places, mean, (directions.T * scales)[:, : recipe.directions])

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
        return unit_rows((sums - self.mean) @ self.whitening)


def _distances() -> npt.NDArray[np.int64]:
    """Return the places around a position: -REACH to REACH without 0."""
    return np.delete(np.arange(-REACH, REACH + 1), REACH)
