"""Train the lanes of one round, each by some worker, and merge what they have changed.

The calls of a round are given out without waiting for their results, which are arguments of one another.
"""

from __future__ import annotations

from collections.abc import Sequence

from embed.training.backends.crew import Crew, Handle

__all__ = ["Round"]


class Round:
    """One round.

    Parameters
    ----------
    crew : Crew
    waves : int
        Of the merge.
    epoch : int
    firsts, lasts : sequence of int
        Each lane trains its tokens first..last-1.

    Attributes
    ----------
    left : list of int
        The lanes that nobody has taken.
    """

    def __init__(self, crew: Crew, waves: int, epoch: int, firsts: Sequence[int], lasts: Sequence[int]) -> None:
        self._crew, self._waves, self._epoch = crew, waves, epoch
        self._firsts, self._lasts = firsts, lasts
        self.left = [*range(len(firsts))]
        self._trained: dict[int, Handle] = {}
        self._latest: dict[int, int] = {}  # the lane whose changes are in the rows of each worker
        self._changes: list[list[list[Handle]]] = [[] for _ in firsts]  # of each lane: by wave, and by part

    @property
    def trained(self) -> list[Handle]:
        """The sums of all lanes, in their order."""
        return [self._trained[lane] for lane in range(len(self._firsts))]

    def at_work(self) -> dict[int, Handle]:
        """Return what those workers are to return that train: worker -> handle."""
        running = {worker: self._trained[lane] for worker, lane in self._latest.items()}
        return {worker: handle for worker, handle in running.items() if not self._crew.wait([handle], 0)}

    def take(self, worker: int, lane: int) -> None:
        """Let a worker train a lane, after it has extracted what the last one has changed."""
        crew, rewound = self._crew, list[Handle]()
        self.left.remove(lane)
        if worker in self._latest:
            for wave in range(1, self._waves):
                self._extract(worker, wave)
            rewound = crew.call(worker, "lanes.rewind")
        stretch = self._epoch, int(self._firsts[lane]), int(self._lasts[lane])
        [self._trained[lane]] = crew.call(worker, "lanes.train", lane, *stretch, *rewound)
        self._latest[worker] = lane
        if len(self._firsts) > 1:
            self._extract(worker, 0)

    def _extract(self, worker: int, wave: int) -> None:
        """Let a worker extract the changes of its latest lane to the rows of a wave."""
        lane = self._latest[worker]
        self._changes[lane].append(self._crew.call(worker, "lanes.changes", wave, results=len(self._firsts)))

    def merge(self, merges: int) -> list[Handle]:
        """Merge what all lanes have changed, as the merge with this number; return what each worker ends with.

        A call that needs a lost result fails, and so must whatever comes after it: hence the chain of handles.
        """
        crew, workers, parts = self._crew, [*self._crew.workers], range(len(self._firsts))
        owners = [workers[part * len(workers) // len(parts)] for part in parts]
        met = {worker: crew.call(worker, "lanes.meet", *self.trained)[0] for worker in workers}
        taken: dict[int, list[Handle]] = {worker: [] for worker in workers}
        for wave in range(self._waves):
            merged = [
                crew.call(owner, "lanes.merge", wave, part, met[owner], *(lane[wave][part] for lane in self._changes))[
                    0
                ]
                for part, owner in enumerate(owners)
            ]
            if wave + 1 < self._waves:  # while these are on their way
                for worker in self._latest:
                    self._extract(worker, wave + 1)
            for worker in workers:
                taken[worker] += crew.call(worker, "lanes.take", wave, *merged)
        return [crew.call(worker, "lanes.adopt", merges, *taken[worker])[0] for worker in workers]
