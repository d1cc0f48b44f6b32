"""What a caller asks of checkpoints, checked before hours are spent on the corpus."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from embed.arguments import file_path, whole_number
from embed.checkpoints.checkpoint import CONTINUED_FROM, Checkpoint
from embed.checkpoints.checkpoint_folder import checkpoints_in, held, newest_in, refuse_differences
from embed.checkpoints.writer import Every
from embed.config.train import TrainConfig
from embed.errors import CheckpointWarning, ConfigError, FormatError, advise
from embed.messages import option

__all__ = ["DEFAULT_EVERY", "DEFAULT_KEEP", "Plan"]

DEFAULT_EVERY, DEFAULT_KEEP = "5m", 2


@dataclass(frozen=True)
class Plan:
    """What a caller asks for; see :func:`embed.train`.

    Raises
    ------
    ConfigError
        If `every` or `keep` makes no sense.
    """

    directory: Path | None
    every: Every
    keep: int
    resume: Path | None
    anyway: bool

    @classmethod
    def of(
        cls,
        directory: str | os.PathLike[str] | None,
        every: str,
        keep: int,
        resume: str | os.PathLike[str] | None,
        anyway: bool,
    ) -> Plan:
        """Check what a caller gives."""
        keep = whole_number("checkpoint_keep", keep, 1)
        given = (("checkpoint", directory), ("resume", resume))
        paths = [None if path is None else Path(file_path(name, path)) for name, path in given]
        return cls(paths[0], Every.parse(every), keep, paths[1], anyway)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Make the folder for new checkpoints, if there is to be one, and keep other runs from it until the end.

        Raises
        ------
        ConfigError
            If another run has it.
        FormatError
            If it cannot be made or written to.
        """
        with nullcontext() if self.directory is None else held(self.directory):
            yield

    def is_resumed(self, config: TrainConfig | None, continued_from: Mapping[str, Any] | None = None) -> bool:
        """Return whether there is a checkpoint to go on from, before hours are spent on the corpus.

        Parameters
        ----------
        config : TrainConfig or None
            None if the corpus decides on it: `restore` compares it then.
        continued_from : mapping or None
            What the run starts from, if that is a model.

        Raises
        ------
        ConfigError
            If the newest checkpoint is of a run with another configuration, or the folder for new ones has some
            of a run that is not gone on with.
        FormatError
            If there should be a checkpoint, and is none.
        """
        same = self.resume is not None and self.directory is not None and _same(self.resume, self.directory)
        if self.directory is not None and not same and checkpoints_in(self.directory):
            raise ConfigError(
                f"{self.directory} holds checkpoints of a run: go on with it by "
                f"{option('resume', str(self.directory))}, or name another folder for new ones"
            )
        if self.resume is None:
            return False
        present = checkpoints_in(self.resume)
        if not present and not same:
            raise FormatError(f"{self.resume}: there is no checkpoint to go on from")
        if not present:
            message = f"{self.resume} has no checkpoint yet: the run begins at the beginning"
            advise(message, CheckpointWarning)
        if config is None:
            return bool(present)
        if (newest := newest_in(self.resume)) is not None:
            path, found = newest
            decisions = {**found.provenance.decisions, CONTINUED_FROM: continued_from}
            provenance = replace(found.provenance, decisions=decisions)
            here = Checkpoint(config, found.vocabulary, provenance, found.place, found.history)
            refuse_differences(path, found, here, anyway=self.anyway)
        return bool(present)


def _same(first: Path, second: Path) -> bool:
    return os.path.realpath(first) == os.path.realpath(second)
