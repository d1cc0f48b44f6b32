"""Choose the sense of an occurrence by the words around it, as training does (:mod:`embed.engine._senses`)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from embed.engine._senses import contexts_of
from embed.model.senses import CONTEXT_REACH, Senses, probabilities

__all__ = ["Selector", "sorted_senses"]

Float32s = npt.NDArray[np.float32]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

_BLOCK = 1 << 10
"""The most positions whose scores are computed at once, in the second-level cache."""


def sorted_senses(senses: Senses) -> Senses:
    """Return the senses of each word by falling prior; the priors of a word add up to 1.

    A word with a single sense has none in the result: there is nothing to choose.
    """
    words = len(senses.offsets) - 1
    word = np.repeat(np.arange(words), np.diff(senses.offsets))
    counts = np.bincount(word, minlength=words)
    counts[counts == 1] = 0
    totals = np.bincount(word, senses.priors, words)[word]
    # all priors are zero before the end of the training
    priors = np.where(totals > 0, senses.priors / np.where(totals > 0, totals, 1), 1 / np.maximum(counts[word], 1))
    rows = np.lexsort((-priors, word))
    rows = rows[counts[word[rows]] > 0]
    return Senses(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        senses.vectors[rows],
        senses.selectors[rows],
        senses.contexts,
        priors[rows].astype(np.float32),
    )


class Selector:
    """The probabilities of the senses of occurrences.

    Parameters
    ----------
    senses : Senses
        Those to choose from.
    """

    def __init__(self, senses: Senses) -> None:
        self._first, self._sizes = senses.offsets[:-1], np.diff(senses.offsets)
        self._selectors, self._contexts = senses.selectors, np.ascontiguousarray(senses.contexts)

    def probabilities(self, ids: Int32s, offsets: Int64s, positions: Int64s) -> Float32s:
        """Return the probability of each sense at positions of a text.

        Parameters
        ----------
        ids : int32[n]
            The words of the vocabulary in the text, all sentences in one array.
        offsets : int64[s + 1]
            Sentence i is ``ids[offsets[i]:offsets[i + 1]]``; contexts end where it does.
        positions : int64[m]
            Indices in `ids` of words with senses.

        Returns
        -------
        float32[m, K]
            K is the most senses of a word here; a word with fewer has zeros after its own. Rows add up to 1.
        """
        numbers = np.arange(int(self._sizes[ids[positions]].max(initial=0)))
        found = np.zeros((len(positions), len(numbers)), np.float32)
        width = self._contexts.shape[1]
        for first in range(0, len(positions), _BLOCK):
            block = positions[first : first + _BLOCK]
            words = ids[block]
            is_sense = numbers < self._sizes[words][:, None]
            rows = np.where(is_sense, self._first[words][:, None] + numbers, 0)
            contexts = contexts_of(ids, offsets, block, self._contexts, width, CONTEXT_REACH)
            scores = np.einsum("mkw,mw->mk", self._selectors[rows], contexts)
            scores[~is_sense] = -np.inf
            found[first : first + _BLOCK] = probabilities(scores)
        return found
