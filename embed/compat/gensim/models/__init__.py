"""The sub-modules of ``gensim.models`` that programs import, with the names of gensim 4."""

from __future__ import annotations

from embed.compat.gensim.models import (
    basemodel,
    callbacks,
    doc2vec,
    fasttext,
    keyedvectors,
    phrases,
    word2vec,
)
from embed.compat.gensim.models.doc2vec import Doc2Vec
from embed.compat.gensim.models.fasttext import FastText
from embed.compat.gensim.models.keyedvectors import KeyedVectors
from embed.compat.gensim.models.phrases import Phrases
from embed.compat.gensim.models.word2vec import FAST_VERSION, Word2Vec

__all__ = [
    "FAST_VERSION",
    "Doc2Vec",
    "FastText",
    "KeyedVectors",
    "Phrases",
    "Word2Vec",
    "basemodel",
    "callbacks",
    "doc2vec",
    "fasttext",
    "keyedvectors",
    "phrases",
    "word2vec",
]
