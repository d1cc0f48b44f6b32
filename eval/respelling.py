"""Respell test sets as the vectors spell their words.

A word may be written in several forms of Unicode, in full width, or with invisible characters, and a normalised
vocabulary has only one of these. The vectors know which spellings are equal (``spellings`` of
:class:`~embed.eval.protocol.Vectors`). A word that the vectors know as written stays unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .sets import AnalogySet, SimilaritySet, TestSet
from .space import Space

__all__ = ["respelled"]


def respelled(test: TestSet, space: Space) -> TestSet:
    """Replace words that `space` has only in another spelling by that spelling, and add a note."""
    if isinstance(test, SimilaritySet):
        spellings = space.other_spellings(word for pair in test.pairs for word in pair)
    else:
        given = [*test.questions, *test.others]
        spellings = space.other_spellings(word for words in given for word in words)
    if not spellings:
        return test
    plural = "s" if len(spellings) > 1 else ""
    notes = (*test.notes, f"looked up {len(spellings):,} word{plural} in another spelling, that of the vocabulary")
    if isinstance(test, AnalogySet):
        questions = tuple(_four(question, spellings) for question in test.questions)
        others = tuple(tuple(spellings.get(word, word) for word in words) for words in test.others)
        return replace(test, questions=questions, others=others, notes=notes)
    return replace(test, pairs=tuple((spellings.get(a, a), spellings.get(b, b)) for a, b in test.pairs), notes=notes)


def _four(question: tuple[str, str, str, str], spellings: Mapping[str, str]) -> tuple[str, str, str, str]:
    a, b, c, d = (spellings.get(word, word) for word in question)
    return a, b, c, d
