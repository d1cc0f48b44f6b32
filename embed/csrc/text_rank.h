/* Sort the vocabulary by falling count, and words of equal count by their bytes (which is the order of code points).
 *
 * Most words are rare. A counting sort collects the words of each small count, so that the C library's qsort sorts many
 * short lists instead of a long one. A key has everything that a comparison needs, and mostly the prefix is enough.
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

static text_rank_key text_rank_key_of(const text_words *words, int64_t id)
{
    const text_entry *entry = words->entries + id;
    const uint8_t *bytes = text_entry_bytes(words, entry);
    uint64_t prefix = 0;
    for (unsigned k = 0; k < 8; k++)
        prefix = prefix << 8 | (k < entry->length ? bytes[k] : 0);
    text_rank_key key = {words->counts[id], prefix, bytes, (uint32_t)entry->length, (int32_t)id};
    return key;
}

enum { TEXT_LISTS = 1 << 10 };

/* Return the list of a count: each small count has its own, in falling order, and large counts share the first. */
static inline size_t text_list_of(int64_t count)
{
    return count < TEXT_LISTS ? (size_t)(TEXT_LISTS - 1 - count) : 0;
}

/* Write the first `limit` ids of the words that occur at least min_count times; `survivors` is their number. */
static int text_rank(const text_words *words, int64_t min_count, int64_t survivors, int64_t limit, int32_t *ranked)
{
    size_t next[TEXT_LISTS + 1] = {0}; /* the index for the list's next key, from the end of the previous list */
    text_rank_key *keys = malloc((size_t)(survivors + 1) * sizeof *keys);
    if (!keys)
        return TEXT_NO_MEMORY;
    for (int64_t id = 0; id < words->size; id++)
        if (words->counts[id] >= min_count)
            next[text_list_of(words->counts[id]) + 1]++;
    for (size_t list = 0; list < TEXT_LISTS; list++)
        next[list + 1] += next[list];
    for (int64_t id = 0; id < words->size; id++)
        if (words->counts[id] >= min_count)
            keys[next[text_list_of(words->counts[id])]++] = text_rank_key_of(words, id);
    for (size_t list = 0, first = 0; list < TEXT_LISTS; first = next[list++])
        qsort(keys + first, next[list] - first, sizeof *keys, text_compare_rank);
    for (int64_t k = 0; k < survivors && k < limit; k++)
        ranked[k] = keys[k].id;
    free(keys);
    return TEXT_OK;
}

#endif
