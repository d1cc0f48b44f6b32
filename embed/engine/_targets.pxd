"""Declare the targets of the windows of a block."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

from embed.engine._block_vectors cimport BlockVectors
from embed.engine._blocks cimport SETS, Block
from embed.engine._kernels cimport embed_window
from embed.engine._rows cimport Rows

ctypedef struct Side:
    # The output rows for the contexts on one side of the centers, or on both.
    float **words       # [BLOCK] the row of each center, with noise
    float **paths       # [starts] with a tree, the rows of the path of each center, and room for those of its word
    float **noise       # [noise windows, negatives] the distinct rows of each window, then the repeated ones
    float **noise_sets  # [1 + SETS, noise windows, negatives] `noise` of each set of draws, and of a block's own


cdef class Targets:
    cdef int sides
    cdef bint has_noise, has_tree, has_bags
    cdef int64_t most               # of a window
    cdef int64_t most_of_a_block
    cdef int64_t most_of_a_token
    cdef int64_t most_ahead         # nodes of a block that `list_nodes` can list
    cdef int negatives, noise_windows
    cdef int64_t run                # windows in a row with the same noise
    cdef int64_t listed_run         # windows in a row whose noise a bag or a pair lists once
    cdef int32_t *_lots         # [BLOCK] which draw of noise a center has
    cdef int32_t *_distinct     # [noise windows] the number of distinct rows
    cdef int32_t *_folds        # [noise windows, negatives] the distinct row, from 1, that each repeated one equals
    cdef uint64_t _stream       # which draws the rows of `noise_sets[0]` are of
    cdef int64_t _known         # how many of them are found
    cdef uint64_t _found[1 + SETS]  # the epochs of the sets of draws whose rows are found
    cdef int32_t *_repeats      # [1 + SETS, noise windows, 1 + negatives] `_distinct` and `_folds` of each set of draws
    cdef const int64_t[::1] _node_offsets   # [V + 1] into the nodes and labels of each word's path
    cdef const int32_t[::1] _nodes
    cdef const uint8_t[::1] _labels
    cdef int32_t _first_node    # the first output row of nodes, for one side
    cdef int64_t _most_nodes    # of a path
    cdef int32_t _first_frequent    # node: the nodes from here on are near the root
    cdef Side _sides[2]
    cdef int32_t *_starts       # [BLOCK + 1] the begin of the path of each center in `paths` and `_path_labels`
    cdef uint8_t *_path_labels  # [starts] the label of each row of `paths`
    cdef int32_t _room          # behind each path: 1 + negatives, or 0 without noise
    cdef object _pointer_memory, _index_memory, _label_memory

    cdef void find(self, BlockVectors vectors, const Block *block) noexcept nogil
    cdef void _find_paths(self, BlockVectors vectors, const Block *block, int side) noexcept nogil
    cdef void fetch_paths(self, const Block *block) noexcept nogil
    cdef int64_t list_nodes(self, Rows rows, int32_t word, const float **ahead) noexcept nogil
    cdef void mark(self, const Block *block, uint64_t *marks) noexcept nogil
    cdef void _find_folds(self, float **rows, int32_t *folds, int32_t *distinct) noexcept nogil
    cdef void _add_word(self, int64_t c, const Side *side, embed_window *plan) noexcept nogil
    cdef void plan_bag(self, int64_t first, int64_t centers, embed_window *plan) noexcept nogil


cdef inline bint plan_targets(Targets self, int64_t c, int side, embed_window *plan) noexcept nogil:
    """Plan the rows of the window of center c on a side; return whether there are any."""
    plan.unique = plan.ny = 0
    if self.has_tree:
        plan.y, plan.labels = self._sides[side].paths + self._starts[c], self._path_labels + self._starts[c]
        plan.unique = plan.ny = self._starts[c + 1] - self._starts[c] - self._room
    if self.has_noise:
        self._add_word(c, &self._sides[side], plan)
    return plan.ny > 0
