"""What is trained: settings of a program, on a text, with a seed; and what tells two of them apart."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.lib.processes import Job
from benchmarks.lib.scoring import load
from embed.config import TrainConfig
from embed.errors import AdviceWarning, ConfigError

MAIN = "main"
"""The name of the text of `--corpus`."""

PROGRAMS = {"ours": "train-embeddings", "gensim": "gensim", "fasttext": "fasttext-community"}
"""Program to the distribution whose version is part of a result."""

_DIGEST_CHARACTERS = 16


@dataclass(frozen=True)
class Text:
    """A plain text, a sentence a line, and the sets that are asked about it."""

    path: str
    description: str
    digest: str  # of its content
    sets: tuple[tuple[str, str], ...]  # (name, source), see `scoring.load`
    sets_digest: str  # of the items, whatever the files are called

    @classmethod
    def read(cls, path: Path, description: str, sets: Sequence[tuple[str, str]]) -> Text:
        """Take down what a file holds."""
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:_DIGEST_CHARACTERS]
        items = repr([(test.name, asdict(test)) for test in load(sets)])
        return cls(str(path.resolve()), description, digest, tuple(sets), _digest(items))

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can keep, with the names of files for their paths: enough to make a page elsewhere."""
        sets = [(name, Path(source).name) for name, source in self.sets]
        return {**asdict(self), "path": Path(self.path).name, "sets": sets}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Text:
        """Take back what `to_dict` made and JSON kept."""
        return cls(**{**values, "sets": tuple((name, source) for name, source in values["sets"])})


@dataclass(frozen=True)
class Setting:
    """One way to train; two settings of one content share their results whatever their names."""

    name: str  # on the page
    values: Mapping[str, Any]  # fields of TrainConfig, or the arguments of the peer
    program: str = "ours"
    text: str = MAIN
    steps: tuple[str, ...] = ()  # of `scoring.STEPS`, to be scored besides

    def but(self, name: str, **changes: Any) -> Setting:
        """Return another one with a few values changed."""
        return Setting(name, {**self.values, **changes}, self.program, self.text, self.steps)

    def on(self, text: str, name: str) -> Setting:
        """Return the same on another text."""
        return Setting(name, self.values, self.program, text, self.steps)


@dataclass(frozen=True)
class Run:
    """A setting with a seed."""

    setting: Setting
    seed: int

    def key(self, text: Text, version: str) -> str:
        """Return what identifies the result: content of settings, text and sets, seed and version of the program.

        The number of threads is no part of it: it changes the time, and scores no more than a seed does.
        """
        setting = self.setting
        parts = [setting.program, version, resolved(setting), list(setting.steps), self.seed]
        return _digest(json.dumps([*parts, text.digest, text.sets_digest], sort_keys=True))

    def job(self, text: Text, encoded_dir: Path, threads: int, top: int) -> Job:
        """Return what a worker does."""
        setting = self.setting
        scored = {"path": text.path, "sets": [list(pair) for pair in text.sets], "top": top}
        values = dict(setting.values)
        if setting.program == "ours":
            config = {**values, "threads": threads, "seed": self.seed}
            ours = {"config": config, "encoded_dir": str(encoded_dir), "steps": list(setting.steps)}
            return Job("ours.quality", {**scored, **ours})
        name = "workers" if setting.program == "gensim" else "thread"
        epochs = values.pop("epochs")
        peer = {"epochs": epochs, "seed": self.seed, "settings": {**values, name: threads}}
        return Job(f"{setting.program}.quality", {**scored, **peer})


def resolved(setting: Setting) -> dict[str, Any]:
    """Return the values with our default learning rates filled in, so that new defaults are new settings."""
    values = dict(setting.values)
    if setting.program == "ours" and not {"lr", "input_lr"} <= set(values):
        values["lr"], values["input_lr"] = _config(values).rates()
    return values


def unknown(setting: Setting) -> str | None:
    """Return why our trainer cannot do this, or None."""
    if setting.program == "ours":
        try:
            _config(setting.values)
        except ConfigError as error:
            return str(error)
    return None


def _config(values: Mapping[str, Any]) -> TrainConfig:
    with warnings.catch_warnings(action="ignore", category=AdviceWarning):  # a study goes beyond what is advised
        return TrainConfig.from_dict(values)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_CHARACTERS]
