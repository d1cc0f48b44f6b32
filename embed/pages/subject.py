"""What a page shows: vectors, their name, and what is known of the training that made them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from embed import formats
from embed.arguments import shown
from embed.config.train import TrainConfig, as_flags
from embed.documents import DocumentModel
from embed.errors import ConfigError, FormatError
from embed.files.inputs import Input
from embed.files.outputs import CARD, read_card
from embed.files.own_kinds import own_kind_of
from embed.files.records import made
from embed.formats import native
from embed.formats.model_file import stored_run
from embed.model.health import health_of_run
from embed.model.model import EpochRecord, Model
from embed.model.provenance import Provenance
from embed.training.learning_curves import Curve
from embed.vectors.health import Health
from embed.vectors.replicates import Replicates
from embed.vectors.word_vectors import WordVectors

__all__ = ["Run", "Shown", "Subject", "subjects"]

Shown = WordVectors | Model | DocumentModel | Replicates | str | os.PathLike[str]
"""What a page can show: an object, or the path of a file."""

_DECIDED = ("min_count", "subsample")
"""Decisions of a run that were parameters left open."""


@dataclass(frozen=True)
class Run:
    """What is known of a training.

    Attributes
    ----------
    config : TrainConfig
    provenance : Provenance or None
    history : tuple of EpochRecord
    """

    config: TrainConfig
    provenance: Provenance | None
    history: tuple[EpochRecord, ...]

    def card(self) -> dict[str, Any]:
        """Return all of it as plain JSON values."""
        return {
            "config": self.config.to_dict(),
            "provenance": None if self.provenance is None else asdict(self.provenance),
            "epochs": [asdict(record) for record in self.history],
        }

    def command(self) -> str:
        """Return the command that repeats the training on a text; its parameters are those that were used."""
        values = self.config.to_dict()
        decisions = {} if self.provenance is None else self.provenance.decisions
        values |= {name: decisions[name] for name in _DECIDED if name in decisions}
        default = TrainConfig().to_dict()
        chosen = {
            name: shlex.quote(value) if isinstance(value, str) else value
            for name, value in values.items()
            if value is not None and (value != default[name] or name == "objective")
        }
        return f"train-embeddings train CORPUS -o OUT {as_flags(chosen)}"


@dataclass(frozen=True)
class Subject:
    """One of the models that a page shows.

    Attributes
    ----------
    name : str
        Distinct from those of the others.
    vectors : WordVectors
    run : Run or None
        None if nothing is known of the training.
    replicates : Replicates or None
        Of which `vectors` are the mean, and `run` is the first.
    """

    name: str
    vectors: WordVectors
    run: Run | None = None
    replicates: Replicates | None = None

    def health(self) -> Health:
        """Return the state of the vectors; raises FormatError if one is not finite."""
        if self.run is None:
            return self.vectors.health()
        return health_of_run(self.vectors, self.run.config, self.run.provenance, len(self.run.history))

    def curve(self) -> Curve | None:
        """Return the losses of the training, if they are known."""
        return Curve(self.name, self.run.history) if self.run is not None and self.run.history else None


def subjects(given: Shown | Sequence[Shown] | Mapping[str, Shown], reading: Mapping[str, Any]) -> list[Subject]:
    """Return what a page shows, with distinct names.

    Parameters
    ----------
    given : model, vectors, path, a sequence of these, or a mapping of names to these
    reading : mapping
        Keywords of :func:`embed.load` for paths.

    Raises
    ------
    ConfigError
        There is nothing, or something that has no words.
    FormatError
        A file cannot be read.
    """
    if isinstance(given, Mapping):
        named = [(str(name), each) for name, each in given.items()]
    elif isinstance(given, Sequence) and not isinstance(given, (str, Replicates)):
        named = [("", each) for each in given]
    else:
        named = [("", given)]
    if not named:
        raise ConfigError("a page needs a model: name a file, or give a model or vectors")
    found = [_subject(name, each, reading) for name, each in named]
    names: dict[str, int] = {}
    result = []
    for subject in found:
        number = names[subject.name] = names.get(subject.name, 0) + 1
        name = subject.name if number == 1 else f"{subject.name} ({number})"
        result.append(replace(subject, name=name))
    return result


def _subject(name: str, given: object, reading: Mapping[str, Any]) -> Subject:
    if isinstance(given, (str, os.PathLike)):
        return _read(name, given, reading)
    if isinstance(given, Replicates):
        return _of_replicates(name or f"{len(given)} replicates", given)
    if isinstance(given, DocumentModel):
        given = given.model
    if isinstance(given, Model):
        return Subject(name or _described(given), given.vectors, Run(given.config, given.provenance, given.history))
    if isinstance(given, WordVectors):
        return Subject(name or f"{len(given):,} words x {given.dim}", given)
    raise ConfigError(f"a page shows models, vectors and their files, not {shown(given)}")


def _described(model: Model) -> str:
    ngrams = " with n-grams" if model.config.subword else ""
    return f"{model.config.objective}{ngrams}, {model.config.dim} dimensions"


def _read(name: str, path: str | os.PathLike[str], reading: Mapping[str, Any]) -> Subject:
    if own_kind_of(path) == "replicates":
        return _of_replicates(name or Path(path).name, Replicates.load(path))
    source = Input.of(path, FormatError)
    form = formats.detect(source)
    metadata = native.read_metadata(source) if form == "native" else {}
    vectors = formats.load(source, **reading)
    if metadata.get("kind") in ("model", "documents"):
        run: Run | None = Run(*stored_run(source.name, metadata))
    else:
        run = _run_of(read_card(f"{source.name}{CARD}"), f"{source.name}{CARD}")
    return Subject(name or Path(source.name).name, vectors, run)


def _of_replicates(name: str, replicates: Replicates) -> Subject:
    run = _run_of(replicates.cards[0] if replicates.cards else None, name)
    return Subject(name, replicates.mean(), run, replicates)


def _run_of(card: Mapping[str, Any] | None, name: str) -> Run | None:
    """Return what a run card says; None without one.

    Raises
    ------
    FormatError
        The card is damaged.
    """
    if card is None:
        return None
    try:
        return Run(
            TrainConfig.from_dict(card["config"]),
            None if card["provenance"] is None else made(Provenance, card["provenance"]),
            tuple(made(EpochRecord, record) for record in card["epochs"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{name}: damaged: not the run card of a training: {error!s:.200}") from error
