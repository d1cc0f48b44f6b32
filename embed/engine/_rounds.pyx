"""Train in rounds: the state that workers share, and the merging of their changes.

All blocks of a round train on the same parameters, whichever worker trains them, and write their changes to a log. Then
each worker merges the changes of all blocks into its part of the rows, in the order of the blocks. So the bits of the
result do not depend on the number of workers (docs/decisions/0005).
"""

import cython
from libc.stdint cimport int32_t, int64_t, uint16_t
from libc.stdlib cimport free

from embed.engine._kernels cimport embed_prefetch_deltas, embed_prefetch_row
from embed.engine._log cimport (
    embed_change,
    embed_changes_reserve,
    embed_count,
    embed_entry,
    embed_part,
    embed_prefetch_tally,
    embed_tally,
)
from embed.engine._rows cimport Rows, is_document, output_factor, rows_of, share, target_row, unit_share

cdef enum:
    # The most tokens of a round.
    _MOST_TOKENS = 4096
    # A row with more changes than this in a round moves by this many times the mean of its changes.
    _MOST_CHANGES = 2
    # How often a worker checks for the others before it sleeps: some tenths of a millisecond.
    _SPINS = 20000
    # Rows are fetched this many changes ahead.
    _PREFETCH_CHANGES = 16

ROUND_TOKENS = _MOST_TOKENS


cdef class Rounds:
    """The shared state of workers that train in rounds: a barrier, and the changes of a round.

    Parameters
    ----------
    workers : int
    cores : int
        How many workers can run at once.
    rows : int
        Input and output rows together.
    position : int
        The begin of the first round, a multiple of `size`.
    size : int
        The tokens of a round, in which its blocks begin, at most ROUND_TOKENS.

    Attributes
    ----------
    position : int
        The position up to which all rounds are done.
    """

    def __init__(self, int workers, int cores, int64_t rows, int64_t position=0, int64_t size=_MOST_TOKENS):
        if not 0 < size <= _MOST_TOKENS or position % size:
            raise ValueError(f"rounds of {size} tokens cannot begin at {position}: they have up to {_MOST_TOKENS}")
        self.position, self.size = position, size
        self.barrier.members = workers
        self.barrier.spins = _SPINS if workers <= cores else 0
        self._memory = bytearray(sizeof(embed_entry) * _MOST_TOKENS)
        cdef unsigned char[::1] view = self._memory
        self.entries = <embed_entry *> &view[0]
        self._tally_memory = bytearray(sizeof(embed_tally) * rows)
        cdef unsigned char[::1] tallies = self._tally_memory
        self.tallies = <embed_tally *> &tallies[0]

    def abandon(self):
        """Release all workers, even those that wait for a missing one. The changes of the round are lost."""
        embed_barrier_abandon(&self.barrier)


@cython.final
cdef class Merger:
    """Merges the changes of a round into one worker's part of the rows."""

    def __init__(self, Rows rows):
        self.rows, self.kernels, self.stride, self.width = rows, rows.kernels, rows.stride, rows.width

    def __dealloc__(self):
        free(self.changes.items)

    cdef int merge(self, Rounds rounds, int64_t blocks, int32_t number, int64_t part) noexcept nogil:
        """Add the changes of the `blocks` of round `number`, in their order, to the rows of this part.

        Many changes of a row in the same direction would overshoot together, so a row with more than MOST_CHANGES
        changes moves by MOST_CHANGES times their mean. The position weights move by the sum of their changes, because
        every block changes them by very little, and so do the rows of documents, because few blocks change them.

        Returns 0, or -1 without memory.
        """
        cdef int64_t block, counted, e, i
        cdef float weight
        cdef const embed_change *change
        cdef embed_entry entry
        self.changes.used = 0
        for block in range(blocks):
            entry = rounds.entries[block]
            counted = self.changes.used
            for e in range(entry.first, entry.last):
                if self._collect(rounds, entry.log.owners[e], entry.log.deltas + e * self.stride, part) != 0:
                    return -1
            for i in range(counted, self.changes.used):
                embed_count(self.changes.items[i].tally, number)
        for i in range(self.changes.used):
            if i + _PREFETCH_CHANGES < self.changes.used:
                change = &self.changes.items[i + _PREFETCH_CHANGES]
                embed_prefetch_row(change.row, self.width)
                embed_prefetch_deltas(change.delta, self.width)
                embed_prefetch_tally(change.tally)
            change = &self.changes.items[i]
            weight = change.share
            if change.tally != NULL and change.tally.count > _MOST_CHANGES:
                weight *= <float> _MOST_CHANGES / <float> change.tally.count
            self.kernels.add(change.row, weight, self.width, change.delta)
        return 0

    cdef int _collect(self, Rounds rounds, int32_t owner, const uint16_t *delta, int64_t part) noexcept nogil:
        """Collect the changes of the rows of `owner` that belong to this part; returns 0, or -1 without memory."""
        cdef int64_t parts = rounds.barrier.members, r, size
        cdef float weight
        cdef const int32_t *rows
        cdef embed_tally *tally
        cdef int32_t row, own
        if owner < 0:
            row = ~owner
            if embed_part(row, parts) == part and output_factor(self.rows, row) != 0:
                tally = rounds.tallies + self.rows.inputs.shape[0] + row
                return self._note(target_row(self.rows, row), delta, tally, 1)
        elif owner >= self.rows.vectors:
            row = owner - <int32_t> self.rows.vectors
            if embed_part(row, parts) == part:
                return self._note(&self.rows.position_weights[row, 0], delta, NULL, 1)
        else:
            rows, weight = rows_of(self.rows, owner, &own, &size), share(self.rows, owner)
            for r in range(size):
                if embed_part(rows[r], parts) != part:
                    continue
                if self.rows.has_input_factors:
                    weight = unit_share(self.rows, owner, r)
                tally = NULL if is_document(self.rows, owner) else rounds.tallies + rows[r]
                if weight != 0 and self._note(&self.rows.inputs[rows[r], 0], delta, tally, weight) != 0:
                    return -1
        return 0

    cdef int _note(self, float *row, const uint16_t *delta, embed_tally *tally, float weight) noexcept nogil:
        cdef embed_change *change
        if embed_changes_reserve(&self.changes, 1) != 0:
            return -1
        change = &self.changes.items[self.changes.used]
        change.row, change.delta, change.tally, change.share = row, delta, tally, weight
        self.changes.used += 1
        embed_prefetch_tally(tally)
        return 0
