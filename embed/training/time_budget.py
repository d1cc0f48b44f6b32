"""How many epochs fit into a time that the user gives: measured on the run's own corpus, settings and machine.

The time is that of the whole run. When the corpus has been read and encoded, a trainer that is then thrown away trains
for some seconds on stretches from all over the corpus. What is left of the budget, less what making the parameters
again and writing the files will take, is divided by the time of an epoch. The number is fixed before the first
epoch, so the learning rate falls as in any run; and the run draws nothing from the trial, so that a run with this
number of ``epochs`` is the same run.

A margin of 5 % is left free and the number is rounded down: on a machine whose speed holds, a run takes no more than
its budget, and at least its budget less the margin and one epoch. At least one epoch is trained, and at most
`MOST_EPOCHS`, with n-grams `MOST_EPOCHS_WITH_NGRAMS`: beyond them a model learns a small text by heart
(docs/decisions/0021-small-texts.md).

Rejected: timing the first epoch (the rate would have fallen by a wrong number of epochs until then), made-up tokens as
of ``train-embeddings info`` (their words are not the corpus's, nor their number), ending at the hour whatever
has been trained (a rate that never comes down costs more than an epoch less).
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from embed.arguments import plain, shown
from embed.checkpoints.checkpoint_folder import newest_in
from embed.config.durations import seconds_of
from embed.config.train import TrainConfig
from embed.errors import ConfigError, advise
from embed.messages import option

if TYPE_CHECKING:
    from embed.model.parameters import Parameters
    from embed.training.trainer import Trainer

__all__ = [
    "MOST_EPOCHS",
    "MOST_EPOCHS_WITH_NGRAMS",
    "TimeBudget",
    "kept_decision",
    "refuse_epochs",
    "tokens_per_second",
]

MOST_EPOCHS, MOST_EPOCHS_WITH_NGRAMS = 50, 15
"""No budget chooses more."""
_MARGIN = 0.05
_TRIAL_SHARE, _SHORTEST_TRIAL, _LONGEST_TRIAL = 0.03, 0.3, 10.0
"""Of the budget, and in seconds."""
_FIRST_TOKENS, _STRETCHES = 1 << 12, 8
# Numbers a second, well below what was measured: a vector file is small beside the training of it.
_TEXT_ENDINGS, _TEXT_SPEED = (".txt", ".vec"), 8e6
_COMPRESSED_ENDINGS, _COMPRESSED_SPEED = (".gz", ".zst", ".bz2", ".xz"), 0.8e6
_BINARY_SPEED = 40e6

Clock = Callable[[], float]


@dataclass(frozen=True)
class TimeBudget:
    """A time that a run has.

    Attributes
    ----------
    seconds : float
        From `started` on.
    started : float
        When the run began, as `clock` told.
    vectors, models : tuple of path
        The files that will be written after the training, within the budget.
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
        """Return a budget that begins now, of seconds or as ``"90s"``, ``"10m"``, ``"1.5h"``; raises ConfigError."""
        if isinstance(given, TimeBudget):
            return given
        seconds = seconds_of(given) if isinstance(given, str) else plain(given, float)
        if type(seconds) is not float or not 0 < seconds < math.inf:
            raise ConfigError(
                f"{option('time_budget')} must be like 90s, 10m or 1.5h, or a number of seconds, not {shown(given)}"
            )
        return cls(seconds, time.monotonic(), tuple(vectors), tuple(models))

    def choose(self, config: TrainConfig, make: Callable[[TrainConfig], Trainer]) -> dict[str, Any]:
        """Return the epochs that fit, and what else the run card says of the choice.

        Parameters
        ----------
        config : TrainConfig
        make : callable
            Returns a new trainer, which is thrown away.
        """
        began = self.clock()
        trial = make(config)
        making = self.clock() - began
        wanted = min(max(self.seconds * _TRIAL_SHARE, _SHORTEST_TRIAL), _LONGEST_TRIAL)
        rate = tokens_per_second(trial.stretch, trial.tokens, trial.stretch_step, wanted, self.clock)
        # held-out tokens are measured after each epoch, in less time than it takes to train on them
        epoch_seconds = len(trial.corpus.ids) / rate
        saving = self._saving(trial.parameters)
        left = self.seconds - (self.clock() - self.started) - making - saving
        most = MOST_EPOCHS_WITH_NGRAMS if config.subword else MOST_EPOCHS
        epochs = int(max(1, min(left * (1 - _MARGIN) / epoch_seconds, most)))
        if left < epoch_seconds:
            advise(
                f"not even one epoch fits into the time budget of {self.seconds:g} s: of that {max(left, 0):.3g} s are "
                f"left, and an epoch takes about {epoch_seconds:.3g} s; one is trained all the same"
            )
        return {
            "seconds": self.seconds,
            "epochs": epochs,
            "seconds_before": round(self.clock() - self.started, 3),
            "seconds_reserved": round(making + saving, 3),
            "seconds_an_epoch": round(epoch_seconds, 3),
        }

    def _saving(self, parameters: Parameters) -> float:
        everything = parameters.inputs.size + parameters.outputs.size
        vectors = int(parameters.words * parameters.inputs.shape[1])
        texts = sum(vectors / _speed(path) for path in self.vectors if _speed(path) < _BINARY_SPEED)
        others = sum(everything / _speed(path) for path in self.vectors if _speed(path) == _BINARY_SPEED)
        return texts + others + sum(everything / _speed(path) for path in self.models)


def _speed(path: str | os.PathLike[str]) -> float:
    endings = [ending.lower() for ending in PurePath(path).suffixes[-1:]]
    if set(endings) & set(_COMPRESSED_ENDINGS):
        return _COMPRESSED_SPEED
    return _TEXT_SPEED if set(endings) & set(_TEXT_ENDINGS) else _BINARY_SPEED


def tokens_per_second(
    stretch: Callable[[int, int], int], tokens: int, step: int, seconds: float, clock: Clock
) -> float:
    """Return the speed of training, measured in about `seconds`.

    Parameters
    ----------
    stretch : callable
        Trains on the tokens first..last-1 and returns where it ended.
    tokens : int
        Of an epoch.
    step : int
        Each `first` is a multiple of it.
    seconds : float
    clock : callable
    """

    def timed(first: int, last: int) -> tuple[int, float]:
        began = clock()
        return stretch(first, last) - first, clock() - began

    # The first stretches touch the memory and bring the machine up to speed; they only tell how long others may be.
    size = min(_FIRST_TOKENS, tokens)
    done, taken = timed(0, size)
    while taken < seconds / _STRETCHES and size < tokens:
        size = min(2 * size, tokens)
        done, taken = timed(0, size)
    size = max(min(int(done / max(taken, 1e-9) * seconds), tokens) // _STRETCHES, 1)
    firsts = sorted({tokens * part // _STRETCHES // step * step for part in range(_STRETCHES)})
    parts = [timed(first, min(first + size, tokens)) for first in firsts]
    return sum(done for done, _ in parts) / max(sum(taken for _, taken in parts), 1e-9)


def refuse_epochs(config: TrainConfig | None, given: Mapping[str, Any]) -> None:
    """Raise ConfigError if the epochs are given beside a budget that is to choose them."""
    if "epochs" in given or (config is not None and config.epochs is not None):
        raise ConfigError(
            f"{option('epochs')} and {option('time_budget')} exclude each other: "
            "the budget chooses the number of epochs"
        )


def kept_decision(directory: str | os.PathLike[str] | None, budget: TimeBudget) -> dict[str, Any] | None:
    """Return what the run that is gone on with has chosen; None if there is no checkpoint yet.

    Raises
    ------
    ConfigError
        If that run has no budget, or another one.
    """
    found = None if directory is None else newest_in(directory)
    if found is None:
        return None
    path, checkpoint = found
    epochs, decision = checkpoint.config.epoch_count(), checkpoint.provenance.decisions.get("time_budget")
    if not isinstance(decision, dict):
        raise ConfigError(f"{path} is of a run without a time budget: go on with it by {option('epochs', epochs)}")
    if decision.get("seconds") != budget.seconds:
        raise ConfigError(
            f"{path} is of a run with a time budget of {decision.get('seconds')!s:.20} s, not {budget.seconds:g} s, "
            f"which chose {epochs} epochs; {option('resume_anyway')} with {option('epochs')} trains more or fewer"
        )
    return {**decision, "epochs": epochs}
