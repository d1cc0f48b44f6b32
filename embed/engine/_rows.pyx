"""The matrices that are trained, and which of their rows a word has: a table that all blocks read and none changes.

The first rows are those of the most frequent words, which all threads want at once; and a processor that reads a row
fetches the beginning of the next, from a core that is just changing it. While several threads train, the first rows
therefore lie spread (docs/decisions/0013).

The rows of n-grams lie all over their table, a few in each page of memory. While they train, those that there are lie
together, in the order in which the words name them, so the frequent words' first (docs/decisions/0020).
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libc.string cimport memcpy

import numpy as np

from embed.engine._kernels cimport EMBED_ROW_FLOATS, embed_prefetch_row, find_kernels, width_of

cdef enum:
    _LEAST_SPREAD = 4
    # How many rows ahead those that move are fetched: each goes to a place that is nowhere near.
    _ROWS_AHEAD = 8


def places(int spread):
    """Return where each of the first 2**spread rows lies, int32[2**spread], in a matrix that is spread."""
    cdef int32_t[::1] found = np.empty(1 << spread, dtype=np.int32)
    cdef uint32_t row
    if spread < _LEAST_SPREAD:
        raise ValueError(f"spread is {spread}, not {_LEAST_SPREAD} or more")
    for row in range(<uint32_t> 1 << spread):
        found[row] = turned(row, <uint32_t> 1 << spread, spread - 3)
    return found.base


def order_of_use(const int32_t[::1] rows, int64_t count):
    """Return a place for each of `count` rows, int32[count]: those that `rows` names lie first, in its order.

    The others stay where they are, or go where one has left.
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


def move_rows(float[:, ::1] matrix, const int32_t[::1] places):
    """Move each row i of the matrix to row places[i], a permutation, with memory for two rows besides."""
    cdef int64_t start, size = matrix.shape[1] * sizeof(float)
    cdef int32_t at, ahead, _step
    cdef uint8_t[::1] is_moved = np.zeros(matrix.shape[0], dtype=np.uint8)
    cdef float[:, ::1] two = np.empty((2, matrix.shape[1]), dtype=np.float32)
    cdef float *moving = &two[0, 0]
    cdef float *waiting = &two[1, 0]
    if places.shape[0] != matrix.shape[0]:
        raise ValueError("there must be a place for each row")
    with nogil:
        for start in range(matrix.shape[0]):
            if is_moved[start] or places[start] == start:
                continue
            memcpy(moving, &matrix[start, 0], size)
            at = ahead = places[start]
            for _step in range(_ROWS_AHEAD):
                embed_prefetch_row(&matrix[ahead, 0], <int> matrix.shape[1])
                ahead = places[ahead]
            while not is_moved[at]:
                embed_prefetch_row(&matrix[ahead, 0], <int> matrix.shape[1])
                ahead = places[ahead]
                is_moved[at] = True
                memcpy(waiting, &matrix[at, 0], size)
                memcpy(&matrix[at, 0], moving, size)
                moving, waiting = waiting, moving
                at = places[at]


def renumber(int32_t[::1] rows, const int32_t[::1] places):
    """Let `rows` name the places of the rows that it has named."""
    cdef int64_t i
    for i in range(rows.shape[0]):
        rows[i] = places[rows[i]]


cdef class Rows:
    """The parameters of a model: the units and matrices of :mod:`embed.engine.problem`, as they are read by index."""

    def __init__(self, units, matrices, str simd):
        cdef int64_t v
        self.inputs, self.outputs, self.places = matrices.inputs, matrices.outputs, matrices.places
        self.unit_offsets, self.units, self.sums = units.offsets, units.rows, units.sums
        self.kernels = find_kernels(simd)
        self.vectors, self.stride = units.vectors, self.inputs.shape[1]
        self.width = width_of(self.kernels, matrices.dim)
        if self.outputs.shape[1] != self.stride or self.stride % EMBED_ROW_FLOATS or self.stride < self.width:
            raise ValueError(f"rows of {self.stride} and {self.outputs.shape[1]} floats do not fit dim {matrices.dim}")
        if self.places.shape[0] and self.places.shape[1] != self.stride:
            raise ValueError(f"places of {self.places.shape[1]} floats do not go with rows of {self.stride}")
        self.plain = self.units.shape[0] == self.vectors
        for v in range(self.vectors):
            self.plain = self.plain and self.unit_offsets[v + 1] == v + 1 and self.units[v] == v
        self._take_factors(matrices.factors)
        self._take_spread(matrices.spread)

    cdef _take_factors(self, factors):
        """Spell the factors of input rows out for each mention: rows may move while they train, mentions do not."""
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
