/* The vocabulary's order: by falling count, equal counts by the bytes of the word (which is the order of code points).
 *
 * Each key carries all that a comparison needs, most often its first 16 bytes alone, so the C library's qsort serves.
 */
#ifndef EMBED_TEXT_RANK_H
#define EMBED_TEXT_RANK_H

#include "text_words.h"

typedef struct {
    int64_t count;
    uint64_t prefix; /* first 8 bytes as a big-endian number, zero-padded: compares like the bytes */
    const uint8_t *bytes;
    uint32_t length;
    int32_t id;
} text_rank_key;

static int text_compare_rank(const void *left, const void *right)
{
    const text_rank_key *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    int order = memcmp(a->bytes, b->bytes, a->length < b->length ? a->length : b->length);
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

static int64_t text_survivors(const text_words *words, int64_t min_count)
{
    int64_t survivors = 0;
    for (int64_t id = 0; id < words->size; id++)
        survivors += words->counts[id] >= min_count;
    return survivors;
}

/* Write the first `limit` ids of the words that occur at least min_count times; `survivors` is their number. */
static int text_rank(const text_words *words, int64_t min_count, int64_t survivors, int64_t limit, int32_t *ranked)
{
    text_rank_key *keys = malloc((size_t)(survivors + 1) * sizeof *keys);
    if (!keys)
        return TEXT_NO_MEMORY;
    int64_t n = 0;
    for (int64_t id = 0; id < words->size; id++) {
        const text_entry *entry = words->entries + id;
        if (words->counts[id] < min_count)
            continue;
        const uint8_t *bytes = text_entry_bytes(words, entry);
        uint64_t prefix = 0;
        for (unsigned k = 0; k < 8; k++)
            prefix = prefix << 8 | (k < entry->length ? bytes[k] : 0);
        text_rank_key key = {words->counts[id], prefix, bytes, (uint32_t)entry->length, (int32_t)id};
        keys[n++] = key;
    }
    qsort(keys, (size_t)n, sizeof *keys, text_compare_rank);
    for (int64_t k = 0; k < n && k < limit; k++)
        ranked[k] = keys[k].id;
    free(keys);
    return TEXT_OK;
}

#endif
