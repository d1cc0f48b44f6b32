"""The vectors that a block trains on: where they are found, and where what they have moved by goes.

The vector of a position that is one row of the input matrix is that row itself. All others are gathered into a copy
of the block, dense, and what a copy has moved by is scattered to its rows at the end of the block: the mean of
several rows; everything in a round; and, where many threads want them, the rows of the most frequent words
(docs/decisions/0011). In rounds (docs/decisions/0005) the output rows are gathered too, and what a block changes is
left in a log.

Rejected: a copy of every position (docs/decisions/0011).
"""

import cython
from libc.math cimport pow
from libc.stdint cimport int32_t, int64_t, uint32_t
from libc.stdlib cimport free
from libc.string cimport memcpy

from embed._blocks cimport Block
from embed._kernels cimport Scratch, embed_prefetch_read, embed_prefetch_row, embed_window
from embed._log cimport embed_log_reserve
from embed._rows cimport Rows, is_frozen, place_of, rows_of, share, trained, word_row


@cython.final
cdef class BlockVectors:
    """The input vectors, places and output rows of the block at hand.

    Parameters
    ----------
    rows : Rows
    copied_words, gradient_power
        As in _core.Worker.
    most_averaged : int
        Vectors of which a mean is taken at most.
    most_positions, most_output_rows : int
        Of a block.
    """

    def __init__(self, Rows rows, int64_t copied_words, double gradient_power, int64_t most_averaged,
                 int64_t most_positions, int64_t most_output_rows):
        cdef int64_t w, slots = 1, most_copies = most_positions + rows.places.shape[0] + most_output_rows
        self.rows, self.kernels, self.stride, self.width = rows, rows.kernels, rows.stride, rows.width
        self.copied_words = copied_words if rows.plain and not rows.has_frozen else rows.words
        self.place_count = <int> rows.places.shape[0]
        self.log.stride = self.stride
        while slots < 2 * most_output_rows:
            slots *= 2
        self._slot_memory = bytearray(sizeof(Slot) * slots)
        cdef unsigned char[::1] slot_view = self._slot_memory
        self._slots = <Slot *> &slot_view[0]
        self._slot_mask = <uint32_t> (slots - 1)
        self._now, self._before = Scratch(most_copies * self.stride), Scratch(most_copies * self.stride)
        self._ratio_memory = Scratch(most_positions)
        self.ratios = self._ratio_memory.floats
        for w in range(rows.words):
            most_averaged = max(most_averaged, rows.row_offsets[w + 1] - rows.row_offsets[w])
        self._divisor_memory = Scratch(most_averaged + 1)
        self.divisors = self._divisor_memory.floats
        for w in range(1, most_averaged + 1):
            self.divisors[w] = <float> pow(<double> w, gradient_power)
        self._index_memory = bytearray(sizeof(int32_t) * most_copies)
        cdef unsigned char[::1] indices = self._index_memory
        self._owners = <int32_t *> &indices[0]
        self._pointer_memory = bytearray(sizeof(void *) * (most_positions + most_copies))
        cdef unsigned char[::1] pointers = self._pointer_memory
        self.vectors = <float **> &pointers[0]
        self._origins = <const float **> (self.vectors + most_positions)

    def __dealloc__(self):
        free(self.log.memory)

    cdef void gather(self, const Block *block, float ratio) noexcept nogil:
        """Position i is the mean of the input rows of its word, or their sum, or the one row itself.

        A step along the gradient moves each of those rows by 1/n of what it would move a single row, and so their
        mean; with another power of n, 0 in the historic step, each row and their mean move by that. The rows of a sum
        move by all of it, and so the sum by n times that. If only some of the rows learn, the position moves by so
        much less.
        """
        cdef const int32_t *words = block.words
        cdef int64_t i, r, size, n = block.positions
        cdef int32_t own
        cdef const int32_t *rows
        for i in range(n):
            if self._in_place(words[i]):
                self.vectors[i], self.ratios[i] = word_row(self.rows, words[i]), ratio
                continue
            self._owners[i], self.vectors[i] = words[i], self._now.floats + i * self.stride
            if i + PREFETCH_POSITIONS < n:
                rows = rows_of(self.rows, words[i + PREFETCH_POSITIONS], &own, &size)
                for r in range(size):
                    self.fetch(&self.rows.inputs[rows[r], 0])
            rows = rows_of(self.rows, words[i], &own, &size)
            self.ratios[i] = ratio * <float> size if self.rows.sums else ratio / self.divisors[size]
            if self.rows.has_frozen:
                self.ratios[i] *= <float> trained(self.rows, words[i]) / <float> size
            self.kernels.compose(&self.rows.inputs[0, 0], self.stride, rows, size,
                                 1 if self.rows.sums else 1 / <float> size, self.width, self.vectors[i],
                                 self._keep_before(i, &self.rows.inputs[rows[0], 0] if self.rows.plain else NULL))
        self._copies = n
        self._stamp += 1
        self._gather_places()

    cdef void scatter(self, const Block *block) noexcept nogil:
        """What a copy has moved by, each of its rows moves by, or by its share where the position is a sum."""
        cdef const int32_t *words = block.words
        cdef int64_t i, size, n = block.positions
        cdef int32_t place, own
        cdef const int32_t *rows
        for i in range(n):
            if self._in_place(words[i]):
                continue
            rows = rows_of(self.rows, words[i], &own, &size)
            self.kernels.scatter(&self.rows.inputs[0, 0], self.stride, rows, trained(self.rows, words[i]),
                                 share(self.rows, words[i]), self.width, self.vectors[i],
                                 self._before.floats + i * self.stride)
        for place in range(self.place_count):
            self.kernels.scatter(&self.rows.places[0, 0], self.stride, &place, 1, 1, self.width,
                                 self.places + place * self.stride, self._before.floats + (n + place) * self.stride)

    cdef int log_changes(self) noexcept nogil:
        """Leave in the log what the block has changed; returns 0, or -1 if there is no memory."""
        cdef int64_t i
        if embed_log_reserve(&self.log, self._copies) != 0:
            return -1
        memcpy(self.log.owners + self.log.used, self._owners, self._copies * sizeof(int32_t))
        for i in range(self._copies):
            self.kernels.narrow(self._now.floats + i * self.stride, self._origins[i], self.width,
                                self.log.deltas + (self.log.used + i) * self.stride)
        self.log.used += self._copies
        return 0

    cdef float *copied_output_row(self, int32_t row) noexcept nogil:
        """The block's copy of an output row."""
        cdef Slot *slot
        cdef uint32_t h = (<uint32_t> row * <uint32_t> 2654435769) & self._slot_mask
        cdef int64_t place
        while self._slots[h].stamp == self._stamp and self._slots[h].row != row:
            h = (h + 1) & self._slot_mask
        slot = &self._slots[h]
        if slot.stamp != self._stamp:
            place = self._copies
            self._copies += 1
            self._owners[place] = ~row
            slot.row, slot.stamp, slot.place = row, self._stamp, place
            row = place_of(self.rows, row)
            self.kernels.compose(&self.rows.outputs[0, 0], self.stride, &row, 1, 1, self.width,
                                 self._now.floats + place * self.stride,
                                 self._keep_before(place, &self.rows.outputs[row, 0]))
        return self._now.floats + slot.place * self.stride

    cdef void restore_frozen(self, embed_window *plan) noexcept nogil:
        """The copies of frozen output rows are again what they are copies self.rows."""
        cdef int64_t j, place
        cdef int32_t row
        for j in range(plan.unique):
            if self._now.floats <= plan.y[j] < self._now.floats + self._copies * self.stride:
                place = (plan.y[j] - self._now.floats) // self.stride
                row = ~self._owners[place]
                if is_frozen(self.rows, row):
                    row = place_of(self.rows, row)
                    self.kernels.compose(&self.rows.outputs[0, 0], self.stride, &row, 1, 1, self.width, plan.y[j],
                                         NULL)

    cdef void fetch(self, const float *row) noexcept nogil:
        """Fetch into the first-level cache; a round only reads rows, and leaves them in the caches of other cores."""
        if self.in_round:
            embed_prefetch_read(row, self.width)
        else:
            embed_prefetch_row(row, self.width)

    cdef bint _in_place(self, int32_t word) noexcept nogil:
        return word >= self.copied_words and not self.in_round

    cdef void _gather_places(self) noexcept nogil:
        """The block gets a copy of its own of the places, the more so as other threads change them all the time."""
        cdef int64_t first = self._copies
        cdef int32_t i
        self.places = self._now.floats + first * self.stride
        for i in range(self.place_count):
            self._owners[first + i] = <int32_t> self.rows.words + i
            self.kernels.compose(&self.rows.places[0, 0], self.stride, &i, 1, 1, self.width,
                                 self.places + i * self.stride, self._keep_before(first + i, &self.rows.places[i, 0]))
        self._copies += self.place_count

    cdef float *_keep_before(self, int64_t i, float *source) noexcept nogil:
        """Where to keep what copy i was: nowhere in a round if `source` is that, for it does not change."""
        if self.in_round and source != NULL:
            self._origins[i] = source
            return NULL
        self._origins[i] = self._before.floats + i * self.stride
        return self._before.floats + i * self.stride
