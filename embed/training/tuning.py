"""Search for the parameters that suit a text and a purpose within a time budget: successive halving.

Many settings are trained on a small share of the text, the best third of them on three times as much, and so on
(Jamieson & Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", AISTATS 2016; the inner
loop of Hyperband, Li et al., JMLR 2018). Each training is whole: its learning rate falls to the end. What is drawn are
factors on the defaults for the size of the text (:mod:`embed.config.defaults`), not rates and passes, so that what is
best on a share of the text carries over to the whole.

The first trial are the defaults, which stay to the end. A purpose (:mod:`embed.training.purposes`) chooses by one half
of its data, and tells by the other how far the choice is better than the defaults. Unless the interval is above zero,
the result of the search are the defaults: the best of many trials is also the luckiest. Its luck is also that of its
training, which both halves see, so at the end the choice and the defaults are trained once more, with another seed, and
these two are compared.

The trials are stored in a folder (:mod:`embed.training.trials`), from which the same search resumes.

Rejected: a model of the objective (Gaussian processes, TPE; a kept library would be an extra, and with some thirty
trials there is little to learn from), early stopping of trainings (a rate that has not fallen is judged by what it is
not).
"""

from __future__ import annotations

import math
import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from embed.checkpoints.checkpoint_folder import held
from embed.config.defaults import completed
from embed.config.train import TrainConfig
from embed.errors import AdviceWarning, ConfigError, DivergenceError, NoExamplesError
from embed.messages import option
from embed.model.model import Model
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.spread_corpus import SpreadCorpus
from embed.training.purposes import OF_NGRAMS, Purpose, Verdict
from embed.training.trainer import Trainer
from embed.training.trials import Stored, StoredTrials

__all__ = ["Trial", "Tuned", "tune"]

ETA = 3
"""A rung keeps one of so many trials, and has so many times the text of the rung before."""
RUNGS = 3
_FEWEST, _MOST = ETA**2, ETA**4
"""Trials of the first rung."""
_TAIL = 0.02
"""The share of the text that is held out, at its end."""
_LEAST_SENTENCES = 200
_LEAST_SHARE = 0.025
"""With less, more would be held out than is trained."""
_SPENT = 0.6
"""The share of the time that is planned for, since some trials cost more than the defaults."""
_RATES = (0.4, 1.5)
"""The bounds of the factor on both rates, drawn evenly on a logarithmic scale. Fewer passes have higher rates by
default, and above 1.5 times the root of the factor on the passes most models of words diverge on small texts
(docs/tuning.md)."""
_EPOCHS = (0.5, 1.0, 2.0)
_KINDS: Sequence[Mapping[str, Any]] = (
    {"subword": True, "structured": True},
    {"subword": True},
    {"structured": True},
    {},
    {"objective": "cbow"},
    {"objective": "cbow", "subword": True},
)
_RATE_NAMES = ("lr", "input_lr")
_KIND = ("objective", "subword", "structured")


@dataclass
class Trial:
    """Settings, and what came of them.

    Attributes
    ----------
    number : int
        From 0, the defaults.
    values : mapping
        Parameters that were drawn.
    rate, epochs : float
        Factors on the default rates and passes.
    scores : list of float or None
        That which chooses, of each rung it was in, larger for better; None where the training failed.
    seconds : float
        All its trainings.
    """

    number: int
    values: Mapping[str, Any]
    rate: float = 1.0
    epochs: float = 1.0
    scores: list[float | None] = field(default_factory=list)
    seconds: float = 0.0

    def drawn(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return {"values": dict(self.values), "rate": self.rate, "epochs": self.epochs}

    def config(self, base: TrainConfig, corpus: EncodedCorpus, tokens: int, open_: Sequence[str]) -> TrainConfig:
        """Return the configuration for a text of so many tokens.

        Parameters
        ----------
        base : TrainConfig
            With the parameters that the user gives, and the kind of model by default.
        corpus : EncodedCorpus
            Its words count for the rates.
        tokens : int
        open_ : sequence of str
                Of "epochs", "lr", "input_lr" and "window", those that are not given.
        """
        words = len(corpus.vocabulary)
        with warnings.catch_warnings(action="ignore", category=AdviceWarning):
            config = base.replace(**self.values)
            usual = completed(config, tokens, words, window="window" in open_ and "window" not in self.values)
            if "epochs" in open_:
                epochs = max(round(usual.epoch_count() * self.epochs), 2 if config.senses else 1)
                usual = completed(config.replace(epochs=epochs, window=usual.window), tokens, words, window=False)
            # to four digits, as the defaults are
            found: dict[str, Any] = {name: getattr(usual, name) * self.rate for name in _RATE_NAMES if name in open_}
            rounded: dict[str, Any] = {name: float(f"{rate:.4g}") for name, rate in found.items()}
            return usual.replace(**rounded)


@dataclass(frozen=True)
class Tuned:
    """What a search has found.

    Attributes
    ----------
    config : TrainConfig
        For the whole text: of the best trial if the verdict is that it is better than the defaults, else the defaults.
    best : Trial
    trials : sequence of Trial
        Best first, by the last rung that each was in.
    shares : sequence of float
        The share of the text in each rung that was begun.
    verdict : Verdict or None
        How far the best trial is better than the defaults; None if it is the defaults, or one of both failed.
    """

    config: TrainConfig
    best: Trial
    trials: Sequence[Trial]
    shares: Sequence[float]
    verdict: Verdict | None

    def table(self, purpose: Purpose) -> str:
        """Return the trials as an aligned table."""
        head = ("trial", *(f"{share:.1%} of the text" for share in self.shares), "seconds", "rates", "epochs", "drawn")
        rows = [
            (
                "defaults" if trial.number == 0 else str(trial.number),
                *(
                    purpose.shown(trial.scores[rung]) if rung < len(trial.scores) else "-"
                    for rung in range(len(self.shares))
                ),
                f"{trial.seconds:.1f}",
                f"x{trial.rate:.2f}",
                f"x{trial.epochs:g}",
                " ".join(f"{name}={_plain(value)}" for name, value in trial.values.items()) or "-",
            )
            for trial in self.trials
        ]
        widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head) - 1)]
        lines = [
            "  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]))
            for row in (head, *rows)
        ]
        return "\n".join(line.rstrip() for line in lines)


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def tune(
    corpus: EncodedCorpus,
    purpose: Purpose,
    base: TrainConfig,
    given: Mapping[str, Any],
    seconds: float,
    *,
    directory: str | os.PathLike[str] | None = None,
    note: Callable[[str], object] = lambda _: None,
    found: Callable[[Tuned], object] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
) -> Tuned:
    """Search for about `seconds`, and return the best settings.

    Parameters
    ----------
    corpus : EncodedCorpus
    purpose : Purpose
    base : TrainConfig
        The defaults, with the parameters that the user gives.
    given : mapping
        The parameters that the user gives, which stay.
    seconds : float
        The search begins no training later, and ends the search after it.
    directory : path, optional
        A folder for the trials, which are stored after each training. A search that was killed resumes from there, and
        the seconds of all trainings that ended count. More `seconds` than before go on where the time was up.
    note : callable
        Called with a sentence on each trial.
    found : callable
        Called with what is best so far after each rung and, on an interrupt, before it is raised.

    Raises
    ------
    ConfigError
        The text is too short, or all trainings failed; or the folder is in use, or holds the trials of another search.
    FormatError
        The folder cannot be written, or a file in it is damaged.
    """
    if corpus.sentences < _LEAST_SENTENCES:
        raise ConfigError(
            f"the text has {corpus.sentences:,} sentences, too few to tune on: give at least {_LEAST_SENTENCES}"
        )
    search = _Search(corpus, purpose, base, given, seconds, note, clock)
    with ExitStack() as stack:
        if directory is not None:
            stack.enter_context(held(Path(directory), "trials"))
            search.store_in(directory)
        try:
            search.run(found)
        except KeyboardInterrupt:
            if search.is_begun:
                found(search.tuned())
            raise
        return search.tuned()


class _Search:
    def __init__(
        self,
        corpus: EncodedCorpus,
        purpose: Purpose,
        base: TrainConfig,
        given: Mapping[str, Any],
        seconds: float,
        note: Callable[[str], object],
        clock: Callable[[], float],
    ) -> None:
        self._corpus, self._purpose, self._base = corpus, purpose, base
        self._open = [name for name in ("epochs", "lr", "input_lr", "window") if name not in given]
        self._given, self._note, self._clock = given, note, clock
        self._began, self._seconds = clock(), seconds
        self._tail = corpus.sentences
        if purpose.needs_tail:
            wanted = round(corpus.tokens * (1 - _TAIL))
            self._tail = min(int(np.searchsorted(corpus.offsets, wanted)), corpus.sentences - 1)
        self._draw = np.random.default_rng(base.seed)
        self._trials = [Trial(0, {})]
        self._planned: list[float] = []  # the share of each rung
        self._shares: list[float] = []  # of the rungs that were begun
        self._complete = 0  # rungs that all their trials have ended
        self._judged: dict[tuple[int, int], Any] = {}  # of the last complete rung, and of the current one
        self._store: StoredTrials | None = None

    @property
    def is_begun(self) -> bool:
        """Some training has ended."""
        return any(score is not None for trial in self._trials for score in trial.scores)

    def store_in(self, directory: str | os.PathLike[str]) -> None:
        """Store the trials in a folder, after taking over those that are there."""
        search = {
            "corpus": self._corpus.fingerprint,
            "purpose": self._purpose.identity(),
            "parameters": self._base.to_dict(),
            "given": sorted(self._given),
        }
        self._store = StoredTrials(directory, search, self._purpose.ending)
        stored = self._store.read()
        if stored is None:
            return
        self._planned = stored.shares
        self._trials += [self._drawn(number) for number in range(1, len(stored.trials))]
        self._store.refuse_other_draws(stored, [trial.drawn() for trial in self._trials])
        for trial, kept in zip(self._trials, stored.trials, strict=True):
            trial.scores, trial.seconds = kept["scores"], kept["seconds"]
        self._judged = {
            (rung, number): self._store.judged(rung, number, self._purpose.read) for rung, number in stored.judged
        }
        self._began -= stored.spent
        self._note(
            f"resuming from {os.fspath(directory)}: {stored.trained:,} trainings have ended, "
            f"{max(self._seconds - stored.spent, 0):.0f} s are left"
        )

    def run(self, found: Callable[[Tuned], object]) -> None:
        """Train all rungs, or as many as the time allows."""
        if not self._planned:
            count, self._planned = self._plan()
            self._trials += [self._drawn(number) for number in range(1, count)]
            self._write()
        current = self._trials
        for rung, share in enumerate(self._planned):
            self._shares.append(share)
            missing = [trial for trial in current if len(trial.scores) == rung]
            for trial in missing:
                if self.is_begun and self._is_over():
                    return
                self._train(trial)
                self._write()
            self._complete += 1
            if missing:
                found(self.tuned())
            ranked = sorted(current, key=self._rank, reverse=True)
            kept = ranked[: max(len(current) // ETA, 2)]
            current = [self._trials[0], *(trial for trial in kept if trial.number)]
        best = max(self._trials, key=self._rank)
        for trial in (self._trials[0], best) if best.number else ():
            if (len(self._planned), trial.number) not in self._judged:
                if self._is_over():
                    return
                self._train_again(trial)
                self._write()

    def _is_over(self) -> bool:
        """Tell whether the time is up."""
        if self._clock() - self._began <= self._seconds:
            return False
        self._note(f"the time is up; a longer {option('time_budget')} goes on from here")
        return True

    def _write(self) -> None:
        """Store the trials."""
        self._judged = {place: kept for place, kept in self._judged.items() if place[0] >= self._complete - 1}
        if self._store is not None:
            trials = [{**trial.drawn(), "scores": trial.scores, "seconds": trial.seconds} for trial in self._trials]
            stored = Stored(self._planned, self._clock() - self._began, trials, [list(place) for place in self._judged])
            self._store.write(stored, self._judged, self._purpose.write)

    def _plan(self) -> tuple[int, list[float]]:
        """Return the number of trials and the share of the text in each rung, after a look at what a training costs.

        Each of the rungs costs as much as the others: n trainings on 1/9 of the largest share, n/3 on 1/3, n/9 on all.
        """
        least = min(max(_LEAST_SENTENCES / max(self._tail, 1), _LEAST_SHARE), 1.0)
        share, began = max(ETA**-RUNGS, least), self._clock()
        part = SpreadCorpus(self._corpus, share, self._tail)
        with warnings.catch_warnings(action="ignore", category=AdviceWarning):
            Trainer(part, self._trials[0].config(self._base, part, part.tokens - part.tail_tokens, self._open)).run()
        whole = max(self._clock() - began, 1e-3) / share
        trainings = self._seconds * _SPENT / whole
        most = ETA ** (RUNGS - 1) / RUNGS  # trials on the smallest share for the cost of a whole training
        count = int(min(max(trainings * most, _FEWEST), _MOST))
        largest = min(trainings * most / count, 1.0)
        return count, sorted({max(largest / ETA**step, least) for step in range(RUNGS)})

    def _fitted(self, trial: Trial, seed: int = 0) -> tuple[Trainer, Model] | None:
        """Train on the share of the current rung, with the seed of the user plus `seed`; None if that fails."""
        part = SpreadCorpus(self._corpus, self._shares[-1], self._tail)
        config = trial.config(self._base, part, part.tokens - part.tail_tokens, self._open)
        config = config.replace(seed=config.seed + seed)
        if self._purpose.needs_tail:
            config = config.replace(held_out=part.tail_tokens / part.tokens)
        try:
            with warnings.catch_warnings(action="ignore", category=AdviceWarning):
                trainer = Trainer(part, config, keeps_half="subsample" not in self._given, is_strict=True)
                return trainer, trainer.run()
        except (DivergenceError, NoExamplesError) as error:
            self._note(f"{self._named(trial)} failed: {error}")
            return None

    def _train_again(self, trial: Trial) -> None:
        """Train with another seed, for the verdict alone; if that fails, there is none."""
        began, last = self._clock(), len(self._planned)
        fitted = self._fitted(trial, seed=1)
        trial.seconds += self._clock() - began
        if fitted is None:
            self._judged.pop((last - 1, trial.number), None)
            return
        self._judged[last, trial.number] = self._purpose.judge(*fitted)
        self._note(f"{self._named(trial)} once more, to judge")

    def _named(self, trial: Trial) -> str:
        return "the defaults" if trial.number == 0 else f"trial {trial.number} of {len(self._trials) - 1}"

    def _train(self, trial: Trial) -> None:
        began, score, judged = self._clock(), None, None
        if (fitted := self._fitted(trial)) is not None:
            score, judged = self._purpose.score(*fitted), self._purpose.judge(*fitted)
        trial.scores.append(score if score is not None and math.isfinite(score) else None)
        trial.seconds += self._clock() - began
        if judged is not None and trial.scores[-1] is not None:
            here = [each for each in self._trials if len(each.scores) == len(self._shares)]
            best = max(here, key=lambda each: _or_least(each.scores[-1])).number
            rung = len(self._shares) - 1
            self._judged[rung, trial.number] = judged
            for number in {number for place, number in self._judged if place == rung} - {0, best}:
                del self._judged[rung, number]
        if fitted is not None:
            score_text = self._purpose.shown(trial.scores[-1])
            self._note(f"{self._named(trial)} on {self._shares[-1]:.1%} of the text: {score_text}")

    def _rank(self, trial: Trial) -> tuple[int, float]:
        """Order trials by the last complete rung that they were in (the first, if none is), and their score there."""
        rung = min(len(trial.scores), max(self._complete, 1)) - 1
        return rung, -math.inf if rung < 0 else _or_least(trial.scores[rung])

    def tuned(self) -> Tuned:
        """Return what is best so far."""
        ranked = sorted((trial for trial in self._trials if trial.scores), key=self._rank, reverse=True)
        best = ranked[0]
        if self._rank(best)[1] == -math.inf:
            raise ConfigError(f"every training failed: lower the rates ({option('lr')}), or give more text")
        rung, verdict, again = max(self._complete - 1, 0), None, len(self._planned)
        for trainings in (again, rung):
            places = (trainings, 0), (trainings, best.number)
            if best.number and verdict is None and self._judged.keys() >= {*places}:
                verdict = self._purpose.verdict(*(self._judged[place] for place in places))
                verdict = replace(verdict, is_fresh=trainings == again)
        has_failed = len(self._trials[0].scores) > rung and self._trials[0].scores[rung] is None
        chosen = best if has_failed or (verdict is not None and verdict.low > 0) else self._trials[0]
        config = chosen.config(self._base, self._corpus, self._corpus.tokens, self._open)
        return Tuned(config, best, ranked, tuple(self._shares), verdict)

    def _drawn(self, number: int) -> Trial:
        """Draw the settings of a trial."""
        draw, values = self._draw, {}
        space = self._purpose.space()
        if "window" in space and not any(name in self._given for name in _KIND):
            kind = {"objective": "sg", "subword": False, "structured": False}
            kind.update(_KINDS[int(draw.integers(len(_KINDS)))])
            values.update({name: value for name, value in kind.items() if getattr(self._base, name) != value})
        has_ngrams = values.get("subword", self._base.subword)
        for name, choices in space.items():
            value = choices[int(draw.integers(len(choices)))]
            if name not in self._given and (has_ngrams or name not in OF_NGRAMS):
                values[name] = value
        epochs = _EPOCHS[int(draw.integers(len(_EPOCHS)))]
        if "epochs" not in self._open:
            epochs = 1.0
        low, high = _RATES
        rate = math.exp(draw.uniform(math.log(low), math.log(high * math.sqrt(epochs))))
        return Trial(number, values, rate, epochs)


def _or_least(score: float | None) -> float:
    return -math.inf if score is None else score
