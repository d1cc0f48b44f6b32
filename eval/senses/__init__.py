"""Score senses: do a word's occurrences fall into the groups that people, or a known mixture, put them in?

A model takes part through two functions: one chooses a sense for each context of a word
(:func:`evaluate_sense_induction`), one rates how alike two words are in their contexts (:func:`evaluate_scws`).
:class:`PseudoWords` makes a test of any text.
"""

from __future__ import annotations

from .in_context import ContextPair, ContextSet, evaluate_scws, load_scws
from .induction import InductionSet, Instance, evaluate_sense_induction, load_induction_sets
from .pseudo_words import PseudoWords, make_pseudo_words
from .result import SenseReport, SenseResult

__all__ = [
    "ContextPair",
    "ContextSet",
    "InductionSet",
    "Instance",
    "PseudoWords",
    "SenseReport",
    "SenseResult",
    "evaluate_scws",
    "evaluate_sense_induction",
    "load_induction_sets",
    "load_scws",
    "make_pseudo_words",
]
