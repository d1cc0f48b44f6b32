"""Work on the chunks of a text in several threads, with a part of the work in the order of the text.

Each thread is a :class:`Hand`. It begins a chunk when it likes, joins it in its turn, when all chunks before it have
been joined, and ends it afterwards. A hand whose turn has not come begins further chunks, so nobody waits for a slow
neighbour. Chunks come from lanes (:mod:`embed.corpora.lanes`): a thread that finds the first lane in use reads ahead in
a later one, which it then has for itself. How far threads are ahead is bounded, and so is memory.

The present thread is the first hand. It alone reads a lane that is not ready (a pipe, a generator of the caller's), and
queues its chunks for others, so that a signal ends its waiting, and no thread waits for input when the work is to end.
With one hand all this is a plain loop over the chunks.

A failure counts in its turn: what is raised is what one thread would have met first. When :func:`in_order` returns or
raises, no other thread is at work.

Rejected: a thread for reading and one for joining (with two processors one of them idles), a pool of tasks
(concurrent.futures has no turn, and no hold on memory), ``threading.Condition`` (see :mod:`embed.engine.threads`).
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from contextvars import copy_context
from time import monotonic
from typing import Any, Protocol, TypeVar

from embed.corpora.lanes import Lane

__all__ = ["Hand", "in_order"]

_Result = TypeVar("_Result")

_POLL_SECONDS = 0.1
"""How often the present thread wakes while others work, and notices signals."""
_AHEAD = 4
"""Chunks of the first lane that are not joined yet, or wait for a thread, for each thread."""
_AHEAD_IN_LANES = 64
"""The same in a later lane."""


class Hand(Protocol):
    """What a thread does with chunks."""

    def begin(self, chunk: Any, place: tuple[int, int]) -> Any:
        """Return what becomes of a chunk. Its place is (lane, number in it); they come in any order."""

    def join(self, begun: Any) -> None:
        """Join what `begin` returned; called in the order of places, one at a time over all hands."""

    def end(self, begun: Any) -> None:
        """Do the rest, in any order."""


def in_order(lanes: Iterable[Lane], hands: Sequence[Hand], watch: Callable[[], object] = lambda: None) -> float:
    """Let the hands work on all chunks, each in a thread of its own, the first in the present one.

    Parameters
    ----------
    lanes : iterable of Lane
    hands : sequence of Hand
        If the system gives fewer threads, fewer hands work.
    watch : callable
        Called regularly in the present thread.

    Returns
    -------
    float
        The share of reading chunks in the time of all threads, without that of waiting for one another.

    Raises
    ------
    BaseException
        The failure of the first chunk that failed, of reading it or of a hand, or of `watch`, or a signal's.
    """
    times = _Times()
    if len(hands) == 1:
        hand = hands[0]
        for number, lane in enumerate(lanes):
            chunks, place = iter(lane.chunks), 0
            while (chunk := times.reading(next, chunks, None)) is not None:
                begun = times.working(hand.begin, chunk, (number, place))
                times.working(hand.join, begun)
                times.working(hand.end, begun)
                place += 1
                watch()
        return times.share()
    work = _Work(iter(lanes), len(hands), times)
    try:
        for hand in hands[1:]:
            with suppress(RuntimeError, MemoryError):
                # in a copy of the context, where messages name parameters as the user does
                threading.Thread(target=copy_context().run, args=(work.help, hand), daemon=True).start()
        work.run(hands[0], watch)
    finally:
        work.dismiss()
    if work.failure is not None:
        raise work.failure
    return times.share()


class _Times:
    """Measures what threads do."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds = {"reading": 0.0, "working": 0.0}

    def reading(self, read: Callable[..., _Result], *arguments: Any) -> _Result:
        """Return what `read` returns."""
        return self._spent("reading", read, *arguments)

    def working(self, work: Callable[..., _Result], *arguments: Any) -> _Result:
        """Return what `work` returns."""
        return self._spent("working", work, *arguments)

    def share(self) -> float:
        """Return the share of reading."""
        return self._seconds["reading"] / (sum(self._seconds.values()) or 1.0)

    def _spent(self, what: str, do: Callable[..., _Result], *arguments: Any) -> _Result:
        began = monotonic()
        try:
            return do(*arguments)
        finally:
            with self._lock:
                self._seconds[what] += monotonic() - began


class _OpenLane:
    """A lane whose chunks are being read."""

    def __init__(self, number: int, lane: Lane) -> None:
        self.number, self.is_ready = number, lane.is_ready
        self.chunks = iter(lane.chunks)
        self.owner: Hand | None = None  # who alone reads it as long as it is not the first
        self.is_read = self.is_at_end = False  # by a thread at this moment; to its end
        self.size = self.joined = 0  # chunks read and joined so far
        self.queue: deque[tuple[int, Any]] = deque()  # numbers and chunks that wait for a thread
        self.begun: dict[int, tuple[Hand, Any]] = {}  # what waits for its turn
        self.failures: dict[int, BaseException] = {}


class _Work:
    """The state that the threads share."""

    def __init__(self, lanes: Iterator[Lane], threads: int, times: _Times) -> None:
        self._lanes, self._threads, self._times = lanes, threads, times
        self._open: deque[_OpenLane] = deque()
        self._opened = 0
        self._lock = threading.Lock()
        self._sleepers: list[queue.SimpleQueue[None]] = []
        self._is_over = False
        self._at_work = 0
        self._ends: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.failure: BaseException | None = None

    def run(self, hand: Hand, watch: Callable[[], object]) -> None:
        """Work in the present thread until all is done."""
        while not self._is_over:
            self._step(hand, is_first=True)
            watch()

    def help(self, hand: Hand) -> None:
        """Work in another thread."""
        with self._lock:
            if self._is_over:
                return
            self._at_work += 1
        try:
            while not self._is_over:
                self._step(hand, is_first=False)
        except BaseException as error:
            self._fail(error)
        with self._lock:
            self._at_work -= 1
        self._ends.put(None)

    def dismiss(self) -> None:
        """End the work, and wait for the other threads."""
        self._is_over = True
        while True:
            with self._lock:
                self._wake()
                if not self._at_work:
                    break
            with suppress(queue.Empty):
                self._ends.get(timeout=_POLL_SECONDS)
        for lane in self._open:
            if close := getattr(lane.chunks, "close", None):
                close()

    def _fail(self, error: BaseException) -> None:
        with self._lock:
            self.failure = self.failure or error
            self._is_over = True
            self._wake()

    def _wake(self) -> None:
        while self._sleepers:
            self._sleepers.pop().put(None)

    def _step(self, hand: Hand, *, is_first: bool) -> None:
        """Join, end, read or begin a chunk, or wait until there is something to do."""
        sleeper: queue.SimpleQueue[None] | None = None
        with self._lock:
            lane, what = self._choose(hand, is_first=is_first)
            if lane is None and not self._is_over:
                sleeper = queue.SimpleQueue()
                self._sleepers.append(sleeper)
        if sleeper is not None:
            with suppress(queue.Empty):
                sleeper.get(timeout=_POLL_SECONDS if is_first else None)
        elif lane is not None:
            self._do(hand, lane, what, queues=is_first and not lane.is_ready)

    def _choose(self, hand: Hand, *, is_first: bool) -> tuple[_OpenLane | None, Any]:
        """Return a lane and None to read it, a number to join this chunk, or a queued chunk; or no lane."""
        first = self._first()
        if self._is_over or first is None:
            return None, None
        if first.joined in first.begun and first.begun[first.joined][0] is hand:
            return first, first.joined
        if not first.is_ready and is_first and not first.is_at_end and len(first.queue) < self._threads:
            first.is_read = True
            return first, None
        if first.queue:
            return first, first.queue.popleft()
        for lane in self._ready():
            most = _AHEAD * self._threads if lane is first else _AHEAD_IN_LANES
            is_mine = lane is first or lane.owner is None or lane.owner is hand
            if lane.is_read or lane.is_at_end or not is_mine or lane.size - lane.joined >= most:
                continue
            if lane is not first and lane.owner is None:
                if any(other.owner is hand and other is not first for other in self._open):
                    continue
                lane.owner = hand
            lane.is_read = True
            return lane, None
        return None, None

    def _first(self) -> _OpenLane | None:
        """Return the first lane that is not at its end; raise no failure, but end the work at one whose turn it is."""
        while self._open and self._open[0].is_at_end and self._open[0].joined == self._open[0].size:
            self._open.popleft()
        if not self._open and not self._open_next():
            self._is_over = True
            self._wake()
            return None
        first = self._open[0]
        if first.joined in first.failures:
            self.failure = self.failure or first.failures[first.joined]
            self._is_over = True
            self._wake()
        return first

    def _ready(self) -> Iterator[_OpenLane]:
        """Yield the open lanes that any thread may read, and open others."""
        number = 0
        while number < len(self._open) or (number <= self._threads and self._open_next()):
            if not self._open[number].is_ready:
                return
            yield self._open[number]
            number += 1

    def _open_next(self) -> bool:
        lane = next(self._lanes, None)
        if lane is not None:
            self._open.append(_OpenLane(self._opened, lane))
            self._opened += 1
        return lane is not None

    def _do(self, hand: Hand, lane: _OpenLane, what: Any, *, queues: bool) -> None:
        if isinstance(what, int):
            begun = lane.begun.pop(what)[1]
            self._times.working(hand.join, begun)
            with self._lock:
                lane.joined += 1
                self._wake()
            self._times.working(hand.end, begun)
            return
        if what is None:
            number, chunk = lane.size, None
            try:
                chunk = self._times.reading(next, lane.chunks, None)
                error = None
            except Exception as failed:
                error = failed
            with self._lock:
                lane.is_read = False
                lane.is_at_end = chunk is None
                lane.size += chunk is not None or error is not None
                if error is not None:
                    lane.failures[number] = error
                elif chunk is not None and queues:
                    lane.queue.append((number, chunk))
                self._wake()
            if chunk is None or queues:
                return
        else:
            number, chunk = what
        try:
            begun = self._times.working(hand.begin, chunk, (lane.number, number))
        except Exception as failed:
            with self._lock:
                lane.failures[number] = failed
                self._wake()
            return
        with self._lock:
            lane.begun[number] = hand, begun
