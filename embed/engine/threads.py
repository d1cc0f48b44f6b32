"""Run work in threads: in all of them or none, or in as many as the system gives.

:func:`together` is for parts that wait for one another. If a thread cannot be started, a part fails or a signal
arrives between two starts, the running parts are asked to leave, and the failure is raised when all have left.
:func:`shared_out` is for independent parts: the present thread does what no other thread takes.

No part begins before all threads have started: waiting parts would take time from the threads still to be started.
When either function raises, no thread is at work any more. A thread counts from when it begins, not from when it is
started: a signal may strike inside ``Thread.start``, when it is unknown whether the thread will run.

Rejected: concurrent.futures (a thread that cannot be started is a bare RuntimeError, and the running ones are left to
themselves), threading.Barrier and Condition (a signal may strike between taking their lock and recording it).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import TypeVar

from embed.errors import ThreadError
from embed.messages import option

__all__ = ["shared_out", "together"]

_POLL_SECONDS = 0.1
"""How often the main thread wakes while others work, and notices signals."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class _Crew:
    """The threads of one piece of work, which wait until it begins.

    Parameters
    ----------
    size : int
        The most threads.

    Attributes
    ----------
    finished : int
        Threads that have finished.
    failure : BaseException or None
        The first exception of a thread.
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
        """Start a thread, whose messages name parameters as here; raises RuntimeError if the system gives none."""
        threading.Thread(target=copy_context().run, args=(self._work, work), daemon=True).start()

    def begin(self) -> None:
        """Release all threads, even those started later."""
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
        """Wait briefly for a thread to finish."""
        with suppress(queue.Empty):
            self._ends.get(timeout=_POLL_SECONDS)

    def dismiss(self) -> None:
        """Keep waiting threads from beginning, and wait for those that have begun."""
        with self._lock:
            self._is_dismissed = True
        self.begin()  # the waiting threads find that they are dismissed
        while self._at_work:
            self.wait()


def together(
    work: Callable[[int], object], parts: int, *, halt: Callable[[], object], watch: Callable[[], object]
) -> None:
    """Run work(0) to work(parts - 1), each in its own thread; return when all are done.

    Parameters
    ----------
    work : callable
        Called with the number of its part. The parts may wait for one another.
    parts : int
    halt : callable
        Asks all parts to leave as soon as they can, even those that wait for another part.
    watch : callable
        Called regularly in the present thread; an exception ends the work.

    Raises
    ------
    ThreadError
        The system does not give enough threads.
    BaseException
        The first exception of a part or of `watch`, after all parts have left.
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
    """Return [work(item) for item in items], computed in up to `threads` threads, this one included.

    Parameters
    ----------
    work : callable
    items : sequence
    threads : int
        If the system gives fewer, fewer do the work.
    halt : callable
        Called to end the work early; running calls may then return anything.

    Raises
    ------
    BaseException
        The first exception of `work`, after all threads have stopped.
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
        f"{given} could be started: raise the limits of the system or container (ulimit -u, ulimit -v), or train with "
        f"{option('threads', max(started, 1))}"
    )
