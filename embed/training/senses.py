"""Begin the senses of words, and estimate how frequent each is.

Words first train with one vector each. Then the contexts of up to 300 occurrences of each word with senses are
clustered (k-means), clusters that are near each other are merged, and the selectors of its senses start as the centres.
From then on, training moves them (:mod:`embed.engine._senses`; docs/decisions/0038-senses.md).

The context rows are the input vectors without their mean. In the principal directions of contexts, they are divided by
the power 0.375 of its variance: otherwise the first directions, which say what a text is about, would hide the others.
A frequent word says less of its surroundings (the weight a / (a + frequency) of Arora, Liang & Ma 2017).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from embed.engine._senses import contexts_of, occurrences_of
from embed.model.parameters import Parameters
from embed.model.senses import CONTEXT_REACH, probabilities
from embed.pieces import pieces
from embed.text.encoded_corpus import EncodedCorpus
from embed.vectors.search import unit_rows

__all__ = ["begin_senses", "estimate_priors", "kmeans", "merged", "weigh_contexts"]

Float32s = NDArray[np.float32]

_WEIGHT = 1e-3
_VARIANCE_POWER = 0.375
_SHARPNESS = 8.0
"""Scores of senses are cosines times this, at first."""
_OCCURRENCES, _SAMPLE = 300, 20_000
"""Contexts that a word's senses are made of, and that the directions are made of."""
_RESTARTS, _ROUNDS = 2, 12
_WORDS_AT_ONCE, _WORDS_A_PASS = 100, 1 << 15
"""Words that are clustered together, and whose occurrences are drawn in one pass over the text."""
_MERGE_ABOVE, _LEAST_SENSES = 0.4, 2
"""Clusters of contexts are one sense if the cosines of their centres are above this on average."""


def begin_senses(corpus: EncodedCorpus, parameters: Parameters, seed: int) -> None:
    """Set the contexts and selectors of trained parameters; the rows of the senses start at zero."""
    dim, rng = parameters.dim, np.random.default_rng(seed)
    parameters.contexts[:, :dim] = parameters.word_matrix()
    weigh_contexts(corpus, parameters.contexts, dim, rng)
    parameters.sense_rows[:] = 0
    parameters.selectors[:] = 0
    for senses, contexts in _sampled(corpus, parameters, seed):
        for own, centres, sizes in zip(senses, *kmeans(contexts, senses.shape[1], rng), strict=True):
            centres = merged(centres, sizes)
            parameters.selectors[own[: len(centres)], :dim] = _SHARPNESS * (centres - centres.mean(axis=0))


def estimate_priors(corpus: EncodedCorpus, parameters: Parameters, seed: int) -> None:
    """Set the prior of each sense to its mean probability in some occurrences of its word."""
    dim = parameters.dim
    for senses, contexts in _sampled(corpus, parameters, seed):
        selectors = parameters.selectors[senses, :dim]
        scores = contexts @ selectors.transpose(0, 2, 1)
        is_sense = np.asarray(selectors.any(axis=2))
        scores[np.broadcast_to(~is_sense[:, None], scores.shape)] = -np.inf
        is_used = is_sense.any(axis=1)
        parameters.priors[senses[is_used]] = probabilities(scores[is_used]).mean(axis=1)


def _sampled(corpus: EncodedCorpus, parameters: Parameters, seed: int) -> Iterator[tuple[NDArray[np.int32], Float32s]]:
    """Yield the senses of some words, int32[W, K], and contexts of as many occurrences of each, float32[W, n, dim].

    Words of about the same number of occurrences come together, with as many as the rarest of them.
    """
    assert parameters.sense_offsets is not None
    each, dim = np.diff(parameters.sense_offsets), parameters.dim
    with_senses = np.flatnonzero(each)
    for start in range(0, len(with_senses), _WORDS_A_PASS):
        words = with_senses[start : start + _WORDS_A_PASS]
        numbers = np.full(len(each), -1, np.int32)
        numbers[words] = np.arange(len(words))
        positions = occurrences_of(corpus.ids, numbers, len(words), _OCCURRENCES, seed)
        found = (positions >= 0).sum(axis=1)
        order = np.lexsort([found, each[words]])
        for first in range(0, len(order), _WORDS_AT_ONCE):
            for count in np.unique(each[words[order[first : first + _WORDS_AT_ONCE]]]):
                batch = order[first : first + _WORDS_AT_ONCE]
                batch = batch[each[words[batch]] == count]
                n = int(found[batch].min())
                chosen = np.sort(positions[batch, :n], axis=None)
                contexts = contexts_of(corpus.ids, corpus.offsets, chosen, parameters.contexts, dim, CONTEXT_REACH)
                places = np.searchsorted(chosen, positions[batch, :n])
                senses = parameters.sense_offsets[words[batch], None] + np.arange(count, dtype=np.int32)
                yield senses, contexts[places]


def weigh_contexts(corpus: EncodedCorpus, matrix: Float32s, dim: int, rng: np.random.Generator) -> None:
    """Turn the vectors of words into what each adds to the contexts of others, in place.

    Parameters
    ----------
    corpus : EncodedCorpus
    matrix : float32[V, at least dim]
    dim : int
    rng : Generator
        Draws the positions whose contexts count.
    """
    rows = matrix[:, :dim]
    frequencies = corpus.vocabulary.counts / corpus.vocabulary.counts.sum()
    weights = (_WEIGHT / (_WEIGHT + frequencies)).astype(np.float32)
    shares = (weights * frequencies).astype(np.float32)
    rows -= shares @ rows / shares.sum()
    rows *= weights[:, None]
    positions = np.sort(rng.choice(len(corpus.ids), min(_SAMPLE, len(corpus.ids)), replace=False))
    contexts = contexts_of(corpus.ids, corpus.offsets, positions, matrix, dim, CONTEXT_REACH).astype(np.float64)
    variances, directions = np.linalg.eigh(contexts.T @ contexts / len(contexts))
    scaled = directions * np.maximum(variances, np.finfo(np.float32).tiny) ** -_VARIANCE_POWER
    for part in pieces(len(rows), matrix.strides[0]):
        rows[part] = rows[part] @ scaled.astype(np.float32)


def kmeans(points: Float32s, clusters: int, rng: np.random.Generator) -> tuple[Float32s, Float32s]:
    """Cluster several sets of points, each by itself; return centres and sizes of the best of two starts.

    Parameters
    ----------
    points : float32[W, n, dim]
    clusters : int
    rng : Generator

    Returns
    -------
    float32[W, clusters, dim], float32[W, clusters]

    Notes
    -----
    The starts are those of k-means++ (Arthur & Vassilvitskii 2007). scipy.cluster.vq.kmeans2 does one set at a time,
    which takes ten times as long for thousands of small ones.
    """
    best = np.zeros((len(points), clusters, points.shape[2]), np.float32)
    best_sizes, least = np.zeros((len(points), clusters), np.float32), np.full(len(points), np.inf)
    for _ in range(_RESTARTS):
        centres = _spread_centres(points, clusters, rng)
        for _ in range(_ROUNDS):
            nearest = _distances(points, centres).argmin(axis=2)
            belongs = (nearest[:, :, None] == np.arange(clusters)).astype(np.float32)
            sizes = belongs.sum(axis=1)
            means = belongs.transpose(0, 2, 1) @ points / np.maximum(sizes, 1)[:, :, None]
            centres = np.where(sizes[:, :, None] > 0, means, centres)
        spread = _distances(points, centres).min(axis=2).sum(axis=1)
        is_better = spread < least
        best[is_better], best_sizes[is_better], least[is_better] = (
            found[is_better] for found in (centres, sizes, spread)
        )
    return best, best_sizes


def merged(centres: Float32s, sizes: Float32s) -> Float32s:
    """Return the centres of clusters, float32[K, dim], with those merged whose cosines are above 0.4 on average.

    Two are left at least.
    """
    unit = unit_rows(centres)
    cosines = (unit @ unit.T).astype(np.float64)
    np.fill_diagonal(cosines, -np.inf)
    found, members = np.arange(len(unit)), np.ones(len(unit))
    for _ in range(len(unit) - _LEAST_SENSES):
        first, second = divmod(int(cosines.argmax()), len(unit))
        if cosines[first, second] < _MERGE_ABOVE:
            break
        both = members[[first, second]] @ cosines[[first, second]] / members[[first, second]].sum()
        both[first] = -np.inf
        cosines[first] = cosines[:, first] = both
        cosines[second] = cosines[:, second] = -np.inf
        members[first] += members[second]
        found[found == second] = first
    weights = np.maximum(sizes, 1e-6)
    return np.array([np.average(centres[found == c], axis=0, weights=weights[found == c]) for c in np.unique(found)])


def _spread_centres(points: Float32s, clusters: int, rng: np.random.Generator) -> Float32s:
    """Return centres of which each is a point drawn in proportion to its squared distance from those before."""
    sets = np.arange(len(points))
    centres = points[sets, rng.integers(points.shape[1], size=len(points))][:, None]
    while centres.shape[1] < clusters:
        sums = np.cumsum(np.maximum(_distances(points, centres).min(axis=2), 0), axis=1)
        drawn = (sums < rng.random((len(points), 1)) * sums[:, -1:]).sum(axis=1)
        centres = np.concatenate([centres, points[sets, np.minimum(drawn, points.shape[1] - 1)][:, None]], axis=1)
    return centres


def _distances(points: Float32s, centres: Float32s) -> Float32s:
    """Return the squared distances of each point from each centre of its set, float32[W, n, clusters]."""
    distances = (centres**2).sum(axis=2)[:, None] - 2 * (points @ centres.transpose(0, 2, 1))
    found: Float32s = distances + (points**2).sum(axis=2)[:, :, None]
    return found
