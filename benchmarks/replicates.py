"""Which neighbours repeat when the text is drawn again, how many replicates are enough, and is their mean better?"""

from __future__ import annotations

import itertools
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.lib.bounds import NONE
from benchmarks.lib.corpus import TextFile, TextSource
from benchmarks.lib.options import option, positive
from benchmarks.lib.report import Section
from benchmarks.lib.scoring import STANDARD_SETS, load, score
from embed import formats
from embed.config.presets import resolve
from embed.eval import Comparison, compare
from embed.training.replicates import replicate
from embed.training.train import train
from embed.vectors import Replicates, WordVectors
from embed.vectors.replicates import prediction_interval

MODELS: dict[str, dict[str, Any]] = {
    "default": {},
    "skip-gram": {"objective": "sg"},
    "CBOW": {"objective": "cbow"},
}
"""What is trained: the parameters that are given."""
BANDS = ((5, 15), (15, 100), (100, 1_000), (1_000, 10_000), (10_000, None))
"""Occurrences in the text: at least, and fewer than."""
NEAREST = 10
CONFIDENCE = 0.95
_CHUNK = 64
"""Words whose cosines with all others are in memory at once, in every replicate."""
_STORED = re.compile(r"(\d+)-(.+)\.replicates")
_LONGER = "-longer.embed"

_DEFINITIONS = (
    "Neighbours: the ten nearest of up to {words} words of each band of occurrences in the text.",
    "seeds: how many of the ten two models of the whole text share that differ in their seed alone; draws: two models "
    "of different draws of its lines, mean over all pairs. Both in percent.",
    "in all: of the ten nearest by the mean cosine, percent that are among the ten nearest of every replicate; in one "
    "or none: of at most one.",
    "±: half the width of the 95 % interval of the cosine of such a neighbour; covered: how often (percent) the "
    "interval of all replicates but one has the cosine of that one.",
)
_ENOUGH_DEFINITIONS = (
    "±: as above, from the first N replicates, mean over the bands; ± / ±(∞): Student's t sqrt(1 + 1/N) over its "
    "limit.",
    "share: how many of the ten nearest by the mean cosine of N replicates are the ten nearest by that of N others "
    "(percent, mean over the bands).",
)
_SCORES_DEFINITIONS = (
    "Percent points. one: a model of the whole text; a draw: a replicate (means over those that are stored). longer: a "
    "model of the whole text with as many times the passes as there are seeds. mean of draws: `Replicates.mean()`, in "
    "brackets of how many; mean of seeds: the same of the models of the whole text.",
    "±: the mean of the draws (of the seeds) minus the first model of the whole text, with its 95 % interval by the "
    "paired bootstrap over pairs or clusters of questions; analogies among the {top:,} most frequent words, covered.",
)


@dataclass(frozen=True)
class Settings:
    """What to train, and where it is stored; the tables are of all that is stored there."""

    sizes: Sequence[int] = option((), "tokens, from the beginning (default: none, only tables)", type=positive)
    models: Sequence[str] = option(tuple(MODELS), "(default: all)", choices=tuple(MODELS))
    replicates: int = option(8, "of each model, on draws of the text")
    seeds: int = option(3, "models of the whole text, for comparison")
    longer: bool = option(False, "and one with as many times the passes")
    words: int = option(200, "words of each band")
    sets: Sequence[tuple[str, str]] = option(tuple(STANDARD_SETS), "more test sets", metavar="[NAME=]PATH")
    top: int = option(30_000, "analogies among so many words")
    store: str = option("build/benchmarks/replicates", "the folder of vectors", type=str, metavar="DIR")


@dataclass(frozen=True)
class _Point:
    """A size of text and a model, with the replicates and the models of the whole text that are stored."""

    tokens: int
    model: str
    replicates: Replicates
    whole: list[WordVectors]
    longer: WordVectors | None


@dataclass
class _Band:
    """What is measured on the words of a band; lists have an item for each word."""

    draws: list[float] = field(default_factory=list)
    seeds: list[float] = field(default_factory=list)
    in_all: list[float] = field(default_factory=list)
    in_one: list[float] = field(default_factory=list)
    covered: list[float] = field(default_factory=list)
    widths: dict[int, list[float]] = field(default_factory=dict)
    """By the number of replicates, from two."""
    shares: dict[int, list[float]] = field(default_factory=dict)
    """By the number of replicates in either mean."""


def run(source: TextSource, settings: Settings) -> list[Section]:
    """Train what is not stored, and return the tables of all that is."""
    for tokens in settings.sizes:
        text = source.text(tokens)
        for name in settings.models:
            _train(text, name, settings)
    neighbours, enough, scores = [], [], []
    for point in _points(Path(settings.store)):
        bands = {band: _measured(point, band, settings.words) for band in BANDS}
        bands = {band: found for band, found in bands.items() if found.draws}
        neighbours += [_row(point, band, found) for band, found in bands.items()]
        enough += list(_rows_of_numbers(point, list(bands.values())))
        scores += list(_rows_of_scores(point, settings))
    return [
        Section(
            "replicates",
            "Neighbours that repeat",
            tuple(sentence.format(words=settings.words) for sentence in _DEFINITIONS),
            ("tokens", "model", "occurrences", "words", "seeds", "draws", "in all", "in one or none", "±", "covered"),
            tuple(neighbours),
        ),
        Section(
            "replicates-enough",
            "How many are enough",
            _ENOUGH_DEFINITIONS,
            ("tokens", "model", "N", "±", "± / ±(∞)", "share"),
            tuple(enough),
        ),
        Section(
            "replicates-scores",
            "The mean of replicates",
            tuple(sentence.format(top=settings.top) for sentence in _SCORES_DEFINITIONS),
            ("tokens", "model", "set", "one", "longer", "a draw", "mean of draws", "±", "mean of seeds", "± "),
            tuple(scores),
        ),
    ]


def _train(text: TextFile, name: str, settings: Settings) -> None:
    """Train the replicates of a model, and models of the whole text, that are not stored."""
    folder = Path(settings.store)
    folder.mkdir(parents=True, exist_ok=True)
    given = {**MODELS[name], "threads": 1, "progress": False}
    began = time.perf_counter()
    for seed in range(1, settings.seeds + 1):
        path = folder / f"{text.tokens}-{name}-{seed}.embed"
        if not path.exists():
            train(text.path, seed=seed, **given).vectors.save(path)
            print(f"{path.name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    path = folder / f"{text.tokens}-{name}{_LONGER}"
    if settings.longer and not path.exists():
        counts = formats.load(folder / f"{text.tokens}-{name}-1.embed").counts
        assert counts is not None
        passes = resolve(None, MODELS[name], (int(counts.sum()), len(counts))).epoch_count()
        train(text.path, epochs=settings.seeds * passes, **given).vectors.save(path)
        print(f"{path.name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    path = folder / f"{text.tokens}-{name}.replicates"
    if not path.exists():
        # the seeds of the whole text are others
        replicate(text.path, replicates=settings.replicates, seed=settings.seeds + 1, output=path, **given)
        print(f"{path.name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)


def _points(folder: Path) -> Iterator[_Point]:
    found = [(int(match[1]), match[2]) for path in folder.glob("*") if (match := _STORED.fullmatch(path.name))]
    for tokens, model in sorted(found, key=lambda each: (each[0], list(MODELS).index(each[1]))):
        whole = [formats.load(path) for path in sorted(folder.glob(f"{tokens}-{model}-[0-9]*.embed"))]
        path = folder / f"{tokens}-{model}{_LONGER}"
        longer = formats.load(path) if path.exists() else None
        yield _Point(tokens, model, Replicates.load(folder / f"{tokens}-{model}.replicates"), whole, longer)


# neighbours


def _measured(point: _Point, band: tuple[int, int | None], words: int) -> _Band:
    """Measure the neighbours of a sample of the words of a band."""
    least, most = band
    counts, found = point.replicates.counts, _Band()
    assert counts is not None
    inside = np.flatnonzero((counts >= least) & (counts < (most or np.inf)))
    chosen = np.random.default_rng(1).permutation(inside)[:words]
    draws, seeds = list(point.replicates), point.whole
    units = [member.unit() for member in (*draws, *seeds)]
    for start in range(0, len(chosen), _CHUNK):
        rows = chosen[start : start + _CHUNK]
        cosines = np.stack([each[rows] @ each.T for each in units])
        cosines[:, np.arange(len(rows)), rows] = -1
        for word in range(len(rows)):
            _measure(cosines[: len(draws), word], cosines[len(draws) :, word], found)
    return found


def _measure(draws: NDArray[np.float32], seeds: NDArray[np.float32], found: _Band) -> None:
    """Measure one word, from its cosines with all others, shape (models, V)."""
    nearest = [_nearest(each) for each in draws]
    found.draws.append(fmean(_share(*pair) for pair in itertools.combinations(nearest, 2)))
    if len(seeds) > 1:
        found.seeds.append(fmean(_share(*pair) for pair in itertools.combinations(map(_nearest, seeds), 2)))
    agreed = _nearest(draws.mean(axis=0))
    times = [sum(row in each for each in nearest) for row in agreed]
    found.in_all.append(fmean(number == len(draws) for number in times))
    found.in_one.append(fmean(number < 2 for number in times))
    values = draws[:, sorted(agreed)]
    for number in range(2, len(values) + 1):
        low, high = prediction_interval(values[:number], CONFIDENCE)
        found.widths.setdefault(number, []).append(float((high - low).mean() / 2))
    for left in range(len(values) if len(values) > 2 else 0):
        low, high = prediction_interval(np.delete(values, left, axis=0), CONFIDENCE)
        found.covered.append(float(((low < values[left]) & (values[left] < high)).mean()))
    for number in range(1, len(draws) // 2 + 1):
        halves = (draws[:number], draws[number : 2 * number])
        found.shares.setdefault(number, []).append(_share(*(_nearest(half.mean(axis=0)) for half in halves)))


def _nearest(cosines: NDArray[np.floating[Any]]) -> set[int]:
    return set(np.argpartition(-cosines, NEAREST)[:NEAREST].tolist())


def _share(one: set[int], other: set[int]) -> float:
    return len(one & other) / NEAREST


def _row(point: _Point, band: tuple[int, int | None], found: _Band) -> tuple[str, ...]:
    least, most = band
    name = f"{least:,} and more" if most is None else f"{least:,} to {most - 1:,}"
    shares = (found.seeds, found.draws, found.in_all, found.in_one)
    return (
        f"{point.tokens:,}",
        f"{point.model} ({len(point.replicates)})",
        name,
        str(len(found.draws)),
        *(_percent(values) for values in shares),
        f"{fmean(found.widths[len(point.replicates)]):.3f}",
        _percent(found.covered),
    )


def _percent(values: Sequence[float]) -> str:
    return f"{100 * fmean(values):.0f}" if values else NONE


def _rows_of_numbers(point: _Point, bands: Sequence[_Band]) -> Iterator[tuple[str, ...]]:
    from scipy.special import ndtri, stdtrit

    for number in range(1, len(point.replicates) + 1):
        widths = [fmean(band.widths[number]) for band in bands if number in band.widths]
        shares = [fmean(band.shares[number]) for band in bands if number in band.shares]
        ratio = NONE
        if number > 1:
            tail = (1 + CONFIDENCE) / 2
            ratio = f"{stdtrit(number - 1, tail) * np.sqrt(1 + 1 / number) / ndtri(tail):.2f}"
        width = f"{fmean(widths):.3f}" if widths else NONE
        yield f"{point.tokens:,}", point.model, str(number), width, ratio, _percent(shares)


# scores


def _rows_of_scores(point: _Point, settings: Settings) -> Iterator[tuple[str, ...]]:
    if not point.whole:
        return
    sets = load(settings.sets)
    longer = [] if point.longer is None else [point.longer]
    one, more, draws = (
        [score(each, sets, settings.top).figures for each in group] for group in (point.whole, longer, point.replicates)
    )
    means = [point.replicates.mean()]
    if len(point.whole) > 1:
        means.append(Replicates(point.whole).mean())
    against = [compare(point.whole[0], mean, sets, top=settings.top) for mean in means]
    for test in sets:
        cells = [f"{_mean([each[test.name] for each in group])}" for group in (one, more, draws)]
        for comparison, number in zip(against, (len(point.replicates), len(point.whole)), strict=False):
            cells += _cells(comparison, test.name, number)
        cells += [NONE] * (7 - len(cells))
        yield f"{point.tokens:,}", point.model, test.name, *cells


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{fmean(known):.1f}" if known else NONE


def _cells(comparison: Comparison, name: str, number: int) -> tuple[str, str]:
    """Return the score of the second model on a set, and how far it is above the first."""
    row = next(row for row in comparison.rows if (row.set, row.part, row.on) == (name, "total", "covered"))
    difference = row.difference
    if row.b.value is None or difference.value is None or difference.low is None or difference.high is None:
        return NONE, NONE
    shown = f"{difference.value:+.1f} ({difference.low:+.1f} to {difference.high:+.1f})"
    return f"{row.b.value:.1f} ({number})", shown
