"""``gensim.models.doc2vec``."""

from __future__ import annotations

from embed.compat.gensim.doc2vec import Doc2Vec, TaggedDocument, TaggedLineDocument
from embed.compat.gensim.keyed_vectors import KeyedVectors
from embed.compat.gensim.models.word2vec import FAST_VERSION, Word2Vec

__all__ = ["FAST_VERSION", "Doc2Vec", "KeyedVectors", "TaggedDocument", "TaggedLineDocument", "Word2Vec"]
