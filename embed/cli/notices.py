"""Report on standard error which words get vectors composed from n-grams."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from embed.messages import printable

if TYPE_CHECKING:
    from embed.vectors.word_vectors import WordVectors

__all__ = ["report_composed", "report_ngrams"]


def report_composed(vectors: WordVectors, words: Sequence[str]) -> None:
    """Report words that are not in the vocabulary but have composed vectors."""
    if composed := [word for word in dict.fromkeys(words) if word not in vectors and vectors.can_compose(word)]:
        names = ", ".join(map(repr, composed))
        verb, vectors_are = ("is", "its vector is") if len(composed) == 1 else ("are", "their vectors are")
        notice = f"{names} {verb} not in the vocabulary: {vectors_are} composed from n-grams"
        print(printable(notice), file=sys.stderr)


def report_ngrams(*files: WordVectors) -> None:
    """Report that unknown words of a test set count, if the vectors have n-grams."""
    if any(vectors.subwords is not None for vectors in files):
        print("test words outside the vocabulary are composed from their n-grams where possible", file=sys.stderr)
