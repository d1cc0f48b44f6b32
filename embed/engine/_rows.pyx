"""The trained matrices, and the rows of each word.

The first rows belong to the most frequent words, which all threads need. A processor that reads a row also fetches the
begin of the next row, which another core may be changing. So while several threads train, the first rows are spread
(docs/decisions/0013).

The rows of n-grams are scattered over their table, a few in each page of memory. During training, they are ordered by
their first use in the list of all words, so that those of frequent words come first (docs/decisions/0020).
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libc.string cimport memcpy

import numpy as np

from embed.engine._kernels cimport EMBED_ROW_FLOATS, embed_matrix_at, embed_prefetch_row, find_kernels, width_of

cdef enum:
    _LEAST_SPREAD = 4
    # Rows are fetched this many moves ahead, because each move leads far away.
    _ROWS_AHEAD = 8


def spread_rows(int spread):
    """Return the new number of each of the first 2**spread rows, int32[2**spread], in a matrix that is spread."""
    cdef int32_t[::1] found = np.empty(1 << spread, dtype=np.int32)
    cdef uint32_t row
    if spread < _LEAST_SPREAD:
        raise ValueError(f"spread is {spread}, not {_LEAST_SPREAD} or more")
    for row in range(<uint32_t> 1 << spread):
        found[row] = turned(row, <uint32_t> 1 << spread, spread - 3)
    return found.base


def order_of_use(const int32_t[::1] rows, int64_t count):
    """Return a new number for each of `count` rows, int32[count]: the rows in `rows` come first, in its order.

    The other rows keep their numbers, or take those that are free.
    """
    cdef int32_t[::1] found = np.full(count, -1, dtype=np.int32)
    cdef int64_t i
    cdef int32_t used = 0, left
    for i in range(rows.shape[0]):
        if found[rows[i]] < 0:
            found[rows[i]] = used
            used += 1
    left = used
    for i in range(used):
        if found[i] < 0:
            while found[left] < 0:
                left += 1
            found[i] = left
            left += 1
    for i in range(used, count):
        if found[i] < 0:
            found[i] = <int32_t> i
    return found.base


def move_rows(float[:, ::1] matrix, const int32_t[::1] order):
    """Move each row i of the matrix to row order[i], a permutation, with memory for two rows."""
    cdef int64_t start, size = matrix.shape[1] * sizeof(float)
    cdef int32_t at, ahead, _step
    cdef uint8_t[::1] is_moved = np.zeros(matrix.shape[0], dtype=np.uint8)
    cdef float[:, ::1] two = np.empty((2, matrix.shape[1]), dtype=np.float32)
    cdef float *moving = &two[0, 0]
    cdef float *waiting = &two[1, 0]
    if order.shape[0] != matrix.shape[0]:
        raise ValueError("there must be a new number for each row")
    with nogil:
        for start in range(matrix.shape[0]):
            if is_moved[start] or order[start] == start:
                continue
            memcpy(moving, &matrix[start, 0], size)
            at = ahead = order[start]
            for _step in range(_ROWS_AHEAD):
                embed_prefetch_row(&matrix[ahead, 0], <int> matrix.shape[1])
                ahead = order[ahead]
            while not is_moved[at]:
                embed_prefetch_row(&matrix[ahead, 0], <int> matrix.shape[1])
                ahead = order[ahead]
                is_moved[at] = True
                memcpy(waiting, &matrix[at, 0], size)
                memcpy(&matrix[at, 0], moving, size)
                moving, waiting = waiting, moving
                at = order[at]


def renumber(int32_t[::1] rows, const int32_t[::1] order):
    """Replace the row numbers in `rows` by the new numbers of the rows."""
    cdef int64_t i
    for i in range(rows.shape[0]):
        rows[i] = order[rows[i]]


cdef class Rows:
    """The units and matrices of :mod:`embed.engine.problem`, for access by index."""

    def __init__(self, units, matrices, senses, int64_t words, str simd):
        cdef int64_t v
        self.inputs, self.outputs, self.position_weights = matrices.inputs, matrices.outputs, matrices.position_weights
        self.unit_offsets, self.units, self.sums = units.offsets, units.rows, units.sums
        self.kernels = find_kernels(simd)
        self.vectors, self.words, self.stride = units.vectors, words, self.inputs.shape[1]
        self.width = width_of(self.kernels, matrices.dim)
        self.first_sense = self.vectors if senses is None else senses.first_vector
        if self.outputs.shape[1] != self.stride or self.stride % EMBED_ROW_FLOATS or self.stride < self.width:
            raise ValueError(f"rows of {self.stride} and {self.outputs.shape[1]} floats do not fit dim {matrices.dim}")
        if self.position_weights.shape[0] and self.position_weights.shape[1] != self.stride:
            floats = self.position_weights.shape[1]
            raise ValueError(f"position weights of {floats} floats do not fit rows of {self.stride}")
        self.plain = self.units.shape[0] == self.vectors
        for v in range(self.vectors):
            self.plain = self.plain and self.unit_offsets[v + 1] == v + 1 and self.units[v] == v
        self.composed = embed_matrix_at(&self.inputs[0, 0], self.stride)
        self._take_factors(matrices.factors)
        self._take_spread(matrices.spread)

    cdef _take_factors(self, factors):
        """Copy the factors of input rows to each mention, because rows move during training and mentions do not."""
        self.has_input_factors, self.has_output_factors = factors.inputs is not None, factors.outputs is not None
        self.output_factors = factors.outputs
        if self.has_input_factors:
            mentioned = factors.inputs[np.asarray(self.units)]
            sums = np.concatenate([[0], np.cumsum(mentioned, dtype=np.float64)])
            self.unit_factors = mentioned
            self.vector_factors = np.diff(sums[np.asarray(self.unit_offsets)]).astype(np.float32)

    cdef _take_spread(self, int spread):
        cdef int64_t rows = min(self.outputs.shape[0], self.vectors)
        if spread and (spread < _LEAST_SPREAD or rows >> spread == 0):
            raise ValueError(f"spread is {spread}: 2**spread rows must be there, and more than {1 << _LEAST_SPREAD}")
        self.spread_count, self.spread_shift = (1 << spread, spread - 3) if spread else (0, 0)
        self.is_shared = spread > 0
