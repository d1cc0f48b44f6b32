"""Choose the number of epochs that fit into a time budget, measured on the run's corpus, settings and machine.

The budget covers the whole run. After the corpus is encoded, a trial trainer trains for some seconds on stretches from
all over the corpus and is discarded. The remaining time, less the time to make the parameters again and to write the
files, is divided by the time of an epoch. The number is fixed before the first epoch, so that the learning rate falls
as in any run. The trial shares no draws with the run: a run with the same ``epochs`` gives the same vectors.

A margin of 5 % stays free and the number is rounded down, so that a run ends within its budget on a machine of steady
speed. At least one epoch is trained, at most `MOST_EPOCHS`, with n-grams `MOST_EPOCHS_WITH_NGRAMS`: with more, a model
overfits a small text (docs/decisions/0021-small-texts.md).

Rejected: timing the first epoch (its learning rate would assume a wrong number of epochs), made-up tokens as in
``train-embeddings info`` (other words than those of the corpus), stopping when the time is up (a learning rate that
has not fallen costs more than one epoch less).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from embed.checkpoints.checkpoint_folder import Found
from embed.config.durations import Clock, TimeBudget
from embed.errors import ConfigError, advise
from embed.messages import option

if TYPE_CHECKING:
    from embed.model.parameters import Parameters
    from embed.training.trainer import Trainer

__all__ = [
    "MOST_EPOCHS",
    "MOST_EPOCHS_WITH_NGRAMS",
    "TimeBudget",
    "epochs_that_fit",
    "kept_decision",
    "tokens_per_second",
]

MOST_EPOCHS, MOST_EPOCHS_WITH_NGRAMS = 50, 21
"""The most epochs that a budget chooses."""
_MARGIN = 0.05
_COST_OF_SENSES = 1.6
"""Two fifths of the passes have senses, and take 2.5 times as long."""
_TRIAL_SHARE, _SHORTEST_TRIAL, _LONGEST_TRIAL = 0.03, 0.3, 10.0
"""As a share of the budget, and in seconds."""
_FIRST_TOKENS, _STRETCHES = 1 << 12, 8
# Numbers per second, well below the measured speeds: writing takes little time compared to training.
_TEXT_ENDINGS, _TEXT_SPEED = (".txt", ".vec"), 8e6
_COMPRESSED_ENDINGS, _COMPRESSED_SPEED = (".gz", ".zst", ".bz2", ".xz"), 0.8e6
_BINARY_SPEED = 40e6


def epochs_that_fit(budget: TimeBudget, trial: Trainer, making: float) -> dict[str, Any]:
    """Return the number of epochs that fit into a budget, and what the run card reports of the choice.

    Parameters
    ----------
    budget : TimeBudget
    trial : Trainer
        Made for the measurement alone, which changes its parameters.
    making : float
        The seconds that making `trial` took.
    """
    wanted = min(max(budget.seconds * _TRIAL_SHARE, _SHORTEST_TRIAL), _LONGEST_TRIAL)
    rate = tokens_per_second(trial.stretch, trial.tokens, trial.stretch_step, wanted, budget.clock)
    # measuring held-out tokens takes less time than training on them
    epoch_seconds = trial.corpus.tokens / rate * (_COST_OF_SENSES if trial.config.senses else 1)
    saving = _saving_seconds(budget, trial.parameters)
    left = budget.seconds - (budget.clock() - budget.started) - making - saving
    most = MOST_EPOCHS_WITH_NGRAMS if trial.config.subword else MOST_EPOCHS
    fewest = 2 if trial.config.senses else 1
    epochs = int(max(fewest, min(left * (1 - _MARGIN) / epoch_seconds, most)))
    if left < fewest * epoch_seconds:
        passes = "one epoch takes" if fewest == 1 else "two epochs, the fewest with senses, take"
        advise(
            f"{passes} about {fewest * epoch_seconds:.3g} s, but only {max(left, 0):.3g} s are left of the time budget "
            f"of {budget.seconds:g} s: training {'one epoch' if fewest == 1 else 'two epochs'} anyway"
        )
    return {
        "seconds": budget.seconds,
        "epochs": epochs,
        "seconds_before": round(budget.clock() - budget.started, 3),
        "seconds_reserved": round(making + saving, 3),
        "seconds_an_epoch": round(epoch_seconds, 3),
    }


def _saving_seconds(budget: TimeBudget, parameters: Parameters) -> float:
    everything = parameters.inputs.size + parameters.outputs.size
    vectors = int(parameters.words * parameters.inputs.shape[1])
    texts = sum(vectors / _speed(path) for path in budget.vectors if _speed(path) < _BINARY_SPEED)
    others = sum(everything / _speed(path) for path in budget.vectors if _speed(path) == _BINARY_SPEED)
    return texts + others + sum(everything / _speed(path) for path in budget.models)


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
        Tokens of an epoch.
    step : int
        Every `first` is a multiple of this number.
    seconds : float
    clock : callable
    """

    def timed(first: int, last: int) -> tuple[int, float]:
        began = clock()
        return stretch(first, last) - first, clock() - began

    # The first stretches touch the memory and warm up the machine; they only determine the length of the others.
    size = min(_FIRST_TOKENS, tokens)
    done, taken = timed(0, size)
    while taken < seconds / _STRETCHES and size < tokens:
        size = min(2 * size, tokens)
        done, taken = timed(0, size)
    size = max(min(int(done / max(taken, 1e-9) * seconds), tokens) // _STRETCHES, 1)
    firsts = sorted({tokens * part // _STRETCHES // step * step for part in range(_STRETCHES)})
    parts = [timed(first, min(first + size, tokens)) for first in firsts]
    return sum(done for done, _ in parts) / max(sum(taken for _, taken in parts), 1e-9)


def kept_decision(found: Found, budget: TimeBudget) -> dict[str, Any] | None:
    """Return the choice of the run to resume; None if it has no checkpoint yet.

    Raises
    ------
    ConfigError
        That run has no budget, or another one.
    """
    if found.newest is None:
        return None
    path, checkpoint = found.newest
    epochs, decision = checkpoint.config.epoch_count(), checkpoint.provenance.decisions.get("time_budget")
    if not isinstance(decision, dict):
        raise ConfigError(
            f"cannot resume from {path} with a time budget: its run has none; resume it with {option('epochs', epochs)}"
        )
    if decision.get("seconds") != budget.seconds:
        raise ConfigError(
            f"cannot resume from {path} with a time budget of {budget.seconds:g} s: its run has a budget of "
            f"{decision.get('seconds')!s:.20} s, which chose {epochs} epochs; to train more or fewer, give "
            f"{option('epochs')} and {option('resume_anyway')}"
        )
    return {**decision, "epochs": epochs}
