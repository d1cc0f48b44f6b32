/* The few things text_*.h need that C does not spell the same way for every compiler. */
#ifndef EMBED_TEXT_PORT_H
#define EMBED_TEXT_PORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif
#if defined(__SSE2__) || defined(_M_X64)
#define TEXT_HAVE_SSE2 1
#include <emmintrin.h>
#endif

/* Zeroed memory for random access, on huge pages where Linux has them to give; free() takes it back, NULL = none
 * left. */
static inline void *text_zeroed(size_t size)
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    const size_t huge = (size_t)1 << 21;
    void *block;
    if (size >= huge && size <= SIZE_MAX - huge) {
        size_t whole = (size + huge - 1) / huge * huge;
        if (posix_memalign(&block, huge, whole))
            return NULL;
        madvise(block, whole, MADV_HUGEPAGE); /* no harm if it is refused */
        return memset(block, 0, size);
    }
#endif
    return calloc(size, 1);
}

/* Hint that the line at `address` is read soon. */
static inline void text_prefetch(const void *address)
{
#if defined(__GNUC__) || defined(__clang__)
    __builtin_prefetch(address);
#elif defined(TEXT_HAVE_SSE2)
    _mm_prefetch((const char *)address, _MM_HINT_T0);
#else
    (void)address;
#endif
}

/* Index of the lowest bit set; `bits` is not 0. */
static inline unsigned text_lowest_bit(uint64_t bits)
{
#if defined(__GNUC__) || defined(__clang__)
    return (unsigned)__builtin_ctzll(bits);
#elif defined(_MSC_VER) && (defined(_M_X64) || defined(_M_ARM64))
    unsigned long index;
    _BitScanForward64(&index, bits);
    return (unsigned)index;
#else
    unsigned index = 0;
    while (!(bits & 1)) {
        bits >>= 1;
        index++;
    }
    return index;
#endif
}

/* Index of the highest bit set; `bits` is not 0. */
static inline unsigned text_highest_bit(uint64_t bits)
{
#if defined(__GNUC__) || defined(__clang__)
    return 63 - (unsigned)__builtin_clzll(bits);
#elif defined(_MSC_VER) && (defined(_M_X64) || defined(_M_ARM64))
    unsigned long index;
    _BitScanReverse64(&index, bits);
    return (unsigned)index;
#else
    unsigned index = 0;
    while (bits >>= 1)
        index++;
    return index;
#endif
}

/* The low half of the 128-bit product; `high` gets the other. */
static inline uint64_t text_multiply(uint64_t a, uint64_t b, uint64_t *high)
{
#if defined(__SIZEOF_INT128__)
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    *high = (uint64_t)(product >> 64);
    return (uint64_t)product;
#elif defined(_MSC_VER) && defined(_M_X64)
    return _umul128(a, b, high);
#elif defined(_MSC_VER) && defined(_M_ARM64)
    *high = __umulh(a, b);
    return a * b;
#else
    uint64_t a_low = (uint32_t)a, a_high = a >> 32, b_low = (uint32_t)b, b_high = b >> 32;
    uint64_t middle = a_high * b_low + ((a_low * b_low) >> 32);
    uint64_t middle2 = a_low * b_high + (uint32_t)middle;
    *high = a_high * b_high + (middle >> 32) + (middle2 >> 32);
    return a * b;
#endif
}

/* Both halves of the product, xored: one multiply that mixes all input bits. */
static inline uint64_t text_fold_multiply(uint64_t a, uint64_t b)
{
    uint64_t high, low = text_multiply(a, b, &high);
    return high ^ low;
}

/* Eight bytes as they lie in memory; used for hashing and equality only, so the byte order does not matter. */
static inline uint64_t text_load8(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Eight bytes as a number whose first byte is its lowest, on every machine. */
static inline uint64_t text_load8_little(const uint8_t *bytes)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    uint64_t word = 0;
    for (int k = 7; k >= 0; k--)
        word = word << 8 | bytes[k];
    return word;
#else
    return text_load8(bytes);
#endif
}

static inline void text_store8_little(uint8_t *bytes, uint64_t word)
{
    for (int k = 0; k < 8; k++)
        bytes[k] = (uint8_t)(word >> 8 * k);
}

/* The same as text_load8 for the first `length` bytes, at most 8, and zeros after them; reads no further. */
static inline uint64_t text_load_part(const uint8_t *bytes, uint64_t length)
{
    uint64_t word = 0;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    memcpy(&word, bytes, (size_t)length);
#else
    /* Pieces of a fixed size that may overlap, put together in a register: a copy of varying size is a call. */
    if (length >= 4) {
        uint32_t first, last;
        memcpy(&first, bytes, 4);
        memcpy(&last, bytes + length - 4, 4);
        word = first | (uint64_t)last << (8 * (length - 4));
    } else if (length) {
        uint64_t middle = length / 2, end = length - 1;
        word = bytes[0] | (uint64_t)bytes[middle] << (8 * middle) | (uint64_t)bytes[end] << (8 * end);
    }
#endif
    return word;
}

/* Number of bits set. */
static inline unsigned text_count_bits(uint64_t bits)
{
    bits -= bits >> 1 & UINT64_C(0x5555555555555555);
    bits = (bits & UINT64_C(0x3333333333333333)) + (bits >> 2 & UINT64_C(0x3333333333333333));
    return (unsigned)(((bits + (bits >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f)) * UINT64_C(0x0101010101010101) >> 56);
}

/* ASCII white space: space, \t, \n, \v, \f, \r. */
static inline int text_is_space(uint8_t byte)
{
    return byte == ' ' || (uint8_t)(byte - '\t') <= '\r' - '\t';
}

enum { TEXT_BLOCK = 64 }; /* bytes per scanned block = bits per mask */

/* Bit k tells what bytes[k] is. */
typedef struct {
    uint64_t spaces; /* ASCII white space */
    uint64_t line_ends;
} text_masks;

/* The masks of a block; reads TEXT_BLOCK bytes. */
static inline text_masks text_masks_of(const uint8_t *bytes)
{
    text_masks masks = {0, 0};
#if defined(TEXT_HAVE_SSE2)
    const __m128i space = _mm_set1_epi8(' '), tab = _mm_set1_epi8('\t'), span = _mm_set1_epi8('\r' - '\t');
    const __m128i line_end = _mm_set1_epi8('\n');
    for (int part = 0; part < TEXT_BLOCK / 16; part++) {
        __m128i block = _mm_loadu_si128((const __m128i *)(bytes + 16 * part));
        __m128i offset = _mm_sub_epi8(block, tab);
        __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(offset, span), offset);
        __m128i found = _mm_or_si128(control, _mm_cmpeq_epi8(block, space));
        masks.spaces |= (uint64_t)(uint32_t)_mm_movemask_epi8(found) << (16 * part);
        masks.line_ends |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(block, line_end)) << (16 * part);
    }
#else
    for (int k = 0; k < TEXT_BLOCK; k++) {
        masks.spaces |= (uint64_t)text_is_space(bytes[k]) << k;
        masks.line_ends |= (uint64_t)(bytes[k] == '\n') << k;
    }
#endif
    return masks;
}

#endif
