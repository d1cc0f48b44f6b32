"""Skip-gram with n-grams against fastText's, each with its defaults, on an English and a German text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.studies import tables
from benchmarks.studies.place import Place
from benchmarks.studies.runner import Stage
from benchmarks.studies.setting import MAIN, Setting
from benchmarks.studies.study import facts, rounds
from benchmarks.studies.subword import DEFAULTS, FASTTEXT, GERMAN, HELD_OUT

OURS = DEFAULTS["sg"].on(MAIN, "ours")
THEIRS = FASTTEXT.on(MAIN, "fastText")


@dataclass(frozen=True)
class FastTextStudy:
    """The study beside fastText; `seeds` are the runs of each on each text."""

    seeds: int = 5
    name: str = "fasttext"

    def stages(self) -> Sequence[Stage]:
        """Return one stage: both on all texts, seed by seed, fastText's later seeds last."""
        return (lambda place: rounds([one for text in _texts(place) for one in _both(text)], self._seeds),)

    @property
    def _seeds(self) -> range:
        return range(1, self.seeds + 1)

    def bodies(self, place: Place, pictures: Path) -> dict[str, str]:
        """Return the parts of the page."""
        bodies = {"facts": facts(place)}
        for text in _texts(place):
            mine, theirs = _both(text)
            records = [record for one in (mine, theirs) for record in place.records(one, self._seeds).values()]
            figures = [figure for figure in tables.of_figures(records) if HELD_OUT not in figure]
            bodies[f"{text}-means"] = tables.means(place, [mine, theirs], figures, self._seeds, theirs)
            bodies[f"{text}-tests"] = tables.differences(place, [mine], theirs, figures, self._seeds)
        return bodies


def _texts(place: Place) -> list[str]:
    return [text for text in (MAIN, GERMAN) if text in place.texts]


def _both(text: str) -> tuple[Setting, Setting]:
    return OURS.on(text, OURS.name), THEIRS.on(text, THEIRS.name)
