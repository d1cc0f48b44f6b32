/* MurmurHash3_x64_128 (Austin Appleby, public domain algorithm), the hash of floret's tables.
 *
 * Two 64-bit lanes take 8 bytes each per step, are mixed into one another, and end in two 64-bit halves, given here as
 * four 32-bit words, the low one of each half first. Bytes are put together by hand: the result is the same on every
 * machine.
 */
#ifndef EMBED_TEXT_MURMUR_H
#define EMBED_TEXT_MURMUR_H

#include <stddef.h>
#include <stdint.h>

enum { TEXT_MURMUR_WORDS = 4 };

#define TEXT_MURMUR_C1 UINT64_C(0x87c37b91114253d5)
#define TEXT_MURMUR_C2 UINT64_C(0x4cf5ad432745937f)

static inline uint64_t text_rotate(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

/* The first `count` of 8 little-endian bytes, the others zero. */
static inline uint64_t text_little_endian(const uint8_t *bytes, size_t count)
{
    uint64_t value = 0;
    for (size_t k = 0; k < count; k++)
        value |= (uint64_t)bytes[k] << (8 * k);
    return value;
}

static inline uint64_t text_murmur_first(uint64_t lane)
{
    return text_rotate(lane * TEXT_MURMUR_C1, 31) * TEXT_MURMUR_C2;
}

static inline uint64_t text_murmur_second(uint64_t lane)
{
    return text_rotate(lane * TEXT_MURMUR_C2, 33) * TEXT_MURMUR_C1;
}

static inline uint64_t text_murmur_final(uint64_t half)
{
    half = (half ^ half >> 33) * UINT64_C(0xff51afd7ed558ccd);
    half = (half ^ half >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return half ^ half >> 33;
}

static void text_murmur(const uint8_t *bytes, size_t length, uint32_t seed, uint32_t words[TEXT_MURMUR_WORDS])
{
    uint64_t a = seed, b = seed;
    size_t left = length;
    for (; left >= 16; left -= 16, bytes += 16) {
        a = text_rotate(a ^ text_murmur_first(text_little_endian(bytes, 8)), 27) + b;
        a = a * 5 + 0x52dce729;
        b = text_rotate(b ^ text_murmur_second(text_little_endian(bytes + 8, 8)), 31) + a;
        b = b * 5 + 0x38495ab5;
    }
    /* Of no bytes the mixed lane is 0, and changes nothing. */
    a ^= text_murmur_first(text_little_endian(bytes, left < 8 ? left : 8));
    b ^= text_murmur_second(left > 8 ? text_little_endian(bytes + 8, left - 8) : 0);
    a ^= (uint64_t)length;
    b ^= (uint64_t)length;
    a += b;
    b += a;
    a = text_murmur_final(a);
    b = text_murmur_final(b);
    a += b;
    b += a;
    words[0] = (uint32_t)a;
    words[1] = (uint32_t)(a >> 32);
    words[2] = (uint32_t)b;
    words[3] = (uint32_t)(b >> 32);
}

#endif
