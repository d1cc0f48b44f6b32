"""The matrices that are trained, and which of their rows a word has: a table that all blocks read and none changes.

The first rows are those of the most frequent words, which all threads want at once; and a processor that reads a row
fetches the beginning of the next, from a core that is just changing it. While several threads train, the first rows
therefore lie spread (docs/decisions/0013).
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

import numpy as np

from embed._kernels cimport EMBED_ROW_FLOATS, find_kernels, width_of

cdef enum:
    _LEAST_SPREAD = 4


def places(int spread):
    """Return where each of the first 2**spread rows lies, int32[2**spread], in a matrix that is spread."""
    cdef int32_t[::1] found = np.empty(1 << spread, dtype=np.int32)
    cdef uint32_t row
    if spread < _LEAST_SPREAD:
        raise ValueError(f"spread is {spread}, not {_LEAST_SPREAD} or more")
    for row in range(<uint32_t> 1 << spread):
        found[row] = turned(row, <uint32_t> 1 << spread, spread - 3)
    return found.base


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
