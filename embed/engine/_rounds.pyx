"""Train in rounds: the state that workers share, and the merging of their changes.

A round is cut into tiles of as many tokens. The blocks of a tile train one after the other, and see what the tile has
learned, but nothing of the other tiles of the round. So the bits of the result do not depend on the number of workers
(docs/decisions/0045):

- Workers select the blocks of each tile, make their draws, and mark the rows that the tile touches. Whoever has trained
  its tiles begins with this for the next round.
- A row that only one tile touches is trained in place. Of any other row each tile trains a copy, in the log of its
  worker.
- Each worker merges the copies of all tiles into its part of the rows, in the order of the tiles.
"""

import cython
from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.stdlib cimport free

from embed.engine._blocks cimport Block
from embed.engine._kernels cimport Scratch, embed_prefetch_read, embed_prefetch_row
from embed.engine._log cimport (
    embed_change,
    embed_changes_reserve,
    embed_entry,
    embed_link,
    embed_part,
    embed_prefetch_tally,
    embed_tally,
)
from embed.engine._marks cimport EMBED_MARK_WORDS
from embed.engine._rows cimport Rows, is_document, output_factor, rows_of, share, target_row, unit_share

cdef enum:
    # The most tokens of a round.
    _MOST_TOKENS = 8192
    # A row with more changes than this in a round moves by this many times the mean of its changes.
    _MOST_CHANGES = 2
    # Changes of a row that are added at a time.
    _MERGED = 8
    # How often a worker checks for the others before it sleeps: some tenths of a millisecond.
    _SPINS = 20000
    # Rows are fetched this many changes ahead.
    _PREFETCH_CHANGES = 16

ROUND_TOKENS, ROUND_TILES = _MOST_TOKENS, MOST_TILES


cdef class Rounds:
    """The shared state of workers that train in rounds: a barrier, and the changes of a round.

    Parameters
    ----------
    workers : int
    cores : int
        How many workers can run at once.
    rows : int
        Input rows, output rows and position weights together.
    position : int
        The begin of the first round, a multiple of `size`.
    size : int
        The tokens of a round, in which its blocks begin, at most ROUND_TOKENS.
    tiles : int
        The parts of a round that train at the same time, at most ROUND_TILES.

    Attributes
    ----------
    position : int
        The position up to which all rounds are done.
    """

    def __init__(self, int workers, int cores, int64_t rows, int64_t position, int64_t size, int tiles):
        if not 0 < size <= _MOST_TOKENS or position % size:
            raise ValueError(f"rounds of {size} tokens cannot begin at {position}: they have up to {_MOST_TOKENS}")
        if not 0 < tiles <= MOST_TILES or size % tiles:
            raise ValueError(f"rounds of {size} tokens cannot have {tiles} equal tiles, of at most {MOST_TILES}")
        self.position, self.size, self.rows = position, size, rows
        self.tile = size // tiles
        self.barrier.members = workers
        self.barrier.spins = _SPINS if workers <= cores else 0
        self._memory = bytearray(sizeof(embed_entry) * tiles)
        cdef unsigned char[::1] view = self._memory
        self.entries = <embed_entry *> &view[0]
        self._mark_memory = bytearray(sizeof(uint64_t) * EMBED_MARK_WORDS * 2 * tiles)
        cdef unsigned char[::1] marks = self._mark_memory
        self._marks = <uint64_t *> &marks[0]
        self._tally_memory = bytearray(sizeof(embed_tally) * rows)
        cdef unsigned char[::1] tallies = self._tally_memory
        self.tallies = <embed_tally *> &tallies[0]

    cdef make_tiles(self, int64_t integers):
        """Allocate memory for the blocks of the tiles, with so many integers for words and draws of each tile."""
        cdef int64_t t, tiles = 2 * (self.size // self.tile)
        if self._block_memory is not None:
            return
        self._block_memory = Scratch(tiles * (self.tile + 1) * sizeof(Block) // sizeof(float))
        self._integer_memory = Scratch(tiles * integers)
        for t in range(tiles):
            self._tiles[t].blocks = <Block *> self._block_memory.floats + t * (self.tile + 1)
            self._tiles[t].integers = <int32_t *> self._integer_memory.floats + t * integers

    cdef Tile *tiles_of(self, int32_t number) noexcept nogil:
        """Return the tiles of round `number`, while those of the round before or after it are in use, too."""
        return self._tiles + (number & 1) * (self.size // self.tile)

    cdef uint64_t *marks_of(self, int32_t number) noexcept nogil:
        """Return the marks of these tiles, [tiles, MARK_WORDS]: the rows that each touches."""
        return self._marks + (number & 1) * (self.size // self.tile) * EMBED_MARK_WORDS

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

    cdef int merge(self, Rounds rounds, int64_t tiles, int32_t number, int64_t part) noexcept nogil:
        """Merge the copies of the `tiles` of round `number`, in their order, into the rows of this part.

        Many changes of a row in the same direction would overshoot together, so a row with more than MOST_CHANGES
        changes moves by MOST_CHANGES times their mean. The position weights move by the sum of their changes, because
        every tile changes them by very little, and so do the rows of documents, because few tiles change them.

        Returns 0, or -1 without memory.
        """
        cdef int64_t tile, linked, e, i
        cdef embed_entry entry
        self.changes.used = 0
        for tile in range(tiles):
            entry = rounds.entries[tile]
            linked = self.changes.used
            for e in range(entry.first, entry.last):
                if self._collect(rounds, entry.log.owners[e], entry.log.values + e * self.stride, part) != 0:
                    return -1
            for i in range(linked, self.changes.used):
                embed_link(&self.changes, i, number)
        for i in range(self.changes.used):
            if i + _PREFETCH_CHANGES < self.changes.used:
                self._fetch(i + _PREFETCH_CHANGES)
            if self.changes.items[i].tally.first == i:
                self._move(i)
        return 0

    cdef void _fetch(self, int64_t i) noexcept nogil:
        """Fetch a row that will be moved, and the first of its new values.

        The change of a mean goes to many rows, so the cache still has it.
        """
        cdef const embed_change *change = &self.changes.items[i]
        cdef int n = 1
        if change.tally.first != i:
            return
        embed_prefetch_row(change.row, self.width)
        if not change.is_new:
            return
        embed_prefetch_read(change.values, self.width)
        while change.next >= 0 and n < _MERGED:
            change = &self.changes.items[change.next]
            embed_prefetch_read(change.values, self.width)
            n += 1

    cdef void _move(self, int64_t first) noexcept nogil:
        """Move a row by its changes, of which `first` is the first one: some of them at a time."""
        cdef const embed_change *change = &self.changes.items[first]
        cdef const float *values[_MERGED]
        cdef float weights[_MERGED]
        cdef float *row = change.row
        cdef int32_t count = change.tally.count
        cdef float weight = 1, keep
        cdef int n = 0
        if count > _MOST_CHANGES and not change.is_whole:
            weight = <float> _MOST_CHANGES / <float> count
        # the new rows less the old one: w (n1 - r) + w (n2 - r) = w n1 + w n2 - 2 w r
        keep = 1 - weight * <float> count if change.is_new else 1
        while True:
            values[n], weights[n] = change.values, weight * change.share
            n += 1
            if n == _MERGED or change.next < 0:
                self.kernels.merge(row, keep, values, weights, n, self.width)
                keep, n = 1, 0
                if change.next < 0:
                    return
            change = &self.changes.items[change.next]

    cdef int _collect(self, Rounds rounds, int32_t owner, const float *values, int64_t part) noexcept nogil:
        """Collect the changes of the rows of `owner` that belong to this part; returns 0, or -1 without memory."""
        cdef int64_t parts = rounds.barrier.members, r, size
        cdef float weight
        cdef const int32_t *rows
        cdef embed_tally *outputs = rounds.tallies + self.rows.inputs.shape[0]
        cdef int32_t row, own
        cdef bint is_new = self.rows.plain and not self.rows.has_input_factors
        if owner < 0:
            row = ~owner
            if embed_part(row, parts) == part and output_factor(self.rows, row) != 0:
                return self._note(target_row(self.rows, row), values, outputs + row, 1, True, False)
        elif owner >= self.rows.vectors:
            row = owner - <int32_t> self.rows.vectors
            if embed_part(row, parts) == part:
                return self._note(&self.rows.position_weights[row, 0], values,
                                  outputs + self.rows.outputs.shape[0] + row, 1, False, True)
        else:
            rows, weight = rows_of(self.rows, owner, &own, &size), share(self.rows, owner)
            for r in range(size):
                if embed_part(rows[r], parts) != part:
                    continue
                if self.rows.has_input_factors:
                    weight = unit_share(self.rows, owner, r)
                if weight != 0 and self._note(&self.rows.inputs[rows[r], 0], values, rounds.tallies + rows[r], weight,
                                              is_new, is_document(self.rows, owner)) != 0:
                    return -1
        return 0

    cdef int _note(self, float *row, const float *values, embed_tally *tally, float weight, bint is_new,
                   bint is_whole) noexcept nogil:
        cdef embed_change *change
        if embed_changes_reserve(&self.changes, 1) != 0:
            return -1
        change = &self.changes.items[self.changes.used]
        change.row, change.values, change.tally, change.share = row, values, tally, weight
        change.is_new, change.is_whole = is_new, is_whole
        self.changes.used += 1
        embed_prefetch_tally(tally)
        return 0
