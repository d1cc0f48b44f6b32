"""The projection of documents to codes."""

from libc.stdint cimport int32_t, int64_t

from embed.engine._block_vectors cimport BlockVectors
from embed.engine._blocks cimport Block
from embed.engine._kernels cimport Scratch, embed_kernels, embed_projection
from embed.engine._rows cimport Rows


cdef class Projection:
    cdef bint is_used
    cdef Rows rows
    cdef const embed_kernels *kernels
    cdef int32_t first          # vector of the first row
    cdef int width              # floats of an output row that windows meet
    cdef bint has_own           # other threads train the same rows
    cdef embed_projection _projection
    cdef int64_t _columns       # floats of the projection of a vector
    cdef float *_now            # [tags, columns]
    cdef float *_before         # [tags, columns]
    cdef float *_own            # [bits, stride]
    cdef Scratch _floats, _own_floats
    cdef object _pointers

    cdef void take(self) noexcept nogil
    cdef void give_back(self) noexcept nogil
    cdef void project(self, BlockVectors vectors, const Block *block) noexcept nogil
    cdef void unproject(self, BlockVectors vectors, const Block *block) noexcept nogil
    cdef float *_row(self, int64_t b) noexcept nogil
    cdef float *_before_own(self, int64_t b) noexcept nogil
    cdef void _take(self, int64_t t, float *vector) noexcept nogil
