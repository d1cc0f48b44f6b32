"""Vectors to query.

:class:`WordVectors` (:mod:`~embed.vectors.word_vectors`) finds neighbours and analogies with
:mod:`~embed.vectors.search`, and :class:`Replicates` (:mod:`~embed.vectors.replicates`) those that several trainings
agree on. It looks up words (:mod:`~embed.vectors.word_rows`) and composes unknown ones from n-grams
(:mod:`~embed.vectors.ngram_rows`). The other modules transform vectors (:mod:`~embed.vectors.postprocess`,
:mod:`~embed.vectors.pruning`, :mod:`~embed.vectors.quantize`) and exchange them with other libraries
(:mod:`~embed.vectors.interop`).
"""

from embed.vectors.replicates import Replicates
from embed.vectors.word_vectors import WordVectors

__all__ = ["Replicates", "WordVectors"]
