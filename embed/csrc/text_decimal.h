/* Float32 to decimal text: the fewest digits that read back as the same float32, and of these the nearest number.
 *
 * The float32 is v = c * 2^q. All numbers between the middles of v and its neighbours read back as v; the middles
 * themselves do where c is even, since ties go to even. Let 10^k be the largest power of ten that is not above the
 * distance of the two middles. Then a multiple of 10^k lies between them, and at most one of 10^(k+1). So the answer is
 * that of 10^(k+1) if there is one, else the multiple of 10^k next to v. All is compared in units of a quarter of 10^k:
 * v is 4c * 2^q * 10^-k of them, one product of 64 bits, whose lowest bit says "and a bit more", which keeps every
 * comparison exact (Giulietti, The Schubfach way to render doubles, 2020). Tried for all float32 against an independent
 * writer.
 *
 * Other readers go by way of a float64, and rounding twice misses one single float32, TEXT_TWICE_ROUNDED, when it is
 * written in its shortest form: it gets one digit more.
 *
 * Rejected: "%.9g" (a fifth longer), trying 6 to 9 digits with snprintf and strtof (30 times as slow; the locale).
 */
#ifndef EMBED_TEXT_DECIMAL_H
#define EMBED_TEXT_DECIMAL_H

#include "text_port.h"

enum {
    TEXT_LOWEST_TEN = -31,
    TEXT_HIGHEST_TEN = 45,
    TEXT_LONGEST_FLOAT = 20, /* bytes of the longest number, its separator included, and some */
    TEXT_FIXED_LOW = -6,     /* 1e-6 is the lowest power of ten that is written without an exponent, */
    TEXT_FIXED_HIGH = 12,    /* 1e12 the highest */
};
#define TEXT_TWICE_ROUNDED UINT32_C(0x15AE43FD)
#define TEXT_TWICE_ROUNDED_DIGITS UINT32_C(70385307)
#define TEXT_TWICE_ROUNDED_POWER (-33)

/* 10^e as the first 64 bits of its binary form, rounded up or one more; filled by _floats.pyx. */
static uint64_t text_tens[TEXT_HIGHEST_TEN - TEXT_LOWEST_TEN + 1];

/* The part above 2^64 of ten * x; its lowest bit is set where a bit more was cut off. */
static inline uint32_t text_scaled(uint64_t ten, uint32_t x)
{
    uint64_t high, low = text_multiply(ten, x, &high);
    return (uint32_t)high | (low >> 32 > 1);
}

/* |number| = *digits * 10^(return value), for the bits of a finite number that is not 0. */
static inline int text_shortest(uint32_t bits, uint32_t *digits)
{
    uint32_t fraction = bits & 0x7FFFFF, exponent = bits >> 23 & 0xFF;
    uint32_t c = exponent ? fraction | 0x800000 : fraction;
    int q = (exponent ? (int)exponent : 1) - 150;
    int odd = c & 1;
    int closer = fraction == 0 && exponent > 1; /* the neighbour below is at half the distance */
    if ((bits & 0x7FFFFFFF) == TEXT_TWICE_ROUNDED) {
        *digits = TEXT_TWICE_ROUNDED_DIGITS;
        return TEXT_TWICE_ROUNDED_POWER;
    }
    /* floor(log10(2^q)) or floor(log10(3/4 * 2^q)), and q + floor(log2(10^-k)) + 1 */
    int k = (q * 1262611 - (closer ? 524031 : 0)) >> 22;
    int shift = q + ((-k * 1741647) >> 19) + 1;
    uint64_t ten = text_tens[-k - TEXT_LOWEST_TEN];
    uint32_t low = text_scaled(ten, (4 * c - 2 + closer) << shift) + odd;
    uint32_t v = text_scaled(ten, 4 * c << shift);
    uint32_t high = text_scaled(ten, (4 * c + 2) << shift) - odd;

    uint32_t tens = v / 40;
    int below = low <= 40 * tens, above = 40 * tens + 40 <= high;
    if (tens && below != above) {
        *digits = tens + above;
        k++;
    } else {
        uint32_t ones = v / 4;
        below = low <= 4 * ones, above = 4 * ones + 4 <= high;
        int up = below != above ? above : v > 4 * ones + 2 || (v == 4 * ones + 2 && (ones & 1));
        *digits = ones + up;
    }
    while (*digits % 10 == 0) {
        *digits /= 10;
        k++;
    }
    return k;
}

/* Write a finite number as 0.0, 1.5, 0.000001, 1e-7 or 1.5e+13; returns where it ends, at most TEXT_LONGEST_FLOAT - 1
 * bytes on. */
static inline uint8_t *text_write_float(uint8_t *at, float number)
{
    uint32_t bits, digits = 0;
    uint8_t reversed[10];
    int count = 0;
    memcpy(&bits, &number, sizeof bits);
    if (bits >> 31)
        *at++ = '-';
    if ((bits & 0x7FFFFFFF) == 0) {
        memcpy(at, "0.0", 3);
        return at + 3;
    }
    int power = text_shortest(bits, &digits);
    for (; digits; digits /= 10)
        reversed[count++] = (uint8_t)('0' + digits % 10);
    int first = power + count - 1; /* the power of ten of the first digit */
    int fixed = first >= TEXT_FIXED_LOW && first <= TEXT_FIXED_HIGH;
    if (fixed && first < 0) {
        memcpy(at, "0.00000", 7);
        at += 1 - first;
        while (count)
            *at++ = reversed[--count];
        return at;
    }
    int whole = fixed ? first + 1 : 1; /* digits before the point */
    for (; whole; whole--)
        *at++ = count ? reversed[--count] : '0';
    if (count || fixed)
        *at++ = '.';
    if (!count && fixed)
        *at++ = '0';
    while (count)
        *at++ = reversed[--count];
    if (!fixed) {
        *at++ = 'e';
        *at++ = first < 0 ? '-' : '+';
        int size = first < 0 ? -first : first;
        if (size >= 10)
            *at++ = (uint8_t)('0' + size / 10);
        *at++ = (uint8_t)('0' + size % 10);
    }
    return at;
}

/* Write a space before each of `dim` finite numbers and a line break after them; returns where they end. */
static uint8_t *text_write_row(uint8_t *at, const float *numbers, int64_t dim)
{
    for (int64_t column = 0; column < dim; column++) {
        *at++ = ' ';
        at = text_write_float(at, numbers[column]);
    }
    *at++ = '\n';
    return at;
}

#endif
