"""Declare training in rounds, whose result does not depend on the number of workers (docs/decisions/0045)."""

from libc.stdint cimport int32_t, int64_t, uint64_t

from embed.engine._blocks cimport Block
from embed.engine._kernels cimport Scratch, embed_kernels
from embed.engine._log cimport embed_changes, embed_entry, embed_tally
from embed.engine._rows cimport Rows

cdef extern from "barrier.h" nogil:
    ctypedef struct embed_barrier:
        int32_t members
        int32_t spins
    int64_t embed_claim(int64_t *counter) noexcept
    void embed_barrier_abandon(embed_barrier *barrier) noexcept
    int embed_barrier_wait(embed_barrier *barrier, int halt) noexcept
    int embed_barrier_halted(embed_barrier *barrier) noexcept


cdef enum:
    # Of a round.
    MOST_TILES = 16

ctypedef struct Tile:
    Block *blocks       # [tile tokens + 1] those with a center, then an empty one
    int32_t *integers   # the memory of the blocks
    int64_t count       # of the blocks with a center


cdef class Rounds:
    cdef readonly int64_t position, size, rows
    cdef embed_barrier barrier
    cdef int64_t tile               # tokens of a tile
    cdef int64_t selected             # tiles that any worker has claimed to select and mark
    cdef int64_t claimed            # tiles that any worker has claimed to train
    cdef int64_t before             # claimed tiles of finished rounds
    cdef int32_t number             # of finished rounds
    cdef Tile _tiles[2 * MOST_TILES]
    cdef Scratch _block_memory, _integer_memory
    cdef embed_entry *entries       # [tiles] the copies of each tile
    cdef embed_tally *tallies       # [rows] of the input rows, then of the output rows, then of position weights
    cdef uint64_t *_marks
    cdef object _memory, _tally_memory, _mark_memory

    cdef make_tiles(self, int64_t integers)
    cdef Tile *tiles_of(self, int32_t number) noexcept nogil
    cdef uint64_t *marks_of(self, int32_t number) noexcept nogil


cdef class Merger:
    cdef Rows rows
    cdef const embed_kernels *kernels
    cdef int64_t stride
    cdef int width
    cdef embed_changes changes      # to the rows of this worker's part

    cdef int merge(self, Rounds rounds, int64_t tiles, int32_t number, int64_t part) noexcept nogil
    cdef void _fetch(self, int64_t i) noexcept nogil
    cdef void _move(self, int64_t first) noexcept nogil
    cdef int _collect(self, Rounds rounds, int32_t owner, const float *values, int64_t part) noexcept nogil
    cdef int _note(self, float *row, const float *values, embed_tally *tally, float weight, bint is_new,
                   bint is_whole) noexcept nogil
