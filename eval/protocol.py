"""Define the interface of vectors for evaluation, and the settings reported with every score.

Scores can only be compared with their protocol: the same vectors gain or lose fifteen points if candidate words are
restricted, missing words are dropped, or case is folded. So the settings are one frozen value in every report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from embed.arguments import choice, whole_number
from embed.choices import ANALOGY_METHODS, AnalogyMethod
from embed.errors import ConfigError
from embed.messages import option

__all__ = ["METHODS", "Sampling", "Settings", "Vectors"]

METHODS = ANALOGY_METHODS
_NOT_OVER_RUNS = "they do not cover the variation from one training run to the next"


class Vectors(Protocol):
    """Words with one row each, and optionally composed vectors for other words.

    Attributes
    ----------
    words : sequence of str
        V words, the most frequent first.
    matrix : ndarray of float32, shape (V, dim)
        Row i belongs to word i. It is read block by block and may be a memory map.

    Notes
    -----
    An optional method ``spellings(word)`` returns other spellings of a word, for instance in another form of Unicode,
    to look up if the word itself is missing.
    """

    @property
    def words(self) -> Sequence[str]: ...

    @property
    def matrix(self) -> NDArray[np.float32]: ...

    def can_compose(self, word: str) -> bool:
        """Return whether :meth:`vector` can compose `word`, which is not in `words`."""
        ...

    def vector(self, word: str) -> NDArray[np.float32]:
        """Return the row of `word`, composed from its n-grams if it is not in `words`; shape (dim,)."""
        ...


@dataclass(frozen=True)
class Sampling:
    """How words are compared and intervals are estimated, in every evaluation.

    Attributes
    ----------
    fold_case : bool
        Compare words without regard to case.
    resamples : int
        The number of bootstrap resamples per interval; 0 gives no intervals.
    seed : int
        The seed of the bootstrap.
    confidence : float
        The confidence level of the intervals.

    Raises
    ------
    ConfigError
        A value is out of bounds.
    """

    fold_case: bool = True
    resamples: int = 1000
    seed: int = 1
    confidence: float = 0.95

    def __post_init__(self) -> None:
        whole_number("resamples", self.resamples, 0)
        whole_number("seed", self.seed, 0)
        if not 0.0 < self.confidence < 1.0:
            raise ConfigError(f"{option('confidence')} must be above 0 and below 1, not {self.confidence!r}")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as a JSON-able mapping."""
        return asdict(self)

    def intervals(self, units: str, over: str = _NOT_OVER_RUNS) -> list[str]:
        """Describe the intervals, resampled over `units`, in one sentence; no sentence without intervals.

        `over` says whether training runs are resampled, too.
        """
        if not self.resamples:
            return []
        return [
            f"Intervals: {100 * self.confidence:g}%, bootstrap over {units}, {self.resamples:,} resamples, seed "
            f"{self.seed}; {over}."
        ]


@dataclass(frozen=True)
class Settings(Sampling):
    """The protocol of one evaluation on words.

    Of several spellings of a word, the most frequent gives the vector.

    Attributes
    ----------
    top : int or None
        Analogies: only the `top` most frequent words are known and may be answers. None: all words.
    similarity_top : int or None
        Similarity: only the `similarity_top` most frequent words are known. None: all words.
    method : str
        Analogies: "3cosadd" or "3cosmul".
    fold_case, resamples, seed, confidence
        As in :class:`Sampling`, which also lists the errors.
    """

    top: int | None = None
    similarity_top: int | None = None
    method: AnalogyMethod = "3cosadd"

    def __post_init__(self) -> None:
        for name in ("top", "similarity_top"):
            value = getattr(self, name)
            if value is not None:
                whole_number(name, value, 1, otherwise=" or None (all words)")
        choice("method", self.method, ANALOGY_METHODS)
        super().__post_init__()

    def sentences(self, over: str = _NOT_OVER_RUNS) -> list[str]:
        """Describe the protocol, one sentence per aspect; for `over` see `intervals`."""
        method = {"3cosadd": "3CosAdd on unit vectors", "3cosmul": "3CosMul on (cos + 1) / 2, eps 1e-3"}
        analogies = f"Analogies: {method[self.method]}, {self._among(self.top)}, given words excluded."
        similarity = f"Similarity: cosine, {self._among(self.similarity_top)}."
        case = "Case: folded on both sides." if self.fold_case else "Case: as written."
        missing = (
            "Missing words: 'covered' skips their items; 'all' counts their questions as wrong and gives "
            "their pairs the similarity 0, unless the vectors compose the word from its n-grams."
        )
        units = "pairs or over clusters of questions that share a section and a first pair"
        return [analogies, similarity, case, missing, *self.intervals(units, over)]

    @staticmethod
    def _among(top: int | None) -> str:
        return "among all words" if top is None else f"among the {top:,} most frequent words"
