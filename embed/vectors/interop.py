"""Convert words, vectors and counts to objects of other libraries: columns for data frames, ``KeyedVectors``.

Users call the methods of :class:`~embed.vectors.word_vectors.WordVectors`. Other libraries are imported when they
are needed; columns need NumPy alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embed.errors import ConfigError, from_extra

__all__ = ["from_gensim", "to_columns", "to_gensim"]


Float32s = NDArray[np.float32]
Int64s = NDArray[np.int64]


def to_columns(words: Sequence[str], matrix: Float32s, counts: Int64s | None) -> dict[str, Any]:
    """Return columns for the words, for the counts if known, and for each dimension.

    Parameters
    ----------
    words : sequence of str, length V
    matrix : float32 array, (V, dim)
    counts : int64 array, (V,), or None

    Returns
    -------
    dict of str to list or array, each of length V
        ``word`` (list of str), ``count`` (int64), ``d0``, ``d1`` ... (float32, a copy). Pass the dict to
        ``pandas.DataFrame``, ``polars.DataFrame`` or ``pyarrow.table``.
    """
    columns: dict[str, Any] = {"word": list(words)}
    if counts is not None:
        columns["count"] = counts.copy()
    dimensions = np.array(matrix.T, order="C")
    columns.update((f"d{number}", column) for number, column in enumerate(dimensions))
    return columns


def to_gensim(words: Sequence[str], matrix: Float32s, counts: Int64s | None) -> Any:
    """Return words, vectors and counts as ``gensim.models.KeyedVectors``.

    Parameters
    ----------
    words : sequence of str, length V
    matrix : float32 array, (V, dim)
        Copied.
    counts : int64 array, (V,), or None

    Returns
    -------
    gensim.models.KeyedVectors

    Raises
    ------
    MissingExtraError
        gensim is not installed.
    """
    gensim_models = from_extra("gensim", "gensim.models", "to_gensim needs gensim")
    keyed_vectors = gensim_models.KeyedVectors(matrix.shape[1], count=len(words), dtype=np.float32)
    keyed_vectors.index_to_key = list(words)
    keyed_vectors.key_to_index = {word: row for row, word in enumerate(words)}
    keyed_vectors.vectors = np.array(matrix)
    if counts is not None:
        for word, count in zip(words, counts.tolist(), strict=True):
            keyed_vectors.set_vecattr(word, "count", count)
    return keyed_vectors


def from_gensim(keyed_vectors: Any) -> tuple[list[str], Float32s, list[int] | None]:
    """Return the words, vectors and counts of a ``KeyedVectors``, gensim's or a similar class.

    Parameters
    ----------
    keyed_vectors : object
        With ``index_to_key``, ``vectors`` and, for counts, ``get_vecattr``. The n-grams of gensim's
        ``FastTextKeyedVectors`` are not converted.

    Returns
    -------
    words : list of str, length V
    matrix : float32 array, (V, dim)
        A copy, because gensim's matrix may change later.
    counts : list of int, length V, or None

    Raises
    ------
    ConfigError
        The object lacks these members: pass ``model.wv``, not the model.
    """
    try:
        words, matrix = list(keyed_vectors.index_to_key), np.array(keyed_vectors.vectors, dtype=np.float32)
    except AttributeError as error:
        name = type(keyed_vectors).__name__
        raise ConfigError(f"from_gensim needs KeyedVectors, not a {name}: pass model.wv for a model") from error
    try:
        return words, matrix, [int(keyed_vectors.get_vecattr(word, "count")) for word in words]
    except (AttributeError, KeyError, TypeError):
        return words, matrix, None
