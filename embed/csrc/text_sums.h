/* Sum blocks of bytes; a digest of the sums is ten times faster than a digest of the bytes.
 *
 * NH (Black, Halevi, Krawczyk, Krovetz and Rogaway 1999, "UMAC", section 4, with words of 64 bits): the sum over a
 * block's pairs of words (a, b) of (a + key)(b + key'), where inner sums are modulo 2^64 and the outer one modulo
 * 2^128. Two different blocks of one length have the same sum with a chance of at most 2^-64 over the keys. The keys
 * are fixed here, so this guards against accident and not against somebody who looks for two texts with one digest.
 */
#ifndef EMBED_TEXT_SUMS_H
#define EMBED_TEXT_SUMS_H

#include "random.h"
#include "text_port.h"

enum { TEXT_SUM_BLOCK = 4096, TEXT_SUM_BYTES = 16 };

typedef struct {
    uint64_t keys[TEXT_SUM_BLOCK / 8];
    uint8_t block[TEXT_SUM_BLOCK]; /* the first `held` bytes wait for the rest of their block */
    size_t held;
    uint64_t length;
} text_sums;

static void text_sums_init(text_sums *sums)
{
    uint64_t state = 0;
    memset(sums, 0, sizeof *sums);
    for (int k = 0; k < TEXT_SUM_BLOCK / 8; k++)
        sums->keys[k] = embed_next(&state);
}

static inline void text_sum_block(const text_sums *sums, const uint8_t *block, uint8_t *sum)
{
    uint64_t low = 0, high = 0;
    for (int k = 0; k < TEXT_SUM_BLOCK / 8; k += 2) {
        uint64_t a = text_load8_little(block + 8 * k) + sums->keys[k], upper;
        uint64_t lower = text_multiply(a, text_load8_little(block + 8 * k + 8) + sums->keys[k + 1], &upper);
        low += lower;
        high += upper + (low < lower);
    }
    text_store8_little(sum, low);
    text_store8_little(sum + 8, high);
}

/* Add the next bytes; write the sums of the blocks that they complete, and return the number of these. */
static size_t text_sums_update(text_sums *sums, const uint8_t *data, size_t n, uint8_t *out)
{
    size_t blocks = 0;
    sums->length += n;
    while (n) {
        const uint8_t *block = data;
        size_t taken = TEXT_SUM_BLOCK;
        if (sums->held || n < TEXT_SUM_BLOCK) {
            taken = n < TEXT_SUM_BLOCK - sums->held ? n : TEXT_SUM_BLOCK - sums->held;
            memcpy(sums->block + sums->held, data, taken);
            sums->held += taken;
            block = sums->block;
        }
        if (block == data || sums->held == TEXT_SUM_BLOCK) {
            text_sum_block(sums, block, out + TEXT_SUM_BYTES * blocks++);
            sums->held = 0;
        }
        data += taken;
        n -= taken;
    }
    return blocks;
}

/* Write the sum of the last block, padded with zeros, and the total length in bytes: TEXT_SUM_BYTES + 8 bytes. */
static void text_sums_end(const text_sums *sums, uint8_t *out)
{
    uint8_t block[TEXT_SUM_BLOCK] = {0};
    memcpy(block, sums->block, sums->held);
    text_sum_block(sums, block, out);
    text_store8_little(out + TEXT_SUM_BYTES, sums->length);
}

#endif
