"""The folder of a study: its texts, its results, and which version of which program they are of.

``study.json`` holds what cannot be told from the results: texts, sets and versions. With it the page can be made
where the texts are not.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.lib.processes import BenchmarkError
from benchmarks.studies.setting import PROGRAMS, Run, Setting, Text, unknown
from benchmarks.studies.store import Store
from embed.files.atomic import atomic_write_text

__all__ = ["SIMD_PATH", "Place"]

SIMD_PATH = "SIMD path"
"""The fact that each result holds as well: a study may go on where the processor is another."""

_MANIFEST, _RESULTS = "study.json", "results.jsonl"


@dataclass(frozen=True)
class Place:
    """Where a study keeps everything.

    Attributes
    ----------
    folder : Path
    texts : mapping of str to Text
    versions : mapping of str to str
        By program; one that is not installed is left out.
    facts : mapping of str to str
        The machine and the command line, for the page.
    top : int
        Analogies among so many words.
    store : Store
    """

    folder: Path
    texts: Mapping[str, Text]
    versions: Mapping[str, str]
    facts: Mapping[str, str]
    top: int
    store: Store

    @classmethod
    def make(cls, folder: Path, texts: Mapping[str, Text], facts: Mapping[str, str], top: int) -> Place:
        """Write down what a study is about, and open its results."""
        versions = {}
        for program, distribution in PROGRAMS.items():
            try:
                versions[program] = importlib.metadata.version(distribution)
            except importlib.metadata.PackageNotFoundError:
                continue
        content = {
            "texts": {name: text.to_dict() for name, text in texts.items()},
            "versions": versions,
            "facts": dict(facts),
            "top": top,
        }
        folder.mkdir(parents=True, exist_ok=True)
        atomic_write_text(folder / _MANIFEST, json.dumps(content, indent=2) + "\n")
        return cls(folder, texts, versions, facts, top, Store(folder / _RESULTS))

    @classmethod
    def open(cls, folder: Path) -> Place:
        """Open the folder of a study that has run; raises BenchmarkError if it is none."""
        try:
            content = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
            texts = {name: Text.from_dict(values) for name, values in content["texts"].items()}
            versions, facts, top = content["versions"], content["facts"], content["top"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BenchmarkError(f"{folder} is not the folder of a study: {error}") from error
        return cls(folder, texts, versions, facts, top, Store(folder / _RESULTS))

    def key(self, run: Run) -> str:
        """Return the key of a run here."""
        return run.key(self.texts[run.setting.text], self.versions[run.setting.program])

    def missing(self, setting: Setting) -> str | None:
        """Return why a setting cannot be run here, or None."""
        if setting.text not in self.texts:
            return f"there is no text {setting.text!r}"
        if setting.program not in self.versions:
            return f"{PROGRAMS[setting.program]} is not installed"
        return unknown(setting)

    def encoded_dir(self, text: str) -> Path:
        """Return where the encoded corpus of a text is kept."""
        return self.folder / f"encoded-{self.texts[text].digest}"

    def record(self, setting: Setting, seed: int) -> dict[str, Any] | None:
        """Return the result of a setting with a seed, or None; that of a run that diverged has "failed"."""
        if self.missing(setting) is not None:
            return None
        return self.store.get(self.key(Run(setting, seed)))

    def records(self, setting: Setting, seeds: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Return the results of a setting by seed: those that are there and did not diverge."""
        found = {seed: self.record(setting, seed) for seed in seeds}
        return {seed: record for seed, record in found.items() if record is not None and "failed" not in record}
