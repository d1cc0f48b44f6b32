"""Declare every option of a run once: what to read, how long to train, where to write checkpoints.

Training parameters (:mod:`embed.config.train`) decide what a model learns; options belong to one run.
:func:`embed.train`, :func:`embed.continue_training` and :func:`embed.train_items` take both as keywords, and
``train-embeddings train`` as flags.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from embed.arguments import file_path
from embed.choices import PresetName
from embed.config.durations import Every, TimeBudget
from embed.config.overrides import TrainOverrides
from embed.config.parameter import check_fields, parameter, reject_unknown
from embed.config.tokenizers import allow_function
from embed.config.train import TrainConfig
from embed.errors import ConfigError
from embed.messages import option

__all__ = ["PATHS", "FilePath", "RunKeywords", "RunOptions"]

FilePath = str | os.PathLike[str]

PATHS = ("encoded_dir", "checkpoint", "resume", "log_json")
"""Options that are paths."""
_CORPUS, _LENGTH, _CHECKPOINTS, _PROGRESS = "corpus", "length of the run", "checkpoints", "progress"
_CLUSTER = "cluster"


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """The options of one run; immutable and always valid.

    Attributes
    ----------
    callbacks : sequence of callable
        See :data:`embed.training.trainer.EpochCallback`.
    progress : bool or None
        Show progress on standard error: as a bar on a terminal and in a notebook, otherwise as a line every ten seconds
        in the first two minutes and then every minute, unless the logger ``embed`` has it. True: as a bar wherever
        standard error leads. False: not at all. The logger ``embed`` gets it at INFO in any case.

    Raises
    ------
    ConfigError
        At construction: a value is out of bounds, of the wrong type, or contradicts another one.
    """

    column: str | None = parameter(None, "read this column of CSV, TSV, JSON or Parquet files", _CORPUS, metavar="NAME")
    delimiter: str | None = parameter(None, "character between columns, or tab [by file name]", _CORPUS, metavar="C")
    weight_column: str | None = parameter(
        None, "read each row as often as the number in this column says", _CORPUS, metavar="NAME"
    )
    encoded_dir: str | None = parameter(
        None, "store the encoded corpus here, and reuse it next time", _CORPUS, metavar="DIR", flag="--encoded"
    )
    preset: PresetName | None = parameter(
        None,
        "how often to pass over the text: small 15 times, medium 11 times, large 3 times, auto by its size [auto]",
        _LENGTH,
    )
    time_budget: TimeBudget | None = parameter(
        None,
        "as many epochs (at most 50, with n-grams 21) as fit into 90s, 10m, 1.5h ..., reading included",
        _LENGTH,
        metavar="TIME",
    )
    checkpoint: str | None = parameter(
        None,
        "write checkpoints to this folder, which no other run may use",
        _CHECKPOINTS,
        metavar="DIR",
    )
    checkpoint_every: str | None = parameter(
        None, "90s, 5m, 1h, 2000000tokens or epoch, and once at the end [5m]", _CHECKPOINTS, metavar="TIME"
    )
    checkpoint_keep: int | None = parameter(None, "keep the latest K checkpoints [2]", _CHECKPOINTS, low=1, metavar="K")
    resume: str | None = parameter(
        None, "resume the run from the newest intact checkpoint of this folder", _CHECKPOINTS, metavar="DIR"
    )
    resume_anyway: bool = parameter(
        False, "resume although epochs, rates, window, threads ... have changed", _CHECKPOINTS
    )
    cluster: str | None = parameter(
        None,
        "train on a Ray cluster: its address, auto for one that runs or else processes of this machine, or simulate to "
        "train the parts one after the other here, which shows what merging costs in quality",
        _CLUSTER,
        metavar="ADDRESS",
    )
    log_json: str | None = parameter(
        None, "write the progress to this file, a JSON object a line; added to with --resume", _PROGRESS, metavar="FILE"
    )
    callbacks: Sequence[Callable[[Any, Any], object]] = field(default=())
    progress: bool | None = field(default=None)

    def __post_init__(self) -> None:
        for name in PATHS:
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, file_path(name, value))
        if self.time_budget is not None:
            object.__setattr__(self, "time_budget", TimeBudget.of(self.time_budget))
        check_fields(self)
        self.every()
        for name, needed in (
            ("checkpoint_every", "checkpoint"),
            ("checkpoint_keep", "checkpoint"),
            ("resume_anyway", "resume"),
        ):
            if getattr(self, name) and getattr(self, needed) is None:
                raise ConfigError(f"{option(name)} has no effect without {option(needed)}: name the folder")
        self._refuse_nested()
        if self.cluster is not None and self.time_budget is not None:
            raise ConfigError(
                f"{option('time_budget')} is for one machine, whose speed it measures: give {option('epochs')} with "
                f"{option('cluster')}"
            )

    def every(self) -> Every:
        """Return how often a checkpoint is due, with the default filled in."""
        return Every(seconds=300) if self.checkpoint_every is None else Every.parse(self.checkpoint_every)

    def kept(self) -> int:
        """Return how many checkpoints to keep, with the default filled in."""
        return 2 if self.checkpoint_keep is None else self.checkpoint_keep

    def _refuse_nested(self) -> None:
        if self.encoded_dir is None or self.checkpoint is None:
            return
        outer, inner = (os.path.realpath(path) for path in (self.encoded_dir, self.checkpoint))
        if inner.startswith(os.path.join(outer, "")):
            raise ConfigError(
                f"{self.checkpoint}: the checkpoints would be inside the encoded corpus {self.encoded_dir}, which "
                f"fills its folder alone; name another folder with {option('checkpoint')}"
            )

    @classmethod
    def split(cls, settings: Mapping[str, Any]) -> tuple[RunOptions, dict[str, Any]]:
        """Return the options among the keywords of a run, and its training parameters.

        Raises
        ------
        ConfigError
            A name is neither an option nor a parameter; an option is wrong; `time_budget` and `epochs` are both given.
        """
        allow_function(settings.get("tokenizer"))
        names = {item.name for item in fields(cls)}
        overrides = {name: value for name, value in settings.items() if name not in names}
        reject_unknown(overrides, TrainConfig, cls)
        options = cls(**{name: value for name, value in settings.items() if name in names})
        if "epochs" in overrides:
            options.refuse_epochs()
        return options, overrides

    def refuse_epochs(self) -> None:
        """Raise ConfigError if there is a time budget, which chooses the number of epochs."""
        if self.time_budget is not None:
            raise ConfigError(
                f"{option('epochs')} and {option('time_budget')} exclude each other, since the budget chooses the "
                "epochs: leave one of them out"
            )


class RunKeywords(TrainOverrides, total=False):
    """Options of a run and training parameters, any of them: ``**settings: Unpack[RunKeywords]``."""

    column: str | None
    delimiter: str | None
    weight_column: str | None
    encoded_dir: FilePath | None
    preset: PresetName | None
    time_budget: TimeBudget | str | float | None
    checkpoint: FilePath | None
    checkpoint_every: str | None
    checkpoint_keep: int | None
    resume: FilePath | None
    resume_anyway: bool
    cluster: str | None
    log_json: FilePath | None
    callbacks: Sequence[Callable[[Any, Any], object]]
    progress: bool | None
