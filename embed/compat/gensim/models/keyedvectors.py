"""``gensim.models.keyedvectors``, with the names that older versions had for the class."""

from __future__ import annotations

from embed.compat.gensim.fasttext_vectors import FastTextKeyedVectors
from embed.compat.gensim.keyed_vectors import KeyedVectors
from embed.compat.gensim.store import Vocab, pseudorandom_weak_vector

__all__ = [
    "BaseKeyedVectors",
    "CompatVocab",
    "Doc2VecKeyedVectors",
    "EuclideanKeyedVectors",
    "FastTextKeyedVectors",
    "KeyedVectors",
    "Vocab",
    "Word2VecKeyedVectors",
    "WordEmbeddingsKeyedVectors",
    "load_word2vec_format",
    "pseudorandom_weak_vector",
]

BaseKeyedVectors = Word2VecKeyedVectors = WordEmbeddingsKeyedVectors = KeyedVectors
Doc2VecKeyedVectors = EuclideanKeyedVectors = KeyedVectors
CompatVocab = Vocab
load_word2vec_format = KeyedVectors.load_word2vec_format
