"""Declare a thread's own replicas of rows that all threads change."""

from libc.stdint cimport int32_t, int64_t

from embed.engine._kernels cimport Scratch, embed_kernels
from embed.engine._rows cimport Rows

cdef class RowReplicas:
    cdef const embed_kernels *kernels
    cdef float[:, ::1] matrix
    cdef const int32_t[::1] places  # [count] the rows that have replicas
    cdef const float[::1] factors   # [count], or [0] if all are 1
    cdef int32_t count
    cdef int width
    cdef float share        # of the change of a replica that goes to the row
    cdef Scratch _scratch
    cdef float *now         # [count, stride] all replicas as they are
    cdef float *before      # [count, stride] and as they were at `take`

    cdef void take(self) noexcept nogil
    cdef void give_back(self) noexcept nogil
    cdef void exchange(self) noexcept nogil
    cdef void _fetch(self, int32_t i) noexcept nogil
    cdef void _take(self, int32_t i) noexcept nogil
    cdef void _give_back(self, int32_t i) noexcept nogil


cdef RowReplicas replicate(const embed_kernels *kernels, float[:, ::1] matrix, places, factors, double share, int width)


cdef class Replicas:
    cdef Rows rows
    cdef RowReplicas inputs, outputs

    cdef RowReplicas _of(self, float[:, ::1] matrix, const float[::1] factors, int32_t first, int32_t count,
                         double share)
    cdef void take(self) noexcept nogil
    cdef void give_back(self) noexcept nogil
