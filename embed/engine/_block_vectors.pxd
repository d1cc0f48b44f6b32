"""The vectors that a block trains on."""

from libc.stdint cimport int32_t, int64_t, uint32_t

from embed.engine._blocks cimport Block
from embed.engine._kernels cimport Scratch, embed_kernels, embed_window
from embed.engine._log cimport embed_log
from embed.engine._rows cimport Rows, output_factor, target_row

cdef class BlockVectors:
    cdef Rows rows
    cdef const embed_kernels *kernels
    cdef int64_t stride
    cdef int width
    cdef bint in_round          # what is changed is left in the log
    cdef bint in_rows           # but for that, vectors are trained in their rows
    cdef float **vectors        # [positions] the row that each is trained in, or the copy of its word
    cdef float *ratios          # [positions] learning rate of each over that of the output rows
    cdef float *places          # [place_count, stride] copies too
    cdef int place_count        # 2 * window, or 0
    cdef float *_divisors       # [n] n ** gradient_power
    cdef embed_log log          # what this worker has changed
    # The copies: of places, of words and, in a round or where they have a factor, of output rows.
    cdef Scratch _now           # [copies, stride]
    cdef Scratch _before        # [copies, stride] as they were when made, where the matrix does not hold just that
    cdef const float **_origins  # [copies] in a round: where each is as it was
    cdef int32_t *_owners       # [copies] as in the log
    cdef int32_t _copies        # of the block at hand
    # A hash table of them that is empty once their number is 0: a slot is taken if the copy it names is there and names
    # it as well.
    cdef int32_t *_slots        # [slot_mask + 1]
    cdef uint32_t _slot_mask
    cdef int32_t *_homes        # [copies]
    cdef Scratch _ratio_memory, _divisor_memory
    cdef object _pointer_memory, _index_memory

    cdef void begin(self) noexcept nogil
    cdef void gather(self, const Block *block, float ratio) noexcept nogil
    cdef void scatter(self) noexcept nogil
    cdef int log_changes(self) noexcept nogil
    cdef float *copied_output_row(self, int32_t row) noexcept nogil
    cdef void settle(self, const embed_window *plan) noexcept nogil
    cdef void _settle_copy(self, int32_t copy) noexcept nogil
    cdef void _scatter_by_factors(self, int32_t vector, const float *now, const float *before) noexcept nogil
    cdef int32_t _copy_of(self, int32_t owner) noexcept nogil
    cdef int32_t _add_copy(self, int32_t owner, int32_t home) noexcept nogil
    cdef int32_t _copy_word(self, int32_t word, int32_t home) noexcept nogil
    cdef void _fetch_rows(self, int32_t owner) noexcept nogil
    cdef float *_keep_before(self, int64_t copy, float *source) noexcept nogil


cdef inline float *output_row(BlockVectors self, int32_t row) noexcept nogil:
    """The row itself; in a round, or where it has a factor other than 1, the block's copy."""
    if not self.in_round and output_factor(self.rows, row) == 1:
        return target_row(self.rows, row)
    return self.copied_output_row(row)
