/* The rows that blocks of tokens train on: copies, later by how much each has changed, and whose they are. */
#ifndef EMBED_LOG_H
#define EMBED_LOG_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    float *rows;     /* [capacity, stride] */
    int32_t *owners; /* [capacity] a word (its input rows), or ~row (an output row) */
    int64_t used, capacity, stride;
    void *memory;
} embed_log;

/* In how many places of round number `round` a row has changed. */
typedef struct {
    int32_t round, count;
} embed_tally;

/* What a block of a round has changed: rows first..last-1 of a log. */
typedef struct {
    const embed_log *log;
    int64_t first, last;
    double loss;
} embed_entry;

/* Make room for n more rows; what is in use moves with it. Returns 0, or -1 if there is no memory. */
static inline int embed_log_reserve(embed_log *log, int64_t n) {
    const int64_t needed = log->used + n;
    if (needed <= log->capacity) return 0;
    const int64_t capacity = needed + needed / 2;
    const size_t floats = (size_t)(capacity * log->stride);
    void *memory = malloc(floats * sizeof(float) + (size_t)capacity * sizeof(int32_t) + 64);
    if (memory == NULL) return -1;
    float *rows = (float *)(((uintptr_t)memory + 63) & ~(uintptr_t)63);
    int32_t *owners = (int32_t *)(rows + floats);
    if (log->used) {
        memcpy(rows, log->rows, (size_t)(log->used * log->stride) * sizeof(float));
        memcpy(owners, log->owners, (size_t)log->used * sizeof(int32_t));
    }
    free(log->memory);
    log->memory = memory;
    log->rows = rows;
    log->owners = owners;
    log->capacity = capacity;
    return 0;
}

#endif
