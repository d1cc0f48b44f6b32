"""The output rows that the windows of a block meet."""

from libc.stdint cimport int32_t, int64_t, uint8_t

from embed.engine._block_vectors cimport BlockVectors
from embed.engine._blocks cimport Block
from embed.engine._kernels cimport embed_window

ctypedef struct Side:
    # The output rows that contexts on one side of a center meet, or those on either side.
    float **words       # [BLOCK] of each center, with noise
    float **nodes       # [BLOCK, most nodes] of each center, with a tree
    float **noise       # [noise windows, negatives] of each window the distinct rows and then those drawn again


cdef class Targets:
    cdef int sides
    cdef bint has_noise, has_tree
    cdef int64_t most               # of a window
    cdef int64_t most_of_a_block
    cdef int negatives, noise_windows
    cdef int32_t *_distinct     # [noise windows] how many rows of its noise are distinct
    cdef int32_t *_folds        # [noise windows, negatives] which of them, counted from 1, each one drawn again is
    cdef const int64_t[::1] _node_offsets   # [V + 1] of each word the nodes on its path and their labels
    cdef const int32_t[::1] _nodes
    cdef const uint8_t[::1] _labels
    cdef int32_t _first_node    # where nodes begin among the output rows, of one side
    cdef int64_t _most_nodes    # on a path
    cdef Side _sides[2]
    cdef object _pointer_memory, _index_memory

    cdef void find(self, BlockVectors vectors, const Block *block) noexcept nogil
    cdef void _find_folds(self, float **rows, int32_t *folds, int32_t *distinct) noexcept nogil
    cdef void _plan_word(self, int64_t c, const Side *side, embed_window *plan) noexcept nogil
    cdef void _add_path(self, int32_t word, int64_t c, const Side *side, embed_window *plan) noexcept nogil


cdef inline bint plan_targets(Targets self, int32_t word, int64_t c, int side, embed_window *plan) noexcept nogil:
    """Plan which rows the window of center c, which is `word`, meets on a side; returns whether there are any."""
    if self.has_noise:
        self._plan_word(c, &self._sides[side], plan)
        if not self.has_tree:
            return True
    else:
        plan.unique = plan.ny = 0
    self._add_path(word, c, &self._sides[side], plan)
    return plan.ny > 0
