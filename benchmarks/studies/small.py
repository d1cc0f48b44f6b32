"""A million tokens and no knob turned: ours against the defaults of gensim and fastText, piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.lib.report import markdown
from benchmarks.studies import tables
from benchmarks.studies.analysis import difference
from benchmarks.studies.place import Place
from benchmarks.studies.runner import Stage
from benchmarks.studies.setting import Run, Setting
from benchmarks.studies.study import facts
from embed.config.defaults import KIND_BY_DEFAULT
from embed.config.presets import PRESETS

PIECE_TOKENS = 1_000_000
LEAST_ITEMS = 100
"""A figure from fewer pairs or questions says nothing."""

OURS = Setting("ours", {**KIND_BY_DEFAULT, **PRESETS["small"]})
PEERS = [
    Setting("gensim Word2Vec()", {"epochs": 5}, "gensim"),
    Setting("gensim Word2Vec(sg=1)", {"epochs": 5, "sg": 1}, "gensim"),
    Setting("fastText skipgram", {"epochs": 5}, "fasttext"),
    Setting("fastText cbow", {"epochs": 5, "model": "cbow"}, "fasttext"),
]
"""With nothing said but the kind of model; 5 epochs are the default of both."""


@dataclass(frozen=True)
class SmallStudy:
    """The study of small texts; `seeds` are the runs of each program on each piece."""

    seeds: int = 2
    name: str = "small"

    def stages(self) -> Sequence[Stage]:
        """Return a stage for each seed, piece by piece."""
        return [partial(_runs, seed=seed) for seed in range(1, self.seeds + 1)]

    def bodies(self, place: Place, pictures: Path) -> dict[str, str]:
        """Return the parts of the page."""
        found = {one.name: _records(place, one, range(1, self.seeds + 1)) for one in (OURS, *PEERS)}
        records = [record for by_piece in found.values() for record in by_piece.values()]
        figures = tables.of_figures(records, LEAST_ITEMS)
        rows, tests = [], []
        for name, by_piece in found.items():
            if by_piece:
                values = [tables.by_seed(by_piece, figure).values() for figure in (*figures, "seconds", "cpu_seconds")]
                rows.append((name, str(len(by_piece)), *(tables.mean_cell(list(column)) for column in values)))
        for peer in PEERS:
            for figure in figures:
                ours, theirs = (tables.by_seed(found[name], figure) for name in (OURS.name, peer.name))
                if (one := difference(ours, theirs, paired=True)) is not None:
                    tests.append((peer.name, figure, *tables.difference_cells(one)))
        head = ("program", "pieces", *figures, "wall s", "CPU s")
        test_head = ("against", "figure", "ours minus theirs", "95 % interval", "p", "test", "ours is")
        return {
            "facts": facts(place, f"All with their defaults, up to {self.seeds} seed(s) on each piece."),
            "means": markdown(head, rows) if rows else tables.NOT_MEASURED,
            "tests": markdown(test_head, tests) if tests else tables.NOT_MEASURED,
        }


def cut(text: Path, folder: Path, pieces: int, tokens: int = PIECE_TOKENS) -> list[Path]:
    """Write consecutive pieces of so many tokens, at line ends, and return those that are full."""
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    with open(text, encoding="utf-8") as lines:
        for number in range(1, pieces + 1):
            path, written = folder / f"piece-{number}.txt", 0
            with open(path, "w", encoding="utf-8") as output:
                while written < tokens and (line := lines.readline()):
                    output.write(line)
                    written += len(line.split())
            if written < tokens:
                path.unlink()
                break
            paths.append(path)
    return paths


def _runs(place: Place, seed: int) -> list[Run]:
    return [Run(replace(one, text=text), seed) for text in place.texts for one in (OURS, *PEERS)]


def _records(place: Place, setting: Setting, seeds: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return the means over the seeds by the number of the piece: pieces, not seeds, are what varies."""
    found = {}
    for number, text in enumerate(place.texts, 1):
        records = list(place.records(replace(setting, text=text), seeds).values())
        if records:
            figures = tables.of_figures(records)
            found[number] = {
                **records[0],
                "figures": {name: fmean(record["figures"][name] for record in records) for name in figures},
                **{name: fmean(record[name] for record in records) for name in ("seconds", "cpu_seconds")},
            }
    return found
