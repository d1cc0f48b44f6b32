"""The matrices that are trained, and which of their rows a word has."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uintptr_t

from embed.engine._kernels cimport embed_kernels


cdef class Rows:
    cdef float[:, ::1] inputs
    cdef float[:, ::1] outputs
    cdef float[:, ::1] places
    cdef const int64_t[::1] row_offsets
    cdef const int32_t[::1] rows
    cdef const uint8_t[::1] frozen
    cdef const embed_kernels *kernels
    cdef int64_t words, stride
    cdef int sides      # output rows of a word: 1, or one for each side of a center
    cdef int width
    cdef bint sums, has_frozen
    cdef bint plain     # every word has one input row, of its own number
    cdef uint32_t spread_count  # so many rows of the words, the first, lie spread: 0, or 2 ** (spread_shift + 3)
    cdef int spread_shift
    cdef bint is_shared     # by several threads: some rows lie spread, or are found in replicas
    # The rows of each matrix that are found in replicas instead (_replicas.pyx): the first inputs, and some outputs.
    cdef int32_t own_input_count, own_output_count, own_output_first
    cdef float *own_inputs
    cdef float *own_outputs


cdef inline int32_t turned(uint32_t row, uint32_t count, int shift) noexcept nogil:
    """Where the row of a word lies among `count` that are spread: its number's binary digits turned by three.

    Rows that follow one another then lie eight apart, with seven between them that are needed far less often.
    """
    return <int32_t> ((row << 3 | row >> shift) & (count - 1))


cdef inline int32_t place_of(Rows self, int32_t row) noexcept nogil:
    cdef uint32_t is_among
    if self.spread_count == 0:
        return row
    # without a branch, for the processor cannot foresee which words come
    is_among = -<uint32_t> (<uint32_t> row < self.spread_count)
    return row ^ ((row ^ turned(<uint32_t> row, self.spread_count, self.spread_shift)) & <int32_t> is_among)


cdef inline float *either(float *shared, float *own, bint is_own) noexcept nogil:
    """One of two addresses, without a branch, for the same reason."""
    return <float *> (<uintptr_t> shared ^ ((<uintptr_t> shared ^ <uintptr_t> own) & -<uintptr_t> is_own))


cdef inline const int32_t *rows_of(Rows self, int32_t word, int32_t *own, int64_t *size) noexcept nogil:
    """The input rows of a word and how many they are; without n-grams `own`, which spares two look-ups."""
    cdef int64_t first
    if self.plain:
        own[0], size[0] = place_of(self, word), 1
        return own
    first = self.row_offsets[word]
    size[0] = self.row_offsets[word + 1] - first
    return &self.rows[first]


cdef inline int64_t row_count(Rows self, int32_t word) noexcept nogil:
    return 1 if self.plain else self.row_offsets[word + 1] - self.row_offsets[word]


cdef inline float *word_row(Rows self, int32_t word) noexcept nogil:
    """The input row of a word that has but one."""
    if not self.is_shared:
        return &self.inputs[word, 0]
    return either(&self.inputs[place_of(self, word), 0], self.own_inputs + word * self.stride,
                  word < self.own_input_count)


cdef inline float *target_row(Rows self, int32_t row) noexcept nogil:
    cdef int32_t own = row - self.own_output_first
    if not self.is_shared:
        return &self.outputs[row, 0]
    return either(&self.outputs[place_of(self, row), 0], self.own_outputs + own * self.stride,
                  <uint32_t> own < <uint32_t> self.own_output_count)


cdef inline bint is_frozen(Rows self, int32_t word) noexcept nogil:
    return self.has_frozen and self.frozen[word] != 0


cdef inline bint is_frozen_output(Rows self, int32_t row) noexcept nogil:
    return self.has_frozen and self.frozen[row // self.sides] != 0


cdef inline int64_t trained(Rows self, int32_t word) noexcept nogil:
    """How many of the word's input rows learn, from the first on."""
    if self.has_frozen:
        return 0 if self.frozen[word] else 1
    return row_count(self, word)


cdef inline float share(Rows self, int32_t word) noexcept nogil:
    """What each of the word's rows that learn has moved by over what its vector has."""
    if self.sums:
        return 1 / <float> max(trained(self, word), <int64_t> 1)
    if self.has_frozen:  # one row alone moves the mean of n by 1/n
        return <float> row_count(self, word)
    return 1
