"""Train parts of the text in several places, and merge what they learn.

The text is cut into lanes. In a round every lane trains its next `merge_tokens` tokens, from the same parameters; then
the changes are merged (:mod:`embed.merging`), and all go on from the result. Of K lanes, every K-th row is a part of
the merge; workers share the parts out, so a merge moves each changed row to one worker and back, to all.

Lanes are not tied to workers. A worker begins with a lane of its own, and takes the next one when it is done, until all
lanes of the round have been taken; so a slow worker trains fewer. The text of a lane is on the worker that it belongs
to; if another one has nothing left to do, the lane belongs to that one from the next round on. With as many lanes as
workers, each trains one, and the calls of a round are given out at once: workers wait for each other's results, not
for this process. Between two rounds, workers that have come take lanes of others.

If a worker dies, others take its lanes. Whoever has the parameters of the latest merge gives them to the rest, and the
round is trained again: every token is in the result once. If nobody has them, training goes back to the last copy here.
The bits depend on the lanes, not on how many workers there are, or who trains what.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from embed.errors import ClusterError, ClusterWarning, ConfigError, advise
from embed.merging.merger import Cut
from embed.messages import option
from embed.model.parameters import Parameters
from embed.training.backends.cluster_round import Round
from embed.training.backends.crew import Crew, WorkerLost
from embed.training.backends.lanes import Setup, Trained
from embed.training.backends.local import local_backend
from embed.training.backends.sharded import ShardedCorpus
from embed.training.backends.task import Task
from embed.training.backends.texts import SentTexts, Texts
from embed.training.backends.threads import infinite_matrix
from embed.training.schedule import Schedule

__all__ = ["Cluster", "merge_tokens"]

_POLL_SECONDS = 0.1
_MERGES_PER_EPOCH, _LEAST_TOKENS, _MOST_TOKENS = 16, 1 << 13, 1 << 22
"""How many merges an epoch of many lanes has, unless a lane would then train fewer or more tokens between two."""
_MOST_LOSSES = 5
"""Workers that may die one after the other without a merge between them, for each that there should be."""


def merge_tokens(tokens: int, lanes: int) -> int:
    """Return how many of its `tokens` a lane trains between two merges, by default: an equal share of them.

    What costs quality is what all others train meanwhile, (K - 1) / K of the text between two merges: so two lanes
    are merged half as often as many.
    """
    others = 1 - 1 / lanes if lanes > 1 else 1.0
    merges = min(round(_MERGES_PER_EPOCH * others), max(tokens // _LEAST_TOKENS, 1))
    return -(-tokens // max(merges, -(-tokens // _MOST_TOKENS)))


class Cluster:
    """Trains the lanes of a task on workers; a :class:`embed.training.backends.Backend`.

    Parameters
    ----------
    task : Task
    crew : Crew

    Raises
    ------
    ClusterError
        The text has too few sentences for the lanes.
    """

    step = 1

    def __init__(self, task: Task, crew: Crew) -> None:
        config, corpus = task.config, task.corpus
        assert config.workers is not None
        self._task, self._crew, self._size = task, crew, config.workers
        lanes = config.lanes or config.workers
        self._texts: Texts
        if isinstance(corpus, ShardedCorpus):
            self._texts = corpus.texts(task.tokens, lanes)
        else:
            self._texts = SentTexts(corpus, task.tokens, lanes, crew)
        self._waves = Cut.of(task.parameters.matrices(), lanes).waves
        self._lanes, lengths = range(lanes), self._texts.lengths
        longest = int(lengths.max())
        size = config.merge_tokens or merge_tokens(longest, lanes)
        rounds = -(-longest // size)
        ends = np.minimum(np.arange(rounds + 1)[:, None] * size, lengths)
        self._ends, self._positions = ends, ends.sum(axis=1)
        self._setup = Setup(config, task.parameters.buckets, task.subsample, task.threads, task.variant, lanes)
        self._homes: list[int] = []  # the worker that each lane belongs to
        self._wanted: dict[int, int] = {}  # the lane that a worker could have taken if it had had its text
        self._held: dict[int, set[int]] = {}  # the lanes whose texts each worker has that has begun
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
        if not self._homes:
            self._crew.start(self._size)
            self._until_agreed(self._load)
        begin = number = int(np.searchsorted(self._positions, tokens.start))
        if self._positions[begin] != tokens.start:
            raise ConfigError(
                f"cannot resume at token {tokens.start:,} of the epoch, where these lanes are not merged: give "
                f"{option('lanes')} and {option('merge_tokens')} of the run that is resumed"
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
                self._welcome()
                trained = self._round(epoch, number, partial(watch, position))
            except WorkerLost:
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
        crew, self._trained = self._crew, None
        self._wanted.clear()
        found = Round(crew, self._waves, epoch, self._ends[number], self._ends[number + 1])
        while found.left:
            busy = found.at_work()
            for worker in crew.workers:
                if worker not in busy and (lane := self._next(worker, found.left)) is not None:
                    found.take(worker, lane)
            if found.left and not crew.wait([*found.at_work().values()], _POLL_SECONDS, 1):
                watch()
        adopted = found.merge(self._merges + 1) if len(self._lanes) > 1 else []
        for handles in (found.trained, adopted):
            while not crew.wait(handles, _POLL_SECONDS):
                watch()
            results = crew.values(handles)
            self._trained = self._trained or results
        self._merges += 1
        self._losses = 0
        assert self._trained is not None
        tokens = sum(part.tokens for part in self._trained)
        if tokens != self._positions[number + 1] - self._positions[number]:
            raise ClusterError(f"the workers have trained {tokens:,} tokens between two merges, not those of the text")
        return self._trained

    # who trains what

    def _next(self, worker: int, left: Sequence[int]) -> int | None:
        """Return which of these lanes a worker takes: its own, or of whom most are left; None if it has no text."""
        if not left:
            return None
        homes, held = self._homes, self._held[worker]
        waiting = Counter(homes[lane] for lane in left)
        lane = max(left, key=lambda lane: (homes[lane] == worker, lane in held, waiting[homes[lane]]))
        if lane in held:
            return lane
        self._wanted.setdefault(worker, lane)
        return None

    def _welcome(self) -> None:
        """Let workers that have come take lanes, and those that had nothing to do lanes of others."""
        crew = self._crew
        crew.join(len(self._lanes) - len(crew.workers))
        if not self._held.keys() <= {*crew.workers}:  # one died while it was asked for a part of the text
            raise WorkerLost
        if self._wanted or len(self._held) < len(crew.workers):
            self._settle()
            self._agreed()

    def _settle(self) -> None:
        """Let new workers begin, and give the text of each lane to the worker that it belongs to."""
        crew = self._crew
        self._held = {worker: self._held[worker] for worker in crew.workers if worker in self._held}
        if new := [worker for worker in crew.workers if worker not in self._held]:
            vocabulary = crew.put(self._task.corpus.vocabulary)
            crew.values([crew.call(worker, "begin", self._setup, vocabulary)[0] for worker in new])
            self._held |= {worker: set() for worker in new}
        self._find_homes()
        moves = {lane: worker for lane, worker in enumerate(self._homes) if lane not in self._held[worker]}
        self._texts.give(moves)
        for lane, worker in moves.items():
            self._held[worker].add(lane)

    def _find_homes(self) -> None:
        """Say which worker each lane belongs to: another one if it has died, or if another had nothing to do."""
        workers, homes = self._crew.workers, self._homes
        if not homes:
            homes += [workers[lane * len(workers) // len(self._lanes)] for lane in self._lanes]
        for worker, lane in self._wanted.items():
            homes[lane] = worker
        self._wanted.clear()
        owned = Counter(home for home in homes if home in workers)
        for lane, home in enumerate(homes):
            if home not in workers:
                homes[lane] = min(workers, key=lambda worker: (owned[worker], lane not in self._held[worker]))
                owned[homes[lane]] += 1
        for worker in workers:  # one that has come takes its share of others
            while not self._held[worker] and max(owned.values()) > owned[worker] + 1:
                [(fullest, _)] = owned.most_common(1)
                homes[max(lane for lane in self._lanes if homes[lane] == fullest)] = worker
                owned.subtract([fullest])
                owned.update([worker])

    def _until_agreed(self, agree: Callable[[], list[Trained] | None]) -> list[Trained] | None:
        """Do without lost workers until all have the same parameters; return what `agree` returns."""
        crew = self._crew
        while True:
            try:
                lost = [worker for worker in crew.workers if not crew.is_alive(worker)]
                for worker in lost:
                    advise(f"worker {worker + 1} has died; its last tokens are trained again", ClusterWarning)
                    crew.leave(worker)
                crew.join(len(self._lanes) - len(crew.workers), waits=not crew.workers)
                for worker in lost:
                    self._texts.lose(worker)
                self._settle()
                return agree()
            except WorkerLost as error:
                self._losses += 1
                if self._losses > _MOST_LOSSES * self._size:
                    raise ClusterError(
                        f"workers have died {self._losses} times without a merge between: see the logs of the cluster "
                        "for the reason (often too little memory)"
                    ) from error

    def _agreed(self) -> list[Trained] | None:
        """Give all workers the parameters of the latest merge; return the sums of the round if it is merged."""
        crew, workers = self._crew, [*self._crew.workers]
        merges = crew.values([crew.call(worker, "lanes.known_merges")[0] for worker in workers])
        known = dict(zip(workers, merges, strict=True))
        latest = max((number for number in merges if number is not None), default=None)
        is_merged = latest == self._merges + 1
        if latest is None or (is_merged and self._trained is None) or len(self._lanes) == 1:
            self._load()
            self._is_fetched = True
            return None
        matrices = crew.call(workers[merges.index(latest)], "lanes.matrices")[0]
        loads = [crew.call(worker, "lanes.load", matrices, latest)[0] for worker in workers if known[worker] != latest]
        rewinds = [crew.call(worker, "lanes.rewind")[0] for worker in workers if known[worker] == latest]
        crew.values([*loads, *rewinds])
        if not is_merged:
            return None
        self._merges += 1
        return self._trained

    # parameters

    def _load(self) -> None:
        """Give all workers the parameters of the task."""
        crew = self._crew
        matrices = crew.put(self._task.parameters.matrices())
        crew.values([crew.call(worker, "lanes.load", matrices, self._safe_merges)[0] for worker in crew.workers])
        self._merges = self._safe_merges

    def _fetch(self) -> None:
        """Copy the parameters from a worker; raises WorkerLost if all have died."""
        for worker in self._crew.workers:
            try:
                [matrices] = self._crew.values(self._crew.call(worker, "lanes.matrices"))
            except WorkerLost:
                continue
            for name, matrix in self._task.parameters.matrices().items():
                matrix[...] = matrices[name]
            self._is_fetched, self._safe_merges = True, self._merges
            return
        raise WorkerLost

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
