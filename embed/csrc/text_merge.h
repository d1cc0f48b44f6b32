/* Count chunks of a text in several threads, to the same ids and counts as in one.
 *
 * Each thread has a table of its own, which stays from chunk to chunk, and `text_map` has the id in the common table of
 * each of its words. Chunks are joined in the order of the text, one at a time. A word that is new to a thread's table
 * may be new to the common one, and gets the next id there: words are in the order of their first occurrence in the
 * chunk, and a word that the thread knew before was in a chunk joined earlier, so common ids are in the order of first
 * occurrence in the text. After that, the thread translates the ids of the chunk while the next chunk is joined. Counts
 * are added up once, at the end.
 *
 * With a bound (text_bound.h), what is dropped depends on the counts at that moment. Joining then counts token by
 * token, as one thread would; the thread's table saves it the hashing.
 *
 * Machines count parts of a text as threads count chunks, and `text_join_table` adds up their tables (with a bound: the
 * mergeable summaries of Agarwal et al. 2012, "Mergeable summaries", section 3).
 *
 * Rejected: a table for each chunk (a word of every chunk is looked up twice in each, which costs a quarter), one table
 * with locks or atomic slots (ids would depend on the order of threads, and every count would be a shared line).
 */
#ifndef EMBED_TEXT_MERGE_H
#define EMBED_TEXT_MERGE_H

#include "text_scan.h"

typedef struct {
    int32_t *ids; /* [capacity], the first `known` in use: the common id of a word, or -1 for unknown */
    int64_t known, capacity;
    int64_t prunings; /* of the common table, when the ids were valid */
} text_map;

/* What a chunk is to the sentences around it. */
typedef struct {
    int64_t before_line;  /* the tokens before the first line end */
    int64_t in_sentence;  /* the tokens of the open sentence at its end, if it began in this chunk or with it */
    int ends_line;        /* whether a line ends after its last token */
} text_bounds;

/* Count one chunk, whose tokens are whole, into `out`; the first token continues a sentence unless a line ends before
 * it. */
static int text_count_chunk(text_scanner *scanner, const uint8_t *data, size_t n, text_bounds *bounds)
{
    scanner->sentences_begun = 0;
    scanner->in_sentence = 0;
    scanner->before_line = -1;
    int status = text_feed(scanner, data, n);
    if (status == TEXT_OK)
        status = text_end_token(scanner);
    bounds->ends_line = scanner->sentences_begun > 0;
    bounds->before_line = scanner->before_line < 0 ? (int64_t)scanner->out_size : scanner->before_line;
    bounds->in_sentence = scanner->in_sentence;
    return status;
}

/* Give the ids in `out` away, [*size], to be freed; the next chunk finds as much room. */
static int text_hand_over(text_scanner *scanner, int32_t **ids, int64_t *size)
{
    *ids = scanner->out;
    *size = (int64_t)scanner->out_size;
    scanner->out_size = 0;
    scanner->out = malloc(scanner->out_capacity * sizeof *scanner->out);
    if (scanner->out)
        return TEXT_OK;
    scanner->out_capacity = 0;
    return *ids ? TEXT_NO_MEMORY : TEXT_OK;
}

/* Mark the first sentence of a chunk of n ids, which may continue one of `open` tokens (-1: none is open); return the
 * open tokens at its end. The chunk itself is marked as if its first token continued a sentence of no token. */
static int64_t text_join_sentences(int32_t *ids, int64_t n, const text_bounds *bounds, int64_t open, int64_t piece)
{
    int64_t before = bounds->before_line, in_sentence = bounds->in_sentence;
    if (before && open < 0)
        ids[0] |= TEXT_SENTENCE_START;
    if (before && open >= 0) {
        for (int64_t k = piece; k < before; k += piece)
            ids[k] &= INT32_MAX;
        for (int64_t k = piece - open; k < before; k += piece)
            ids[k] |= TEXT_SENTENCE_START;
        if (before == n) {
            int64_t first = piece - open;
            in_sentence = n <= first ? open + n : (n - first - 1) % piece + 1;
        }
    }
    if (bounds->ends_line)
        return -1;
    return n ? in_sentence : open;
}

static void text_map_forget(text_map *map, int64_t prunings)
{
    for (int64_t k = 0; k < map->known; k++)
        map->ids[k] = -1;
    map->prunings = prunings;
}

static int text_map_reserve(text_map *map, int64_t size)
{
    if (size <= map->capacity)
        return TEXT_OK;
    int64_t capacity = size + size / 2 + (int64_t)TEXT_FIRST_ENTRIES;
    int32_t *ids = realloc(map->ids, (size_t)capacity * sizeof *ids);
    if (!ids)
        return TEXT_NO_MEMORY;
    map->ids = ids;
    map->capacity = capacity;
    return TEXT_OK;
}

/* Give the words of a thread's table, up to `size`, their common ids; add new words to the common table. */
static int text_join_words(text_words *words, const text_words *own, text_map *map, int64_t size)
{
    if (text_map_reserve(map, size) != TEXT_OK)
        return TEXT_NO_MEMORY;
    while (map->known < size) {
        text_key keys[TEXT_BATCH];
        int64_t n = size - map->known < TEXT_BATCH ? size - map->known : TEXT_BATCH;
        for (int64_t k = 0; k < n; k++) {
            const text_entry *entry = own->entries + map->known + k;
            keys[k] = text_key_alone(text_entry_bytes(own, entry), entry->length);
            text_prefetch(words->slots + (keys[k].hash & words->slot_mask));
        }
        for (int64_t k = 0; k < n; k++) {
            int64_t id = text_words_id(words, keys + k);
            if (id < 0)
                return (int)id;
            map->ids[map->known++] = (int32_t)id;
        }
    }
    return TEXT_OK;
}

static void text_translate(int32_t *ids, int64_t n, const text_map *map)
{
    for (int64_t k = 0; k < n; k++)
        ids[k] = map->ids[ids[k] & INT32_MAX] | (ids[k] & TEXT_SENTENCE_START);
}

/* Add the counts of a thread's table, all of whose words have common ids, and set them to 0. */
static void text_join_counts(text_words *words, text_words *own, const text_map *map)
{
    for (int64_t k = 0; k < map->known; k++) {
        words->counts[map->ids[k]] += own->counts[k];
        own->counts[k] = 0;
    }
}

/* Translate and count the ids of a chunk into a bounded table, token by token; `size` as in text_join_words. */
static int text_join_bounded(text_scanner *common, const text_words *own, text_map *map, int64_t size, int32_t *ids,
                             int64_t n)
{
    text_words *words = &common->words;
    if (text_map_reserve(map, size) != TEXT_OK)
        return TEXT_NO_MEMORY;
    if (map->prunings != common->bound.prunings)
        text_map_forget(map, common->bound.prunings);
    for (; map->known < size; map->known++)
        map->ids[map->known] = -1;
    for (int64_t k = 0; k < n; k++) {
        int32_t own_id = ids[k] & INT32_MAX;
        int64_t id = map->ids[own_id];
        if (id < 0) {
            const text_entry *entry = own->entries + own_id;
            text_key key = text_key_alone(text_entry_bytes(own, entry), entry->length);
            if (!text_words_find(words, &key)->id_plus_1 && text_bound_is_full(&common->bound, words)) {
                if (text_prune(&common->bound, words, ids, (size_t)k) != TEXT_OK)
                    return TEXT_NO_MEMORY;
                text_map_forget(map, common->bound.prunings);
            }
            if ((id = text_words_id(words, &key)) < 0)
                return (int)id;
            map->ids[own_id] = (int32_t)id;
        }
        words->counts[id]++;
        ids[k] = (int32_t)id | (ids[k] & TEXT_SENTENCE_START);
    }
    return TEXT_OK;
}

/* Make room for a floor of each word that a bounded table can hold, and raise those of all words by `error`. */
static int text_raise_floors(text_scanner *common, int64_t error)
{
    text_bound *bound = &common->bound;
    int64_t *floors = malloc((size_t)(bound->limit + 1) * sizeof *floors);
    if (!floors)
        return TEXT_NO_MEMORY;
    for (int64_t id = 0; id < common->words.size; id++)
        floors[id] = text_floor(bound, id) + error;
    free(bound->floors);
    bound->floors = floors;
    bound->floored = common->words.size;
    bound->error += error;
    return TEXT_OK;
}

/* Add the table of another part of the text: its n words, which end at `ends` in `utf8`, their counts, and their floors
 * and its error (text_bound.h). `ids` receives the id of each word, until words are dropped. The empty word, which stands
 * for dropped words, is skipped.
 *
 * A word of this part occurs at most count + floor times in it, and any other word at most `error` times. So the floors
 * of both tables are added for a word of both, and the error of the table that lacks it for others. Weights, which are
 * count - (error - floor), are thus added, and stay made of tokens: the bound on the error is that of one table. */
static int text_join_table(text_scanner *common, const uint8_t *utf8, const int64_t *ends, const int64_t *counts,
                           const int64_t *floors, int64_t n, int64_t error, int32_t *ids)
{
    text_words *words = &common->words;
    text_bound *bound = &common->bound;
    if (bound->limit && text_raise_floors(common, error) != TEXT_OK)
        return TEXT_NO_MEMORY;
    for (int64_t k = 0, begin = 0; k < n; begin = ends[k++]) {
        if (ends[k] == begin)
            continue;
        text_key key = text_key_alone(utf8 + begin, (uint64_t)(ends[k] - begin));
        int is_new = !text_words_find(words, &key)->id_plus_1;
        if (is_new && text_bound_is_full(bound, words) && text_prune(bound, words, NULL, 0) != TEXT_OK)
            return TEXT_NO_MEMORY;
        int64_t id = text_words_id(words, &key);
        if (id < 0)
            return (int)id;
        ids[k] = (int32_t)id;
        words->counts[id] += counts[k];
        if (bound->limit) {
            if (is_new)
                bound->floors[bound->floored++] = bound->error;
            bound->floors[id] += floors[k] - error;
        }
    }
    free(bound->moved); /* no id of this table is in use yet */
    bound->moved = NULL;
    return TEXT_OK;
}

#endif
