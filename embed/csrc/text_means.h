/* Average rows of a matrix of float32, dense or product-quantised as in fastText's files.
 *
 * Rows of a memory-mapped file begin at any byte, so they are read as bytes.
 */
#ifndef EMBED_TEXT_MEANS_H
#define EMBED_TEXT_MEANS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "text_port.h"

enum { TEXT_CENTROIDS = 256, TEXT_ROWS_AHEAD = 4, TEXT_LINE_BYTES = 64 };

typedef struct {
    int64_t rows, dim;
    const uint8_t *numbers; /* float32[rows, dim], rows `stride` bytes apart, or NULL if the matrix is quantised */
    int64_t stride;
    const uint8_t *codes;   /* [rows, parts] */
    const uint8_t *centroids; /* float32[256 * dim], part by part */
    int64_t parts, part_dim;
    const uint8_t *norm_codes; /* [rows], or NULL */
    const uint8_t *norms;      /* float32[256] */
} text_matrix;

static inline float text_float_at(const uint8_t *numbers, int64_t k)
{
    float value;
    memcpy(&value, numbers + k * (int64_t)sizeof value, sizeof value);
    return value;
}

static void text_add_row(const text_matrix *matrix, int64_t row, float *sum)
{
    const int64_t dim = matrix->dim;
    if (matrix->numbers) {
        const uint8_t *numbers = matrix->numbers + row * matrix->stride;
        for (int64_t d = 0; d < dim; d++)
            sum[d] += text_float_at(numbers, d);
        return;
    }
    float norm = matrix->norm_codes ? text_float_at(matrix->norms, matrix->norm_codes[row]) : 1;
    for (int64_t part = 0, d = 0; part < matrix->parts; part++) {
        int64_t size = dim - d < matrix->part_dim ? dim - d : matrix->part_dim;
        int64_t first = TEXT_CENTROIDS * d + matrix->codes[row * matrix->parts + part] * size;
        for (int64_t k = 0; k < size; k++)
            sum[d++] += norm * text_float_at(matrix->centroids, first + k);
    }
}

/* Hint that a row is read soon: rows of n-grams are anywhere in a large matrix. */
static inline void text_prefetch_row(const text_matrix *matrix, int64_t row)
{
    if (row < 0 || !matrix->numbers)
        return;
    const uint8_t *first = matrix->numbers + row * matrix->stride;
    for (int64_t at = 0; at < matrix->dim * (int64_t)sizeof(float); at += TEXT_LINE_BYTES)
        text_prefetch(first + at);
}

/* Write the mean of the rows[count] to mean[dim]; a negative row is one of zeros. No rows give zeros. */
static void text_mean(const text_matrix *matrix, const int32_t *rows, int64_t count, float *mean)
{
    memset(mean, 0, (size_t)matrix->dim * sizeof *mean);
    for (int64_t k = 0; k < count; k++) {
        if (k + TEXT_ROWS_AHEAD < count)
            text_prefetch_row(matrix, rows[k + TEXT_ROWS_AHEAD]);
        if (rows[k] >= 0)
            text_add_row(matrix, rows[k], mean);
    }
    float share = (float)(1.0 / (double)(count ? count : 1));
    for (int64_t d = 0; d < matrix->dim; d++)
        mean[d] *= share;
}

/* Return the sum of a[k] * b[k], in eight partial sums, so that it can be computed in vectors. */
static float text_dot(const float *a, const float *b, int64_t n)
{
    enum { LANES = 8 };
    float sums[LANES] = {0};
    int64_t k = 0;
    for (; k + LANES <= n; k += LANES)
        for (int lane = 0; lane < LANES; lane++)
            sums[lane] += a[k + lane] * b[k + lane];
    float sum = 0;
    for (; k < n; k++)
        sum += a[k] * b[k];
    for (int lane = 0; lane < LANES; lane++)
        sum += sums[lane];
    return sum;
}

/* Add the vector divided by its length to sum[n]; return 0 for a vector of zeros, which is left out. */
static int text_add_unit(const float *vector, int64_t n, float *sum)
{
    float length = sqrtf(text_dot(vector, vector, n));
    if (!(length > 0))
        return 0;
    float share = (float)(1.0 / (double)length);
    for (int64_t d = 0; d < n; d++)
        sum[d] += share * vector[d];
    return 1;
}

#endif
