"""Declare the log of the changes of blocks, csrc/log.h."""

from libc.stdint cimport int32_t, int64_t, uint16_t

cdef extern from "log.h" nogil:
    ctypedef struct embed_log:
        uint16_t *deltas
        int32_t *owners
        int64_t used
        int64_t capacity
        int64_t stride
        void *memory
    ctypedef struct embed_tally:
        int32_t round
        int32_t count
    ctypedef struct embed_entry:
        const embed_log *log
        int64_t first
        int64_t last
        double loss
    ctypedef struct embed_change:
        float *row
        const uint16_t *delta
        embed_tally *tally
        float share
    ctypedef struct embed_changes:
        embed_change *items
        int64_t used
    int embed_log_reserve(embed_log *log, int64_t n) noexcept
    int embed_changes_reserve(embed_changes *changes, int64_t n) noexcept
    void embed_count(embed_tally *tally, int32_t round) noexcept
    void embed_prefetch_tally(const embed_tally *tally) noexcept
    int64_t embed_part(int32_t row, int64_t parts) noexcept
