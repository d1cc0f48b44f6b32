"""The native format: words, counts, vectors and whole models in one memory-mapped file (docs/formats.md).

A file of vectors holds ``vectors``; a file of a whole model holds the matrices that training goes on from,
``input`` and ``output``, and reads as vectors, too. Words are one block of UTF-8 with offsets, so that any
text can be a word. Reading a matrix costs nothing until its rows are used.

Rejected: one file per array (halves of two saves can be mixed); words as JSON in the header (slow, and
limited to 100 MB).
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from embed._search import row_norms
from embed.errors import FormatError
from embed.formats import _safetensors
from embed.vectors import Subwords, WordVectors, word_index

if TYPE_CHECKING:
    from embed.subword import SubwordScheme

__all__ = [
    "ModelArrays",
    "read_metadata",
    "read_model_arrays",
    "read_vectors",
    "write_model_arrays",
    "write_vectors",
]

Float32s = npt.NDArray[np.float32]
Int64s = npt.NDArray[np.int64]

FORMAT, VERSION = "train-embeddings", "1"
RESERVED = ("format", "version", "kind", "subwords")
"""Metadata that this module writes itself."""
_SCHEME_FIELDS = ("min_n", "max_n", "buckets")


@dataclass(frozen=True)
class ModelArrays:
    """What a file of a whole model holds; matrices are read-only and memory-mapped.

    Attributes
    ----------
    words : list of str, length V
    counts : int64 array, shape (V,)
    input : float32 array, shape (R, dim)
        Input rows: of the V words, and of a subword model's n-gram buckets after them.
    output : float32 array, shape (V, dim)
    metadata : dict of str to str
        What was passed to `write_model_arrays`.
    scheme : SubwordScheme or None
        How words are cut into n-grams, for a subword model.
    vectors : float32 array, shape (V, dim), or None
        The composed vectors of a subword model.
    """

    words: list[str]
    counts: Int64s
    input: Float32s
    output: Float32s
    metadata: dict[str, str]
    scheme: SubwordScheme | None
    vectors: Float32s | None


def write_vectors(
    vectors: WordVectors, path: str | os.PathLike[str], *, metadata: Mapping[str, str] | None = None
) -> None:
    """Write vectors, with their counts and n-gram rows if they have them.

    Parameters
    ----------
    vectors : WordVectors
    path : path
        Replaced when the whole file has been written.
    metadata : mapping of str to str, optional
        Kept in the file as it is.

    Raises
    ------
    FormatError
        A word has no UTF-8 form, a number is not finite, or the file cannot be written.
    """
    arrays: dict[str, npt.NDArray[Any]] = {"vectors": vectors.matrix, **_word_arrays(vectors.words)}
    _ = vectors.norms  # checks that all numbers are finite
    if vectors.counts is not None:
        arrays["counts"] = vectors.counts
    scheme = None
    if vectors.subwords is not None:
        arrays["ngrams"], scheme = vectors.subwords.matrix, vectors.subwords.scheme
        _check_finite(path, "ngrams", vectors.subwords.matrix)
    _safetensors.write(path, arrays, _metadata(path, "vectors", scheme, metadata or {}))


def write_model_arrays(
    path: str | os.PathLike[str],
    *,
    words: Sequence[str],
    counts: npt.ArrayLike,
    input: Float32s,
    output: Float32s,
    metadata: Mapping[str, str],
    scheme: SubwordScheme | None = None,
    vectors: Float32s | None = None,
) -> None:
    """Write a whole model, from which training can go on.

    Parameters
    ----------
    path : path
        Replaced when the whole file has been written.
    words : sequence of str, length V
    counts : array of int64, shape (V,)
    input : float32 array, shape (V, dim), or (V + buckets, dim) for a subword model
        May be a view of padded rows; it is written block by block.
    output : float32 array, shape (V, dim)
    metadata : mapping of str to str
        Kept in the file as it is; a configuration goes in as JSON text.
    scheme, vectors : SubwordScheme, and float32 array of shape (V, dim)
        For a subword model: how words are cut, and the composed vectors of its words.

    Raises
    ------
    FormatError
        Shapes do not agree, a word has no UTF-8 form, a number is not finite, or the file cannot be written.
    """
    name = os.fspath(path)
    if (scheme is None) != (vectors is None):
        raise FormatError(f"{name}: cannot write: scheme and vectors of a subword model go together")
    buckets = 0 if scheme is None else scheme.buckets
    shapes = {"input": (len(words) + buckets, input.shape[-1]), "output": (len(words), input.shape[-1])}
    matrices = {"input": input, "output": output}
    if vectors is not None:
        shapes["vectors"], matrices["vectors"] = shapes["output"], vectors
    for key, matrix in matrices.items():
        if matrix.shape != shapes[key] or matrix.dtype != np.float32:
            raise FormatError(
                f"{name}: cannot write: {key} of {len(words)} words and {buckets} buckets must be float32 "
                f"of shape {shapes[key]}, not {matrix.dtype} of {matrix.shape}"
            )
        _check_finite(path, key, matrix)
    counts = np.asarray(counts, dtype=np.int64)
    if counts.shape != (len(words),):
        raise FormatError(f"{name}: cannot write: {len(words)} words, but counts of shape {counts.shape}")
    arrays: dict[str, npt.NDArray[Any]] = {**matrices, "counts": counts, **_word_arrays(words)}
    _safetensors.write(path, arrays, _metadata(path, "model", scheme, metadata))


def read_vectors(path: str | os.PathLike[str]) -> WordVectors:
    """Read the vectors of a file of vectors or of a whole model; the matrices are mapped, not read.

    Raises
    ------
    FormatError
        The file cannot be read, is damaged, or is not a native one.
    """
    file = _File(path)
    words = file.words()
    if file.kind == "vectors":
        matrix = file.matrix("vectors", len(words))
        ngrams = file.matrix("ngrams", file.buckets, matrix.shape[1]) if file.scheme else None
    else:
        inputs = file.matrix("input", len(words) + file.buckets)
        matrix = file.matrix("vectors", len(words), inputs.shape[1]) if file.scheme else inputs
        ngrams = inputs[len(words) :]
    subwords = Subwords(file.scheme, ngrams) if file.scheme and ngrams is not None else None
    counts = file.counts(len(words)) if "counts" in file.arrays else None
    try:
        return WordVectors(words, matrix, counts=counts, subwords=subwords)
    except FormatError as error:
        raise FormatError(f"{os.fspath(path)}: {error}") from None


def read_model_arrays(path: str | os.PathLike[str]) -> ModelArrays:
    """Read a whole model; the matrices are mapped, not read.

    Raises
    ------
    FormatError
        The file cannot be read, is damaged, is not a native one, or holds vectors only.
    """
    file = _File(path)
    if file.kind != "model":
        raise FormatError(f"{file.name}: holds vectors only, not a whole model that training could go on from")
    words = file.words()
    inputs = file.matrix("input", len(words) + file.buckets)
    dim = inputs.shape[1]
    return ModelArrays(
        words=words,
        counts=file.counts(len(words)),
        input=inputs,
        output=file.matrix("output", len(words), dim),
        metadata=file.user_metadata,
        scheme=file.scheme,
        vectors=file.matrix("vectors", len(words), dim) if file.scheme else None,
    )


def read_metadata(path: str | os.PathLike[str]) -> dict[str, str]:
    """Return the metadata of a native file, "format", "version" and "kind" included."""
    return _File(path).metadata


class _File:
    """The checked parts of a mapped file."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.name = os.fspath(path)
        self.arrays, self.metadata = _safetensors.read_mapped(path)
        if self.metadata.get("format") != FORMAT:
            raise FormatError(f"{self.name}: a safetensors file of another program, not of train-embeddings")
        if self.metadata.get("version") != VERSION:
            raise FormatError(
                f"{self.name}: version {self.metadata.get('version')!r} of the native format; "
                f"this program reads version {VERSION!r}"
            )
        self.kind = self.metadata.get("kind")
        if self.kind not in ("vectors", "model"):
            raise FormatError(f"{self.name}: its kind must be 'vectors' or 'model', not {self.kind!r}")
        self.scheme = self._scheme()
        self.buckets = self.scheme.buckets if self.scheme else 0
        self.user_metadata = {key: value for key, value in self.metadata.items() if key not in RESERVED}

    def words(self) -> list[str]:
        """Return the words."""
        data, offsets = self._array("words.bytes", np.uint8, 1), self._array("words.offsets", np.int64, 1)
        if len(offsets) < 2 or offsets[0] != 0 or offsets[-1] != len(data) or (np.diff(offsets) < 0).any():
            raise FormatError(f"{self.name}: damaged: words.offsets must rise from 0 to the length of words.bytes")
        text, ends = data.tobytes(), offsets.tolist()
        words: list[str] = []
        try:
            for begin, end in itertools.pairwise(ends):
                words.append(text[begin:end].decode())
        except UnicodeDecodeError as error:
            raise FormatError(f"{self.name}: damaged: word {len(words)} is not valid UTF-8 ({error.reason})") from None
        return words

    def counts(self, words: int) -> Int64s:
        """Return the counts of the words."""
        counts = self._array("counts", np.int64, 1)
        if len(counts) != words:
            raise FormatError(f"{self.name}: damaged: {words} words, but {len(counts)} counts")
        return counts.copy()

    def matrix(self, key: str, rows: int, dim: int | None = None) -> Float32s:
        """Return a float32 matrix of `rows` rows and, if given, `dim` columns."""
        matrix = self._array(key, np.float32, 2)
        if len(matrix) != rows or matrix.shape[1] < 1 or dim not in (None, matrix.shape[1]):
            expected = (rows, "dim" if dim is None else dim)
            raise FormatError(f"{self.name}: damaged: {key} has the shape {matrix.shape}, not {expected}")
        return matrix

    def _array(self, key: str, dtype: type[np.generic], ndim: int) -> npt.NDArray[Any]:
        array = self.arrays.get(key)
        if array is None or array.dtype != dtype or array.ndim != ndim:
            found = "is missing" if array is None else f"is {array.ndim}-dimensional {array.dtype}"
            raise FormatError(f"{self.name}: damaged: {key} {found}; it must be {ndim}-dimensional {np.dtype(dtype)}")
        return array

    def _scheme(self) -> SubwordScheme | None:
        text = self.metadata.get("subwords")
        if text is None:
            return None
        from embed.subword import SubwordScheme  # files of plain words do without the compiled n-gram code

        try:
            values = json.loads(text)
            numbers = [values[key] for key in _SCHEME_FIELDS]
            if not all(type(number) is int and number > 0 for number in numbers):
                raise ValueError("not positive whole numbers")
            return SubwordScheme(*numbers)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise FormatError(
                f"{self.name}: damaged: subwords must give {', '.join(_SCHEME_FIELDS)} ({error})"
            ) from None


def _word_arrays(words: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    encoded = []
    for row, word in enumerate(words):
        try:
            encoded.append(word.encode())
        except UnicodeEncodeError:
            raise FormatError(f"word {row}, {word!r}, holds a lone surrogate, which has no UTF-8 form") from None
    if len(set(encoded)) != len(encoded):
        word_index(words)  # says which word appears twice
    offsets = np.zeros(len(words) + 1, np.int64)
    np.cumsum([len(word) for word in encoded], out=offsets[1:])
    return {"words.bytes": np.frombuffer(b"".join(encoded), np.uint8), "words.offsets": offsets}


def _metadata(
    path: str | os.PathLike[str], kind: str, scheme: SubwordScheme | None, metadata: Mapping[str, str]
) -> dict[str, str]:
    taken = [key for key in RESERVED if key in metadata]
    if taken:
        raise FormatError(f"{os.fspath(path)}: cannot write: the metadata {taken[0]!r} is the format's own")
    result = {"format": FORMAT, "version": VERSION, "kind": kind, **metadata}
    if scheme is not None:
        result["subwords"] = json.dumps({key: getattr(scheme, key) for key in _SCHEME_FIELDS})
    return result


def _check_finite(path: str | os.PathLike[str], key: str, matrix: Float32s) -> None:
    _, wrong = row_norms(matrix)
    if wrong is not None:
        raise FormatError(
            f"{os.fspath(path)}: cannot write: row {wrong} of {key} holds NaN or infinity, or is too long for float32"
        )
