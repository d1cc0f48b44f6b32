"""Train one part of the text in each of several places, and merge what they learn.

The text is cut into lanes, one for each worker. In a round every lane trains its next `merge_tokens` tokens, from the
same parameters; then the changes are merged (:mod:`embed.merging`), and all go on from the result. Each worker merges
every K-th row, so a merge moves each changed row to its owner and back, to all. The calls of a round are given out at
once: workers wait for each other's results, not for this process.

If a worker dies, another takes its lane. Whoever has the parameters of the latest merge gives them to the rest, and the
round is trained again: every token is in the result once. If nobody has them, training goes back to the last copy here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from embed.errors import ClusterError, ClusterWarning, ConfigError, advise
from embed.merging.merger import Cut
from embed.messages import option
from embed.model.parameters import Parameters
from embed.training.backends.crew import Crew, Handle, LaneLost
from embed.training.backends.lane import Setup, Trained
from embed.training.backends.local import local_backend
from embed.training.backends.sharded import ShardedCorpus
from embed.training.backends.task import Task
from embed.training.backends.texts import SentTexts, Texts
from embed.training.backends.threads import infinite_matrix
from embed.training.schedule import Schedule

__all__ = ["Cluster", "merge_tokens"]

_POLL_SECONDS = 0.1
_MERGES_PER_EPOCH, _LEAST_TOKENS, _MOST_TOKENS = 16, 1 << 13, 1 << 22
"""How many merges an epoch of many workers has, unless a lane would then train fewer or more tokens between two."""
_MOST_LOSSES = 5
"""Workers that may die one after the other without a merge between them, for each lane."""


def merge_tokens(tokens: int, workers: int) -> int:
    """Return how many of its `tokens` a worker trains between two merges, by default: an equal share of them.

    What costs quality is what all others train meanwhile, (K - 1) / K of the text between two merges: so two workers
    merge half as often as many do.
    """
    others = 1 - 1 / workers if workers > 1 else 1.0
    merges = min(round(_MERGES_PER_EPOCH * others), max(tokens // _LEAST_TOKENS, 1))
    return -(-tokens // max(merges, -(-tokens // _MOST_TOKENS)))


class Cluster:
    """Trains a task with a worker for each lane; a :class:`embed.training.backends.Backend`.

    Parameters
    ----------
    task : Task
    crew : Crew

    Raises
    ------
    ClusterError
        The text has too few sentences for the workers.
    """

    step = 1

    def __init__(self, task: Task, crew: Crew) -> None:
        assert task.config.workers is not None
        self._task, self._crew = task, crew
        corpus, lanes = task.corpus, task.config.workers
        self._texts: Texts
        if isinstance(corpus, ShardedCorpus):
            self._texts = corpus.texts(task.tokens, lanes)
        else:
            self._texts = SentTexts(corpus, task.tokens, lanes, crew)
        self._waves = Cut.of(task.parameters.matrices(), lanes).waves
        self._lanes, lengths = range(lanes), self._texts.lengths
        longest = int(lengths.max())
        size = task.config.merge_tokens or merge_tokens(longest, lanes)
        rounds = -(-longest // size)
        ends = np.minimum(np.arange(rounds + 1)[:, None] * size, lengths)
        self._ends, self._positions = ends, ends.sum(axis=1)
        self._setups = [
            Setup(
                task.config,
                task.parameters.buckets,
                task.subsample,
                task.threads,
                task.variant,
                lane,
                lanes,
            )
            for lane in self._lanes
        ]
        self._new = set(self._lanes)  # whose workers have not begun
        self._is_started = False
        self._is_fetched = True  # the parameters of the task are those after the latest merge
        self._merges = self._safe_merges = self._losses = 0
        self._trained: list[Trained] | None = None
        self.loss, self.examples = 0.0, 0

    def begin_epoch(self, loss: float = 0.0, examples: int = 0, *, has_senses: bool = False) -> None:
        """Set the sums of the epoch to zero, or to those of an interrupted epoch."""
        self.loss, self.examples = loss, examples

    def train(self, tokens: range, epoch: int, schedule: Schedule, watch: Callable[[int], bool]) -> int:
        """Train whole rounds; see :meth:`embed.training.backends.Backend.train`.

        Raises
        ------
        ClusterError
            Workers keep dying.
        ConfigError
            The stretch begins between two merges.
        """
        if not self._is_started:
            self._is_started = True
            self._crew.start(len(self._lanes))
            self._until_agreed(lambda: self._load(self._lanes))
        begin = number = int(np.searchsorted(self._positions, tokens.start))
        if self._positions[begin] != tokens.start:
            raise ConfigError(
                f"cannot resume at token {tokens.start:,} of the epoch, where these workers do not merge: give "
                f"{option('workers')} and {option('merge_tokens')} of the run that is resumed"
            )
        sums = self.loss, self.examples
        is_asked = False
        while True:
            is_done = is_asked or number + 1 == len(self._positions) or self._positions[number] >= tokens.stop
            position = int(self._positions[number])
            try:
                if is_done:
                    if not self._is_fetched:
                        self._fetch()
                    return position
                trained = self._round(epoch, number, partial(watch, position))
            except LaneLost:
                merged = self._until_agreed(self._agreed)
                if merged is None:
                    if self._is_fetched:  # all workers have lost the parameters
                        number, is_asked, (self.loss, self.examples) = begin, False, sums
                    continue
                trained = merged
            self._is_fetched = False
            self.loss += sum(part.loss for part in trained)
            self.examples += sum(part.examples for part in trained)
            number += 1
            is_asked = not np.isfinite(self.loss) or bool(watch(int(self._positions[number])))

    def _round(self, epoch: int, number: int, watch: Callable[[], Any]) -> list[Trained]:
        """Train a round and merge it."""
        crew, lanes, self._trained = self._crew, self._lanes, None
        trained = [
            crew.call(lane, "lane.train", epoch, int(self._ends[number, lane]), int(self._ends[number + 1, lane]))[0]
            for lane in lanes
        ]
        adopted: list[Handle] = []
        if len(lanes) > 1:
            # a call that needs a lost result fails, and so must whatever comes after it: hence the chain of handles
            met = [crew.call(lane, "lane.meet", *trained)[0] for lane in lanes]
            taken: list[list[Handle]] = [[] for _ in lanes]
            changes = self._changes(0)
            for wave in range(self._waves):
                merged = [
                    crew.call(lane, "lane.merge", wave, met[lane], *(found[lane] for found in changes))[0]
                    for lane in lanes
                ]
                if wave + 1 < self._waves:  # while these are on their way
                    changes = self._changes(wave + 1)
                for lane in lanes:
                    taken[lane] += crew.call(lane, "lane.take", wave, *merged)
            adopted = [crew.call(lane, "lane.adopt", self._merges + 1, *taken[lane])[0] for lane in lanes]
        for handles in (trained, adopted):
            while not crew.wait(handles, _POLL_SECONDS):
                watch()
            found = crew.values(handles)
            self._trained = self._trained or found
        self._merges += 1
        self._losses = 0
        assert self._trained is not None
        tokens = sum(part.tokens for part in self._trained)
        if tokens != self._positions[number + 1] - self._positions[number]:
            raise ClusterError(f"the workers have trained {tokens:,} tokens between two merges, not those of the text")
        return self._trained

    def _changes(self, wave: int) -> list[list[Handle]]:
        """Let all lanes extract their changes of a wave; return those of each lane for each owner."""
        return [self._crew.call(lane, "lane.changes", wave, results=len(self._lanes)) for lane in self._lanes]

    def _until_agreed(self, agree: Callable[[], list[Trained] | None]) -> list[Trained] | None:
        """Replace lost workers until all have the same parameters; return what `agree` returns."""
        while True:
            try:
                for lane in self._lanes:
                    if not self._crew.is_alive(lane):
                        advise(
                            f"the worker of part {lane + 1} has died; its last tokens are trained again",
                            ClusterWarning,
                        )
                        self._crew.replace(lane)
                        self._texts.lose(lane)
                        self._new.add(lane)
                self._begin()
                return agree()
            except LaneLost as error:
                self._losses += 1
                if self._losses > _MOST_LOSSES * len(self._lanes):
                    raise ClusterError(
                        f"workers have died {self._losses} times without a merge between: see the logs of the cluster "
                        "for the reason (often too little memory)"
                    ) from error

    def _begin(self) -> None:
        """Give new workers their texts, and let them begin."""
        new = sorted(self._new)
        self._texts.give(new)
        crew = self._crew
        crew.values([crew.call(lane, "begin", self._setups[lane])[0] for lane in new])
        self._new.clear()

    def _agreed(self) -> list[Trained] | None:
        """Give all lanes the parameters of the latest merge; return the sums of the round if it is merged."""
        crew = self._crew
        known = crew.values([crew.call(lane, "lane.known_merges")[0] for lane in self._lanes])
        latest = max((merges for merges in known if merges is not None), default=None)
        is_merged = latest == self._merges + 1
        if latest is None or (is_merged and self._trained is None) or len(self._lanes) == 1:
            self._load(self._lanes)
            self._is_fetched = True
            return None
        matrices = crew.call(known.index(latest), "lane.matrices")[0]
        behind = [lane for lane in self._lanes if known[lane] != latest]
        loads = [crew.call(lane, "lane.load", matrices, latest)[0] for lane in behind]
        rewinds = [crew.call(lane, "lane.rewind")[0] for lane in self._lanes if lane not in behind]
        crew.values([*loads, *rewinds])
        if not is_merged:
            return None
        self._merges += 1
        return self._trained

    # parameters

    def _load(self, lanes: Sequence[int]) -> None:
        """Give lanes the parameters of the task."""
        matrices = self._crew.put(self._task.parameters.matrices())
        self._crew.values([self._crew.call(lane, "lane.load", matrices, self._safe_merges)[0] for lane in lanes])
        self._merges = self._safe_merges

    def _fetch(self) -> None:
        """Copy the parameters from a worker; raises LaneLost if all have died."""
        for lane in self._lanes:
            try:
                [matrices] = self._crew.values(self._crew.call(lane, "lane.matrices"))
            except LaneLost:
                continue
            for name, matrix in self._task.parameters.matrices().items():
                matrix[...] = matrices[name]
            self._is_fetched, self._safe_merges = True, self._merges
            return
        raise LaneLost

    def fetch(self) -> Parameters:
        """Return the parameters, which are copied here at the end of each stretch."""
        return self._task.parameters

    def held_out_loss(self, tokens: range) -> float | None:
        """Measure the mean loss of an example in `tokens`, on this machine."""
        corpus = self._task.corpus
        if isinstance(corpus, ShardedCorpus):
            corpus = corpus.end(tokens.start)
        return local_backend(replace(self._task, corpus=corpus)).held_out_loss(tokens)

    def infinite(self) -> str | None:
        """Return the name of a matrix that holds NaN or infinity, or None."""
        return infinite_matrix(self._task.parameters)

    def close(self) -> None:
        """End all workers."""
        self._crew.close()
