/* Find the input rows of a line of text, as fastText does (dictionary.cc: getLine, addSubwords, addWordNgrams, pushHash).
 *
 * A line is cut at white space and at NUL. A line break is the word "</s>", which ends the line. A known word has its
 * own row and those of its n-grams, an unknown word those of its n-grams alone. A label gives no row, and nothing else
 * that begins like a label does. Each run of 2 to word_ngrams words has one row more, of a hash of the words' hashes.
 *
 * Buckets whose rows were pruned give no row; where buckets without an n-gram of the text are not stored, they give
 * TEXT_ZERO_ROW, which counts in a mean as a row of zeros.
 */
#ifndef EMBED_TEXT_LINES_H
#define EMBED_TEXT_LINES_H

#include "text_ngrams.h"
#include "text_words.h"

#define TEXT_ZERO_ROW (-1)
#define TEXT_NO_ENTRY (-1)
#define TEXT_NO_BUCKET (-1)
#define TEXT_WORD_NGRAM_FACTOR UINT64_C(116049371)

enum { TEXT_EVERY_BUCKET = 0, TEXT_PRUNED = 1, TEXT_NOT_STORED = 2 };

static const uint8_t text_end_of_sentence[4] = {'<', '/', 's', '>'};

typedef struct {
    text_words table;   /* the entries, by their id in the table */
    int32_t *entry_of;  /* [table.size] the number of an entry: ids skip duplicates */
    int32_t words;      /* entries before the labels; the first input rows */
    text_scheme scheme; /* max_n 0: words have no n-grams */
    int word_ngrams;
    int missing;        /* one of the enum above */
    int32_t *keys;      /* [mask + 1] if not TEXT_EVERY_BUCKET: buckets, or TEXT_NO_BUCKET where a slot is free */
    int32_t *rows;      /* [mask + 1] the row of each, counted from `words` */
    uint32_t mask;
    const uint8_t *prefix; /* [prefix_length] what a label begins with */
    int64_t prefix_length;
} text_dictionary;

/* What one line gives; memory is reused from line to line. */
typedef struct {
    int32_t *rows;
    int64_t size, capacity;
    int32_t *labels; /* numbers of labels */
    int64_t label_count, label_capacity;
    int32_t *hashes; /* of the words, for n-grams of words */
    int64_t hash_count, hash_capacity;
    uint8_t *wrapped;
    int64_t wrapped_capacity;
} text_line;

static inline void text_line_free(text_line *line)
{
    free(line->rows);
    free(line->labels);
    free(line->hashes);
    free(line->wrapped);
}

/* Make room for `more` items of `width` bytes. */
static int text_reserve(void **items, int64_t *capacity, int64_t size, int64_t more, size_t width)
{
    if (size + more <= *capacity)
        return TEXT_OK;
    int64_t larger = *capacity + *capacity / 2 + more + 64;
    void *moved = realloc(*items, (size_t)larger * width);
    if (!moved)
        return TEXT_NO_MEMORY;
    *items = moved;
    *capacity = larger;
    return TEXT_OK;
}

static inline int text_reserve_numbers(int32_t **items, int64_t *capacity, int64_t size, int64_t more)
{
    return text_reserve((void **)items, capacity, size, more, sizeof **items);
}

static inline int text_is_gap(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r') || byte == '\0';
}

static inline uint32_t text_slot_of(const text_dictionary *dictionary, int32_t bucket)
{
    return ((uint32_t)bucket * UINT32_C(2654435769) ^ (uint32_t)(text_seeds[0] >> 32)) & dictionary->mask;
}

/* Return the slot of a bucket that has a row, or the free slot for it. */
static inline uint32_t text_bucket_slot(const text_dictionary *dictionary, int32_t bucket)
{
    uint32_t at = text_slot_of(dictionary, bucket);
    while (dictionary->keys[at] != bucket && dictionary->keys[at] != TEXT_NO_BUCKET)
        at = (at + 1) & dictionary->mask;
    return at;
}

/* Turn the buckets from line->rows[first] on into rows. */
static void text_rows_of_buckets(const text_dictionary *dictionary, text_line *line, int64_t first)
{
    if (dictionary->missing == TEXT_EVERY_BUCKET) {
        for (int64_t k = first; k < line->size; k++)
            line->rows[k] += dictionary->words;
        return;
    }
    int64_t kept = first;
    for (int64_t k = first; k < line->size; k++) {
        uint32_t at = text_bucket_slot(dictionary, line->rows[k]);
        if (dictionary->keys[at] != TEXT_NO_BUCKET)
            line->rows[kept++] = dictionary->words + dictionary->rows[at];
        else if (dictionary->missing == TEXT_NOT_STORED)
            line->rows[kept++] = TEXT_ZERO_ROW;
    }
    line->size = kept;
}

static inline int64_t text_entry_number(const text_dictionary *dictionary, const uint8_t *bytes, int64_t length)
{
    text_key key = text_key_alone(bytes, (uint64_t)length);
    uint32_t found = text_words_find(&dictionary->table, &key)->id_plus_1;
    return found ? dictionary->entry_of[found - 1] : TEXT_NO_ENTRY;
}

static inline int text_is_end(const uint8_t *bytes, int64_t length)
{
    return length == sizeof text_end_of_sentence && memcmp(bytes, text_end_of_sentence, sizeof text_end_of_sentence) == 0;
}

/* Add the rows of a word's n-grams. */
static int text_add_ngrams(const text_dictionary *dictionary, text_line *line, const uint8_t *bytes, int64_t length)
{
    enum { SMALL = 1 << 12 };
    const text_scheme *scheme = &dictionary->scheme;
    if (scheme->max_n < 1 || text_is_end(bytes, length))
        return TEXT_OK;
    if (text_reserve((void **)&line->wrapped, &line->wrapped_capacity, 0, length + 2, 1) != TEXT_OK)
        return TEXT_NO_MEMORY;
    line->wrapped[0] = '<';
    memcpy(line->wrapped + 1, bytes, (size_t)length);
    line->wrapped[length + 1] = '>';
    int64_t longest = scheme->max_n < length + 2 ? scheme->max_n : length + 2;
    int64_t most = length + 2 < SMALL ? (length + 2) * longest
                                      : text_ngrams(scheme, line->wrapped, length + 2, 0, NULL);
    if (text_reserve_numbers(&line->rows, &line->capacity, line->size, most) != TEXT_OK)
        return TEXT_NO_MEMORY;
    int64_t first = line->size;
    line->size += text_ngrams(scheme, line->wrapped, length + 2, 0, line->rows + first);
    text_rows_of_buckets(dictionary, line, first);
    return TEXT_OK;
}

/* Add the rows of a word, known as `entry` or not. */
static int text_add_word(const text_dictionary *dictionary, text_line *line, const uint8_t *bytes, int64_t length, int64_t entry)
{
    if (entry >= 0) {
        if (text_reserve_numbers(&line->rows, &line->capacity, line->size, 1) != TEXT_OK)
            return TEXT_NO_MEMORY;
        line->rows[line->size++] = (int32_t)entry;
    }
    return text_add_ngrams(dictionary, line, bytes, length);
}

static int text_add_word_ngrams(const text_dictionary *dictionary, text_line *line)
{
    int64_t first = line->size;
    for (int64_t k = 0; k < line->hash_count; k++) {
        uint64_t hash = (uint64_t)(int64_t)line->hashes[k];
        for (int64_t j = k + 1; j < line->hash_count && j < k + dictionary->word_ngrams; j++) {
            hash = hash * TEXT_WORD_NGRAM_FACTOR + (uint64_t)(int64_t)line->hashes[j];
            if (text_reserve_numbers(&line->rows, &line->capacity, line->size, 1) != TEXT_OK)
                return TEXT_NO_MEMORY;
            line->rows[line->size++] = (int32_t)(hash % dictionary->scheme.buckets);
        }
    }
    text_rows_of_buckets(dictionary, line, first);
    return TEXT_OK;
}

/* Read the line that begins at bytes[*at], and move *at behind it. With `broken`, a line break follows the bytes. */
static inline int text_read_line(const text_dictionary *dictionary, text_line *line, const uint8_t *bytes, int64_t length,
                          int64_t *at, int broken)
{
    line->size = line->label_count = line->hash_count = 0;
    for (int ended = 0; !ended;) {
        while (*at < length && bytes[*at] != '\n' && text_is_gap(bytes[*at]))
            ++*at;
        const uint8_t *word = bytes + *at;
        int64_t size = 0;
        if (*at >= length || *word == '\n') {
            if (*at >= length && !(broken && *at == length))
                break;
            word = text_end_of_sentence;
            size = sizeof text_end_of_sentence;
            ++*at;
        } else {
            while (*at + size < length && !text_is_gap(word[size]))
                size++;
            *at += size;
        }
        ended = text_is_end(word, size);
        int64_t entry = text_entry_number(dictionary, word, size);
        if (entry >= dictionary->words) {
            if (text_reserve_numbers(&line->labels, &line->label_capacity, line->label_count, 1) != TEXT_OK)
                return TEXT_NO_MEMORY;
            line->labels[line->label_count++] = (int32_t)entry - dictionary->words;
            continue;
        }
        if (entry < 0 && size >= dictionary->prefix_length
            && memcmp(word, dictionary->prefix, (size_t)dictionary->prefix_length) == 0)
            continue;
        if (text_add_word(dictionary, line, word, size, entry) != TEXT_OK)
            return TEXT_NO_MEMORY;
        if (dictionary->word_ngrams < 2)
            continue;
        if (text_reserve_numbers(&line->hashes, &line->hash_capacity, line->hash_count, 1) != TEXT_OK)
            return TEXT_NO_MEMORY;
        uint32_t hash = TEXT_FNV_OFFSET;
        for (int64_t k = 0; k < size; k++)
            hash = text_fnv(hash, word[k]);
        line->hashes[line->hash_count++] = (int32_t)hash;
    }
    return text_add_word_ngrams(dictionary, line);
}

#endif
