"""Give the texts of lanes to the workers that will train them.

A text that was encoded here is cut into parts and sent (:class:`SentTexts`). One that the workers have read
(:mod:`embed.training.backends.sharded`) goes from worker to worker.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
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

    def give(self, moves: Mapping[int, int]) -> None:
        """Give the text of each lane of `moves` to a worker: lane -> worker.

        Raises
        ------
        WorkerLost
            A worker has died.
        """

    def lose(self, worker: int) -> None:
        """Note that a worker has left, and others have to take what it had."""


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
        self._crew = crew
        self.lengths = np.array([part.tokens for part in self._parts])

    def give(self, moves: Mapping[int, int]) -> None:
        """Send the parts."""
        crew = self._crew
        for lane, worker in moves.items():
            text = copy.copy(self._parts[lane])
            del text.vocabulary  # which each worker has
            crew.values(crew.call(worker, "lanes.hold", lane, text))

    def lose(self, worker: int) -> None:
        """Do nothing: all texts are here."""


def too_few_sentences(sentences: int, lanes: int) -> ClusterError:
    """Return the error for a text that cannot be cut into so many lanes."""
    return ClusterError(
        f"cannot cut {sentences:,} sentences into {lanes} parts: lower {option('lanes')} or {option('workers')}"
    )
