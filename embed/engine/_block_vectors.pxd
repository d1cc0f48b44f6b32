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
    cdef bint in_round          # changes go to the log
    cdef bint in_rows           # outside rounds, vectors are trained in their rows
    cdef bint has_word_contexts     # windows have contexts besides tags
    cdef bint only_tags         # move, in inference
    cdef float code_size        # of tags; 0: they have no codes
    cdef float max_norm         # of the vectors of tags; 0: any
    cdef float **vectors        # [positions + tags] the row that is trained, the copy of it, or the code of a tag
    cdef float *ratios          # [positions + tags] learning rate of each over that of the output rows
    cdef Scratch _codes         # [tags, stride]
    cdef float *position_weights    # [position_count, stride], copies
    cdef int position_count     # 2 * window, or 0
    cdef float *_divisors       # [n] n ** gradient_power
    cdef embed_log log          # the changes of this worker
    # The copies of position weights, of words and, in a round or with a factor, of output rows.
    cdef Scratch _now           # [copies, stride]
    cdef Scratch _before        # [copies, stride] their values before training, unless the matrix has these
    cdef const float **_origins  # [copies] in a round: the value of each before training
    cdef int32_t *_owners       # [copies] as in the log
    cdef int32_t _copies        # of the current block
    # A hash table of the copies. A slot is taken if the copy in it exists and has this slot as its home, so that the
    # table is empty when `_copies` is 0.
    cdef int32_t *_slots        # [slot_mask + 1]
    cdef uint32_t _slot_mask
    cdef int32_t *_homes        # [copies]
    cdef Scratch _ratio_memory, _divisor_memory
    cdef object _pointer_memory, _index_memory

    cdef void begin(self) noexcept nogil
    cdef void gather(self, const Block *block, float ratio) noexcept nogil
    cdef void _copy_vector(self, int64_t i, int32_t vector, float ratio) noexcept nogil
    cdef void constrain_tags(self, const Block *block) noexcept nogil
    cdef float *trained(self, int32_t vector) noexcept nogil
    cdef float *_copy_at(self, int32_t vector) noexcept nogil
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
    """Return the row; in a round, or if its factor is not 1, return the copy of it in the block."""
    if not self.in_round and output_factor(self.rows, row) == 1:
        return target_row(self.rows, row)
    return self.copied_output_row(row)
