"""Find the blocks of a corpus, the tokens that train together, and make all random draws for them.

A block is a run of at most ``BLOCK_TOKENS`` tokens of one sentence. The tokens that subsampling keeps are its
positions, with `window` more positions on each side (the halo), so that a cut loses no context. The documents of the
sentence, its tags, follow the positions. All draws of a block come from its own stream, which is determined by the
seed, the epoch and the first token of the block. In inference, this token counts from the begin of the sentence, so the
first blocks of all sentences have the same draws, which are drawn once.
"""

import cython
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from embed.engine._random cimport (
    embed_alias,
    embed_block_stream,
    embed_draw,
    embed_epoch_key,
    embed_keeps,
    embed_next,
    embed_prefetch_slot,
    embed_scale,
)


BLOCK_TOKENS = BLOCK


@cython.final
cdef class Blocks:
    """Finds the blocks of a stretch of tokens in order; embed.engine.problem documents the arguments."""

    def __init__(self, tokens, noise, settings):
        cdef int64_t w, i, size
        self.ids, self.offsets, self.keep_thresholds = tokens.ids, tokens.offsets, tokens.keep_thresholds
        self.is_drawn = tokens.starts is not None
        if self.is_drawn:
            self.starts = tokens.starts
        self.window, self.seed = settings.window, settings.seed
        self.fixed_window = settings.fixed_window or settings.window == 0
        if noise is not None:
            self._noise_table, self.negatives, self.noise_windows = noise.table, noise.negatives, noise.windows
            self.noise_run, self.noise_sentences = noise.run, noise.sentences
            self._aliases = <const embed_alias *> &self._noise_table[0, 0]
            self._alias_count = <uint64_t> self._noise_table.shape[0]
        # The search for a halo ends after this many tokens, so that a run of dropped tokens is cheap.
        self.halo_tokens = max(<int64_t> BLOCK, 16 * <int64_t> self.window)
        for w in range(self.keep_thresholds.shape[0]):
            if self.keep_thresholds[w] != <uint32_t> 0xffffffff:
                self.first_kept = <int32_t> (w + 1)
        self.is_relative = settings.inference
        if tokens.tags is not None:
            self.tag_offsets, self.tags, self.most_tags = tokens.tags.offsets, tokens.tags.vectors, tokens.tags.most
        self.most_positions = BLOCK + 2 * <int64_t> self.window + self.most_tags
        self.most_draws = self.noise_windows * <int64_t> self.negatives
        size = self.most_positions + BLOCK + self.most_draws
        self._memory = bytearray(sizeof(int32_t) * 2 * size)
        self._bit_memory = bytearray(sizeof(uint64_t) * (self.most_draws + 1))
        cdef unsigned char[::1] view = self._bit_memory
        self._bits = <uint64_t *> &view[0]
        view = self._memory
        for i in range(2):
            self.pair[i].memory = <int32_t *> &view[0] + i * size
        self._set_memory = bytearray(sizeof(int32_t) * SETS * (BLOCK + self.most_draws) * self.is_relative + 1)
        view = self._set_memory
        self._sets = <int32_t *> &view[0]

    cdef int64_t begin(self, int64_t epoch, int64_t first) noexcept nogil:
        """Begin at token `first`. Returns the begin of the first block, which may be the end of the sentence."""
        cdef int64_t sentence_first
        self.epoch_key = embed_epoch_key(self.seed, <uint64_t> epoch)
        self._enter(self._sentence_of(first))
        sentence_first = self.offsets[self.sentence]
        self.position = min(sentence_first + (first - sentence_first + BLOCK - 1) // BLOCK * BLOCK,
                            self.offsets[self.sentence + 1])
        return self.position

    cdef bint select(self, Block *block, int64_t last) noexcept nogil:
        """Find the next block that begins before `last`; return whether there is one. Otherwise `block` is empty."""
        if self.position >= last:
            block.positions = block.tags = block.draws = 0
            return False
        while self.position >= self.offsets[self.sentence + 1]:
            self._enter(self.sentence + 1)
        block.first = self.position
        block.last = min(block.first + BLOCK, self.offsets[self.sentence + 1])
        self.position = block.last
        self._select_words(block)
        self._add_tags(block)
        self._draw(block)
        return True

    cdef int64_t most_of_tile(self, int64_t tile) noexcept nogil:
        """Return how many integers the blocks that begin within so many tokens can need for words and draws."""
        return (tile * (self.window + self.most_tags) + (tile + BLOCK) * (2 + <int64_t> self.negatives)
                + (tile // BLOCK + 2) * 2 * self.window)

    cdef int64_t tokens(self) noexcept nogil:
        """Return the number of positions of the corpus."""
        return self.offsets[self.offsets.shape[0] - 1]

    cdef void _enter(self, int64_t sentence) noexcept nogil:
        self.sentence = sentence
        if self.is_drawn:
            self.shift = self.starts[sentence] - self.offsets[sentence]

    cdef int64_t _sentence_of(self, int64_t position) noexcept nogil:
        """Return the last sentence that begins at or before `position`."""
        cdef int64_t low = 0, high = self.offsets.shape[0] - 1, middle
        while high - low > 1:
            middle = (low + high) // 2
            if self.offsets[middle] <= position:
                low = middle
            else:
                high = middle
        return low

    cdef void _select_words(self, Block *block) noexcept nogil:
        """Select the tokens that subsampling keeps, and the halo."""
        cdef int32_t *words = block.memory + self.window
        cdef int64_t p, limit, left = 0, own = 0, right = 0
        for p in range(block.first, block.last):
            if self._keeps(p):
                words[own] = self.ids[p + self.shift]
                own += 1
        block.own = own
        if own > 0:
            p, limit = block.first - 1, max(self.offsets[self.sentence], block.first - self.halo_tokens)
            while left < self.window and p >= limit:
                if self._keeps(p):
                    left += 1
                    words[-left] = self.ids[p + self.shift]
                p -= 1
            p, limit = block.last, min(self.offsets[self.sentence + 1], block.last + self.halo_tokens)
            while right < self.window and p < limit:
                if self._keeps(p):
                    words[own + right] = self.ids[p + self.shift]
                    right += 1
                p += 1
        block.words, block.left, block.positions = words - left, left, left + own + right

    cdef void _add_tags(self, Block *block) noexcept nogil:
        cdef int64_t t, first
        block.tags = 0
        if self.most_tags:
            first = self.tag_offsets[self.sentence]
            block.tags = self.tag_offsets[self.sentence + 1] - first
            for t in range(block.tags):
                block.words[block.positions + t] = self.tags[first + t]

    cdef bint _keeps(self, int64_t p) noexcept nogil:
        cdef int32_t word = self.ids[p + self.shift]
        return word >= self.first_kept or embed_keeps(self.epoch_key, p - self._origin(), self.keep_thresholds[word])

    cdef int64_t _origin(self) noexcept nogil:
        """Return the token that draws count from: the first of the corpus, or of the sentence."""
        return self.offsets[self.sentence] if self.is_relative else 0

    cdef int64_t _draw_position(self, const Block *block) noexcept nogil:
        """Return the token that determines the draws of a block: its first, or that of a sentence before."""
        if self.noise_sentences > 1 and not self.is_relative and block.first == self.offsets[self.sentence]:
            return self.offsets[self.sentence // self.noise_sentences * self.noise_sentences]
        return block.first - self._origin()

    cdef void _draw(self, Block *block) noexcept nogil:
        """Draw for the windows of a block, or find the set of draws that it shares with other sentences."""
        cdef int64_t place = (block.first - self._origin()) // BLOCK
        block.is_new = True
        if not self.is_relative or place >= SETS:
            block.reaches, block.draw_set = block.words + block.positions + block.tags, 0
            self._draw_windows(block, block.own)
            return
        block.reaches, block.draw_set = self._sets + place * (BLOCK + self.most_draws), place + 1
        block.noise, block.draws, block.draw_key = block.reaches + BLOCK, self.most_draws, self.epoch_key
        block.is_new = self._set_keys[place] != self.epoch_key
        if block.is_new:
            self._set_keys[place] = self.epoch_key
            self._draw_windows(block, BLOCK)

    cdef void _draw_windows(self, Block *block, int64_t windows) noexcept nogil:
        """Draw the reach of each window and, for the first of each run of windows, noise words."""
        cdef int64_t c, j, next_drawing = 0
        cdef uint64_t fraction, stream = embed_block_stream(self.epoch_key, self._draw_position(block))
        cdef const embed_alias *table = self._aliases
        cdef uint64_t vocabulary = self._alias_count
        block.noise, block.draws, block.stream = block.reaches + windows, 0, stream
        for c in range(windows):
            if self.fixed_window:
                block.reaches[c] = self.window
            else:
                block.reaches[c] = 1 + <int32_t> embed_scale(embed_next(&stream), <uint64_t> self.window, &fraction)
            if c == next_drawing and block.draws < self.most_draws:
                next_drawing += self.noise_run
                for j in range(block.draws, block.draws + self.negatives):
                    self._bits[j] = embed_next(&stream)
                    embed_prefetch_slot(self._bits[j], table, vocabulary)
                block.draws += self.negatives
        # each slot of the table is a cache miss, so all are fetched before the first is read
        for j in range(block.draws):
            block.noise[j] = embed_draw(self._bits[j], table, vocabulary)
