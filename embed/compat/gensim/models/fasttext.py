"""``gensim.models.fasttext``."""

from __future__ import annotations

from embed.compat.gensim.facebook import load_facebook_model, load_facebook_vectors, save_facebook_model
from embed.compat.gensim.fasttext import FastText
from embed.compat.gensim.fasttext_vectors import FastTextKeyedVectors
from embed.compat.gensim.keyed_vectors import KeyedVectors
from embed.compat.gensim.models.word2vec import FAST_VERSION, Word2Vec

__all__ = [
    "FAST_VERSION",
    "FastText",
    "FastTextKeyedVectors",
    "KeyedVectors",
    "Word2Vec",
    "load_facebook_model",
    "load_facebook_vectors",
    "save_facebook_model",
]
