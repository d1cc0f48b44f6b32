"""Declare the blocks of a corpus: the runs of tokens that train together."""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from embed.engine._random cimport embed_alias

cdef enum:
    # Tokens of a sentence that are trained together, before subsampling.
    BLOCK = 128
    # In inference, the blocks at the begin of each sentence, so many, have the same draws in all sentences of an epoch.
    SETS = 16

ctypedef struct Block:
    int64_t first       # its tokens
    int64_t last
    int32_t *memory     # for words and draws, up to the last draw of noise
    int32_t *words      # [positions + tags] in `memory`; each is also the number of a vector, and tags are no words
    int64_t positions   # tokens that subsampling kept: `left` of the halo, `own` centers, the rest of the halo
    int64_t left
    int64_t own
    int64_t tags        # documents of the sentence
    int32_t *reaches    # [own]
    int32_t *noise      # [draws]
    int64_t draws
    int64_t draw_set    # which of the sets its draws are, from 1; 0 for draws of its own
    uint64_t draw_key   # the epoch of the set
    uint64_t stream     # the begin of the random stream of its draws
    bint is_new         # no block has had these draws before


cdef class Blocks:
    cdef const int32_t[::1] ids
    cdef const int64_t[::1] offsets
    cdef bint is_drawn
    cdef const int64_t[::1] starts  # of a draw: where each sentence is in `ids`
    cdef const uint32_t[::1] keep_thresholds
    cdef const int64_t[::1] tag_offsets
    cdef const int32_t[::1] tags
    cdef int64_t most_tags      # of a sentence; 0: there are none
    cdef bint is_relative       # draws depend on the place in the sentence alone
    cdef const uint32_t[:, ::1] _noise_table
    cdef const embed_alias *_aliases
    cdef uint64_t _alias_count
    cdef uint64_t seed, epoch_key
    cdef int window, negatives, noise_windows, noise_run
    cdef int64_t noise_sentences    # the first blocks of so many sentences in a row have the same draws
    cdef bint fixed_window
    cdef int64_t halo_tokens
    cdef int32_t first_kept     # words from this one on are always kept
    cdef object _memory
    cdef object _bit_memory
    cdef uint64_t *_bits        # [most_draws] random bits for the draws of noise
    cdef object _set_memory
    cdef int32_t *_sets         # [SETS, BLOCK + most_draws] reaches and noise
    cdef uint64_t _set_keys[SETS]   # the epochs that they were drawn in
    cdef Block pair[2]          # the current block, and the following one, whose rows are fetched meanwhile
    cdef int64_t most_positions, most_draws  # of a block
    cdef int64_t sentence, position  # of the next block
    cdef int64_t shift          # from a position of the sentence to its place in `ids`

    cdef int64_t begin(self, int64_t epoch, int64_t first) noexcept nogil
    cdef bint select(self, Block *block, int64_t last) noexcept nogil
    cdef int64_t most_of_tile(self, int64_t tile) noexcept nogil
    cdef int64_t tokens(self) noexcept nogil
    cdef void _enter(self, int64_t sentence) noexcept nogil
    cdef int64_t _sentence_of(self, int64_t position) noexcept nogil
    cdef void _select_words(self, Block *block) noexcept nogil
    cdef void _add_tags(self, Block *block) noexcept nogil
    cdef int64_t _origin(self) noexcept nogil
    cdef int64_t _draw_position(self, const Block *block) noexcept nogil
    cdef bint _keeps(self, int64_t p) noexcept nogil
    cdef void _draw(self, Block *block) noexcept nogil
    cdef void _draw_windows(self, Block *block, int64_t windows) noexcept nogil
