"""Answer analogies: for "a is to b as c is to ?", find the nearest word, excluding a, b and c.

3CosAdd (Mikolov et al. 2013) takes the argmax over v of cos(v, b) - cos(v, a) + cos(v, c).
3CosMul (Levy & Goldberg 2014, eq. 5) takes the argmax of s(v, b) s(v, c) / (s(v, a) + eps) with
s = (cos + 1) / 2; its logarithm is used here, so that both methods add a term for the pair (a, b) to a term for c.

Ten thousand questions use a few hundred distinct words. For each block of the vocabulary, one matrix product gives
their cosines; the term of each distinct pair (a, b) is computed once; and each question is one addition of two rows in
the cache and one argmax. Nothing of size questions x vocabulary is ever stored.

Rejected: a query vector per question times the matrix (20 times the arithmetic: 3.5 against 0.16 TFLOP for
Google's questions over 300,000 words of 300 dimensions), and it cannot express 3CosMul at all.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embed.choices import AnalogyMethod

from .bootstrap import Score, estimate
from .protocol import Settings
from .sets import AnalogySet, warn_of_nothing_covered
from .shares import accuracy
from .space import Space

__all__ = ["AnalogyResult", "Answers", "Part", "answer", "clusters", "evaluate_analogies"]

_EPSILON = 1e-3
_SMALLEST = 1e-12  # replaces a similarity of 0, whose logarithm, -inf, also marks excluded words
_BLOCK_BYTES = 64 << 20  # of cosines and terms at once
_LEAST_BLOCK, _LARGEST_BLOCK = 64, 4096  # words
_AT_ONCE = 64  # questions; 64 x 4096 float32 is 1 MB, which stays in the cache


@dataclass(frozen=True)
class Answers:
    """The result of each question of a set.

    Attributes
    ----------
    covered : ndarray of bool, shape (n,)
        All four words are known.
    correct : ndarray of bool, shape (n,)
        The question is covered, and the answer is an expected word, in any spelling if case is folded.
    """

    covered: NDArray[np.bool_]
    correct: NDArray[np.bool_]


@dataclass(frozen=True)
class Part:
    """The accuracy on some questions of a set: a section, or a total.

    Attributes
    ----------
    name : str
    questions, covered_questions, correct : int
    covered : Score
        On the questions whose four words are known.
    all : Score
        On all questions, counting those that are not covered as wrong.
    """

    name: str
    questions: int
    covered_questions: int
    correct: int
    covered: Score
    all: Score

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able mapping."""
        return {
            "name": self.name,
            "items": self.questions,
            "covered": self.covered_questions,
            "correct": self.correct,
            "accuracy": {"covered": self.covered.to_dict(), "all": self.all.to_dict()},
        }


@dataclass(frozen=True)
class AnalogyResult:
    """The scores of one analogy set, in percent points.

    Attributes
    ----------
    name : str
    total : Part
    semantic, syntactic : Part or None
        None if no section of the set is named gram...
    sections : tuple of Part
    """

    name: str
    total: Part
    semantic: Part | None
    syntactic: Part | None
    sections: tuple[Part, ...]

    @property
    def headline(self) -> Score:
        """The main score: accuracy on the covered questions."""
        return self.total.covered

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able mapping."""
        return {
            "set": self.name,
            "kind": "analogies",
            **{key: value for key, value in self.total.to_dict().items() if key != "name"},
            "semantic": self.semantic.to_dict() if self.semantic else None,
            "syntactic": self.syntactic.to_dict() if self.syntactic else None,
            "sections": [section.to_dict() for section in self.sections],
        }


def evaluate_analogies(space: Space, test: AnalogySet, settings: Settings) -> AnalogyResult:
    """Score one analogy set; `space` is not yet restricted to `settings.top`."""
    answers = answer(space.restrict(settings.top), test, method=settings.method)
    warn_of_nothing_covered(test.name, answers.covered)
    cluster_of = clusters(space, test)

    def part(name: str, chosen: NDArray[np.bool_]) -> Part:
        covered = chosen & answers.covered
        return Part(
            name=name,
            questions=int(chosen.sum()),
            covered_questions=int(covered.sum()),
            correct=int((chosen & answers.correct).sum()),
            covered=_score(answers.correct[covered], cluster_of[covered], settings),
            all=_score(answers.correct[chosen], cluster_of[chosen], settings),
        )

    section_of = np.array(test.sections, dtype=object)
    syntactic = np.fromiter((test.is_syntactic(section) for section in test.sections), np.bool_, len(test))
    totals = test.has_totals()
    return AnalogyResult(
        name=test.name,
        total=part("total", np.ones(len(test), dtype=np.bool_)),
        semantic=part("semantic", ~syntactic) if totals else None,
        syntactic=part("syntactic", syntactic) if totals else None,
        sections=tuple(part(name, section_of == name) for name in test.section_names()),
    )


def clusters(space: Space, test: AnalogySet) -> NDArray[np.int64]:
    """Return the cluster number of each question, shape (n,); a cluster shares section, a and b."""
    numbers: dict[tuple[str, str, str], int] = {}
    return np.fromiter(
        (
            numbers.setdefault((section, space.key(a), space.key(b)), len(numbers))
            for section, (a, b, _, _) in zip(test.sections, test.questions, strict=True)
        ),
        dtype=np.int64,
        count=len(test),
    )


def answer(space: Space, test: AnalogySet, *, method: AnalogyMethod) -> Answers:
    """Answer every question of `test` with the words of `space`, by `method`.

    Of words with equal scores, the most frequent is the answer. A question with several right answers is covered if one
    of them is known.
    """
    keys = [tuple(space.key(word) for word in question) for question in test.questions]
    others = [tuple(map(space.key, words)) for words in test.others] or [()] * len(keys)
    found = space.find(itertools.chain(*test.questions, *test.others))
    right = [{key for key in (d, *more) if key in found} for (*_, d), more in zip(keys, others, strict=True)]
    covered = np.fromiter(
        (bool(ds) and all(key in found for key in given[:3]) for given, ds in zip(keys, right, strict=True)),
        np.bool_,
        len(keys),
    )
    correct = np.zeros(len(keys), dtype=np.bool_)
    asked = np.flatnonzero(covered)
    if asked.size:
        names = list(found)
        number = {name: i for i, name in enumerate(names)}
        questions = np.array([[number[key] for key in keys[i][:3]] for i in asked], dtype=np.int64)
        spellings = [np.array(found[name], dtype=np.int64) for name in names]
        predicted = _Solver(space, questions, spellings, method).solve()
        word_at = {position: name for name in names for position in found[name]}
        correct[asked] = [
            word_at.get(position) in right[i] for i, position in zip(asked.tolist(), predicted.tolist(), strict=True)
        ]
    return Answers(covered, correct)


class _Solver:
    """Answers questions about numbered distinct words.

    Parameters
    ----------
    questions : ndarray of int64, shape (n, 3)
        The word numbers of a, b, c.
    spellings : list of ndarray of int64
        The rising positions of each word. The first gives its vector; all of them are excluded as answers.
    """

    def __init__(
        self, space: Space, questions: NDArray[np.int64], spellings: list[NDArray[np.int64]], method: AnalogyMethod
    ) -> None:
        self._space = space
        self._method = method
        self._spellings = spellings
        self._units = space.unit_rows([int(s[0]) for s in spellings])
        # sort questions by their pair (a, b), so that questions of one pair are neighbours
        self._order = np.lexsort((questions[:, 2], questions[:, 1], questions[:, 0]))
        self._c = questions[self._order, 2]
        self._pairs, starts = np.unique(questions[self._order, :2], axis=0, return_index=True)
        self._bounds = np.append(starts, len(questions))

    def solve(self) -> NDArray[np.int64]:
        """Return the position of the answer to each question, shape (n,)."""
        count = len(self._order)
        best = np.full(count, -np.inf, dtype=np.float32)
        position = np.full(count, -1, dtype=np.int64)
        row_bytes = 4 * (3 * len(self._units) + len(self._pairs))
        width = int(np.clip(_BLOCK_BYTES // row_bytes, _LEAST_BLOCK, _LARGEST_BLOCK))
        sums = np.empty((_AT_ONCE, width), dtype=np.float32)
        for start in range(0, len(self._space), width):
            stop = min(start + width, len(self._space))
            plus, minus = self._parts(self._units @ self._space.unit_block(start, stop).T)
            pair_part = plus[self._pairs[:, 1]] - minus[self._pairs[:, 0]]
            excluded = self._excluded(start, stop)
            for row, (a, b) in enumerate(self._pairs.tolist()):
                for word in (a, b):
                    if word in excluded:
                        pair_part[row, excluded[word]] = -np.inf
            # from here on, `plus` is only used for the term of c
            for word, columns in excluded.items():
                plus[word, columns] = -np.inf
            for row, low, high in self._steps():
                scores = sums[: high - low, : stop - start]
                np.take(plus, self._c[low:high], axis=0, out=scores, mode="clip")
                scores += pair_part[row]
                column = scores.argmax(axis=1)
                value = scores[np.arange(high - low), column]
                better = value > best[low:high]
                best[low:high][better] = value[better]
                position[low:high][better] = start + column[better]
        answers = np.empty(count, dtype=np.int64)
        answers[self._order] = position
        return answers

    def _parts(self, cosine: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Convert cosines to the terms that b and c add to a score, and that a subtracts."""
        if self._method == "3cosadd":
            return cosine, cosine
        similarity = np.maximum((cosine + 1) / 2, np.float32(_SMALLEST))
        return np.log(similarity), np.log(similarity + np.float32(_EPSILON))

    def _excluded(self, start: int, stop: int) -> dict[int, NDArray[np.int64]]:
        """Return the columns of each word that has a spelling in positions start..stop-1."""
        columns = {}
        for word, positions in enumerate(self._spellings):
            low, high = np.searchsorted(positions, (start, stop))
            if high > low:
                columns[word] = positions[low:high] - start
        return columns

    def _steps(self) -> Iterable[tuple[int, int, int]]:
        """Yield (pair row, first question, end) for at most `_AT_ONCE` questions of one pair."""
        for row in range(len(self._pairs)):
            end = int(self._bounds[row + 1])
            for low in range(int(self._bounds[row]), end, _AT_ONCE):
                yield row, low, min(low + _AT_ONCE, end)


def _score(correct: NDArray[np.bool_], cluster_of: NDArray[np.int64], settings: Settings) -> Score:
    statistic, units = accuracy(correct, cluster_of)
    return estimate(
        statistic,
        units,
        items=len(correct),
        resamples=settings.resamples,
        seed=settings.seed,
        confidence=settings.confidence,
    )
