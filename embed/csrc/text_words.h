/* Store interned words with exact counts: the hash table of the token counter.
 *
 * A slot is 16 bytes (the word's first 8 bytes, a check, id + 1; 0 = free), found by linear probing. The slot alone
 * identifies a word of up to 8 bytes, as most tokens are, so looking up a frequent word touches one cache line, and
 * that of its count, which is packed with the counts of other early words. Words of up to 16 bytes are stored inside an
 * entry, longer words in an arena. Growing the table reads the entries in order and needs no old slot.
 *
 * Rejected: counts beside the words (a third line for a frequent word), chaining (a miss more), one arena for all words
 * (the same), 32-byte slots with the whole entry (twice the memory), Robin Hood or SIMD groups (no gain below a load of
 * 5/8), SipHash (several times the work for words of a few bytes; the secret seeds are never seen outside).
 * docs/decisions/0006-text-scanner.md has the measurements.
 */
#ifndef EMBED_TEXT_WORDS_H
#define EMBED_TEXT_WORDS_H

#include "text_port.h"

enum { TEXT_OK = 0, TEXT_NO_MEMORY = -1, TEXT_TOO_MANY_WORDS = -2, TEXT_WORD_TOO_LONG = -3 };
enum { TEXT_SHORT = 8, TEXT_INLINE = 16, TEXT_PADDING = TEXT_BLOCK, TEXT_SEEDS = 3 };

#define TEXT_SENTENCE_START INT32_MIN /* the sign bit of an id */
#define TEXT_MAX_WORDS INT32_MAX
#define TEXT_MAX_WORD_BYTES (1 << 20) /* a longer word is not text, and memory would grow with it */
#define TEXT_FIRST_SLOTS ((size_t)1 << 17)
#define TEXT_FIRST_ENTRIES ((size_t)1 << 14)

typedef struct {
    uint64_t head; /* the word's first 8 bytes, zero-padded */
    uint64_t tail; /* its next 8 bytes, or its offset in the arena if it is longer than TEXT_INLINE */
    uint64_t length; /* bytes */
} text_entry;

typedef struct {
    uint64_t head;
    uint32_t check; /* see text_check */
    uint32_t id_plus_1;
} text_slot;

typedef struct {
    text_slot *slots; /* [slot_mask + 1], a power of two */
    uint64_t slot_mask;
    text_entry *entries; /* [entry_capacity], the first `size` in use, in order of first occurrence */
    int64_t *counts;     /* [entry_capacity] */
    int64_t size, entry_capacity, max_words;
    uint8_t *arena; /* [arena_capacity], words longer than TEXT_INLINE */
    size_t arena_size, arena_capacity;
} text_words;

/* A word to look up, prepared by text_key_of. */
typedef struct {
    const uint8_t *bytes;
    uint64_t length, head, tail, hash;
} text_key;

/* Seeds of the hashes: drawn from the system once per process, before any table is made, so that nobody can write words
 * that share a slot, which would make counting quadratic. No result depends on it: ids are in order of occurrence. */
static uint64_t text_seeds[TEXT_SEEDS];

static inline uint64_t text_hash_inline(uint64_t head, uint64_t tail)
{
    return text_fold_multiply(head ^ text_seeds[0], tail ^ text_seeds[1]);
}

/* Prepare a key; reads TEXT_INLINE bytes even where the word is shorter. */
static inline text_key text_key_of(const uint8_t *bytes, uint64_t length)
{
    static const uint8_t ones[2 * TEXT_INLINE] = {255, 255, 255, 255, 255, 255, 255, 255,
                                                  255, 255, 255, 255, 255, 255, 255, 255};
    text_key key = {bytes, length, text_load8(bytes), text_load8(bytes + 8), 0};
    if (length <= TEXT_INLINE) {
        const uint8_t *mask = ones + TEXT_INLINE - length;
        key.head &= text_load8(mask);
        key.tail &= text_load8(mask + 8);
        key.hash = text_hash_inline(key.head, key.tail);
    } else {
        uint64_t hash = length ^ text_seeds[2];
        for (uint64_t k = 0; k + TEXT_INLINE < length; k += TEXT_INLINE)
            hash = text_fold_multiply(text_load8(bytes + k) ^ text_seeds[0] ^ hash, text_load8(bytes + k + 8) ^ text_seeds[1]);
        const uint8_t *last = bytes + length - TEXT_INLINE; /* overlaps the loop's last step */
        key.hash = text_fold_multiply(text_load8(last) ^ text_seeds[0] ^ hash, text_load8(last + 8) ^ text_seeds[1]);
    }
    return key;
}

/* Prepare a key of a word that may be followed by nothing readable. */
static inline text_key text_key_alone(const uint8_t *bytes, uint64_t length)
{
    if (length >= TEXT_INLINE)
        return text_key_of(bytes, length);
    text_key key = {bytes, length, length < 8 ? text_load_part(bytes, length) : text_load8(bytes), 0, 0};
    if (length > 8)
        key.tail = text_load_part(bytes + 8, length - 8);
    key.hash = text_hash_inline(key.head, key.tail);
    return key;
}

/* A short word's length + 1, which with `head` identifies it; else hash bits, and a bit that no such length has. */
static inline uint32_t text_check(uint64_t length, uint64_t hash)
{
    uint32_t is_long = 0 - (uint32_t)(length > TEXT_SHORT); /* a mask, because a branch would be unpredictable */
    return (((uint32_t)(hash >> 32) | TEXT_INLINE) & is_long) | (((uint32_t)length + 1) & ~is_long);
}

static inline const uint8_t *text_entry_bytes(const text_words *words, const text_entry *entry)
{
    return entry->length <= TEXT_INLINE ? (const uint8_t *)&entry->head : words->arena + entry->tail;
}

/* Return whether two words are equal, given that their slots have the same head and check. */
static inline int text_entry_matches(const text_words *words, const text_entry *entry, const text_key *key)
{
    if (entry->length != key->length)
        return 0;
    if (key->length <= TEXT_INLINE)
        return entry->tail == key->tail;
    return memcmp(words->arena + entry->tail, key->bytes, (size_t)key->length) == 0;
}

static int text_words_init(text_words *words, int64_t max_words)
{
    memset(words, 0, sizeof *words);
    words->max_words = max_words;
    words->slots = text_zeroed(TEXT_FIRST_SLOTS * sizeof *words->slots);
    words->slot_mask = TEXT_FIRST_SLOTS - 1;
    words->entries = malloc(TEXT_FIRST_ENTRIES * sizeof *words->entries);
    words->counts = malloc(TEXT_FIRST_ENTRIES * sizeof *words->counts);
    words->entry_capacity = (int64_t)TEXT_FIRST_ENTRIES;
    return words->slots && words->entries && words->counts ? TEXT_OK : TEXT_NO_MEMORY;
}

/* Free the slots: afterwards words can be read but not added. */
static void text_words_close(text_words *words)
{
    free(words->slots);
    words->slots = NULL;
}

static void text_words_free(text_words *words)
{
    text_words_close(words);
    free(words->entries);
    free(words->counts);
    free(words->arena);
    memset(words, 0, sizeof *words);
}

/* Fill free slots, [mask + 1], with all entries. */
static void text_fill_slots(const text_words *words, text_slot *slots, uint64_t mask)
{
    for (int64_t id = 0; id < words->size; id++) {
        const text_entry *entry = words->entries + id;
        text_key key = text_key_alone(text_entry_bytes(words, entry), entry->length);
        uint64_t at = key.hash & mask;
        while (slots[at].id_plus_1)
            at = (at + 1) & mask;
        text_slot slot = {key.head, text_check(key.length, key.hash), (uint32_t)id + 1};
        slots[at] = slot;
    }
}

static int text_grow_slots(text_words *words)
{
    uint64_t mask = 2 * words->slot_mask + 1;
    text_slot *slots = text_zeroed(((size_t)mask + 1) * sizeof *slots);
    if (!slots)
        return TEXT_NO_MEMORY;
    text_fill_slots(words, slots, mask);
    free(words->slots);
    words->slots = slots;
    words->slot_mask = mask;
    return TEXT_OK;
}

static int text_grow_entries(text_words *words)
{
    int64_t capacity = words->entry_capacity + words->entry_capacity / 2;
    text_entry *entries = realloc(words->entries, (size_t)capacity * sizeof *entries);
    if (!entries)
        return TEXT_NO_MEMORY;
    words->entries = entries;
    int64_t *counts = realloc(words->counts, (size_t)capacity * sizeof *counts);
    if (!counts)
        return TEXT_NO_MEMORY;
    words->counts = counts;
    words->entry_capacity = capacity;
    return TEXT_OK;
}

static int text_store_long(text_words *words, const text_key *key, uint64_t *offset)
{
    size_t length = (size_t)key->length;
    if (words->arena_capacity - words->arena_size < length) {
        size_t capacity = words->arena_capacity + words->arena_capacity / 2 + length + TEXT_FIRST_SLOTS;
        uint8_t *arena = realloc(words->arena, capacity);
        if (!arena)
            return TEXT_NO_MEMORY;
        words->arena = arena;
        words->arena_capacity = capacity;
    }
    memcpy(words->arena + words->arena_size, key->bytes, length);
    *offset = words->arena_size;
    words->arena_size += length;
    return TEXT_OK;
}

/* Return the slot of a word, or the free slot for it. */
static inline text_slot *text_words_find(const text_words *words, const text_key *key)
{
    uint32_t check = text_check(key->length, key->hash);
    uint64_t at = key->hash & words->slot_mask;
    for (;; at = (at + 1) & words->slot_mask) {
        text_slot *slot = words->slots + at;
        if (!slot->id_plus_1)
            return slot;
        if (slot->head == key->head && slot->check == check
            && (key->length <= TEXT_SHORT || text_entry_matches(words, words->entries + (slot->id_plus_1 - 1), key)))
            return slot;
    }
}

/* The id of a word that has this head and check, or -1 for none: the word wanted, if it is short and there. The low
 * half of its hash stands in place of the id. */
static inline int64_t text_words_likely(const text_words *words, const text_slot *wanted)
{
    uint64_t at = wanted->id_plus_1 & words->slot_mask;
    for (;; at = (at + 1) & words->slot_mask) {
        const text_slot *slot = words->slots + at;
        if (slot->head == wanted->head && slot->check == wanted->check)
            return (int64_t)slot->id_plus_1 - 1;
        if (!slot->id_plus_1)
            return -1;
    }
}

/* Add a new word with count 0 to its free slot; return its id or a negative error. */
static int64_t text_words_add(text_words *words, const text_key *key, text_slot *slot)
{
    if (words->size >= words->max_words)
        return TEXT_TOO_MANY_WORDS;
    if (key->length > TEXT_MAX_WORD_BYTES)
        return TEXT_WORD_TOO_LONG;
    if (words->size == words->entry_capacity && text_grow_entries(words) != TEXT_OK)
        return TEXT_NO_MEMORY;
    text_entry entry = {key->head, key->tail, key->length};
    if (key->length > TEXT_INLINE && text_store_long(words, key, &entry.tail) != TEXT_OK)
        return TEXT_NO_MEMORY;
    int64_t id = words->size++;
    words->entries[id] = entry;
    words->counts[id] = 0;
    text_slot filled = {key->head, text_check(key->length, key->hash), (uint32_t)id + 1};
    *slot = filled;
    if ((uint64_t)words->size * 8 > (words->slot_mask + 1) * 5 && text_grow_slots(words) != TEXT_OK)
        return TEXT_NO_MEMORY;
    return id;
}

/* Return the word's id (in order of first occurrence), or a negative error; add a new word with count 0. */
static inline int64_t text_words_id(text_words *words, const text_key *key)
{
    text_slot *slot = text_words_find(words, key);
    return slot->id_plus_1 ? (int64_t)slot->id_plus_1 - 1 : text_words_add(words, key, slot);
}

#endif
