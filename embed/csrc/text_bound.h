/* Count words in bounded memory: a table of at most `limit` words, with a bound on the error of its counts.
 *
 * When the table holds `limit` words, it is pruned (Misra and Gries 1982, in the batches of Anderson et al. 2017, as
 * text_phrases.h does for pairs): let d be the smallest number such that at least half of the words have a weight of at
 * most d; every weight falls by d, and words without weight are removed. `error` is the sum of these d. A word also has
 * its plain count since it was last added. If `error` was `floor` at that time, its weight is count - (error - floor).
 *
 * For a word that occurs f times, the weight is at least f - error, so the word is in the table if f > error. Its count
 * never exceeds f, and falls short of f by what was lost before the word was added: at most its floor, so at most
 * `error`. More than half of the words have a weight of d or more, so a pruning takes d from at least limit / 2 words;
 * weights are made of tokens, so error <= 2 * tokens / limit.
 *
 * Id 0 stands for all removed words (it is the empty word, which no text contains, with count 0). When words are
 * removed, the others are renumbered in the same order, and `moved` maps the ids returned before to the new ids.
 *
 * Rejected: reporting weights (too low by `error` for every word, even for words present from the start), dropping
 * words below a rising count (gensim, word2vec.c: no bound), space-saving (counts too high, and ids that change
 * owners).
 */
#ifndef EMBED_TEXT_BOUND_H
#define EMBED_TEXT_BOUND_H

#include "text_words.h"

enum { TEXT_GONE = 0 }; /* the id that stands for all removed words */

typedef struct {
    int64_t limit; /* 0 = no limit */
    int64_t error, prunings;
    int64_t *floors; /* [floored], for words present after the last pruning; the floor of later words is `error` */
    int64_t floored;
    int32_t *moved; /* [moved_size], the new ids of the words present when ids were last taken, or NULL */
    int64_t moved_size;
} text_bound;

static void text_bound_free(text_bound *bound)
{
    free(bound->floors);
    free(bound->moved);
}

/* Set the limit of an empty table. */
static int text_bound_init(text_bound *bound, text_words *words, int64_t limit)
{
    text_key gone = text_key_alone((const uint8_t *)"", 0);
    bound->limit = limit;
    int64_t id = text_words_id(words, &gone);
    return id < 0 ? (int)id : TEXT_OK;
}

static inline int text_bound_is_full(const text_bound *bound, const text_words *words)
{
    return bound->limit && words->size > bound->limit; /* the first word is TEXT_GONE */
}

static inline int64_t text_floor(const text_bound *bound, int64_t id)
{
    return id < bound->floored ? bound->floors[id] : bound->error;
}

static inline int64_t text_weight(const text_bound *bound, const text_words *words, int64_t id)
{
    return words->counts[id] - (bound->error - text_floor(bound, id));
}

/* Return the smallest number that at least half of the weights do not exceed. */
static int64_t text_median_weight(const text_bound *bound, const text_words *words)
{
    int64_t low = 1, high = 1;
    for (int64_t id = TEXT_GONE + 1; id < words->size; id++) {
        int64_t weight = text_weight(bound, words, id);
        high = weight > high ? weight : high;
    }
    while (low < high) {
        int64_t middle = low + (high - low) / 2, below = 0;
        for (int64_t id = TEXT_GONE + 1; id < words->size; id++)
            below += text_weight(bound, words, id) <= middle;
        if (2 * below >= words->size - 1)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Prune: see the top of this file. `ids`, [n] with sign bits, have not been taken yet. */
static int text_prune(text_bound *bound, text_words *words, int32_t *ids, size_t n)
{
    const int64_t size = words->size, less = text_median_weight(bound, words);
    int32_t *renumbered = malloc((size_t)size * sizeof *renumbered);
    int64_t *floors = malloc((size_t)size * sizeof *floors), kept = 1;
    if (!renumbered || !floors) {
        free(renumbered);
        free(floors);
        return TEXT_NO_MEMORY;
    }
    renumbered[TEXT_GONE] = TEXT_GONE;
    floors[TEXT_GONE] = 0;
    words->arena_size = 0;
    for (int64_t id = TEXT_GONE + 1; id < size; id++) {
        renumbered[id] = TEXT_GONE;
        if (text_weight(bound, words, id) <= less)
            continue;
        text_entry entry = words->entries[id];
        if (entry.length > TEXT_INLINE) { /* the arena is in the order of the ids */
            memmove(words->arena + words->arena_size, words->arena + entry.tail, (size_t)entry.length);
            entry.tail = words->arena_size;
            words->arena_size += (size_t)entry.length;
        }
        renumbered[id] = (int32_t)kept;
        floors[kept] = text_floor(bound, id);
        words->entries[kept] = entry;
        words->counts[kept++] = words->counts[id];
    }
    words->size = bound->floored = kept;
    bound->error += less;
    bound->prunings++;
    free(bound->floors);
    bound->floors = floors;
    memset(words->slots, 0, ((size_t)words->slot_mask + 1) * sizeof *words->slots);
    text_fill_slots(words, words->slots, words->slot_mask);
    for (size_t k = 0; k < n; k++)
        ids[k] = renumbered[ids[k] & INT32_MAX] | (ids[k] & TEXT_SENTENCE_START);
    if (!bound->moved) {
        bound->moved = renumbered;
        bound->moved_size = size;
        return TEXT_OK;
    }
    for (int64_t id = 0; id < bound->moved_size; id++)
        bound->moved[id] = renumbered[bound->moved[id]];
    free(renumbered);
    return TEXT_OK;
}

#endif
