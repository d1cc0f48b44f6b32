"""Read and write the native format: words, counts, vectors and whole models in one memory-mapped file.

docs/formats.md describes the file. A file of vectors holds ``vectors``; a file of quantised vectors holds the codes
of `embed.vectors.quantize`, which the reader decodes; a file of a whole model holds the matrices to train further,
``input`` and ``output``, and can be read as vectors, too; a file of documents holds these, the rows of the documents
and their ids. Words are one block of UTF-8 with offsets, so that any
string can be a word. Reading a matrix costs nothing until its rows are used.

Rejected: one file per array (halves of two saves can be mixed); words as JSON in the header (slow, and
limited to 100 MB).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from embed.corpora.normal_form import Form
from embed.errors import FormatError
from embed.files.bounds import check_decoded, in_memory
from embed.files.inputs import Input
from embed.formats import _safetensors, word_blob
from embed.formats.reading import PathOrInput, Start
from embed.model.senses import Senses
from embed.vectors.ngram_rows import Subwords
from embed.vectors.postprocess import AffineMap
from embed.vectors.quantize import codes_of
from embed.vectors.search import row_norms
from embed.vectors.word_vectors import WordVectors

if TYPE_CHECKING:
    from embed.vocabulary.ngrams import NgramScheme

__all__ = [
    "KEPT",
    "ModelArrays",
    "StoredDocuments",
    "array_bytes",
    "check_finite",
    "metadata_of",
    "read_metadata",
    "read_model_arrays",
    "read_outputs",
    "read_vectors",
    "recognise",
    "write_model_arrays",
    "write_vectors",
]

Float32s = npt.NDArray[np.float32]
Int64s = npt.NDArray[np.int64]

FORMAT, VERSION = "train-embeddings", "1"
RESERVED = ("format", "version", "kind", "subwords", "quantization", "form")
"""The metadata keys of the format itself."""
_FLOAT_BYTES = np.dtype(np.float32).itemsize
KEPT = "ngrams.kept"
_LEFT_OUT = "left_out"
POSITION_WEIGHTS = "places"
MEAN, PROJECTION = "postprocess.mean", "postprocess.projection"
DOCUMENTS, ID_TEXT, ID_OFFSETS = "documents", "ids.bytes", "ids.offsets"
DOCUMENT_MAP = "documents."
"""Begins the names of the arrays of the documents' map."""
CODE_PROJECTION = "codes.projection"
SENSES = {
    "offsets": "senses.offsets",
    "vectors": "senses",
    "selectors": "senses.selectors",
    "contexts": "senses.contexts",
    "priors": "senses.priors",
}
"""The names of the arrays of :class:`embed.model.senses.Senses`."""
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_MARK = re.compile(rb'"format"\s*:\s*"train-embeddings"')


def recognise(start: Start) -> bool:
    """Return whether a file is in this format."""
    marked = _safetensors.looks_like(start.data) and _MARK.search(start.data) is not None
    is_text = _CONTROL.search(start.data) is None  # the file begins with the size of the header, which has NULs
    return not start.is_folder and (marked or (start.extension == ".embed" and not is_text))


@dataclass(frozen=True)
class StoredDocuments:
    """The documents of a model's file.

    Attributes
    ----------
    matrix : float32 array, shape (D, final dim)
        Post-processed.
    keys : sequence of str, length D
        Their ids as JSON, no two alike.
    postprocessing : AffineMap or None
        The map that made `matrix` of the rows as trained.
    """

    matrix: Float32s
    keys: Sequence[str]
    postprocessing: AffineMap | None = None


@dataclass(frozen=True)
class ModelArrays:
    """The contents of a whole model's file; matrices are read-only and memory-mapped.

    Attributes
    ----------
    words : list of str, length V
    counts : int64 array, shape (V,)
    input : float32 array, shape (R, dim)
        Input rows: of the V words, then of a subword model's buckets; of the buckets alone for a floret table; none
        (R is 0) where only documents are trained.
    output : float32 array, shape (V, dim) or, of structured skip-gram, (2 V, dim)
    position_weights : float32 array, shape (P, dim)
        Weights of the positions in a window; P is 0 if there are none.
    metadata : dict of str to str
        The metadata passed to `write_model_arrays`.
    scheme : NgramScheme or None
        How to cut words into n-grams, for a subword model.
    vectors : float32 array, shape (V, dim), or None
        The composed vectors of a subword model.
    kept : int32 array, shape (K,), or None
        The buckets that have an input row, in rising order; None if all have one, or without n-grams.
    postprocessing : AffineMap or None
        The map that makes the word vectors of the input rows.
    documents : StoredDocuments or None
    projection : float32 array, shape (B, dim)
        The projection of documents to codes of B bits; B is 0 if there is none.
    senses : Senses or None
    """

    words: list[str]
    counts: Int64s
    input: Float32s
    output: Float32s
    position_weights: Float32s
    metadata: dict[str, str]
    scheme: NgramScheme | None
    vectors: Float32s | None
    kept: npt.NDArray[np.int32] | None
    postprocessing: AffineMap | None
    documents: StoredDocuments | None
    projection: Float32s
    senses: Senses | None


def write_vectors(
    vectors: WordVectors,
    path: str | os.PathLike[str],
    *,
    metadata: Mapping[str, str] | None = None,
    outputs: Float32s | None = None,
) -> None:
    """Write vectors, with their counts and n-gram rows if they have them.

    Parameters
    ----------
    vectors : WordVectors
    path : path
        Replaced when the whole file has been written.
    metadata : mapping of str to str, optional
        Stored as given.
    outputs : float32 array, shape (V, dim), optional
        The output vectors, for `read_outputs`.

    Raises
    ------
    FormatError
        A word has no UTF-8 form, a number is not finite, or the file cannot be written.
    """
    arrays: dict[str, npt.NDArray[Any]] = {"vectors": vectors.matrix, **word_blob.pack_words(vectors.words)}
    _ = vectors.norms  # checks that all numbers are finite
    if vectors.counts is not None:
        arrays["counts"] = vectors.counts
    if outputs is not None:
        check_finite(path, "output", outputs)
        arrays["output"] = outputs
    scheme, left_out = None, False
    if vectors.subwords is not None:
        subwords, scheme, left_out = vectors.subwords, vectors.subwords.scheme, vectors.subwords.left_out
        check_finite(path, "ngrams", subwords.matrix)
        arrays["ngrams"] = subwords.matrix
        if subwords.kept is not None:
            arrays[KEPT] = subwords.kept
    _safetensors.write(path, arrays, metadata_of(path, "vectors", scheme, metadata or {}, vectors.form, left_out))


def write_model_arrays(
    path: str | os.PathLike[str],
    *,
    words: Sequence[str],
    counts: npt.ArrayLike,
    input: Float32s,
    output: Float32s,
    metadata: Mapping[str, str],
    position_weights: Float32s | None = None,
    scheme: NgramScheme | None = None,
    vectors: Float32s | None = None,
    kept: npt.NDArray[np.int32] | None = None,
    form: Form | None = None,
    postprocessing: AffineMap | None = None,
    documents: StoredDocuments | None = None,
    projection: Float32s | None = None,
    senses: Senses | None = None,
) -> None:
    """Write a whole model, which can be trained further.

    Parameters
    ----------
    path : path
        Replaced when the whole file has been written.
    words : sequence of str, length V
    counts : array of int64, shape (V,)
    input : float32 array, shape (V, dim); with n-grams (V + K, dim), or (K, dim) of a floret table
        May be a view of padded rows. With documents, it may have no rows.
    output : float32 array, shape (V, dim) or, of structured skip-gram, (2 V, dim)
    metadata : mapping of str to str
        Stored as given; the configuration is JSON.
    position_weights : float32 array, shape (P, dim), optional
        Weights of the positions in a window; not written if P is 0.
    scheme, vectors : NgramScheme, and float32 array of shape (V, dim)
        For a subword model: how to cut words, and the composed vectors of the words before post-processing.
    kept : int32 array, shape (K,), optional
        The buckets that have an input row, in rising order (default: all).
    form : Form, optional
        The normal form of the training text, if known.
    postprocessing : AffineMap, optional
        The map that makes the word vectors of the rows; `read_vectors` applies it.
    documents : StoredDocuments, optional
    projection : float32 array, shape (B, dim), optional
        The projection of documents to codes of B bits; not written if B is 0.
    senses : Senses, optional

    Raises
    ------
    FormatError
        Shapes do not agree, a word has no UTF-8 form, a number is not finite, or the file cannot be written.
    """
    name = os.fspath(path)
    if (scheme is None) != (vectors is None):
        raise FormatError(f"{name}: cannot write: a subword model needs both scheme and vectors")
    buckets = 0 if scheme is None else scheme.buckets if kept is None else len(kept)
    dim = input.shape[-1]
    inputs = len(input) if documents is not None and not len(input) else _input_rows(scheme, len(words), buckets)
    rows = {"input": inputs, "output": _output_rows(output, len(words))}
    shapes = {key: (count, dim) for key, count in rows.items()}
    matrices = {"input": input, "output": output}
    for key, given in ((POSITION_WEIGHTS, position_weights), (CODE_PROJECTION, projection)):
        if given is not None and len(given):
            shapes[key], matrices[key] = (len(given), dim), given
    if vectors is not None:
        shapes["vectors"], matrices["vectors"] = (len(words), dim), vectors
    if documents is not None:
        shapes[DOCUMENTS] = (len(documents.keys), documents.matrix.shape[1])
        matrices[DOCUMENTS] = documents.matrix
    maps = {"": postprocessing, DOCUMENT_MAP: None if documents is None else documents.postprocessing}
    for prefix, found in maps.items():
        if found is not None:
            shapes[prefix + MEAN], matrices[prefix + MEAN] = (1, dim), found.mean[None]
            if found.projection is not None:
                shapes[prefix + PROJECTION] = (dim, found.projection.shape[1])
                matrices[prefix + PROJECTION] = found.projection
    if senses is not None:
        count = len(senses.priors)
        for part, shape in (("vectors", (count, dim)), ("selectors", (count, dim)), ("contexts", (len(words), dim))):
            shapes[SENSES[part]], matrices[SENSES[part]] = shape, getattr(senses, part)
    for key, matrix in matrices.items():
        if matrix.shape != shapes[key] or matrix.dtype != np.float32:
            raise FormatError(
                f"{name}: cannot write: {key} of {len(words)} words and {buckets} buckets must be float32 "
                f"of shape {shapes[key]}, not {matrix.dtype} of {matrix.shape}"
            )
        check_finite(path, key, matrix)
    counts = np.asarray(counts, dtype=np.int64)
    if counts.shape != (len(words),):
        raise FormatError(f"{name}: cannot write: {len(words)} words, but counts of shape {counts.shape}")
    arrays: dict[str, npt.NDArray[Any]] = {**matrices, "counts": counts, **word_blob.pack_words(words)}
    if kept is not None:
        arrays[KEPT] = kept
    if documents is not None:
        arrays |= word_blob.pack_words(documents.keys, ID_TEXT, ID_OFFSETS)
    if senses is not None:
        arrays |= {SENSES["offsets"]: senses.offsets, SENSES["priors"]: senses.priors}
    kind = "model" if documents is None else "documents"
    _safetensors.write(path, arrays, metadata_of(path, kind, scheme, metadata, form))


@in_memory
def read_vectors(path: PathOrInput) -> WordVectors:
    """Read the vectors of a file of vectors or of a whole model; the matrices are memory-mapped.

    Raises
    ------
    FormatError
        The file cannot be read, is damaged, or is not in the native format.
    """
    file = _File(path)
    words = file.words()
    kept = file.kept()
    if file.kind == "quantized":
        matrix = file.decoded("vectors", len(words))
        ngrams = file.decoded("ngrams", file.ngram_rows(kept)) if file.scheme else None
    elif file.kind == "vectors":
        matrix = file.matrix("vectors", len(words))
        ngrams = file.matrix("ngrams", file.ngram_rows(kept), matrix.shape[1]) if file.scheme else None
    elif file.kind == "documents":
        raise FormatError(f"{file.name}: holds documents: read it with embed.DocumentModel.load")
    else:
        inputs = file.matrix("input", _input_rows(file.scheme, len(words), file.ngram_rows(kept)))
        matrix = file.matrix("vectors", len(words), inputs.shape[1]) if file.scheme else inputs
        ngrams = inputs[file.scheme.word_rows(len(words)) :] if file.scheme else None
    subwords = None
    if file.scheme and ngrams is not None and len(ngrams):
        subwords = Subwords(file.scheme, ngrams, kept, file.left_out)
    counts = file.counts(len(words)) if "counts" in file.arrays else None
    postprocessing = file.postprocessing(matrix.shape[1]) if file.kind == "model" else None
    try:
        vectors = WordVectors(words, matrix, counts=counts, subwords=subwords, form=file.form())
        return vectors if postprocessing is None else postprocessing.vectors(vectors)
    except FormatError as error:
        raise FormatError(f"{file.name}: {error}") from None


@in_memory
def read_model_arrays(path: PathOrInput) -> ModelArrays:
    """Read a whole model, with documents or without; the matrices are memory-mapped.

    Raises
    ------
    FormatError
        The file cannot be read, is damaged, is not in the native format, or holds vectors only.
    """
    file = _File(path)
    if file.kind not in ("model", "documents"):
        raise FormatError(f"{file.name}: holds vectors only: name a whole model, as save_model writes it")
    words = file.words()
    kept = file.kept()
    expected = _input_rows(file.scheme, len(words), file.ngram_rows(kept))
    if file.kind == "documents":
        expected = file.rows("input", expected)
    inputs = file.matrix("input", expected)
    dim = inputs.shape[1]
    return ModelArrays(
        words=words,
        counts=file.counts(len(words)),
        input=inputs,
        output=file.output(len(words), dim),
        position_weights=file.some_rows(POSITION_WEIGHTS, dim),
        metadata=file.user_metadata,
        scheme=file.scheme,
        vectors=file.matrix("vectors", len(words), dim) if file.scheme else None,
        kept=kept,
        postprocessing=file.postprocessing(dim),
        documents=file.documents(dim) if file.kind == "documents" else None,
        projection=file.some_rows(CODE_PROJECTION, dim),
        senses=file.senses(len(words), dim),
    )


def read_outputs(path: PathOrInput, words: int, dim: int) -> Float32s | None:
    """Return the output vectors beside the vectors of a file, shape (words, dim); None if it has none."""
    file = _File(path)
    return file.matrix("output", words, dim) if "output" in file.arrays else None


def read_metadata(path: PathOrInput) -> dict[str, str]:
    """Return the metadata of a native file, "format", "version" and "kind" included."""
    return _File(path).metadata


def array_bytes(path: PathOrInput) -> dict[str, int]:
    """Return the size in bytes of each array of a native file."""
    return {name: array.nbytes for name, array in _File(path).arrays.items()}


class _File:
    """The checked parts of a mapped file."""

    def __init__(self, path: PathOrInput) -> None:
        source = Input.of(path, FormatError)
        self.name = source.name
        self.arrays, self.metadata = _safetensors.read_mapped(source)
        if self.metadata.get("format") != FORMAT:
            raise FormatError(f"{self.name}: a safetensors file that train-embeddings did not write")
        if self.metadata.get("version") != VERSION:
            raise FormatError(
                f"{self.name}: version {self.metadata.get('version')!r} of the native format, but this program reads "
                f"version {VERSION!r}: install a newer train-embeddings"
            )
        self.kind = self.metadata.get("kind")
        if self.kind not in ("vectors", "model", "quantized", "documents"):
            raise FormatError(
                f"{self.name}: its kind must be 'vectors', 'model', 'quantized' or 'documents', not {self.kind!r}"
            )
        self.scheme, self.left_out = self._scheme()
        self.user_metadata = {key: value for key, value in self.metadata.items() if key not in RESERVED}

    def words(self) -> list[str]:
        """Return the words."""
        data, offsets = self._array(word_blob.TEXT, np.uint8, 1), self._array(word_blob.OFFSETS, np.int64, 1)
        return word_blob.unpack_words(self.name, data, offsets)

    def counts(self, words: int) -> Int64s:
        """Return the counts of the words."""
        counts = self._array("counts", np.int64, 1)
        if len(counts) != words:
            raise FormatError(f"{self.name}: damaged: {words} words, but {len(counts)} counts")
        return counts.copy()

    def matrix(self, key: str, rows: int, dim: int | None = None) -> Float32s:
        """Return a float32 matrix with `rows` rows and, if given, `dim` columns."""
        matrix = self._array(key, np.float32, 2)
        if len(matrix) != rows or matrix.shape[1] < 1 or dim not in (None, matrix.shape[1]):
            expected = (rows, "dim" if dim is None else dim)
            raise FormatError(f"{self.name}: damaged: {key} has the shape {matrix.shape}, not {expected}")
        return matrix

    def rows(self, key: str, expected: int) -> int:
        """Return 0 if a matrix has no rows, else how many it must have."""
        return expected if len(self._array(key, np.float32, 2)) else 0

    def documents(self, dim: int) -> StoredDocuments:
        """Return the documents, whose rows had `dim` numbers in training."""
        data, offsets = self._array(ID_TEXT, np.uint8, 1), self._array(ID_OFFSETS, np.int64, 1)
        keys = word_blob.unpack_words(self.name, data, offsets)
        return StoredDocuments(self.matrix(DOCUMENTS, len(keys)), keys, self.postprocessing(dim, DOCUMENT_MAP))

    def senses(self, words: int, dim: int) -> Senses | None:
        """Return the senses of the words, or None if the file has none."""
        if SENSES["offsets"] not in self.arrays:
            return None
        offsets, priors = self._array(SENSES["offsets"], np.int32, 1), self._array(SENSES["priors"], np.float32, 1)
        fits = len(offsets) == words + 1 and offsets[0] == 0 and offsets[-1] == len(priors)
        if not fits or (np.diff(offsets) < 0).any() or not ((priors >= 0) & (priors <= 1)).all():
            raise FormatError(f"{self.name}: damaged: the senses of words are out of range, or their priors are")
        return Senses(
            offsets,
            self.matrix(SENSES["vectors"], len(priors), dim),
            self.matrix(SENSES["selectors"], len(priors), dim),
            self.matrix(SENSES["contexts"], words, dim),
            priors,
        )

    def output(self, words: int, dim: int) -> Float32s:
        """Return the output rows, one or two for each word."""
        return self.matrix("output", _output_rows(self._array("output", np.float32, 2), words), dim)

    def some_rows(self, key: str, dim: int) -> Float32s:
        """Return a matrix of any number of rows, and of none if the file does not have it."""
        if key not in self.arrays:
            return np.zeros((0, dim), np.float32)
        return self.matrix(key, len(self._array(key, np.float32, 2)), dim)

    def postprocessing(self, dim: int, prefix: str = "") -> AffineMap | None:
        """Return the map that makes vectors of rows of `dim` numbers; None if the file has none."""
        if prefix + MEAN not in self.arrays:
            return None
        mean, projection = self.matrix(prefix + MEAN, 1, dim)[0], None
        if prefix + PROJECTION in self.arrays:
            projection = self.matrix(prefix + PROJECTION, dim)
        if not np.isfinite(mean).all() or (projection is not None and not np.isfinite(projection).all()):
            raise FormatError(f"{self.name}: damaged: the post-processing holds NaN or infinity")
        return AffineMap(mean, projection)

    def decoded(self, key: str, rows: int) -> Float32s:
        """Decode a matrix with `rows` rows."""
        try:
            stored = json.loads(self.metadata.get("quantization", ""))
            method, dim = str(stored["method"]), int(stored["dim"])
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise FormatError(f"{self.name}: damaged: quantization must give method and dim ({error})") from None
        arrays = {name.removeprefix(f"{key}."): array for name, array in self.arrays.items()}
        try:
            codes = codes_of(method, rows, dim, arrays)
            check_decoded(key, _FLOAT_BYTES * rows * dim, sum(array.nbytes for array in self.arrays.values()))
            return codes.decode()
        except FormatError as error:
            raise FormatError(f"{self.name}: damaged: {key}: {error}") from None

    def kept(self) -> npt.NDArray[np.int32] | None:
        """Return the n-gram buckets that have a row, or None if all have one."""
        if self.scheme is None or KEPT not in self.arrays:
            return None
        kept = self._array(KEPT, np.int32, 1)
        if len(kept) and (kept[0] < 0 or kept[-1] >= self.scheme.buckets or (np.diff(kept) <= 0).any()):
            raise FormatError(f"{self.name}: damaged: {KEPT} must rise within 0 to {self.scheme.buckets - 1}")
        return kept.copy()

    def ngram_rows(self, kept: npt.NDArray[np.int32] | None) -> int:
        """Return how many n-gram rows the file has."""
        return len(kept) if kept is not None else self.scheme.buckets if self.scheme else 0

    def form(self) -> Form | None:
        """Return the normal form of the training text, or None if unknown."""
        text = self.metadata.get("form")
        if text is None:
            return None
        try:
            form = Form(**json.loads(text))
            if isinstance(form.normal, bool) and isinstance(form.lowercase, bool):
                return form
        except (ValueError, TypeError, RecursionError):
            pass
        raise FormatError(f"{self.name}: damaged: form must give normal and lowercase as true or false")

    def _array(self, key: str, dtype: type[np.generic], ndim: int) -> npt.NDArray[Any]:
        array = self.arrays.get(key)
        if array is None or array.dtype != dtype or array.ndim != ndim:
            found = "is missing" if array is None else f"is {array.ndim}-dimensional {array.dtype}"
            raise FormatError(f"{self.name}: damaged: {key} {found}; it must be {ndim}-dimensional {np.dtype(dtype)}")
        return array

    def _scheme(self) -> tuple[NgramScheme | None, bool]:
        """Return how words are cut, and whether a mean leaves out n-grams without a row."""
        text = self.metadata.get("subwords")
        if text is None:
            return None, False
        from embed.vocabulary.ngrams import scheme_from_dict  # plain words need no compiled n-gram code

        try:
            values = json.loads(text)
            if not isinstance(values, dict):
                raise ValueError("not a JSON object")
            left_out = values.pop(_LEFT_OUT, False) is True
            return scheme_from_dict(values), left_out
        except (ValueError, RecursionError) as error:
            raise FormatError(f"{self.name}: damaged: subwords must describe an n-gram scheme ({error})") from None


def _output_rows(output: npt.NDArray[Any], words: int) -> int:
    """Return the expected rows of the output matrix: two per word if it has so many, else one."""
    return 2 * words if len(output) == 2 * words else words


def _input_rows(scheme: NgramScheme | None, words: int, ngrams: int) -> int:
    return words if scheme is None else scheme.word_rows(words) + ngrams


def metadata_of(
    path: str | os.PathLike[str],
    kind: str,
    scheme: NgramScheme | None,
    metadata: Mapping[str, str],
    form: Form | None = None,
    left_out: bool = False,
) -> dict[str, str]:
    """Return the metadata of a file to write at `path`; raises FormatError for a reserved key."""
    taken = [key for key in RESERVED if key in metadata]
    if taken:
        raise FormatError(f"{os.fspath(path)}: cannot write: the metadata key {taken[0]!r} is reserved")
    result = {"format": FORMAT, "version": VERSION, "kind": kind, **metadata}
    if scheme is not None:
        result["subwords"] = json.dumps(scheme.to_dict() | ({_LEFT_OUT: True} if left_out else {}))
    if form is not None and form != Form():
        result["form"] = json.dumps(asdict(form))
    return result


def check_finite(path: str | os.PathLike[str], key: str, matrix: Float32s) -> None:
    """Raise FormatError if a row of the matrix called `key` is not finite."""
    _, wrong = row_norms(matrix)
    if wrong is not None:
        raise FormatError(
            f"{os.fspath(path)}: cannot write: row {wrong} of {key} holds NaN or infinity, or its length overflows "
            "float32"
        )
