"""Give the lanes of a cluster their texts, again if the worker of a lane has been replaced.

A text that was encoded here is cut into parts and sent (:class:`SentTexts`). One that the workers have read
(:mod:`embed.training.backends.sharded`) goes from worker to worker.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from embed.errors import ClusterError
from embed.messages import option
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.part_corpus import PartCorpus, parts
from embed.training.backends.crew import Crew

__all__ = ["SentTexts", "Texts", "too_few_sentences"]


class Texts(Protocol):
    """The texts of the lanes.

    Attributes
    ----------
    lengths : int64[K]
        The tokens of each.
    """

    lengths: NDArray[np.int64]

    def give(self, lanes: Sequence[int]) -> None:
        """Give the workers of these lanes their texts.

        Raises
        ------
        LaneLost
            A worker has died.
        """

    def lose(self, lane: int) -> None:
        """Note that the worker of a lane has been replaced."""


class SentTexts:
    """Parts of an encoded text, sent to the workers; a :class:`Texts`.

    Parameters
    ----------
    corpus : EncodedCorpus
    tokens : int
        The text ends after so many tokens, with a sentence.
    lanes : int
    crew : Crew

    Raises
    ------
    ClusterError
        The text has too few sentences.
    """

    def __init__(self, corpus: EncodedCorpus, tokens: int, lanes: int, crew: Crew) -> None:
        cut = parts(corpus, tokens, lanes)
        if len(cut) < lanes:
            raise too_few_sentences(corpus.sentences, lanes)
        self._parts = [PartCorpus(corpus, part.start, part.stop) for part in cut]
        self._vocabulary, self._crew = corpus.vocabulary, crew
        self.lengths = np.array([part.tokens for part in self._parts])

    def give(self, lanes: Sequence[int]) -> None:
        """Send the parts of these lanes."""
        crew = self._crew
        vocabulary = crew.put(self._vocabulary)
        for lane in lanes:
            text = copy.copy(self._parts[lane])
            del text.vocabulary  # which all lanes share
            crew.values(crew.call(lane, "take", text, vocabulary))

    def lose(self, lane: int) -> None:
        """Do nothing: all texts are here."""


def too_few_sentences(sentences: int, lanes: int) -> ClusterError:
    """Return the error for a text that cannot be cut into so many lanes."""
    return ClusterError(f"cannot cut {sentences:,} sentences into parts for {lanes} workers: lower {option('workers')}")
