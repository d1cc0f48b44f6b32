"""Be a worker of a cluster: read shards of the text, then train a lane of it.

A :class:`~embed.training.backends.crew.Crew` calls a worker's methods by name, those of its lane as ``lane.train``.
"""

from __future__ import annotations

import copy
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embed.engine.machine import simd
from embed.model.parameters import Parameters
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.shard import Shard, TextWriter
from embed.training.backends.lane import Lane, Setup
from embed.training.backends.task import Task
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["Worker"]

_COUNT_BLOCK = 1 << 22
"""Tokens counted at a time."""


class Worker:
    """What one worker holds: shards of the text, the text of its lane, and the lane.

    Attributes
    ----------
    shards : dict of Shard
        By the number of their share of the text.
    text : TextWriter or None
        The text of the lane, while it is written.
    lane : Lane or None
    """

    def __init__(self) -> None:
        self.shards: dict[int, Shard] = {}
        self.text: TextWriter | None = None
        self.lane: Lane | None = None
        self._corpus: EncodedCorpus | None = None

    def run(self, method: str, *arguments: Any) -> Any:
        """Call a method, of the worker or of what it holds."""
        return attrgetter(method)(self)(*arguments)

    # the shards

    def shard(self, number: int, method: str, *arguments: Any) -> Any:
        """Call a method of a shard."""
        return getattr(self.shards.setdefault(number, Shard()), method)(*arguments)

    def progress(self) -> tuple[int, int]:
        """Return the tokens and bytes that have been counted so far; another thread may call this."""
        seen = [shard.progress() for shard in [*self.shards.values()]]
        return sum(tokens for tokens, _ in seen), sum(size for _, size in seen)

    # the text of the lane

    def take(self, text: EncodedCorpus, vocabulary: Vocabulary) -> int:
        """Take a text, which comes without its vocabulary; return its tokens."""
        self._leave_text()
        self._corpus = copy.copy(text)
        self._corpus.vocabulary = vocabulary
        return self._corpus.tokens

    def take_shard(self, number: int) -> NDArray[np.int64]:
        """Take a whole shard; return how often it has each word."""
        self._leave_text()
        self._corpus = self.shards[number].text()
        return self._counts()

    def begin_text(self) -> None:
        """Begin to write a text."""
        self._leave_text()
        self.text = TextWriter()

    def add_own(self, number: int, first: int, last: int) -> None:
        """Add the sentences first..last-1 of a shard."""
        assert self.text is not None
        self.text.add(*self.shards[number].sentences(first, last))

    def end_text(self, vocabulary: Vocabulary) -> NDArray[np.int64]:
        """Take the text that has been written; return how often it has each word."""
        assert self.text is not None
        self._corpus, self.text = self.text.end(vocabulary), None
        return self._counts()

    def _counts(self) -> NDArray[np.int64]:
        assert self._corpus is not None
        ids, counts = self._corpus.ids, np.zeros(len(self._corpus.vocabulary), np.int64)
        for first in range(0, len(ids), _COUNT_BLOCK):
            counts += np.bincount(ids[first : first + _COUNT_BLOCK], minlength=len(counts))
        return counts

    def _leave_text(self) -> None:
        self.lane = self._corpus = None
        if self.text is not None:
            self.text.abandon()
            self.text = None

    # the lane

    def begin(self, setup: Setup) -> None:
        """Begin a lane, without parameters."""
        corpus = self._corpus
        assert corpus is not None
        parameters = Parameters.empty(corpus.vocabulary, setup.config, setup.buckets)
        task = Task(
            corpus, setup.config, parameters, corpus.tokens, setup.subsample, setup.threads, simd(), setup.variant
        )
        self.lane = Lane(task, setup.lane, setup.lanes)

    def close(self) -> None:
        """Remove all files."""
        self._leave_text()
        for shard in self.shards.values():
            shard.close()
