"""The interface of fastText's Python package, on this trainer and its formats.

``train_unsupervised``, ``train_supervised`` and ``load_model`` take fastText's arguments and return a model with its
methods; files are exchanged byte for byte. Intended differences:

- Word vectors are trained with the exact gradient of the mean of a word's rows; ``gradient="historic"`` is fastText's,
  which omits the division by their number.
- A line break is not a token of word vectors: models trained by fastText have ``</s>`` in their vocabulary, ours do
  not. Classifiers have it.
- Text is prepared as fastText expects it: words separated by white space.

Classifiers are trained, tuned and quantised, and predict labels, as fastText's do.
"""

from __future__ import annotations

from embed.compat.fasttext import util
from embed.compat.fasttext.dictionary import BOW, EOS, EOW, tokenize
from embed.compat.fasttext.model import FastText, load_model
from embed.compat.fasttext.supervised import supervised, train_supervised
from embed.compat.fasttext.training import cbow, skipgram, train_unsupervised

__all__ = [
    "BOW",
    "EOS",
    "EOW",
    "FastText",
    "cbow",
    "load_model",
    "skipgram",
    "supervised",
    "tokenize",
    "train_supervised",
    "train_unsupervised",
    "util",
]
