"""The trained matrices, with a row for each unit (:mod:`embed.model.units`) and each output.

Rows are padded to 64 bytes and placed on huge pages where the system has them, so that no two rows share a cache
line and every vector load is whole. Buckets without an n-gram of the vocabulary have no row. The other rows start with
the same numbers as if every bucket had a row, so that a word learns the same either way.

Rejected: plain ``np.zeros`` (small pages: a cache miss becomes a TLB miss as well), unpadded rows (each kernel
would need a tail).
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from embed.config.train import TrainConfig
from embed.engine import _kernels
from embed.errors import ConfigError
from embed.messages import option
from embed.model.senses import LEAST_PRIOR, Senses, offsets_of_senses
from embed.model.units import unit_rows, word_rows
from embed.pieces import pieces
from embed.vocabulary.ngrams import NgramScheme, scheme_of
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["Parameters", "output_count", "padded_matrix", "position_count", "stride_of"]

Float32s = NDArray[np.float32]
_HUGE_PAGE = 1 << 21
_FILL_ROWS = 1 << 14
_FIRST_DOCUMENT = 1 << 32
"""The number, among initial rows, of the first document: after all words and buckets."""
_FIRST_PROJECTION = 1 << 33
"""That of the first row of the projection of documents."""
_COLLIDING_LINES = 64  # lines this far apart share a set of the first-level cache


def stride_of(dim: int) -> int:
    """Return the floats of a row: `dim` rounded up to whole cache lines, avoiding multiples of 4096 bytes.

    Rows of 4096 bytes (dim 1024) would compete for the same few sets of the first-level cache
    (docs/decisions/0023-no-rows-of-4096-bytes.md).
    """
    lines = -(-dim // _kernels.ROW_FLOATS)
    return (lines + (lines % _COLLIDING_LINES == 0)) * _kernels.ROW_FLOATS


def output_count(words: int, config: TrainConfig) -> int:
    """Return the number of output rows for a vocabulary of `words` words."""
    return words * config.sides()


def position_count(config: TrainConfig) -> int:
    """Return how many positions of a window have weights: all or none."""
    return 2 * config.window if config.position_weights else 0


def padded_matrix(rows: int, dim: int) -> Float32s:
    """Return zeros, float32[rows, stride_of(dim)]; raises ConfigError if the memory does not suffice."""
    stride = stride_of(dim)
    # One huge page more than needed leaves room for the system to align the rest.
    size = rows * stride * 4 + _HUGE_PAGE
    try:
        if hasattr(mmap, "MADV_HUGEPAGE"):
            # Python's default is shared memory, which most systems keep on small pages.
            memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            memory.madvise(mmap.MADV_HUGEPAGE)
        else:
            memory = mmap.mmap(-1, size)
    except (OSError, OverflowError, MemoryError) as error:
        raise ConfigError(
            f"not enough memory for a matrix of {rows:,} x {dim:,} numbers ({size / (1 << 30):,.1f} GiB): lower "
            f"{option('buckets')}, {option('dim')} or {option('max_vocab')}"
        ) from error
    return np.frombuffer(memory, np.float32, rows * stride).reshape(rows, stride)


@dataclass(frozen=True)
class Parameters:
    """The trained matrices, and how words share their rows.

    Attributes
    ----------
    unit_matrix : float32[R + D, stride]
        The input rows: one per word, then one per bucket of `buckets`; a floret table has the buckets only. Then one
        per document, then one per bit of the projection of documents, then one per sense, then the selectors of the
        senses. Columns past `dim` are zero.
    outputs : float32[V, stride] or float32[2 * V, stride]
        One row per word; with `structured` two, for contexts to the left and to the right.
    position_weights : float32[2 * window, stride] or float32[0, stride]
        Weights of the positions in a window, from left to right without the center; empty without
        `position_weights`.
    unit_offsets : int64[V + D + B + 2 S + 1]
    unit_rows : int32[M + D + B + 2 S]
        Vector i is the mean of the input rows ``unit_rows[unit_offsets[i]:unit_offsets[i + 1]]``: of a word, or after
        those of the words of a document, a row of the projection, a sense or a selector.
    scheme : NgramScheme or None
        How to find the rows of unknown words.
    buckets : int32[K]
        The n-gram buckets that have a row, in rising order; empty without a scheme.
    dim : int
    document_count : int
        The number D of documents.
    code_bits : int
        The number B of bits that documents are projected to.
    sense_offsets : int32[V + 1] or None
        The rows for senses of each word, S of them; `sense_sizes` says how many are in use.
    contexts : float32[V, stride] or float32[0, stride]
        What each word adds to the contexts of others.
    priors : float32[S]
    """

    unit_matrix: Float32s
    outputs: Float32s
    position_weights: Float32s
    unit_offsets: NDArray[np.int64]
    unit_rows: NDArray[np.int32]
    scheme: NgramScheme | None
    buckets: NDArray[np.int32]
    dim: int
    document_count: int = 0
    code_bits: int = 0
    sense_offsets: NDArray[np.int32] | None = None
    contexts: Float32s = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    priors: Float32s = field(default_factory=lambda: np.zeros(0, np.float32))

    @classmethod
    def empty(
        cls,
        vocabulary: Vocabulary,
        config: TrainConfig,
        buckets: NDArray[np.int32] | None = None,
        *,
        documents: int = 0,
        sense_offsets: NDArray[np.int32] | None = None,
    ) -> Parameters:
        """Return all-zero parameters of the right shape; position weights are 1.

        Given `buckets` have a row even if no n-gram of the vocabulary falls in them. Senses follow from the counts of
        the words unless `sense_offsets` are given.
        """
        scheme = scheme_of(config)
        offsets = sense_offsets
        if config.senses and offsets is None:
            offsets = offsets_of_senses(vocabulary.counts, config)
        senses = 0 if offsets is None else int(offsets[-1])
        units = unit_rows(vocabulary.words, scheme, buckets, documents, config.code_bits, senses)
        weights = padded_matrix(position_count(config), config.dim)
        weights[:, : config.dim] = 1
        return cls(
            padded_matrix(units.count, config.dim),
            padded_matrix(output_count(len(vocabulary), config), config.dim),
            weights,
            units.offsets,
            units.rows,
            scheme,
            units.buckets,
            config.dim,
            documents,
            config.code_bits,
            offsets,
            padded_matrix(len(vocabulary) if senses else 0, config.dim),
            np.zeros(senses, np.float32),
        )

    @classmethod
    def initial(
        cls,
        vocabulary: Vocabulary,
        config: TrainConfig,
        buckets: NDArray[np.int32] | None = None,
        *,
        documents: int = 0,
        sense_offsets: NDArray[np.int32] | None = None,
    ) -> Parameters:
        """Return the parameters before training: inputs uniform in +-1/(2 dim), outputs zero (word2vec.c); rows of
        the projection of documents about 1 long.

        A row has the same numbers as if all buckets had rows; a row that no word uses stays zero. A document has the
        same numbers whatever the words.
        """
        parameters = cls.empty(vocabulary, config, buckets, documents=documents, sense_offsets=sense_offsets)
        own = parameters.own_rows
        is_used = np.zeros(len(parameters.inputs), bool)
        is_used[parameters.rows] = True
        used = np.flatnonzero(is_used)
        for first in range(0, len(used), _FILL_ROWS):  # in parts, so that a signal is noticed
            rows = used[first : first + _FILL_ROWS]
            numbers = rows.copy()
            numbers[rows >= own] = own + parameters.buckets[rows[rows >= own] - own]
            drawn = np.zeros((len(rows), parameters.inputs.shape[1]), np.float32)
            _kernels.fill_uniform(drawn, config.dim, 0.5 / config.dim, config.seed, numbers)
            parameters.inputs[rows] = drawn
        for first in range(0, documents, _FILL_ROWS):
            numbers = _FIRST_DOCUMENT + np.arange(first, min(first + _FILL_ROWS, documents))
            drawn = parameters.documents[first : first + _FILL_ROWS]
            _kernels.fill_uniform(drawn, config.dim, 0.5 / config.dim, config.seed, numbers)
        numbers = _FIRST_PROJECTION + np.arange(config.code_bits)
        # rows of about the length 1, so that a projected vector moves as far as its code
        _kernels.fill_uniform(parameters.projection, config.dim, math.sqrt(3 / config.dim), config.seed, numbers)
        # The system allocates memory at the first touch, for which training would wait all over the matrix.
        for first in range(0, len(parameters.outputs), _FILL_ROWS):
            parameters.outputs[first : first + _FILL_ROWS] = 0
        return parameters

    @property
    def words(self) -> int:
        """The number V of words."""
        return len(self.unit_offsets) - 1 - self._others

    @property
    def _others(self) -> int:
        """The number of input rows that words and n-grams do not have."""
        return self.document_count + self.code_bits + 2 * len(self.priors)

    @property
    def inputs(self) -> Float32s:
        """The input rows of words and n-grams, float32[R, stride]."""
        return self.unit_matrix[: len(self.unit_matrix) - self._others]

    @property
    def documents(self) -> Float32s:
        """The rows of documents, float32[D, stride]."""
        first = len(self.unit_matrix) - self._others
        return self.unit_matrix[first : first + self.document_count]

    @property
    def projection(self) -> Float32s:
        """The rows of the projection of documents to codes, float32[B, stride]."""
        first = len(self.unit_matrix) - self.code_bits - 2 * len(self.priors)
        return self.unit_matrix[first : first + self.code_bits]

    @property
    def sense_rows(self) -> Float32s:
        """The rows of senses, float32[S, stride]."""
        first = len(self.unit_matrix) - 2 * len(self.priors)
        return self.unit_matrix[first : first + len(self.priors)]

    @property
    def selectors(self) -> Float32s:
        """The selectors of senses, float32[S, stride]."""
        return self.unit_matrix[len(self.unit_matrix) - len(self.priors) :]

    def sense_sizes(self) -> NDArray[np.int32]:
        """Return how many senses each word uses, int32[V]: the first ones, whose selectors are not zero."""
        assert self.sense_offsets is not None
        is_used = np.concatenate([[0], self.selectors.any(axis=1).cumsum()])
        sizes: NDArray[np.int32] = np.diff(is_used[self.sense_offsets]).astype(np.int32)
        return sizes

    @property
    def senses(self) -> Senses | None:
        """The senses in use, without padding and without rare ones; None if words have one vector each."""
        if self.sense_offsets is None:
            return None
        is_used = self.selectors.any(axis=1) & (self.priors >= (LEAST_PRIOR if self.priors.any() else 0))
        used = np.flatnonzero(is_used)
        return Senses(
            np.concatenate([[0], is_used.cumsum()])[self.sense_offsets].astype(np.int32),
            self.sense_rows[used, : self.dim],
            self.selectors[used, : self.dim],
            self.contexts[:, : self.dim],
            self.priors[used],
        )

    @property
    def row_offsets(self) -> NDArray[np.int64]:
        """The bounds of the rows of each word in `rows`, int64[V + 1]."""
        return self.unit_offsets[: self.words + 1]

    @property
    def rows(self) -> NDArray[np.int32]:
        """The input rows that make up the words, int32[M]."""
        return self.unit_rows[: len(self.unit_rows) - self._others]

    @property
    def own_rows(self) -> int:
        """The number of input rows that belong to single words; they come first."""
        return word_rows(self.words, self.scheme)

    @property
    def kept(self) -> NDArray[np.int32] | None:
        """The buckets that have a row, or None if all have one."""
        return None if self.scheme is None or len(self.buckets) == self.scheme.buckets else self.buckets

    def matrices(self) -> dict[str, Float32s]:
        """Return the trained matrices by name; those besides "input" and "output" only if they are not empty."""
        named = {"input": self.inputs, "output": self.outputs}
        others = {
            "places": self.position_weights,
            "documents": self.documents,
            "projection": self.projection,
            "senses": self.sense_rows,
            "selectors": self.selectors,
            "contexts": self.contexts,
        }
        return named | {name: matrix for name, matrix in others.items() if len(matrix)}

    def word_matrix(self) -> Float32s:
        """Return the vector of every word, float32[V, dim]: its input row, or the mean of its rows."""
        if self.scheme is None:
            return self.inputs[:, : self.dim]
        return self._composed(slice(0, self.words))

    def word_blocks(self) -> Iterator[Float32s]:
        """Yield the vectors of all words in their order, float32[n, dim], some at a time."""
        for words in pieces(self.words, self.inputs.itemsize * self.dim):
            yield self.inputs[words, : self.dim] if self.scheme is None else self._composed(words)

    def _composed(self, words: slice) -> Float32s:
        composed, offsets = padded_matrix(words.stop - words.start, self.dim), self.row_offsets
        offsets = offsets[words.start : words.stop + 1]
        _kernels.compose_rows(self.inputs, offsets, self.rows, composed, self.dim, _kernels.simd_names()[0])
        return composed[:, : self.dim]
