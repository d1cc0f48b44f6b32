/* fastText's character n-grams and their hash (dictionary.cc: computeSubwords, hash), on UTF-8 bytes.
 *
 * A word is already wrapped: "<word>". From every character, n-grams of 1 to max_n characters grow; those of at least
 * min_n characters are emitted, except a boundary that stands alone. The hash is FNV-1a, 32 bits, with fastText's quirk
 * that a byte is sign-extended first, which changes it for every byte of a non-ASCII character. FNV-1a reads byte by
 * byte, so a longer n-gram continues the hash of the shorter one.
 */
#ifndef EMBED_TEXT_NGRAMS_H
#define EMBED_TEXT_NGRAMS_H

#include "text_port.h"

#define TEXT_FNV_OFFSET UINT32_C(2166136261)
#define TEXT_FNV_PRIME UINT32_C(16777619)

static inline uint32_t text_fnv(uint32_t hash, uint8_t byte)
{
    return (hash ^ (uint32_t)(int32_t)(int8_t)byte) * TEXT_FNV_PRIME;
}

static inline int text_is_continuation(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Emit first_row + hash % buckets of every n-gram of wrapped[length]; with rows == NULL count them only. */
static int64_t text_ngrams(const uint8_t *wrapped, int64_t length, int min_n, int max_n, uint32_t buckets, int32_t first_row,
                           int32_t *rows)
{
    int64_t emitted = 0;
    for (int64_t start = 0; start < length; start++) {
        if (text_is_continuation(wrapped[start]))
            continue;
        uint32_t hash = TEXT_FNV_OFFSET;
        int64_t end = start;
        for (int n = 1; end < length && n <= max_n; n++) {
            do
                hash = text_fnv(hash, wrapped[end++]);
            while (end < length && text_is_continuation(wrapped[end]));
            if (n < min_n || (n == 1 && (start == 0 || end == length)))
                continue;
            if (rows)
                rows[emitted] = first_row + (int32_t)(hash % buckets);
            emitted++;
        }
    }
    return emitted;
}

#endif
