"""Replicas of the rows that all threads want at once: those of the most frequent words, or of the top of their tree.

A row that two threads change in turns is each time fetched from the other's cache. So while several threads train, each
has replicas of its own of these rows for a chunk of the corpus, and then the rows move by the mean of what the replicas
of all threads have moved by (docs/decisions/0018).
"""

import cython
from libc.stdint cimport int32_t

from embed.engine._rows cimport Rows, place_of


@cython.final
cdef class Replicas:
    """Replicas of some rows.

    Parameters
    ----------
    rows : Rows
        While replicas are taken, it finds them in place of the rows.
    words : int
        How many words have them, the first: their output rows and, where every word has one input row, that.
    is_tree : bool
        The output rows are the nodes of a tree, of which the last ones, the root and those below it, have replicas.
    share : float
        1 over the number of threads: the mean of all replicas, not their sum, which oscillates.
    """

    def __init__(self, Rows rows, int32_t words, bint is_tree, double share):
        if not 0 <= words <= rows.words or (words and rows.has_frozen):
            raise ValueError(f"{words} replicated words: they must be there, and none of them frozen")
        self.rows, self.share = rows, <float> share
        self.input_count = words if rows.plain else 0
        self.output_count = words * rows.sides
        # a tree of n leaves has n - 1 nodes
        rows.own_output_first = max(0, <int32_t> rows.words - 1 - words) * rows.sides if is_tree else 0
        self._inputs = Scratch(2 * self.input_count * rows.stride)
        self._outputs = Scratch(2 * self.output_count * rows.stride)
        rows.is_shared = rows.is_shared or words > 0
        rows.own_inputs, rows.own_outputs = self._inputs.floats, self._outputs.floats

    cdef void take(self) noexcept nogil:
        """Make the replicas what the rows are, and let them be found."""
        self._copy(&self.rows.inputs[0, 0], 0, self.input_count, self._inputs.floats)
        self._copy(&self.rows.outputs[0, 0], self.rows.own_output_first, self.output_count, self._outputs.floats)
        self.rows.own_input_count, self.rows.own_output_count = self.input_count, self.output_count

    cdef void give_back(self) noexcept nogil:
        """Let the rows be found again, moved by this thread's share."""
        self.rows.own_input_count = self.rows.own_output_count = 0
        self._add(&self.rows.inputs[0, 0], 0, self.input_count, self._inputs.floats)
        self._add(&self.rows.outputs[0, 0], self.rows.own_output_first, self.output_count, self._outputs.floats)

    cdef void _copy(self, float *matrix, int32_t first, int32_t count, float *now) noexcept nogil:
        cdef int32_t row, place
        cdef float *replica
        for row in range(count):
            place, replica = place_of(self.rows, first + row), now + row * self.rows.stride
            self.rows.kernels.compose(matrix, self.rows.stride, &place, 1, 1, self.rows.width, replica,
                                      replica + count * self.rows.stride)

    cdef void _add(self, float *matrix, int32_t first, int32_t count, const float *now) noexcept nogil:
        cdef int32_t row, place
        cdef const float *replica
        for row in range(count):
            place, replica = place_of(self.rows, first + row), now + row * self.rows.stride
            self.rows.kernels.scatter(matrix, self.rows.stride, &place, 1, self.share, self.rows.width, replica,
                                      replica + count * self.rows.stride)
