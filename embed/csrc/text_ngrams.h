/* Find the rows of character n-grams in UTF-8: fastText's scheme (dictionary.cc: computeSubwords, hash) and floret's.
 *
 * A word is already wrapped: "<word>". At every character, n-grams of min_n to max_n characters begin; a boundary alone
 * is no n-gram.
 *
 * fastText: one row per n-gram, by FNV-1a, 32 bits, with its quirk of sign-extending each byte first, which changes the
 * hash of every non-ASCII character. FNV-1a reads byte by byte, so a longer n-gram continues the hash of the shorter
 * one. floret: hash_count rows per n-gram, the first words of one MurmurHash3; the whole "<word>" comes first, at any
 * length.
 */
#ifndef EMBED_TEXT_NGRAMS_H
#define EMBED_TEXT_NGRAMS_H

#include "text_murmur.h"
#include "text_port.h"

#define TEXT_FNV_OFFSET UINT32_C(2166136261)
#define TEXT_FNV_PRIME UINT32_C(16777619)

typedef struct {
    int min_n, max_n;
    uint32_t buckets;
    int hash_count;     /* 0: fastText's scheme; 1 to 4: floret's */
    uint32_t hash_seed; /* floret's */
} text_scheme;

static inline uint32_t text_fnv(uint32_t hash, uint8_t byte)
{
    return (hash ^ (uint32_t)(int32_t)(int8_t)byte) * TEXT_FNV_PRIME;
}

static inline int text_is_continuation(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Write floret's rows of bytes[length], if rows is not NULL; return their number. */
static int64_t text_floret_rows(const text_scheme *scheme, const uint8_t *bytes, int64_t length, int32_t *rows)
{
    uint32_t hashes[TEXT_MURMUR_WORDS];
    if (rows) {
        text_murmur(bytes, (size_t)length, scheme->hash_seed, hashes);
        for (int k = 0; k < scheme->hash_count; k++)
            rows[k] = (int32_t)(hashes[k] % scheme->buckets);
    }
    return scheme->hash_count;
}

/* Write the rows of every n-gram of wrapped[length], fastText's counted from first_row; with rows == NULL count them
 * only. */
static int64_t text_ngrams(const text_scheme *scheme, const uint8_t *wrapped, int64_t length, int32_t first_row, int32_t *rows)
{
    int64_t emitted = 0;
    if (scheme->hash_count)
        emitted = text_floret_rows(scheme, wrapped, length, rows);
    for (int64_t start = 0; start < length; start++) {
        if (text_is_continuation(wrapped[start]))
            continue;
        uint32_t hash = TEXT_FNV_OFFSET;
        int64_t end = start;
        for (int n = 1; end < length && n <= scheme->max_n; n++) {
            do
                hash = text_fnv(hash, wrapped[end++]);
            while (end < length && text_is_continuation(wrapped[end]));
            if (n < scheme->min_n || (n == 1 && (start == 0 || end == length)))
                continue;
            if (scheme->hash_count) {
                emitted += text_floret_rows(scheme, wrapped + start, end - start, rows ? rows + emitted : NULL);
                continue;
            }
            if (rows)
                rows[emitted] = first_row + (int32_t)(hash % scheme->buckets);
            emitted++;
        }
    }
    return emitted;
}

#endif
