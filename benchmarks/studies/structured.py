"""Structured skip-gram, with an output row for each side of a center, beside skip-gram of equal rates and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.studies import tables
from benchmarks.studies.place import Place
from benchmarks.studies.runner import Stage
from benchmarks.studies.study import defaults, facts, rounds
from benchmarks.studies.subword import HELD_OUT

PLAIN = defaults("skip-gram")
STRUCTURED = defaults("structured", structured=True)
WORDS = [
    PLAIN,
    STRUCTURED,
    PLAIN.but("skip-gram, 6 epochs", epochs=6),
    PLAIN.but("skip-gram, output rate of structured", lr=STRUCTURED.values["lr"]),
    STRUCTURED.but("structured, output rate of skip-gram", lr=PLAIN.values["lr"]),
    STRUCTURED.but("structured, both rates doubled", input_lr=STRUCTURED.values["lr"]),
]
SUBWORD = defaults("skip-gram, n-grams", subword=True)
SUBWORDS = [SUBWORD, defaults("structured, n-grams", subword=True, structured=True)]


@dataclass(frozen=True)
class StructuredStudy:
    """The study of structured skip-gram; `seeds` are the runs of each setting."""

    seeds: int = 5
    name: str = "structured"

    def stages(self) -> Sequence[Stage]:
        """Return a stage for words, and one for words with n-grams, seed by seed."""
        return [lambda _: rounds(WORDS, self._seeds), lambda _: rounds(SUBWORDS, self._seeds)]

    @property
    def _seeds(self) -> range:
        return range(1, self.seeds + 1)

    def bodies(self, place: Place, pictures: Path) -> dict[str, str]:
        """Return the parts of the page."""
        bodies = {"facts": facts(place)}
        for part, settings in (("words", WORDS), ("ngrams", SUBWORDS)):
            plain, structured, *others = settings
            records = [record for one in settings for record in place.records(one, self._seeds).values()]
            figures = [figure for figure in tables.of_figures(records) if HELD_OUT not in figure]
            bodies[f"{part}-means"] = tables.means(place, settings, figures, self._seeds, plain)
            for number, other in enumerate([plain, *others[:2]], 1):
                bodies[f"{part}-tests-{number}"] = tables.differences(place, [structured], other, figures, self._seeds)
        return bodies
