/* Turn text into provisional ids: split bytes at ASCII white space, count the words, write one int32 per token.
 *
 * A provisional id is the word's number in order of first occurrence. The first token of a sentence has the sign bit,
 * so one file stores tokens and sentence bounds. text_remap replaces the ids by final ids once the counts are known.
 *
 * A block of 64 bytes becomes two masks, from which the begins and ends of its tokens are extracted several at a time;
 * line ends are rare and handled separately, so that a token costs no branch. Look-ups run in batches of three passes
 * (hash and prefetch the slot; read the slot and prefetch its entry; count), so that the cache misses of a large
 * vocabulary overlap.
 */
#ifndef EMBED_TEXT_SCAN_H
#define EMBED_TEXT_SCAN_H

#include "text_bound.h"

enum {
    TEXT_BATCH = 64,                          /* tokens per look-up */
    TEXT_AT_A_TIME = 4,                       /* bounds extracted from a mask without a branch */
    TEXT_ROOM = TEXT_BATCH + TEXT_BLOCK / 2 + 1 /* a batch, the tokens of one more block, and an open token */
};

#define TEXT_STAGE ((size_t)1 << 20)  /* flush staged tokens beyond this many bytes */

typedef struct {
    text_words words;
    text_bound bound;
    uint8_t *buffer; /* [capacity + TEXT_PADDING]: a token cut by the end of the last chunk, then the new chunk */
    size_t used, capacity;
    /* Staged tokens, as offsets in the buffer: the first `ended` are whole, one more may be open. */
    size_t begins[TEXT_ROOM + TEXT_AT_A_TIME], ends[TEXT_ROOM + TEXT_AT_A_TIME];
    size_t begun, ended;
    size_t sentences[TEXT_ROOM + 1]; /* [sentences_begun], the tokens that begin a sentence (the last may not be staged yet) */
    size_t sentences_begun;
    int64_t piece, in_sentence; /* the most tokens in a sentence, and the tokens of the open sentence */
    int64_t before_line; /* the ids in `out` before the first line end, -1 while there is none (text_merge.h) */
    int64_t tokens;
    int32_t *out; /* [out_capacity], ids not taken yet */
    size_t out_size, out_capacity;
} text_scanner;

/* Begin a sentence with the token after the next `skipped` tokens. */
static inline void text_begin_sentence_after(text_scanner *scanner, size_t skipped)
{
    size_t token = scanner->begun + skipped, n = scanner->sentences_begun;
    if (!n || scanner->sentences[n - 1] != token)
        scanner->sentences[scanner->sentences_begun++] = token;
}

static inline void text_begin_sentence(text_scanner *scanner)
{
    text_begin_sentence_after(scanner, 0);
}

static int text_scanner_init(text_scanner *scanner, int64_t piece, int64_t max_words)
{
    memset(scanner, 0, sizeof *scanner);
    scanner->piece = piece;
    text_begin_sentence(scanner);
    return text_words_init(&scanner->words, max_words);
}

static void text_scanner_free(text_scanner *scanner)
{
    text_words_free(&scanner->words);
    text_bound_free(&scanner->bound);
    free(scanner->buffer);
    free(scanner->out);
    memset(scanner, 0, sizeof *scanner);
}

static inline int text_is_open(const text_scanner *scanner)
{
    return scanner->begun > scanner->ended;
}

static int text_reserve_out(text_scanner *scanner, size_t more)
{
    if (scanner->out_capacity - scanner->out_size >= more)
        return TEXT_OK;
    size_t capacity = 2 * scanner->out_capacity + TEXT_FIRST_ENTRIES;
    int32_t *out = realloc(scanner->out, capacity * sizeof *out);
    if (!out)
        return TEXT_NO_MEMORY;
    scanner->out = out;
    scanner->out_capacity = capacity;
    return TEXT_OK;
}

/* Mark the sentence starts among the n ids of the batch, including those where a sentence exceeds `cut` tokens. */
static void text_mark_sentences(text_scanner *scanner, int32_t *ids, size_t n, int64_t cut)
{
    size_t at = 0, marked = 0;
    for (;;) {
        size_t next = marked < scanner->sentences_begun ? scanner->sentences[marked] : n;
        size_t stop = next < n ? next : n;
        while (cut - scanner->in_sentence < (int64_t)(stop - at)) {
            at += (size_t)(cut - scanner->in_sentence);
            ids[at] |= TEXT_SENTENCE_START;
            scanner->in_sentence = 0;
        }
        scanner->in_sentence += (int64_t)(stop - at);
        at = stop;
        if (at == n)
            break;
        ids[at] |= TEXT_SENTENCE_START;
        scanner->in_sentence = 0;
        if (scanner->before_line < 0)
            scanner->before_line = ids + at - scanner->out;
        marked++;
    }
    for (size_t k = marked; k < scanner->sentences_begun; k++)
        scanner->sentences[k - marked] = scanner->sentences[k] - n;
    scanner->sentences_begun -= marked;
}

static inline text_key text_waiting(const text_scanner *scanner, size_t k)
{
    return text_key_of(scanner->buffer + scanner->begins[k], scanner->ends[k] - scanner->begins[k]);
}

/* Count the first staged tokens, at most n; return how many were counted, fewer only if a word does not fit. */
static int64_t text_look_up(text_scanner *scanner, size_t first, size_t n, int32_t *ids)
{
    text_words *words = &scanner->words;
    text_slot wanted[TEXT_ROOM]; /* the expected slots of the words, with the low half of the hash in place of the id */
    uint8_t unsure[TEXT_ROOM + 1]; /* words that their slots alone do not identify */
    size_t longer = 0, done = 0;
    for (size_t k = 0; k < n; k++) {
        text_key key = text_waiting(scanner, first + k);
        text_slot slot = {key.head, text_check(key.length, key.hash), (uint32_t)key.hash};
        wanted[k] = slot;
        text_prefetch(words->slots + (slot.id_plus_1 & words->slot_mask));
        unsure[longer] = (uint8_t)k;
        longer += key.length > TEXT_SHORT;
    }
    for (; done < n; done++) {
        int64_t id = text_words_likely(words, wanted + done);
        if (id < 0) {
            if (text_bound_is_full(&scanner->bound, words))
                break;
            text_key key = text_waiting(scanner, first + done);
            if ((id = text_words_id(words, &key)) < 0)
                return id;
        }
        text_prefetch(words->counts + id);
        ids[done] = (int32_t)id;
    }
    for (size_t k = 0; k < done; k++)
        words->counts[ids[k]]++;
    while (longer && unsure[longer - 1] >= done)
        longer--;
    for (size_t k = 0; k < longer; k++)
        text_prefetch(words->entries + ids[unsure[k]]);
    for (size_t k = 0; k < longer; k++) {
        text_key key = text_waiting(scanner, first + unsure[k]);
        int32_t *id = ids + unsure[k];
        if (text_entry_matches(words, words->entries + *id, &key))
            continue;
        words->counts[*id]--; /* another word with the same head and check */
        int64_t right = text_words_id(words, &key);
        if (right < 0)
            return right;
        words->counts[right]++;
        *id = (int32_t)right;
    }
    return (int64_t)done;
}

/* Count the whole staged tokens. */
static int text_flush(text_scanner *scanner, int64_t cut)
{
    size_t n = scanner->ended, done = 0;
    if (!n)
        return TEXT_OK;
    if (text_reserve_out(scanner, n) != TEXT_OK)
        return TEXT_NO_MEMORY;
    int32_t *ids = scanner->out + scanner->out_size;
    for (;;) {
        int64_t more = text_look_up(scanner, done, n - done, ids + done);
        if (more < 0)
            return (int)more;
        done += (size_t)more;
        if (done == n)
            break;
        if (text_prune(&scanner->bound, &scanner->words, scanner->out, scanner->out_size + done) != TEXT_OK)
            return TEXT_NO_MEMORY;
    }
    text_mark_sentences(scanner, ids, n, cut);
    scanner->out_size += n;
    scanner->tokens += (int64_t)n;
    if (text_is_open(scanner))
        scanner->begins[0] = scanner->begins[n];
    scanner->begun -= n;
    scanner->ended = 0;
    return TEXT_OK;
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

/* Write the indices of the set bits, and up to TEXT_AT_A_TIME - 1 meaningless numbers after them. */
static inline void text_offsets(uint64_t bits, size_t n, size_t base, size_t *offsets)
{
    for (size_t k = 0; k < n; k += TEXT_AT_A_TIME)
        for (int j = 0; j < TEXT_AT_A_TIME; j++) {
            offsets[k + j] = base + text_lowest_bit(bits | UINT64_C(1) << (TEXT_BLOCK - 1));
            bits &= bits - 1;
        }
}

/* The same, and where the next token begins if a single byte of white space is between them. */
static inline void text_offsets_between(uint64_t bits, size_t n, size_t base, size_t *ends, size_t *begins)
{
    for (size_t k = 0; k < n; k += TEXT_AT_A_TIME)
        for (int j = 0; j < TEXT_AT_A_TIME; j++) {
            size_t end = base + text_lowest_bit(bits | UINT64_C(1) << (TEXT_BLOCK - 1));
            ends[k + j] = end;
            begins[k + j] = end + 1;
            bits &= bits - 1;
        }
}

/* Stage the tokens of one block; `valid` masks the bytes that exist. */
static inline void text_scan_block(text_scanner *scanner, size_t position, uint64_t valid)
{
    text_masks masks = text_masks_of(scanner->buffer + position);
    uint64_t was_space = (uint64_t)!text_is_open(scanner), spaces = masks.spaces & valid, after = spaces << 1 | was_space;
    uint64_t begins = ~spaces & after & valid;
    for (uint64_t lines = masks.line_ends & valid; lines; lines &= lines - 1)
        text_begin_sentence_after(scanner, text_count_bits(begins & ((lines & (0 - lines)) - 1)));
    size_t n = text_count_bits(spaces);
    if (valid == UINT64_MAX && !(spaces & after)) {
        scanner->begins[scanner->begun] = position;
        scanner->begun += was_space;
        text_offsets_between(spaces, n, position, scanner->ends + scanner->ended, scanner->begins + scanner->begun);
        scanner->begun += n - (spaces >> (TEXT_BLOCK - 1));
        scanner->ended += n;
    } else {
        uint64_t ends = spaces & ~after;
        text_offsets(begins, text_count_bits(begins), position, scanner->begins + scanner->begun);
        text_offsets(ends, text_count_bits(ends), position, scanner->ends + scanner->ended);
        scanner->begun += text_count_bits(begins);
        scanner->ended += text_count_bits(ends);
    }
}

/* Scan one chunk of UTF-8; a token may continue in the next chunk. */
static int text_feed(text_scanner *scanner, const uint8_t *data, size_t n)
{
    int status = text_flush(scanner, INT64_MAX); /* the rest of a list, whose buffer is about to change */
    if (status != TEXT_OK)
        return status;
    size_t open = 0;
    if (text_is_open(scanner)) {
        open = scanner->used - scanner->begins[0];
        if (scanner->begins[0]) /* the open token stays in place while it still grows */
            memmove(scanner->buffer, scanner->buffer + scanner->begins[0], open);
        scanner->begins[0] = 0;
    }
    scanner->used = open;
    if ((status = text_reserve(scanner, n)) != TEXT_OK)
        return status;
    if (n)
        memcpy(scanner->buffer + scanner->used, data, n);
    size_t position = scanner->used;
    scanner->used += n;
    for (; position < scanner->used; position += TEXT_BLOCK) {
        size_t left = scanner->used - position;
        text_scan_block(scanner, position, left < TEXT_BLOCK ? (UINT64_C(1) << left) - 1 : UINT64_MAX);
        if (scanner->ended >= TEXT_BATCH && (status = text_flush(scanner, scanner->piece)) != TEXT_OK)
            return status;
    }
    if ((status = text_flush(scanner, scanner->piece)) != TEXT_OK)
        return status;
    if (text_is_open(scanner) && scanner->used - scanner->begins[0] > TEXT_MAX_WORD_BYTES)
        return TEXT_WORD_TOO_LONG;
    return TEXT_OK;
}

/* The last token needs no white space after it. */
static int text_end_token(text_scanner *scanner)
{
    if (text_is_open(scanner))
        scanner->ends[scanner->ended++] = scanner->used;
    int status = text_flush(scanner, scanner->piece);
    scanner->used = 0;
    return status;
}

/* End of the input. */
static int text_finish(text_scanner *scanner)
{
    int status = text_end_token(scanner);
    text_begin_sentence(scanner);
    return status;
}

/* Stage one whole token of a sentence from a list; such a sentence is not cut. */
static int text_add_token(text_scanner *scanner, const uint8_t *bytes, size_t length)
{
    int status = TEXT_OK;
    if (scanner->used >= TEXT_STAGE || scanner->ended >= TEXT_BATCH || !scanner->ended) {
        status = text_flush(scanner, INT64_MAX);
        scanner->used = 0;
    }
    if (status != TEXT_OK || (status = text_reserve(scanner, length)) != TEXT_OK)
        return status;
    memcpy(scanner->buffer + scanner->used, bytes, length);
    scanner->begins[scanner->begun++] = scanner->used;
    scanner->used += length;
    scanner->ends[scanner->ended++] = scanner->used;
    return TEXT_OK;
}

/* Replace provisional by final ids, in place.
 *
 * table[provisional] is the final id or -1 (dropped). kept and last carry over from block to block: tokens written so
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
