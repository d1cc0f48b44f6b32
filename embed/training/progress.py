"""Follow a run: how far it is, how fast, and how long it still takes; and pass this on to whoever shows it.

A run advances one `Progress`. Its sinks (:mod:`embed.training.progress_bars`, :mod:`embed.training.progress_lines`)
show the states on a terminal, in a notebook, in a log. :func:`embed.training.showing.showing` chooses them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Protocol

from embed.config.durations import Clock

__all__ = ["Event", "Pace", "Progress", "Sink", "State"]

_OFTEN, _AT_FIRST, _LATER = 10.0, 120.0, 60.0
"""A line comes this often at first, until then, and this often later (seconds)."""
_UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True, kw_only=True)
class State:
    """How far a run is.

    Attributes
    ----------
    activity : str
        "reading", "training" ...
    tokens : int
        Tokens done, over all epochs.
    total : int or None
        Tokens to do; None if unknown, as during the first pass over a text.
    first : int
        Tokens that were done before, by the run that this one resumes.
    seconds, elapsed : float
        Since the activity began, and since the run began.
    epoch, epochs : int or None
        From 1; None outside training.
    loss, lr : float or None
        The mean loss of the epoch so far (nats), and the learning rate.
    """

    activity: str
    tokens: int = 0
    total: int | None = None
    first: int = 0
    seconds: float = 0.0
    elapsed: float = 0.0
    epoch: int | None = None
    epochs: int | None = None
    loss: float | None = None
    lr: float | None = None

    @property
    def share(self) -> float | None:
        """The share of the tokens that are done."""
        return min(self.tokens / self.total, 1.0) if self.total else None

    @property
    def share_of_epoch(self) -> float | None:
        """The share of the epoch's tokens that are done."""
        if not self.total or not self.epochs or self.epoch is None:
            return None
        return self.tokens * self.epochs / self.total - (self.epoch - 1)

    @property
    def tokens_per_second(self) -> float | None:
        """The mean speed of the activity; None before anything is done."""
        done = self.tokens - self.first
        return done / self.seconds if done > 0 and self.seconds > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """The time that the rest takes at the same speed; None if not known yet."""
        speed = self.tokens_per_second
        return None if self.total is None or speed is None else max(self.total - self.tokens, 0) / speed

    @property
    def label(self) -> str:
        """The activity, or the epoch."""
        return self.activity if self.epoch is None else f"epoch {self.epoch}/{self.epochs}"

    def line(self) -> str:
        """Return a line for people, such as ``epoch 2/5  34 %  1.2M tokens/s  loss 0.182  lr 0.031  3 min left``."""
        parts = [self.label]
        if self.share is not None:
            parts.append(f"{100 * self.share:.0f} %")
        else:
            parts.append(f"{_short(self.tokens)} tokens")
        if self.tokens_per_second is not None:
            parts.append(f"{_short(self.tokens_per_second)} tokens/s")
        parts += [f"{name} {value:.3g}" for name, value in (("loss", self.loss), ("lr", self.lr)) if value is not None]
        if self.seconds_left is not None:
            parts.append(f"{_duration(self.seconds_left)} left")
        return "  ".join(parts)


@dataclass(frozen=True, kw_only=True)
class Event:
    """What happens once in a run.

    Attributes
    ----------
    name : {"start", "replicate", "training", "epoch", "end"}
    sentence : str
        For people.
    facts : mapping
        For programs: plain JSON values.
    elapsed : float
        Seconds since the run began.
    """

    name: str
    sentence: str
    facts: Mapping[str, Any]
    elapsed: float


class Sink(Protocol):
    """Shows a run to somebody. A sink that fails, such as a closed terminal, stops and ends nothing else."""

    def show(self, state: State) -> None:
        """Show how far the run is; called often, so that the sink decides when it is time."""

    def note(self, event: Event) -> None:
        """Show what has happened."""

    def finish(self) -> None:
        """End the activity."""

    def close(self) -> None:
        """End for good."""


class Pace:
    """When the next line is due: every ten seconds in the first two minutes, then every minute."""

    def __init__(self) -> None:
        self._next = _OFTEN

    def is_due(self, elapsed: float) -> bool:
        """Return whether a line is due so many seconds after the begin; if so, the next one is due later."""
        if elapsed < self._next:
            return False
        step = _OFTEN if elapsed < _AT_FIRST else _LATER
        self._next = (elapsed // step + 1) * step
        return True


class Progress:
    """The progress of one run; a context manager, which notes how the run ended and closes the sinks.

    Parameters
    ----------
    *sinks : Sink
    clock : callable
        Returns the time in seconds.

    Attributes
    ----------
    spent : dict of str to float
        The seconds of each activity that has ended; of several with one name, their sum.
    """

    def __init__(self, *sinks: Sink, clock: Clock = time.monotonic) -> None:
        self._sinks, self._clock = sinks, clock
        self.spent: dict[str, float] = {}
        self._began = self._since = clock()
        self._state = State(activity="")
        self._is_noted = False

    def begin(self, activity: str, total: int | None = None, *, first: int = 0, epochs: int | None = None) -> None:
        """Begin an activity; see `State`."""
        self._since = self._clock()
        self._state = State(activity=activity, tokens=first, total=total, first=first, epochs=epochs)

    def advance(
        self, tokens: int, *, epoch: int | None = None, loss: float | None = None, lr: float | None = None
    ) -> None:
        """Set the tokens that are done, and what is known of the training."""
        now = self._clock()
        self._state = replace(
            self._state,
            tokens=tokens,
            seconds=now - self._since,
            elapsed=now - self._began,
            epoch=epoch,
            loss=loss,
            lr=lr,
        )
        for sink in self._sinks:
            sink.show(self._state)

    @contextmanager
    def counting(self, activity: str) -> Iterator[Callable[[int, int], None]]:
        """Follow an activity of unknown length; yields what to call with its tokens (and bytes) so far."""
        self.begin(activity)
        try:
            yield lambda tokens, _: self.advance(tokens)
        finally:
            self.finish()

    @contextmanager
    def timing(self, activity: str) -> Iterator[None]:
        """Count the time of an activity that nobody follows."""
        began = self._clock()
        try:
            yield
        finally:
            self._spend(activity, began)

    def divide(self, activity: str, seconds: Mapping[str, float]) -> None:
        """Replace the time of an activity by those of its parts, in proportion; nothing if there are none."""
        if activity in self.spent and (whole := sum(seconds.values())):
            spent = self.spent.pop(activity)
            for part, share in seconds.items():
                self.spent[part] = self.spent.get(part, 0.0) + spent * share / whole

    def note(self, name: str, sentence: str, **facts: Any) -> None:
        """Pass on what has happened; see `Event`."""
        event = Event(name=name, sentence=sentence, facts=facts, elapsed=self._clock() - self._began)
        for sink in self._sinks:
            sink.note(event)

    def note_epoch(self, record: Any) -> None:
        """Pass on the record of an epoch (:class:`embed.model.EpochRecord`)."""
        losses = (("loss", record.loss), ("held-out loss", record.held_out_loss))
        figures = [f"{name} {value:.4g}" for name, value in losses if value is not None]
        figures += [f"{_short(record.tokens_per_second)} tokens/s", _duration(record.seconds)]
        state = self._state
        self.note(
            "epoch",
            f"epoch {record.epoch}/{state.epochs} ended: {', '.join(figures)}",
            epoch=record.epoch,
            epochs=state.epochs,
            tokens=state.tokens,
            share=state.share,
            tokens_per_s=record.tokens_per_second,
            loss=record.loss,
            held_out_loss=record.held_out_loss,
            lr=record.lr,
            seconds=record.seconds,
        )

    def finish(self) -> None:
        """End the activity."""
        self._spend(self._state.activity, self._since)
        for sink in self._sinks:
            sink.finish()

    def _spend(self, activity: str, began: float) -> None:
        self.spent[activity] = self.spent.get(activity, 0.0) + self._clock() - began

    def times(self) -> str:
        """Return where the time went, such as ``0.4 s reading, 7.3 s training``."""
        return ", ".join(f"{_duration(seconds)} {activity}" for activity, seconds in self.spent.items())

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        state = self._state
        outcome = "done" if error is None else "failed" if isinstance(error, Exception) else "interrupted"
        why = {} if error is None else {"error": str(error) or type(error).__name__}
        figures = [f"{outcome} after {_duration(self._clock() - self._began)}"]
        if state.epoch is not None:
            figures.append(f"epoch {state.epoch} of {state.epochs}")
        if state.tokens_per_second is not None:
            figures.append(f"{_short(state.tokens_per_second)} tokens/s")
        if state.loss is not None:
            figures.append(f"loss {state.loss:.4g}")
        self.note(
            "end",
            ", ".join(figures) + "".join(f": {text}" for text in why.values()),
            outcome=outcome,
            **why,
            epoch=state.epoch,
            epochs=state.epochs,
            tokens=state.tokens,
            share=state.share,
            tokens_per_s=state.tokens_per_second,
            loss=state.loss,
            lr=state.lr,
            spent=self.spent,
        )
        for sink in self._sinks:
            sink.close()


def _short(number: float) -> str:
    """Return a number in three digits: 1.23M."""
    for size, unit in _UNITS:
        if number >= size:
            return f"{number / size:#.3g}".rstrip(".") + unit
    return f"{number:.0f}"


def _duration(seconds: float) -> str:
    if seconds < 119.5:
        return f"{seconds:.{1 if 0.05 <= seconds < 9.95 else 0}f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
