"""Hold the scores of senses, and render them as the other results of the evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from embed.markup import details, heading, line, panel
from embed.messages import printable

from ..bootstrap import Score
from ..forest import Mark, forest, headlines
from ..protocol import Sampling
from ..render import aligned, as_json, as_markdown, coverage, interval, points

__all__ = ["SenseReport", "SenseResult"]

_HEAD = ("set", "measure", "covered", "interval", "all", "interval", "coverage", "senses")


@dataclass(frozen=True)
class SenseResult:
    """The scores of one set, in percent points.

    Attributes
    ----------
    name : str
        The name of the set.
    items, covered : int
        The number of all instances or pairs, and of those whose words the model knows.
    scores : dict of str to Score
        Each measure on all items. An unknown word has one sense; a pair with an unknown word has similarity 0.
    covered_scores : dict of str to Score
        Each measure on the covered items.
    senses : float or None
        The mean number of senses that the model chose for a known word; None for pairs.
    sampling : Sampling
        How the intervals were estimated.
    units : str
        What was resampled: "target words" or "pairs".
    notes : tuple of str
        How the files of the set were read.
    """

    name: str
    items: int
    covered: int
    scores: dict[str, Score]
    covered_scores: dict[str, Score]
    senses: float | None
    sampling: Sampling
    units: str
    notes: tuple[str, ...] = ()

    @property
    def headline(self) -> Score:
        """The main score: ARI, or Spearman's correlation, on all items."""
        return next(iter(self.scores.values()))

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able mapping."""
        return {
            "set": self.name,
            "items": self.items,
            "covered": self.covered,
            "senses": self.senses,
            **{
                name: {"covered": self.covered_scores[name].to_dict(), "all": score.to_dict()}
                for name, score in self.scores.items()
            },
        }

    def table(self) -> str:
        """Return the scores as an aligned text table."""
        return SenseReport("senses", (self,)).table()

    def rows(self) -> list[tuple[str, ...]]:
        """Return the rows of the table, one a measure."""
        senses = "" if self.senses is None else f"{self.senses:.1f}"
        return [
            (
                "" if number else self.name,
                measure,
                points(self.covered_scores[measure].value),
                interval(self.covered_scores[measure].low, self.covered_scores[measure].high),
                points(score.value),
                interval(score.low, score.high),
                coverage(self.covered_scores[measure], self.items),
                "" if number else senses,
            )
            for number, (measure, score) in enumerate(self.scores.items())
        ]


@dataclass(frozen=True, repr=False)
class SenseReport:
    """The scores of one model on several sets.

    Attributes
    ----------
    name : str
        The name of the model in the output.
    results : tuple of SenseResult
    """

    name: str
    results: tuple[SenseResult, ...]

    @property
    def scores(self) -> dict[str, float | None]:
        """The headline score of each set, in percent points."""
        return {result.name: result.headline.value for result in self.results}

    def __repr__(self) -> str:
        sets = headlines((result.name, result.headline) for result in self.results)
        return f"<SenseReport: {printable(self.name)}, {sets}>"

    def _repr_html_(self) -> str:
        marks = [
            Mark("" if number else result.name, measure, score, coverage(result.covered_scores[measure], result.items))
            for result in self.results
            for number, (measure, score) in enumerate(result.scores.items())
        ]
        return panel(heading(self.name), forest(marks, "all", "coverage"), details("how", *map(line, self.sentences())))

    def sentences(self) -> list[str]:
        """Describe the protocol, one sentence per aspect."""
        kinds = dict.fromkeys((result.units, result.sampling) for result in self.results)
        return [
            "Senses: the mean over target words; an instance counts with its one strongest gold sense.",
            "Missing words: 'covered' skips their items; 'all' gives a word one sense, and a pair the similarity 0.",
            *(line for units, sampling in kinds for line in sampling.intervals(units)),
            *dict.fromkeys(f"{one.name}: {note}." for one in self.results for note in one.notes),
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able mapping."""
        return {
            "senses": self.name,
            "protocol": self.sentences(),
            "results": [result.to_dict() for result in self.results],
        }

    def to_json(self) -> str:
        """Return the report as indented JSON text, without NaN."""
        return as_json(self.to_dict())

    def table(self) -> str:
        """Return the report as an aligned text table."""
        return "\n".join([printable(self.name), aligned(_HEAD, self._rows()), *map(printable, self.sentences())])

    def to_markdown(self) -> str:
        """Return the report as Markdown."""
        return as_markdown(self.name, _HEAD, self._rows(), self.sentences(), ())

    def _rows(self) -> list[tuple[str, ...]]:
        return [row for result in self.results for row in result.rows()]
