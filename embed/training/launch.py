"""How a run begins: fresh or from a checkpoint, with the epochs that were given or those that a time budget chooses.

What :func:`embed.train` and :func:`embed.continue_training` share; they differ in how a trainer is made.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embed.checkpoints.checkpoint_folder import checkpoint_name, newest_in
from embed.checkpoints.request import Plan
from embed.checkpoints.writer import Saver
from embed.config.presets import AUTO
from embed.config.train import TrainConfig
from embed.errors import ConfigError
from embed.files.outputs import Output
from embed.text.encoded_corpus import DATA_FILES, META
from embed.training.time_budget import TimeBudget, kept_decision, refuse_epochs

if TYPE_CHECKING:
    from embed.model.model import Model
    from embed.training.trainer import EpochCallback, Trainer

__all__ = ["Launch", "kept_folders"]


def kept_folders(encoded: str | os.PathLike[str] | None, checkpoints: str | os.PathLike[str] | None) -> list[Output]:
    """Return the folders that a run fills, for :func:`embed.files.outputs.check_outputs`.

    Raises
    ------
    ConfigError
        If the checkpoints would lie in the encoded corpus, which fills only a folder that is empty or its own.
    """
    if encoded is not None and checkpoints is not None:
        outer, inner = (os.path.realpath(path) for path in (encoded, checkpoints))
        if inner.startswith(os.path.join(outer, "")):
            raise ConfigError(
                f"{os.fspath(checkpoints)}: the checkpoints would lie within the encoded corpus {os.fspath(encoded)}; "
                "name a place outside of it"
            )
    folders = (
        (encoded, "the encoded corpus", (META, *DATA_FILES)),
        (checkpoints, "the checkpoints", (checkpoint_name(1),)),
    )
    return [
        Output(os.fspath(path), what, holds=names, makes_parents=True)
        for path, what, names in folders
        if path is not None
    ]


@dataclass(frozen=True)
class Launch:
    """What a caller asks for besides the corpus and the parameters.

    Attributes
    ----------
    plan : Plan
    budget : TimeBudget or None
    kept_budget : dict or None
        What the budget of the run that is gone on with has chosen.
    """

    plan: Plan
    budget: TimeBudget | None
    kept_budget: dict[str, Any] | None

    @classmethod
    def of(
        cls,
        plan: Plan,
        time_budget: TimeBudget | str | float | None,
        config: TrainConfig | None,
        overrides: Mapping[str, Any],
    ) -> Launch:
        """Check what a caller gives; raises ConfigError."""
        if time_budget is None:
            return cls(plan, None, None)
        budget = TimeBudget.of(time_budget)
        refuse_epochs(config, overrides)
        return cls(plan, budget, kept_decision(plan.resume, budget))

    def preset(self, given: str | None) -> str | None:
        """Return the preset of the run that is gone on with, unless another is named; else what is given."""
        if given not in (None, AUTO) or self.plan.resume is None:
            return given
        found = newest_in(self.plan.resume)
        kept = None if found is None else found[1].provenance.decisions.get("preset")
        return kept if isinstance(kept, str) else given

    def given(self, overrides: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is given, with the epochs that the budget of the run that is gone on with has chosen."""
        return {**overrides, **({} if self.kept_budget is None else {"epochs": self.kept_budget["epochs"]})}

    def run(
        self,
        config: TrainConfig,
        make: Callable[[TrainConfig, bool], Trainer],
        *,
        with_epochs: Callable[[int], TrainConfig],
        is_resumed: bool,
        decisions: Mapping[str, Any],
        callbacks: Sequence[EpochCallback],
        progress: bool | None,
    ) -> Model:
        """Train.

        Parameters
        ----------
        config : TrainConfig
        make : callable
            Returns a new trainer; if its second argument is false, its parameters are read from a checkpoint.
        with_epochs : callable
            Returns the configuration with so many epochs, for a budget to choose.
        is_resumed : bool
            There is a checkpoint to go on from.
        decisions : mapping
            For the run card; see :class:`embed.model.Provenance`.
        callbacks, progress
            As for :func:`embed.train`.
        """
        chosen = self.kept_budget
        if self.budget is not None and chosen is None:
            chosen = self.budget.choose(config, lambda config: make(config, True))
            config = with_epochs(chosen["epochs"])
        trainer = make(config, not is_resumed)
        trainer.provenance.decisions.update(decisions)
        if chosen is not None:
            trainer.provenance.decisions["time_budget"] = chosen
        damaged = trainer.resume(self.plan.resume, anyway=self.plan.anyway) if is_resumed and self.plan.resume else []
        plan = self.plan
        saver = None if plan.directory is None else Saver(plan.directory, plan.every, plan.keep, damaged)
        return trainer.run(callbacks=callbacks, progress=progress, saver=saver)
