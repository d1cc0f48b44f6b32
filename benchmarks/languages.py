"""Do words find their translations, once the vectors of one language are turned into the space of the other?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.lib.corpus import TextSource
from benchmarks.lib.options import option
from benchmarks.lib.report import Section
from benchmarks.lib.seeds import HEAD, figures_of, runs_of

_DEFINITIONS = (
    "embed.align of vectors of German and of English (skip-gram of words), fitted to the words that are spelled alike "
    "in both, names above all, among the 20,000 most frequent. Without --texts, the two languages are two halves "
    "of one text, with nine of ten words renamed in one of them, and the list are all of these.",
    "P@1, P@5: how often a word has a translation among its 1 or 5 nearest of 20,000. same: of words that are spelled "
    "alike, a fifth of which is held out, as embed.align measures by default; list: of 333 common words "
    "(benchmarks/lib/german_english.py), none of which is fitted to; refined: the turn is fitted five times more, to "
    "the pairs that it finds; with half: the list is halved by the seed, and one half is fitted to as well.",
    "seconds: processor time of the alignments, without the training. Means over seeds, with Student's interval.",
)


@dataclass(frozen=True)
class Settings:
    """What to measure."""

    texts: Sequence[str] = option((), "a file of German and one of English text", metavar="FILE", type=str)
    tokens: int | None = option(None, "tokens of the text that is halved (default: all)")
    dim: int = option(100, "length of the vectors")
    threads: int = option(1, "threads of the training")
    seeds: int = option(1, "runs")


def run(source: TextSource, settings: Settings) -> Section:
    """Train, align and measure."""
    texts = list(settings.texts) or [str(source.text(settings.tokens).path)]
    given: dict[str, Any] = {"dim": settings.dim, "threads": settings.threads}
    found = runs_of("languages.aligned", settings.seeds, texts=texts, **given)
    rows = figures_of("languages", "German and English" if settings.texts else "halves", found)
    return Section("languages", "Two languages", _DEFINITIONS, HEAD, tuple(rows), tuple(row[-1] for row in rows), found)
