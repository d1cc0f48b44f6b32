"""Handle the signals that ask the process to end: Ctrl-C, a time limit, a closed terminal.

Senders often repeat a signal: GNU ``timeout`` signals the child and its group, Slurm a step and its processes. So a
signal within a second of another counts as the same. A second signal after that acts at once.

A command raises `Interrupted` at once (:class:`Heard`), which removes its temporary files. A run with checkpoints
notes the signal and acts at the next safe point (:class:`NotedSignals`). A signal that the process ignores, as under
``nohup`` and in a shell's background jobs, stays ignored. SIGQUIT keeps its effect: it always ends the process.

Rejected: for runs with checkpoints, an exception from the handler itself (it may strike while the matrices are half
way through a chunk or a checkpoint is being copied); a thread that waits for signals (not on every system); ignoring
all signals after the first (a run that cannot end could then only be killed).
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from collections.abc import Collection
from contextlib import suppress
from time import monotonic
from types import FrameType, TracebackType
from typing import Any

__all__ = ["ENDING", "Heard", "Interrupted", "NotedSignals"]

_WORDS = {
    "SIGINT": "interrupted",
    "SIGTERM": "terminated",
    "SIGHUP": "hung up",
    "SIGXCPU": "out of processor time",
    "SIGBREAK": "interrupted",  # Ctrl-Break of Windows
}
ENDING = tuple(signal.Signals[name] for name in _WORDS if hasattr(signal, name))
"""The signals of this system that ask a process to end."""
_AGAIN_SECONDS = 1.0
"""A signal within this time of another counts as the same."""
_MOMENT_SECONDS = 0.01
_SWALLOWED_SECONDS = 0.4
"""After this time, an Interrupted that is not being handled has been swallowed."""


class Interrupted(KeyboardInterrupt):
    """A signal ended the work.

    Attributes
    ----------
    number : int
        The signal.
    """

    def __init__(self, number: int, where: str = "") -> None:
        super().__init__(f"{_WORDS.get(signal.Signals(number).name, 'interrupted')}{where}")
        self.number = number

    @property
    def exit_code(self) -> int:
        """128 plus the signal, as shells report it."""
        return 128 + self.number


class _Latest:
    """The time of the latest signal that counted; there is one per process."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Count the next signal as the first."""
        self._time = float("-inf")

    def counts(self, now: float) -> bool:
        """Return whether a signal at `now` counts as a new one, and if so note its time."""
        if now - self._time < _AGAIN_SECONDS:
            return False
        self._time = monotonic()
        return True


_LATEST = _Latest()


class _Handlers:
    """Install handlers of the ending signals and restore the previous ones; in the main thread only."""

    def __init__(self) -> None:
        self._previous: dict[int, Any] = {}

    def replace(self, handler: Any, only: Collection[Any] | None = None) -> None:
        """Install `handler` for the signals that are not ignored; with `only`, in place of these handlers alone."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in ENDING:
            present = signal.getsignal(number)
            if present not in (signal.SIG_IGN, None) and (only is None or present in only):
                self._previous[number] = signal.signal(number, handler)

    def put_back(self) -> None:
        """Undo `replace`, SIGINT last, so that Ctrl-C is noted until then."""
        for number in reversed(list(self._previous)):
            signal.signal(number, self._previous.pop(number))


class Heard:
    """Raise Interrupted within a ``with`` block for the signals that would end the process.

    Handlers that the program installed stay. An exception raised in a finalizer is lost, and some libraries swallow
    one during import: if the block still runs a moment later and nobody handles Interrupted, it is raised again.

    Attributes
    ----------
    number : int or None
        The signal that was raised. A later error probably stems from it.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._handlers = _Handlers()
        self._hook = sys.unraisablehook
        self._again: threading.Timer | None = None
        self._asking, self._is_over = threading.Lock(), False
        self._is_asked_again = False

    def __enter__(self) -> Heard:
        _LATEST.forget()
        self._hook = sys.unraisablehook
        sys.unraisablehook = self._raise_again
        self._handlers.replace(self._raise, only=(signal.SIG_DFL, signal.default_int_handler))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._again is not None:
            self._again.cancel()
        try:
            with self._asking:  # a timer that is late must not signal a process whose own handlers are back
                self._is_over = True
        finally:
            self._handlers.put_back()
            sys.unraisablehook = self._hook

    def _raise(self, number: int, frame: FrameType | None) -> None:
        """Raise Interrupted unless the signal is a repeat, and start the watch against its being swallowed."""
        asked, self._is_asked_again = self._is_asked_again, False
        if asked and not _is_handled():
            _LATEST.forget()
        if _LATEST.counts(monotonic()):
            self.number = number
            self._again = threading.Timer(_SWALLOWED_SECONDS, self._ask_again, [number])
            self._again.daemon = True
            with suppress(RuntimeError, MemoryError):  # the system gives no thread
                self._again.start()
            raise Interrupted(number)

    def _ask_again(self, number: int) -> None:
        with self._asking:
            if not self._is_over:
                self._is_asked_again = True
                _interrupt_main_thread(number)

    def _raise_again(self, unraisable: sys.UnraisableHookArgs) -> None:
        if not isinstance(unraisable.exc_value, Interrupted):
            self._hook(unraisable)
            return
        _LATEST.forget()
        # from another thread, a moment later: an exception raised here would be lost again
        again = threading.Timer(_MOMENT_SECONDS, _interrupt_main_thread, [unraisable.exc_value.number])
        again.daemon = True
        again.start()


def _interrupt_main_thread(number: int) -> None:
    """Send a signal to the main thread, which also wakes it from a sleep or a read."""
    if sys.platform == "win32":
        _thread.interrupt_main(number)
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, number)


def _is_handled() -> bool:
    """Return whether an Interrupted is being handled, as while temporary files are removed."""
    error = sys.exc_info()[1]
    while error is not None and not isinstance(error, Interrupted):
        error = error.__context__
    return error is not None


class NotedSignals:
    """Note the first ending signal within a ``with`` block instead of acting on it; in the main thread only."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._looked = float("-inf")
        self._handlers = _Handlers()

    def look(self) -> int | None:
        """Return the signal that came, or None; call this regularly.

        A second signal counts only after a look that came at least a second after the first: a stopped or busy
        process may notice a repeat much later than it was sent.
        """
        self._looked = monotonic()
        return self._number

    def __enter__(self) -> NotedSignals:
        _LATEST.forget()
        self._handlers.replace(self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._handlers.put_back()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._number is None:
            self._number = number
            _LATEST.counts(monotonic())
        elif _LATEST.counts(self._looked):
            raise Interrupted(number, " a second time, before the checkpoint was written")
