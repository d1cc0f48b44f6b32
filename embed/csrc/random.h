/* Random draws: splitmix64 (Steele, Lea, Flood 2014), whose state is a counter.
 *
 * A stream belongs to (seed, epoch, block) or (seed, epoch, token), never to a thread, so the draws do not depend on
 * which worker trains a block, or when. embed/engine/reference.py replays them in Python.
 *
 * Rejected: xorshift (each draw waits for the one before), a table of 1e8 noise words (inexact, and a cache
 * miss a draw).
 */
#ifndef EMBED_RANDOM_H
#define EMBED_RANDOM_H

#include <stdint.h>
#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

#define EMBED_GOLDEN 0x9E3779B97F4A7C15ull

static inline uint64_t embed_mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

/* The next 64 random bits of a stream. */
static inline uint64_t embed_next(uint64_t *state) { return embed_mix(*state += EMBED_GOLDEN); }

static inline uint64_t embed_epoch_key(uint64_t seed, uint64_t epoch) {
    return embed_mix(embed_mix(seed + EMBED_GOLDEN) + epoch);
}

/* Return the stream of the block whose first token is at `position` of the corpus. */
static inline uint64_t embed_block_stream(uint64_t epoch_key, int64_t position) {
    return embed_mix(~epoch_key ^ embed_mix((uint64_t)position));
}

/* Subsampling: return whether the token at `position` is kept, with probability (threshold + 1) / 2^32. */
static inline int embed_keeps(uint64_t epoch_key, int64_t position, uint32_t threshold) {
    return (uint32_t)(embed_mix(epoch_key + EMBED_GOLDEN * (uint64_t)position) >> 32) <= threshold;
}

/* Return the whole part of n * r / 2^64, uniform in 0..n-1; `fraction` gets the rest, which is uniform again. */
static inline uint64_t embed_scale(uint64_t r, uint64_t n, uint64_t *fraction) {
#if defined(_MSC_VER) && !defined(__clang__)
    uint64_t whole;
    *fraction = _umul128(r, n, &whole);
    return whole;
#else
    const unsigned __int128 product = (unsigned __int128)r * n;
    *fraction = (uint64_t)product;
    return (uint64_t)(product >> 64);
#endif
}

/* Alias method (Walker 1977, Vose 1991): slot i keeps i with probability (threshold + 1) / 2^32, else its alias. */
typedef struct {
    uint32_t threshold, alias;
} embed_alias;

/* Return the word that 64 random bits draw. */
static inline int32_t embed_draw(uint64_t bits, const embed_alias *table, uint64_t n) {
    uint64_t fraction;
    const uint64_t i = embed_scale(bits, n, &fraction);
    /* without a branch, which the processor could not predict */
    const uint32_t other = 0u - (uint32_t)((uint32_t)(fraction >> 32) > table[i].threshold);
    return (int32_t)(((uint32_t)i & ~other) | (table[i].alias & other));
}

/* Fetch the slot that embed_draw will read. */
static inline void embed_prefetch_slot(uint64_t bits, const embed_alias *table, uint64_t n) {
#if defined(__GNUC__)
    uint64_t fraction;
    __asm__ volatile(""); /* or gcc sees no effect of the function and drops its calls */
    __builtin_prefetch(table + embed_scale(bits, n, &fraction));
#else
    (void)bits, (void)table, (void)n;
#endif
}

#endif
