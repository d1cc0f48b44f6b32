/* The log of the changes of blocks: the owner of each changed row, and its change, with 16 bits for a number
 * (kernels.h). */
#ifndef EMBED_LOG_H
#define EMBED_LOG_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint16_t *deltas; /* [capacity, stride] */
    int32_t *owners;  /* [capacity] a word, words + i for position i of the window, or ~row for an output row */
    int64_t used, capacity, stride;
    void *memory;
} embed_log;

/* How often a row has changed in the round with the number `round`. */
typedef struct {
    int32_t round, count;
} embed_tally;

/* The changes of a block of a round: rows first..last-1 of a log. */
typedef struct {
    const embed_log *log;
    int64_t first, last;
    double loss;
} embed_entry;

/* A change of a row of a matrix: *row += share * *delta, less if `tally` has counted many. */
typedef struct {
    float *row;
    const uint16_t *delta;
    embed_tally *tally; /* NULL: the whole change counts */
    float share;
} embed_change;

typedef struct {
    embed_change *items;
    int64_t used, capacity;
} embed_changes;

/* Return the part that a row belongs to: parts have about the same number of rows, and neighbours differ. */
static inline int64_t embed_part(int32_t row, int64_t parts) {
    return (int64_t)((uint64_t)((uint32_t)row * 2654435769u) * (uint64_t)parts >> 32);
}

/* Count one more change of a row; the count of another round is reset. */
static inline void embed_count(embed_tally *tally, int32_t round) {
    if (tally == NULL) return;
    tally->count = tally->round == round ? tally->count + 1 : 1;
    tally->round = round;
}

#if defined(__GNUC__)
static inline void embed_prefetch_tally(const embed_tally *tally) { __builtin_prefetch(tally, 1, 3); }
#else
static inline void embed_prefetch_tally(const embed_tally *tally) { (void)tally; }
#endif

/* Make room for n more changes. Returns 0, or -1 if there is no memory. */
static inline int embed_changes_reserve(embed_changes *changes, int64_t n) {
    const int64_t needed = changes->used + n;
    if (needed <= changes->capacity) return 0;
    const int64_t capacity = needed + needed / 2;
    embed_change *items = (embed_change *)realloc(changes->items, (size_t)capacity * sizeof(embed_change));
    if (items == NULL) return -1;
    changes->items = items;
    changes->capacity = capacity;
    return 0;
}

/* Make room for n more rows, and keep those in use. Returns 0, or -1 if there is no memory. */
static inline int embed_log_reserve(embed_log *log, int64_t n) {
    const int64_t needed = log->used + n;
    if (needed <= log->capacity) return 0;
    const int64_t capacity = needed + needed / 2;
    const size_t numbers = (size_t)(capacity * log->stride);
    void *memory = malloc(numbers * sizeof(uint16_t) + (size_t)capacity * sizeof(int32_t) + 64);
    if (memory == NULL) return -1;
    uint16_t *deltas = (uint16_t *)(((uintptr_t)memory + 63) & ~(uintptr_t)63);
    int32_t *owners = (int32_t *)(deltas + numbers);
    if (log->used) {
        memcpy(deltas, log->deltas, (size_t)(log->used * log->stride) * sizeof(uint16_t));
        memcpy(owners, log->owners, (size_t)log->used * sizeof(int32_t));
    }
    free(log->memory);
    log->memory = memory;
    log->deltas = deltas;
    log->owners = owners;
    log->capacity = capacity;
    return 0;
}

#endif
