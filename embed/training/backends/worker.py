"""Be a worker of a cluster: read shards of the text, then train lanes of it.

A :class:`~embed.training.backends.crew.Crew` calls a worker's methods by name, those of its lanes as ``lanes.train``.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embed.text.encoded_corpus import EncodedCorpus
from embed.text.shard import Shard, TextWriter
from embed.training.backends.lanes import Lanes, Setup
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["Worker"]

_COUNT_BLOCK = 1 << 22
"""Tokens counted at a time."""


class Worker:
    """What one worker holds: shards of the text, and lanes.

    Attributes
    ----------
    shards : dict of Shard
        By the number of their share of the text.
    text : TextWriter or None
        The text of a lane, while it is written.
    lanes : Lanes or None
        None before they begin.
    """

    def __init__(self) -> None:
        self.shards: dict[int, Shard] = {}
        self.text: TextWriter | None = None
        self.lanes: Lanes | None = None

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

    def drop(self, number: int) -> None:
        """Remove a shard, if it is here."""
        if (shard := self.shards.pop(number, None)) is not None:
            shard.close()

    # the texts of lanes

    def hold_shard(self, lane: int, number: int) -> NDArray[np.int64]:
        """Take a whole shard as the text of a lane; return how often it has each word."""
        return self._hold(lane, self.shards[number].text())

    def begin_text(self) -> None:
        """Begin to write a text."""
        self._leave_text()
        self.text = TextWriter()

    def add_own(self, number: int, first: int, last: int) -> None:
        """Add the sentences first..last-1 of a shard."""
        assert self.text is not None
        self.text.add(*self.shards[number].sentences(first, last))

    def hold_text(self, lane: int, vocabulary: Vocabulary) -> NDArray[np.int64]:
        """Take the text that has been written as that of a lane; return how often it has each word."""
        assert self.text is not None
        text, self.text = self.text.end(vocabulary), None
        return self._hold(lane, text)

    def _hold(self, lane: int, text: EncodedCorpus) -> NDArray[np.int64]:
        assert self.lanes is not None
        self.lanes.hold(lane, text)
        ids, counts = text.ids, np.zeros(len(text.vocabulary), np.int64)
        for first in range(0, len(ids), _COUNT_BLOCK):
            counts += np.bincount(ids[first : first + _COUNT_BLOCK], minlength=len(counts))
        return counts

    def _leave_text(self) -> None:
        if self.text is not None:
            self.text.abandon()
            self.text = None

    # the lanes

    def begin(self, setup: Setup, vocabulary: Vocabulary) -> None:
        """Begin to train, without parameters and texts."""
        self.lanes = Lanes(setup, vocabulary)

    def close(self) -> None:
        """Remove all files."""
        self._leave_text()
        self.lanes = None
        for shard in self.shards.values():
            shard.close()
