"""Declare the replicas of a worker, of the rows of the most frequent words."""

from libc.stdint cimport int32_t

from embed.engine._kernels cimport Scratch
from embed.engine._rows cimport Rows

cdef class Replicas:
    cdef Rows rows
    cdef int32_t input_count, output_count
    cdef float share            # of the change of a replica that goes to the row
    # All replicas as they are now, then as they were at `take`.
    cdef Scratch _inputs        # [2, input_count, stride]
    cdef Scratch _outputs       # [2, output_count, stride]

    cdef void take(self) noexcept nogil
    cdef void give_back(self) noexcept nogil
    cdef void _copy(self, float *matrix, int32_t first, int32_t count, float *now) noexcept nogil
    cdef void _add(self, float *matrix, const float *factors, int32_t first, int32_t count,
                   const float *now) noexcept nogil
