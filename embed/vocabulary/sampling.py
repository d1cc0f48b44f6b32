"""Compute the probabilities of subsampling and noise, and their tables of 32-bit integers for the core.

Both tables are exact to 2**-32: a probability p becomes the threshold ``ceil(p * 2**32) - 1``, and a 32-bit draw
succeeds if it does not exceed the threshold. Rejected: word2vec.c's table of 1e8 noise words (inexact for rare words,
a cache miss per draw) and a cumulative table (a binary search per draw).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["alias_table", "gentle_threshold", "keep_probabilities", "noise_distribution", "thresholds"]

_DRAWS = 2.0**32  # the number of values of a 32-bit draw
_SMALL_TEXT, _LEAST_KEPT, _HIGHEST_THRESHOLD, _PRECISION = 50_000, 0.5, 0.01, 1.02


def keep_probabilities(counts: NDArray[np.int64], subsample: float) -> NDArray[np.float64]:
    """Return the probability that a token of each word survives frequent-word subsampling.

    With f the word's share of the corpus and t the threshold it is min(1, sqrt(t / f) + t / f): the form of
    word2vec.c, which keeps a little more than equation 5 of Mikolov et al. 2013 (1 - sqrt(t / f) dropped).

    Parameters
    ----------
    counts : int64[V]
        Occurrences of each word.
    subsample : float
        The threshold t; 0 keeps every token.

    Returns
    -------
    float64[V]
    """
    if subsample == 0:
        return np.ones(len(counts))
    ratio = subsample * counts.sum(dtype=np.float64) / np.maximum(counts, 1)
    keep: NDArray[np.float64] = np.minimum(1.0, np.sqrt(ratio) + ratio)
    return keep


def gentle_threshold(counts: NDArray[np.int64], subsample: float) -> float:
    """Adapt the default threshold to a small text, so that subsampling keeps at least half of its tokens.

    A threshold for large texts would drop nearly all of a text of fewer than 50,000 tokens with few distinct words,
    because each word has a large share of the tokens (docs/decisions/0025-toy-texts.md).

    Parameters
    ----------
    counts : int64[V]
    subsample : float
        The threshold for a large text.

    Returns
    -------
    float
        `subsample`, or a higher threshold, or 0 where the highest advisable one would drop more than half.
    """
    total = int(counts.sum())

    def kept(threshold: float) -> float:
        return float(np.average(keep_probabilities(counts, threshold), weights=counts))

    if not 0 < total < _SMALL_TEXT or kept(subsample) >= _LEAST_KEPT:
        return subsample
    low, high = subsample, _HIGHEST_THRESHOLD
    if low >= high or kept(high) < _LEAST_KEPT:
        return 0.0
    while high / low > _PRECISION:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if kept(middle) >= _LEAST_KEPT else (middle, high)
    step = 10.0 ** (math.floor(math.log10(high)) - 1)
    return float(f"{math.ceil(high / step) * step:.2g}")  # two digits, rounded up


def noise_distribution(counts: NDArray[np.int64], noise_exponent: float) -> NDArray[np.float64]:
    """Return the noise distribution, proportional to counts ** noise_exponent (Mikolov et al. 2013, section 2.2).

    Parameters
    ----------
    counts : int64[V]
        Occurrences of each word, at least 1.
    noise_exponent : float
        1 gives the unigram distribution, 0 the uniform one.

    Returns
    -------
    float64[V]
        Probabilities that sum to 1.
    """
    # relative to the largest count, so that no exponent overflows
    weights: NDArray[np.float64] = np.exp(noise_exponent * (np.log(counts) - np.log(counts.max())))
    weights /= weights.sum()
    return weights


def thresholds(probabilities: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Return for each probability p the uint32 t with (t + 1) / 2**32 nearest to p from above; p = 0 becomes 2**-32."""
    nearest: NDArray[np.float64] = np.clip(np.ceil(probabilities * _DRAWS) - 1, 0, _DRAWS - 1)
    return nearest.astype(np.uint32)


def alias_table(probabilities: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Build the alias table of a distribution (Walker 1977; construction of Vose 1991).

    Slot i is drawn uniformly; it yields i with probability (table[i, 0] + 1) / 2**32, else table[i, 1].

    Parameters
    ----------
    probabilities : float64[V]
        Sums to 1.

    Returns
    -------
    uint32[V, 2]
        Threshold and alias of each slot.
    """
    size = len(probabilities)
    share = (probabilities * size).tolist()
    keep = np.ones(size)
    alias = np.arange(size, dtype=np.uint32)
    small = [i for i, value in enumerate(share) if value < 1]
    large = [i for i, value in enumerate(share) if value >= 1]
    while small and large:
        poor, rich = small.pop(), large[-1]
        keep[poor], alias[poor] = share[poor], rich
        share[rich] -= 1 - share[poor]
        if share[rich] < 1:
            small.append(large.pop())
    # the remaining slots differ from 1 only by rounding and keep their own word
    return np.column_stack([thresholds(keep), alias])
