"""Replicate, in each thread, the rows that all threads need: of the most frequent words, or of the top of their tree.

A row that two threads change in turn moves between their caches every time. So each of several threads trains its own
replicas of these rows for a chunk of the corpus. Afterwards, the rows change by the mean of the changes of all replicas
(docs/decisions/0018).
"""

import cython
from libc.stdint cimport int32_t

from embed.engine._rows cimport Rows, spread_row


@cython.final
cdef class Replicas:
    """Replicas of some rows.

    Parameters
    ----------
    rows : Rows
        Finds the replicas instead of the rows, between `take` and `give_back`.
    targets : embed.engine.problem.Targets
    words : int
        How many of the first words have replicas: of their output rows and, if words are contexts and every vector is
        one input row, of that.
        If the targets are only nodes of a tree, the last nodes (the root and those below it) have replicas.
    has_word_contexts : bool
    share : float
        1 over the number of threads: the mean of all replicas, because their sum oscillates.
    """

    def __init__(self, Rows rows, targets, int32_t words, bint has_word_contexts, double share):
        self.rows, self.share = rows, <float> share
        self.input_count = words if rows.plain and has_word_contexts else 0
        self.output_count = words * targets.sides
        # a tree of n leaves has n - 1 nodes
        rows.own_output_first = max(0, targets.words - 1 - words) * targets.sides if targets.noise is None else 0
        self._inputs = Scratch(2 * self.input_count * rows.stride)
        self._outputs = Scratch(2 * self.output_count * rows.stride)
        rows.is_shared = rows.is_shared or words > 0
        rows.own_inputs, rows.own_outputs = self._inputs.floats, self._outputs.floats

    cdef void take(self) noexcept nogil:
        """Copy the rows to the replicas, and use the replicas from now on."""
        self._copy(&self.rows.inputs[0, 0], 0, self.input_count, self._inputs.floats)
        self._copy(&self.rows.outputs[0, 0], self.rows.own_output_first, self.output_count, self._outputs.floats)
        self.rows.own_input_count, self.rows.own_output_count = self.input_count, self.output_count

    cdef void give_back(self) noexcept nogil:
        """Add this thread's share of the changes to the rows, and use the rows from now on."""
        self.rows.own_input_count = self.rows.own_output_count = 0
        # a vector that is one row has the factor of the row
        self._add(&self.rows.inputs[0, 0], &self.rows.vector_factors[0] if self.rows.has_input_factors else NULL, 0,
                  self.input_count, self._inputs.floats)
        self._add(&self.rows.outputs[0, 0], &self.rows.output_factors[0] if self.rows.has_output_factors else NULL,
                  self.rows.own_output_first, self.output_count, self._outputs.floats)

    cdef void _copy(self, float *matrix, int32_t first, int32_t count, float *now) noexcept nogil:
        cdef int32_t row, at
        cdef float *replica
        for row in range(count):
            at, replica = spread_row(self.rows, first + row), now + row * self.rows.stride
            self.rows.kernels.compose(matrix, self.rows.stride, &at, 1, 1, self.rows.width, replica,
                                      replica + count * self.rows.stride)

    cdef void _add(self, float *matrix, const float *factors, int32_t first, int32_t count,
                   const float *now) noexcept nogil:
        cdef int32_t row, at
        cdef const float *replica
        for row in range(count):
            if factors != NULL and factors[first + row] == 0:  # keeps its bits
                continue
            at, replica = spread_row(self.rows, first + row), now + row * self.rows.stride
            self.rows.kernels.scatter(matrix, self.rows.stride, &at, 1, self.share, self.rows.width, replica,
                                      replica + count * self.rows.stride)
