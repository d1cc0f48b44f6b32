"""Declare training in rounds, whose result does not depend on the number of workers (docs/decisions/0005)."""

from libc.stdint cimport int32_t, int64_t, uint16_t

from embed.engine._kernels cimport embed_kernels
from embed.engine._log cimport embed_changes, embed_entry, embed_tally
from embed.engine._rows cimport Rows

cdef extern from "barrier.h" nogil:
    ctypedef struct embed_barrier:
        int32_t members
        int32_t spins
    void embed_barrier_abandon(embed_barrier *barrier) noexcept
    int embed_barrier_wait(embed_barrier *barrier, int halt) noexcept
    int embed_barrier_halted(embed_barrier *barrier) noexcept


cdef class Rounds:
    cdef readonly int64_t position, size
    cdef embed_barrier barrier
    cdef int64_t claimed            # blocks that any worker has claimed
    cdef int64_t before             # claimed blocks of finished rounds
    cdef int32_t number             # of finished rounds
    cdef embed_entry *entries       # [MOST_TOKENS] the changes of each block
    cdef embed_tally *tallies       # [rows] of the input rows, then of the output rows
    cdef object _memory, _tally_memory


cdef class Merger:
    cdef Rows rows
    cdef const embed_kernels *kernels
    cdef int64_t stride
    cdef int width
    cdef embed_changes changes      # to the rows of this worker's part

    cdef int merge(self, Rounds rounds, int64_t blocks, int32_t number, int64_t part) noexcept nogil
    cdef int _collect(self, Rounds rounds, int32_t owner, const uint16_t *delta, int64_t part) noexcept nogil
    cdef int _note(self, float *row, const uint16_t *delta, embed_tally *tally, float weight) noexcept nogil
