"""Gather the vectors that a block trains on, and scatter their changes to the rows.

A word with a single input row is trained in that row. Any other word has one dense copy in the block, the mean of its
rows, and the change of the copy is scattered to these rows. Where rows have factors (docs/decisions/0029), each gets
the change of the copy by its factor; a word with a single row has a copy only if the row is frozen (0050). Output rows
with a factor other than 1 have copies, too.

In a round (docs/decisions/0045), the blocks of a tile have the same copies. Words and output rows that other tiles
touch have copies, too, and the copies of a tile stay in the log until they are merged.

A document, which is a tag of the block's sentence, has a vector like a word. If it has a code, the windows train the
code, and each batch of them moves along what the code is the sign of (Grzegorczyk & Kurdziel 2017): the copy of the
document, or its projection (:mod:`embed.engine._projection`). If its length is
limited, a vector that has become longer is shortened after each batch of windows (docs/decisions/0034).

Rejected: a copy of every position (docs/decisions/0011, 0014).
"""

import cython
from libc.math cimport pow
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.stdlib cimport free

from embed.engine._blocks cimport BLOCK, Block
from embed.engine._kernels cimport Scratch, embed_matrix_at, embed_window
from embed.engine._log cimport embed_log_reserve
from embed.engine._marks cimport EMBED_MARK_WORDS, embed_find_shared, embed_mark, embed_mark_all
from embed.engine._rows cimport Rows, input_row, output_factor, row_count, rows_of, share, target_row, unit_share

cdef enum:
    # The slot of a copy that is never looked up.
    _NOWHERE = -1

# The number of a row in a matrix that begins with it.
cdef int32_t _FIRST = 0


@cython.final
cdef class BlockVectors:
    """The input vectors, position weights and output rows of the current block.

    Parameters
    ----------
    rows : Rows
    settings : embed.engine.problem.Settings
    most_positions, most_tags, most_output_rows : int
        Of a block; tags count as positions, too.
    most_senses : int
        Of a word; 0 without senses.
    most_of_a_token : int
        Output rows that a block of one token meets.
    projection : embed.engine.problem.Projection or None
    """

    def __init__(self, Rows rows, settings, int64_t most_positions, int64_t most_tags, int most_senses,
                 int64_t most_output_rows, int64_t most_of_a_token, projection):
        cdef int64_t v, most_averaged = 1
        self.rows, self.kernels, self.stride, self.width = rows, rows.kernels, rows.stride, rows.width
        self.in_rows = rows.plain and not rows.has_input_factors
        self.free_in_rows = rows.plain and rows.has_input_factors and most_senses == 0
        self.has_word_contexts, self.only_tags = settings.window > 0, settings.inference
        self.code_size, self.max_norm = settings.code_size, settings.max_norm
        self._codes = Scratch(most_tags * self.stride if self.code_size else 0)
        if projection is not None:
            self.first_projected, self.projected = projection.first_vector, projection.bits
        self.position_count = <int> rows.position_weights.shape[0]
        self.log.stride = self.stride
        self.has_senses, self._vectors_of_a_position = most_senses > 0, 1 + 2 * most_senses
        self._most_of_a_token = (1 + most_tags) * self._vectors_of_a_position + most_of_a_token
        self._most_of_a_block = most_positions * self._vectors_of_a_position + most_output_rows + self.projected
        self._halo = 2 * settings.window * self._vectors_of_a_position
        while self._least_slots < 2 * self._most_of_a_block:
            self._least_slots = max(1, 2 * self._least_slots)
        self._allocate(self._most_of_a_block)
        self._shared_memory = bytearray(sizeof(uint64_t) * EMBED_MARK_WORDS)
        cdef unsigned char[::1] shared = self._shared_memory
        self._shared = <uint64_t *> &shared[0]
        self._ratio_memory = Scratch(most_positions)
        self.ratios = self._ratio_memory.floats
        for v in range(rows.vectors):
            most_averaged = max(most_averaged, rows.unit_offsets[v + 1] - rows.unit_offsets[v])
        self._divisor_memory = Scratch(most_averaged + 1)
        self._divisors = self._divisor_memory.floats
        for v in range(1, most_averaged + 1):
            self._divisors[v] = <float> pow(<double> v, <double> settings.gradient_power)
        self._pointer_memory = bytearray(sizeof(void *) * (most_positions + most_tags))
        cdef unsigned char[::1] pointers = self._pointer_memory
        self.vectors = <float **> &pointers[0]
        self._encoded = self.vectors + most_positions

    cdef _allocate(self, int64_t most_owners):
        """Allocate memory for the copies of so many words and output rows, and of all position weights."""
        cdef int64_t slots = self._least_slots
        while slots < 2 * (most_owners + self._most_of_a_block):
            slots *= 2
        self._most_copies = most_owners + self.rows.position_weights.shape[0]
        self._before = Scratch(self._most_copies * self.stride)
        self._index_memory = Scratch(self._most_copies + slots)
        self._homes = <int32_t *> self._index_memory.floats
        self._slots = self._homes + self._most_copies
        if embed_log_reserve(&self.log, self._most_copies) != 0:
            raise MemoryError(f"cannot allocate memory for {self._most_copies} rows in a training thread")

    cdef begin_rounds(self, int64_t tile):
        """Prepare for rounds with tiles of so many tokens."""
        # the blocks of a tile begin in it; some have a halo
        cdef int64_t most = (tile + BLOCK) * self._most_of_a_token + (tile // BLOCK + 2) * self._halo
        most = min(most + self.projected, self.rows.vectors + self.rows.outputs.shape[0])
        if self._most_copies < most + self.rows.position_weights.shape[0]:
            self._allocate(most)
        self.in_round = True

    cdef void begin_round(self, const uint64_t *marks, int64_t tiles) noexcept nogil:
        """Find the rows that several of the tiles touch, which have copies; the others are trained in place.

        Senses look at rows that their tile does not train, so they need all rows to keep still.
        """
        if self.has_senses:
            embed_mark_all(self._shared)
        else:
            embed_find_shared(marks, tiles, self._shared)

    cdef void mark(self, const Block *block, uint64_t *marks) noexcept nogil:
        """Mark the vectors of a block that could be trained in their rows."""
        cdef int64_t i
        if not self.in_rows:
            return
        for i in range(0 if self.has_word_contexts else block.positions, block.positions + block.tags):
            embed_mark(marks, block.words[i])
        for i in range(self.projected):
            embed_mark(marks, self.first_projected + <int32_t> i)

    cdef void end_rounds(self) noexcept nogil:
        """Train in the rows from now on."""
        self.in_round, self.log.used = False, 0

    cdef int begin_tile(self) noexcept nogil:
        """Begin a tile, whose blocks have the same copies. Returns 0, or -1 without memory."""
        if embed_log_reserve(&self.log, self._most_copies) != 0:
            return -1
        self.begin()
        return 0

    cdef void end_tile(self) noexcept nogil:
        """Leave the copies in the log: new rows as they are, but of means and position weights what they moved by."""
        cdef int32_t i
        for i in range(self._copies):
            if self._owners[i] < 0:
                if self.rows.has_output_factors:
                    self._settle_copy(i)
            elif not self.in_rows or self._owners[i] >= self.rows.vectors:
                self.kernels.subtract(self._now + i * self.stride, self._before.floats + i * self.stride, self.width)
        self.log.used += self._copies

    def __dealloc__(self):
        free(self.log.memory)

    cdef void begin(self) noexcept nogil:
        """Remove all copies, and copy the position weights, which other threads change all the time."""
        cdef int32_t i, copy
        self._copies = 0
        self._now, self._owners = self.log.values + self.log.used * self.stride, self.log.owners + self.log.used
        self._slot_mask = <uint32_t> (self._least_slots - 1)
        self.position_weights = self._now
        for i in range(self.position_count):
            copy = self._add_copy(<int32_t> self.rows.vectors + i, _NOWHERE)
            self.kernels.compose(embed_matrix_at(&self.rows.position_weights[0, 0], self.stride), &i, 1, 1, self.width,
                                 self.position_weights + copy * self.stride,
                                 self._before.floats + copy * self.stride)

    cdef void gather(self, const Block *block, float ratio) noexcept nogil:
        """Find the vector of each position (the row of its word, or a copy) and its learning rate.

        A gradient step moves each of the n rows of a mean by 1/n of the step of a single row, so the mean moves by 1/n,
        too; with another power of n (0 in the historic step), the rows and their mean move by that power. The rows of a
        sum move by the whole step, so the sum moves by n steps. With row factors, the vector moves by the mean factor.
        """
        cdef int64_t i, n = block.positions
        cdef int32_t word
        for i in range(n if self.has_word_contexts else 0):
            word = block.words[i]
            if is_in_place(self, word):
                self._take_row(i, word, ratio)
                continue
            self._copy_vector(i, word, ratio)
        for i in range(n, n + block.tags):
            word = block.words[i]
            if is_in_place(self, word) and (self.projected or not self.code_size):
                self._take_row(i, word, ratio)
                continue
            self._copy_vector(i, word, ratio)
            if self.code_size and not self.projected:
                self.encode(block, i - n, self._copy_at(word), self.width)

    cdef inline void _take_row(self, int64_t i, int32_t vector, float ratio) noexcept nogil:
        """Let position i train the row of a vector."""
        self.vectors[i] = input_row(self.rows, vector)
        self.ratios[i] = ratio * self.rows.unit_factors[vector] if self.rows.has_input_factors else ratio

    cdef void _copy_vector(self, int64_t i, int32_t vector, float ratio) noexcept nogil:
        """Let position i train the copy of a vector."""
        cdef int64_t size = row_count(self.rows, vector)
        cdef int32_t copy = self._copy_of(vector)
        if copy < 0:
            copy = self._copy_word(vector, ~copy)
        self.vectors[i] = self._now + copy * self.stride
        self.ratios[i] = ratio * <float> size if self.rows.sums else ratio / self._divisors[size]
        if self.rows.has_input_factors:
            self.ratios[i] *= self.rows.vector_factors[vector] / <float> size

    cdef void encode(self, const Block *block, int64_t t, float *u, int width) noexcept nogil:
        """Let the windows train the code of a tag, size * sign(u), which moves u along."""
        cdef float *code = self._codes.floats + t * self.stride
        self.vectors[block.positions + t], self._encoded[t], self.code_width = code, u, width
        self.kernels.encode(u, code, self.code_size, width)

    cdef void constrain_tags(self, const Block *block) noexcept nogil:
        """Move what codes are the signs of by what the codes have moved by, and encode it anew; or keep tags short."""
        cdef int64_t t
        for t in range(block.tags):
            if self.code_size:
                self.kernels.train_code(self._encoded[t], self.vectors[block.positions + t], self.code_size,
                                        self.code_width)
            elif self.max_norm:
                self.kernels.shorten(self.vectors[block.positions + t], self.max_norm, self.width)

    cdef float *trained(self, int32_t vector) noexcept nogil:
        """Return the row that a vector is trained in, or its copy."""
        cdef int32_t copy
        if is_in_place(self, vector):
            return input_row(self.rows, vector)
        copy = self._copy_of(vector)
        if copy < 0:
            copy = self._copy_word(vector, ~copy)
        return self._now + copy * self.stride

    cdef void make_room(self) noexcept nogil:
        """Double the table of copies, before a block that could fill more than half of it."""
        cdef int32_t copy
        cdef int32_t copies = self._copies
        if 2 * (copies + self._most_of_a_block) <= <int64_t> self._slot_mask + 1:
            return
        self._slot_mask = 2 * self._slot_mask + 1
        self._copies = 0
        for copy in range(copies):
            self._add_copy(self._owners[copy],
                           _NOWHERE if self._homes[copy] == _NOWHERE else ~self._copy_of(self._owners[copy]))

    cdef float *_copy_at(self, int32_t vector) noexcept nogil:
        """Return the copy of a vector that has one."""
        return self._now + self._copy_of(vector) * self.stride

    cdef void scatter(self) noexcept nogil:
        """Add the change of each copy to its rows, to each by its share."""
        cdef int64_t size
        cdef int32_t copy, own, owner
        cdef const int32_t *rows
        cdef float *now
        cdef float *before
        for copy in range(self._copies):
            owner, now, before = self._owners[copy], self._now + copy * self.stride, self._before.floats
            before += copy * self.stride
            if owner >= self.rows.vectors:
                owner -= <int32_t> self.rows.vectors
                self.kernels.scatter(embed_matrix_at(&self.rows.position_weights[0, 0], self.stride), &owner, 1, 1,
                                     self.width, now, before)
            elif owner < 0:
                self._settle_copy(copy)
            elif self.only_tags and owner < self.rows.words:
                continue
            elif self.rows.has_input_factors:
                self._scatter_by_factors(owner, now, before)
            else:
                rows = rows_of(self.rows, owner, &own, &size)
                self.kernels.scatter(self.rows.composed, rows, size, share(self.rows, owner),
                                     self.width, now, before)

    cdef void _scatter_by_factors(self, int32_t vector, const float *now, const float *before) noexcept nogil:
        cdef int64_t r, size
        cdef int32_t own
        cdef const int32_t *rows = rows_of(self.rows, vector, &own, &size)
        cdef float weight
        for r in range(size):
            weight = unit_share(self.rows, vector, r)
            if weight == 0:  # adding 0 would turn a -0 to 0
                continue
            if self.rows.plain:  # it may have a replica
                self.kernels.scatter(embed_matrix_at(input_row(self.rows, vector), self.stride), &_FIRST, 1, weight,
                                     self.width, now, before)
            else:
                self.kernels.scatter(self.rows.composed, rows + r, 1, weight, self.width, now, before)

    cdef float *copied_output_row(self, int32_t row) noexcept nogil:
        """The copy of an output row."""
        cdef int32_t copy = self._copy_of(~row)
        cdef float *source
        cdef float *before
        if copy < 0:
            copy = self._add_copy(~row, ~copy)
            source = target_row(self.rows, row)
            before = self._before.floats + copy * self.stride if self.rows.has_output_factors else NULL
            self.kernels.compose(embed_matrix_at(source, self.stride), &_FIRST, 1, 1, self.width,
                                 self._now + copy * self.stride, before)
        return self._now + copy * self.stride

    cdef void settle(self, const embed_window *plan) noexcept nogil:
        """Settle the copies of output rows that a window meets, which have a factor: before each window."""
        cdef int64_t j
        cdef int32_t copy
        for j in range(plan.unique):
            if self._now <= plan.y[j] < self._now + self._copies * self.stride:
                copy = <int32_t> ((plan.y[j] - self._now) // self.stride)
                if output_factor(self.rows, ~self._owners[copy]) != 1:
                    self._settle_copy(copy)

    cdef void _settle_copy(self, int32_t copy) noexcept nogil:
        """Take back all but the row's factor of what the copy of an output row has moved by since it was settled.

        The row moves along, but in a round, where rows keep still and the log holds what the copy has moved by.
        """
        cdef int32_t row = ~self._owners[copy]
        cdef float factor = output_factor(self.rows, row)
        cdef float *now = self._now + copy * self.stride
        cdef float *before = self._before.floats + copy * self.stride
        cdef float *settled = before if self.in_round else target_row(self.rows, row)
        if factor == 1:  # of a round, where all output rows are copies
            return
        if factor != 0:
            self.kernels.scatter(embed_matrix_at(settled, self.stride), &_FIRST, 1, factor, self.width, now, before)
        self.kernels.compose(embed_matrix_at(settled, self.stride), &_FIRST, 1, 1, self.width, now, before)

    cdef int32_t _copy_of(self, int32_t owner) noexcept nogil:
        """Which copy is that of an owner; if there is none, ~ the slot that will name it."""
        cdef uint32_t h = (<uint32_t> owner * <uint32_t> 2654435769) & self._slot_mask
        cdef int32_t copy = self._slots[h]
        while copy < self._copies and self._homes[copy] == <int32_t> h:
            if self._owners[copy] == owner:
                return copy
            h = (h + 1) & self._slot_mask
            copy = self._slots[h]
        return ~<int32_t> h

    cdef int32_t _add_copy(self, int32_t owner, int32_t home) noexcept nogil:
        cdef int32_t copy = self._copies
        self._owners[copy], self._homes[copy] = owner, home
        if home != _NOWHERE:
            self._slots[home] = copy
        self._copies += 1
        return copy

    cdef int32_t _copy_word(self, int32_t word, int32_t home) noexcept nogil:
        """Copy the mean of the input rows of a word, or their sum, or its one row."""
        cdef int64_t size
        cdef int32_t own, copy = self._add_copy(word, home)
        cdef const int32_t *rows
        cdef float *now = self._now + copy * self.stride
        cdef float *before = self._before.floats + copy * self.stride
        cdef float *row
        if self.rows.plain:
            row = input_row(self.rows, word)
            if self.in_round and self.in_rows:
                before = NULL
            self.kernels.compose(embed_matrix_at(row, self.stride), &_FIRST, 1, 1, self.width, now, before)
            return copy
        rows = rows_of(self.rows, word, &own, &size)
        self.kernels.compose(self.rows.composed, rows, size, 1 if self.rows.sums else 1 / <float> size, self.width, now,
                             before)
        return copy
