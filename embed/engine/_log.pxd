"""Declare the copies of tiles, which are the log of their changes, csrc/log.h."""

from libc.stdint cimport int32_t, int64_t

cdef extern from "log.h" nogil:
    ctypedef struct embed_log:
        float *values
        int32_t *owners
        int64_t used
        int64_t capacity
        int64_t stride
        void *memory
    ctypedef struct embed_tally:
        int32_t round
        int32_t count
        int32_t first
        int32_t last
    ctypedef struct embed_entry:
        const embed_log *log
        int64_t first
        int64_t last
        double loss
    ctypedef struct embed_change:
        float *row
        const float *values
        embed_tally *tally
        float share
        int32_t next
        int32_t is_new
        int32_t is_whole
    ctypedef struct embed_changes:
        embed_change *items
        int64_t used
    int embed_log_reserve(embed_log *log, int64_t n) noexcept
    int embed_changes_reserve(embed_changes *changes, int64_t n) noexcept
    void embed_link(embed_changes *changes, int64_t i, int32_t round) noexcept
    void embed_prefetch_tally(const embed_tally *tally) noexcept
    int64_t embed_part(int32_t row, int64_t parts) noexcept
