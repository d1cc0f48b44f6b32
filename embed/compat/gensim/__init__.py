"""gensim's ``Word2Vec``, ``FastText``, ``Doc2Vec``, ``KeyedVectors`` and ``Phrases``, on this package's core.

The classes have the arguments and members that code written for gensim 4 uses. They are not subclasses of gensim's
and do not need gensim. They are in sub-modules of gensim's names, too (`models.word2vec`, `models.keyedvectors`,
`utils` ...), and :func:`install` lets unchanged programs import these as ``gensim``; ``install(version=3)`` adds the
names of gensim 3. docs/compat-gensim.md says what differs, and which of gensim's own tests pass.
"""

from __future__ import annotations

from embed.compat.gensim.callbacks import CallbackAny2Vec
from embed.compat.gensim.doc2vec import Doc2Vec, TaggedDocument, TaggedLineDocument
from embed.compat.gensim.facebook import load_facebook_model, load_facebook_vectors, save_facebook_model
from embed.compat.gensim.fasttext import FastText
from embed.compat.gensim.fasttext_vectors import FastTextKeyedVectors
from embed.compat.gensim.installing import VERSION, install, uninstall
from embed.compat.gensim.keyed_vectors import KeyedVectors
from embed.compat.gensim.line_sentence import LineSentence, PathLineSentences
from embed.compat.gensim.phrases import ENGLISH_CONNECTOR_WORDS, FrozenPhrases, Phraser, Phrases
from embed.compat.gensim.sentences import RULE_DEFAULT, RULE_DISCARD, RULE_KEEP
from embed.compat.gensim.word2vec import Word2Vec

__version__ = VERSION

__all__ = [
    "ENGLISH_CONNECTOR_WORDS",
    "RULE_DEFAULT",
    "RULE_DISCARD",
    "RULE_KEEP",
    "CallbackAny2Vec",
    "Doc2Vec",
    "FastText",
    "FastTextKeyedVectors",
    "FrozenPhrases",
    "KeyedVectors",
    "LineSentence",
    "PathLineSentences",
    "Phraser",
    "Phrases",
    "TaggedDocument",
    "TaggedLineDocument",
    "Word2Vec",
    "__version__",
    "install",
    "load_facebook_model",
    "load_facebook_vectors",
    "save_facebook_model",
    "uninstall",
]
