"""Signals that ask the process to end: Ctrl-C, a time limit, a closed terminal.

Who sends one often sends it twice: GNU ``timeout`` to the child and to its group, Slurm to a step and to its
processes, a process manager that is impatient. So what comes within a second of a signal is that signal again. A
second one after that acts at once.

A command raises `Interrupted` where it stands (:class:`Heard`): temporary files go on the way out. A run with
checkpoints notes the signal and heeds it at the next good moment (:class:`NotedSignals`). A signal that the process
ignores, as ``nohup`` and a shell's background jobs have it, stays ignored. SIGQUIT is left alone: it is the way out
that asks nobody.

Rejected: for runs with checkpoints, an exception from the handler itself (it strikes between any two statements,
while the matrices are half way through a chunk or a checkpoint is being copied); a thread that waits for signals (not
on every system); ignoring all signals after the first (a run that cannot end could then only be killed).
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
"""The signals that ask a process to end, as far as the system has them."""
_AGAIN_SECONDS = 1.0
"""What comes within this time of a signal is no second one."""
_MOMENT_SECONDS = 0.01
_SWALLOWED_SECONDS = 0.4
"""An Interrupted that nobody handles after this time has been swallowed."""


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
        """128 and the signal, as shells report it."""
        return 128 + self.number


class _Latest:
    """When the latest signal came that counts; signals are the process's, and so is this."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Let the next signal be the first."""
        self._time = float("-inf")

    def counts(self, now: float) -> bool:
        """Return whether a signal that comes now is one of its own, and take note of it."""
        if now - self._time < _AGAIN_SECONDS:
            return False
        self._time = monotonic()
        return True


_LATEST = _Latest()


class _Handlers:
    """Handlers of the signals that ask to end, and those to put back; the main thread only has any."""

    def __init__(self) -> None:
        self._previous: dict[int, Any] = {}

    def replace(self, handler: Any, only: Collection[Any] | None = None) -> None:
        """Let `handler` hear the signals that are not ignored; with `only`, those whose handler is one of these."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in ENDING:
            present = signal.getsignal(number)
            if present not in (signal.SIG_IGN, None) and (only is None or present in only):
                self._previous[number] = signal.signal(number, handler)

    def put_back(self) -> None:
        """Undo `replace`, SIGINT last: until then Ctrl-C is noted."""
        for number in reversed(list(self._previous)):
            signal.signal(number, self._previous.pop(number))


class Heard:
    """Let the signals that ask to end raise Interrupted within a ``with`` block, where they would end the process.

    The handlers of others stay. An exception raised in a finalizer is lost, and some libraries swallow one while they
    are imported: Interrupted is raised again where the block still runs a moment later and nobody handles it.

    Attributes
    ----------
    number : int or None
        The signal that was raised. An error after it is likely to be what a library has made of it.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._handlers = _Handlers()
        self._hook = sys.unraisablehook
        self._again: threading.Timer | None = None
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
        self._handlers.put_back()
        sys.unraisablehook = self._hook

    def _raise(self, number: int, frame: FrameType | None) -> None:
        """Raise Interrupted, unless it is the same signal again, and see that it is not swallowed."""
        asked, self._is_asked_again = self._is_asked_again, False
        if asked and not _is_handled():
            _LATEST.forget()
        if _LATEST.counts(monotonic()):
            self.number = number
            self._again = threading.Timer(_SWALLOWED_SECONDS, self._ask_again, [number])
            self._again.daemon = True
            with suppress(RuntimeError, MemoryError):  # no thread is to be had
                self._again.start()
            raise Interrupted(number)

    def _ask_again(self, number: int) -> None:
        self._is_asked_again = True
        _interrupt_main_thread(number)

    def _raise_again(self, unraisable: sys.UnraisableHookArgs) -> None:
        if not isinstance(unraisable.exc_value, Interrupted):
            self._hook(unraisable)
            return
        _LATEST.forget()
        # from another thread, a moment later: here it would be lost once more
        again = threading.Timer(_MOMENT_SECONDS, _interrupt_main_thread, [unraisable.exc_value.number])
        again.daemon = True
        again.start()


def _interrupt_main_thread(number: int) -> None:
    """Send a signal to the main thread: one that is really sent wakes it, too, where it sleeps or reads."""
    if sys.platform == "win32":
        _thread.interrupt_main(number)
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, number)


def _is_handled() -> bool:
    """Return whether an Interrupted is on its way out: temporary files are being removed, say."""
    error = sys.exc_info()[1]
    while error is not None and not isinstance(error, Interrupted):
        error = error.__context__
    return error is not None


class NotedSignals:
    """Note the first signal that asks to end within a ``with`` block instead of acting on it; the main thread only."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._looked = float("-inf")
        self._handlers = _Handlers()

    def look(self) -> int | None:
        """Return the signal that came, or None.

        It is to be called now and then. A second signal counts when a look has found the first a second old: one that
        was sent at once may be heard much later, where the process was stopped or busy.
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
