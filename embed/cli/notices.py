"""Report on standard error which words get vectors composed from n-grams."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from embed.messages import printable

if TYPE_CHECKING:
    from embed.vectors.word_vectors import WordVectors

__all__ = ["report_composed", "report_ngrams"]


def report_composed(vectors: WordVectors, words: Sequence[str]) -> list[str]:
    """Report words that are not in the vocabulary but have composed vectors, with close spellings; return them."""
    composed = [word for word in dict.fromkeys(words) if word not in vectors and vectors.can_compose(word)]
    for word in composed:
        close = vectors.close_spellings(word)
        known = f"; close spellings in it: {', '.join(map(repr, close))}" if close else ""
        notice = f"{word!r:.60} is not in the vocabulary: its vector is composed from n-grams{known}"
        print(printable(notice), file=sys.stderr)
    return composed


def report_ngrams(*files: WordVectors) -> None:
    """Report that unknown words of a test set count, if the vectors have n-grams."""
    if any(vectors.subwords is not None for vectors in files):
        print("test words outside the vocabulary are composed from their n-grams where possible", file=sys.stderr)
