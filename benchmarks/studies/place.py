"""The folder of a study: its texts, its results, and which version of which program they are of.

``study.json`` holds what cannot be told from the results: texts, sets and versions. With it the page can be made
where the texts are not. ``results.jsonl`` has one JSON object a line, appended as soon as a run is done.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.lib.processes import BenchmarkError
from benchmarks.studies.setting import PROGRAMS, Run, Setting, Text, unknown
from embed.files.atomic import atomic_write_text

SIMD_PATH = "SIMD path"
"""The fact that each result holds as well: a study may go on where the processor is another."""
_MANIFEST, _RESULTS = "study.json", "results.jsonl"


class Store:
    """The results of a study by their keys; raises BenchmarkError for a line that is no result.

    A last line that was cut short, because the power went while it was written, is dropped.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.records: dict[str, dict[str, Any]] = {}
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        whole, _, rest = text.rpartition("\n")
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                record = json.loads(line)
                self.records[record["key"]] = record
            except (ValueError, KeyError, TypeError) as error:
                raise BenchmarkError(f"{path}, line {number}: this is no result of a study") from error
        if rest:
            atomic_write_text(path, f"{whole}\n" if whole else "")

    def add(self, record: dict[str, Any]) -> None:
        """Keep a result, which holds its "key"."""
        line = json.dumps(record, allow_nan=False) + "\n"
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with open(self._path, "a", encoding="utf-8") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            self.records[record["key"]] = record


@dataclass(frozen=True)
class Place:
    """Where a study keeps everything: texts by name, versions by program, facts for the page, and the results."""

    folder: Path
    texts: Mapping[str, Text]
    versions: Mapping[str, str]
    facts: Mapping[str, str]
    top: int  # analogies among so many words
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
        named = {name: text.to_dict() for name, text in texts.items()}
        content = {"texts": named, "versions": versions, "facts": dict(facts), "top": top}
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
        return self.store.records.get(self.key(Run(setting, seed)))

    def records(self, setting: Setting, seeds: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Return the results of a setting by seed: those that are there and did not diverge."""
        found = {seed: self.record(setting, seed) for seed in seeds}
        return {seed: record for seed, record in found.items() if record is not None and "failed" not in record}

    def simd_paths(self) -> Counter[str]:
        """Return how many results were made on each SIMD path."""
        return Counter(record["simd_path"] for record in self.store.records.values() if "simd_path" in record)
