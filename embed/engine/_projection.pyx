"""Project the vectors of the documents of a block to their codes, and learn from how the windows move the codes.

Real-Binary Paragraph Vector (Grzegorczyk & Kurdziel 2017): a document has a vector x of `dim` numbers, and a code, the
signs of u = P x. Windows train the code, and each batch of them moves u along (:mod:`embed.engine._block_vectors`). At
the end of the block, what u has moved by goes back to x and to P (``csrc/kernels_codes.h``). The rows of P are vectors
like any other, so rounds need nothing else.

Rejected: moving x and P after each batch of windows (three products with P each time instead of once a block).
"""

import cython
from libc.stdint cimport int32_t, int64_t

from embed.engine._kernels cimport EMBED_ROW_FLOATS, embed_matrix_at, width_of
from embed.engine._rows cimport rows_of

# The number of a row in a matrix that begins with it.
cdef int32_t _FIRST = 0


@cython.final
cdef class Projection:
    """The projection; :class:`embed.engine.problem.Projection` documents the arguments.

    Parameters
    ----------
    projection : embed.engine.problem.Projection or None
    rows : Rows
    settings : embed.engine.problem.Settings
    most_tags : int
        Of a sentence.
    """

    def __init__(self, projection, Rows rows, settings, int64_t most_tags):
        cdef int64_t bits, b
        self.is_used, self.width = projection is not None, rows.width
        if not self.is_used:
            return
        bits = projection.bits
        self.rows, self.kernels, self.first = rows, rows.kernels, projection.first_vector
        self.width = width_of(rows.kernels, bits)
        self._columns = (bits + EMBED_ROW_FLOATS - 1) // EMBED_ROW_FLOATS * EMBED_ROW_FLOATS
        self.has_own = settings.replica_share < 1 and not settings.inference
        self._projection.bits, self._projection.width = <int> bits, rows.width
        self._projection.rate = 0 if settings.inference else projection.rate
        self._floats = Scratch(2 * most_tags * self._columns + rows.stride)
        self._now = self._floats.floats
        self._before = self._now + most_tags * self._columns
        self._projection.change = self._before + most_tags * self._columns
        self._own_floats = Scratch(2 * bits * rows.stride if self.has_own else 0)
        self._own = self._own_floats.floats
        self._pointers = bytearray(sizeof(void *) * bits)
        cdef unsigned char[::1] pointers = self._pointers
        self._projection.rows = <float **> &pointers[0]
        for b in range(bits):
            self._projection.rows[b] = self._own + b * rows.stride if self.has_own else self._row(b)

    cdef float *_row(self, int64_t b) noexcept nogil:
        """Return a row of the matrix."""
        cdef int32_t own
        cdef int64_t size
        return &self.rows.inputs[rows_of(self.rows, self.first + <int32_t> b, &own, &size)[0], 0]

    cdef void take(self) noexcept nogil:
        """Copy the rows, and use the copies from now on."""
        cdef int64_t b
        if self.has_own:
            for b in range(self._projection.bits):
                self.kernels.compose(embed_matrix_at(self._row(b), self.rows.stride), &_FIRST, 1, 1, self.rows.width,
                                     self._projection.rows[b], self._before_own(b))

    cdef void give_back(self) noexcept nogil:
        """Add the changes to the rows."""
        cdef int64_t b
        if self.has_own:
            for b in range(self._projection.bits):
                self.kernels.scatter(embed_matrix_at(self._row(b), self.rows.stride), &_FIRST, 1, 1, self.rows.width,
                                     self._projection.rows[b], self._before_own(b))

    cdef inline float *_before_own(self, int64_t b) noexcept nogil:
        return self._own + (self._projection.bits + b) * self.rows.stride

    cdef void project(self, BlockVectors vectors, const Block *block) noexcept nogil:
        """Let the windows of a block train the codes of its tags."""
        cdef int64_t t, b
        if vectors.in_round:
            for b in range(self._projection.bits):
                self._projection.rows[b] = vectors.trained(self.first + <int32_t> b)
        for t in range(block.tags):
            self._take(t, vectors.vectors[block.positions + t])
            self.kernels.project(&self._projection)
            vectors.encode(block, t, self._projection.now, self.width)

    cdef void unproject(self, BlockVectors vectors, const Block *block) noexcept nogil:
        """Move the tags and the rows by what the projections of the tags have moved by."""
        cdef int64_t t
        for t in range(block.tags):
            self._take(t, vectors.trained(block.words[block.positions + t]))
            self.kernels.unproject(&self._projection)

    cdef inline void _take(self, int64_t t, float *vector) noexcept nogil:
        """Prepare the projection of a tag of the block."""
        self._projection.x = vector
        self._projection.now = self._now + t * self._columns
        self._projection.before = self._before + t * self._columns
