"""Do senses tell the meanings of words apart, and beat clusters of contexts and one vector a word?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.lib.corpus import TextSource
from benchmarks.lib.options import option
from benchmarks.lib.report import Section
from benchmarks.lib.seeds import HEAD, figures_of, row_of, runs_of
from benchmarks.programs.senses import CONTEXTS, DEFAULTS, LEVERS, REACH

_DEFINITIONS = (
    "ARI: adjusted Rand index, the mean over target words, on sets of word sense induction and on 100 pseudo-words; "
    "scws: Spearman's correlation in percent points, all pairs.",
    "senses: those of `embed.train(senses=5)`, words without n-grams; pseudo-words have a model of their own with two; "
    "AvgSimC beside the cosine of one vector a word, and speed of the last epoch beside training without senses.",
    f"clusters: k-means of the contexts of a word, {REACH} words to each side, {CONTEXTS:,} contexts a word, five "
    "clusters (pseudo-words: the contexts that are scored, two clusters); recipes in `benchmarks/programs/senses.py`.",
    "seconds: processor time of training (clusters: of one vector a word), one thread.",
    "Means over seeds, with Student's interval of the mean.",
)


@dataclass(frozen=True)
class Settings:
    """What to measure."""

    senses: str = option(
        "", "a folder with wsi/ (sets of word sense induction) and scws/", required=True, metavar="DIR", type=str
    )
    seeds: int = option(3, "runs of each")
    dim: int = option(100, "length of a vector")
    count: int = option(5, "senses of a word")
    clusters: bool = option(False, "cluster contexts as well, a step at a time")
    levers: bool = option(False, "train by other settings instead, and show what each gains")
    tokens: int | None = option(None, "use the first so many tokens (default: all)")
    pairs: int = 100
    least: int = 800
    most: int = 8_000
    lever_names: tuple[str, ...] = tuple(LEVERS)


def run(source: TextSource, settings: Settings) -> Section:
    """Train, cluster and score."""
    text = source.text(settings.tokens)
    where = {"path": str(text.path), "folder": settings.senses, "dim": settings.dim}
    pseudo = {"pairs": settings.pairs, "least": settings.least, "most": settings.most}
    if settings.levers:
        return _levers(text.description, settings, pseudo, where)
    runs = {"senses": runs_of("senses.trained", settings.seeds, senses=settings.count, pseudo=pseudo, **where)}
    if settings.clusters:
        runs["clusters"] = runs_of("senses.clusters", settings.seeds, pseudo=pseudo, **where)
    rows = tuple(row for name, found in runs.items() for row in figures_of("senses", name, found))
    definitions = (*_DEFINITIONS, f"Text: {text.description}.")
    return Section("senses", "Senses of words", definitions, HEAD, rows, tuple(row[-1] for row in rows), runs)


def _levers(text: str, settings: Settings, pseudo: dict[str, int], where: dict[str, Any]) -> Section:
    """Train with each lever and the same seeds, and compare with the defaults seed by seed."""
    runs = {
        name: runs_of("senses.lever", settings.seeds, senses=settings.count, pseudo=pseudo, lever=name, **where)
        for name in (DEFAULTS, *settings.lever_names)
    }
    rows = tuple(
        row_of(name, figure, values if name == DEFAULTS else _less(values, figure, runs[DEFAULTS]), None, digits=3)
        for name, found in runs.items()
        for figure in found[0]["figures"]
        for values in [[run["figures"][figure] for run in found]]
    )
    definitions = (
        _DEFINITIONS[0],
        "the defaults: the figures; other rows: with this setting, less those of the defaults seed by seed.",
        "Five senses a word; pseudo-words have a model of their own with two. Settings are constants that "
        "`benchmarks/programs/senses.py` names.",
        _DEFINITIONS[-1],
        f"Text: {text}.",
    )
    return Section("senses-levers", "Settings of senses", definitions, HEAD, rows, tuple(row[-1] for row in rows), runs)


def _less(values: list[float], figure: str, others: list[dict[str, Any]]) -> list[float]:
    return [value - other["figures"][figure] for value, other in zip(values, others, strict=True)]
