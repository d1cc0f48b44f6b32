"""The vectors that a block trains on."""

from libc.stdint cimport int32_t, int64_t, uint32_t

from embed._blocks cimport Block
from embed._kernels cimport Scratch, embed_kernels, embed_window
from embed._log cimport embed_log
from embed._rows cimport Rows, is_frozen, target_row

cdef enum:
    # How many positions ahead rows are fetched into the first-level cache while a block is gathered.
    PREFETCH_POSITIONS = 6

ctypedef struct Slot:
    int32_t row
    uint32_t stamp
    int64_t place


cdef class BlockVectors:
    cdef Rows rows
    cdef const embed_kernels *kernels
    cdef int64_t stride, copied_words
    cdef int width
    cdef bint in_round          # what the block changes is left in the log
    cdef float **vectors        # [positions] the row that each is trained in, or the block's copy
    cdef float *ratios          # [positions] learning rate of each over that of the output rows
    cdef float *places          # [place_count, stride] the block's copies
    cdef int place_count        # 2 * window, or 0
    cdef float *divisors        # [n] n ** gradient_power
    cdef embed_log log          # what this worker's blocks have changed
    # The copies: input vectors of positions, places and, in a round or where they are frozen, output rows.
    cdef Scratch _now           # [copies, stride]
    cdef Scratch _before        # [copies, stride] as they were when gathered, where the matrix does not hold just that
    cdef const float **_origins  # [copies] in a round: where each is as it was
    cdef int32_t *_owners       # [copies] as in the log
    cdef int64_t _copies        # of the block at hand
    cdef Slot *_slots           # [slot_mask + 1] where the copy of an output row of the block at hand is
    cdef uint32_t _slot_mask, _stamp
    cdef Scratch _ratio_memory, _divisor_memory
    cdef object _pointer_memory, _index_memory, _slot_memory

    cdef void gather(self, const Block *block, float ratio) noexcept nogil
    cdef void scatter(self, const Block *block) noexcept nogil
    cdef int log_changes(self) noexcept nogil
    cdef float *copied_output_row(self, int32_t row) noexcept nogil
    cdef void restore_frozen(self, embed_window *plan) noexcept nogil
    cdef void fetch(self, const float *row) noexcept nogil
    cdef bint _in_place(self, int32_t word) noexcept nogil
    cdef void _gather_places(self) noexcept nogil
    cdef float *_keep_before(self, int64_t i, float *source) noexcept nogil


cdef inline float *output_row(BlockVectors self, int32_t row) noexcept nogil:
    """The row itself; in a round, or where it is frozen, the block's copy."""
    if not self.in_round and not is_frozen(self.rows, row):
        return target_row(self.rows, row)
    return self.copied_output_row(row)
