"""The senses that a block's positions have chosen."""

from libc.stdint cimport int32_t, int64_t

from embed.engine._block_vectors cimport BlockVectors
from embed.engine._blocks cimport Block
from embed.engine._kernels cimport EMBED_MOST_SENSES, Scratch, embed_kernels, embed_mixture, embed_surroundings
from embed.engine._rows cimport Rows

cdef enum:
    # The most rows that a word needs besides its own: what it adds to contexts, and two for each sense.
    MOST_ROWS = 1 + 2 * EMBED_MOST_SENSES


cdef class Senses:
    cdef bint is_used
    cdef Rows rows
    cdef const embed_kernels *kernels
    cdef const int32_t[::1] firsts      # [V] the first sense of each word
    cdef const int32_t[::1] sizes       # [V] how many it has
    cdef const float[:, ::1] contexts   # [V, context width] what each word adds to the contexts of others
    cdef int32_t first                  # vector of the first sense
    cdef int32_t count                  # of all senses; the vectors of the selectors follow
    cdef float selector_rate
    cdef embed_surroundings _surroundings, _around
    cdef embed_mixture _mixture
    cdef int32_t *_words                # [chosen] the words of the positions
    cdef float *_p                      # [chosen, 1 + EMBED_MOST_SENSES]
    cdef float *_scales                 # [chosen] learning rate of the senses over that of the word
    cdef float *_surplus                # [chosen, EMBED_MOST_SENSES]
    cdef float *_now                    # [chosen, stride]
    cdef float *_before                 # [chosen, stride]
    cdef Scratch _floats
    cdef object _pointers, _integers

    cdef void mix(self, BlockVectors vectors, const Block *block, float ratio, float lr) noexcept nogil
    cdef void unmix(self, BlockVectors vectors) noexcept nogil
    cdef void _take(self, BlockVectors vectors, int64_t i) noexcept nogil
    cdef int64_t list_rows(self, int32_t word, const float **rows) noexcept nogil
