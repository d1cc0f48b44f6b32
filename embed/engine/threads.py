"""Threads that do one piece of work: all of them or none, or as many as the system gives.

:func:`together` is for parts that wait for one another: when a thread cannot be started, a part fails or a signal falls
between two starts, the parts that have begun are told to leave, and the failure is raised when all have left.
:func:`shared_out` is for parts that do not: the present thread does what no other thread takes.

No part begins before all threads are there: hundreds that wait for one another would take the time of those that are
still to be started. Whoever raises from either function has left no thread at work. A thread counts from when it
begins, not from when it is started: a signal can strike inside ``Thread.start``, where nobody can say whether the
thread will run.

Rejected: concurrent.futures (a thread that cannot be started is a bare RuntimeError, and those that run are
left to it), threading.Barrier and Condition (a signal can strike between taking their lock and saying so).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

from embed.errors import ThreadError
from embed.messages import option

__all__ = ["shared_out", "together"]

_POLL_SECONDS = 0.1
"""How often the main thread looks up while others work: a signal is heard at the latest then."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class _Crew:
    """The threads of one piece of work, who wait until it begins.

    Parameters
    ----------
    size : int
        How many there are at most.

    Attributes
    ----------
    finished : int
        Threads that have come to their end.
    failure : BaseException or None
        The first that one of them met.
    """

    def __init__(self, size: int) -> None:
        self.finished = 0
        self.failure: BaseException | None = None
        self._size, self._at_work = size, 0
        self._is_dismissed = False
        self._lock = threading.Lock()
        self._begins: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._ends: queue.SimpleQueue[None] = queue.SimpleQueue()

    def start(self, work: Callable[[], object]) -> None:
        """Start a thread; raises RuntimeError where the system gives none."""
        threading.Thread(target=self._work, args=(work,), daemon=True).start()

    def begin(self) -> None:
        """Let all threads begin, those that will be started too."""
        for _ in range(self._size):
            self._begins.put(None)

    def _work(self, work: Callable[[], object]) -> None:
        self._begins.get()
        with self._lock:
            if self._is_dismissed:
                return
            self._at_work += 1
        failure = None
        try:
            work()
        except BaseException as error:
            failure = error
        with self._lock:
            self.failure = self.failure or failure
            self._at_work -= 1
            self.finished += 1
        self._ends.put(None)

    def wait(self) -> None:
        """Wait until a thread comes to its end, but not for long."""
        with suppress(queue.Empty):
            self._ends.get(timeout=_POLL_SECONDS)

    def dismiss(self) -> None:
        """Let no thread begin any more, and wait for those that have begun."""
        with self._lock:
            self._is_dismissed = True
        self.begin()  # to find that there is nothing to do
        while self._at_work:
            self.wait()


def together(
    work: Callable[[int], object], parts: int, *, halt: Callable[[], object], watch: Callable[[], object]
) -> None:
    """Run work(0) to work(parts - 1), each in a thread of its own, and return when all are done.

    Parameters
    ----------
    work : callable
        Gets the number of its part. The parts may wait for one another.
    parts : int
    halt : callable
        Tells all parts to leave as soon as they can, also those that wait for one that never comes.
    watch : callable
        Called in the present thread now and then; an exception ends the work.

    Raises
    ------
    ThreadError
        If the system does not give so many threads.
    BaseException
        The first that a part or `watch` raises, when all parts have left.
    """
    crew = _Crew(parts)

    def work_on(part: int) -> None:
        try:
            work(part)
        except BaseException:
            halt()
            raise

    try:
        for part in range(parts):
            try:
                crew.start(partial(work_on, part))
            except RuntimeError as error:
                raise ThreadError(_too_few(part, parts)) from error
        crew.begin()
        while crew.finished < parts:
            crew.wait()
            watch()
    except BaseException:
        halt()
        crew.dismiss()
        raise
    if crew.failure is not None:
        raise crew.failure


def shared_out(
    work: Callable[[_Item], _Result], items: Sequence[_Item], threads: int, *, halt: Callable[[], object] = lambda: None
) -> list[_Result]:
    """Return [work(item) for item in items], with the help of up to `threads` - 1 more threads.

    Parameters
    ----------
    work : callable
    items : sequence
    threads : int
        Where the system gives fewer, fewer do the work.
    halt : callable
        Called when the work is to end before its time: what is being done may then return anything.

    Raises
    ------
    BaseException
        The first that `work` raises, when no thread is at work any more.
    """
    results: dict[int, _Result] = {}
    waiting = queue.SimpleQueue[int]()
    for number in range(len(items)):
        waiting.put(number)

    def work_on() -> None:
        with suppress(queue.Empty):
            while crew.failure is None:
                number = waiting.get_nowait()
                results[number] = work(items[number])

    helpers = max(0, min(threads, len(items)) - 1)
    crew = _Crew(helpers)
    try:
        crew.begin()
        with suppress(RuntimeError, MemoryError):
            for _ in range(helpers):
                crew.start(work_on)
        work_on()
        crew.dismiss()
    except BaseException:
        with suppress(queue.Empty):
            while True:
                waiting.get_nowait()
        halt()
        crew.dismiss()
        raise
    if crew.failure is not None:
        raise crew.failure
    return [results[number] for number in range(len(items))]


def _too_few(started: int, wanted: int) -> str:
    given = f"only {started} of {wanted} threads" if started else f"none of {wanted} threads"
    return (
        f"{given} could be started: the system or its limits (ulimit -u, ulimit -v, a container's) allow no more; "
        f"train with fewer ({option('threads', max(started, 1))})"
    )
