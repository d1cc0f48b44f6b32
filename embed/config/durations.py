"""Parse durations (``90s``, ``5m``, ``1.5h``), the interval of checkpoints, and time budgets."""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from embed.arguments import plain, shown
from embed.errors import ConfigError
from embed.messages import option

__all__ = ["Every", "TimeBudget", "seconds_of"]

_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_TOKENS = re.compile(r"(\d{1,18})\s*tokens")

Clock = Callable[[], float]


def seconds_of(text: str) -> float | None:
    """Return the duration `text` in seconds, greater than zero; None if it is not a duration."""
    match = _DURATION.fullmatch(text)
    return None if match is None else float(match[1]) * _SECONDS[match[2]] or None


@dataclass(frozen=True)
class Every:
    """How often a checkpoint is due: every so many seconds or tokens, or, with neither, after each epoch."""

    seconds: float | None = None
    tokens: int | None = None

    @classmethod
    def parse(cls, text: str) -> Every:
        """Parse ``"90s"``, ``"5m"``, ``"1h"``, ``"2000000 tokens"`` or ``"epoch"``; raises ConfigError for others."""
        if isinstance(text, str):
            if text == "epoch":
                return cls()
            match = _TOKENS.fullmatch(text)
            if match is not None and int(match[1]):
                return cls(tokens=int(match[1]))
            if (seconds := seconds_of(text)) is not None:
                return cls(seconds=seconds)
        raise ConfigError(
            f"{option('checkpoint_every')} must be like 90s, 5m, 1h, 2000000tokens or epoch, not {shown(text)}"
        )


@dataclass(frozen=True)
class TimeBudget:
    """The time that a whole run may take; :mod:`embed.training.time_budget` chooses the epochs that fit into it.

    Attributes
    ----------
    seconds : float
        Counted from `started`.
    started : float
        The time of `clock` when the run started.
    vectors, models : tuple of path
        The files to write after the training, within the budget.
    clock : callable
        Returns seconds.
    """

    seconds: float
    started: float
    vectors: tuple[str | os.PathLike[str], ...] = ()
    models: tuple[str | os.PathLike[str], ...] = ()
    clock: Clock = time.monotonic

    @classmethod
    def of(
        cls,
        given: TimeBudget | str | float,
        *,
        vectors: Sequence[str | os.PathLike[str]] = (),
        models: Sequence[str | os.PathLike[str]] = (),
    ) -> TimeBudget:
        """Return a budget of seconds, or of ``"90s"``, ``"10m"``, ``"1.5h"``, from now on; may raise ConfigError."""
        if isinstance(given, TimeBudget):
            return given
        seconds = seconds_of(given) if isinstance(given, str) else plain(given, float)
        if type(seconds) is not float or not 0 < seconds < math.inf:
            raise ConfigError(
                f"{option('time_budget')} must be like 90s, 10m or 1.5h, or a number of seconds, not {shown(given)}"
            )
        return cls(seconds, time.monotonic(), tuple(vectors), tuple(models))
