"""The matrices that are trained, and which of their rows a word has: a table that all blocks read and none changes."""

from libc.stdint cimport int32_t, int64_t, uint8_t

from embed._kernels cimport EMBED_ROW_FLOATS, find_kernels, width_of


cdef class Rows:
    """The parameters of a model; see _core.Worker, which takes the same."""

    def __init__(self, float[:, ::1] inputs, float[:, ::1] outputs, float[:, ::1] places,
                 const int64_t[::1] row_offsets, const int32_t[::1] rows, const uint8_t[::1] frozen, bint sums,
                 int dim, str path):
        cdef int64_t w
        self.inputs, self.outputs, self.places = inputs, outputs, places
        self.row_offsets, self.rows, self.frozen, self.sums = row_offsets, rows, frozen, sums
        self.kernels = find_kernels(path)
        self.words, self.stride, self.width = outputs.shape[0], inputs.shape[1], width_of(self.kernels, dim)
        if outputs.shape[1] != self.stride or self.stride % EMBED_ROW_FLOATS or self.stride < self.width:
            raise ValueError(f"rows of {self.stride} and {outputs.shape[1]} floats do not fit dim {dim}")
        if places.shape[0] and places.shape[1] != self.stride:
            raise ValueError(f"places of {places.shape[1]} floats do not go with rows of {self.stride}")
        if row_offsets.shape[0] - 1 != self.words:
            raise ValueError("row_offsets and outputs differ in their number of words")
        self.has_frozen = frozen.shape[0] > 0
        if self.has_frozen and frozen.shape[0] != self.words:
            raise ValueError("frozen needs a mark for every word")
        self.plain = rows.shape[0] == self.words
        for w in range(self.words):
            self.plain = self.plain and row_offsets[w + 1] == w + 1 and rows[w] == w
