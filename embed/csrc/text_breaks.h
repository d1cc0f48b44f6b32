/* Split raw text into the words of the tokenizer `words`: valid UTF-8 in, the same bytes as prepared text out, words
 * with blanks between them and the line ends of the text. corpora/tokenizers.py and normal_form.py are its readable
 * twin and have the rules; corpora/character_classes.py makes the tables from the interpreter's own.
 *
 * A field is what stands between ASCII white space. Up to 64 bytes of whole ASCII fields are split at once, by masks:
 * words keep their place, and what is between them becomes blanks. Other fields go through the tables, character by
 * character. A field that has to be reordered, composed or stripped of invisible characters is left to the twin.
 *
 * The tables have a trait for each character: what it becomes (lower case, plain width, normal form C, all of which a
 * character has without its neighbours), and what the result is to the rules. A joiner (an apostrophe, a full stop) is
 * written as soon as it may join, with the place to return to if the next character does not want it.
 */
#ifndef EMBED_TEXT_BREAKS_H
#define EMBED_TEXT_BREAKS_H

#include "text_port.h"

/* What a character is to the rules: the low bits of its traits. */
enum {
    TEXT_OTHER,
    TEXT_LETTER,      /* \w, but no digit, ideograph or katakana */
    TEXT_DIGIT,       /* \d */
    TEXT_MORE_LETTER, /* a mark of punctuation inside words */
    TEXT_MARK,
    TEXT_KATAKANA,
    TEXT_IDEOGRAPH,
    TEXT_EMOJI,
    TEXT_APOSTROPHE,
    TEXT_IN_WORDS,
    TEXT_IN_NUMBERS,
    TEXT_IN_BOTH,
    TEXT_UNDERSCORE,
    TEXT_QUOTE,
    TEXT_SIGN,    /* # and +, of C# and C++ */
    TEXT_JOINER,  /* the zero-width joiner */
    TEXT_PARTER,  /* the zero-width non-joiner */
    TEXT_EXPANDS, /* into several characters, found at `shift` among the expansions */
    TEXT_UNKNOWN, /* left to the twin */
    TEXT_KINDS
};

enum {
    TEXT_KIND = 0x1f,
    TEXT_ALNUM = 1 << 5,   /* \w, but no underscore */
    TEXT_ALPHA = 1 << 6,   /* the same, but no \d */
    TEXT_HEBREW = 1 << 7,
    TEXT_POINT = 1 << 8,   /* of Hebrew */
    TEXT_FIRST = 1 << 9,   /* may compose with a character after it */
    TEXT_SECOND = 1 << 10, /* the same, before it */
    TEXT_LIMITED = 1 << 11, /* a mark of which a letter may have only so many */
    TEXT_JOINING = 1 << 12, /* of a script that needs joiners */
    TEXT_PLAIN = 1 << 13,   /* in a run, needs no look at what is around it: a letter, a digit, a vowel sign */
    TEXT_ORDER_AT = 16, /* the canonical combining class is at this bit */
    TEXT_ORDER = 0xff << TEXT_ORDER_AT,
    TEXT_TRAIL_AT = 24 /* and that of the last mark of a letter with marks at this one */
};

enum {
    TEXT_PAGE_BITS = 7, /* characters with a common entry in the first stage */
    TEXT_TABLED = 0x40000, /* characters with a trait; those beyond are TEXT_UNKNOWN */
    TEXT_GROWTH = 4 /* bytes written for each byte read, at most */
};

typedef struct {
    int32_t shift; /* what to add to the character */
    uint32_t traits;
} text_trait;

typedef struct {
    const uint16_t *pages;      /* [TEXT_TABLED >> TEXT_PAGE_BITS] */
    const uint16_t *cells;      /* [pages << TEXT_PAGE_BITS], indices of traits */
    const text_trait *traits;
    const uint32_t *expansions; /* the number of characters, and the characters */
    const uint64_t *pairs;      /* [pairs_size], ascending: characters that compose, the first in the high half */
    size_t pairs_size;
    uint32_t most_marks;
    int lowercase;
} text_breaks;

/* The bits of the word that is being written. */
enum { TEXT_NO_WORD, TEXT_RUN, TEXT_KATAKANA_RUN, TEXT_ALONE };

/* What has to follow a joiner. */
enum {
    TEXT_NOTHING,
    TEXT_WANTS_RUN,
    TEXT_WANTS_ALPHA,
    TEXT_WANTS_DIGIT,
    TEXT_WANTS_HEBREW,
    TEXT_WANTS_ANY_RUN,
    TEXT_WANTS_PLUS,
    TEXT_WANTS_END
};

typedef struct {
    uint8_t *out;
    uint8_t *joiner; /* where the joiner was written that wants something */
    uint32_t last, before; /* the traits of the last two characters */
    uint32_t starter, starter_traits; /* the last character that does not combine */
    uint32_t order; /* the combining class of the last mark, 0 if none is behind the starter */
    uint32_t source; /* the traits of the last character of the text, before it became others */
    uint32_t marks;  /* of those that are limited, how many stand there */
    int word, wants, ends_hebrew;
} text_breaker;

static inline text_trait text_trait_of(const text_breaks *breaks, uint32_t character)
{
    static const text_trait unknown = {0, TEXT_UNKNOWN};
    if (character >= TEXT_TABLED)
        return unknown;
    size_t page = breaks->pages[character >> TEXT_PAGE_BITS];
    return breaks->traits[breaks->cells[page << TEXT_PAGE_BITS | (character & ((1 << TEXT_PAGE_BITS) - 1))]];
}

/* Read one character; of bytes that are not UTF-8, some character, but nothing beyond the end. */
static inline const uint8_t *text_decode(const uint8_t *at, const uint8_t *end, uint32_t *character)
{
    uint32_t first = *at;
    if (first < 0x80) {
        *character = first;
        return at + 1;
    }
    if (first < 0xe0 && end - at > 1) {
        *character = (first & 0x1f) << 6 | (at[1] & 0x3f);
        return at + 2;
    }
    if (first < 0xf0 && end - at > 2) {
        *character = (first & 0x0f) << 12 | (at[1] & 0x3fU) << 6 | (at[2] & 0x3f);
        return at + 3;
    }
    if (end - at > 3) {
        *character = (first & 0x07) << 18 | (at[1] & 0x3fU) << 12 | (at[2] & 0x3fU) << 6 | (at[3] & 0x3f);
        return at + 4;
    }
    *character = TEXT_TABLED;
    return at + 1;
}

static inline uint8_t *text_encode(uint8_t *out, uint32_t character)
{
    if (character < 0x80) {
        out[0] = (uint8_t)character;
        return out + 1;
    }
    if (character < 0x800) {
        out[0] = (uint8_t)(0xc0 | character >> 6);
        out[1] = (uint8_t)(0x80 | (character & 0x3f));
        return out + 2;
    }
    if (character < 0x10000) {
        out[0] = (uint8_t)(0xe0 | character >> 12);
        out[1] = (uint8_t)(0x80 | (character >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (character & 0x3f));
        return out + 3;
    }
    out[0] = (uint8_t)(0xf0 | character >> 18);
    out[1] = (uint8_t)(0x80 | (character >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (character >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (character & 0x3f));
    return out + 4;
}

/* Return whether normal form C makes one character of these two. */
static int text_composes(const text_breaks *breaks, uint32_t first, uint32_t second)
{
    uint64_t pair = (uint64_t)first << 32 | second;
    size_t low = 0, high = breaks->pairs_size;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (breaks->pairs[middle] < pair)
            low = middle + 1;
        else
            high = middle;
    }
    return low < breaks->pairs_size && breaks->pairs[low] == pair;
}

static inline int text_is_run(uint32_t kind)
{
    return kind >= TEXT_LETTER && kind <= TEXT_MORE_LETTER;
}

static inline void text_end_word(text_breaker *breaker)
{
    if (breaker->word != TEXT_NO_WORD)
        *breaker->out++ = ' ';
    breaker->word = TEXT_NO_WORD;
}

/* Decide about the joiner, now that it is known that no word goes on behind it: `is_end` unless C# or C++ may not end
 * here. */
static inline void text_settle(text_breaker *breaker, int is_end)
{
    if (!(breaker->wants == TEXT_WANTS_END && is_end))
        breaker->out = breaker->joiner + breaker->ends_hebrew;
    breaker->wants = TEXT_NOTHING;
    text_end_word(breaker);
}

/* Write a joiner that is kept if something it wants follows. */
static inline void text_join(text_breaker *breaker, uint32_t character, int wants)
{
    breaker->joiner = breaker->out;
    breaker->out = text_encode(breaker->out, character);
    breaker->ends_hebrew = character == '\'' && (breaker->last & (TEXT_HEBREW | TEXT_POINT));
    breaker->wants = wants;
}

/* Return what a joiner after the last character wants, TEXT_NOTHING if it cannot join. */
static inline int text_wanted(const text_breaker *breaker, uint32_t kind)
{
    uint32_t last = breaker->last;
    int after_letter = (last & TEXT_ALPHA) || (last & TEXT_KIND) == TEXT_MARK;
    int after_digit = (last & TEXT_KIND) == TEXT_DIGIT;
    switch (kind) {
    case TEXT_APOSTROPHE:
        return TEXT_WANTS_RUN;
    case TEXT_IN_WORDS:
        return after_letter ? TEXT_WANTS_ALPHA : TEXT_NOTHING;
    case TEXT_IN_NUMBERS:
        return after_digit ? TEXT_WANTS_DIGIT : TEXT_NOTHING;
    case TEXT_IN_BOTH:
        return after_letter ? TEXT_WANTS_ALPHA : after_digit ? TEXT_WANTS_DIGIT : TEXT_NOTHING;
    case TEXT_UNDERSCORE:
        return TEXT_WANTS_ANY_RUN;
    case TEXT_QUOTE:
        return last & (TEXT_HEBREW | TEXT_POINT) ? TEXT_WANTS_HEBREW : TEXT_NOTHING;
    default:
        return TEXT_NOTHING;
    }
}

static inline int text_is_ascii_letter(uint8_t byte)
{
    return (uint8_t)((byte | 0x20) - 'a') < 26;
}

/* The same for # and +, which follow a single ASCII letter. */
static inline int text_wanted_by_sign(const text_breaker *breaker, uint32_t character)
{
    int in_word = (breaker->before & TEXT_ALNUM) || (breaker->before & TEXT_KIND) == TEXT_UNDERSCORE;
    if (in_word || !text_is_ascii_letter(breaker->out[-1]))
        return TEXT_NOTHING;
    return character == '#' ? TEXT_WANTS_END : TEXT_WANTS_PLUS;
}

/* Take the next character of the normalised text if the joiner before it wants it; else settle the joiner. */
static inline int text_goes_on(text_breaker *breaker, uint32_t character, uint32_t traits)
{
    uint32_t kind = traits & TEXT_KIND;
    int joins = 0;
    switch (breaker->wants) {
    case TEXT_WANTS_RUN:
        joins = text_is_run(kind);
        break;
    case TEXT_WANTS_ALPHA:
        joins = kind == TEXT_LETTER;
        break;
    case TEXT_WANTS_DIGIT:
        joins = kind == TEXT_DIGIT;
        break;
    case TEXT_WANTS_HEBREW:
        joins = text_is_run(kind) && (traits & TEXT_HEBREW);
        break;
    case TEXT_WANTS_ANY_RUN:
        if (kind == TEXT_UNDERSCORE) {
            *breaker->out++ = '_';
            return 1;
        }
        joins = text_is_run(kind) || kind == TEXT_KATAKANA;
        break;
    case TEXT_WANTS_PLUS:
        if (character == '+') {
            *breaker->out++ = '+';
            breaker->wants = TEXT_WANTS_END;
            return 1;
        }
        break;
    }
    if (!joins) {
        text_settle(breaker, !(traits & TEXT_ALNUM) && kind != TEXT_UNDERSCORE && kind != TEXT_SIGN);
        return 0;
    }
    breaker->word = kind == TEXT_KATAKANA ? TEXT_KATAKANA_RUN : TEXT_RUN;
    breaker->wants = TEXT_NOTHING;
    breaker->out = text_encode(breaker->out, character);
    return 1;
}

/* Begin a word unless this one goes on, and write the character. */
static inline void text_write(text_breaker *breaker, uint32_t character, int word)
{
    if (breaker->word != word)
        text_end_word(breaker);
    breaker->word = word;
    breaker->out = text_encode(breaker->out, character);
}

/* Apply the rules to the next character of the normalised text. */
static inline void text_apply(text_breaker *breaker, uint32_t character, uint32_t traits)
{
    uint32_t kind = traits & TEXT_KIND;
    int wants = TEXT_NOTHING;
    if (breaker->wants != TEXT_NOTHING && text_goes_on(breaker, character, traits))
        return;
    if (text_is_run(kind)) {
        text_write(breaker, character, TEXT_RUN);
        return;
    }
    switch (kind) {
    case TEXT_MARK:
        if (breaker->word != TEXT_NO_WORD)
            breaker->out = text_encode(breaker->out, character);
        return;
    case TEXT_KATAKANA:
        text_write(breaker, character, TEXT_KATAKANA_RUN);
        return;
    case TEXT_IDEOGRAPH:
        text_end_word(breaker);
        text_write(breaker, character, TEXT_ALONE);
        return;
    case TEXT_EMOJI:
        text_end_word(breaker);
        text_write(breaker, character, TEXT_ALONE);
        text_end_word(breaker);
        return;
    default:
        if (breaker->word == TEXT_RUN || breaker->word == TEXT_KATAKANA_RUN)
            wants = kind == TEXT_SIGN ? text_wanted_by_sign(breaker, character) : text_wanted(breaker, kind);
        if (wants == TEXT_NOTHING)
            text_end_word(breaker);
        else
            text_join(breaker, character, wants);
    }
}

/* Take the next character of the text in plain width and lower case; return 0 if normal form C would change it. */
static inline int text_take(const text_breaks *breaks, text_breaker *breaker, uint32_t character, uint32_t traits)
{
    uint32_t order = (traits & TEXT_ORDER) >> TEXT_ORDER_AT;
    if ((traits & TEXT_SECOND) && (breaker->starter_traits & TEXT_FIRST)
        && text_composes(breaks, breaker->starter, character))
        return 0;
    if (order) {
        if (order < breaker->order)
            return 0;
        breaker->order = order;
    } else {
        breaker->order = traits >> TEXT_TRAIL_AT;
        breaker->starter = character;
        breaker->starter_traits = traits;
    }
    text_apply(breaker, character, traits);
    breaker->before = breaker->last;
    breaker->last = traits;
    return 1;
}

/* Take the plain characters of a run; return where they end. Most text outside ASCII is read here. */
static inline const uint8_t *text_take_plain(const text_breaks *breaks, text_breaker *breaker, const uint8_t *at,
                                             const uint8_t *end)
{
    uint8_t *out = breaker->out;
    uint32_t before = breaker->before, last = breaker->last, starter = breaker->starter;
    const uint8_t *begin = at;
    while (at < end) {
        uint32_t character;
        const uint8_t *next = text_decode(at, end, &character);
        text_trait trait = text_trait_of(breaks, character);
        if (!(trait.traits & TEXT_PLAIN))
            break;
        starter = character + (uint32_t)trait.shift;
        out = text_encode(out, starter);
        before = last;
        last = trait.traits;
        at = next;
    }
    if (at > begin) {
        breaker->out = out;
        breaker->before = before;
        breaker->last = breaker->source = breaker->starter_traits = last;
        breaker->starter = starter;
        breaker->order = last >> TEXT_TRAIL_AT;
        breaker->marks = 0;
    }
    return at;
}

/* Take the characters that one becomes. */
static int text_take_expansion(const text_breaks *breaks, text_breaker *breaker, const uint32_t *expansion)
{
    for (uint32_t k = 1; k <= expansion[0]; k++)
        if (!text_take(breaks, breaker, expansion[k], text_trait_of(breaks, expansion[k]).traits))
            return 0;
    return 1;
}

/* Return whether a zero-width joiner or non-joiner belongs to the spelling: between which characters it stands. */
static int text_is_spelling(const text_breaks *breaks, uint32_t kind, uint32_t traits_before, const uint8_t *at,
                            const uint8_t *end)
{
    uint32_t next;
    if (!(traits_before & TEXT_JOINING))
        return 0;
    if (kind == TEXT_JOINER)
        return 1;
    if (at == end)
        return 0;
    text_decode(at, end, &next);
    return (text_trait_of(breaks, next).traits & TEXT_JOINING) != 0;
}

/* Write the words of the field that begins at `at`, each with a blank after it; return the end of the field, or NULL
 * if it has to be left to the twin. */
static const uint8_t *text_break_field(const text_breaks *breaks, const uint8_t *at, const uint8_t *end, uint8_t **out)
{
    text_breaker breaker = {0};
    breaker.out = *out;
    while (at < end && !text_is_space(*at)) {
        uint32_t character, before = breaker.source;
        if (breaker.word == TEXT_RUN && breaker.wants == TEXT_NOTHING) {
            const uint8_t *after = text_take_plain(breaks, &breaker, at, end);
            if (after > at) {
                at = after;
                continue;
            }
        }
        at = text_decode(at, end, &character);
        text_trait trait = text_trait_of(breaks, character);
        uint32_t kind = trait.traits & TEXT_KIND;
        breaker.source = trait.traits;
        breaker.marks = trait.traits & TEXT_LIMITED ? breaker.marks + 1 : 0;
        if (breaker.marks > breaks->most_marks)
            return NULL;
        if (kind < TEXT_JOINER) {
            if (!text_take(breaks, &breaker, character + (uint32_t)trait.shift, trait.traits))
                return NULL;
        } else if (kind == TEXT_EXPANDS) {
            if (!text_take_expansion(breaks, &breaker, breaks->expansions + trait.shift))
                return NULL;
        } else if (kind == TEXT_UNKNOWN || !text_is_spelling(breaks, kind, before, at, end)
                   || !text_take(breaks, &breaker, character, TEXT_MARK)) {
            return NULL;
        }
    }
    if (breaker.wants != TEXT_NOTHING)
        text_settle(&breaker, 1);
    text_end_word(&breaker);
    *out = breaker.out;
    return at;
}

#if defined(TEXT_HAVE_SSE2)
/* Mark the bytes from `first` to `last`. */
static inline __m128i text_between(__m128i bytes, char first, char last)
{
    __m128i above = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
    return _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8((char)(last - first))), above);
}
#endif

/* Bit k tells what bytes[k] is. */
typedef struct {
    uint64_t beyond; /* not ASCII */
    uint64_t spaces, letters, digits, apostrophes, stops, separators, underscores, signs;
} text_ascii;

/* The masks of a block of bytes; out[k] becomes the lower or same letter, the digit, the line end, or a blank. */
static inline text_ascii text_ascii_of(const uint8_t *bytes, uint8_t *out, int lowercase)
{
    text_ascii masks = {0};
#if defined(TEXT_HAVE_SSE2)
    const __m128i case_bit = _mm_set1_epi8(0x20), lower_bit = _mm_set1_epi8(lowercase ? 0x20 : 0);
    const __m128i blank = _mm_set1_epi8(' ');
    for (int part = 0; part < TEXT_BLOCK / 16; part++) {
        __m128i block = _mm_loadu_si128((const __m128i *)(bytes + 16 * part));
#define TEXT_IS(byte) _mm_cmpeq_epi8(block, _mm_set1_epi8(byte))
#define TEXT_ADD(mask, found) masks.mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(found) << (16 * part)
        __m128i letters = text_between(_mm_or_si128(block, case_bit), 'a', 'z'), digits = text_between(block, '0', '9');
        __m128i words = _mm_or_si128(letters, digits), line_ends = TEXT_IS('\n');
        __m128i kept = _mm_or_si128(block, _mm_and_si128(letters, lower_bit));
        __m128i others = _mm_or_si128(_mm_and_si128(line_ends, block), _mm_andnot_si128(line_ends, blank));
        _mm_storeu_si128((__m128i *)(out + 16 * part),
                         _mm_or_si128(_mm_and_si128(words, kept), _mm_andnot_si128(words, others)));
        TEXT_ADD(beyond, block);
        TEXT_ADD(spaces, _mm_or_si128(text_between(block, '\t', '\r'), TEXT_IS(' ')));
        TEXT_ADD(letters, letters);
        TEXT_ADD(digits, digits);
        TEXT_ADD(apostrophes, TEXT_IS('\''));
        TEXT_ADD(stops, TEXT_IS('.'));
        TEXT_ADD(separators, _mm_or_si128(TEXT_IS(','), TEXT_IS(';')));
        TEXT_ADD(underscores, TEXT_IS('_'));
        TEXT_ADD(signs, _mm_or_si128(TEXT_IS('#'), TEXT_IS('+')));
#undef TEXT_IS
#undef TEXT_ADD
    }
#else
    for (int k = 0; k < TEXT_BLOCK; k++) {
        uint8_t byte = bytes[k];
        int is_letter = text_is_ascii_letter(byte), is_digit = (uint8_t)(byte - '0') < 10;
        uint8_t letter = (uint8_t)(is_letter && lowercase ? byte | 0x20 : byte);
        out[k] = is_letter || is_digit ? letter : byte == '\n' ? '\n' : ' ';
        masks.beyond |= (uint64_t)(byte >> 7) << k;
        masks.spaces |= (uint64_t)text_is_space(byte) << k;
        masks.letters |= (uint64_t)is_letter << k;
        masks.digits |= (uint64_t)is_digit << k;
        masks.apostrophes |= (uint64_t)(byte == '\'') << k;
        masks.stops |= (uint64_t)(byte == '.') << k;
        masks.separators |= (uint64_t)(byte == ',' || byte == ';') << k;
        masks.underscores |= (uint64_t)(byte == '_') << k;
        masks.signs |= (uint64_t)(byte == '#' || byte == '+') << k;
    }
#endif
    return masks;
}

/* Write the words of the whole ASCII fields at the start of a block; return their bytes, as many as were read. A joined
 * underscore, # or + (which are rare) ends what is split here. */
static inline size_t text_break_ascii(const uint8_t *at, uint8_t *out, int lowercase)
{
    text_ascii is = text_ascii_of(at, out, lowercase);
    uint64_t words = is.letters | is.digits;
    uint64_t others = is.beyond | (is.underscores & words << 1) | (is.signs & is.letters << 1);
    uint64_t whole = is.spaces & (others ? (others & (0 - others)) - 1 : UINT64_MAX);
    if (!whole)
        return 0;
    size_t n = text_highest_bit(whole) + 1;
    uint64_t joined = (is.apostrophes & words << 1 & words >> 1) | (is.stops & is.letters << 1 & is.letters >> 1)
                      | ((is.stops | is.separators) & is.digits << 1 & is.digits >> 1);
    for (joined &= UINT64_MAX >> (TEXT_BLOCK - n); joined; joined &= joined - 1) {
        unsigned k = text_lowest_bit(joined);
        out[k] = at[k];
    }
    return n;
}

/* Split text from `at` on, up to its end or a field that has to be left to the twin; return how far. `out` has room for
 * TEXT_GROWTH bytes for each byte read and a block, and is moved on by what is written. */
static const uint8_t *text_break(const text_breaks *breaks, const uint8_t *at, const uint8_t *end, uint8_t **out)
{
    while (at < end) {
        if (text_is_space(*at)) {
            if (*at++ == '\n')
                *(*out)++ = '\n';
            continue;
        }
        if (*at < 0x80 && end - at >= TEXT_BLOCK) {
            size_t n = text_break_ascii(at, *out, breaks->lowercase);
            at += n;
            *out += n;
            if (n)
                continue;
        }
        const uint8_t *after = text_break_field(breaks, at, end, out);
        if (!after)
            break;
        at = after;
    }
    return at;
}

static inline int text_continues(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Return how many bytes at the start are valid UTF-8, up to what is wrong or the last few bytes. */
static size_t text_valid(const uint8_t *data, size_t n)
{
    const uint64_t beyond = UINT64_C(0x8080808080808080); /* ASCII */
    const uint8_t *at = data, *end = data + n;
    while (end - at >= 32) { /* room for any character, and for what is looked at together */
        uint8_t first = at[0], second = at[1];
        if (first < 0x80) {
            at++;
            while (end - at >= 32
                   && !((text_load8(at) | text_load8(at + 8) | text_load8(at + 16) | text_load8(at + 24)) & beyond))
                at += 32;
        } else if (first < 0xe0) {
            if (first < 0xc2 || !text_continues(second))
                break;
            at += 2;
        } else if (first < 0xf0) { /* neither longer than needed, nor a surrogate */
            if (!text_continues(second) || !text_continues(at[2]) || (first == 0xe0 && second < 0xa0)
                || (first == 0xed && second > 0x9f))
                break;
            at += 3;
        } else { /* nor beyond U+10FFFF */
            if (!text_continues(second) || !text_continues(at[2]) || !text_continues(at[3]) || first > 0xf4
                || (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
                break;
            at += 4;
        }
    }
    return (size_t)(at - data);
}

/* The end of the field that begins at `at`. */
static const uint8_t *text_field_end(const uint8_t *at, const uint8_t *end)
{
    while (at < end && !text_is_space(*at))
        at++;
    return at;
}

#endif
