"""Word vectors as the objects of other libraries: columns for data frames, gensim's ``KeyedVectors``.

Nothing is imported until it is asked for; columns need no library but NumPy.

Rejected: pandas or polars as a dependency (both take a dict of columns), one column of lists (pandas would hold
a Python object for each row).
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from embed.errors import ConfigError, MissingExtraError
from embed.vectors import WordVectors

__all__ = ["from_gensim", "to_columns", "to_gensim"]


def to_columns(vectors: WordVectors) -> dict[str, Any]:
    """Return a column for the words, one for the counts where they are known, and one for each dimension.

    Parameters
    ----------
    vectors : WordVectors

    Returns
    -------
    dict of str to list or array, each of length V
        ``word`` (list of str), ``count`` (int64), ``d0``, ``d1`` ... (float32, a copy). ``pandas.DataFrame``,
        ``polars.DataFrame`` and ``pyarrow.table`` take it as it is.
    """
    columns: dict[str, Any] = {"word": list(vectors.words)}
    if vectors.counts is not None:
        columns["count"] = vectors.counts.copy()
    dimensions = np.array(vectors.matrix.T, order="C")
    columns.update((f"d{number}", column) for number, column in enumerate(dimensions))
    return columns


def to_gensim(vectors: WordVectors) -> Any:
    """Return the words, vectors and counts as ``gensim.models.KeyedVectors``; the matrix is copied.

    Parameters
    ----------
    vectors : WordVectors
        Without n-grams.

    Returns
    -------
    gensim.models.KeyedVectors

    Raises
    ------
    ConfigError
        There are n-grams, which ``KeyedVectors`` would lose.
    MissingExtraError
        gensim is not installed.
    """
    if vectors.subwords is not None:
        raise ConfigError(
            "KeyedVectors would lose the n-grams: save the vectors as fastText's .bin and read them with "
            "gensim.models.fasttext.load_facebook_vectors"
        )
    try:
        gensim_models = importlib.import_module("gensim.models")  # has no types
    except ImportError as error:
        raise MissingExtraError("to_gensim needs gensim: pip install 'train-embeddings[gensim]'") from error
    keyed_vectors = gensim_models.KeyedVectors(vectors.dim, count=len(vectors), dtype=np.float32)
    keyed_vectors.index_to_key = list(vectors.words)
    keyed_vectors.key_to_index = {word: row for row, word in enumerate(vectors.words)}
    keyed_vectors.vectors = np.array(vectors.matrix)
    if vectors.counts is not None:
        for word, count in zip(vectors.words, vectors.counts.tolist(), strict=True):
            keyed_vectors.set_vecattr(word, "count", count)
    return keyed_vectors


def from_gensim(keyed_vectors: Any) -> WordVectors:
    """Return the words, vectors and counts of a ``KeyedVectors``, gensim's or one that looks like it.

    Parameters
    ----------
    keyed_vectors : object
        With ``index_to_key``, ``vectors`` and, where words have counts, ``get_vecattr``. The n-grams of gensim's
        ``FastTextKeyedVectors`` are left behind.

    Returns
    -------
    WordVectors
        With a copy of the matrix, because gensim's may change later.

    Raises
    ------
    ConfigError
        The object has no such members: a model is not its vectors (``model.wv``).
    FormatError
        As `WordVectors` does.
    """
    try:
        words, matrix = list(keyed_vectors.index_to_key), np.array(keyed_vectors.vectors, dtype=np.float32)
    except AttributeError as error:
        name = type(keyed_vectors).__name__
        raise ConfigError(f"from_gensim takes KeyedVectors, of a model its .wv, not a {name}") from error
    try:
        counts = [int(keyed_vectors.get_vecattr(word, "count")) for word in words]
    except (AttributeError, KeyError, TypeError):
        return WordVectors(words, matrix)
    return WordVectors(words, matrix, counts=counts)
