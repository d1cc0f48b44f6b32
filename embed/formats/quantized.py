"""Write quantised vectors in the native layout: the codes of `embed.vectors.quantize` instead of the numbers.

The file is a native file of the kind ``quantized`` (docs/formats.md). `embed.formats.native` reads and decodes it to
ordinary `WordVectors`. The arrays of the codes are named ``vectors.NAME`` for words and ``ngrams.NAME`` for n-gram
rows.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.errors import FormatError
from embed.files.bounds import check_decoded
from embed.formats import _safetensors, native, word_blob
from embed.formats.registry import NATIVE, refuse_ending
from embed.vectors.quantize import Codes
from embed.vectors.word_vectors import WordVectors

__all__ = ["save_quantized", "write_codes"]

Float32s = npt.NDArray[np.float32]


def save_quantized(
    vectors: WordVectors, path: str | os.PathLike[str], encode: Callable[[Float32s, bool], Codes]
) -> None:
    """Quantise vectors and their n-gram rows, and write the codes.

    Parameters
    ----------
    vectors : WordVectors
    path : path
        Replaced when the whole file has been written.
    encode : callable
        From `embed.vectors.quantize.quantizer`.

    Raises
    ------
    FormatError
        A word has no UTF-8 form, a number is not finite, or the file cannot be written.
    ConfigError
        A setting of the method does not fit the dimension.
    """
    refuse_ending(path, NATIVE)
    _ = vectors.norms  # checks that all numbers are finite
    ngram_codes = None
    if vectors.subwords is not None:
        native.check_finite(path, "ngrams", vectors.subwords.matrix)
        ngram_codes = encode(vectors.subwords.matrix, False)
    write_codes(vectors, path, encode(vectors.matrix, True), ngram_codes)


def write_codes(
    vectors: WordVectors, path: str | os.PathLike[str], codes: Codes, ngram_codes: Codes | None = None
) -> None:
    """Write vectors as codes.

    Parameters
    ----------
    vectors : WordVectors
        Gives the words, the counts and the buckets of the n-gram rows.
    path : path
        Replaced when the whole file has been written.
    codes : Codes
        The codes of ``vectors.matrix``.
    ngram_codes : Codes, optional
        The codes of the n-gram rows; without them the file holds no n-grams.

    Raises
    ------
    FormatError
        A word has no UTF-8 form, the codes have a wrong shape, or the file cannot be written.
    """
    arrays: dict[str, npt.NDArray[Any]] = dict(word_blob.pack_words(vectors.words))
    if vectors.counts is not None:
        arrays["counts"] = vectors.counts
    parts = {"vectors": (codes, len(vectors))}
    scheme, left_out = None, False
    if ngram_codes is not None and vectors.subwords is not None:
        subwords, scheme, left_out = vectors.subwords, vectors.subwords.scheme, vectors.subwords.left_out
        parts["ngrams"] = (ngram_codes, len(subwords.matrix))
        if subwords.kept is not None:
            arrays[native.KEPT] = subwords.kept
    for key, (part, rows) in parts.items():
        if (part.method, part.rows, part.dim) != (codes.method, rows, vectors.dim):
            raise FormatError(
                f"{os.fspath(path)}: cannot write: the codes of {key} are {part.rows} x {part.dim} of method "
                f"{part.method}, not {rows} x {vectors.dim} of {codes.method}"
            )
        arrays |= {f"{key}.{name}": array for name, array in part.arrays.items()}
    try:
        check_decoded("vectors", 4 * len(vectors) * codes.dim, sum(array.nbytes for array in arrays.values()))
    except FormatError as error:
        raise FormatError(f"{os.fspath(path)}: cannot write: {error}: use more bytes per vector") from None
    stored = json.dumps({"method": codes.method, "dim": codes.dim})
    metadata = native.metadata_of(path, "quantized", scheme, {}, vectors.form, left_out)
    _safetensors.write(path, arrays, {**metadata, "quantization": stored})
