"""The learning rate of every token of a run: straight lines, one for each stretch of tokens.

A backend asks for the line at a token and trains up to the line's end with it. Where a line ends depends on the
position alone, never on where a stretch of training began or ended: a run that resumes has the rates of one that was
never interrupted.
"""

from __future__ import annotations

from dataclasses import dataclass

from embed.config.train import TrainConfig

__all__ = ["Line", "Schedule"]


@dataclass(frozen=True)
class Line:
    """The rate of the output rows is ``lr + slope * p`` at token p of the epoch, up to token `last`."""

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
        self._tokens = tokens
        self._slope = (config.final_lr() - self._lr) / (tokens * config.epoch_count())

    def line(self, epoch: int, position: int) -> Line:
        """Return the line that the token at `position` of an epoch is on."""
        return Line(self._lr + self._slope * self._tokens * epoch, self._slope, self._tokens)

    def rate(self, epoch: int, position: int) -> float:
        """Return the rate of the output rows at `position` of an epoch, which may be its end."""
        line = self.line(epoch, min(position, self._tokens - 1))
        return line.lr + line.slope * position
