"""``gensim.models.word2vec``."""

from __future__ import annotations

from embed.compat.gensim.keyed_vectors import KeyedVectors
from embed.compat.gensim.line_sentence import MAX_WORDS_IN_BATCH, LineSentence, PathLineSentences, Text8Corpus
from embed.compat.gensim.store import Vocab, pseudorandom_weak_vector
from embed.compat.gensim.word2vec import Word2Vec

__all__ = [
    "FAST_VERSION",
    "MAX_WORDS_IN_BATCH",
    "KeyedVectors",
    "LineSentence",
    "PathLineSentences",
    "Text8Corpus",
    "Vocab",
    "Word2Vec",
    "pseudorandom_weak_vector",
]

FAST_VERSION = 1
"""At least 0 in gensim if its compiled code is there, which programs ask."""
