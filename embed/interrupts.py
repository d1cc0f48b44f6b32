"""Signals that ask a run to end: the first is noted and heard at the next good moment, the second acts at once.

Rejected: an exception from the handler itself (it strikes between any two statements, while the matrices are half
way through a chunk or a checkpoint is being copied), a thread that waits for signals (not on every system).
"""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

__all__ = ["Interrupted", "NotedSignals", "interrupt"]


class Interrupted(KeyboardInterrupt):
    """A signal ended the work.

    Attributes
    ----------
    number : int
        The signal.
    """

    def __init__(self, number: int, where: str = "") -> None:
        what = "terminated" if number == signal.SIGTERM else "interrupted"
        super().__init__(f"{what}{where}")
        self.number = number

    @property
    def exit_code(self) -> int:
        """128 and the signal, as shells report it."""
        return 128 + self.number


def interrupt(number: int, frame: FrameType | None = None) -> None:
    """Raise Interrupted; a handler for :func:`signal.signal`."""
    raise Interrupted(number)


class NotedSignals:
    """Note the first SIGINT or SIGTERM within a ``with`` block instead of acting on it; the main thread only.

    In other threads, and for a signal that the process ignores (as ``nohup`` has it), nothing changes.

    Attributes
    ----------
    number : int or None
        The signal that came.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> NotedSignals:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.number is not None:
            raise Interrupted(number, " a second time, before the checkpoint was written")
        self.number = number
