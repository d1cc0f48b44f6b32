"""Convert vectors to named arrays and back, for safetensors and npz files.

The arrays: a matrix (float32, [V, dim]), the words as `embed.formats.word_blob` packs them, and optionally
``counts`` (int64, [V]).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.errors import FormatError
from embed.formats import word_blob
from embed.formats.words import distinct_vectors
from embed.vectors.word_vectors import WordVectors

__all__ = ["COUNTS", "read_table", "table_of"]

COUNTS = "counts"


def table_of(vectors: WordVectors, matrix_name: str) -> dict[str, npt.NDArray[Any]]:
    """Return vectors as named arrays; raises FormatError for a word without UTF-8 form, and for NaN or infinity."""
    _ = vectors.norms  # checks that all numbers are finite
    arrays: dict[str, npt.NDArray[Any]] = {matrix_name: vectors.matrix, **word_blob.pack_words(vectors.words)}
    if vectors.counts is not None:
        arrays[COUNTS] = vectors.counts
    return arrays


def read_table(
    name: str, arrays: Mapping[str, npt.NDArray[Any]], matrix_name: str, keep_first: bool = False
) -> WordVectors:
    """Return vectors from the arrays of the file `name`; raises FormatError if an array is missing or wrong."""
    matrix = array(name, arrays, matrix_name, np.float32, 2)
    words = word_blob.unpack_words(
        name,
        array(name, arrays, word_blob.TEXT, np.uint8, 1),
        array(name, arrays, word_blob.OFFSETS, np.int64, 1),
    )
    counts = array(name, arrays, COUNTS, np.int64, 1).copy() if COUNTS in arrays else None
    return distinct_vectors(name, words, matrix, counts, keep_first)


def array(
    name: str, arrays: Mapping[str, npt.NDArray[Any]], key: str, dtype: type[np.generic], ndim: int
) -> npt.NDArray[Any]:
    """Return an array of this dtype and number of dimensions; raises FormatError if it is missing or wrong."""
    found = arrays.get(key)
    if found is None:
        has = ", ".join(sorted(arrays)) or "nothing"
        raise FormatError(f"{name}: has no array {key!r}, which vectors need, only {has}")
    if found.dtype != dtype or found.ndim != ndim:
        raise FormatError(
            f"{name}: {key!r} is {found.ndim}-dimensional {found.dtype}; "
            f"it must be {ndim}-dimensional {np.dtype(dtype)}"
        )
    return found
