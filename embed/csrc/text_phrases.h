/* Count pairs of neighbouring words in a stream of ids, and join phrases.
 *
 * A pair is (left, right, between): two ids and the connector words between them, 0 for none. A sequence of connectors
 * is a node of a tree, whose edges are in a table of the same kind: (parent, connector) -> node. A slot is 16 bytes,
 * found by linear probing; counting stages pairs and prefetches their slots, which hides the cache misses.
 *
 * The table is bounded: when it holds `max_pairs`, it subtracts from every count the smallest d such that at least half
 * of the counts are at most d, and removes pairs without a count (Misra and Gries 1982, in the batches of Anderson et
 * al. 2017). A count is then too low by at most the sum of these d, `error`, and never too high; each pruning takes d
 * from at least half of the pairs, so error <= 2 * pairs seen / max_pairs.
 *
 * Rejected: dropping pairs below a rising threshold (gensim, word2phrase.c: no simple bound on the loss of a pair that
 * is added again), strings as keys (ten times the time and memory), a hash of the pair alone (collisions would join
 * pairs that are not phrases).
 */
#ifndef EMBED_TEXT_PHRASES_H
#define EMBED_TEXT_PHRASES_H

#include "text_words.h"

#define PHRASE_MAX_LINKS (1 << 20) /* the most connector sequences; pairs around further ones are not counted */
#define PHRASE_FIRST_SLOTS ((size_t)1 << 10)

enum { PHRASE_BATCH = 64 /* pairs whose slots are being prefetched */ };

/* The roles of a word in the phrases of a pass, which alone rule out most pairs. */
enum { PHRASE_CONNECTOR = 1, PHRASE_FIRST = 2, PHRASE_LAST = 4, PHRASE_GONE = 8 /* an unknown word: in no pair */ };

typedef struct {
    int32_t left, right, between;
    uint32_t value; /* a count, a node, or a joined id + 1; 0 = free */
} phrase_pair;

typedef struct {
    phrase_pair *slots; /* [mask + 1], a power of two */
    uint64_t mask;
    int64_t size;
} phrase_table;

typedef struct {
    phrase_table pairs, links;
    int64_t max_pairs, error;
    int32_t left, between; /* the word a pair may begin with (-1: none) and the connectors since */
    phrase_pair batch[PHRASE_BATCH];
    int batched;
} phrase_walker;

static int phrase_table_init(phrase_table *table)
{
    table->slots = calloc(PHRASE_FIRST_SLOTS, sizeof *table->slots);
    table->mask = PHRASE_FIRST_SLOTS - 1;
    table->size = 0;
    return table->slots ? TEXT_OK : TEXT_NO_MEMORY;
}

static int phrase_walker_init(phrase_walker *walker, int64_t max_pairs)
{
    memset(walker, 0, sizeof *walker);
    walker->max_pairs = max_pairs;
    walker->left = -1;
    int status = phrase_table_init(&walker->pairs);
    return status == TEXT_OK ? phrase_table_init(&walker->links) : status;
}

static void phrase_walker_free(phrase_walker *walker)
{
    free(walker->pairs.slots);
    free(walker->links.slots);
    memset(walker, 0, sizeof *walker);
}

static inline uint64_t phrase_hash(int32_t left, int32_t right, int32_t between)
{
    uint64_t words = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
    return text_fold_multiply(words ^ text_seeds[0], (uint64_t)(uint32_t)between ^ text_seeds[1]);
}

/* Return the slot of a pair, or the free slot for it. */
static inline phrase_pair *phrase_find(const phrase_table *table, int32_t left, int32_t right, int32_t between)
{
    uint64_t at = phrase_hash(left, right, between) & table->mask;
    for (;; at = (at + 1) & table->mask) {
        phrase_pair *slot = table->slots + at;
        if (!slot->value || (slot->left == left && slot->right == right && slot->between == between))
            return slot;
    }
}

static int phrase_grow(phrase_table *table)
{
    phrase_table larger = {calloc((size_t)(2 * (table->mask + 1)), sizeof *table->slots), 2 * table->mask + 1, table->size};
    if (!larger.slots)
        return TEXT_NO_MEMORY;
    for (uint64_t k = 0; k <= table->mask; k++) {
        phrase_pair pair = table->slots[k];
        if (pair.value)
            *phrase_find(&larger, pair.left, pair.right, pair.between) = pair;
    }
    free(table->slots);
    *table = larger;
    return TEXT_OK;
}

/* Fill a free slot that phrase_find has found. */
static inline int phrase_fill(phrase_table *table, phrase_pair *slot, phrase_pair pair)
{
    *slot = pair;
    return (uint64_t)++table->size * 8 > (table->mask + 1) * 5 ? phrase_grow(table) : TEXT_OK;
}

/* Prune: see the top of this file. */
static int phrase_prune(phrase_walker *walker)
{
    phrase_table *table = &walker->pairs;
    uint32_t low = 1, high = UINT32_MAX;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int64_t below = 0;
        for (uint64_t k = 0; k <= table->mask; k++)
            below += table->slots[k].value != 0 && table->slots[k].value <= middle;
        if (2 * below >= table->size)
            high = middle;
        else
            low = middle + 1;
    }
    phrase_table smaller = {calloc((size_t)(table->mask + 1), sizeof *table->slots), table->mask, 0};
    if (!smaller.slots)
        return TEXT_NO_MEMORY;
    for (uint64_t k = 0; k <= table->mask; k++) {
        phrase_pair pair = table->slots[k];
        if (pair.value <= low)
            continue;
        pair.value -= low;
        *phrase_find(&smaller, pair.left, pair.right, pair.between) = pair;
        smaller.size++;
    }
    free(table->slots);
    *table = smaller;
    walker->error += low;
    return TEXT_OK;
}

/* Count a pair, as often as its value says. */
static inline int phrase_add(phrase_walker *walker, phrase_pair pair)
{
    phrase_pair *slot = phrase_find(&walker->pairs, pair.left, pair.right, pair.between);
    if (slot->value) {
        uint32_t room = UINT32_MAX - slot->value;
        slot->value += pair.value < room ? pair.value : room;
        return TEXT_OK;
    }
    if (walker->pairs.size >= walker->max_pairs) {
        if (phrase_prune(walker) != TEXT_OK)
            return TEXT_NO_MEMORY;
        slot = phrase_find(&walker->pairs, pair.left, pair.right, pair.between);
    }
    return phrase_fill(&walker->pairs, slot, pair);
}

static int phrase_flush(phrase_walker *walker)
{
    for (int k = 0; k < walker->batched; k++)
        if (phrase_add(walker, walker->batch[k]) != TEXT_OK)
            return TEXT_NO_MEMORY;
    walker->batched = 0;
    return TEXT_OK;
}

/* Return the node of a sequence extended by a connector; 0 if there are too many, or a negative error. */
static int32_t phrase_make_link(phrase_walker *walker, int32_t between, int32_t connector)
{
    phrase_pair *slot = phrase_find(&walker->links, between, connector, 0);
    if (slot->value)
        return (int32_t)slot->value;
    if (walker->links.size >= PHRASE_MAX_LINKS)
        return 0;
    phrase_pair link = {between, connector, 0, (uint32_t)walker->links.size + 1};
    return phrase_fill(&walker->links, slot, link) == TEXT_OK ? (int32_t)link.value : TEXT_NO_MEMORY;
}

/* Add the pairs of another part of the text, whose words are `ids` here, the sequences of its links `nodes` (0 for one
 * too many), and whose counts are too low by at most `error`: the mergeable summaries of Agarwal et al. 2012. The table
 * grows first, because pairs that come in the order of its slots would stand in one long run. */
static int phrase_join_pairs(phrase_walker *walker, const uint32_t *pairs, int64_t n, const int32_t *ids,
                             const int32_t *nodes, int64_t error)
{
    int64_t most = walker->pairs.size + n < walker->max_pairs ? walker->pairs.size + n : walker->max_pairs;
    while ((uint64_t)most * 8 > (walker->pairs.mask + 1) * 5)
        if (phrase_grow(&walker->pairs) != TEXT_OK)
            return TEXT_NO_MEMORY;
    for (int64_t k = 0; k < n; k++) {
        const uint32_t *found = pairs + 4 * k;
        phrase_pair pair = {ids[found[0]], ids[found[1]], found[2] ? nodes[found[2]] : 0, found[3]};
        if ((pair.between || !found[2]) && phrase_add(walker, pair) != TEXT_OK)
            return TEXT_NO_MEMORY;
    }
    walker->error += error;
    return TEXT_OK;
}

/* Process one word; return whether it completes a pair. */
static inline int phrase_step(phrase_walker *walker, int32_t id, int is_connector, phrase_pair *pair)
{
    if (is_connector) {
        if (walker->left >= 0) {
            walker->between = (int32_t)phrase_find(&walker->links, walker->between, id, 0)->value;
            if (!walker->between)
                walker->left = -1;
        }
        return 0;
    }
    phrase_pair found = {walker->left, id, walker->between, 1};
    *pair = found;
    walker->left = id;
    walker->between = 0;
    return found.left >= 0;
}

/* Count the pairs of a block of ids; the first id of a sentence has the sign bit. roles marks the connectors. */
static int phrase_count(phrase_walker *walker, const int32_t *ids, int64_t n, const uint8_t *roles)
{
    for (int64_t k = 0; k < n; k++) {
        int32_t id = ids[k] & INT32_MAX;
        phrase_pair pair;
        int is_connector = roles[id] & PHRASE_CONNECTOR;
        if (ids[k] < 0 || roles[id] & PHRASE_GONE)
            walker->left = -1;
        if (roles[id] & PHRASE_GONE)
            continue;
        if (is_connector && walker->left >= 0 && phrase_make_link(walker, walker->between, id) < 0)
            return TEXT_NO_MEMORY;
        if (!phrase_step(walker, id, is_connector, &pair))
            continue;
        walker->batch[walker->batched++] = pair;
        text_prefetch(walker->pairs.slots + (phrase_hash(pair.left, pair.right, pair.between) & walker->pairs.mask));
        if (walker->batched == PHRASE_BATCH && phrase_flush(walker) != TEXT_OK)
            return TEXT_NO_MEMORY;
    }
    return TEXT_OK;
}

/* Join the phrases of a block of ids in place; return the number of ids left. roles has the roles of each word. Unless
 * NULL, origins, [n] like ids, is moved along and becomes -1 for a phrase. The last `pending` ids may begin a phrase
 * that ends in the next block: repeat them at its start. */
static int64_t phrase_join(phrase_walker *walker, int32_t *ids, int32_t *origins, int64_t n, const uint8_t *roles,
                           int64_t *pending)
{
    int64_t written = 0, start = 0;
    walker->left = -1;
    for (int64_t k = 0; k < n; k++) {
        int32_t id = ids[k] & INT32_MAX;
        if (ids[k] < 0)
            walker->left = -1;
        phrase_pair pair;
        int32_t joined = -1;
        if (phrase_step(walker, id, roles[id] & PHRASE_CONNECTOR, &pair)
            && (roles[id] / PHRASE_LAST & roles[pair.left] / PHRASE_FIRST & 1))
            joined = (int32_t)phrase_find(&walker->pairs, pair.left, pair.right, pair.between)->value - 1;
        if (joined >= 0) {
            walker->left = -1;
            ids[start] = (ids[start] & TEXT_SENTENCE_START) | joined;
            if (origins)
                origins[start] = -1;
            written = start + 1;
            continue;
        }
        if (!(roles[id] & PHRASE_CONNECTOR))
            start = written;
        if (origins)
            origins[written] = origins[k];
        ids[written++] = ids[k];
    }
    *pending = walker->left >= 0 ? written - start : 0;
    return written;
}

/* Look up the ids of words, `unknown` for missing words; their slots were prefetched. */
static void phrase_ids(const text_words *words, const text_key *keys, int64_t n, int32_t unknown, int32_t *ids)
{
    for (int64_t k = 0; k < n; k++) {
        uint32_t found = text_words_find(words, keys + k)->id_plus_1;
        ids[k] = found ? (int32_t)(found - 1) : unknown;
    }
}

static inline void phrase_prefetch_word(const text_words *words, const text_key *key)
{
    text_prefetch(words->slots + (key->hash & words->slot_mask));
}

#endif
