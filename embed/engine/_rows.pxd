"""Declare the trained matrices, and find the rows of each word."""

from libc.stdint cimport int32_t, int64_t, uint32_t, uintptr_t

from embed.engine._kernels cimport EMBED_ROW_FLOATS, embed_kernels, embed_matrix, embed_prefetch_read


cdef class Rows:
    cdef float[:, ::1] inputs           # [R, stride]
    cdef float[:, ::1] outputs          # [T, stride]
    cdef float[:, ::1] position_weights           # [2 * window, stride], or none
    cdef const int64_t[::1] unit_offsets    # [C + 1]
    cdef const int32_t[::1] units       # [M] the input rows that make up the vectors
    # Row factors, if any is not 1: of each mention of an input row, their sum for each vector, of output rows.
    cdef const float[::1] unit_factors      # [M]
    cdef const float[::1] vector_factors    # [C]
    cdef const float[::1] output_factors    # [T]
    cdef bint has_input_factors, has_output_factors
    cdef const embed_kernels *kernels
    cdef int64_t vectors        # C: words, then documents and their projection, or senses and their selectors
    cdef int64_t words          # V
    cdef int64_t first_sense    # the vectors of documents end here, and those of senses begin
    cdef int64_t stride
    cdef int width
    cdef bint sums
    cdef bint plain     # every vector is one input row, of its own number
    cdef embed_matrix composed  # the input rows, of which the first can have replicas unless `plain`
    cdef uint32_t spread_count  # how many of the first rows are spread: 0, or 2 ** (spread_shift + 3)
    cdef int spread_shift
    cdef bint is_shared     # by several threads: some rows are spread, or have replicas
    # The rows of each matrix that have replicas (_replicas.pyx): the first input rows, and some output rows.
    cdef int32_t own_input_count, own_output_count, own_output_first
    cdef float *own_inputs
    cdef float *own_outputs

    cdef _take_factors(self, factors)
    cdef _take_spread(self, int spread)


cdef inline int32_t turned(uint32_t row, uint32_t count, int shift) noexcept nogil:
    """Return the number of a row among `count` spread rows: its binary digits rotated by three.

    Consecutive rows are then eight apart, with seven rows between them that are needed far less often.
    """
    return <int32_t> ((row << 3 | row >> shift) & (count - 1))


cdef inline int32_t spread_row(Rows self, int32_t row) noexcept nogil:
    cdef uint32_t is_among
    if self.spread_count == 0:
        return row
    # without a branch, because the processor cannot predict the words
    is_among = -<uint32_t> (<uint32_t> row < self.spread_count)
    return row ^ ((row ^ turned(<uint32_t> row, self.spread_count, self.spread_shift)) & <int32_t> is_among)


cdef inline float *either(float *shared, float *own, bint is_own) noexcept nogil:
    """Return one of two addresses, without a branch for the same reason."""
    return <float *> (<uintptr_t> shared ^ ((<uintptr_t> shared ^ <uintptr_t> own) & -<uintptr_t> is_own))


cdef inline const int32_t *rows_of(Rows self, int32_t vector, int32_t *own, int64_t *size) noexcept nogil:
    """Return the input rows of a vector and their number; without n-grams use `own`, which saves two look-ups."""
    cdef int64_t first
    if self.plain:
        own[0], size[0] = spread_row(self, vector), 1
        return own
    first = self.unit_offsets[vector]
    size[0] = self.unit_offsets[vector + 1] - first
    return &self.units[first]


cdef inline void fetch_list(Rows self, int32_t vector) noexcept nogil:
    """Fetch the list of the input rows of a vector that has several, or its begin."""
    embed_prefetch_read(<const float *> &self.units[self.unit_offsets[vector]], EMBED_ROW_FLOATS)


cdef inline int64_t row_count(Rows self, int32_t vector) noexcept nogil:
    return 1 if self.plain else self.unit_offsets[vector + 1] - self.unit_offsets[vector]


cdef inline bint is_document(Rows self, int32_t vector) noexcept nogil:
    """Tell whether a vector is that of a document, or a row of the projection of documents."""
    return self.words <= vector < self.first_sense


cdef inline float *input_row(Rows self, int32_t vector) noexcept nogil:
    """Return the input row of a vector that has a single one."""
    if not self.is_shared:
        return &self.inputs[vector, 0]
    return either(&self.inputs[spread_row(self, vector), 0], self.own_inputs + vector * self.stride,
                  vector < self.own_input_count)


cdef inline float *target_row(Rows self, int32_t row) noexcept nogil:
    cdef int32_t own = row - self.own_output_first
    if not self.is_shared:
        return &self.outputs[row, 0]
    return either(&self.outputs[spread_row(self, row), 0], self.own_outputs + own * self.stride,
                  <uint32_t> own < <uint32_t> self.own_output_count)


cdef inline float share(Rows self, int32_t vector) noexcept nogil:
    """Return the change of each row of a vector over the change of the vector, if all its rows have the factor 1."""
    return 1 / <float> max(row_count(self, vector), <int64_t> 1) if self.sums else 1


cdef inline float unit_share(Rows self, int32_t vector, int64_t r) noexcept nogil:
    """Return the same for the r-th row of a vector by its factor: 0 if it is frozen.

    With factors f, the vector has moved by the mean (or sum) of f times the change of a row with factor 1.
    """
    cdef float factor = self.unit_factors[self.unit_offsets[vector] + r]
    if factor == 0:
        return 0
    return factor * ((1 if self.sums else <float> row_count(self, vector)) / self.vector_factors[vector])


cdef inline float output_factor(Rows self, int32_t row) noexcept nogil:
    return self.output_factors[row] if self.has_output_factors else 1
