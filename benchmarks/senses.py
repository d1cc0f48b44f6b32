"""Do senses tell the meanings of words apart, and beat clusters of contexts and one vector a word?"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.lib.corpus import TextSource
from benchmarks.lib.options import option
from benchmarks.lib.report import Section
from benchmarks.lib.seeds import HEAD, figures_of, runs_of
from benchmarks.programs.senses import CONTEXTS, REACH

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
    tokens: int | None = option(None, "use the first so many tokens (default: all)")
    pairs: int = 100
    least: int = 800
    most: int = 8_000


def run(source: TextSource, settings: Settings) -> Section:
    """Train, cluster and score."""
    text = source.text(settings.tokens)
    where = {"path": str(text.path), "folder": settings.senses, "dim": settings.dim}
    pseudo = {"pairs": settings.pairs, "least": settings.least, "most": settings.most}
    runs = {"senses": runs_of("senses.trained", settings.seeds, senses=settings.count, pseudo=pseudo, **where)}
    if settings.clusters:
        runs["clusters"] = runs_of("senses.clusters", settings.seeds, pseudo=pseudo, **where)
    rows = tuple(row for name, found in runs.items() for row in figures_of("senses", name, found))
    definitions = (*_DEFINITIONS, f"Text: {text.description}.")
    return Section("senses", "Senses of words", definitions, HEAD, rows, tuple(row[-1] for row in rows), runs)
