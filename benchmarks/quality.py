"""How good the vectors are: several seeds of every model, scored like the peers'."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from benchmarks.lib import processes
from benchmarks.lib.bounds import NONE, bound_of
from benchmarks.lib.corpus import TextSource
from benchmarks.lib.options import option
from benchmarks.lib.processes import Job
from benchmarks.lib.report import Section
from benchmarks.lib.scoring import STANDARD_SETS
from benchmarks.lib.seeds import HEAD, row_of
from benchmarks.programs import MAX_N, MIN_N, SHARED, fasttext_settings, gensim_settings, our_config
from embed.config import TrainConfig

JUDGED_TOKENS = 15_000_000
"""The bounds say nothing about a text shorter than this."""
RARE_WORDS = "rarewords"
"""What the set of Luong, Socher and Manning 2013 has to be called for its bound to be looked at."""


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
    "default": {},
    "preset-medium": {"preset": "medium"},
}
"""Ours; "cbow" and "subword-cbow" bring subsampling and epochs of their own."""
AS_THEY_COME = ("default", "preset-medium")
"""Those that are given no parameter but the dimension: the rest follows from the text."""

PEERS: dict[str, dict[str, Any]] = {
    "gensim skip-gram": {"sg": 1, "alpha": 0.025},
    "gensim cbow": {"sg": 0, "alpha": 0.05},
    "fastText skip-gram": {"lr": 0.05},
}
"""With the learning rates that suit them best."""

_SECONDS = "seconds"


@dataclass(frozen=True)
class Settings:
    """How much to do: `tokens` None takes the whole text; `sets` are (name, source), see `scoring.load`."""

    models: Sequence[str] = option(tuple(MODELS), "ours to train (default: all)", choices=tuple(MODELS))
    peers: bool = option(False, "train and score gensim and fastText as well")
    sets: Sequence[tuple[str, str]] = option(
        tuple(STANDARD_SETS), "more test sets; one named rarewords has a bound", metavar="[NAME=]PATH"
    )
    seeds: int = option(3, "runs of each model")
    threads: int = option(2, "worker threads")
    epochs: int = option(5, "of each model that has none of its own")
    top: int = option(30_000, "analogies among so many words")
    dim: int = option(100, "length of a vector")
    tokens: int | None = option(None, "use the first so many tokens (default: all)")
    buckets: int = 2_000_000
    judged: bool = True


def run(source: TextSource, settings: Settings) -> Section:
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
        f"{' and '.join(AS_THEY_COME)}: nothing is given but the dimension, and the preset.",
        f"Means over {settings.seeds} seed(s), with Student's interval of the mean.",
        f"Text: {text.description}.",
    ]
    judged = settings.judged and text.tokens >= JUDGED_TOKENS and _is_standard(settings)
    if settings.judged and not judged:
        definitions.append(
            f"Not judged: the bounds hold from {JUDGED_TOKENS:,} tokens of Wikipedia on, with the defaults."
        )
    if judged and RARE_WORDS not in dict(settings.sets):
        definitions.append(f"The bound of {RARE_WORDS} was not looked at; `--sets {RARE_WORDS}=PATH` does.")
    results: dict[str, list[dict[str, Any]]] = {}
    rows: list[tuple[str, ...]] = []
    for name, needs in _wanted(settings):
        jobs = [_job(name, path, settings, seed) for seed in range(1, settings.seeds + 1)]
        if needs is not None and find_spec(needs) is None:
            definitions.append(f"{name}: skipped, {needs} is not installed.")
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
        HEAD,
        tuple(rows),
        tuple(row[-1] for row in rows),
        {"models": results},
    )


def _is_standard(settings: Settings) -> bool:
    """Whether the vectors are made and asked as the floors want it."""
    return all(getattr(settings, name) == getattr(Settings, name) for name in ("dim", "epochs", "top", "buckets"))


def rows_of(name: str, results: Sequence[Mapping[str, Any]], judged: bool) -> list[tuple[str, ...]]:
    """Return the rows of one model, a figure each; its seconds come last."""
    figures = dict.fromkeys(figure for result in results for figure in result["figures"])
    rows = []
    for figure in figures:
        values = [result["figures"].get(figure) for result in results]
        rows.append(row_of(name, figure, values, bound_of("quality", name, figure) if judged else None, digits=1))
    return [*rows, row_of(name, _SECONDS, [result["seconds"] for result in results], None, digits=1)]


def _wanted(settings: Settings) -> list[tuple[str, str | None]]:
    """Return (model, module it needs)."""
    ours: list[tuple[str, str | None]] = [(name, None) for name in settings.models]
    return [*ours, *((name, name.split()[0].lower()) for name in PEERS if settings.peers)]


def _job(name: str, path: str, settings: Settings, seed: int) -> Job:
    scored = {"path": path, "sets": [list(pair) for pair in settings.sets], "top": settings.top}
    if name in MODELS:
        given = {"buckets": settings.buckets, "dim": settings.dim, "threads": settings.threads, "seed": seed}
        given |= MODELS[name]
        config = given if name in AS_THEY_COME else our_config(**{"epochs": settings.epochs, **given})
        return Job("ours.quality", {**scored, "config": config})
    if name.startswith("gensim"):
        job, own = "gensim.quality", gensim_settings(dim=settings.dim, workers=settings.threads, **PEERS[name])
    else:
        shape = {"dim": settings.dim, "buckets": settings.buckets, "thread": settings.threads}
        job, own = "fasttext.quality", fasttext_settings(**shape, **PEERS[name])
    return Job(job, {**scored, "epochs": settings.epochs, "seed": seed, "settings": own})


def _brief(result: Mapping[str, Any]) -> str:
    scores = (f"{name} {NONE if value is None else f'{value:.1f}'}" for name, value in result["figures"].items())
    return ", ".join([*scores, f"{result[_SECONDS]:.1f} s"])
