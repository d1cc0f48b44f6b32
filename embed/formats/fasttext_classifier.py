"""Read a classifier of fastText: what its file says becomes texts and labels (:mod:`embed.vectors.classifier`)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from embed.errors import FormatError
from embed.files.bounds import check_decoded, in_memory
from embed.formats import fasttext_bin
from embed.formats.detect import hinted
from embed.formats.fasttext_file import LOSSES, SUPERVISED, FastTextFile, Matrix, Quantised, Sparse
from embed.formats.fasttext_model import located, scheme_in
from embed.formats.reading import PathOrInput
from embed.formats.registry import FASTTEXT
from embed.vectors._texts import Texts
from embed.vectors.classifier import Classifier

__all__ = ["LABEL_PREFIX", "read_classifier", "read_file", "texts_of", "to_classifier"]

LABEL_PREFIX = b"__label__"
"""What labels begin with. Files do not store it, so after reading it is this one, as in fastText: an unknown word that
begins with it is left out of a text. Known labels are known by the file, whatever they begin with."""


@in_memory
def read_classifier(path: PathOrInput) -> Classifier:
    """Read a classifier from a ``.bin`` or ``.ftz`` file.

    Raises
    ------
    FormatError
        The file cannot be read, is damaged, or holds word vectors.
    """
    file = read_file(path)
    try:
        return to_classifier(file)
    except FormatError as error:
        raise located(path, error) from None


def read_file(path: PathOrInput) -> FastTextFile:
    """Read what a ``.bin`` or ``.ftz`` file says; raises FormatError, which recognises other files."""
    try:
        return fasttext_bin.read(path)
    except FormatError as error:
        raise hinted(error, path, FASTTEXT) from None


def to_classifier(file: FastTextFile, texts: Texts | None = None) -> Classifier:
    """Return the classifier of a file; labels that are not valid UTF-8 show U+FFFD.

    Raises
    ------
    FormatError
        The file holds word vectors, or its words have n-grams without rows.
    """
    if file.arguments.model != SUPERVISED:
        raise FormatError("the file holds word vectors and no classifier: only a classifier predicts labels")
    if isinstance(file.output, Quantised):
        check_decoded("the quantised output matrix", file.output.shape[0] * file.output.shape[1] * 4, file.nbytes)
    first = len(file.vocabulary)
    labels = [label.decode("utf-8", "replace") for label in file.words[first:]]
    output, counts = np.asarray(file.output[:], np.float32), file.counts[first:]
    return Classifier(texts or texts_of(file), labels, output, counts, LOSSES[file.arguments.loss])


def texts_of(file: FastTextFile, prefix: bytes = LABEL_PREFIX) -> Texts:
    """Return what turns words and lines into the rows of a file, and rows into means.

    Raises
    ------
    FormatError
        The file has n-grams of words and no rows for them.
    """
    arguments, scheme, words = file.arguments, scheme_in(file), len(file.vocabulary)
    word_ngrams = arguments.word_ngrams if arguments.buckets and arguments.model == SUPERVISED else 1
    kept, kept_rows = _kept(file)
    if word_ngrams > 1 and kept is None and file.input.shape[0] < words + arguments.buckets:
        raise FormatError("the classifier has n-grams of words, but no rows for them: the file is damaged")
    return Texts(
        file.words,
        words,
        None if scheme is None else (scheme.min_n, scheme.max_n),
        arguments.buckets,
        word_ngrams,
        kept,
        kept_rows,
        file.pruned is not None,
        prefix,
        arguments.dim,
        _numbers(file.input),
        _codes(file.input),
    )


def _kept(file: FastTextFile) -> tuple[npt.NDArray[np.int32] | None, npt.NDArray[np.int32] | None]:
    """Return the buckets that have a row, and the row of each behind those of the words; None for every bucket."""
    if file.pruned is not None:
        return file.pruned[:, 0].astype(np.int32), file.pruned[:, 1].astype(np.int32)
    if isinstance(file.input, Sparse):
        words = len(file.vocabulary)
        buckets = (file.input.numbers[words:] - words).astype(np.int32)
        return buckets, np.arange(len(buckets), dtype=np.int32)
    return None, None


def _numbers(matrix: Matrix) -> npt.NDArray[np.uint8] | None:
    """Return the rows of a matrix that is not quantised as bytes, uint8[rows, dim * 4], not copied."""
    if isinstance(matrix, Quantised):
        return None
    rows = matrix.rows if isinstance(matrix, Sparse) else matrix
    return _bytes(rows)


def _bytes(numbers: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Return numbers as bytes in this machine's order."""
    if numbers.dtype.byteorder not in "=|" and not numbers.dtype.isnative:
        numbers = numbers.astype(np.float32)
    return numbers.view(np.uint8)


def _codes(
    matrix: Matrix,
) -> (
    tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], int, npt.NDArray[np.uint8] | None, npt.NDArray[np.uint8] | None]
    | None
):
    """Return the codes and centroids of a quantised matrix."""
    if not isinstance(matrix, Quantised):
        return None
    quantiser, norms = matrix.quantiser, matrix.norm_quantiser
    lengths = None if norms is None else _bytes(norms.centroids)
    return matrix.codes, _bytes(quantiser.centroids), quantiser.part_dim, matrix.norm_codes, lengths
