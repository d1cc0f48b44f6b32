/* Which rows the tiles of a round touch: a bit for each row in the marks of each tile, some rows to a bit. A row that
 * two tiles touch has a shared bit; so may a few others, which costs a copy of each and changes nothing. */
#ifndef EMBED_MARKS_H
#define EMBED_MARKS_H

#include <stdint.h>
#include <string.h>

#define EMBED_MARK_BITS 16
#define EMBED_MARK_WORDS (1 << (EMBED_MARK_BITS - 6))

/* Return the bit of an owner (log.h). */
static inline uint32_t embed_mark_of(int32_t owner) {
    return ((uint32_t)owner * 2654435769u) >> (32 - EMBED_MARK_BITS);
}

static inline void embed_mark(uint64_t *marks, int32_t owner) {
    const uint32_t bit = embed_mark_of(owner);
    marks[bit >> 6] |= (uint64_t)1 << (bit & 63);
}

static inline int embed_is_marked(const uint64_t *marks, int32_t owner) {
    const uint32_t bit = embed_mark_of(owner);
    return (int)(marks[bit >> 6] >> (bit & 63) & 1);
}

static inline void embed_clear_marks(uint64_t *marks) { memset(marks, 0, EMBED_MARK_WORDS * sizeof(uint64_t)); }

static inline void embed_mark_all(uint64_t *marks) { memset(marks, 0xff, EMBED_MARK_WORDS * sizeof(uint64_t)); }

/* shared = the bits that two or more of the tiles have marked. */
static inline void embed_find_shared(const uint64_t *marks, int64_t tiles, uint64_t *shared) {
    uint64_t any[EMBED_MARK_WORDS];
    memcpy(any, marks, sizeof any);
    embed_clear_marks(shared);
    for (int64_t tile = 1; tile < tiles; ++tile) {
        const uint64_t *more = marks + tile * EMBED_MARK_WORDS;
        for (int i = 0; i < EMBED_MARK_WORDS; ++i) {
            shared[i] |= any[i] & more[i];
            any[i] |= more[i];
        }
    }
}

#endif
