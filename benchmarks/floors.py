"""The acceptance floors: what a release has to reach, in one table.

Speed and text are ratios to the peer in the same run, on one machine, one thread, dim 100. Quality is in percent
points, for 17M tokens of English Wikipedia, dim 100, 5 epochs, min_count 5, subsample 1e-3, analogies among the
30,000 most frequent words. Memory is what a run needs besides its matrices and the encoded corpus.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ACCEPTANCE_FLOORS", "FLOOR_DIM", "MET", "MISSED", "QUALITY_TOKENS", "RARE_WORDS", "Floor", "floor_of"]

MET, MISSED = "met", "missed"

FLOOR_DIM = 100
"""The floors hold for vectors of this length."""

RARE_WORDS = "rarewords"
"""What the set of Luong, Socher and Manning 2013 has to be called for its floor to be looked at."""

QUALITY_TOKENS = 15_000_000
"""The quality floors say nothing about a corpus shorter than this."""


@dataclass(frozen=True)
class Floor:
    """One bound on one figure; `most` turns it into a ceiling."""

    bound: float
    most: bool = False

    def verdict(self, value: float) -> str:
        """Return whether `value` meets the bound, which itself is allowed."""
        return MET if (value <= self.bound if self.most else value >= self.bound) else MISSED

    def __str__(self) -> str:
        return f"{'<=' if self.most else '>='} {self.bound:g}"


def _scores(google: float, wordsim353: float, simlex999: float, **more: float) -> dict[str, Floor]:
    figures = {"google": google, "wordsim353": wordsim353, "simlex999": simlex999, **more}
    return {name.replace("_", " "): Floor(bound) for name, bound in figures.items()}


# section -> row -> figure -> floor
ACCEPTANCE_FLOORS: dict[str, dict[str, dict[str, Floor]]] = {
    "speed": {
        "skip-gram": {"ratio": Floor(5)},
        "cbow": {"ratio": Floor(2.5)},
        "subword": {"ratio": Floor(4)},
        "skip-gram-threads": {"ratio": Floor(1.7)},
        "cbow-threads": {"ratio": Floor(1.7)},
        "subword-threads": {"ratio": Floor(1.7)},
    },
    "text": {"encode": {"ratio": Floor(5)}},
    "phrases": {"learn": {"ratio": Floor(10)}, "join": {"ratio": Floor(10)}},
    "memory": {
        "skip-gram": {"rest": Floor(300, most=True)},
        "subword": {"rest": Floor(300, most=True)},
    },
    "quality": {
        "skip-gram": _scores(37, 63, 29),
        "cbow-exact": _scores(31, 63, 29),
        "cbow-historic": _scores(35, 62, 27),
        "subword": _scores(55, 64, 29, google_syntactic=66, **{RARE_WORDS: 46}),
    },
}


def floor_of(section: str, row: str, figure: str) -> Floor | None:
    """Return the acceptance floor of a figure, or None if it has none."""
    return ACCEPTANCE_FLOORS.get(section, {}).get(row, {}).get(figure)
