"""Keep the clearest occurrences of senses in a text, as examples."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from embed.senses.occurrences import Occurrences, Text

__all__ = ["Example", "clearest"]

_REACH = 10


@dataclass(frozen=True)
class Example:
    """An occurrence of a word in one of its senses.

    Attributes
    ----------
    probability : float
        That of the sense.
    left, right : tuple of str
        At most ten tokens to either side.
    word : str
        The token itself.
    """

    probability: float
    left: tuple[str, ...]
    word: str
    right: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join([*self.left, f"[{self.word}]", *self.right])


def clearest(
    occurrences: Occurrences, sentences: Iterable[Text], senses: Mapping[int, int], n: int
) -> dict[int, list[list[Example]]]:
    """Return the `n` likeliest occurrences of each sense in a stream of text, the earlier one among equals.

    Parameters
    ----------
    occurrences : Occurrences
    sentences : iterable of str, or of lists of str
    senses : mapping of int to int
        The rows of the words, and how many senses each has.
    n : int

    Returns
    -------
    dict of int to list of list of Example
        By row and sense.
    """
    kept: dict[int, list[list[tuple[float, int, Example]]]] = {
        row: [[] for _ in range(count)] for row, count in senses.items()
    }
    read = 0
    for found in occurrences.batches(sentences, np.array(sorted(senses), np.int64)):
        for i, sense in enumerate(found.senses()):
            read += 1
            p, heap = float(found.probabilities[i, sense]), kept[int(found.words[i])][sense]
            if len(heap) == n and p <= heap[0][0]:
                continue
            tokens, place = found.sentences[found.numbers[i]], found.places[i]
            left, right = tokens[max(0, place - _REACH) : place], tokens[place + 1 : place + 1 + _REACH]
            one = p, -read, Example(p, tuple(left), tokens[place], tuple(right))
            if len(heap) < n:
                heapq.heappush(heap, one)
            else:
                heapq.heapreplace(heap, one)
    return {
        row: [[example for _, _, example in sorted(heap, reverse=True)] for heap in heaps]
        for row, heaps in kept.items()
    }
