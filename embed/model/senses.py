"""The senses of words: which words have some, and what each of them adds to the vector of its word.

Grzegorczyk & Kurdziel 2018 give a word several vectors, and selectors that choose among them by the context. Here the
vector of a sense is that of its word plus a row of its own, so that a rare sense stays near its word
(docs/decisions/0038-senses.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embed.config.train import TrainConfig

__all__ = ["CONTEXT_REACH", "LEAST_PRIOR", "Senses", "offsets_of_senses", "probabilities"]

Float32s = NDArray[np.float32]

CONTEXT_REACH = 10
"""How many known words to each side are the context of a word in a text."""
LEAST_PRIOR = 0.05
"""A sense that is rarer among the occurrences of its word is left out (Grzegorczyk & Kurdziel 2018)."""


@dataclass(frozen=True, eq=False)
class Senses:
    """The senses of the words of a vocabulary.

    Attributes
    ----------
    offsets : int32[V + 1]
        The senses of word i are ``offsets[i]..offsets[i + 1] - 1``; a word has none, or several.
    vectors : float32[S, dim]
        What a sense adds to the vector of its word.
    selectors : float32[S, dim]
        Sense k of a word has the probability p_k = softmax(selectors @ c)_k in the context c.
    contexts : float32[V, dim]
        The context of a position is the direction of the sum of the rows of the words around it, in which a word at the
        distance t counts 1 / t.
    priors : float32[S]
        The share of each sense in the occurrences of its word; zeros before the end of the training.
    """

    offsets: NDArray[np.int32]
    vectors: Float32s
    selectors: Float32s
    contexts: Float32s
    priors: Float32s

    def of_word(self, word: int) -> slice:
        """Return the numbers of the senses of a word."""
        return slice(int(self.offsets[word]), int(self.offsets[word + 1]))


def offsets_of_senses(counts: NDArray[np.int64], config: TrainConfig) -> NDArray[np.int32]:
    """Return rows for the senses of words with these counts, int32[V + 1].

    Those of word i are ``offsets[i]..offsets[i + 1] - 1``: `config.senses` for each word that occurs
    `config.sense_min_count` times or more.
    """
    each = np.where(counts >= config.sense_min_count, config.senses, 0)
    return np.concatenate([[0], np.cumsum(each)]).astype(np.int32)


def probabilities(scores: Float32s) -> Float32s:
    """Return the softmax of scores over their last axis."""
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    found: Float32s = weights / weights.sum(axis=-1, keepdims=True)
    return found
