"""Ask a model for the senses of words: what they are, which one a text means, how alike two words are where they stand.

:mod:`embed.senses.sense_vectors` has the class that users meet, :mod:`embed.senses.selection` chooses the sense of an
occurrence by the words around it, :mod:`embed.senses.similarity` has the published similarities of words with senses,
and :mod:`embed.senses.sense_words` names senses ``word#1`` in files of vectors. Training is that of words
(:mod:`embed.training`).
"""

from __future__ import annotations

from embed.senses.examples import Example
from embed.senses.sense_vectors import Sense, SenseVectors

__all__ = ["Example", "Sense", "SenseVectors"]
