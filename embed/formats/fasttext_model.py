"""Convert fastText's files to word vectors and to models that can be trained further, and back.

A word is the mean of its own row and those of its n-grams, computed from the bytes in the file: a word that is not
valid UTF-8 gets the vector that fastText gives it, whatever string stands for it here. The end of a sentence has its
own row only, as in every version since 11. Labels of a classifier are not words.

To write vectors, which have no own rows, the own row of a word is chosen so that the mean with its n-grams is right.

Rejected: training hierarchical softmax further (its output rows belong to the nodes of a tree, not to words).
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.choices import DecodeErrors, Objective
from embed.config.train import TrainConfig
from embed.errors import AdviceWarning, ConfigError, FormatError, advise
from embed.files.bounds import check_decoded, in_memory
from embed.files.inputs import Input
from embed.formats import fasttext_bin
from embed.formats.fasttext_file import (
    CBOW,
    LOSSES,
    NEWEST_VERSION,
    SKIPGRAM,
    SUPERVISED,
    Arguments,
    FastTextFile,
    Matrix,
    Quantised,
    Sparse,
)
from embed.formats.reading import PathOrInput
from embed.formats.words import UTF8, BadWordError, WordDecoder
from embed.messages import option
from embed.model.model import Model
from embed.model.parameters import Parameters
from embed.vectors.ngram_rows import Subwords
from embed.vectors.search import row_norms
from embed.vectors.word_vectors import WordVectors
from embed.vocabulary.ngrams import FloretScheme, NgramScheme, SubwordScheme
from embed.vocabulary.vocabulary import Vocabulary

__all__ = [
    "from_model",
    "from_vectors",
    "located",
    "ngram_rows",
    "own_rows",
    "read_model",
    "read_vectors",
    "scheme_in",
    "to_model",
    "to_vectors",
    "word_rows",
    "write_model",
    "write_vectors",
]

Float32s = npt.NDArray[np.float32]

NEGATIVE_SAMPLING = next(number for number, name in LOSSES.items() if name == "ns")
OBJECTIVES: dict[int, Objective] = {CBOW: "cbow", SKIPGRAM: "sg"}
_FLOAT_BYTES = 4
NOISE_EXPONENT = 0.5
"""fastText draws noise words in proportion to the square root of their count."""
LR_UPDATE_RATE = 100
"""fastText's default; without meaning here."""
_READ_ROWS = 1 << 12
BLOCK_NUMBERS = 1 << 22
"""Numbers gathered at a time."""
_READ_VECTORS = "read its vectors with embed.load"


@in_memory
def read_vectors(
    path: PathOrInput,
    *,
    decode_errors: DecodeErrors = "strict",
    encoding: str = UTF8,
    keep_first: bool = False,
    limit: int | None = None,
) -> WordVectors:
    """Read the vectors of a fastText file, with its n-grams.

    Parameters
    ----------
    path : path
        The n-gram rows of a file that is neither compressed nor quantised are memory-mapped.
    decode_errors, keep_first
        See `embed.formats.words.WordDecoder`.
    limit : int, optional
        Make the vectors of the first `limit` words only; the others are composed of their n-grams.
    encoding : str
        The encoding of the training text. Unknown words are always cut into n-grams as UTF-8, so with another
        encoding only their ASCII n-grams find the rows of the training.

    Raises
    ------
    FormatError
        As :func:`embed.formats.fasttext_bin.read`; or a word is a duplicate or not valid in the encoding.
    """
    try:
        return to_vectors(
            fasttext_bin.read(path),
            decode_errors=decode_errors,
            encoding=encoding,
            keep_first=keep_first,
            limit=limit,
        )
    except FormatError as error:
        raise located(path, error) from None


@in_memory
def read_model(path: PathOrInput) -> Model:
    """Read a skip-gram or CBOW model to train further, into memory; see :func:`to_model`."""
    try:
        return to_model(fasttext_bin.read(path))
    except FormatError as error:
        raise located(path, error) from None


def write_vectors(vectors: WordVectors, path: str | os.PathLike[str]) -> None:
    """Write vectors as a fastText file; see :func:`from_vectors`.

    Warns
    -----
    AdviceWarning
        The vectors are of a pruned file of fastText, whose means leave out n-grams that count here.
    """
    if vectors.subwords is not None:
        vectors.subwords.advise_counted(os.fspath(path))
    try:
        fasttext_bin.write(from_vectors(vectors), path)
    except FormatError as error:
        raise located(path, error) from None


def write_model(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model as a fastText file, with the rows as trained; see :func:`from_model`.

    Warns
    -----
    AdviceWarning
        The layout cannot store the post-processing of the vectors.
    """
    if model.postprocessing is not None:
        advise(
            f"{os.fspath(path)}: a fastText model holds the rows as trained, without {option('postprocess')} "
            f"{model.config.postprocess}: write the vectors to keep it"
        )
    try:
        fasttext_bin.write(from_model(model), path)
    except FormatError as error:
        raise located(path, error) from None


# a file's rows


def scheme_in(file: FastTextFile) -> SubwordScheme | None:
    """Return the n-gram scheme of a file, or None if its words have no n-grams."""
    arguments = file.arguments
    # Older classifiers have n-gram arguments that they do not use.
    unused = arguments.model == SUPERVISED and file.version < NEWEST_VERSION
    if unused or not arguments.buckets or arguments.max_n < max(1, arguments.min_n):
        return None
    return SubwordScheme(max(1, arguments.min_n), arguments.max_n, arguments.buckets)


def word_rows(file: FastTextFile) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the input rows of every word of a file as CSR: offsets int64[V + 1], rows int64[M]."""
    words = file.vocabulary
    scheme = scheme_in(file)
    if scheme is None:
        return np.arange(len(words) + 1), np.arange(len(words))
    offsets, rows = scheme.rows(words)
    if file.pruned is None:
        return offsets, rows.astype(np.int64)
    is_ngram = rows >= len(words)
    mapped = rows.astype(np.int64)
    mapped[is_ngram] = ngram_rows(file, rows[is_ngram] - len(words))
    left = mapped >= 0
    before = np.concatenate([[0], np.cumsum(left)])
    return before[offsets], mapped[left]


def ngram_rows(file: FastTextFile, buckets: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Return the input row of each of `buckets`, int64[n], or -1 if it was pruned."""
    words = len(file.vocabulary)
    if file.pruned is None:
        return buckets.astype(np.int64) + words
    kept = file.pruned[np.argsort(file.pruned[:, 0])]
    if not len(kept):
        return np.full(len(buckets), -1)
    found = np.minimum(np.searchsorted(kept[:, 0], buckets), len(kept) - 1)
    return np.where(kept[found, 0] == buckets, kept[found, 1].astype(np.int64) + words, -1)


def _subwords(file: FastTextFile, scheme: SubwordScheme) -> Subwords:
    words = len(file.vocabulary)
    if isinstance(file.input, Sparse):
        return Subwords(scheme, file.input.rows[words:], (file.input.numbers[words:] - words).astype(np.int32))
    if file.pruned is None:
        return Subwords(scheme, file.input[words : words + scheme.buckets])
    kept = np.sort(file.pruned[:, 0])
    return Subwords(scheme, file.input[ngram_rows(file, kept)], kept, left_out=True)


def _used_buckets(file: FastTextFile) -> npt.NDArray[np.int32]:
    """Return the buckets with nonzero rows, in rising order; buckets without an n-gram have zeros (`Sparse`)."""
    words = len(file.vocabulary)
    found = [
        first - words + np.flatnonzero(file.input[first : first + _READ_ROWS].any(axis=1))
        for first in range(words, file.input.shape[0], _READ_ROWS)
    ]
    return np.concatenate([np.empty(0, np.int32), *found]).astype(np.int32)


def _means(matrix: Matrix, offsets: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], dim: int) -> Float32s:
    """Return the mean of the rows of each word, float32[V, dim]; every word has at least one."""
    words = len(offsets) - 1
    means = np.empty((words, dim), np.float32)
    most_rows = max(1, BLOCK_NUMBERS // dim)
    start = 0
    while start < words:
        end = max(start + 1, int(np.searchsorted(offsets, offsets[start] + most_rows, side="right")) - 1)
        gathered = matrix[rows[offsets[start] : offsets[end]]]
        with np.errstate(over="ignore", invalid="ignore"):  # the result is checked for NaN and infinity
            sums = np.add.reduceat(gathered, offsets[start:end] - offsets[start], axis=0, dtype=np.float32)
            means[start:end] = sums / np.diff(offsets[start : end + 1])[:, None]
        start = end
    return means


# reading


def to_vectors(
    file: FastTextFile,
    *,
    decode_errors: DecodeErrors = "strict",
    encoding: str = UTF8,
    keep_first: bool = False,
    limit: int | None = None,
) -> WordVectors:
    """Return the word vectors of a file.

    Parameters
    ----------
    file : FastTextFile
    decode_errors, encoding, keep_first, limit
        See :func:`read_vectors`.

    Raises
    ------
    FormatError
        A word is a duplicate or not valid in the encoding, or a vector is not finite.
    """
    decoder = WordDecoder(encoding=encoding, decode_errors=decode_errors, keep_first=keep_first, may_be_empty=True)
    kept: list[bool] = []
    try:
        for word in file.vocabulary:
            if len(decoder.words) == limit:
                break
            kept.append(decoder.add(word))
    except BadWordError as error:
        raise FormatError(f"word {len(kept)}: {error}") from None
    if isinstance(file.input, Quantised):
        check_decoded("the quantised matrix", _FLOAT_BYTES * math.prod(file.input.shape), file.nbytes)
    scheme = scheme_in(file)
    subwords = None if scheme is None else _subwords(file, scheme)
    offsets, rows = word_rows(file)
    matrix = _means(file.input, offsets[: len(kept) + 1], rows, file.arguments.dim)
    counts = file.counts[: len(kept)]
    if not all(kept):
        matrix, counts = matrix[kept], counts[kept]
    return WordVectors(decoder.words, matrix, counts=counts, subwords=subwords)


def to_model(file: FastTextFile) -> Model:
    """Return the model of a file to train further: its rows, vocabulary, and fastText's parameters.

    The gradient is ``"historic"``, as in fastText. Parameters that the file lacks, such as the learning rate and the
    tokenizer, have their defaults.

    Raises
    ------
    FormatError
        The file is quantised or a classifier, was not trained with negative sampling, holds a word that is not valid
        UTF-8, or a parameter is out of bounds.
    """
    arguments = file.arguments
    if isinstance(file.input, Quantised) or isinstance(file.output, Quantised):
        raise FormatError(f"cannot train a quantised model further: {_READ_VECTORS}")
    if arguments.model not in OBJECTIVES:
        raise FormatError(f"cannot train a classifier further: {_READ_VECTORS}")
    if arguments.loss != NEGATIVE_SAMPLING:
        raise FormatError(
            f"cannot train a model with the loss {LOSSES[arguments.loss]!r} further, only with 'ns' (negative "
            f"sampling): {_READ_VECTORS}"
        )
    scheme = scheme_in(file)
    ngrams: dict[str, Any] = {} if scheme is None else {"subword": True, **scheme.to_dict()}
    with warnings.catch_warnings(action="ignore", category=AdviceWarning):  # the user did not choose these values
        try:
            config = TrainConfig(
                objective=OBJECTIVES[arguments.model],
                gradient="historic",
                dim=arguments.dim,
                window=arguments.window,
                negatives=arguments.negatives,
                noise_exponent=NOISE_EXPONENT,
                epochs=arguments.epochs,
                subsample=arguments.subsample,
                min_count=max(1, arguments.min_count),
                **ngrams,
            )
        except ConfigError as error:
            raise FormatError(f"cannot train the model further with its settings: {error}; {_READ_VECTORS}") from error
    decoder = WordDecoder(may_be_empty=True)
    try:
        for word in file.vocabulary:
            decoder.add(word)
    except BadWordError as error:
        raise FormatError(
            f"word {len(decoder.words)}: {error.fault}, so the model cannot be trained further: {_READ_VECTORS}"
        ) from None
    vocabulary = Vocabulary(decoder.words, file.counts.copy())
    parameters = Parameters.empty(vocabulary, config, _used_buckets(file))
    dim = config.dim
    for matrix, stored, name in ((parameters.inputs, file.input, "input"), (parameters.outputs, file.output, "output")):
        numbers = np.arange(len(matrix))
        if name == "input":
            numbers[parameters.own_rows :] = parameters.own_rows + parameters.buckets
        for first in range(0, len(matrix), _READ_ROWS):
            part = slice(first, first + _READ_ROWS)
            matrix[part, :dim] = stored[numbers[part]]
        _, wrong = row_norms(matrix[:, :dim])
        if wrong is not None:
            raise FormatError(
                f"row {wrong} of the {name} matrix holds NaN or infinity, or its length overflows float32"
            )
    return Model(config, vocabulary, parameters)


# writing


def from_model(model: Model) -> FastTextFile:
    """Return a model as the file that fastText would have written; the matrices are shared, not copied.

    Raises
    ------
    FormatError
        fastText's layout cannot store the model (a floret table, hierarchical softmax, structured skip-gram), or a
        word has no UTF-8 form.
    """
    config, vocabulary = model.config, model.vocabulary
    if config.loss != "ns":
        raise FormatError(
            "fastText's layout orders the tree nodes of hierarchical softmax differently: write the vectors instead of "
            "the model"
        )
    if config.structured:
        raise FormatError(
            "fastText's layout has one output row a word, and structured skip-gram two: write the vectors instead of "
            "the model"
        )
    if config.senses:
        raise FormatError(
            "fastText's layout has one vector a word, and this model senses: write it as 'native', or the vectors "
            "instead of the model"
        )
    tokens = vocabulary.total if model.provenance is None else model.provenance.raw_tokens
    arguments = _arguments(
        config.dim,
        model.parameters.scheme,
        window=config.window,
        epochs=config.epoch_count(),
        min_count=model.least_count(),
        negatives=config.negatives,
        model=next(number for number, name in OBJECTIVES.items() if name == config.objective),
        subsample=config.subsample_threshold(),
    )
    words, counts = _encoded(vocabulary.words), vocabulary.counts
    rows = _every_row(model.input, len(words), model.parameters.scheme, model.parameters.kept)
    return FastTextFile(NEWEST_VERSION, arguments, words, counts, 0, tokens, None, rows, model.output)


def from_vectors(vectors: WordVectors) -> FastTextFile:
    """Return vectors as a skip-gram model with zero output rows, in which fastText finds the same vectors.

    Raises
    ------
    FormatError
        The vectors have a floret table, which the layout cannot store, or no words, or a word has no UTF-8 form.
    """
    _ = vectors.norms  # checks that all numbers are finite
    subwords = vectors.subwords
    defaults = TrainConfig()
    arguments = _arguments(
        vectors.dim,
        None if subwords is None else subwords.scheme,
        window=defaults.window,
        epochs=defaults.epoch_count(),
        min_count=1,
        negatives=defaults.negatives,
        model=SKIPGRAM,
        subsample=defaults.subsample_threshold(),
    )
    words = _encoded(vectors.words)
    counts = np.ones(len(words), np.int64) if vectors.counts is None else vectors.counts
    rows: Matrix = vectors.matrix
    if subwords is not None:
        own = own_rows(vectors.matrix, words, subwords)
        rows = _every_row(np.concatenate([own, subwords.matrix]), len(words), subwords.scheme, subwords.kept)
    outputs = np.zeros(vectors.matrix.shape, np.float32)
    return FastTextFile(NEWEST_VERSION, arguments, words, counts, 0, int(counts.sum()), None, rows, outputs)


def own_rows(matrix: Float32s, words: Sequence[bytes], subwords: Subwords) -> Float32s:
    """Return the own rows of the words for which the means with their n-grams are `matrix`.

    A missing n-gram row counts as zeros.
    """
    size = len(matrix)
    result = np.empty(matrix.shape, np.float32)
    offsets, rows = subwords.scheme.rows(words)
    for word in range(size):
        found = subwords.rows_of(rows[offsets[word] + 1 : offsets[word + 1]] - np.int32(size))
        ngrams = subwords.matrix[found[found >= 0]].sum(axis=0, dtype=np.float64)
        result[word] = matrix[word].astype(np.float64) * (len(found) + 1) - ngrams
    return result


def _every_row(
    rows: Float32s, words: int, scheme: NgramScheme | None, kept: npt.NDArray[np.int32] | None
) -> Float32s | Sparse:
    """Return the input matrix with a row for every bucket, as fastText's layout needs."""
    if scheme is None or kept is None:
        return rows
    numbers = np.concatenate([np.arange(words), kept.astype(np.int64) + words])
    return Sparse((words + scheme.buckets, rows.shape[1]), numbers, rows)


def _arguments(
    dim: int,
    scheme: NgramScheme | None,
    *,
    window: int,
    epochs: int,
    min_count: int,
    negatives: int,
    model: int,
    subsample: float,
) -> Arguments:
    if isinstance(scheme, FloretScheme):
        raise FormatError("a floret table does not fit fastText's layout: write it as 'floret' or 'native'")
    return Arguments(
        dim=dim,
        window=window,
        epochs=epochs,
        min_count=min_count,
        negatives=negatives,
        word_ngrams=1,
        loss=NEGATIVE_SAMPLING,
        model=model,
        buckets=scheme.buckets if scheme else 0,
        min_n=scheme.min_n if scheme else 0,
        max_n=scheme.max_n if scheme else 0,
        lr_update_rate=LR_UPDATE_RATE,
        subsample=subsample,
    )


def _encoded(words: Sequence[str]) -> list[bytes]:
    if not words:
        raise FormatError("there are no words, and a fastText file needs at least one")
    try:
        return [word.encode() for word in words]
    except UnicodeEncodeError as error:
        raise FormatError(f"the word {error.object!r:.60} holds a lone surrogate, which has no UTF-8 form") from None


def located(path: PathOrInput, error: FormatError) -> FormatError:
    """Prefix an error with the name of the file, unless it has one."""
    name, message = Input.of(path).name, str(error)
    return error if message.startswith(name) else FormatError(f"{name}: {message}")
