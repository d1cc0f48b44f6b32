"""Test sets in the spelling of the vectors.

A word may be written in several forms of Unicode, in full width, or with invisible characters, and a vocabulary that
was normalised has one of them. Which spellings are the same is for the vectors to say (``spellings`` of
:class:`~embed.eval.protocol.Vectors`); a word that is there as it is written stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .sets import AnalogySet, SimilaritySet, TestSet
from .space import Space

__all__ = ["respelled"]


def respelled(test: TestSet, space: Space) -> TestSet:
    """Return the set with words that `space` has in another spelling only in that one, and a note that says so."""
    if isinstance(test, SimilaritySet):
        spellings = space.other_spellings(word for pair in test.pairs for word in pair)
    else:
        given = [*test.questions, *test.others]
        spellings = space.other_spellings(word for words in given for word in words)
    if not spellings:
        return test
    plural = "s are" if len(spellings) > 1 else " is"
    notes = (*test.notes, f"{len(spellings):,} word{plural} in the vocabulary in another spelling, which was looked up")
    if isinstance(test, AnalogySet):
        questions = tuple(_four(question, spellings) for question in test.questions)
        others = tuple(tuple(spellings.get(word, word) for word in words) for words in test.others)
        return replace(test, questions=questions, others=others, notes=notes)
    return replace(test, pairs=tuple((spellings.get(a, a), spellings.get(b, b)) for a, b in test.pairs), notes=notes)


def _four(question: tuple[str, str, str, str], spellings: Mapping[str, str]) -> tuple[str, str, str, str]:
    a, b, c, d = (spellings.get(word, word) for word in question)
    return a, b, c, d
