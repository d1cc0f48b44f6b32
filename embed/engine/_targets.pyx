"""Find the targets of a window: the output rows that its contexts, or their mean, are scored against, with labels.

With negative sampling, these are the row of the center, with label 1, and rows of noise, with label 0 (Mikolov et al.
2013). With a tree, they are the nodes on the path of the center, labelled by the turn of the path at each (Morin &
Bengio 2005). A window can have both. A new loss over output rows is a new way to fill a plan here.

Noise is drawn for a few windows of a block and dealt to the others (docs/decisions/0003), so repeated rows in it are
found once for each block (docs/decisions/0012). Windows of a bag meet their rows at once (docs/decisions/0039, 0040).
"""

import cython
from libc.stdint cimport int32_t, int64_t, uint64_t

import numpy as np

from embed.engine._block_vectors cimport BlockVectors, output_row
from embed.engine._blocks cimport BLOCK, SETS, Block
from embed.engine._kernels cimport EMBED_LINE, embed_prefetch_read, embed_window
from embed.engine._marks cimport embed_mark
from embed.engine._rows cimport Rows, target_row

cdef enum:
    # So many nodes near the root, which most paths meet, stay in the cache.
    _FREQUENT_NODES = 1024
    # Numbers of the nodes of nearly every path, four bytes each.
    _PATH_FLOATS = 32


@cython.final
cdef class Targets:
    """Finds the output rows of a block, and plans those of each window.

    Parameters
    ----------
    targets : embed.engine.problem.Targets
    bag : int
        The most centers that have one plan; 0 if each has its own.
    has_sets : bool
        Blocks share sets of draws.
    """

    def __init__(self, targets, int bag, bint has_sets):
        cdef int64_t side, draws = 0, paths = 0, rows, c, sets = 1 + SETS * has_sets
        self.sides, self.has_bags, self.run = targets.sides, bag > 0, 1
        if targets.noise is not None:
            self.has_noise = True
            self.negatives, self.noise_windows = targets.noise.negatives, targets.noise.windows
            draws = self.noise_windows * <int64_t> self.negatives
            self.run = self.listed_run = targets.noise.run
            self.most = (1 + self.negatives) * max(1, bag)
        if targets.tree is not None:
            self.has_tree, self._first_node = True, targets.first_node
            self._node_offsets, self._nodes = targets.tree.offsets, targets.tree.nodes
            self._labels = targets.tree.labels
            self._most_nodes = int(np.diff(targets.tree.offsets).max())
            self._first_frequent = <int32_t> max(<int64_t> 0, targets.words - 1 - _FREQUENT_NODES)
            self.most += self._most_nodes
            self._room = 1 + self.negatives if self.has_noise else 0
            paths = BLOCK * (self._most_nodes + self._room)
        self._label_memory = bytearray(paths + EMBED_LINE)
        self._index_memory = bytearray(sizeof(int32_t) * (2 * BLOCK + 1 + sets * (self.noise_windows + draws)))
        cdef unsigned char[::1] indices = self._index_memory, labels = self._label_memory
        self._path_labels = <uint8_t *> &labels[0]
        self._lots = <int32_t *> &indices[0]
        for c in range(BLOCK if self.has_noise else 0):
            self._lots[c] = <int32_t> (c // self.run % self.noise_windows)
        self._starts = self._lots + BLOCK
        self._repeats = self._starts + BLOCK + 1
        rows = BLOCK * self.has_noise + paths + sets * draws
        self._pointer_memory = bytearray(sizeof(void *) * self.sides * rows + 1)
        cdef unsigned char[::1] pointers = self._pointer_memory
        for side in range(self.sides):
            self._sides[side].words = <float **> &pointers[0] + side * rows
            self._sides[side].paths = self._sides[side].words + BLOCK * self.has_noise
            self._sides[side].noise_sets = self._sides[side].paths + paths
        self.most_of_a_token = self.sides * (self.has_noise + self.negatives + self._most_nodes)
        self.most_ahead = self.sides * BLOCK * self._most_nodes
        self.most_of_a_block = self.sides * (BLOCK * (self.has_noise + self._most_nodes) + draws)

    cdef void find(self, BlockVectors vectors, const Block *block) noexcept nogil:
        """Find the output rows of a block, for each side of each center, and repeated rows of noise."""
        cdef int64_t own = block.own, i, j, known = 0
        cdef const int32_t *centers = block.words + block.left
        cdef Side *rows
        cdef int side
        cdef bint is_found = block.draw_set > 0 and self._found[block.draw_set] == block.draw_key
        # copies of rows are those of a block
        cdef bint keeps = not vectors.in_round and not vectors.rows.has_output_factors
        self._found[block.draw_set] = block.draw_key if keeps else 0
        if block.draw_set == 0:
            if keeps and block.stream == self._stream:
                known = min(self._known, block.draws)
            self._stream, self._known = block.stream, block.draws if keeps else 0
        self._distinct = self._repeats + block.draw_set * self.noise_windows * (1 + self.negatives)
        self._folds = self._distinct + self.noise_windows
        for side in range(self.sides):
            rows = &self._sides[side]
            if self.has_tree:
                self._find_paths(vectors, block, side)
            if not self.has_noise:
                continue
            for i in range(own):
                rows.words[i] = output_row(vectors, centers[i] * self.sides + side)
            rows.noise = rows.noise_sets + block.draw_set * self.noise_windows * self.negatives
            if is_found:
                continue
            for i in range(known, block.draws):
                rows.noise[i] = output_row(vectors, block.noise[i] * self.sides + side)
            for i in range(known // self.negatives, 0 if self.has_bags else block.draws // self.negatives):
                j = i * self.negatives
                self._find_folds(rows.noise + j, self._folds + j, &self._distinct[i])

    cdef void _find_paths(self, BlockVectors vectors, const Block *block, int side) noexcept nogil:
        """Find the rows and labels of the paths of a block, with room behind each for the rows of the word."""
        cdef const int32_t *centers = block.words + block.left
        cdef float **row = self._sides[side].paths
        cdef float *start_row = &vectors.rows.outputs[0, 0] + (self._first_node * self.sides + side) * vectors.stride
        cdef uint8_t *label = self._path_labels
        cdef int64_t i, j, first, count, stride = self.sides * vectors.stride
        # each in its own place, which needs no look-up
        cdef bint are_plain = not (vectors.in_round or vectors.rows.has_output_factors or vectors.rows.is_shared)
        self._starts[0] = 0
        for i in range(block.own):
            first = self._node_offsets[centers[i]]
            count = self._node_offsets[centers[i] + 1] - first
            for j in range(count):
                row[j] = start_row + self._nodes[first + j] * stride if are_plain else output_row(
                    vectors, (self._first_node + self._nodes[first + j]) * self.sides + side)
                label[j] = self._labels[first + j]
            row, label = row + count + self._room, label + count + self._room
            self._starts[i + 1] = self._starts[i] + <int32_t> count + self._room

    cdef void fetch_paths(self, const Block *block) noexcept nogil:
        """Fetch the paths of a block that trains soon: all at once, because each of them would be waited for."""
        cdef const int32_t *centers = block.words + block.left
        cdef int64_t i, first
        for i in range(block.own):
            first = self._node_offsets[centers[i]]
            embed_prefetch_read(<const float *> &self._nodes[first], _PATH_FLOATS)
            embed_prefetch_read(<const float *> &self._labels[first], 1)

    cdef int64_t list_nodes(self, Rows rows, int32_t word, const float **ahead) noexcept nogil:
        """List the rows of the rare nodes on the path of a word, the last ones; return how many they are."""
        cdef int64_t first = self._node_offsets[word], j = self._node_offsets[word + 1] - 1, n = 0
        cdef int side
        while j >= first and self._nodes[j] < self._first_frequent:
            for side in range(self.sides):
                ahead[n] = target_row(rows, (self._first_node + self._nodes[j]) * self.sides + side)
                n += 1
            j -= 1
        return n

    cdef void mark(self, const Block *block, uint64_t *marks) noexcept nogil:
        """Mark the output rows of a block."""
        cdef const int32_t *centers = block.words + block.left
        cdef int64_t i, j
        cdef int side
        for side in range(self.sides):
            if self.has_tree:
                for i in range(block.own):
                    for j in range(self._node_offsets[centers[i]], self._node_offsets[centers[i] + 1]):
                        embed_mark(marks, ~<int32_t> ((self._first_node + self._nodes[j]) * self.sides + side))
            if self.has_noise:
                for i in range(block.own):
                    embed_mark(marks, ~(centers[i] * self.sides + side))
                for i in range(block.draws):
                    embed_mark(marks, ~(block.noise[i] * self.sides + side))

    cdef void _find_folds(self, float **rows, int32_t *folds, int32_t *distinct) noexcept nogil:
        """Move the distinct rows of a window's noise to the front, and store which of them each other row repeats."""
        cdef int64_t j, k, unique = 0, again = 0
        cdef float *row
        for j in range(self.negatives):
            row = rows[j]
            k = 0
            while k < unique and rows[k] != row:
                k += 1
            if k == unique:
                rows[unique] = row
                unique += 1
            else:
                folds[again] = <int32_t> (k + 1)
                again += 1
        for j in range(again):
            rows[unique + j] = rows[folds[j] - 1]
        distinct[0] = <int32_t> unique

    cdef void _add_word(self, int64_t c, const Side *side, embed_window *plan) noexcept nogil:
        """Add the row of the center, then the distinct rows of noise, then the repeated ones.

        Noise that equals the center is left out (Mikolov et al. 2013 draw noise from the other words).
        """
        cdef int64_t lot = self._lots[c]
        cdef float **noise = side.noise + lot * self.negatives
        cdef const int32_t *folds = self._folds + lot * self.negatives
        cdef int64_t distinct = self._distinct[lot], j, hit = 0, first = plan.unique, count
        cdef float *target = side.words[c]
        plan.y[first] = target
        for j in range(distinct):
            plan.y[first + j + 1 - (hit != 0)] = noise[j]
            if noise[j] == target:
                hit = j + 1
        count = first + distinct + 1 - (hit != 0)
        plan.unique = <int> count
        for j in range(self.negatives - distinct):
            if folds[j] != hit:
                plan.y[count] = noise[folds[j] - 1]
                plan.folds[count - plan.unique] = <int32_t> first + folds[j] - (hit != 0 and folds[j] > hit)
                count += 1
        plan.ny = <int> count
        if self.has_tree:
            plan.labels[first] = 1
            for j in range(first + 1, count):
                plan.labels[j] = 0

    cdef void plan_bag(self, int64_t first, int64_t centers, embed_window *plan) noexcept nogil:
        """Plan the rows of a bag of centers in a row: theirs, then those of the draws of noise that they have."""
        cdef int64_t c
        cdef int j
        cdef float **noise
        for j in range(centers):
            plan.y[j] = self._sides[0].words[first + j]
        plan.centers, plan.run, plan.negatives = <int> centers, <int> self.listed_run, self.negatives
        plan.ny = plan.centers
        c = first
        while c < first + centers:
            noise = self._sides[0].noise + self._lots[c] * self.negatives
            for j in range(self.negatives):
                plan.y[plan.ny + j] = noise[j]
            plan.ny += self.negatives
            c += self.listed_run
        plan.unique = plan.ny
