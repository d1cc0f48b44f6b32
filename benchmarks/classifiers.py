"""Are classifiers as good as fastText's, in less time, quantised too; and how fast do both predict?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.lib import processes
from benchmarks.lib.bounds import bound_of
from benchmarks.lib.contest import are_given
from benchmarks.lib.documents import sets_in
from benchmarks.lib.options import option
from benchmarks.lib.processes import Job
from benchmarks.lib.report import Section
from benchmarks.lib.seeds import HEAD, row_of

_MOST_PAIRS = 3
"""The last one counts, whatever the machine gave."""
_MANY = {"labels": 2000, "dim": 32, "lr": 1.0}
MODELS: dict[str, dict[str, Any]] = {
    "softmax": {},
    "hs": {"loss": "hs"},
    "ova": {"loss": "ova"},
    "ns": {"loss": "ns"},
    "pairs of words": {"wordNgrams": 2},
    "characters": {"minn": 3, "maxn": 5, "bucket": 200_000},
    "two threads": {"thread": 2},
    "many labels softmax": {**_MANY, "epoch": 6},
    "many labels hs": {**_MANY, "epoch": 20, "loss": "hs"},
    "many labels ova": {**_MANY, "epoch": 6, "loss": "ova", "lr": 0.25},
    "many labels ns": {**_MANY, "epoch": 20, "loss": "ns"},
    "many labels hs two threads": {**_MANY, "epoch": 20, "loss": "hs", "thread": 2},
}
"""What a classifier is trained with, besides what all have in common."""
LOSSES = ("softmax", "hs", "ova", "ns")
"""Trained by one thread and by two."""
QUANTISED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "quantised": ({}, {}),
    "quantised with lengths": ({}, {"qnorm": True}),
    "quantised 10,000 rows": ({}, {"qnorm": True, "cutoff": 10_000}),
    "quantised 10,000 rows trained on": ({}, {"qnorm": True, "cutoff": 10_000, "retrain": True}),
    "quantised pairs of words": ({"wordNgrams": 2, "bucket": 100_000}, {"qnorm": True}),
}
"""What a classifier is trained with, and how it is quantised."""
_DEFINITIONS = (
    "accuracy: the share of the documents of the test part that get their label (a set without a training part: of its "
    "last quarter, in an order drawn once), in percent points; above: ours minus fastText's, seed by seed.",
    "All: 25 epochs from the rate 0.5 (ova: 0.25), dim 100, softmax, one thread; text in lower case by the tokenizer "
    "`words`. fastText trains the lines in one order drawn by the seed, ours in a new one each epoch.",
    "seconds: processor time of train_supervised, reading included; faster: fastText's over ours, in turns; with two "
    "threads, by the clock.",
    "many labels: pieces of 20 words, whose label is the rarest of their words among the 2,000 most frequent; 32 "
    "dimensions, 20 epochs from the rate 1 (softmax: 6; ova: 6 from 0.25).",
    "quantised: one classifier of ours, quantised by both; lost: points; smaller: its bytes over those of the "
    "quantised file; size: the bytes of our file over those of fastText's.",
    "predict, get_...: microseconds of a call, the least of seven rounds in turns in one process, of a classifier "
    "of pairs of words and of word vectors with n-grams that fastText trained on the same documents.",
    "LOSS by two threads: train_supervised by one thread over two, by the clock and (work) by processor time; "
    "a pair is repeated if the machine did not give two processors.",
    "Means over seeds, with Student's interval of the mean.",
)


@dataclass(frozen=True)
class Settings:
    """What to measure."""

    documents: str = option("", "a folder of sets with train.tsv, test.tsv", required=True, metavar="DIR", type=str)
    seeds: int = option(5, "runs of each")
    models: Sequence[str] = option(tuple(MODELS), "the models (default: all)", choices=tuple(MODELS), type=str)
    quantised: Sequence[str] = option(
        tuple(QUANTISED), "the quantised models (default: all)", choices=tuple(QUANTISED), type=str
    )
    threads: Sequence[str] = option(LOSSES, "losses for two threads (default: all)", choices=LOSSES, type=str)
    epochs: int = option(25, "passes over the documents")
    bucket: int = 2_000_000


def run(settings: Settings) -> Section:
    """Train both on the same documents, in turns; then time their answers."""
    rows: list[tuple[str, ...]] = []
    data: dict[str, Any] = {}
    for one in sets_in(settings.documents):
        where = {"folder": settings.documents, "name": one.name}
        for model in settings.models:
            shape = {"epoch": settings.epochs, "bucket": settings.bucket, **MODELS[model]}
            shape["epoch"] = min(shape["epoch"], settings.epochs)
            pairs = [
                [
                    processes.run(Job(f"classifiers.{program}", {**where, "seed": seed, "settings": shape}))
                    for program in ("ours", "fasttext")
                ]
                for seed in range(1, settings.seeds + 1)
            ]
            data[f"{one.name}, {model}"] = pairs
            rows += _compared(f"{one.name}, {model}", pairs, "clock" if shape.get("thread", 1) > 1 else "seconds")
        for loss in settings.threads:
            shape = {"epoch": settings.epochs, "bucket": settings.bucket, **MODELS[loss]}
            pairs = [_by_threads({**where, "seed": seed}, shape) for seed in range(1, settings.seeds + 1)]
            data[f"{one.name}, {loss} by two threads"] = pairs
            rows += _scaled(f"{one.name}, {loss} by two threads", pairs)
        for model in settings.quantised:
            trained, how = QUANTISED[model]
            shape = {"epoch": settings.epochs, **trained}
            if "bucket" in shape:
                shape["bucket"] = min(shape["bucket"], settings.bucket)
            both = [
                processes.run(
                    Job(
                        "classifiers.quantised",
                        {**where, "seed": seed, "train": shape, "settings": how},
                    )
                )
                for seed in range(1, settings.seeds + 1)
            ]
            data[f"{one.name}, {model}"] = both
            rows += _shrunk(f"{one.name}, {model}", both)
        speeds = [
            processes.run(Job("classifiers.answers", {**where, "seed": seed})) for seed in range(1, settings.seeds + 1)
        ]
        data[f"{one.name}, answers"] = speeds
        for call in speeds[0]["ours"]:
            name = f"{one.name}, {call}"
            ratios = [found["fasttext"][call] / found["ours"][call] for found in speeds]
            rows.append(row_of(name, "microseconds", [found["ours"][call] for found in speeds], None, digits=2))
            rows.append(row_of(name, "faster", ratios, bound_of("classifiers", call, "faster"), digits=2))
    return Section("classifiers", "Classifiers", _DEFINITIONS, HEAD, tuple(rows), tuple(row[-1] for row in rows), data)


def _compared(name: str, pairs: list[list[dict[str, Any]]], by: str) -> list[tuple[str, ...]]:
    accuracies = [[run["figures"]["accuracy"] for run in pair] for pair in pairs]
    ratios = [theirs[by] / ours[by] for ours, theirs in pairs]
    above = [ours - theirs for ours, theirs in accuracies]
    return [
        row_of(name, "accuracy", [ours for ours, _ in accuracies], None, digits=2),
        row_of(name, "above", above, bound_of("classifiers", "every", "above"), digits=2),
        row_of(name, "seconds", [ours["seconds"] for ours, _ in pairs], None, digits=2),
        row_of(name, "faster", ratios, bound_of("classifiers", "every", "faster"), digits=1),
    ]


def _by_threads(where: dict[str, Any], shape: dict[str, Any]) -> list[dict[str, Any]]:
    """Train with one thread and with two, again if the machine did not give two processors."""
    for _ in range(_MOST_PAIRS):
        pair = [
            processes.run(Job("classifiers.ours", {**where, "settings": {**shape, "thread": threads}}))
            for threads in (1, 2)
        ]
        if are_given(2):
            break
    return pair


def _scaled(name: str, pairs: list[list[dict[str, Any]]]) -> list[tuple[str, ...]]:
    figures = {
        "clock": [one["clock"] / two["clock"] for one, two in pairs],
        "work": [one["seconds"] / two["seconds"] for one, two in pairs],
        "above": [two["figures"]["accuracy"] - one["figures"]["accuracy"] for one, two in pairs],
    }
    return [
        row_of(name, figure, values, bound_of("classifiers", "by two threads", figure), digits=2)
        for figure, values in figures.items()
    ]


def _shrunk(name: str, runs: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    figures = {
        "accuracy": [run["ours"]["accuracy"] for run in runs],
        "above": [run["ours"]["accuracy"] - run["fasttext"]["accuracy"] for run in runs],
        "lost": [run["before"]["accuracy"] - run["ours"]["accuracy"] for run in runs],
        "smaller": [run["before"]["bytes"] / run["ours"]["bytes"] for run in runs],
        "size": [run["ours"]["bytes"] / run["fasttext"]["bytes"] for run in runs],
        "seconds": [run["ours"]["seconds"] for run in runs],
        "faster": [run["fasttext"]["seconds"] / run["ours"]["seconds"] for run in runs],
    }
    return [
        row_of(name, figure, values, bound_of("classifiers", "quantised", figure), digits=2)
        for figure, values in figures.items()
    ]
