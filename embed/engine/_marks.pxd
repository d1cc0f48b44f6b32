"""Declare the marks of the rows that the tiles of a round touch, csrc/marks.h."""

from libc.stdint cimport int32_t, int64_t, uint64_t

cdef extern from "marks.h" nogil:
    enum:
        EMBED_MARK_WORDS
    void embed_mark(uint64_t *marks, int32_t owner) noexcept
    bint embed_is_marked(const uint64_t *marks, int32_t owner) noexcept
    void embed_clear_marks(uint64_t *marks) noexcept
    void embed_mark_all(uint64_t *marks) noexcept
    void embed_find_shared(const uint64_t *marks, int64_t tiles, uint64_t *shared) noexcept
