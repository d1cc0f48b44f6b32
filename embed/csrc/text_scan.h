/* Text to provisional ids: splits bytes at ASCII white space, counts the words, writes one int32 a token.
 *
 * A provisional id is the word's order of first occurrence; the first token of a sentence carries the sign bit, so one
 * file holds tokens and sentence bounds. text_remap turns that file into final ids once the counts are known.
 *
 * Look-ups go in batches of three passes (hash and prefetch the slot, read the slot and prefetch the entry, count),
 * which hides the cache misses of a large vocabulary behind each other.
 */
#ifndef EMBED_TEXT_SCAN_H
#define EMBED_TEXT_SCAN_H

#include "text_words.h"

enum { TEXT_BATCH = 64 };

#define TEXT_SENTENCE_START INT32_MIN /* the sign bit */
#define TEXT_STAGE ((size_t)1 << 20)  /* flush staged tokens beyond this many bytes */

typedef struct {
    size_t start;
    uint64_t length;
    int32_t flag; /* TEXT_SENTENCE_START or 0 */
} text_token;

typedef struct {
    text_words words;
    uint8_t *buffer; /* [capacity + TEXT_PADDING]: a token cut by the end of the last chunk, then the new chunk */
    size_t used, start, capacity;
    int64_t piece, in_sentence; /* tokens after which a sentence is cut, and tokens of the open one */
    int64_t tokens;
    text_token batch[TEXT_BATCH];
    int batched;
    int32_t *out; /* [out_capacity], ids not taken yet */
    size_t out_size, out_capacity;
} text_scanner;

static int text_scanner_init(text_scanner *scanner, int64_t piece, int64_t max_words)
{
    memset(scanner, 0, sizeof *scanner);
    scanner->piece = piece;
    return text_words_init(&scanner->words, max_words);
}

static void text_scanner_free(text_scanner *scanner)
{
    text_words_free(&scanner->words);
    free(scanner->buffer);
    free(scanner->out);
    memset(scanner, 0, sizeof *scanner);
}

static int text_flush(text_scanner *scanner)
{
    int n = scanner->batched;
    text_words *words = &scanner->words;
    text_key keys[TEXT_BATCH];
    scanner->batched = 0;
    if (scanner->out_capacity - scanner->out_size < (size_t)n) {
        size_t capacity = 2 * scanner->out_capacity + TEXT_FIRST_ENTRIES;
        int32_t *out = realloc(scanner->out, capacity * sizeof *out);
        if (!out)
            return TEXT_NO_MEMORY;
        scanner->out = out;
        scanner->out_capacity = capacity;
    }
    for (int k = 0; k < n; k++) {
        keys[k] = text_key_of(scanner->buffer + scanner->batch[k].start, scanner->batch[k].length);
        text_prefetch(words->slots + ((uint32_t)keys[k].hash & words->slot_mask));
    }
    for (int k = 0; k < n; k++) {
        text_slot slot = words->slots[(uint32_t)keys[k].hash & words->slot_mask];
        if (slot.id_plus_1)
            text_prefetch(words->entries + (slot.id_plus_1 - 1));
    }
    for (int k = 0; k < n; k++) {
        int64_t id = text_words_count(words, keys + k);
        if (id < 0)
            return (int)id;
        scanner->out[scanner->out_size++] = (int32_t)id | scanner->batch[k].flag;
    }
    scanner->tokens += n;
    return TEXT_OK;
}

static inline int text_push(text_scanner *scanner, size_t start, size_t end)
{
    text_token token = {start, end - start, scanner->in_sentence ? 0 : TEXT_SENTENCE_START};
    scanner->batch[scanner->batched++] = token;
    if (++scanner->in_sentence == scanner->piece)
        scanner->in_sentence = 0;
    return scanner->batched == TEXT_BATCH ? text_flush(scanner) : TEXT_OK;
}

static int text_reserve(text_scanner *scanner, size_t more)
{
    if (scanner->capacity - scanner->used >= more)
        return TEXT_OK;
    size_t capacity = scanner->used + scanner->used / 2 + more;
    uint8_t *buffer = realloc(scanner->buffer, capacity + TEXT_PADDING);
    if (!buffer)
        return TEXT_NO_MEMORY;
    memset(buffer + scanner->used, 0, capacity + TEXT_PADDING - scanner->used);
    scanner->buffer = buffer;
    scanner->capacity = capacity;
    return TEXT_OK;
}

/* Take one chunk of UTF-8; a token may go on in the next chunk. */
static int text_feed(text_scanner *scanner, const uint8_t *data, size_t n)
{
    int status = text_flush(scanner); /* a staged token's place is about to change */
    if (status != TEXT_OK)
        return status;
    if (scanner->start) { /* keep the cut token only; nothing moves while it still grows */
        memmove(scanner->buffer, scanner->buffer + scanner->start, scanner->used - scanner->start);
        scanner->used -= scanner->start;
        scanner->start = 0;
    }
    if ((status = text_reserve(scanner, n)) != TEXT_OK)
        return status;
    if (n)
        memcpy(scanner->buffer + scanner->used, data, n);
    size_t position = scanner->used, start = 0;
    scanner->used += n;
    const uint8_t *buffer = scanner->buffer;
    for (; position < scanner->used; position += TEXT_BLOCK) {
        uint64_t spaces = text_space_mask(buffer + position);
        if (scanner->used - position < TEXT_BLOCK)
            spaces &= (UINT64_C(1) << (scanner->used - position)) - 1;
        for (; spaces; spaces &= spaces - 1) {
            size_t end = position + text_lowest_bit(spaces);
            if (end > start && (status = text_push(scanner, start, end)) != TEXT_OK)
                return status;
            if (buffer[end] == '\n')
                scanner->in_sentence = 0;
            start = end + 1;
        }
    }
    scanner->start = start;
    if (scanner->used - start > TEXT_MAX_WORD_BYTES)
        return TEXT_WORD_TOO_LONG;
    return text_flush(scanner);
}

/* End of the input: the last token needs no white space after it. */
static int text_finish(text_scanner *scanner)
{
    int status = TEXT_OK;
    if (scanner->start < scanner->used)
        status = text_push(scanner, scanner->start, scanner->used);
    if (status == TEXT_OK)
        status = text_flush(scanner);
    scanner->used = scanner->start = 0;
    scanner->in_sentence = 0;
    return status;
}

/* Stage one whole token of a sentence that came as a list. */
static int text_add_token(text_scanner *scanner, const uint8_t *bytes, size_t length, int is_first)
{
    int status = TEXT_OK;
    if (scanner->used >= TEXT_STAGE || !scanner->batched) {
        status = text_flush(scanner);
        scanner->used = scanner->start = 0;
    }
    if (status != TEXT_OK || (status = text_reserve(scanner, length)) != TEXT_OK)
        return status;
    memcpy(scanner->buffer + scanner->used, bytes, length);
    text_token token = {scanner->used, length, is_first ? TEXT_SENTENCE_START : 0};
    scanner->used += length;
    scanner->start = scanner->used;
    scanner->batch[scanner->batched++] = token;
    return scanner->batched == TEXT_BATCH ? text_flush(scanner) : TEXT_OK;
}

/* Provisional ids to final ids, in place.
 *
 * table[provisional] is the final id or -1 (left out). kept and last carry over from block to block: tokens written so
 * far, and the end of the last sentence written. offsets gets the end of each sentence that closes in this block (at
 * most n of them); a sentence with no token left leaves no trace. Returns the number of ids kept in this block.
 */
static int64_t text_remap(int32_t *ids, int64_t n, const int32_t *table, int64_t *kept, int64_t *last, int64_t *offsets,
                          int64_t *closed)
{
    int64_t written = 0, ends = 0, base = *kept, end = *last;
    for (int64_t k = 0; k < n; k++) {
        int32_t id = ids[k];
        if (id < 0 && base + written > end)
            offsets[ends++] = end = base + written;
        int32_t final_id = table[id & INT32_MAX];
        ids[written] = final_id;
        written += final_id >= 0;
    }
    *kept = base + written;
    *last = end;
    *closed = ends;
    return written;
}

#endif
