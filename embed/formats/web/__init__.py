"""Write folders that a page in a browser reads: 8-bit vectors, words, and a script that answers questions.

=================== ==================================================================================
``vectors.js``      the reader, an ES module: ``load()``, then ``nearest`` and ``similarity``
``vectors.i8``      one row per word: int8 [V, dim], the unit vector times the number that makes its
                    largest component 127
``words.json``      ``format``, ``version``, ``dim``, ``lowercase`` and ``words``, an array of V strings
``index.html``      a page that asks the reader; ``page.js`` and ``page.css`` belong to it
=================== ==================================================================================

A cosine needs no scale: it is the product of two rows divided by their lengths, which the reader computes once.
Rounding to 8 bits moves a cosine by about .001 (100 dimensions), and hardly ever by .005. The page and the reader run
under a strict content security policy: no script or style in the HTML, nothing evaluated, nothing asked of another
server. Words are data: a page shows them as text.

Any static server will do; from a file, without a server, browsers refuse to load modules and data. There is no reader
here, since the vectors are rounded.
"""

from __future__ import annotations

import os
from importlib.resources import files

from embed.files.atomic import atomic_write
from embed.files.folders import folder_write
from embed.files.json_text import json_bytes
from embed.formats.word_blob import encoded
from embed.pieces import pieces
from embed.vectors.quantize import quantize_int8
from embed.vectors.search import unit_rows
from embed.vectors.word_vectors import WordVectors

__all__ = ["FILES", "READER", "write"]

READER = "vectors.js"
_STATIC = ("index.html", "page.css", "page.js", READER)
_VECTORS, _WORDS = "vectors.i8", "words.json"
FILES = (*_STATIC, _VECTORS, _WORDS)
"""Without the last one the page finds nothing."""
_FORMAT, _VERSION = "train-embeddings web", 1


def write(vectors: WordVectors, path: str | os.PathLike[str]) -> None:
    """Write the files into a folder.

    Parameters
    ----------
    vectors : WordVectors
    path : path
        A new folder, or an older one of this kind, replaced when the whole folder has been written.

    Raises
    ------
    FormatError
        A word has no UTF-8 form, a number is not finite, or the folder cannot be written.
    """
    encoded(vectors.words)
    _ = vectors.norms  # checks that all numbers are finite
    about = {
        "format": _FORMAT,
        "version": _VERSION,
        "dim": vectors.dim,
        "lowercase": vectors.form.lowercase,
        "words": vectors.words,
    }
    with folder_write(path, FILES) as folder:
        for name in _STATIC:
            with atomic_write(folder / name) as file:
                file.write(files(__name__).joinpath(name).read_bytes())
        with atomic_write(folder / _VECTORS) as file:
            for rows in pieces(len(vectors), 8 * vectors.dim):
                file.write(quantize_int8(unit_rows(vectors.matrix[rows])).arrays["codes"].tobytes())
        with atomic_write(folder / _WORDS) as file:
            file.write(json_bytes(about))
