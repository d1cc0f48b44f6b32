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
    """The parameters of a model; see _core.Worker, which takes the same."""

    def __init__(self, float[:, ::1] inputs, float[:, ::1] outputs, float[:, ::1] places,
                 const int64_t[::1] row_offsets, const int32_t[::1] rows, const uint8_t[::1] frozen, bint sums,
                 int sides, int dim, int spread, str path):
        cdef int64_t w
        self.inputs, self.outputs, self.places = inputs, outputs, places
        self.row_offsets, self.rows, self.frozen, self.sums = row_offsets, rows, frozen, sums
        self.kernels = find_kernels(path)
        self.words, self.stride, self.width = row_offsets.shape[0] - 1, inputs.shape[1], width_of(self.kernels, dim)
        self.sides = sides
        if outputs.shape[1] != self.stride or self.stride % EMBED_ROW_FLOATS or self.stride < self.width:
            raise ValueError(f"rows of {self.stride} and {outputs.shape[1]} floats do not fit dim {dim}")
        if places.shape[0] and places.shape[1] != self.stride:
            raise ValueError(f"places of {places.shape[1]} floats do not go with rows of {self.stride}")
        if outputs.shape[0] != sides * self.words:
            raise ValueError(f"row_offsets and outputs differ in their number of words, with {sides} rows each")
        self.has_frozen = frozen.shape[0] > 0
        if self.has_frozen and frozen.shape[0] != self.words:
            raise ValueError("frozen needs a mark for every word")
        self.plain = rows.shape[0] == self.words
        if spread and (spread < _LEAST_SPREAD or self.words >> spread == 0):
            raise ValueError(f"spread is {spread}: 2**spread rows must be there, and more than {1 << _LEAST_SPREAD}")
        self.spread_count, self.spread_shift = (1 << spread, spread - 3) if spread else (0, 0)
        self.is_shared = spread > 0
        for w in range(self.words):
            self.plain = self.plain and row_offsets[w + 1] == w + 1 and rows[w] == w
