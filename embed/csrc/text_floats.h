/* Rows of decimal numbers to float32, correctly rounded, from lines "word number ... number".
 *
 * A number is read as w * 10^e, w being its first 19 digits. The float64 d = w * 10^e is off by less than
 * 2^-51 of the true value: converting w, the power from the table and the product each err by at most 2^-53,
 * and digits after the 19th add less than 10^-18. That is at most 4 units in the last place of d (8 where d is
 * just above a power of two). A float32 is d without its last 29 bits, rounded; the rounding of d is that of
 * the true number unless a boundary between two float32, the pattern 1000...0 of those bits, lies between them.
 * Within TEXT_UNSURE units of the boundary the line is left to the caller, who has exact arithmetic; so are
 * numbers that are no normal float32. Both are rare.
 *
 * Rejected: strtof (depends on the locale, seven times as slow), 128-bit powers of ten (needed for float64 only).
 */
#ifndef EMBED_TEXT_FLOATS_H
#define EMBED_TEXT_FLOATS_H

#include "text_port.h"

enum { TEXT_MAX_DIGITS = 19, TEXT_MAX_POWER = 64, TEXT_LACKING_BITS = 29, TEXT_UNSURE = 64 };

static const double text_powers[2 * TEXT_MAX_POWER + 1] = {
    1e-64, 1e-63, 1e-62, 1e-61, 1e-60, 1e-59, 1e-58, 1e-57, 1e-56, 1e-55, 1e-54, 1e-53, 1e-52, 1e-51, 1e-50,
    1e-49, 1e-48, 1e-47, 1e-46, 1e-45, 1e-44, 1e-43, 1e-42, 1e-41, 1e-40, 1e-39, 1e-38, 1e-37, 1e-36, 1e-35,
    1e-34, 1e-33, 1e-32, 1e-31, 1e-30, 1e-29, 1e-28, 1e-27, 1e-26, 1e-25, 1e-24, 1e-23, 1e-22, 1e-21, 1e-20,
    1e-19, 1e-18, 1e-17, 1e-16, 1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4,
    1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32, 1e33, 1e34,
    1e35, 1e36, 1e37, 1e38, 1e39, 1e40, 1e41, 1e42, 1e43, 1e44, 1e45, 1e46, 1e47, 1e48, 1e49, 1e50, 1e51, 1e52,
    1e53, 1e54, 1e55, 1e56, 1e57, 1e58, 1e59, 1e60, 1e61, 1e62, 1e63, 1e64,
};

static inline int text_is_digit(uint8_t byte)
{
    return (uint8_t)(byte - '0') <= 9;
}

/* The digits at `at`, appended to *value; *kept counts those that fitted, from the first that is not 0. */
static inline const uint8_t *text_digits(const uint8_t *at, uint64_t *value, int *kept)
{
    for (; text_is_digit(*at) && *kept < TEXT_MAX_DIGITS; at++) {
        *value = *value * 10 + (uint8_t)(*at - '0');
        *kept += *value != 0;
    }
    return at;
}

/* The float32 nearest to the number that starts at `at`, which must end before a byte that no number has. Returns
 * where it ends, or NULL if it is not a number or not one for this function. */
static inline const uint8_t *text_float(const uint8_t *at, float *out)
{
    int negative = *at == '-', kept = 0;
    int64_t power = 0;
    uint64_t value = 0;
    const uint8_t *begin;
    at += *at == '-' || *at == '+';
    begin = at;
    at = text_digits(at, &value, &kept);
    for (; text_is_digit(*at); at++)
        power++;
    int64_t digits = at - begin;
    if (*at == '.') {
        begin = ++at;
        at = text_digits(at, &value, &kept);
        power -= at - begin;
        while (text_is_digit(*at))
            at++;
        digits += at - begin;
    }
    if (digits == 0)
        return NULL;
    if (*at == 'e' || *at == 'E') {
        int64_t exponent = 0;
        int below = *++at == '-';
        at += *at == '-' || *at == '+';
        if (!text_is_digit(*at))
            return NULL;
        for (; text_is_digit(*at) && exponent < 100000; at++)
            exponent = exponent * 10 + (*at - '0');
        power += below ? -exponent : exponent;
    }
    if (value == 0) {
        *out = negative ? -0.0f : 0.0f;
        return at;
    }
    if (power < -TEXT_MAX_POWER || power > TEXT_MAX_POWER)
        return NULL;
    double product = (double)value * text_powers[power + TEXT_MAX_POWER];
    if (!(product >= 1.1754945e-38 && product <= 3.4028234e38))
        return NULL; /* subnormal, at the edge, or too large */
    uint64_t bits;
    memcpy(&bits, &product, sizeof bits);
    int64_t from_boundary =
        (int64_t)(bits & (((uint64_t)1 << TEXT_LACKING_BITS) - 1)) - ((int64_t)1 << (TEXT_LACKING_BITS - 1));
    if (from_boundary >= -TEXT_UNSURE && from_boundary <= TEXT_UNSURE)
        return NULL;
    *out = negative ? -(float)product : (float)product;
    return at;
}

/* Read lines of one word and `dim` numbers each, separated by spaces or tabs, until `rows` are read, the data
 * ends, or a line is not in that form. `data` holds whole lines, the last byte being a line break.
 *
 * numbers: float[rows][dim]; words: int64[rows][2], where each word begins and ends in `data`.
 * *used becomes the offset of the first line not read. Returns how many were. */
static int64_t text_rows(const uint8_t *data, int64_t size, int64_t dim, int64_t rows, float *numbers,
                         int64_t *words, int64_t *used)
{
    const uint8_t *at = data, *end = data + size;
    int64_t row = 0;
    for (; row < rows && at < end; row++) {
        const uint8_t *line = at;
        while (!text_is_space(*at))
            at++;
        words[2 * row] = line - data;
        words[2 * row + 1] = at - data;
        if (at == line) {
            at = NULL;
        }
        for (int64_t column = 0; at && column < dim; column++) {
            const uint8_t *gap = at;
            while (*at == ' ' || *at == '\t')
                at++;
            at = at > gap ? text_float(at, &numbers[row * dim + column]) : NULL;
        }
        while (at && *at != '\n')
            at = text_is_space(*at) ? at + 1 : NULL;
        if (!at) {
            at = line;
            break;
        }
        at++;
    }
    *used = at - data;
    return row;
}

#endif
