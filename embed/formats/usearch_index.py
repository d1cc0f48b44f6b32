"""Write an index of usearch for approximate search by cosine, with the words beside it.

``usearch.index.Index.restore`` loads or maps ``NAME.usearch``; the key of a vector is its row.
``NAME.usearch.words`` has one word a line, row 0 first. An index pays from some hundred thousand words on: below that,
`WordVectors.nearest` answers exactly in milliseconds.

Needs usearch, the extra ``ann``. There is no reader, since the vectors in an index may be rounded.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

import numpy as np

from embed.choices import OnBadWord
from embed.errors import MissingExtraError
from embed.files.atomic import atomic_write
from embed.formats.escaping import encode_words
from embed.vectors.word_vectors import WordVectors

__all__ = ["WORDS", "write"]

WORDS = ".words"
"""The suffix of the file of words, after the name of the index."""
BLOCK_ROWS = 1 << 14
"""Vectors added at a time."""


def write(vectors: WordVectors, path: str | os.PathLike[str], *, on_bad_word: OnBadWord = "refuse") -> None:
    """Build an index of all vectors, and write the index and the words.

    Parameters
    ----------
    vectors : WordVectors
        The index leaves out zero vectors, which have no direction.
    path : path
        Replaced when the whole index has been written; so is the file of words beside it.
    on_bad_word : {"refuse", "escape"}
        For words that are empty or hold white space, NUL or a lone surrogate: raise, or escape them.

    Raises
    ------
    FormatError
        A word cannot be written, a number is not finite, or a file cannot be written.
    MissingExtraError
        usearch is not installed.
    """
    try:
        usearch: Any = importlib.import_module("usearch.index")
    except ImportError as error:
        raise MissingExtraError(
            "usearch indexes need the package usearch: pip install 'train-embeddings[ann]'"
        ) from error
    words = encode_words(vectors.words, on_bad_word)
    rows = np.flatnonzero(vectors.norms)
    index = usearch.Index(ndim=vectors.dim, metric="cos", dtype="f32")
    for start in range(0, len(rows), BLOCK_ROWS):
        block = rows[start : start + BLOCK_ROWS]
        index.add(block.astype(np.uint64), vectors.matrix[block], threads=1)
    with atomic_write(os.fspath(path) + WORDS) as beside:
        beside.write(b"".join(word + b"\n" for word in words))
        beside.flush()
        os.fsync(beside.fileno())  # a full disk fails before either name changes
        with atomic_write(path) as file:
            file.write(index.save())
