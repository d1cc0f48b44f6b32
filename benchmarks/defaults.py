"""Do the defaults serve every size of text and every dimension? Ours with no flag but the dimension, beside experts'.

A point is a size and a dimension. Each trains the default, what an expert would try next (`alternatives`), and gensim
and fastText as they come. A run is a line of a file as soon as it is done, so an interrupted study resumes, and the
tables hold whatever is in that file.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.lib import processes
from benchmarks.lib.bounds import MARKS, NONE, bound_of
from benchmarks.lib.corpus import TextFile, TextSource
from benchmarks.lib.figures import mean_interval
from benchmarks.lib.options import option, positive
from benchmarks.lib.processes import BenchmarkError, Job
from benchmarks.lib.report import Section
from benchmarks.lib.scoring import COVERED, KINDS, STANDARD_SETS
from embed.config.defaults import BY_SIZE, least_count
from embed.config.presets import resolve
from embed.config.train import TrainConfig
from embed.files.atomic import atomic_write_text

Run = Mapping[str, Any]

DEFAULT = "default"
ALTERNATIVES = {
    "twice the passes": lambda chosen: {"epochs": 2 * chosen["epochs"]},
    "half the passes": lambda chosen: {"epochs": max(round(chosen["epochs"] / 2), 1)},
    "twice the input rate": lambda chosen: {"input_lr": 2 * chosen["input_lr"]},
    "half the input rate": lambda chosen: {"input_lr": chosen["input_lr"] / 2},
    "window 5": lambda chosen: {"window": 5},
    "window 10": lambda chosen: {"window": 10},
    "min_count 2": lambda chosen: {"min_count": 2},
    "min_count 5": lambda chosen: {"min_count": 5},
    "words alone": lambda chosen: {"objective": "sg", "subword": False},
    "n-grams, not structured": lambda chosen: {"subword": True, "structured": False},
    "vectors as trained": lambda chosen: {"tail_scale": 1.0},
    "CBOW with n-grams": lambda chosen: {"objective": "cbow", "subword": True},
}
"""What an expert gives, from what the default chose; what is not given follows from the text, as the rates do."""
PEERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "gensim": ("gensim", "vector_size", {"workers": 1}),
    "gensim, skip-gram": ("gensim", "vector_size", {"workers": 1, "sg": 1}),
    "fastText": ("fasttext", "dim", {"thread": 1}),
}
"""Program, its name for the dimension, and what else it is given."""
_PEER_EPOCHS = 5
"""The default of both."""
_WORDS = 10_000
"""A vocabulary to ask the defaults for: it tells a changed law from the one that a stored run was made with."""
_HOUR = 3600.0
_KEY = 16
_STORED = ("seconds", "cpu_seconds", "words", "config", "kinds")
"""What of a job's result is stored."""

_HEAD = ("tokens", "dim", "passes", "seconds", *KINDS, "an expert's best", "")
_CHOICES_HEAD = ("instead of the default", "points", *KINDS, "time")
_DEFINITIONS = (
    "Percent points. similarity: mean over the sets of Spearman on the covered pairs; all pairs: with missing words "
    "from n-grams, or else at similarity 0; analogies: mean of the sets, 3CosAdd among the {top:,} most frequent "
    "words, covered questions; tags: accuracy of a linear tagger over five words. No mean has sets of which "
    "fewer than 100 pairs or questions are covered. Models of other vocabularies cover other pairs and questions, and "
    "are compared by all pairs and tags alone.",
    "seconds: of the processor, one thread, for the default from text to vectors.",
    "In brackets: how far the best alternative for this kind of task is above the default, and which one it is.",
    "an expert's best: the alternative with the highest mean over all kinds of task, and how far it is above the "
    "default; at most a point is wanted. The best of so many single runs is about half a point ahead by chance.",
    "{seeds} seed(s); with several, ± is half of Student's 95 % interval of the mean.",
)
_CHOICES_DEFINITIONS = (
    "Difference from the default in percent points, mean over the points of size and dimension; ± is half of Student's "
    "95 % interval. time: processor seconds over the default's.",
)


@dataclass(frozen=True)
class Settings:
    """The points, what to train at each, and how to score."""

    sizes: Sequence[int] = option((50_000, 200_000, 1_000_000, 6_000_000), "tokens, from the beginning", type=positive)
    dims: Sequence[int] = option((50, 100, 300), "lengths of vectors", type=positive)
    models: Sequence[str] = option(
        (*ALTERNATIVES, *PEERS), "beside the default (default: all)", choices=(*ALTERNATIVES, *PEERS)
    )
    sets: Sequence[tuple[str, str]] = option(tuple(STANDARD_SETS), "more test sets", metavar="[NAME=]PATH")
    tags: Sequence[str] = option((), "labelled words: TRAIN TEST [COLUMN]", metavar="FILE")
    seeds: int = option(1, "runs of each model")
    hours: float | None = option(None, "begin no run after so long; 0 makes the tables of the stored runs", type=float)
    store: str = option("build/benchmarks/defaults.jsonl", "the file of runs", type=str, metavar="FILE")
    top: int = option(30_000, "analogies among so many words")


class Store:
    """The runs of a study by what they are of; a last line that was cut short is dropped.

    Raises
    ------
    BenchmarkError
        If a line is no run.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._runs: dict[str, Run] = {}
        whole, _, rest = (path.read_text(encoding="utf-8") if path.exists() else "").rpartition("\n")
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                run = json.loads(line)
                self._runs[run["key"]] = run
            except (ValueError, KeyError, TypeError) as error:
                raise BenchmarkError(f"{path}, line {number}: this is no run of a study") from error
        if rest:
            atomic_write_text(path, f"{whole}\n" if whole else "")

    def get(self, key: str) -> Run | None:
        """Return a run, or None."""
        return self._runs.get(key)

    def add(self, run: Run) -> None:
        """Append a run."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(json.dumps(run, allow_nan=False) + "\n")
        self._runs[run["key"]] = run

    def points(self) -> dict[tuple[int, int], dict[str, dict[int, Run]]]:
        """Return the newest runs by (tokens, dim), model and seed, without those that diverged.

        A default that chooses something else than before leaves no alternative of before: they were made from that.
        """
        found: dict[tuple[int, int], dict[str, dict[int, Run]]] = {}
        for run in self._runs.values():
            if "failed" in run:
                continue
            point, seed = found.setdefault((run["tokens"], run["dim"]), {}), run["seed"]
            before = point.get(DEFAULT, {}).get(seed)
            if run["model"] == DEFAULT and before is not None and _choice(before) != _choice(run):
                for name in ALTERNATIVES:
                    point.get(name, {}).pop(seed, None)
            point.setdefault(run["model"], {})[seed] = run
        return {
            point: {name: seeds for name, seeds in found[point].items() if seeds}
            for point in sorted(found)
            if DEFAULT in found[point]
        }


def _choice(run: Run) -> dict[str, Any]:
    return {name: run["config"].get(name) for name in BY_SIZE}


class _TimeUp(Exception):
    """No run may begin any more."""


class _Study:
    def __init__(self, settings: Settings) -> None:
        self.settings, self.store = settings, Store(Path(settings.store))
        self._end = None if settings.hours is None else time.monotonic() + settings.hours * _HOUR

    def point(self, text: TextFile, dim: int, seed: int) -> None:
        """Do the runs of one point that are not stored."""
        given = {"dim": dim, "threads": 1, "seed": seed}
        default = self._ours(DEFAULT, text, given)
        if "failed" in default:
            return
        tail = resolve(None, given, (text.tokens, _WORDS)).tail(text.tokens)
        chosen = {**default["config"], "min_count": least_count(text.tokens), "tail_scale": tail}
        for name, more in alternatives(chosen).items():
            if name in self.settings.models:
                self._ours(name, text, {**given, **more})
        for name, (program, dim_name, own) in PEERS.items():
            if name in self.settings.models and find_spec(program) is not None:
                arguments = {"epochs": _PEER_EPOCHS, "seed": seed, "settings": {dim_name: dim, **own}}
                self._run(name, text, dim, seed, Job(f"{program}.quality", arguments), {})

    def _ours(self, name: str, text: TextFile, given: dict[str, Any]) -> Run:
        plain, resolved = TrainConfig().to_dict(), resolve(None, given, (text.tokens, _WORDS))
        # a parameter that is added later leaves the stored runs as good as they are
        chosen = {key: value for key, value in resolved.to_dict().items() if value != plain[key]}
        if (tail := resolved.tail(text.tokens)) != 1:
            chosen["tail_scale"] = tail
        return self._run(name, text, given["dim"], given["seed"], Job("ours.quality", {"config": given}), chosen)

    def _run(self, name: str, text: TextFile, dim: int, seed: int, job: Job, chosen: dict[str, Any]) -> Run:
        settings = self.settings
        what = [
            job.settings,
            chosen,
            text.description,
            [set_name for set_name, _ in settings.sets],
            bool(settings.tags),
        ]
        key = hashlib.sha256(json.dumps([name, *what]).encode()).hexdigest()[:_KEY]
        if (stored := self.store.get(key)) is not None:
            return stored
        if self._end is not None and time.monotonic() >= self._end:
            raise _TimeUp
        scored = {"sets": [list(pair) for pair in settings.sets], "tags": list(settings.tags), "top": settings.top}
        run: dict[str, Any] = {"key": key, "model": name, "tokens": text.tokens, "dim": dim, "seed": seed}
        try:
            result = processes.run(Job(job.name, {"path": str(text.path), **scored, **job.settings}))
            run |= {part: result[part] for part in _STORED if part in result}
        except BenchmarkError as error:
            if "DivergenceError" not in str(error):
                raise
            run["failed"] = str(error).splitlines()[-1]
        print(f"{text.tokens:,} tokens, dim {dim}, {name}, seed {seed}: done", file=sys.stderr)
        self.store.add(run)
        return run


def alternatives(chosen: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what an expert gives instead of what the default chose: those that differ from it."""
    made = {name: make(chosen) for name, make in ALTERNATIVES.items()}
    return {name: given for name, given in made.items() if any(chosen[key] != value for key, value in given.items())}


def run(source: TextSource, settings: Settings) -> list[Section]:
    """Do the runs that are not stored, and return the tables of points and of choices."""
    study, remarks = _Study(settings), []
    try:
        for tokens in sorted(settings.sizes) if settings.hours != 0 else ():
            text = source.text(tokens)
            if text.tokens < tokens:
                remarks.append(f"The text has {text.tokens:,} tokens; longer ones were left out.")
                break
            for dim in settings.dims:
                for seed in range(1, settings.seeds + 1):
                    study.point(text, dim, seed)
    except _TimeUp:
        print("the time is up; the same command resumes", file=sys.stderr)
    points = study.store.points()
    seeds = max((len(models[DEFAULT]) for models in points.values()), default=0)
    rows = [row_of(point, models) for point, models in points.items()]
    definitions = tuple(sentence.format(top=settings.top, seeds=seeds) for sentence in _DEFINITIONS)
    cells = tuple((*row, MARKS[verdict]) for row, verdict in rows)
    data = {"runs": [_brief(run) for models in points.values() for seeds in models.values() for run in seeds.values()]}
    verdicts = tuple(verdict for _, verdict in rows)
    return [
        Section("defaults", "Defaults", definitions, _HEAD, cells, verdicts, data, tuple(remarks)),
        Section(
            "defaults-choices", "Choices", _CHOICES_DEFINITIONS, _CHOICES_HEAD, tuple(_rows_of_choices(points.values()))
        ),
    ]


def gain(other: Run, default: Run, kind: str) -> float | None:
    """Return how far a run is above the default on the sets of a kind that both have a score for.

    With another vocabulary it has covered other pairs and questions, so that their scores say nothing.
    """
    if kind in COVERED and abs(other["words"] - default["words"]) > 1:  # fastText has one more, the end of a line
        return None
    ours, theirs = default["kinds"].get(kind, {}), other["kinds"].get(kind, {})
    both = [name for name in ours if ours[name] is not None and theirs.get(name) is not None]
    return fmean(theirs[name] - ours[name] for name in both) if both else None


def row_of(point: tuple[int, int], models: Mapping[str, Mapping[int, Run]]) -> tuple[tuple[str, ...], str]:
    """Return the cells of a point but the last, and the verdict on the expert's best."""
    defaults = models[DEFAULT]
    first = next(iter(defaults.values()))
    gains = {name: _gains(models[name], defaults) for name in models if name in ALTERNATIVES}
    cells = [f"{point[0]:,}", str(point[1]), str(first["config"]["epochs"])]
    cells.append(f"{fmean(run['cpu_seconds'] for run in defaults.values()):.1f}")
    for kind in KINDS:
        scores = [mean for run in defaults.values() if (mean := _mean(run, kind)) is not None]
        best = _best({name: of[kind] for name, of in gains.items() if of[kind]})
        cells.append(NONE if not scores else f"{fmean(scores):.1f}{f' ({best[1]})' if best else ''}")
    balanced = {
        name: [fmean(seeds) for seeds in zip(*filter(None, of.values()), strict=False)] for name, of in gains.items()
    }
    best, bound = _best({name: values for name, values in balanced.items() if values}), bound_of("defaults", "gain")
    verdict = bound.verdict(best[0] if best else 0.0) if bound and balanced else NONE
    return (*cells, best[1] if best else NONE), verdict


def _gains(runs: Mapping[int, Run], defaults: Mapping[int, Run]) -> dict[str, list[float]]:
    both = [(runs[seed], defaults[seed]) for seed in runs if seed in defaults]
    found = {kind: [gain(*pair, kind) for pair in both] for kind in KINDS}
    return {kind: [value for value in values if value is not None] for kind, values in found.items()}


def _best(gains: Mapping[str, Sequence[float]]) -> tuple[float, str] | None:
    """Return the highest mean, with its name in words; None if nothing is above the default."""
    name = max(gains, key=lambda name: fmean(gains[name]), default=None)
    if name is None or fmean(gains[name]) <= 0:
        return None
    return fmean(gains[name]), f"{_signed(gains[name])} {name}"


def _rows_of_choices(points: Sequence[Mapping[str, Mapping[int, Run]]] | Any) -> Iterator[tuple[str, ...]]:
    for name in (*ALTERNATIVES, *PEERS):
        pairs = [(models[name], models[DEFAULT]) for models in points if name in models]
        if not pairs:
            continue
        gains = [_gains(*pair) for pair in pairs]
        kinds = [[fmean(of[kind]) for of in gains if of[kind]] for kind in KINDS]
        times = [runs[seed]["cpu_seconds"] / defaults[seed]["cpu_seconds"] for runs, defaults in pairs for seed in runs]
        cells = (_signed(values) if values else NONE for values in kinds)
        yield name, str(len(pairs)), *cells, f"{fmean(times):.1f}"


def _signed(values: Sequence[float]) -> str:
    interval = mean_interval(values)
    return f"{fmean(values):+.1f}{'' if interval is None else f' ± {(interval[1] - interval[0]) / 2:.1f}'}"


def _mean(run: Run, kind: str) -> float | None:
    known = [value for value in run["kinds"].get(kind, {}).values() if value is not None]
    return fmean(known) if known else None


def _brief(run: Run) -> dict[str, Any]:
    """Return what a chart needs of a run."""
    return {
        **{name: run[name] for name in ("model", "tokens", "dim", "seed", "cpu_seconds")},
        "kinds": {kind: _mean(run, kind) for kind in KINDS},
    }
