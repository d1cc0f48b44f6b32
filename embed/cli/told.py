"""What is told on standard error of words that are composed of n-grams."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from embed.messages import printable

if TYPE_CHECKING:
    from embed.vectors.word_vectors import WordVectors

__all__ = ["tell_of_composed", "tell_of_ngrams"]


def tell_of_composed(vectors: WordVectors, words: Sequence[str]) -> None:
    """Say on standard error which words are not in the vocabulary, though they have vectors."""
    if composed := [word for word in dict.fromkeys(words) if word not in vectors and vectors.can_compose(word)]:
        names = ", ".join(map(repr, composed))
        verb, vectors_are = ("is", "its vector is") if len(composed) == 1 else ("are", "their vectors are")
        told = f"{names} {verb} not in the vocabulary: {vectors_are} composed of n-grams"
        print(printable(told), file=sys.stderr)


def tell_of_ngrams(*files: WordVectors) -> None:
    """Say on standard error that unknown words of a test set count, if they do."""
    if any(vectors.subwords is not None for vectors in files):
        told = "words of the test sets that are not in the vocabulary are composed of n-grams where they have some"
        print(told, file=sys.stderr)
