"""Schedule the learning rate of every token of a run, in straight lines.

A backend asks for the line that a token is on, and trains up to the end of that line with one rate and one slope; a
curve is many short lines, whose ends are points of the curve. Where a line ends depends on the position in the run
alone, never on where training paused or resumed: a run that resumes has the rates of one that was never interrupted.

To add a curve, add a line to `_CURVES` and a word to :data:`embed.choices.ScheduleName`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from embed.choices import ScheduleName
from embed.config.train import TrainConfig

__all__ = ["Line", "Schedule", "line_tokens"]

_CURVES: Final[Mapping[ScheduleName, Callable[[float], float]]] = {
    "cosine": lambda done: (1 + math.cos(math.pi * done)) / 2,
}
"""The share of ``lr - min_lr`` that remains when a share of the run after the warm-up is done. Schedules that are not
listed are straight."""

# With this many lines per epoch, a cosine deviates from its lines by at most 0.0002 of lr.
_LINES_PER_EPOCH, _LEAST_LINE_TOKENS = 64, 256


def line_tokens(tokens: int) -> int:
    """Return the tokens of each line of a curve, for an epoch of `tokens`: a power of two, in whole rounds."""
    wanted = max(tokens // _LINES_PER_EPOCH, _LEAST_LINE_TOKENS)
    return 1 << (wanted.bit_length() - 1)


@dataclass(frozen=True)
class Line:
    """The rate of the output rows is ``lr + slope * p`` at token p of the epoch, up to the token `last`."""

    lr: float
    slope: float
    last: int


class Schedule:
    """The learning rates of a run.

    Parameters
    ----------
    config : TrainConfig
    tokens : int
        Of an epoch.

    Attributes
    ----------
    ratio : float
        Learning rate of the input rows divided by that of the output rows, constant.
    """

    def __init__(self, config: TrainConfig, tokens: int) -> None:
        self._lr, input_lr = config.rates()
        self.ratio = input_lr / self._lr
        self._final, self._curve = config.final_lr(), _CURVES.get(config.schedule)
        self._tokens, self._step = tokens, line_tokens(tokens)
        total = tokens * config.epoch_count()
        epochs, rest = divmod(int(config.warmup * total), tokens)
        self._warm = epochs * tokens + rest // self._step * self._step  # tokens of the warm-up, which ends with a line
        self._falling = total - self._warm
        self._slope = (self._final - self._lr) / self._falling

    def line(self, epoch: int, position: int) -> Line:
        """Return the line that the token at `position` of an epoch is on."""
        warm = self._warm - epoch * self._tokens  # the position in this epoch at which the warm-up ends
        if position < warm:
            slope = self._lr / self._warm
            return Line(slope * self._tokens * epoch, slope, min(warm, self._tokens))
        if self._curve is not None:
            return self._chord(epoch, position // self._step * self._step)
        lr = self._lr + self._slope * self._tokens * epoch - self._slope * self._warm
        return Line(lr, self._slope, self._tokens)

    def rate(self, epoch: int, position: int) -> float:
        """Return the rate of the output rows at `position` of an epoch, which may be its end."""
        line = self.line(epoch, min(position, self._tokens - 1))
        return line.lr + line.slope * position

    def _chord(self, epoch: int, first: int) -> Line:
        """Return the line between two points of the curve, the first of them at `first`."""
        last = min(first + self._step, self._tokens)
        start, end = (self._on_curve(epoch * self._tokens + position) for position in (first, last))
        slope = (end - start) / (last - first)
        return Line(start - slope * first, slope, last)

    def _on_curve(self, token: int) -> float:
        assert self._curve is not None
        return self._final + (self._lr - self._final) * self._curve((token - self._warm) / self._falling)
