/* The copies of rows that tiles train, which are the log of their changes, and the list of changes to merge. */
#ifndef EMBED_LOG_H
#define EMBED_LOG_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#define EMBED_HUGE_PAGE ((size_t)1 << 21)

typedef struct {
    float *values;   /* [capacity, stride] */
    int32_t *owners; /* [capacity] a word, words + i for position i of the window, or ~row for an output row */
    int64_t used, capacity, stride;
    void *memory;
} embed_log;

/* The changes of a row in the round with the number `round`: how many, and the first and last in the list. */
typedef struct {
    int32_t round, count, first, last;
} embed_tally;

/* The copies of a tile: rows first..last-1 of a log. */
typedef struct {
    const embed_log *log;
    int64_t first, last;
    double loss;
} embed_entry;

/* A change of a row of a matrix. */
typedef struct {
    float *row;
    const float *values; /* the new row, or what it moves by over `share` */
    embed_tally *tally;
    float share;
    int32_t next;    /* the next change of the same row in the list, or -1 */
    int32_t is_new;  /* `values` is the new row */
    int32_t is_whole; /* the row moves by the sum of its changes, however many */
} embed_change;

typedef struct {
    embed_change *items;
    int64_t used, capacity;
} embed_changes;

/* Return the part that a row belongs to: parts have about the same number of rows, and neighbours differ. */
static inline int64_t embed_part(int32_t row, int64_t parts) {
    return (int64_t)((uint64_t)((uint32_t)row * 2654435769u) * (uint64_t)parts >> 32);
}

/* Append change i of the list to the changes of its row. */
static inline void embed_link(embed_changes *changes, int64_t i, int32_t round) {
    embed_tally *tally = changes->items[i].tally;
    if (tally->round == round) {
        changes->items[tally->last].next = (int32_t)i;
        tally->count += 1;
    } else {
        tally->round = round;
        tally->count = 1;
        tally->first = (int32_t)i;
    }
    tally->last = (int32_t)i;
    changes->items[i].next = -1;
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
    const size_t bytes = numbers * sizeof(float) + (size_t)capacity * sizeof(int32_t);
    void *memory = malloc(bytes + EMBED_HUGE_PAGE);
    if (memory == NULL) return -1;
    float *values = (float *)(((uintptr_t)memory + EMBED_HUGE_PAGE - 1) & ~(uintptr_t)(EMBED_HUGE_PAGE - 1));
#if defined(MADV_HUGEPAGE)
    madvise(values, bytes / EMBED_HUGE_PAGE * EMBED_HUGE_PAGE, MADV_HUGEPAGE);
#endif
    int32_t *owners = (int32_t *)(values + numbers);
    if (log->used) {
        memcpy(values, log->values, (size_t)(log->used * log->stride) * sizeof(float));
        memcpy(owners, log->owners, (size_t)log->used * sizeof(int32_t));
    }
    free(log->memory);
    log->memory = memory;
    log->values = values;
    log->owners = owners;
    log->capacity = capacity;
    return 0;
}

#endif
