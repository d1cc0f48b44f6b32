"""The vectors that a block trains on."""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from embed.engine._blocks cimport Block
from embed.engine._kernels cimport Scratch, embed_kernels, embed_window
from embed.engine._log cimport embed_log
from embed.engine._marks cimport embed_is_marked
from embed.engine._rows cimport Rows, input_row, output_factor, target_row

cdef class BlockVectors:
    cdef Rows rows
    cdef const embed_kernels *kernels
    cdef int64_t stride
    cdef int width
    cdef bint in_round          # shared rows keep still, and their copies are logged
    cdef bint has_senses
    cdef uint64_t *_shared      # the marks of rows that have copies in a round
    cdef object _shared_memory
    cdef bint in_rows           # outside rounds, vectors are trained in their rows
    cdef bint free_in_rows      # the same where rows have factors, for those that are not frozen
    cdef bint has_word_contexts     # windows have contexts besides tags
    cdef bint only_tags         # move, in inference
    cdef float code_size        # of tags; 0: they have no codes
    cdef int32_t first_projected    # the projection that makes codes of tags has these vectors
    cdef int32_t projected      # how many; 0: tags are encoded as they are
    cdef int code_width
    cdef float max_norm         # of the vectors of tags; 0: any
    cdef float **vectors        # [positions + tags] the row that is trained, the copy of it, or the code of a tag
    cdef float *ratios          # [positions + tags] learning rate of each over that of the output rows
    cdef Scratch _codes         # [tags, stride]
    cdef float **_encoded       # [tags] the copy of a tag, or the projection of it, whose sign is the code
    cdef float *position_weights    # [position_count, stride], copies
    cdef int position_count     # 2 * window, or 0
    cdef float *_divisors       # [n] n ** gradient_power
    cdef embed_log log          # in a round, the copies of the tiles of this worker
    # The copies of position weights, of words and, if they are shared or have a factor, of output rows.
    cdef float *_now            # [copies, stride] in the log
    cdef Scratch _before        # [copies, stride] their values before training, if no row has them
    cdef int32_t *_owners       # [copies] in the log
    cdef int32_t _copies        # of the current block
    # A hash table of the copies. A slot is taken if the copy in it exists and has this slot as its home, so that the
    # table is empty when `_copies` is 0.
    cdef int32_t *_slots        # [slot_mask + 1]
    cdef uint32_t _slot_mask
    cdef int32_t *_homes        # [copies]
    cdef Scratch _ratio_memory, _divisor_memory
    cdef Scratch _index_memory
    # At most: the copies of a block, or of a tile; what a block, a token and a halo can need. Vectors of a position.
    cdef int64_t _most_copies, _most_of_a_block, _most_of_a_token, _halo, _vectors_of_a_position
    cdef int64_t _least_slots   # of the table, which grows with a tile
    cdef object _pointer_memory

    cdef _allocate(self, int64_t most_owners)
    cdef begin_rounds(self, int64_t tile)
    cdef void begin_round(self, const uint64_t *marks, int64_t tiles) noexcept nogil
    cdef void mark(self, const Block *block, uint64_t *marks) noexcept nogil
    cdef void end_rounds(self) noexcept nogil
    cdef void make_room(self) noexcept nogil
    cdef int begin_tile(self) noexcept nogil
    cdef void end_tile(self) noexcept nogil

    cdef void begin(self) noexcept nogil
    cdef void gather(self, const Block *block, float ratio) noexcept nogil
    cdef void _take_row(self, int64_t i, int32_t vector, float ratio) noexcept nogil
    cdef void _copy_vector(self, int64_t i, int32_t vector, float ratio) noexcept nogil
    cdef void encode(self, const Block *block, int64_t t, float *u, int width) noexcept nogil
    cdef void constrain_tags(self, const Block *block) noexcept nogil
    cdef float *trained(self, int32_t vector) noexcept nogil
    cdef float *_copy_at(self, int32_t vector) noexcept nogil
    cdef void scatter(self) noexcept nogil
    cdef float *copied_output_row(self, int32_t row) noexcept nogil
    cdef void settle(self, const embed_window *plan) noexcept nogil
    cdef void _settle_copy(self, int32_t copy) noexcept nogil
    cdef void _scatter_by_factors(self, int32_t vector, const float *now, const float *before) noexcept nogil
    cdef int32_t _copy_of(self, int32_t owner) noexcept nogil
    cdef int32_t _add_copy(self, int32_t owner, int32_t home) noexcept nogil
    cdef int32_t _copy_word(self, int32_t word, int32_t home) noexcept nogil


cdef inline bint is_shared(BlockVectors self, int32_t owner) noexcept nogil:
    """Tell whether other tiles of the round touch a row, so that it keeps still while a copy of it is trained."""
    return self.in_round and embed_is_marked(self._shared, owner)


cdef inline bint is_in_place(BlockVectors self, int32_t vector) noexcept nogil:
    """Tell whether a vector is trained in its row."""
    if self.in_rows:
        return not is_shared(self, vector)
    return self.free_in_rows and not self.in_round and self.rows.unit_factors[vector] != 0


cdef inline float *current_output_row(BlockVectors self, int32_t row) noexcept nogil:
    """Return where the value of an output row is."""
    cdef int32_t copy = self._copy_of(~row) if is_shared(self, ~row) else -1
    return target_row(self.rows, row) if copy < 0 else self._now + copy * self.stride


cdef inline float *output_row(BlockVectors self, int32_t row) noexcept nogil:
    """Return the row; if other tiles of the round touch it, or if its factor is not 1, return the copy of it."""
    if not is_shared(self, ~row) and output_factor(self.rows, row) == 1:
        return target_row(self.rows, row)
    return self.copied_output_row(row)
