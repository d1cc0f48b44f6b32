"""How good the vectors are: several seeds of every model, scored like the peers'."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import processes
from benchmarks.contest import Contest
from benchmarks.corpus import TextSource
from benchmarks.figures import mean_interval, summarise
from benchmarks.floors import FLOOR_DIM, QUALITY_TOKENS, RARE_WORDS, floor_of
from benchmarks.processes import BenchmarkError, Job
from benchmarks.programs import MAX_N, MIN_N, SHARED, fasttext_settings, gensim_settings, our_config
from benchmarks.report import Section
from embed.config import TrainConfig
from embed.config.presets import PRESETS

__all__ = ["MODELS", "PEERS", "STANDARD_SETS", "QualitySettings", "defaults_of", "named_sets", "rows_of", "run"]


def defaults_of(**kind: Any) -> dict[str, Any]:
    """Return what a kind of model has of its own where nothing is given, but for its rates."""
    config = TrainConfig(**kind)
    return {
        "gradient": config.gradient_kind(),
        "subsample": config.subsample_threshold(),
        "epochs": config.epoch_count(),
    }


MODELS: dict[str, dict[str, Any]] = {
    "skip-gram": {"objective": "sg"},
    "cbow-exact": {"objective": "cbow", "gradient": "exact"},
    "cbow-historic": {"objective": "cbow", "gradient": "historic"},
    "cbow": {"objective": "cbow", **defaults_of(objective="cbow")},
    "subword": {"objective": "sg", "subword": True},
    "subword-cbow": {"objective": "cbow", "subword": True, **defaults_of(objective="cbow", subword=True)},
    **{f"preset-{name}": values for name, values in PRESETS.items() if values},
}
"""Ours; "cbow", "subword-cbow" and the presets bring subsampling and epochs of their own."""

PEERS: dict[str, dict[str, Any]] = {
    "gensim skip-gram": {"sg": 1, "alpha": 0.025},
    "gensim cbow": {"sg": 0, "alpha": 0.05},
    "fastText skip-gram": {"lr": 0.05},
}
"""With the learning rates that suit them best."""

STANDARD_SETS = ("google", "wordsim353", "simlex999")

_HEAD = ("model", "figure", "mean", "least", "most", "95 % interval", "floor", "verdict")
_SECONDS = "seconds"
_NONE = "-"


@dataclass(frozen=True)
class QualitySettings:
    """How much to do.

    Attributes
    ----------
    models : sequence of str
        From `MODELS`.
    peers : bool
        Train and score `PEERS` as well, those that are installed.
    sets : sequence of (name, source)
        See `scoring.load`.
    tokens : int or None
        None takes the whole text.
    """

    models: Sequence[str] = tuple(MODELS)
    peers: bool = False
    sets: Sequence[tuple[str, str]] = tuple((name, name) for name in STANDARD_SETS)
    seeds: int = 3
    threads: int = 2
    epochs: int = 5
    top: int = 30_000
    dim: int = FLOOR_DIM
    buckets: int = 2_000_000
    tokens: int | None = None
    judged: bool = True


def named_sets(given: Sequence[str]) -> list[tuple[str, str]]:
    """Return (name, source) of the standard sets and of those given as ``NAME=PATH`` or ``PATH``.

    Raises
    ------
    BenchmarkError
        If a file is not there or two sets have one name.
    """
    sets = [(name, name) for name in STANDARD_SETS]
    for item in given:
        name, equals, path = item.partition("=")
        if not equals:
            name, path = Path(item).stem, item
        if not Path(path).is_file():
            raise BenchmarkError(f"--sets {item}: there is no file {path}")
        if name in dict(sets):
            raise BenchmarkError(f"--sets {item}: there is another set named {name!r}; write NAME=PATH")
        sets.append((name, str(Path(path).resolve())))
    return sets


def run(source: TextSource, settings: QualitySettings) -> Section:
    """Train and score."""
    text = source.text(settings.tokens)
    path = str(text.path)
    definitions = [
        f"Percent points; `{_SECONDS}` is the wall time of training (fastText: of the whole call), {settings.threads} "
        "thread(s).",
        f"{settings.epochs} epochs, dim {settings.dim}, window {SHARED['window']}, {SHARED['negatives']} negatives, "
        f"subsample {SHARED['subsample']:g}, min_count {SHARED['min_count']}; n-grams of {MIN_N} to {MAX_N} characters "
        f"in {settings.buckets:,} buckets.",
        f"Analogies: 3CosAdd among the {settings.top:,} most frequent words, covered questions.",
        "Similarity: Spearman on the covered pairs; `all pairs` composes the missing words from n-grams.",
        f"Means over {settings.seeds} seed(s), with Student's interval of the mean.",
        f"Text: {text.description}.",
    ]
    judged = settings.judged and text.tokens >= QUALITY_TOKENS and _is_standard(settings)
    if settings.judged and not judged:
        definitions.append(f"No floors: they hold from {QUALITY_TOKENS:,} tokens of Wikipedia on, with the defaults.")
    if judged and RARE_WORDS not in dict(settings.sets):
        definitions.append(f"The floor of {RARE_WORDS} was not looked at; `--sets {RARE_WORDS}=PATH` does.")
    results: dict[str, list[dict[str, Any]]] = {}
    rows: list[tuple[str, ...]] = []
    for name, needs in _wanted(settings):
        jobs = [_job(name, path, settings, seed) for seed in range(1, settings.seeds + 1)]
        if reason := Contest(name, "", jobs[0], jobs[0], needs).missing():
            definitions.append(f"{reason}.")
            continue
        results[name] = []
        for seed, job in enumerate(jobs, 1):
            results[name].append(processes.run(job))
            print(f"{name}, seed {seed}: {_brief(results[name][-1])}", file=sys.stderr)
        rows += rows_of(name, results[name], judged)
    return Section(
        "quality",
        f"Quality, dim {settings.dim}, {settings.epochs} epochs",
        tuple(definitions),
        _HEAD,
        tuple(rows),
        tuple(row[-1] for row in rows),
        {"models": results},
    )


def _is_standard(settings: QualitySettings) -> bool:
    """Whether the vectors are made and asked as the floors want it."""
    return all(
        getattr(settings, name) == getattr(QualitySettings, name) for name in ("dim", "epochs", "top", "buckets")
    )


def rows_of(name: str, results: Sequence[Mapping[str, Any]], judged: bool) -> list[tuple[str, ...]]:
    """Return the rows of one model, a figure each; its seconds come last."""
    figures = dict.fromkeys(figure for result in results for figure in result["figures"])
    rows = []
    for figure in figures:
        values = [result["figures"].get(figure) for result in results]
        rows.append(_row(name, figure, values, judged))
    return [*rows, _row(name, _SECONDS, [result["seconds"] for result in results], False)]


def _row(name: str, figure: str, values: Sequence[float | None], judged: bool) -> tuple[str, ...]:
    known = [value for value in values if value is not None]
    if len(known) < len(values):  # a set with too few covered items has no score
        return (name, figure, *[_NONE] * (len(_HEAD) - 2))
    summary, interval = summarise(known), mean_interval(known)
    floor = floor_of("quality", name, figure) if judged else None
    return (
        name,
        figure,
        *(f"{value:.1f}" for value in (summary.mean, summary.low, summary.high)),
        _NONE if interval is None else f"{interval[0]:.1f} to {interval[1]:.1f}",
        *((_NONE, _NONE) if floor is None else (str(floor), floor.verdict(summary.mean))),
    )


def _wanted(settings: QualitySettings) -> list[tuple[str, str | None]]:
    """Return (model, module it needs)."""
    ours: list[tuple[str, str | None]] = [(name, None) for name in settings.models]
    return [*ours, *((name, name.split()[0].lower()) for name in PEERS if settings.peers)]


def _job(name: str, path: str, settings: QualitySettings, seed: int) -> Job:
    scored = {"path": path, "sets": [list(pair) for pair in settings.sets], "top": settings.top}
    if name in MODELS:
        values = {
            "buckets": settings.buckets,
            "dim": settings.dim,
            "epochs": settings.epochs,
            "threads": settings.threads,
            "seed": seed,
        }
        config = our_config(**{**values, **MODELS[name]})
        return Job("quality_ours", {**scored, "config": config, "encoded_dir": f"{path}.encoded"})
    shape = {"dim": settings.dim, "threads": settings.threads, **PEERS[name]}
    if name.startswith("gensim"):
        job, own = "quality_gensim", gensim_settings(**shape)
    else:
        job, own = "quality_fasttext", fasttext_settings(**shape, buckets=settings.buckets)
    return Job(job, {**scored, "epochs": settings.epochs, "seed": seed, "settings": own})


def _brief(result: Mapping[str, Any]) -> str:
    scores = (f"{name} {_NONE if value is None else f'{value:.1f}'}" for name, value in result["figures"].items())
    return ", ".join([*scores, f"{result[_SECONDS]:.1f} s"])
