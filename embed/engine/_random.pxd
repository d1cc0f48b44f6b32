"""Declare the random draws of csrc/random.h."""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

cdef extern from "random.h" nogil:
    ctypedef struct embed_alias:
        uint32_t threshold
        uint32_t alias
    uint64_t embed_next(uint64_t *state) noexcept
    uint64_t embed_epoch_key(uint64_t seed, uint64_t epoch) noexcept
    uint64_t embed_block_stream(uint64_t epoch_key, int64_t position) noexcept
    int embed_keeps(uint64_t epoch_key, int64_t position, uint32_t threshold) noexcept
    uint64_t embed_scale(uint64_t r, uint64_t n, uint64_t *fraction) noexcept
    int32_t embed_draw(uint64_t bits, const embed_alias *table, uint64_t n) noexcept
    void embed_prefetch_slot(uint64_t bits, const embed_alias *table, uint64_t n) noexcept
