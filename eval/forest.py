"""Draw scores or differences with their intervals as a forest plot, for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from embed.markup import Html, axis, forest_axis, forest_mark, table
from embed.messages import printable

from .bootstrap import Difference, Score
from .render import interval, points

__all__ = ["Mark", "forest", "headlines"]

_MOST_NAMED, _LONGEST_NAME = 4, 40


@dataclass(frozen=True)
class Mark:
    """A row of a forest plot.

    Attributes
    ----------
    name, measure : str
    of : Score or Difference
        A difference whose interval holds zero is pale.
    used : str
        How many items it is from.
    """

    name: str
    measure: str
    of: Score | Difference
    used: str


def forest(marks: Sequence[Mark], what: str, used: str) -> Html:
    """Return a table with a plot of each value and its interval, all on one axis.

    Parameters
    ----------
    marks : sequence of Mark
    what, used : str
        The titles of the columns of values and of `Mark.used`.
    """
    is_signed = any(isinstance(mark.of, Difference) for mark in marks)
    values = [value for mark in marks for value in (mark.of.value, mark.of.low, mark.of.high) if value is not None]
    ends = axis(values, has_zero=is_signed)
    rows = [
        (
            mark.name.replace("  ", "\u2003"),
            mark.measure,
            points(mark.of.value, signed=is_signed),
            interval(mark.of.low, mark.of.high, signed=is_signed),
            forest_mark(mark.of.value, mark.of.low, mark.of.high, ends, sure=not is_signed or _differs(mark.of)),
            mark.used,
        )
        for mark in marks
    ]
    return table(("set", "measure", what, "interval", forest_axis(ends), used), rows, texts=2)


def headlines(scores: Iterable[tuple[str, Score | Difference]]) -> str:
    """Return names with their scores and intervals in one line: the first few of many."""
    scores = list(scores)
    words = [
        f"{printable(name, _LONGEST_NAME)} {points(of.value, signed=isinstance(of, Difference))} "
        f"{interval(of.low, of.high, signed=isinstance(of, Difference))}"
        for name, of in scores[:_MOST_NAMED]
    ]
    more = len(scores) - len(words)
    return ", ".join([*words, *([f"{more} more"] if more else [])])


def _differs(of: Score | Difference) -> bool:
    return of.low is not None and of.high is not None and not of.low <= 0 <= of.high
