/* The arithmetic of training: dense single-precision kernels over rows of one width.
 *
 * The body (kernels_body.h) is written once in C with vector extensions and compiled for several
 * instruction sets by kernels.c; callers pick one table of functions when they start. The entries are
 * coarse, a whole window or position per call, so that the indirect call costs nothing.
 *
 * A row has `width` floats that count: dim rounded up to a whole vector. Rows lie `stride` floats apart
 * (dim rounded up to EMBED_ROW_FLOATS). The floats past dim are zero and stay zero, because every update
 * is a linear combination of rows.
 */
#ifndef EMBED_KERNELS_H
#define EMBED_KERNELS_H

#include <stdint.h>

/* Rows are padded to 64 bytes: one cache line, one widest vector. */
#define EMBED_ROW_FLOATS 16

/* Scores are cut off at +-EMBED_MAX_SCORE, where the sigmoid is 0 or 1 to single precision. */
#define EMBED_MAX_SCORE 30.0f

/* One window: nx input vectors that each meet ny output rows. Row 0 of y is the target (label 1), the
 * others are noise (label 0). A noise word drawn twice stands twice in y, the second time after the
 * `unique` distinct rows; folds[d] is the place of its first. */
typedef struct {
    float **x;            /* [nx] -> [width] input vectors, read */
    float **dx;           /* [nx] -> [width] where their increments are added; may equal x */
    float **y;            /* [ny] -> [width] output rows, read and updated */
    const int32_t *folds; /* [ny - unique] */
    float *ratios;        /* [nx] learning rate of each input over lr */
    float *scores;        /* scratch of at least embed_scores_size(nx, ny) floats */
    float **copies;       /* scratch [nx] of pointers, used when x is updated in place by many rows */
    float *copy;          /* scratch [nx * width] */
    int nx, ny, unique;
    int width;
    float lr; /* learning rate of the output rows; 0 scores without any update */
} embed_window;

/* Floats of scratch that a window of at most nx inputs and ny outputs needs. */
static inline int64_t embed_scores_size(int64_t nx, int64_t ny) {
    return (nx + 4) * (ny + 4) + 2 * EMBED_ROW_FLOATS;
}

typedef struct {
    const char *name;
    int lanes; /* floats in a vector */
    /* Train one window; returns its negative log-likelihood. */
    double (*window)(const embed_window *w);
    /* out = copy = weight * sum of the rows rows[0..n) of `matrix`. */
    void (*compose)(const float *matrix, int64_t stride, const int32_t *rows, int64_t n, float weight, int width,
                    float *out, float *copy);
    /* Each row rows[0..n) of `matrix` += now - before. */
    void (*scatter)(float *matrix, int64_t stride, const int32_t *rows, int64_t n, int width, const float *now,
                    const float *before);
    /* mean = the mean of rows first..last of `block` without row `center`; delta = 0. */
    void (*context_mean)(const float *block, int64_t stride, int64_t first, int64_t last, int64_t center, int width,
                         float *mean, float *delta);
    /* Row i of `block` += weight * ratios[i] * delta, for i = first..last but `center`. */
    void (*context_add)(float *block, int64_t stride, int64_t first, int64_t last, int64_t center, int width,
                        float weight, const float *ratios, const float *delta);
} embed_kernels;

/* The i-th table this processor can run, best first; NULL past the last. */
const embed_kernels *embed_kernels_at(int i);

static inline void embed_prefetch_row(const float *row, int width) {
#if defined(__GNUC__)
    const char *byte = (const char *)row, *end = (const char *)(row + width);
    for (; byte < end; byte += 64) __builtin_prefetch(byte, 1, 3);
#else
    (void)row;
    (void)width;
#endif
}

#endif
