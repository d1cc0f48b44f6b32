"""Replicate, in each thread, the rows that all threads need: of the most frequent words, or of the top of their tree.

A row that two threads change in turn moves between their caches every time. So each of several threads trains its own
replicas of these rows for a chunk of the corpus. Afterwards, the rows change by the mean of the changes of all replicas
(docs/decisions/0018). With n-grams, the input rows that blocks change most often have replicas, too, and change by the
sum (docs/decisions/0059). So do output rows of a classifier of lines, whose chunks are short (docs/decisions/0051).
"""

import cython
from libc.stdint cimport int32_t, int64_t

import numpy as np

from embed.engine._kernels cimport Scratch, embed_kernels, embed_matrix_at, embed_prefetch_row
from embed.engine._rows cimport Rows, spread_row

cdef enum:
    _ROWS_AHEAD = 4  # other processors have changed the rows, which takes them long to come


@cython.final
cdef class RowReplicas:
    """Replicas of some rows of a matrix.

    Parameters
    ----------
    matrix : float32[R, stride]
    places : int32[count]
        The rows that have replicas.
    factors : float32[count] or float32[0]
        A row with factor 0 keeps its bits; none if all have the factor 1.
    share : float
        The share of the change of a replica that goes to the row.
    width : int
        The floats of a row that kernels work on.
    """

    def __cinit__(self, float[:, ::1] matrix not None, places, factors, double share, int width):
        self.matrix, self.places, self.factors = matrix, places, factors
        self.count, self.share, self.width = <int32_t> len(places), <float> share, width
        self._scratch = Scratch(2 * self.count * matrix.shape[1])
        self.now = self._scratch.floats
        self.before = self.now + self.count * matrix.shape[1]

    cdef void take(self) noexcept nogil:
        """Copy the rows to the replicas."""
        cdef int32_t i
        for i in range(self.count):
            self._fetch(i + _ROWS_AHEAD)
            self._take(i)

    cdef void give_back(self) noexcept nogil:
        """Add the share of the changes of the replicas to the rows."""
        cdef int32_t i
        for i in range(self.count):
            self._fetch(i + _ROWS_AHEAD)
            self._give_back(i)

    cdef void exchange(self) noexcept nogil:
        """Add the share of the changes of the replicas to the rows, and copy the rows to the replicas."""
        cdef int32_t i
        for i in range(self.count):
            self._fetch(i + _ROWS_AHEAD)
            self._give_back(i)
            self._take(i)

    cdef inline void _fetch(self, int32_t i) noexcept nogil:
        embed_prefetch_row(&self.matrix[self.places[min(i, self.count - 1)], 0], self.width)

    cdef inline void _take(self, int32_t i) noexcept nogil:
        cdef int64_t stride = self.matrix.shape[1], at = i * stride
        self.kernels.compose(embed_matrix_at(&self.matrix[0, 0], stride), &self.places[i], 1, 1, self.width,
                             self.now + at, self.before + at)

    cdef inline void _give_back(self, int32_t i) noexcept nogil:
        cdef int64_t stride = self.matrix.shape[1], at = i * stride
        if not self.factors.shape[0] or self.factors[i] != 0:
            self.kernels.scatter(embed_matrix_at(&self.matrix[0, 0], stride), &self.places[i], 1, self.share,
                                 self.width, self.now + at, self.before + at)


cdef RowReplicas replicate(const embed_kernels *kernels, float[:, ::1] matrix, places, factors, double share,
                           int width):
    """Return replicas that are copied by these kernels."""
    cdef RowReplicas replicas = RowReplicas(matrix, places, factors, share, width)
    replicas.kernels = kernels
    return replicas


@cython.final
cdef class Replicas:
    """Replicas of the rows of some words, and of the input rows that many words have.

    Parameters
    ----------
    rows : Rows
        Finds the replicas instead of the rows, between `take` and `give_back`.
    targets : embed.engine.problem.Targets
        If they are only nodes of a tree, the last nodes (the root and those below it) have replicas.
    settings : embed.engine.problem.Settings
        The input rows of `replicated_words` have replicas if words are contexts and every vector is one input row; else
        the first `replicated_rows` have. `replica_share` is 1 over the number of threads: the mean of all replicas,
        because their sum oscillates. Of `replicated_rows`, it is the sum.
    """

    def __init__(self, Rows rows, targets, settings):
        self.rows = rows
        cdef int32_t words = settings.replicated_words
        cdef double share = settings.replica_share
        # a tree of n leaves has n - 1 nodes
        rows.own_output_first = max(0, targets.words - 1 - words) * targets.sides if targets.noise is None else 0
        none = np.empty(0, np.float32)
        # a vector that is one row has the factor of the row
        if rows.plain:
            self.inputs = self._of(rows.inputs, rows.vector_factors if rows.has_input_factors else none, 0,
                                   words if settings.window else 0, share)
        else:  # which are not spread
            self.inputs = replicate(rows.kernels, rows.inputs, np.arange(settings.replicated_rows, dtype=np.int32),
                                    none, 1, rows.width)
            rows.composed.own = self.inputs.now
        self.outputs = self._of(rows.outputs, rows.output_factors if rows.has_output_factors else none,
                                rows.own_output_first, words * targets.sides, share)
        rows.is_shared = rows.is_shared or words > 0
        rows.own_inputs, rows.own_outputs = self.inputs.now, self.outputs.now

    cdef RowReplicas _of(self, float[:, ::1] matrix, const float[::1] factors, int32_t first, int32_t count,
                         double share):
        """Return the replicas of some rows of a matrix."""
        places = np.array([spread_row(self.rows, row) for row in range(first, first + count)], np.int32)
        return replicate(self.rows.kernels, matrix, places, factors[first:first + count], share, self.rows.width)

    cdef void take(self) noexcept nogil:
        """Copy the rows to the replicas, and use the replicas from now on."""
        self.inputs.take()
        self.outputs.take()
        self.rows.own_output_count = self.outputs.count
        if self.rows.plain:
            self.rows.own_input_count = self.inputs.count
        else:
            self.rows.composed.own_count = self.inputs.count

    cdef void give_back(self) noexcept nogil:
        """Add this thread's share of the changes to the rows, and use the rows from now on."""
        self.rows.own_input_count = self.rows.own_output_count = self.rows.composed.own_count = 0
        self.inputs.give_back()
        self.outputs.give_back()
