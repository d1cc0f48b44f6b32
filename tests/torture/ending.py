"""Ends of a run that come at the wrong moment: threads that cannot be started, signals between any two steps."""

from __future__ import annotations

import contextlib
import faulthandler
import random
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Collection, Iterator

from embed.config import TrainConfig
from embed.corpora import SyntheticCorpus
from embed.errors import ThreadError
from embed.text.encoding import encode
from embed.training.trainer import Trainer

__all__ = ["CHECKS", "Injected", "failing_starts"]

_FAILURES = 10_000
_THREADS = 6
_HANG_SECONDS = 60
_LONGEST_SECONDS = 0.004
"""A signal falls within this time of the start of a training that takes about as long."""


class Injected(KeyboardInterrupt):
    """A signal that falls at a chosen moment."""

    @classmethod
    def throw(cls, *_: object) -> None:
        """Raise it; also a handler for :func:`signal.signal`."""
        raise cls


@contextlib.contextmanager
def failing_starts(
    number: int, failure: BaseException, *, after: bool = False, but: Collection[str] = ()
) -> Iterator[None]:
    """Within it, starts of threads from the `number`-th on raise `failure`, before or after the thread has begun.

    Those that a function named in `but` asks for are started.
    """
    start, starts = threading.Thread.start, iter(range(1 << 62))

    def failing(thread: threading.Thread) -> None:
        if but and but & {frame.name for frame in traceback.extract_stack(limit=6)}:
            start(thread)
            return
        fails = next(starts) >= number
        if after or not fails:
            start(thread)
        if fails:
            raise failure

    threading.Thread.start = failing  # type: ignore[method-assign]
    try:
        yield
    finally:
        threading.Thread.start = start  # type: ignore[method-assign]


def failures_of_threads(scale: float) -> str:
    """Refuse threads, and let signals fall between two starts and at any moment: no hang, and no thread is left."""
    wanted = max(60, int(_FAILURES * scale))
    rng = random.Random(11)
    alarm, hook = signal.signal(signal.SIGALRM, Injected.throw), sys.unraisablehook
    sys.unraisablehook = lambda _: None  # in a finalizer the signal is lost, as any exception there
    met = {ThreadError: 0, MemoryError: 0, Injected: 0}
    whole = 0
    try:
        with encode(SyntheticCorpus(seed=3, sentences=60), min_count=1) as corpus:
            config = TrainConfig(dim=16, min_count=1, threads=_THREADS, objective="sg")
            trainers = [Trainer(corpus, config.replace(deterministic=exact)) for exact in (False, True)]
            while sum(met.values()) < wanted:
                faulthandler.dump_traceback_later(_HANG_SECONDS, exit=True)
                trainer = rng.choice(trainers)
                try:
                    _disturb(rng, lambda trainer=trainer: trainer.stretch(0, trainer.tokens))  # type: ignore[misc]
                    whole += 1
                except (ThreadError, MemoryError, Injected) as error:
                    met[type(error)] += 1
                assert not _at_work()
            for trainer in trainers:
                assert trainer.stretch(0, trainer.tokens) >= trainer.tokens
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGALRM, alarm)
        sys.unraisablehook = hook
    counts = ", ".join(f"{count:,} {kind.__name__}" for kind, count in met.items())
    return f"{sum(met.values()):,} failures ({counts}), {whole:,} signals that came too late, no hang"


def _at_work() -> bool:
    """Return whether a thread still trains; one that a signal has struck in its start may wait there for ever."""
    stacks = [frame for thread, frame in sys._current_frames().items() if thread != threading.get_ident()]
    return any(entry.name == "work_on" for frame in stacks for entry in traceback.extract_stack(frame))


def _disturb(rng: random.Random, work: Callable[[], object]) -> None:
    """Do the work, and let something fail at a drawn moment."""
    if rng.random() < 0.5:
        failure = rng.choice([RuntimeError("can't start new thread"), MemoryError(), Injected()])
        with failing_starts(rng.randrange(_THREADS), failure, after=rng.random() < 0.5):
            work()
        return
    try:
        signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-6, _LONGEST_SECONDS))
        work()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


CHECKS: dict[str, Callable[[float], str]] = {"thread-failures": failures_of_threads}
